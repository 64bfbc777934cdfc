"""What a person does about permits on the page of a unit: enter one, take one back."""

from datetime import date
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk
from api.board_emissions import AREAS
from api.board_entity import entity_shown
from api.board_exclusions import Typed
from api.board_forms import MAX_DECISION_BYTES, amount_in, form_of, name_in, remember
from api.board_words import Words
from api.board_words_emissions import PERMIT_FIELDS
from api.item_forms import Faulty
from api.meter_facts import author
from api.permit_forms import permit_book, permit_faults, with_unit
from api.problems import Fault
from tricolor.domain.emissions import Permit, require_permit
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound, Problems, Refused

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
MAX_DOCUMENT = 200


def add_permit_forms(router: APIRouter, desk: Desk) -> None:
    @router.post("/entities/{entity_id}/permits")
    async def enter(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_enter, desk, request, entity_id, form)

    @router.post("/entities/{entity_id}/permits/{permit}/revoke")
    async def take_back(request: Request, entity_id: str, permit: Id) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_revoke, desk, request, entity_id, permit, form)


def _at(desk: Desk, request: Request, entity_id: str) -> tuple[Registry, str]:
    """The registry, and the key of who acts; NotFound for a unit that is not there."""
    caller = desk.access.actor(request)
    registry = desk.snapshot(request).registry
    if entity_id not in registry.entities:
        raise NotFound(f"entity {entity_id}")
    return registry, caller.key_id


def _enter(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    registry, key_id = _at(desk, request, entity_id)
    if registry.entities[entity_id].kind in AREAS:
        raise NotFound(f"entity {entity_id} holds no permit; the units in it do")
    who = name_in(form)
    try:
        permit = _permit(registry, entity_id, form, who)
        made = permit_book(desk.deps).add(permit, author(key_id, who), desk.deps.clock())
    except (Faulty, Problems, Refused) as error:
        return _not_taken(desk, request, entity_id, "enter", error, form)
    log.info("permit entered", entity=entity_id, factor=permit.factor, who=who, permit=made.id)
    return _done(entity_id, "permitted", who)


def _permit(registry: Registry, entity_id: str, form: dict[str, str], who: str) -> Permit:
    """What was typed; Faulty and Problems name every fault."""
    said, faults = {k: v.strip() for k, v in form.items()}, []
    numbers = {name: said.get(name, "") for name in ("limit", "mass_t")}
    found = {name: amount_in(text) if text else None for name, text in numbers.items()}
    faults += [Fault(name, "应为数字", "must be a number") for name, text in numbers.items() if text and found[name] is None]
    first, last = _day(said.get("valid_from", "")), _day(said.get("valid_to", ""))
    if first is None:
        faults.append(Fault("valid_from", "请填写日期", "write a date"))
    if said.get("valid_to") and last is None:
        faults.append(Fault("valid_to", "应为日期，或留空表示长期有效", "must be a date, or empty for an open end"))
    if len(said.get("document", "")) > MAX_DOCUMENT:
        faults.append(Fault("document", f"最多 {MAX_DOCUMENT} 字", f"at most {MAX_DOCUMENT} characters"))
    if not who:
        faults.append(Fault("by", "请写明由谁登记", "say who enters it"))
    permit = Permit(
        entity_id, said.get("outlet", ""), said.get("factor", ""), found["limit"], said.get("unit", ""), found["mass_t"],
        said.get("document", ""), first or date.min, last,
    )  # fmt: skip
    faults += permit_faults(registry, permit)
    if faults:
        raise Faulty(faults)
    return require_permit(with_unit(permit))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _revoke(desk: Desk, request: Request, entity_id: str, permit: int, form: dict[str, str]) -> Response:
    _, key_id = _at(desk, request, entity_id)
    book, who = permit_book(desk.deps), name_in(form)
    if not any(e.id == permit for e in book.entries([entity_id])):
        raise NotFound(f"permit {permit}")
    if not who:
        return _not_taken(desk, request, entity_id, "revoke", Faulty([Fault("by", "请写明由谁撤销", "say who takes it back")]), form)
    book.revoke(permit, author(key_id, who), desk.deps.clock())
    log.info("permit revoked", entity=entity_id, who=who, permit=permit)
    return _done(entity_id, "unpermitted", who)


def _done(entity_id: str, what: str, who: str) -> Response:
    response = RedirectResponse(f"/entities/{entity_id}?done={what}#h-permits", 303)
    remember(response, who)
    return response


def _not_taken(
    desk: Desk, request: Request, entity_id: str, action: str, error: Faulty | Problems | Refused, form: dict[str, str]
) -> Response:  # fmt: skip
    typed = Typed(action, _why_not(error, preferences(request).t), {k: v for k, v in form.items() if len(v) <= MAX_DOCUMENT})
    return entity_shown(desk, request, entity_id, status=409 if isinstance(error, Refused) else 422, permit=typed)


def _why_not(error: Faulty | Problems | Refused, t: Words) -> tuple[str, ...]:
    if isinstance(error, Faulty):
        return tuple(f"{t.pair(PERMIT_FIELDS, f.field)}{t('：', ': ')}{t(f.zh, f.en)}" for f in error.faults)
    if isinstance(error, Problems):  # "english / 中文"
        return tuple(t(zh, en or zh) for en, _, zh in (problem.rpartition(" / ") for problem in error.problems))
    return (str(error),)
