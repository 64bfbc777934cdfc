"""Shapes of the answers. Times are ISO 8601 with the +08:00 offset of Asia/Shanghai; null means not known."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tricolor.domain.activities import Activity
from tricolor.domain.document_print import plain
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.intervals import iso
from tricolor.domain.lights import Light
from tricolor.domain.meters import Point, PointKind, Role
from tricolor.ports import InboxItem, QuarantineItem, StandingVerdict


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Order(Shape):
    """What a person writes: no sign in it that nobody sees, that turns the words of others, acts in a terminal, or that a ledger cannot keep."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _visible(cls, given: Any) -> Any:
        return {name: plain(each) if isinstance(each, str) else each for name, each in given.items()} if isinstance(given, dict) else given


class Words(Shape):
    zh: str
    en: str


class LightMark(Shape):
    rule: str
    indicator: str
    light: Light


class EntityShape(Shape):
    id: str = Field(examples=["qz-refinery-01"])
    kind: EntityKind
    name: Words
    region: str = Field(description="id of its region, empty when none")
    park: str
    industry_code: str = Field(description="GB/T 4754-2017")
    industry: str
    is_key_user: bool = Field(description="重点用能单位")
    is_two_high: bool = Field(description="on the 两高一低 watch list")
    product: str = Field(description="row of the benchmark catalogue, empty when none")
    light: Light = Field(description="the worst of its own lights: red, orange, yellow, grey, green")
    lights: list[LightMark]


class EntityList(Shape):
    entities: list[EntityShape]
    next: str | None


class MeterShape(Shape):
    id: str
    name: Words
    gateway: str
    points: list[str]


class EntityDetail(EntityShape):
    members: list[str] = Field(description="ids of what lies inside its boundary, without itself")
    meters: list[MeterShape]


class PlateShape(Shape):
    """Rating plate, in the meter's own unit before the multiplier."""

    kind: PointKind
    interval_s: int
    multiplier: float
    capacity: float | None = Field(description="value at which the register wraps to 0")
    max_rate: float | None = Field(description="largest advance per hour")
    resolution: float
    is_net: bool = Field(description="it may run backwards: a fall is a negative amount")


class PointShape(Shape):
    id: str = Field(examples=["qz-refinery-01.elec"])
    entity: str
    meter: str
    name: Words
    carrier: str
    quantity: str
    unit: str
    role: Role
    gateway: str
    plate: PlateShape
    valid_from: str
    valid_to: str | None
    last_at: str | None = Field(description="time of its newest reading")
    formula: str | None = Field(description="of a virtual point: what it is worked out from; null: a meter sends it", examples=["main - east"])


class PointList(Shape):
    points: list[PointShape]
    next: str | None


class ReadingShape(Shape):
    at: str
    value: float
    quality: str


class ReadingPage(Shape):
    point: str
    unit: str
    readings: list[ReadingShape]
    next: str | None


class CellShape(Shape):
    start: str
    end: str
    amount: float | None = Field(description="in `unit`; null where nothing is known")
    coverage: float = Field(ge=0, le=1, description="share of the step's time that accepted readings cover")
    estimated: bool = Field(description="part of it is certain in total and estimated in its split")
    flags: list[str]


class SeenShape(Shape):
    """A value that a register showed, in its own unit before the multiplier."""

    at: str
    value: float


class PointCellShape(CellShape):
    clock_difference: float | None = Field(description="时钟差: the amount, with the register's way over each edge of the step split by time")
    read_difference: float | None = Field(
        description="读数差, as a bill says it: last good reading up to the end of the step minus the last one up to its start, through wraps and "
        "declared exchanges, times the multiplier; null where no reading lies in the step, and for points that are no registers"
    )
    base: SeenShape | None = Field(description="the reading that the read difference starts from; of a point that begins in the step its first one")
    last: SeenShape | None = Field(description="the reading that it goes up to")
    has_parked: bool = Field(description="a jump or a drop waits for a person and is not in the read difference")


class PointEnergy(Shape):
    point: str
    unit: str
    step: str
    read_difference_note: str = Field(description="why there are no read differences; empty where there are")
    cells: list[PointCellShape]


class CarrierCell(CellShape):
    tce_calorific: float | None = Field(description="当量值 [tce]")
    tce_equivalent: float | None = Field(description="等价值 [tce]")
    co2_t: float | None = Field(description="[t]")


class CarrierSeries(Shape):
    carrier: str
    role: Role
    unit: str
    factors: list[str] = Field(description="ids of /v1/factors behind the numbers")
    cells: list[CarrierCell]


class TotalCell(Shape):
    """Purchased minus sold (GB/T 2589-2020). A total is null when nothing is known, or when a carrier in it has no factor (then named below).

    excluded_tce: what dual control leaves out of the total [tce, equal value], by whole months; null for other steps. net: gross − excluded."""

    start: str
    end: str
    tce_calorific: float | None
    tce_equivalent: float | None
    co2_t: float | None
    coverage: float
    estimated: bool
    excluded_tce: float | None = None
    net_tce_equivalent: float | None = None


