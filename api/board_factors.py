"""The factors on the wallboard: which is in force for whom and why, what people set, what a change would move, and what was restated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot
from api.board_forms import MAX_DECISION_BYTES, amount_in, form_of, known_name, name_in, remember
from api.board_reference import carrier_name, factors_page, grid_lines
from api.board_views_data import FactorLine
from api.board_words import FACTOR_KINDS, Words
from api.factor_changes import changes_of
from api.meter_facts import MAX_REASON, author
from tricolor.analysis.factor_changes import Change, Preview
from tricolor.analysis.rates import KINDS
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.priority import LEVELS, formula_of, level_of
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.factors import Factor
from tricolor.domain.intervals import local_day
from tricolor.domain.own_factors import Proposal, Setting, SettingKind
from tricolor.domain.restatements import Effect, Restatement, Sums, total_of

log = structlog.get_logger("api.board")
RESTATEMENTS = 20
FIELDS = ("entity", "point", "carrier", "kind", "value", "unit", "valid_from", "valid_to", "document", "revoke")
SETTING_KINDS = {"measured": ("实测热值", "measured heating value")} | FACTOR_KINDS
DONE = {
    "set": ("已设定。核算将在片刻后重述，经过见下。", "It is set. Accounts are restated within moments; see below."),
    "revoked": ("已撤销，记录保留。核算将在片刻后重述。", "Taken back; the record stays. Accounts are restated within moments."),
}


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One factor in the order of preference. is_first: in force."""

    kind: str
    is_first: bool
    why: str
    factor: Factor
    formula: str


@dataclass(frozen=True, slots=True)
class RestatedLine:
    job: Restatement
    rows: int
    before: Sums
    after: Sums
    units: int


@dataclass(frozen=True, slots=True)
class Moves:
    """A preview that waits for somebody's word. hidden: the fields of the change, token among them."""

    what: str
    hidden: Mapping[str, str]
    rows: int
    before: Sums
    after: Sums
    effects: Sequence[Effect]


@dataclass(frozen=True, slots=True)
class FactorsView:
    factors: Sequence[FactorLine]
    chain: Sequence[ChainLine]
    chosen: Mapping[str, str]
    units: Sequence[tuple[str, str]]
    carriers: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]
    settings: Sequence[tuple[Setting, str]]
    restatements: Sequence[RestatedLine]
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    moves: Moves | None = None
    entered: Mapping[str, str] = field(default_factory=dict)
    grid: Sequence[tuple[str, str, Factor]] = ()

    @property
    def by_why(self) -> dict[str, list[FactorLine]]:
        """The factors by what chose them, in the order in which they go before each other."""
        found: dict[str, list[FactorLine]] = {}
        for line in self.factors:
            found.setdefault(line.whom or line.why, []).append(line)
        return found


def add_factor_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/factors")
    def factors(request: Request, entity: str = "", carrier: str = "", done: str = "") -> Response:
        return _shown(desk, request, {"entity": entity, "carrier": carrier}, done=done)

    @router.post("/factors/preview")
    async def previewing(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_preview, desk, request, form)

    @router.post("/factors/apply")
    async def applying(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_apply, desk, request, form)


def _shown(
    desk: Desk, request: Request, entered: Mapping[str, str], faults: tuple[str, ...] = (), moves: Moves | None = None,
    status: int = 200, done: str = "",
) -> Response:  # fmt: skip
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = _view(desk, snapshot, t, known_name(request), dict.fromkeys(FIELDS, "") | dict(entered), faults, moves)
    notice = t(*DONE[done]) if done in DONE else ""
    return desk.page(request, snapshot, Shown("factors.html", "factors", t("系数", "Factors"), view, live="/board/live.json", notice=notice), status)


