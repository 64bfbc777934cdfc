"""Shapes of open items, of what a person sends to decide about one, and of the evidence."""

from pydantic import ConfigDict, Field

from api.item_evidence import Evidence
from api.meter_facts import MAX_NAME, MAX_REASON
from api.schemas import PlateShape, Shape, Words
from tricolor.analysis.explain import RULES, quality_name
from tricolor.analysis.explain_words import as_members
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import iso
from tricolor.domain.items import Decision, DecisionKind, ItemEventKind, ItemHistory, ItemState, OpenItem
from tricolor.domain.meters import Point


class DecisionOrder(Shape):
    """Who decides and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=MAX_REASON, examples=["与班组抄表记录核对一致"])
    by: str = Field("", max_length=MAX_NAME, description="the person; the key is kept beside the name", examples=["王工"])


class ConfirmOrder(DecisionOrder):
    amount: float | None = Field(None, description="in `amount_unit`; left out: the jump as it is. A drop needs one", examples=[5800.0])


class ExchangeOfItem(DecisionOrder):
    at: str = Field(max_length=40, description="between the item's two readings, with offset", examples=["2026-11-18T10:30:00+08:00"])
    final: float = Field(description="what the old meter showed last [its own unit, before the multiplier]", examples=[48210.6])
    start: float = Field(description="what the new meter showed first", examples=[0.0])


class SubstituteOrder(DecisionOrder):
    amount: float = Field(description="in `amount_unit`, for the whole span", examples=[5200.0])
    start: str = Field("", max_length=40, description="on a quarter of an hour, with offset", examples=["2026-11-18T10:00:00+08:00"])
    end: str = Field("", max_length=40, examples=["2026-11-18T12:00:00+08:00"])


class UndoOrder(DecisionOrder):
    decision: int | None = Field(None, ge=1, description="left out: the one in force", examples=[17])


class ExchangeValues(Shape):
    at: str
    final: float
    start: float


class DecisionShape(Shape):
    """undone_at null: in force. amount null on a confirmation: the jump as it is."""

    id: int
    kind: DecisionKind
    start: str
    end: str
    amount: float | None
    exchange: ExchangeValues | None
    by: str
    reason: str
    decided_at: str
    undone_at: str | None
    undone_by: str
    undone_reason: str


class ItemShape(Shape):
    """before, after, jump in `unit`, before the multiplier; amount in `amount_unit`, with it: what would count."""

    id: int = Field(examples=[42])
    state: ItemState
    kind: str = Field(description="leap: a jump beyond the plate that stayed; open: a drop that stayed", examples=["leap"])
    rule: Words = Field(description="the rule that parked it")
    entity: str = Field(examples=["qz-refinery-01"])
    point: str = Field(examples=["qz-refinery-01.elec"])
    start: str
    end: str
    unit: str = Field(examples=["kWh"])
    before: float | None = Field(examples=[48210.6])
    after: float = Field(examples=[106210.6])
    jump: float = Field(examples=[58000.0])
    amount: float = Field(examples=[58000.0])
    amount_unit: str = Field(examples=["kWh"])
    first_seen: str
    gone_at: str | None
    gone_because: str = Field(description="kind of the step that is there instead")
    decision: DecisionShape | None = Field(description="the one in force")


class ItemList(Shape):
    items: list[ItemShape]
    next: str | None


class ItemEventShape(Shape):
    at: str
    what: ItemEventKind
    by: str = Field(description="empty: settling itself")
    reason: str
    decision: int | None


class ReadingAroundShape(Shape):
    at: str
    value: float
    quality: str
    place: str = Field(description="before, within or after the jump; its two readings are the last before and the first after")


class StepNow(Shape):
    """A step as it is counted now. amount [amount_unit]: null while parked; limit: what the plate allows in its time."""

    start: str
    end: str
    amount: float | None
    share: float
    kind: str
    flags: list[str]
    rule_zh: str
    rule_en: str
    limit: float | None


class ItemDetail(ItemShape):
    plate: PlateShape
    limit: float | None = Field(description="what the plate allows in the item's time [unit]; null where it does not say")
    readings: list[ReadingAroundShape]
    steps: list[StepNow]
    decisions: list[DecisionShape] = Field(description="every one ever made, oldest first")
    history: list[ItemEventShape]


def item_shape(item: OpenItem, point: Point) -> ItemShape:
    parked, (zh, en) = item.parked, RULES[item.parked.kind]
    return ItemShape(
        id=item.id, state=item.state, kind=parked.kind.name.lower(), rule=Words(zh=zh, en=en), entity=point.entity_id, point=point.id,
        start=iso(parked.start), end=iso(parked.end), unit=point.unit, before=parked.before, after=parked.after, jump=parked.jump,
        amount=parked.amount, amount_unit=amount_unit(point), first_seen=iso(item.first_seen),
        gone_at=None if item.gone_at is None else iso(item.gone_at), gone_because=item.gone_because,
        decision=None if item.decision is None else decision_shape(item.decision),
    )  # fmt: skip


def decision_shape(d: Decision) -> DecisionShape:
    return DecisionShape(
        id=d.id, kind=d.kind, start=iso(d.start), end=iso(d.end), amount=d.amount,
        exchange=None if d.exchange is None else ExchangeValues(at=iso(d.exchange.at), final=d.exchange.final, start=d.exchange.start),
        by=d.person, reason=d.reason, decided_at=iso(d.decided_at), undone_at=None if d.undone_at is None else iso(d.undone_at),
        undone_by=d.undone_by, undone_reason=d.undone_reason,
    )  # fmt: skip


def detail_shape(history: ItemHistory, point: Point, found: Evidence) -> ItemDetail:
    plate = point.plate
    return ItemDetail(
        **item_shape(history.item, point).model_dump(),
        plate=PlateShape(
            kind=plate.kind, interval_s=plate.interval_s, multiplier=plate.multiplier, capacity=plate.capacity, max_rate=plate.max_rate,
            resolution=plate.resolution, is_net=plate.is_net,
        ),
        limit=found.limit,
        readings=[ReadingAroundShape(at=iso(r.at), value=r.value, quality=quality_name(r.quality), place=r.place) for r in found.readings],
        steps=[StepNow.model_validate(step) for step in as_members(found.explanation)["steps"]],
        decisions=[decision_shape(d) for d in history.decisions],
        history=[ItemEventShape(at=iso(e.at), what=e.what, by=e.who, reason=e.reason, decision=e.decision) for e in history.events],
    )  # fmt: skip
