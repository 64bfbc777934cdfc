"""View-models of the open items: the work list, and one item with what a person needs to decide about it."""

import math
from dataclasses import dataclass, field

from markupsafe import Markup

from api import item_forms
from api.board_facts import Snapshot, entity_name
from api.board_forms import wall_text
from api.board_reference import carrier_name
from api.board_trace import trace
from api.board_unit import meter_name, plate_lines, point_crumbs
from api.board_words import QUALITIES, Words, exact
from api.board_words_items import DECISIONS, EVENTS, FIELDS, KINDS, PLACES, STATES, signed, thought
from api.deps import Dependencies
from api.item_evidence import evidence
from api.problems import Fault
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Registry
from tricolor.domain.gauges import amount_unit
from tricolor.domain.items import Decision, DecisionKind, ItemFilter, ItemHistory, ItemState, OpenItem
from tricolor.domain.meters import Point
from tricolor.domain.steps import StepKind

PAGE_ROWS = 50
STATE_ORDER = (ItemState.OPEN, ItemState.SETTLED, ItemState.GONE)


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One line of the work list. jump: signed, with its unit; counts: what it comes to with the multiplier; decided: what and by whom."""

    id: int
    state: ItemState
    entity_id: str
    entity: str
    point_id: str
    point: str
    kind: str
    start: int
    end: int
    jump: str
    counts: str
    first_seen: int
    decided: str


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """state: "open" | "settled" | "gone" | "all"; states: code, words, how many; units: those with points, to filter by."""

    state: str
    states: tuple[tuple[str, str, int | None], ...]
    units: tuple[tuple[str, str], ...]
    entity: str
    point: str
    point_name: str
    items: tuple[ItemLine, ...]
    next_before: int | None

    @property
    def is_filtered(self) -> bool:
        return bool(self.entity or self.point)


@dataclass(frozen=True, slots=True)
class EventLine:
    at: int
    what: str
    who: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item. amount: what would count if confirmed as it is, with its unit; entered: what a person typed before it was refused."""

    line: ItemLine
    crumbs: tuple[tuple[str, str], ...]
    meter: str
    carrier: str
    point_unit: str
    amount_unit: str
    thought: str
    rule: str
    numbers: tuple[tuple[str, str], ...]
    plate: tuple[tuple[str, str], ...]
    chart: Markup | None
    readings: tuple[tuple[int, float, str, str], ...]
    steps: tuple[tuple[int, int, str, float | None, str], ...]
    events: tuple[EventLine, ...]
    gone_because: str
    decision: str
    decision_id: int | None
    can_exchange: bool
    can_substitute: bool
    needs_amount: bool
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    action: str = ""
    entered: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person sent and why it was not taken. action: which form."""

    action: str = ""
    faults: tuple[str, ...] = ()
    entered: dict[str, str] = field(default_factory=dict)


def keys_seen(snapshot: Snapshot) -> frozenset[int] | None:
    """Registry keys of the reader's points; None: all there are."""
    return frozenset(snapshot.registry.by_key) if snapshot.view.is_bound else None


def open_count(deps: Dependencies, snapshot: Snapshot) -> int:
    """How many items wait for a person, of those that the reader may see."""
    keys = keys_seen(snapshot)
    if deps.items is None or (keys is not None and not keys):
        return 0
    return deps.items.counts(keys).get(ItemState.OPEN, 0)


def items_page(
    deps: Dependencies, snapshot: Snapshot, t: Words, state: str, entity: str = "", point: str = "", before_id: int | None = None
) -> ItemsPage:  # fmt: skip
    """The work list. An entity or a point that is not there, or not the reader's to see, leaves the list empty."""
    registry = snapshot.registry
    chosen = state if state in {*ItemState, "all"} else "open"
    keys = _keys_asked(snapshot, entity, point)
    found: list[OpenItem] = []
    counts = dict.fromkeys(ItemState, 0)
    if keys is None or keys:
        book = item_forms.book_of(deps)
        found = book.page(ItemFilter(None if chosen == "all" else ItemState(chosen), keys), PAGE_ROWS + 1, before_id)
        counts |= book.counts(keys)
    states = (*((str(s), t.pair(STATES, str(s)), counts[s]) for s in STATE_ORDER), ("all", t.pair(STATES, "all"), None))
    measured = {p.entity_id for p in registry.points.values()}
    units = sorted((e for e in registry.entities.values() if e.id in measured), key=lambda e: (e.order, e.id))
    shown = found[:PAGE_ROWS]
    named = registry.points.get(point)
    return ItemsPage(
        chosen, states, tuple((e.id, t(e.name_cn, e.name_en)) for e in units), entity, point,
        point_name(named, t) if named else point,
        tuple(item_line(i, registry, t) for i in shown if i.parked.point in registry.by_key),
        shown[-1].id if len(found) > PAGE_ROWS else None,
    )  # fmt: skip


