"""Submissions on the wallboard: what is due and missing by unit and month, a form, an upload with its preview, and who said what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot, entity_name
from api.board_forms import MAX_DECISION_BYTES, amount_in, fault_lines, form_of, known_name, name_in, remember
from api.board_multipart import parts_of
from api.board_words import Words, exact
from api.deps import Dependencies
from api.meter_facts import author
from api.routes.statistics import XLSX
from api.submissions import Draft, draft_of, from_workbook, report_book, report_sheets, statistics_book, store
from tricolor.catalogue.indicators import asked_of
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Entity
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import from_us
from tricolor.domain.periods import FIRST_YEAR, Period, last_over, over_in_year
from tricolor.domain.plausibility import Asked
from tricolor.domain.submissions import PeriodKind, Statistic

log = structlog.get_logger("api.board")
FIELDS = ("indicator", "period", "value", "text", "document", "note", "confirmed")
DONE = {
    "taken": ("已收下。", "Taken."),
    "same": ("与已收下的相同，没有新的修订。", "The same as before: no new revision."),
    "back": ("已撤回，修订记录保留。", "Taken back; its revisions stay."),
}
MAX_UNITS, MAX_VALUES = 500, 500
YEARS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """What of a month's dues is there. due 0: nothing was due."""

    month: str
    due: int
    given: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    id: str
    name: str
    marks: tuple[Mark, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class MatrixPage:
    year: int
    years: tuple[int, ...]
    months: tuple[str, ...]
    rows: tuple[UnitRow, ...]
    missing: int
    left_out: int


@dataclass(frozen=True, slots=True)
class ValueLine:
    indicator: str
    name: str
    period: str
    shown: str
    document: str
    note: str
    author: str
    revision: int
    submitted_at: int


@dataclass(frozen=True, slots=True)
class ChangeLine:
    place: str
    name: str
    period: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UnitPage:
    """missing: name and period; preview: what an upload would change, None without one."""

    id: str
    name: str
    year: int
    years: tuple[int, ...]
    asked: tuple[Asked, ...]
    missing: tuple[tuple[str, str, str], ...]
    values: tuple[ValueLine, ...]
    history: tuple[ValueLine, ...]
    history_of: str
    may_act: bool
    who: str
    entered: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    preview: tuple[ChangeLine, ...] | None = None


def dues_of(asked: Sequence[Asked], year: int, now: int) -> Iterator[tuple[Asked, Period]]:
    """Every value of the year that is due by now [µs]: one for each shortest period that is over."""
    for each in asked:
        if each.is_due and each.due_years[0] <= year <= each.due_years[1]:
            for period in over_in_year(each.every, year, now):
                yield each, period


def missing_of(asked: Sequence[Asked], held: Sequence[Statistic], year: int, now: int) -> list[tuple[Asked, Period]]:
    there = {(s.indicator, s.period) for s in held}
    return [(a, p) for a, p in dues_of(asked, year, now) if (a.name, str(p)) not in there]


def matrix_page(deps: Dependencies, snapshot: Snapshot, t: Words, year: int) -> MatrixPage:
    """Units with anything due in the year, those that lack most first."""
    months = tuple(str(p) for p in Period(PeriodKind.YEAR, year).parts(PeriodKind.MONTH))
    entities = snapshot.view.entities()
    held: dict[str, list[Statistic]] = {}
    for s in statistics_book(deps).current([e.id for e in entities]) if entities else []:
        held.setdefault(s.entity, []).append(s)
    rows = [row for e in entities if (row := _row(deps, snapshot, t, e, held.get(e.id, ()), year, months)) is not None]
    rows.sort(key=lambda r: -r.missing)
    return MatrixPage(year, _years(snapshot.now), months, tuple(rows[:MAX_UNITS]), sum(r.missing for r in rows), max(0, len(rows) - MAX_UNITS))


def _row(
    deps: Dependencies, snapshot: Snapshot, t: Words, entity: Entity, held: Sequence[Statistic], year: int, months: Sequence[str]
) -> UnitRow | None:  # fmt: skip
    dues = list(dues_of(tuple(asked_of(deps.plan, entity).values()), year, snapshot.now))
    if not dues:
        return None
    there = {(s.indicator, s.period) for s in held}
    due, given = dict.fromkeys(months, 0), dict.fromkeys(months, 0)
    for each, period in dues:
        month = period.months[-1]
        due[month] += 1
        given[month] += (each.name, str(period)) in there
    marks = tuple(Mark(m, due[m], given[m]) for m in months)
    return UnitRow(entity.id, entity_name(snapshot.registry, entity.id, t), marks, sum(m.due - m.given for m in marks))


def _years(now: int) -> tuple[int, ...]:
    last = from_us(now).year
    return tuple(range(last, max(FIRST_YEAR, last - YEARS_SHOWN), -1))


def unit_page(desk: Desk, request: Request, entity_id: str, year: int, asked_history: tuple[str, str] = ("", "")) -> UnitPage:
    """NotFound when it is not the reader's to see."""
    snapshot, t = desk.snapshot(request), preferences(request).t
    if entity_id not in snapshot.view:
        raise NotFound(f"entity {entity_id}")
    asked, book = asked_of(desk.deps.plan, snapshot.registry.entities[entity_id]), statistics_book(desk.deps)
    held = book.current([entity_id])
    missing = [(a.name, t(a.name_cn, a.name_en), str(p)) for a, p in missing_of(tuple(asked.values()), held, year, snapshot.now)]
    newest = sorted(held, key=lambda s: (s.period[:4], s.submitted_at), reverse=True)[:MAX_VALUES]
    history = book.history(entity_id, *asked_history) if all(asked_history) else []
    return UnitPage(
        entity_id, entity_name(snapshot.registry, entity_id, t), year, _years(snapshot.now), tuple(asked.values()), tuple(missing),
        tuple(_line(s, asked, t) for s in newest), tuple(_line(s, asked, t) for s in reversed(history)), " ".join(asked_history).strip(),
        snapshot.view.caller.kind is KeyKind.ADMIN, known_name(request),
        dict.fromkeys(FIELDS, "") | {"period": str(last_over(PeriodKind.MONTH, snapshot.now))},
    )  # fmt: skip


def _line(s: Statistic, asked: dict[str, Asked], t: Words) -> ValueLine:
    meaning = asked.get(s.indicator)
    name = t(meaning.name_cn, meaning.name_en) if meaning is not None else s.indicator
    said = f"{exact(s.value)} {t.unit(s.unit)}" if s.value is not None else s.text or t("撤回", "taken back")
    return ValueLine(s.indicator, name, s.period, said, s.document, s.note, s.author, s.revision, s.submitted_at)


def _shown(desk: Desk, request: Request, view: UnitPage, notice: str = "") -> Response:
    status = 422 if view.faults or (view.warnings and view.preview is None) else 200
    return desk.page(request, desk.snapshot(request), Shown("submission.html", "submissions", view.name, view, notice=notice), status)


def add_submission_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/submissions")
    def matrix(request: Request, year: int = 0) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        view = matrix_page(desk.deps, snapshot, t, _asked_year(year, snapshot.now))
        return desk.page(request, snapshot, Shown("submissions.html", "submissions", t("填报", "Submissions"), view))

    @router.get("/submissions/{entity_id}")
    def unit(request: Request, entity_id: str, year: int = 0, indicator: str = "", period: str = "", done: str = "") -> Response:
        t = preferences(request).t
        view = unit_page(desk, request, entity_id, _asked_year(year, desk.deps.clock()), (indicator[:128], period[:10]))
        return _shown(desk, request, view, t(*DONE[done]) if done in DONE else "")

    @router.get("/submissions/{entity_id}/template.xlsx")
    def template(request: Request, entity_id: str, year: int = 0) -> Response:
        snapshot = desk.snapshot(request)
        if entity_id not in snapshot.view:
            raise NotFound(f"entity {entity_id}")
        book = report_book(desk.deps, snapshot.registry.entities[entity_id], _asked_year(year, snapshot.now))
        disposition = f'attachment; filename="statistics-{book.year}.xlsx"'
        return Response(report_sheets(desk.deps).template(book), media_type=XLSX, headers={"Content-Disposition": disposition})

    @router.post("/submissions/{entity_id}")
    async def typed(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_typed, desk, request, entity_id, form)

    @router.post("/submissions/{entity_id}/xlsx")
    async def uploaded(request: Request, entity_id: str) -> Response:
        form, files = await parts_of(request)
        return await run_in_threadpool(_uploaded, desk, request, entity_id, form, files.get("file", b""))


def _asked_year(year: int, now: int) -> int:
    last = from_us(now).year
    return year if FIRST_YEAR <= year <= last else last


def _person(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> str:
    """Author of a change; "" without a name. NotFound for a unit that is not there."""
    caller = desk.access.actor(request)
    if entity_id not in desk.snapshot(request).registry.entities:
        raise NotFound(f"entity {entity_id}")
    who = name_in(form)
    return author(caller.key_id, who) if who else ""


def _typed(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    person, t = _person(desk, request, entity_id, form), preferences(request).t
    registry = desk.snapshot(request).registry
    meaning = asked_of(desk.deps.plan, registry.entities[entity_id]).get(form.get("indicator", ""))
    item: dict[str, object] = {name: form.get(name, "") for name in ("indicator", "period", "text", "document", "note")}
    item |= {"entity": entity_id, "unit": meaning.unit if meaning is not None else "", "confirmed": form.get("confirmed") == "yes"}
    if form.get("act") == "back":
        item |= {"take_back": True, "text": "", "confirmed": True}
    elif form.get("value", "").strip():
        number = amount_in(form["value"])
        item["value"] = number if number is not None else form["value"]
    draft = draft_of(desk.deps, registry, [item], lambda one: one == entity_id)
    faults = fault_lines(draft.faults, t) + (() if person else (t("请写明由谁填报", "say who gives it"),))
    warnings = fault_lines(draft.open_warnings, t)
    if faults or warnings:
        view = unit_page(desk, request, entity_id, _asked_year(0, desk.deps.clock()))
        entered = view.entered | {name: form.get(name, "") for name in FIELDS}
        return _shown(desk, request, replace(view, entered=entered, faults=faults, warnings=warnings, who=name_in(form) or view.who))
    _, changed = store(desk.deps, draft, person)
    log.info("statistic taken", entity=entity_id, who=person, indicator=item["indicator"], period=item["period"])
    return _done(entity_id, "back" if form.get("act") == "back" else "taken" if changed else "same", form)


def _uploaded(desk: Desk, request: Request, entity_id: str, form: dict[str, str], data: bytes) -> Response:
    person, t = _person(desk, request, entity_id, form), preferences(request).t
    view = unit_page(desk, request, entity_id, _asked_year(0, desk.deps.clock()))
    view = replace(view, who=name_in(form) or view.who)
    is_preview = form.get("act") == "preview"
    faults: tuple[str, ...] = () if person or is_preview else (t("请写明由谁填报", "say who gives it"),)
    if not data:
        return _shown(desk, request, replace(view, faults=(*faults, t("请选择填好的 .xlsx 文件", "choose the filled .xlsx file"))))
    draft = from_workbook(desk.deps, desk.snapshot(request).registry, data, lambda one: one == entity_id, person)
    faults += fault_lines(draft.faults, t)
    if is_preview or faults or draft.open_warnings:
        asked = {a.name: t(a.name_cn, a.name_en) for a in view.asked}
        seen = replace(view, faults=faults, warnings=fault_lines(draft.open_warnings, t), preview=tuple(_changes(draft, asked)))
        return _shown(desk, request, seen)
    _, changed = store(desk.deps, draft, person)
    log.info("statistics workbook taken", entity=entity_id, who=person, values=len(draft.values), changed=changed)
    return _done(entity_id, "taken" if changed else "same", form)


def _changes(draft: Draft, names: dict[str, str]) -> Iterator[ChangeLine]:
    for c in draft.changes[:MAX_VALUES]:
        yield ChangeLine(c.place, names.get(c.name, c.name), c.period, _text(c.before), _text(c.after))


def _text(value: float | str | None) -> str:
    return "—" if value is None else value if isinstance(value, str) else exact(value)


def _done(entity_id: str, done: str, form: dict[str, str]) -> Response:
    response = RedirectResponse(f"/submissions/{entity_id}?done={done}", 303)
    remember(response, name_in(form))
    return response