def _view(
    desk: Desk, snapshot: Snapshot, t: Words, who: str, entered: Mapping[str, str], faults: tuple[str, ...], moves: Moves | None
) -> FactorsView:
    seen, deps, book = snapshot.view, desk.deps, desk.deps.factors.now()
    units = tuple((e.id, t(e.name_cn, e.name_en)) for e in seen.entities())
    entity = entered.get("entity", "") if entered.get("entity", "") in seen else ""
    carrier = entered.get("carrier", "") if entered.get("carrier", "") in carriers() else "electricity"
    on = local_day(deps.clock())
    chain = [
        ChainLine(t.pair(FACTOR_KINDS, kind.value), i == 0, t(*LEVELS[level_of(f)]), f, formula_of(f))
        for kind in KINDS
        for i, f in enumerate(book.chain(carrier, kind, on, entity))
    ]
    settings = deps.factor_desk.settings() if deps.factor_desk is not None else ()
    used = sorted({p.carrier for p in snapshot.registry.points.values() if p.carrier})
    return FactorsView(
        factors_page(book, t, seen.ids).factors, chain, {"entity": entity, "carrier": carrier, "on": on.isoformat()}, units,
        tuple((code, carrier_name(code, t)) for code in dict.fromkeys((*used, *carriers()))),
        tuple((k.value, t.pair(SETTING_KINDS, k.value)) for k in SettingKind),
        tuple((s, carrier_name(s.what.carrier, t)) for s in reversed(settings) if s.what.entity in ("", *seen.ids)),
        _restated(desk, snapshot), seen.caller.kind is KeyKind.ADMIN, who, faults, moves, entered, grid_lines(t),
    )  # fmt: skip


def _restated(desk: Desk, snapshot: Snapshot) -> Sequence[RestatedLine]:
    book, seen = desk.deps.restatements, snapshot.view
    if book is None:
        return ()
    entities = sorted(seen.ids) if seen.is_bound else ()
    jobs = book.page(entities, RESTATEMENTS, None)
    effects = book.effects([job.id for job in jobs], entities)
    return tuple(RestatedLine(job, *total_of(effects[job.id]), len({e.entity for e in effects[job.id]})) for job in jobs)


def _preview(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    desk.access.actor(request)
    typed = {k: v[:MAX_REASON] for k, v in form.items() if k in FIELDS}
    try:
        change = _change(typed)
        found = changes_of(desk.deps, desk.registry.get).preview(change)
    except (Problems, Refused, NotFound) as error:
        return _shown(desk, request, typed, _why_not(error), status=422)
    return _shown(desk, request, typed, moves=_moves(found, typed, preferences(request).t))


def _apply(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    caller, who, reason = desk.access.actor(request), name_in(form), form.get("reason", "").strip()[:MAX_REASON]
    typed = {k: v[:MAX_REASON] for k, v in form.items() if k in FIELDS}
    try:
        if not who:
            raise Problems([preferences(request).t("请写明由谁设定", "say who sets it")])
        change = _change(typed)
        done = changes_of(desk.deps, desk.registry.get).apply(change, author(caller.key_id, who), reason, form.get("token", ""))
    except (Problems, Refused, NotFound) as error:
        return _shown(desk, request, typed, _why_not(error), status=409 if isinstance(error, Refused) else 422)
    log.info("factor changed", setting=done.id, who=who, is_in_force=done.is_in_force)
    response = RedirectResponse(f"/factors?done={'set' if done.is_in_force else 'revoked'}#h-restated", 303)
    remember(response, who)
    return response


def _why_not(error: Problems | Refused | NotFound) -> tuple[str, ...]:
    return tuple(error.problems) if isinstance(error, Problems) else (str(error),)


def _change(typed: Mapping[str, str]) -> Change:
    """Problems when a field cannot be read."""
    if typed.get("revoke", ""):
        if not typed["revoke"].isdigit():
            raise Problems(["revoke: this is no number of a setting"])
        return int(typed["revoke"])
    faults, value = [], amount_in(typed.get("value", ""))
    if value is None:
        faults.append("数值请填写数字 · value: write a number")
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_to"):
        text = typed.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            faults.append(f"{name}: 请填写日期 · write a day like 2026-01-01")
    start = days.get("valid_from")
    if start is None and not faults:
        faults.append("valid_from: 请填写起始日期 · write the first day it holds")
    kind = typed.get("kind", "")
    if kind not in {k.value for k in SettingKind}:
        faults.append("kind: 请选择种类 · choose a kind")
    if faults or value is None or start is None:
        raise Problems(faults)
    entity, point, carrier, unit, document = (typed.get(name, "").strip() for name in ("entity", "point", "carrier", "unit", "document"))
    return Proposal(entity, point, carrier, SettingKind(kind), value, unit, start, days["valid_to"], document)


def _moves(found: Preview, typed: Mapping[str, str], t: Words) -> Moves:
    rows, before, after = total_of(found.effects)
    said = "; ".join(f"{t.pair(FACTOR_KINDS, f.kind.value)} {f.value:.6g} {f.unit}" for f in found.factors)
    what = t(f"撤销设定 {typed['revoke']}：{said}", f"taking back setting {typed['revoke']}: {said}") if typed.get("revoke") else said
    return Moves(what, {**typed, "token": found.token}, rows, before, after, found.effects)
