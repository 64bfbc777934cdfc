"""Submitting statistics, by whichever door: checked as a whole, warnings asked to be confirmed, all or none stored; the workbook of a year."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from api.activity_form import read_figures
from api.problems import Fault, Problem, bad_request
from api.statistic_form import Item, read_items
from tricolor.catalogue.indicators import asked_of, limits_of
from tricolor.catalogue.plans.model import Plan
from tricolor.domain.activities import ACTIVITY_UNITS, Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.errors import Problems, Refused
from tricolor.domain.intervals import from_us
from tricolor.domain.periods import Period, period_of
from tricolor.domain.plausibility import Asked, Finding, activity_warnings, findings, identity_of
from tricolor.domain.report_sheets import ACTIVITIES, ENERGY, INDICATORS, FilledCell, ReportBook, Sheet, SheetRow
from tricolor.domain.submissions import REPORTED_PREFIX, PeriodKind, Statistic
from tricolor.ports import ActivityBook
from tricolor.ports_submissions import ReportSheets, StatisticsBook

ACTIVITY_NAMES: Mapping[ActivityKind, tuple[str, str]] = {
    ActivityKind.GDP: ("地区生产总值（不变价）", "GDP at constant prices"),
    ActivityKind.VALUE_ADDED: ("工业增加值（不变价）", "value added at constant prices"),
    ActivityKind.OUTPUT: ("产品产量", "output"),
    ActivityKind.AREA: ("建筑面积", "floor area"),
    ActivityKind.HEADS: ("用能人数", "people"),
}
KINDS_OF: Mapping[EntityKind, tuple[ActivityKind, ...]] = {
    EntityKind.CITY: (ActivityKind.GDP, ActivityKind.VALUE_ADDED),
    EntityKind.REGION: (ActivityKind.GDP, ActivityKind.VALUE_ADDED),
    EntityKind.PARK: (ActivityKind.VALUE_ADDED,),
    EntityKind.ENTERPRISE: (ActivityKind.OUTPUT, ActivityKind.VALUE_ADDED),
    EntityKind.NETWORK: (),
    EntityKind.BUILDING: (ActivityKind.AREA, ActivityKind.HEADS),
}
FREE_OUTPUTS = 3  # empty rows for further products
YES = ("是", "yes", "y", "true", "1", "已确认")


class Ports(Protocol):
    """What submitting stands on: the API's dependencies have it, and so has the command line. clock: now [µs]."""

    @property
    def statistics(self) -> StatisticsBook | None: ...
    @property
    def report_sheets(self) -> ReportSheets | None: ...
    @property
    def activities(self) -> ActivityBook: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def clock(self) -> Callable[[], int]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """What a submission would change. before: None where nothing was known; place: of a workbook's cell."""

    entity: str
    name: str
    period: str
    unit: str
    before: float | str | None
    after: float | str | None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A submission that was read and checked. faults: it cannot be taken; open_warnings: those nobody stood by; changes: against what is in force."""

    values: tuple[Statistic, ...]
    figures: tuple[Activity, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    open_warnings: tuple[Fault, ...]
    changes: tuple[Change, ...] = ()


def statistics_book(deps: Ports) -> StatisticsBook:
    """Refused where whoever composed the services left it out."""
    if deps.statistics is None:
        raise Refused("this API was composed without the statistics")
    return deps.statistics


def report_sheets(deps: Ports) -> ReportSheets:
    if deps.report_sheets is None:
        raise Refused("this API was composed without the workbook of statistics")
    return deps.report_sheets


def draft_of(deps: Ports, registry: Registry, items: Sequence[object], may_write: Callable[[str], bool]) -> Draft:
    """Statistics read and checked against what is in force."""
    read, faults = read_items(items, may_write)
    values = [item.value for item in read]
    entities = sorted({v.entity for v in values})
    held = {identity_of(s): s for s in statistics_book(deps).current(entities)} if entities else {}
    asked = {entity: asked_of(deps.plan, registry.entities[entity]) for entity in entities}
    found = findings(values, asked, held, limits_of(deps.plan), deps.clock())
    faults += [_fault(f, read) for f in found if f.is_fault] + _unknown_take_backs(read, held)
    warnings = [(_fault(f, read), read[f.index]) for f in found if not f.is_fault]
    left = [fault for fault, item in warnings if not (item.is_confirmed and item.value.note)]
    changes = [
        Change(v.entity, v.indicator, v.period, v.unit, shown(held.get(identity_of(v))), shown(v)) for v in values
        if shown(held.get(identity_of(v))) != shown(v)
    ]  # fmt: skip
    return Draft(tuple(values), (), tuple(faults), tuple(w for w, _ in warnings), tuple(left), tuple(changes))


def shown(value: Statistic | None) -> float | str | None:
    if value is None:
        return None
    return value.value if value.value is not None else value.text or None


def _fault(finding: Finding, items: Sequence[Item]) -> Fault:
    return Fault(finding.field, finding.zh, finding.en, items[finding.index].index)


def _unknown_take_backs(items: Sequence[Item], held: Mapping[tuple[str, str, str], Statistic]) -> list[Fault]:
    gone = [i for i in items if i.value.value is None and not i.value.text and identity_of(i.value) not in held]
    return [Fault("take_back", "没有可撤回的值", "there is no such value to take back", i.index) for i in gone]


def refuse(draft: Draft) -> None:
    """Problem when a fault or a warning nobody stood by stands in the way."""
    if draft.faults:
        raise bad_request(draft.faults, "填报有误 / The values are not valid")
    if draft.open_warnings:
        first = draft.open_warnings[0]
        count = len(draft.open_warnings)
        raise Problem(
            422, "unconfirmed", "请核对后确认 / Check and confirm", f"{first.field}: {first.zh}（共 {count} 处） / {first.en} ({count} in all)",
            "请逐条核对 errors；确认无误的，加 confirmed: true 并在 note 写明原因后重发，本次没有写入任何内容 / "
            "Check each of `errors`; for those that are right send confirmed: true with a note that says why; nothing was changed",
            errors=[fault.body() for fault in draft.open_warnings[:1000]], faults=count,
        )  # fmt: skip


def store(deps: Ports, draft: Draft, author: str) -> tuple[int, int]:
    """Accepted and changed; Problem as refuse() says."""
    refuse(draft)
    book, changed = statistics_book(deps), 0
    if draft.values:
        held = {identity_of(s): s.revision for s in book.current(sorted({v.entity for v in draft.values}))}
        changed += sum(held.get(identity_of(s)) != s.revision for s in book.submit(draft.values, author))
    if draft.figures:
        before = {_key(f): f.revision for f in deps.activities.current(sorted({f.entity for f in draft.figures}))}
        changed += sum(before.get(_key(f)) != f.revision for f in deps.activities.submit(draft.figures))
    return len(draft.values) + len(draft.figures), changed


def _key(figure: Activity) -> tuple[str, str, str, str]:
    return figure.entity, figure.kind, figure.product, figure.month


def warnings_of(deps: Ports, figures: Sequence[Activity]) -> list[Fault]:
    """What is odd with activity figures that are otherwise fine; they are taken all the same."""
    held = deps.activities.current(sorted({f.entity for f in figures})) if figures else []
    return [Fault(f.field, f.zh, f.en, f.index) for f in activity_warnings(figures, held, limits_of(deps.plan))]


def from_workbook(deps: Ports, registry: Registry, data: bytes, may_write: Callable[[str], bool], author: str) -> Draft:
    """A filled workbook, read and checked; places are those of its cells."""
    try:
        cells = report_sheets(deps).cells(data)
    except Problems as error:
        return Draft((), (), tuple(Fault("xlsx", *_halves(problem)) for problem in error.problems), (), ())
    if not cells:
        return Draft((), (), (Fault("xlsx", "表中没有填任何数值", "the workbook holds no value"),), (), ())
    plain = _new_cells(deps, [c for c in cells if c.sheet != ACTIVITIES], may_write)
    money = [c for c in cells if c.sheet == ACTIVITIES]
    items = [_activity(c) for c in money]
    draft = draft_of(deps, registry, [_item(c) for c in plain], may_write)
    figures, faults = read_figures({"activities": items}, may_write, author, deps.clock()) if money else ([], [])
    odd = _confirmable(warnings_of(deps, figures), money) if not faults else []
    known = {_key(f): f.value for f in deps.activities.current(sorted({f.entity for f in figures}))} if figures else {}
    moved = [
        Change(f.entity, ":".join((f.kind, f.product)).rstrip(":"), f.month, f.unit, known.get(_key(f)), f.value) for f in figures
        if known.get(_key(f)) != f.value
    ]  # fmt: skip
    where = {(c.entity, c.name, c.period): c.place for c in plain}
    where |= {(c.entity, f"{item['kind']}:{item.get('product', '')}".rstrip(":"), c.period): c.place for item, c in zip(items, money, strict=True)}
    changes = tuple(replace(c, place=where.get((c.entity, c.name, c.period), "")) for c in (*draft.changes, *moved))
    return Draft(
        draft.values, tuple(figures), tuple(_placed(f, plain) for f in draft.faults) + tuple(_placed(f, money) for f in faults),
        tuple(_placed(f, plain) for f in draft.warnings) + tuple(_placed(f, money) for f, _ in odd),
        tuple(_placed(f, plain) for f in draft.open_warnings) + tuple(_placed(f, money) for f, is_open in odd if is_open), changes,
    )  # fmt: skip


def _new_cells(deps: Ports, cells: Sequence[FilledCell], may_write: Callable[[str], bool]) -> list[FilledCell]:
    """Without those that say what is in force: the template comes filled in, and a row's document is that of its new values. Cells of an entity that
    is not the sender's all stay, to be refused: what is in force of it is not his to find out."""
    mine = sorted({c.entity for c in cells if may_write(c.entity)})
    held = {identity_of(s): s for s in statistics_book(deps).current(mine)} if mine else {}
    return [
        c for c in cells
        if (known := held.get((c.entity, c.name, c.period))) is None or known.unit != c.unit or shown(known) != _said(c)
    ]  # fmt: skip


