"""What people declare about meters: exchanges and multiplier changes, with their authors, and taking them back."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import ConfigDict, Field

from api.deps import Deps, Facts
from api.item_shapes import DecisionShape, decision_shape
from api.meter_facts import MAX_NAME, MAX_REASON, Fact, author, declare, faults_of, revoke
from api.problems import bad_parameter, bad_request, documented
from api.schemas import Shape
from api.security import Admin, ReaderView
from api.times import instant
from tricolor.domain.access import Caller
from tricolor.domain.exchanges import Declared, Exchange, MultiplierChange
from tricolor.domain.intervals import iso
from tricolor.domain.meters import Point
from tricolor.ports_items import MeterFactsDesk

router = APIRouter(tags=["测点 points"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


class Declaration(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=MAX_REASON, description="why, and what it rests on", examples=["检定到期换表，拆回单 2026-118"])
    by: str = Field("", max_length=MAX_NAME, description="the person; the key is kept beside the name", examples=["王工"])


class ExchangeOrder(Declaration):
    at: str = Field(max_length=40, description="when the meters changed over, with offset", examples=["2026-11-18T10:30:00+08:00"])
    final: float = Field(description="what the old meter showed last [its own unit, before the multiplier]", examples=[48210.6])
    start: float = Field(description="what the new meter showed first", examples=[0.0])


class MultiplierOrder(Declaration):
    valid_from: str = Field(
        max_length=40, description="from when on readings count so many times, with offset", examples=["2026-11-01T00:00:00+08:00"]
    )
    multiplier: float = Field(description="CT/PT ratio", examples=[160.0])


class RecordShape(Shape):
    """revoked_at null: in force."""

    id: int
    by: str
    reason: str
    declared_at: str
    revoked_at: str | None
    revoked_by: str


class ExchangeRecord(RecordShape):
    at: str
    final: float
    start: float


class MultiplierRecord(RecordShape):
    valid_from: str
    multiplier: float


class MeterFactsShape(Shape):
    """Everything ever declared of a point. plate_multiplier: holds before the first change in force."""

    point: str
    unit: str
    plate_multiplier: float
    exchanges: list[ExchangeRecord]
    multipliers: list[MultiplierRecord]
    decisions: list[DecisionShape] = Field(description="about its open items, and substituted amounts; newest first")


@router.get("/v1/points/{point_id}/facts", summary="Meter exchanges and multipliers ever declared, by whom and why, revoked ones too")
def facts(point_id: str, view: ReaderView, deps: Deps, desk: Facts) -> MeterFactsShape:
    point = view.point(point_id)
    history = desk.history(point.key)
    return MeterFactsShape(
        point=point.id, unit=point.unit, plate_multiplier=point.plate.multiplier,
        exchanges=[_exchange(d, d.fact) for d in history if isinstance(d.fact, Exchange)],
        multipliers=[_multiplier(d, d.fact) for d in history if isinstance(d.fact, MultiplierChange)],
        decisions=[decision_shape(d) for d in deps.items.decisions(point.key)] if deps.items is not None else [],
    )  # fmt: skip


@router.post("/v1/points/{point_id}/exchanges", status_code=201, summary="Declare a meter exchange, also after the fact", responses=documented(409))
def declare_exchange(
    point_id: str, caller: Admin, view: ReaderView, deps: Deps, desk: Facts, order: Annotated[ExchangeOrder, Body()]
) -> ExchangeRecord:
    """What it touches is settled again. The same declaration twice changes nothing."""
    point = view.point(point_id)
    fact = Exchange(point.key, exact_moment(order.at, "at"), order.final, order.start)
    return _exchange(_declared(desk, point, fact, caller, order, deps.clock()), fact)


@router.post("/v1/points/{point_id}/multipliers", status_code=201, summary="Declare a change of the multiplier (CT/PT)", responses=documented(409))
def declare_multiplier(
    point_id: str, caller: Admin, view: ReaderView, deps: Deps, desk: Facts, order: Annotated[MultiplierOrder, Body()]
) -> MultiplierRecord:
    """Everything from that instant on is settled again. The same declaration twice changes nothing."""
    point = view.point(point_id)
    fact = MultiplierChange(point.key, exact_moment(order.valid_from, "valid_from"), order.multiplier)
    return _multiplier(_declared(desk, point, fact, caller, order, deps.clock()), fact)


@router.delete("/v1/points/{point_id}/exchanges/{declaration}", summary="Take an exchange back; the record stays. Twice changes nothing")
def revoke_exchange(point_id: str, declaration: Id, caller: Admin, view: ReaderView, desk: Facts) -> ExchangeRecord:
    gone = revoke(desk, view.point(point_id), Exchange, declaration, author(caller.key_id, ""))
    assert isinstance(gone.fact, Exchange)
    return _exchange(gone, gone.fact)


@router.delete("/v1/points/{point_id}/multipliers/{declaration}", summary="Take a multiplier back; the record stays. Twice changes nothing")
def revoke_multiplier(point_id: str, declaration: Id, caller: Admin, view: ReaderView, desk: Facts) -> MultiplierRecord:
    gone = revoke(desk, view.point(point_id), MultiplierChange, declaration, author(caller.key_id, ""))
    assert isinstance(gone.fact, MultiplierChange)
    return _multiplier(gone, gone.fact)


def exact_moment(text: str, name: str) -> int:
    """An exact instant: a bare day would put an exchange at midnight without anybody having said so."""
    if "T" not in text.strip().upper().replace(" ", "T", 1):
        raise bad_parameter(name, "请写到分钟并带时区", "write it to the minute and with an offset, e.g. 2026-11-18T10:30:00+08:00")
    return instant(text, name)


def _declared(desk: MeterFactsDesk, point: Point, fact: Fact, caller: Caller, order: Declaration, now: int) -> Declared:
    faults = faults_of(point, fact, now)
    if faults:
        raise bad_request(faults)
    return declare(desk, fact, author(caller.key_id, order.by), order.reason)


def _exchange(d: Declared, fact: Exchange) -> ExchangeRecord:
    return ExchangeRecord(**_record(d).model_dump(), at=iso(fact.at), final=fact.final, start=fact.start)


def _multiplier(d: Declared, fact: MultiplierChange) -> MultiplierRecord:
    return MultiplierRecord(**_record(d).model_dump(), valid_from=iso(fact.valid_from), multiplier=fact.multiplier)


def _record(d: Declared) -> RecordShape:
    return RecordShape(
        id=d.id, by=d.person, reason=d.reason, declared_at=iso(d.declared_at),
        revoked_at=None if d.revoked_at is None else iso(d.revoked_at), revoked_by=d.revoked_by,
    )  # fmt: skip
