"""Why a cell of a point holds what it holds."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.deps import Deps
from api.problems import documented
from api.security import ReaderView
from api.times import SPAN_HELP, instant
from tricolor.analysis.explain import explain, explain_virtual
from tricolor.analysis.explain_words import as_members
from tricolor.domain.exchanges import MeterFacts

router = APIRouter(tags=["测点 points"], responses=documented(401, 403, 404, 422, 503))


class PlateUsed(BaseModel):
    """Rating plate by which the steps were judged; null where it does not say."""

    kind: str
    unit: str
    interval_s: int
    multiplier: float
    capacity: float | None
    max_rate: float | None
    resolution: float
    is_net: bool


class StepShape(BaseModel):
    """A step that reaches into the cell. amount: of the whole step, null where it is parked; share: part of its time inside the cell; limit: what
    the plate allows in its time."""

    start: str
    end: str
    amount: float | None
    share: float
    kind: str
    flags: list[str]
    rule_zh: str
    rule_en: str
    limit: float | None


class ReadingShape(BaseModel):
    """A reading behind the cell, in the meter's own unit. use: counted, skipped, undecided, clock or bad."""

    at: str
    value: float
    quality: str
    use: str


class ExchangeShape(BaseModel):
    at: str
    final: float
    start: float


class MultiplierShape(BaseModel):
    valid_from: str
    multiplier: float


class ConfirmedShape(BaseModel):
    """A parked jump that a person confirmed. jump: in the meter's own unit; amount: as stated by the person, null: the jump as it is."""

    start: str
    end: str
    jump: float
    amount: float | None
    decision: int
    person: str
    reason: str


class SubstituteShape(BaseModel):
    """An amount that a person gave for whole cells, whatever the meter gave."""

    start: str
    end: str
    amount: float
    decision: int
    person: str
    reason: str


class InputShape(BaseModel):
    """A point that the formula of a virtual point read, and its amount in the same cell; null: nothing is known."""

    point: str
    unit: str
    amount: float | None
    coverage: float
    flags: list[str]


class CellExplained(BaseModel):
    """One 15-minute cell with everything that it is made from; amount null: nothing is known."""

    point: str
    unit: str
    start: str
    end: str
    amount: float | None
    coverage: float
    flags: list[str]
    plate: PlateUsed
    steps: list[StepShape]
    readings: list[ReadingShape]
    exchanges: list[ExchangeShape]
    multipliers: list[MultiplierShape]
    confirmed: list[ConfirmedShape]
    substitute: SubstituteShape | None
    formula: str
    inputs: list[InputShape]


@router.get("/v1/points/{point_id}/explain", summary="The readings, steps, rules and plate values behind one 15-minute cell")
def explain_cell(
    point_id: str, view: ReaderView, deps: Deps, at: Annotated[str, Query(max_length=64, description=f"any instant of the cell; {SPAN_HELP}")]
) -> CellExplained:
    """Worked out anew from the readings as they are now, by the same rules that settle."""
    point = view.point(point_id)
    if point.formula:
        return CellExplained.model_validate(as_members(explain_virtual(view.registry, point, instant(at, "at"), deps.energy)))
    facts = deps.meter_facts.load() if deps.meter_facts is not None else MeterFacts()
    siblings = [p for p in view.registry.points.values() if p.meter_id == point.meter_id and p.key != point.key]
    return CellExplained.model_validate(as_members(explain(point, instant(at, "at"), deps.readings, facts, siblings)))