def _said(cell: FilledCell) -> object:
    number = _number(cell.value) if isinstance(cell.value, str) else cell.value
    return number if number is not None else cell.value


def _confirmable(warnings: Sequence[Fault], cells: Sequence[FilledCell]) -> list[tuple[Fault, bool]]:
    """Warnings of activity figures, which stand in the order of the cells, with whether they still wait for a confirmation in their row."""
    return [(w, not _is_confirmed(cells[w.index or 0])) for w in warnings]


def _is_confirmed(cell: FilledCell) -> bool:
    return str(cell.row.get("confirmed", "")).strip().lower() in YES and bool(str(cell.row.get("note", "")).strip())


def _item(cell: FilledCell) -> dict[str, object]:
    is_text = isinstance(cell.value, str)
    number = _number(cell.value) if is_text else cell.value
    said: dict[str, object] = {"value": number} if number is not None else {"text": str(cell.value)}
    notes = {name: _text(cell.row.get(name)) for name in ("document", "note")}
    entity = {"entity": cell.entity, "indicator": cell.name, "period": cell.period, "unit": cell.unit}
    return {**entity, **said, **notes, "confirmed": str(cell.row.get("confirmed", "")).strip().lower() in YES}


def _activity(cell: FilledCell) -> dict[str, object]:
    number = _number(cell.value) if isinstance(cell.value, str) else cell.value
    item: dict[str, object] = {"entity": cell.entity, "kind": cell.name.partition(":")[0], "month": cell.period, "unit": cell.unit}
    item["value"] = number if number is not None else cell.value
    if (product := _text(cell.row.get("product"))) != "":
        item["product"] = product
    year = cell.row.get("price_year")
    if year is not None:
        item["price_year"] = int(year) if isinstance(year, int | float) and float(year).is_integer() else year
    return item