def _keys_asked(snapshot: Snapshot, entity: str, point: str) -> frozenset[int] | None:
    registry = snapshot.registry
    if not entity and not point:
        return keys_seen(snapshot)
    inside = {e.id for e in registry.members(entity)} if entity in registry.entities else set()
    return frozenset(p.key for p in registry.points.values() if (not entity or p.entity_id in inside) and (not point or p.id == point))


def point_name(point: Point, t: Words) -> str:
    return t(point.name_cn, point.name_en) or point.id


def item_line(item: OpenItem, registry: Registry, t: Words) -> ItemLine:
    point, parked = registry.by_key[item.parked.point], item.parked
    decided = f"{t.pair(DECISIONS, str(item.decision.kind))}{t('：', ': ')}{item.decision.person}" if item.decision else ""
    return ItemLine(
        item.id, item.state, point.entity_id, entity_name(registry, point.entity_id, t), point.id, point_name(point, t),
        t.pair(KINDS, parked.kind.name.lower()), parked.start, parked.end, f"{signed(parked.jump)} {t.unit(point.unit)}".strip(),
        _with_multiplier(item, point, t), item.first_seen, decided,
    )  # fmt: skip


def _with_multiplier(item: OpenItem, point: Point, t: Words) -> str:
    """What the jump comes to where that is another number than the register shows."""
    parked, unit = item.parked, amount_unit(point)
    if parked.jump <= 0 or (unit == point.unit and math.isclose(parked.amount, parked.jump)):
        return ""
    return t("计 ", "counts ") + f"{exact(parked.amount)} {t.unit(unit)}"


def item_page(deps: Dependencies, snapshot: Snapshot, item_id: int, t: Words, who: str, typed: Typed | None = None) -> ItemPage:
    """One item; NotFound when there is none or it is not the reader's to see."""
    typed = typed or Typed()
    history, point = item_forms.seen(deps, snapshot.view, item_id)
    item, parked = history.item, history.item.parked
    found = evidence(deps, snapshot.registry, point, item)
    unit, kind = t.unit(point.unit), parked.kind
    rules = {s.kind: (s.rule_zh, s.rule_en) for s in found.explanation.steps}
    title = t("前后读数", "Readings around it")
    return ItemPage(
        line=item_line(item, snapshot.registry, t),
        crumbs=point_crumbs(snapshot, point, t),
        meter=meter_name(snapshot, point, t),
        carrier=carrier_name(point.carrier, t) if point.carrier else "",
        point_unit=unit,
        amount_unit=t.unit(amount_unit(point)),
        thought=thought(parked, found.limit, point.unit, t, is_waiting=item.state is ItemState.OPEN),
        rule=t(*rules[kind]) if kind in rules else "",
        numbers=_numbers(item, point, found.limit, t),
        plate=plate_lines(point, t),
        chart=trace(found.readings, (parked.start, parked.end), point.unit, title, t),
        readings=tuple(
            (r.at, r.value, t(*QUALITIES[r.quality]) if r.quality < len(QUALITIES) else "", t.pair(PLACES, r.place)) for r in found.readings
        ),
        steps=tuple((s.start, s.end, t.pair(KINDS, s.kind.name.lower()), s.amount, t(s.rule_zh, s.rule_en)) for s in found.explanation.steps),
        events=_events(history, point, t),
        gone_because=t.pair(KINDS, item.gone_because) if item.gone_because else "",
        decision=decision_words(item.decision, item, point, t) if item.decision else "",
        decision_id=item.decision.id if item.decision else None,
        can_exchange=parked.before is not None,
        can_substitute=True,
        needs_amount=not (kind is StepKind.LEAP and parked.jump > 0),
        may_act=snapshot.view.caller.kind is KeyKind.ADMIN,
        who=who,
        faults=typed.faults,
        action=typed.action,
        entered=_defaults(item) | typed.entered,
    )


