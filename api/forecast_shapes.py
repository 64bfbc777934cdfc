"""How forecasts and their backtest go out."""

from pydantic import Field

from api.schemas import Shape
from tricolor.analysis.forecast_report import BacktestReport
from tricolor.domain.forecasts import Forecast
from tricolor.domain.intervals import iso


class MonthShape(Shape):
    month: str = Field(description="YYYY-MM; YYYY-MM..YYYY-MM for months that are only known together")
    mean: float
    low: float = Field(description="of the 80 % band")
    high: float


class ForecastShape(Shape):
    """null: not known. lights, plan_lights: probability of each light at the year's and at the plan's end."""

    entity: str
    quantity: str
    indicator: str
    year: int
    unit: str
    price_year: int | None
    made_at: str
    last_month: str
    method: str
    months: list[MonthShape]
    year_known: float | None
    year_mean: float | None
    year_low: float | None
    year_high: float | None
    year_limit: float | None = Field(description="intensity of the year that just meets the requirement")
    reduction: float | None
    required: float | None
    needed: float | None = Field(description="share each month left must lie below last year's; below 0: may rise; 1 or more: cannot be met")
    lights: dict[str, float]
    plan_lights: dict[str, float]
    scores: dict[str, float] = Field(description="method -> error in the backtest against seasonal naive's")
    not_known: dict[str, str] | None


class ForecastsAnswer(Shape):
    forecasts: list[ForecastShape]


class MethodShape(Shape):
    method: str
    mae: float = Field(description="mean absolute error 1 to `horizons` months ahead, in `unit`")
    ratio: float | None = Field(description="of seasonal naive's on the same months; null where that one was exact")
    coverage: float | None = Field(description="share of months that the 80 % band made at the time held")
    origins: int


class BacktestAnswer(Shape):
    entity: str
    quantity: str
    unit: str
    first_month: str
    last_month: str
    horizons: int
    chosen: str
    methods: list[MethodShape]
    not_known: dict[str, str] | None


def forecast_shape(f: Forecast) -> ForecastShape:
    return ForecastShape(
        entity=f.entity, quantity=f.quantity, indicator=f.indicator, year=f.year, unit=f.unit, price_year=f.price_year, made_at=iso(f.made_at),
        last_month=f.last_month, method=f.method, months=[MonthShape(month=m.month, mean=m.mean, low=m.low, high=m.high) for m in f.months],
        year_known=f.year_known, year_mean=f.year_mean, year_low=f.year_low, year_high=f.year_high, year_limit=f.year_limit, reduction=f.reduction,
        required=f.required, needed=f.needed, lights=dict(f.lights), plan_lights=dict(f.plan_lights), scores=dict(f.scores),
        not_known=None if f.is_known else {"zh": f.why_not_zh, "en": f.why_not_en},
    )  # fmt: skip


def backtest_shape(b: BacktestReport) -> BacktestAnswer:
    return BacktestAnswer(
        entity=b.entity, quantity=b.quantity, unit=b.unit, first_month=b.first_month, last_month=b.last_month, horizons=b.horizons, chosen=b.chosen,
        methods=[
            MethodShape(method=m.method, mae=m.mae, ratio=m.ratio if m.ratio < 1e300 else None, coverage=m.coverage, origins=m.origins)
            for m in b.methods
        ],
        not_known={"zh": b.why_not_zh, "en": b.why_not_en} if b.why_not_zh else None,
    )  # fmt: skip