def _number(text: object) -> float | None:
    try:
        return float(str(text).strip().replace(",", "").replace("，", ""))
    except ValueError:
        return None


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _placed(fault: Fault, cells: Sequence[FilledCell]) -> Fault:
    """A fault at the cell where a person finds it: indicators!F7 (value)."""
    if fault.index is None or fault.index >= len(cells):
        return fault
    return Fault(f"{cells[fault.index].place} ({fault.field})", fault.zh, fault.en, fault.index)


def _halves(problem: str) -> tuple[str, str]:
    zh, _, en = problem.partition(" · ")
    return zh, en or zh


def report_book(deps: Ports, entity: Entity, year: int) -> ReportBook:
    """The workbook of the entity and year with what is known filled in."""
    known: dict[str, dict[str, float | str]] = {}
    for s in statistics_book(deps).current([entity.id]):
        value = shown(s)
        if value is not None:
            known.setdefault(s.indicator, {})[s.period] = value
    periods = tuple(str(p) for kind in PeriodKind for p in Period(PeriodKind.YEAR, year).parts(kind))
    asked = asked_of(deps.plan, entity)
    energy_names = [n for n, a in asked.items() if n.startswith(REPORTED_PREFIX) or a.is_flow]
    mine = [_row(a, periods, known) for n, a in asked.items() if n not in energy_names]
    energy = [_row(asked[n], periods, known) for n in energy_names]
    sheets = [Sheet(INDICATORS, "规划指标", periods, tuple(mine))] if mine else []
    sheets += [Sheet(ENERGY, "上报能耗", periods, tuple(energy))] if energy else []
    months = tuple(p for p in periods if len(p) == 7 and p[5] != "Q")
    rows = _activity_rows(deps, entity, months)
    sheets += [Sheet(ACTIVITIES, "产值与产量", months, tuple(rows), ("product", "price_year"))] if rows else []
    return ReportBook(entity.id, entity.name_cn, year, tuple(sheets))


