"""Declared meter facts on the wallboard's meter page: the list, the forms to declare and to revoke."""

from dataclasses import dataclass, field, replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot
from api.board_forms import MAX_DECISION_BYTES, form_of, known_name, name_in, remember, wall_text
from api.board_item_pages import Fields
from api.board_items import fault_lines
from api.board_unit import point_page
from api.board_words import Words, exact
from api.item_forms import Author, Faulty, author_faults
from api.meter_facts import MAX_REASON, Fact, author, declare, faults_of, revoke
from api.problems import Fault
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exchanges import Declared, Exchange, MultiplierChange
from tricolor.domain.items import ItemState
from tricolor.domain.meters import Point, PointKind
from tricolor.ports_items import MeterFactsDesk

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
KINDS: dict[str, type[Exchange] | type[MultiplierChange]] = {"exchanges": Exchange, "multipliers": MultiplierChange}
DONE = {
    "exchanges": ("已申报换表。核算将在片刻后按此重算。", "The exchange is declared. Settling takes it up within moments."),
    "multipliers": ("已申报倍率变更。核算将在片刻后按此重算。", "The multiplier is declared. Settling takes it up within moments."),
    "revoked": ("已撤销，记录保留。", "Taken back; the record stays."),
}


@dataclass(frozen=True, slots=True)
class FactLine:
    """A declaration in words. group: "exchanges" | "multipliers"; at [µs]: since when it holds."""

    id: int
    group: str
    what: str
    values: str
    at: int
    person: str
    reason: str
    declared_at: int
    revoked_at: int | None
    revoked_by: str


@dataclass(frozen=True, slots=True)
class FactsPart:
    """What was declared of the point, and the forms. open_items: of this point, waiting for a person."""

    lines: tuple[FactLine, ...]
    open_items: int
    can_exchange: bool
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    action: str = ""
    entered: dict[str, str] = field(default_factory=dict)


def facts_part(desk: Desk, snapshot: Snapshot, point: Point, t: Words, who: str) -> FactsPart | None:
    if desk.deps.facts_desk is None:
        return None
    entered = {"at": wall_text(snapshot.now, seconds=True), "valid_from": wall_text(snapshot.now), "final": "", "start": "", "multiplier": ""}
    counts = desk.deps.items.counts(frozenset([point.key])) if desk.deps.items is not None else {}
    lines = tuple(_line(d, point, t) for d in reversed(desk.deps.facts_desk.history(point.key)))
    may_act = snapshot.view.caller.kind is KeyKind.ADMIN
    return FactsPart(
        lines, counts.get(ItemState.OPEN, 0), point.plate.kind is PointKind.REGISTER, may_act, who, entered=entered | {"reason": "", "who": ""}
    )


def _line(d: Declared, point: Point, t: Words) -> FactLine:
    unit = t.unit(point.unit)
    if isinstance(d.fact, Exchange):
        final, start = exact(d.fact.final, 6), exact(d.fact.start, 6)
        values = t(f"旧表止码 {final}，新表起码 {start} {unit}", f"old meter's last {final}, new meter's first {start} {unit}")
        what, at, group = t("换表", "exchange"), d.fact.at, "exchanges"
    else:
        what, values, at, group = t("倍率", "multiplier"), f"× {exact(d.fact.multiplier, 6)}", d.fact.valid_from, "multipliers"
    return FactLine(d.id, group, what, values, at, d.person, d.reason, d.declared_at, d.revoked_at, d.revoked_by)


def point_shown(
    desk: Desk, request: Request, point_id: str, typed: tuple[str, tuple[str, ...], dict[str, str]] | None = None, status: int = 200, done: str = ""
) -> Response:  # fmt: skip
    """The page of one point. typed: form, faults and entries of a declaration that was not taken."""
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = point_page(desk.deps, snapshot, point_id, t)
    part = facts_part(desk, snapshot, view.point, t, known_name(request))
    if part is not None and typed is not None:
        part = replace(part, action=typed[0], faults=typed[1], entered=part.entered | typed[2])
    notice = t(*DONE[done]) if done in DONE else ""
    shown = Shown("point.html", "overview", view.name, replace(view, facts=part), live="/board/live.json", notice=notice)
    return desk.page(request, snapshot, shown, status)


def add_declaring(router: APIRouter, desk: Desk) -> None:
    @router.post("/points/{point_id}/{group}")
    async def declaring(request: Request, point_id: str, group: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_declare, desk, request, point_id, group, form)

    @router.post("/points/{point_id}/{group}/{declaration}/revoke")
    async def revoking(request: Request, point_id: str, group: str, declaration: Id) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_revoke, desk, request, point_id, group, declaration, form)


def _at(desk: Desk, request: Request, point_id: str, group: str) -> tuple[MeterFactsDesk, Point, str]:
    """The desk, the point and the key of who acts; NotFound for what is not there."""
    caller = desk.access.actor(request)
    point = desk.snapshot(request).registry.points.get(point_id)
    if point is None or group not in KINDS or desk.deps.facts_desk is None:
        raise NotFound(f"point {point_id}")
    return desk.deps.facts_desk, point, caller.key_id


def _declare(desk: Desk, request: Request, point_id: str, group: str, form: dict[str, str]) -> Response:
    facts, point, key_id = _at(desk, request, point_id, group)
    t, who, reason = preferences(request).t, name_in(form), form.get("reason", "").strip()[:MAX_REASON]
    by = Author(author(key_id, who) if who else "", reason, desk.deps.clock())
    try:
        fact = _fact(point, group, form)
        faults = [*author_faults(by), *faults_of(point, fact, by.at)]
        if faults:
            raise Faulty(faults)
        made = declare(facts, fact, by.who, reason)
    except (Faulty, Problems, Refused) as error:
        typed = {k: v for k, v in form.items() if len(v) <= MAX_REASON}
        return point_shown(desk, request, point_id, (group, _why_not(error, t), typed), 409 if isinstance(error, Refused) else 422)
    log.info("meter fact declared", point=point_id, kind=group, who=by.who, declaration=made.id)
    response = RedirectResponse(f"/points/{point_id}?done={group}#h-facts", 303)
    remember(response, who)
    return response


def _why_not(error: Faulty | Problems | Refused, t: Words) -> tuple[str, ...]:
    if isinstance(error, Faulty):
        return fault_lines(error.faults, t)
    if isinstance(error, Problems):
        return tuple(error.problems)
    return (t("该时刻已有一条申报，请先撤销它。", "Another declaration holds for that moment: take it back first."),)


def _fact(point: Point, group: str, form: dict[str, str]) -> Fact:
    read = Fields(form)
    fact: Fact
    if group == "exchanges":
        fact = Exchange(point.key, read.instant("at"), read.number("final"), read.number("start"))
    else:
        fact = MultiplierChange(point.key, read.instant("valid_from"), read.number("multiplier"))
    read.refuse()
    return fact


def _revoke(desk: Desk, request: Request, point_id: str, group: str, declaration: int, form: dict[str, str]) -> Response:
    facts, point, key_id = _at(desk, request, point_id, group)
    who = name_in(form)
    if not who:
        fault = Fault("by", "请写明由谁撤销", "say who takes it back")
        return point_shown(desk, request, point_id, ("revoke", fault_lines([fault], preferences(request).t), {}), 422)
    revoke(facts, point, KINDS[group], declaration, author(key_id, who))
    log.info("meter fact revoked", point=point_id, kind=group, who=who, declaration=declaration)
    response = RedirectResponse(f"/points/{point_id}?done=revoked#h-facts", 303)
    remember(response, who)
    return response
