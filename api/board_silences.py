"""The wallboard's page of silences and maintenance windows: what holds messages, a form with what it would mute now, ending one."""

from typing import Annotated, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_alerts import choices_of
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot, alert_line, entity_name
from api.board_forms import MAX_DECISION_BYTES, form_of, known_name, name_in, remember, wall_text, wall_time
from api.board_views import AlertLine
from api.board_views_alerts import SilenceLine, SilencesPage
from api.board_words import Words, moment
from api.deps import Dependencies
from api.meter_facts import author
from tricolor.catalogue.thresholds import known_rules
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light
from tricolor.domain.suppression import Matcher, Silence, SilenceKind, SilenceRow, Subject, matches, wrong_with
from tricolor.ports_routing import RoutingBook, SilenceDesk

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
ROWS: Final = 50
CAUGHT_ROWS: Final = 30
DONE: Final = {"add": ("已登记。", "Entered."), "end": ("已结束，所静默的消息将重新判断。", "Ended; what it held is looked at again.")}
KINDS: Final = {"silence": ("静默", "silence"), "maintenance": ("检修窗口", "maintenance window")}
FIELDS: Final = ("kind", "rule", "entity", "department", "indicator", "up_to", "start", "end", "reason", "who")


def add_silence_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/silences")
    def silences(request: Request, done: str = "") -> Response:
        entered = {k: v.strip()[:256] for k, v in request.query_params.items() if k in FIELDS}
        return _shown(desk, request, entered, done=done)

    @router.post("/silences")
    async def add(request: Request) -> Response:
        return await run_in_threadpool(_add, desk, request, await form_of(request, MAX_DECISION_BYTES))

    @router.post("/silences/{silence_id}/end")
    async def end(request: Request, silence_id: Id) -> Response:
        return await run_in_threadpool(_end, desk, request, silence_id, await form_of(request))


def books_of(deps: Dependencies) -> tuple[SilenceDesk, RoutingBook]:
    """Refused where whoever composed the services left them out."""
    if deps.silences is None or deps.routing is None:
        raise Refused("this API was composed without routing")
    return deps.silences, deps.routing


def _shown(desk: Desk, request: Request, entered: dict[str, str], faults: tuple[str, ...] = (), done: str = "") -> Response:
    snapshot, t = desk.snapshot(request), preferences(request).t
    if snapshot.view.is_bound:
        raise NotFound("silences are not a bound reader's to see")
    before = request.query_params.get("before", "")
    view = silences_page(
        desk.deps, snapshot, t, entered, is_all=request.query_params.get("state") == "all",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, who=known_name(request), faults=faults,
    )  # fmt: skip
    shown = Shown("silences.html", "alerts", t("静默与检修", "Silences"), view, notice=t(*DONE[done]) if done in DONE else "")
    return desk.page(request, snapshot, shown, 422 if faults else 200)


def silences_page(
    deps: Dependencies, snapshot: Snapshot, t: Words, entered: dict[str, str], *, is_all: bool, before: int | None, who: str,
    faults: tuple[str, ...] = (),
) -> SilencesPage:  # fmt: skip
    """entered: the form, or what another page prefilled."""
    desk, _ = books_of(deps)
    rows = desk.page("all" if is_all else "standing", snapshot.now, ROWS + 1, before)
    blank = dict.fromkeys(FIELDS, "") | {
        "kind": "silence", "up_to": "yellow", "start": wall_text(snapshot.now), "end": wall_text(snapshot.now + 4 * HOUR_US),
    }  # fmt: skip
    whole = blank | {k: v for k, v in entered.items() if k in FIELDS}
    older = "/silences?" + urlencode({**({"state": "all"} if is_all else {}), "before": rows[ROWS - 1].id}) if len(rows) > ROWS else ""
    units = tuple((e.id, t(e.name_cn, e.name_en)) for e in sorted(snapshot.registry.entities.values(), key=lambda e: (e.order, e.id)))
    return SilencesPage(
        tuple(_line(row, snapshot, t) for row in rows[:ROWS]), is_all, older, choices_of(snapshot, t), units, caught_by(deps, snapshot, t, whole),
        whole, who, snapshot.view.caller.kind is KeyKind.ADMIN, faults,
    )  # fmt: skip