def _row(asked: Asked, periods: Sequence[str], known: Mapping[str, Mapping[str, float | str]]) -> SheetRow:
    may = frozenset(p for p in periods if period_of(p).kind in asked.periods)
    hint = "（有计量，缺数时才填）" if asked.is_measured else ""
    held = {p: v for p, v in known.get(asked.name, {}).items() if p in may}
    return SheetRow(asked.name, asked.name_cn, asked.name_en, asked.unit, may, held, is_words=asked.is_words, hint=hint)


def _activity_rows(deps: Ports, entity: Entity, months: Sequence[str]) -> list[SheetRow]:
    held: dict[tuple[ActivityKind, str], list[Activity]] = {}
    for f in deps.activities.current([entity.id]):
        held.setdefault((f.kind, f.product), []).append(f)
    rows = []
    for kind in KINDS_OF[entity.kind]:
        products = sorted({p for k, p in held if k is kind}) or ([entity.product] if kind is ActivityKind.OUTPUT and entity.product else [""])
        if kind is ActivityKind.OUTPUT:
            products = [p for p in products if p] + [""] * FREE_OUTPUTS
        rows += [_activity_row(kind, product, held.get((kind, product), ()), months) for product in products]
    return rows


def _activity_row(kind: ActivityKind, product: str, figures: Sequence[Activity], months: Sequence[str]) -> SheetRow:
    """Locked to the unit and price year it already has; a month in another unit is left out."""
    unit = figures[-1].unit if figures else ACTIVITY_UNITS[kind][0]
    years = {f.price_year for f in figures if f.price_year is not None}
    fixed: dict[str, str | int] = {"product": product} if product or kind is not ActivityKind.OUTPUT else {}
    if kind not in (ActivityKind.GDP, ActivityKind.VALUE_ADDED):
        fixed["price_year"] = ""
    elif len(years) == 1:
        fixed["price_year"] = next(iter(years))
    values = {f.month: f.value for f in figures if f.unit == unit and f.month in months}
    return SheetRow(kind, *ACTIVITY_NAMES[kind], unit, frozenset(months), values, fixed)


def year_now(deps: Ports) -> int:
    return from_us(deps.clock()).year