class EntityEnergy(Shape):
    entity: str
    step: str
    source: str = Field(description="accounts: stored day accounts added up; cells: 15-minute cells")
    series: list[CarrierSeries]
    totals: list[TotalCell]
    without_factor: dict[str, list[str]] = Field(description="measure -> carriers of the totals that no factor is known for")


class LightShape(Shape):
    entity: str
    rule: str
    indicator: str
    period: str
    light: Light
    value: float | None
    limit: float | None
    unit: str
    reason: Words
    coverage: float | None
    since: str = Field(description="when this light began")
    judged_at: str


class EntityLights(Shape):
    entity: str
    light: Light
    lights: list[LightShape]


class InboxShape(Shape):
    id: int
    alert: int
    recipient: str
    title: str
    text: str
    why: str
    light: str
    at: str
    read_at: str | None


class InboxList(Shape):
    messages: list[InboxShape]
    next: str | None


class QuarantineShape(Shape):
    id: int
    received_at: str
    source: str
    topic: str
    content_type: str
    index: int = Field(description="place in the message, -1 for the whole of it")
    point: str
    reason: str = Field(examples=["unknown_point"])
    detail: str
    raw_bytes: int
    state: str = Field(description="held, queued (for a replay) or replayed")


class QuarantineList(Shape):
    quarantine: list[QuarantineShape]
    next: str | None


class ActivityShape(Shape):
    entity: str
    kind: str
    month: str
    value: float
    unit: str
    price_year: int | None
    product: str
    author: str
    revision: int


class ActivityList(Shape):
    activities: list[ActivityShape]
    next: str | None


class ActivityReceipt(Shape):
    accepted: int
    changed: int = Field(description="figures that are new or differ from what was known")
    warnings: list[dict[str, Any]] = Field(default_factory=list, description="what looks odd and was taken all the same: index, field, detail")


def when(at: int | None) -> str | None:
    return None if at is None else iso(at)


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def entity_shape(entity: Entity, light: Light, marks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": entity.id, "kind": entity.kind, "name": words(entity.name_cn, entity.name_en), "region": entity.region_id, "park": entity.park_id,
        "industry_code": entity.industry_code, "industry": entity.industry_cn, "is_key_user": entity.is_key_user,
        "is_two_high": entity.is_two_high, "product": entity.product, "light": light, "lights": marks,
    }  # fmt: skip


def meter_shape(meter: Meter, points: list[str]) -> dict[str, Any]:
    return {"id": meter.id, "name": words(meter.name_cn, meter.name_en), "gateway": meter.gateway, "points": points}


def point_shape(point: Point, last_at: int | None) -> dict[str, Any]:
    plate = point.plate
    return {
        "id": point.id, "entity": point.entity_id, "meter": point.meter_id, "name": words(point.name_cn, point.name_en), "carrier": point.carrier,
        "quantity": point.quantity, "unit": point.unit, "role": point.role, "gateway": point.gateway,
        "plate": {
            "kind": plate.kind, "interval_s": plate.interval_s, "multiplier": plate.multiplier, "capacity": plate.capacity,
            "max_rate": plate.max_rate, "resolution": plate.resolution, "is_net": plate.is_net,
        },
        "valid_from": iso(point.valid_from), "valid_to": when(point.valid_to), "last_at": when(last_at), "formula": point.formula or None,
    }  # fmt: skip


def light_shape(standing: StandingVerdict) -> dict[str, Any]:
    v = standing.verdict
    return {
        "entity": v.entity, "rule": v.rule, "indicator": v.indicator, "period": v.period, "light": v.light, "value": v.value, "limit": v.limit,
        "unit": v.unit, "reason": words(v.reason_zh, v.reason_en), "coverage": v.coverage, "since": iso(standing.since),
        "judged_at": iso(standing.judged_at),
    }  # fmt: skip


def inbox_shape(item: InboxItem) -> dict[str, Any]:
    return {
        "id": item.id, "alert": item.alert_id, "recipient": item.recipient, "title": item.title, "text": item.text, "why": item.why,
        "light": item.light, "at": iso(item.at), "read_at": when(item.read_at),
    }  # fmt: skip


def quarantine_shape(item: QuarantineItem) -> dict[str, Any]:
    return {
        "id": item.id, "received_at": iso(item.received_at), "source": item.source, "topic": item.topic, "content_type": item.content_type,
        "index": item.index, "point": item.point, "reason": item.reason, "detail": item.detail, "raw_bytes": item.raw_bytes,
        "state": item.state,
    }  # fmt: skip


def activity_shape(figure: Activity) -> dict[str, Any]:
    return {
        "entity": figure.entity, "kind": figure.kind, "month": figure.month, "value": figure.value, "unit": figure.unit,
        "price_year": figure.price_year, "product": figure.product, "author": figure.author, "revision": figure.revision,
    }  # fmt: skip
