"""What a person does about exclusions on the page of a unit: enter one, take what the meters propose, take one back."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk
from api.board_entity import entity_shown
from api.board_exclusions import Typed
from api.board_facts import Snapshot
from api.board_forms import MAX_DECISION_BYTES, amount_in, form_of, name_in, remember
from api.board_items import fault_lines
from api.exclusion_forms import Faulty, Stated, adopt, exclusion_book, exclusion_of
from api.meter_facts import MAX_REASON, author
from api.problems import Fault
from tricolor.catalogue.factors import carriers
from tricolor.domain.errors import NotFound, Problems, Refused

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]


def add_exclusion_forms(router: APIRouter, desk: Desk) -> None:
    @router.post("/entities/{entity_id}/exclusions")
    async def enter(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_enter, desk, request, entity_id, form)

    @router.post("/entities/{entity_id}/exclusions/metered")
    async def metered(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_adopt, desk, request, entity_id, form)

    @router.post("/entities/{entity_id}/exclusions/{entry}/revoke")
    async def take_back(request: Request, entity_id: str, entry: Id) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_revoke, desk, request, entity_id, entry, form)


def _at(desk: Desk, request: Request, entity_id: str) -> tuple[Snapshot, str]:
    """What is known, and the key of who acts; NotFound for a unit that is not there."""
    caller = desk.access.actor(request)
    snapshot = desk.snapshot(request)
    if entity_id not in snapshot.registry.entities:
        raise NotFound(f"entity {entity_id}")
    return snapshot, caller.key_id


def _enter(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    _, key_id = _at(desk, request, entity_id)
    deps, who = desk.deps, name_in(form)
    person = author(key_id, who) if who else ""
    try:
        fact = exclusion_of(_stated(entity_id, form), person, deps.plan.exclusion_rules, deps.factors.now())
        (made,) = exclusion_book(deps).add([fact], person)
    except (Faulty, Problems, Refused) as error:
        return _not_taken(desk, request, entity_id, "enter", error, form)
    log.info("exclusion entered", entity=entity_id, kind=fact.kind, who=person, entry=made.id)
    return _done(entity_id, "excluded", who)


def _stated(entity_id: str, form: dict[str, str]) -> Stated:
    numbers = {name: form.get(name, "").strip() for name in ("tce", "amount")}
    found = {name: amount_in(text) if text else None for name, text in numbers.items()}
    bad = [Fault(name, "应为数字", "must be a number") for name, text in numbers.items() if text and found[name] is None]
    if bad:
        raise Faulty(bad)
    carrier = form.get("carrier", "").strip()
    unit = carriers()[carrier].unit if carrier in carriers() else ""
    first = form.get("first_month", "").strip()
    return Stated(
        entity_id, form.get("kind", ""), first, form.get("last_month", "").strip() or first, form.get("document", "").strip(),
        form.get("reason", "").strip()[:MAX_REASON], found["tce"], None, carrier, found["amount"], unit,
    )  # fmt: skip


def _adopt(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    snapshot, key_id = _at(desk, request, entity_id)
    who = name_in(form)
    members = [e.id for e in snapshot.registry.members(entity_id)]
    try:
        made = adopt(
            desk.deps,
            snapshot.registry,
            members,
            author(key_id, who) if who else "",
            form.get("kind", ""),
            form.get("month", ""),
            form.get("unit", ""),
        )
    except (Faulty, Problems, Refused) as error:
        return _not_taken(desk, request, entity_id, "metered", error, form)
    log.info("metered exclusions entered", entity=entity_id, who=who, entries=[e.id for e in made])
    return _done(entity_id, "adopted", who)


def _revoke(desk: Desk, request: Request, entity_id: str, entry: int, form: dict[str, str]) -> Response:
    snapshot, key_id = _at(desk, request, entity_id)
    inside = {e.id for e in snapshot.registry.members(entity_id)}
    book, who, reason = exclusion_book(desk.deps), name_in(form), form.get("reason", "").strip()[:MAX_REASON]
    if not any(e.id == entry and e.fact.entity in inside for e in book.entries()):
        raise NotFound(f"exclusion {entry}")
    missing = [
        Fault(f, zh, en) for f, zh, en, text in (("by", "请写明由谁撤销", "say who", who), ("reason", "请写明理由", "say why", reason)) if not text
    ]
    if missing:
        return _not_taken(desk, request, entity_id, "revoke", Faulty(missing), form)
    book.revoke(entry, author(key_id, who), reason)
    log.info("exclusion revoked", entity=entity_id, who=who, entry=entry)
    return _done(entity_id, "restored", who)


def _done(entity_id: str, what: str, who: str) -> Response:
    response = RedirectResponse(f"/entities/{entity_id}?done={what}#h-net", 303)
    remember(response, who)
    return response


def _not_taken(
    desk: Desk, request: Request, entity_id: str, action: str, error: Faulty | Problems | Refused, form: dict[str, str]
) -> Response:  # fmt: skip
    t = preferences(request).t
    lines = fault_lines(error.faults, t) if isinstance(error, Faulty) else tuple(error.problems) if isinstance(error, Problems) else (str(error),)
    typed = Typed(action, lines, {k: v for k, v in form.items() if len(v) <= MAX_REASON})
    return entity_shown(desk, request, entity_id, typed, 409 if isinstance(error, Refused) else 422)
