"""Energy intensity of an entity by month, and the year to date against the same months of the year before."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.deps import Deps
from api.problems import bad_parameter, documented
from api.schemas import Shape
from api.security import ReaderView
from api.times import SPAN_HELP, instant
from tricolor.analysis.intensity import (
    YearToDate,
    activity_kind,
    compare_years,
    days_for,
    intensity_series,
    money_by_month,
)
from tricolor.analysis.monthly import monthly_energy
from tricolor.domain.entities import EntityKind
from tricolor.domain.intervals import month_text

router = APIRouter(tags=["强度 intensity"], responses=documented(401, 403, 404, 422, 503))
MAX_MONTHS = 120


class IntensityCell(Shape):
    month: str
    energy_tce_equivalent: float | None
    energy_tce_calorific: float | None
    activity_cny_10k: float | None
    price_year: int | None
    intensity: float | None
    intensity_last_year: float | None
    change: float | None
    coverage: float | None
    complete: bool
    factors: list[str]


class MissingMonth(Shape):
    month: str
    reason: dict[str, str]


class YearCell(Shape):
    """The year's reported months against the same months a year before, at constant prices."""

    year: int
    months: list[str]
    intensity: float | None
    intensity_last_year: float | None
    reduction: float | None
    coverage: float | None
    not_reported: list[MissingMonth]
    faults: list[MissingMonth]


class IntensityAnswer(Shape):
    entity: str
    unit: str
    energy_basis: str
    activity: str
    months: list[IntensityCell]
    year_to_date: YearCell | None


@router.get("/v1/entities/{entity_id}/intensity", summary="Energy (equal-value tce) over GDP or value added at constant prices, by month")
def intensity(
    entity_id: str,
    view: ReaderView,
    deps: Deps,
    start: Annotated[str | None, Query(alias="from", description=f"first month; {SPAN_HELP}; default January of `to`")] = None,
    end: Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")] = None,
) -> IntensityAnswer:
    """A month that is not over, lacks a day, a factor or its activity figure has no intensity: null, never a small number."""
    found = view.entity(entity_id)
    now = deps.clock()
    last = month_text((instant(end, "to") if end else now) - 1)
    first = month_text(instant(start, "from")) if start else f"{last[:4]}-01"
    months = _months(first, last)
    kind = activity_kind(found.kind)
    registry = view.registry
    members = [e.id for e in registry.members(entity_id)]
    first_day, last_day = days_for([*months, f"{last[:4]}-01"])
    energy = monthly_energy(registry, deps.settle.accounts(members, first_day, last_day), [entity_id], now).get(entity_id, {})
    # a city without a figure of its own is the sum of its regions
    asked = [e.id for e in registry.entities.values() if e.id == entity_id or (found.kind is EntityKind.CITY and e.kind is EntityKind.REGION)]
    activity = money_by_month(registry, deps.activities.current(asked), kind).get(entity_id, {})
    rows = [
        {
            "month": m.month, "energy_tce_equivalent": m.energy_tce_equivalent, "energy_tce_calorific": m.energy_tce_calorific,
            "activity_cny_10k": m.activity_cny_10k, "price_year": m.price_year, "intensity": m.intensity,
            "intensity_last_year": m.intensity_last_year, "change": m.change, "coverage": m.coverage, "complete": m.is_complete,
            "factors": list(m.factor_ids),
        }
        for m in intensity_series(energy, activity, months)
    ]  # fmt: skip
    year = compare_years(energy, activity, int(last[:4]), deps.plan.rules.pace.coverage_min, now)
    answer = {
        "entity": entity_id, "unit": "tce/1e4CNY", "energy_basis": "equal-value 等价值", "activity": kind.value, "months": rows,
        "year_to_date": _year(year) if year.months else None,
    }  # fmt: skip
    return IntensityAnswer.model_validate(answer)


def _months(first: str, last: str) -> list[str]:
    """YYYY-MM from first to last, both inclusive."""
    a, b = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    if a > b:
        raise bad_parameter("from", f"起始月 {first} 晚于最后一月 {last}", f"it begins in {first}, after the last month {last}")
    if b - a >= MAX_MONTHS:
        raise bad_parameter("from", f"最多 {MAX_MONTHS} 个月", f"at most {MAX_MONTHS} months are answered at a time")
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(a, b + 1)]


def _year(y: YearToDate) -> dict[str, Any]:
    return {
        "year": y.year, "months": list(y.months), "intensity": y.intensity_now, "intensity_last_year": y.intensity_base,
        "reduction": None if y.faults else y.reduction, "coverage": y.coverage,
        "not_reported": [{"month": m.month, "reason": {"zh": m.reason_zh, "en": m.reason_en}} for m in y.not_reported],
        "faults": [{"month": m.month, "reason": {"zh": m.reason_zh, "en": m.reason_en}} for m in y.faults],
    }  # fmt: skip