def _defaults(item: OpenItem) -> dict[str, str]:
    """What the forms hold before anybody types: the cells of the jump, the end of it as the moment of an exchange, its values as the two meters'."""
    start, end = item_forms.whole_cells(item.parked)
    values = {"start": "", "final": "", "at": wall_text(item.parked.end, seconds=True), "from": wall_text(start), "end": wall_text(end)}
    return {**values, "amount": "", "reason": "", "who": ""}


def _numbers(item: OpenItem, point: Point, limit: float | None, t: Words) -> tuple[tuple[str, str], ...]:
    parked, unit = item.parked, t.unit(point.unit)
    rows = [] if parked.before is None else [(t("前一读数", "reading before"), f"{exact(parked.before, 6)} {unit}")]
    rows.append((t("后一读数", "reading after"), f"{exact(parked.after, 6)} {unit}"))
    rows.append((t("差值", "difference"), f"{signed(parked.jump, 6)} {unit}"))
    allowed = f"{exact(limit, 3)} {unit}" if limit is not None else t("铭牌未登记最大速率", "the plate states no maximum rate")
    rows.append((t("铭牌允许", "the plate allows"), allowed))
    if parked.jump > 0:
        counted = f"{exact(parked.amount, 6)} {t.unit(amount_unit(point))}"
        rows.append((t(f"确认后计入（倍率 {exact(point.plate.multiplier, 6)}）", "counts if confirmed"), counted))
    return tuple(rows)


def decision_words(d: Decision, item: OpenItem, point: Point, t: Words) -> str:
    """What was decided, with its numbers."""
    said, detail = t.pair(DECISIONS, str(d.kind)), _decision_detail(d, item, point, t)
    return f"{said}{t('，', ', ')}{detail}" if detail else said


def _decision_detail(d: Decision, item: OpenItem, point: Point, t: Words) -> str:
    if d.exchange is not None:
        unit, at = t.unit(point.unit), wall_text(d.exchange.at, seconds=True).replace("T", " ")
        final, start = exact(d.exchange.final, 6), exact(d.exchange.start, 6)
        return t(f"{at}，旧表止码 {final}，新表起码 {start} {unit}", f"{at}, old meter's last {final}, new meter's first {start} {unit}")
    if d.kind is DecisionKind.CONFIRM and d.amount is None:
        return t("按跳变计 ", "the jump as it is, ") + f"{exact(item.parked.amount, 6)} {t.unit(amount_unit(point))}"
    if d.amount is None:
        return ""
    span = ""
    if d.kind is DecisionKind.SUBSTITUTE:
        span = t("，", ", ") + f"{wall_text(d.start).replace('T', ' ')} → {wall_text(d.end).replace('T', ' ')}"
    return f"{exact(d.amount, 6)} {t.unit(amount_unit(point))}{span}"


def _events(history: ItemHistory, point: Point, t: Words) -> tuple[EventLine, ...]:
    by_id = {d.id: d for d in history.decisions}
    lines = []
    for e in history.events:
        decision = by_id.get(e.decision) if e.decision is not None else None
        reason = t.pair(KINDS, e.reason) if not e.who else e.reason
        detail = _decision_detail(decision, history.item, point, t) if decision and e.what != "undo" else ""
        lines.append(EventLine(e.at, t.pair(EVENTS, str(e.what)), e.who or t("核算", "settling"), reason, detail))
    return tuple(lines)


def fault_lines(faults: list[Fault], t: Words) -> tuple[str, ...]:
    """Each fault with the name of its field, in the reader's language."""
    lines = []
    for fault in faults:
        name = t.pair(FIELDS, fault.field)
        lines.append(f"{name}{t('：', ': ')}{t(fault.zh, fault.en)}" if name else t(fault.zh, fault.en))
    return tuple(lines)
