"""Energy and carbon intensity of an entity by month, and the year to date against the same months of the year before."""

import csv
import io
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from api.deps import Deps
from api.indicators import Asked, Found, indicators_of
from api.problems import bad_parameter, documented
from api.schemas import Shape
from api.security import ReaderView
from api.times import SPAN_HELP, instant
from tricolor.analysis.indicators import MONEY, Indicator, Of, Per
from tricolor.analysis.intensity import Missing
from tricolor.domain.intervals import month_text

router = APIRouter(tags=["强度 intensity"], responses=documented(401, 403, 404, 422, 503))
MAX_MONTHS = 120
Form = Annotated[Literal["json", "csv"] | None, Query(alias="format", description="instead of the header Accept")]


class MissingMonth(Shape):
    month: str
    reason: dict[str, str]


class IntensityCell(Shape):
    """null: not known. intensity: of the net; gross: before exclusions; change: share against last year's month."""

    month: str
    gross: float | None = Field(description="energy [tce] or CO2 [t] before exclusions")
    excluded: float
    net: float | None
    energy_tce_equivalent: float | None
    energy_tce_calorific: float | None
    activity: float | None = Field(description="in `activity_unit`; of floor area and people the figure that holds in the month")
    activity_cny_10k: float | None
    price_year: int | None
    intensity: float | None
    intensity_gross: float | None
    intensity_last_year: float | None
    change: float | None
    coverage: float | None
    complete: bool
    factors: list[str]
    not_known: dict[str, str] | None


class YearCell(Shape):
    """The year's reported months against the same months a year before, at constant prices."""

    year: int
    months: list[str]
    gross: float | None
    excluded: float
    net: float | None
    activity: float | None
    intensity: float | None
    intensity_gross: float | None
    intensity_last_year: float | None
    reduction: float | None
    coverage: float | None
    not_known: dict[str, str] | None
    not_reported: list[MissingMonth]
    faults: list[MissingMonth]


class IntensityAnswer(Shape):
    entity: str
    per: Per
    of: Of
    unit: str
    energy_basis: str
    activity: str
    activity_unit: str
    product: str
    months: list[IntensityCell]
    year_to_date: YearCell | None


@router.get(
    "/v1/entities/{entity_id}/intensity",
    summary="Energy or CO2 over GDP, value added (constant prices), output, floor area or people, by month; JSON, CSV",
    response_model=IntensityAnswer,
    responses={200: {"content": {"text/csv": {}}}},
)
def intensity(
    request: Request,
    entity_id: str,
    view: ReaderView,
    deps: Deps,
    start: Annotated[str | None, Query(alias="from", description=f"first month; {SPAN_HELP}; default January of `to`")] = None,
    end: Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")] = None,
    per: Annotated[Per | None, Query(description="default: GDP of a city and a region, value added of a park and an enterprise")] = None,
    of: Annotated[Of, Query()] = Of.ENERGY,
    product: Annotated[str, Query(max_length=64, description="of `per=output`; default the entity's product")] = "",
    form: Form = None,
) -> IntensityAnswer | Response:
    """A month that is not over, lacks a day, a factor or its activity figure has no intensity: null, never a small number. Where prices of several
    years are mixed there is none either. Dual control's exclusions are taken off energy per GDP and value added; CO2 has none."""
    entity = view.entity(entity_id)
    months = months_asked(start, end, deps.clock())
    found = indicators_of(deps, view.registry, entity, Asked(per, of, product, months))
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        return _csv(entity_id, found)
    return IntensityAnswer(
        entity=entity_id, per=found.per, of=found.of, unit=found.unit, energy_basis=found.basis, activity=found.kind.value,
        activity_unit=found.activity_unit, product=found.product, months=[_month(found, row) for row in found.months], year_to_date=_year(found),
    )  # fmt: skip


def months_asked(start: str | None, end: str | None, now: int, years_back: int = 0) -> list[str]:
    """YYYY-MM from the first to the last month that the span touches; without a start from January, `years_back` years earlier."""
    last = month_text((instant(end, "to") if end else now) - 1)
    first = month_text(instant(start, "from")) if start else f"{int(last[:4]) - years_back}-01"
    a, b = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    if a > b:
        raise bad_parameter("from", f"起始月 {first} 晚于最后一月 {last}", f"it begins in {first}, after the last month {last}")
    if b - a >= MAX_MONTHS:
        raise bad_parameter("from", f"最多 {MAX_MONTHS} 个月", f"at most {MAX_MONTHS} months are answered at a time")
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(a, b + 1)]


def _month(found: Found, row: Indicator) -> IntensityCell:
    month = row.months[0]
    energy = found.energy.get(month)
    return IntensityCell(
        month=month, gross=row.gross, excluded=row.excluded, net=row.net,
        energy_tce_equivalent=energy.tce_equivalent if energy else None, energy_tce_calorific=energy.tce_calorific if energy else None,
        activity=row.divisor, activity_cny_10k=row.divisor if found.per in MONEY else None, price_year=row.price_year, intensity=row.value,
        intensity_gross=row.gross_value, intensity_last_year=row.last_year, change=row.change, coverage=row.coverage,
        complete=energy is not None and energy.is_complete, factors=list(energy.factor_ids) if energy else [], not_known=_reason(row.why_not),
    )  # fmt: skip


def _year(found: Found) -> YearCell | None:
    row = found.year_to_date
    if not row.months:
        return None
    faults = [row.why_not] if row.why_not is not None else []
    return YearCell(
        year=found.year, months=list(row.months), gross=row.gross, excluded=row.excluded, net=row.net, activity=row.divisor, intensity=row.value,
        intensity_gross=row.gross_value, intensity_last_year=row.last_year, reduction=None if row.change is None else -row.change,
        coverage=row.coverage, not_known=_reason(row.why_not), not_reported=_missing(found.not_reported), faults=_missing(faults),
    )  # fmt: skip


def _missing(months: list[Missing] | tuple[Missing, ...]) -> list[MissingMonth]:
    return [MissingMonth(month=m.month, reason={"zh": m.reason_zh, "en": m.reason_en}) for m in months]


def _reason(missing: Missing | None) -> dict[str, str] | None:
    return None if missing is None else {"zh": missing.reason_zh, "en": missing.reason_en}


def _csv(entity_id: str, found: Found) -> Response:
    """One row a month; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["entity", "month", "of", "per", "gross", "excluded", "net", "activity", "activity_unit", "intensity", "intensity_gross", "unit",
         "intensity_last_year", "change", "coverage", "not_known"]
    )  # fmt: skip
    for row in found.months:
        writer.writerow(
            [entity_id, row.months[0], found.of, found.per, row.gross, row.excluded, row.net, row.divisor, found.activity_unit, row.value,
             row.gross_value, found.unit, row.last_year, row.change, row.coverage, row.why_not.reason_en if row.why_not else ""]
        )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="intensity-{entity_id}-{found.of}-{found.per}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