def caught_by(deps: Dependencies, snapshot: Snapshot, t: Words, entered: dict[str, str]) -> tuple[AlertLine, ...] | None:
    """Standing alerts of which a message would be held now, the oldest first; None while the matcher names nothing."""
    matcher = _matcher(entered)
    if matcher.is_all:
        return None
    _, book = books_of(deps)
    open_ones = {a.id: a for a in snapshot.open_alerts}
    mine = [
        s for s in book.standing() if s.alert_id in open_ones and any(matches(matcher, s, o, snapshot.registry) for o in _owners(deps, snapshot, s))
    ]
    return tuple(alert_line(open_ones[s.alert_id], snapshot, t) for s in mine[:CAUGHT_ROWS])


def _owners(deps: Dependencies, snapshot: Snapshot, subject: Subject) -> list[str]:
    entity = snapshot.registry.entities.get(subject.entity)
    places = () if entity is None else tuple(p for p in (entity.region_id, entity.park_id) if p)
    return [*(d.id for d in deps.plan.departments_for(subject.rule, subject.entity, *places)), subject.entity]


def _matcher(entered: dict[str, str]) -> Matcher:
    rule, up_to = entered.get("rule", ""), entered.get("up_to", "red")
    light = Light(up_to) if up_to in {each.value for each in Light} else Light.GREEN
    return Matcher((rule,) if rule else (), entered.get("entity", ""), entered.get("department", ""), entered.get("indicator", ""), light)


def _line(row: SilenceRow, snapshot: Snapshot, t: Words) -> SilenceLine:
    m, s = row.silence.matcher, row.silence
    parts = [t.rule(rule) for rule in m.rules]
    if m.entity:
        parts.append(entity_name(snapshot.registry, m.entity, t))
    if m.department:
        found = snapshot.registry.departments.get(m.department)
        parts.append(t(found.name_cn, found.name_en) if found else m.department)
    if m.indicator:
        parts.append(m.indicator)
    if m.up_to is not Light.RED:
        parts.append(t(f"至{t.colour(m.up_to)}色", f"up to {m.up_to.value}"))
    state = "holds" if row.holds_at(snapshot.now) else "to come" if s.start > snapshot.now and row.ended_at is None else "over"
    ended = "" if row.ended_at is None else f"{row.ended_by} {moment(row.ended_at)} {row.ended_reason}".strip()
    return SilenceLine(row.id, t.pair(KINDS, s.kind), " · ".join(parts), s.start, row.until, s.author, s.reason, state, ended)


def _add(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    caller, t = desk.access.actor(request), preferences(request).t
    entered = {k: v.strip()[:1000] for k, v in form.items() if k in FIELDS}
    if form.get("preview"):
        return RedirectResponse("/silences?" + urlencode({k: v for k, v in entered.items() if v}) + "#new", 303)
    snapshot, who = desk.snapshot(request), name_in(form)
    if snapshot.view.is_bound:
        raise NotFound("silences are not a bound reader's to make")
    start, end = wall_time(entered.get("start", "")), wall_time(entered.get("end", ""))
    faults = [t("请填写开始时间", "write when it starts")] if start is None else []
    faults += [t("请填写结束时间", "write when it ends")] if end is None else []
    kind = SilenceKind.MAINTENANCE if entered.get("kind") == "maintenance" else SilenceKind.SILENCE
    wanted = Silence(kind, _matcher(entered), start or 0, end or 0, author(caller.key_id, who) if who else "", entered.get("reason", ""))
    if not faults:
        registry = snapshot.registry
        faults = [t(zh, en) for _, zh, en in wrong_with(wanted, registry, known_rules(), list(registry.departments))]
    if faults:
        return _shown(desk, request, entered, tuple(faults))
    made = books_of(desk.deps)[0].add(wanted, snapshot.now)
    log.info("silence entered", silence=made.id, kind=kind.value, who=who)
    response = RedirectResponse("/silences?done=add", 303)
    remember(response, who)
    return response


def _end(desk: Desk, request: Request, silence_id: int, form: dict[str, str]) -> Response:
    caller = desk.access.actor(request)
    if desk.snapshot(request).view.is_bound:
        raise NotFound(f"silence {silence_id}")
    who = name_in(form)
    by = author(caller.key_id, who) or "wallboard"
    books_of(desk.deps)[0].end(silence_id, by, form.get("reason", "").strip()[:200], desk.deps.clock())
    log.info("silence ended", silence=silence_id, who=who)
    response = RedirectResponse("/silences?done=end", 303)
    remember(response, who)
    return response
