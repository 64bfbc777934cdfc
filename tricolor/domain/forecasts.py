"""Forecasts and nowcasts as values: months to come with their band, the year's end, the chance of each light."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """One month. mean, and the 80 % band low..high, in the forecast's unit."""

    month: str  # YYYY-MM; YYYY-MM..YYYY-MM for months that are only known together
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a quantity of an entity until the year's end, from what is known up to last_month.

    quantity: "energy" [tce, equal value], "co2" [t], "gdp", "value_added" [1e4CNY, constant prices of price_year], "intensity" [tce/1e4CNY],
    "carbon_intensity" [tCO2/1e4CNY]; method: the one
    chosen by backtest; months: those not known yet; year_known: sum of the known months; year_mean, year_low, year_high: of the whole year (80 %
    band); scores: method -> mean absolute error of the backtest as a share of seasonal naive's (below 1 is better); lights: light -> probability
    (0..1) for the year's end, plan_lights: for the plan period; needed: what each remaining month must bring (share of reduction against the same
    month of last year) for the target to be met, None where no target or no month is left; reduction, required: since the plan began, expected by
    the year's end and asked for by then (shares); year_limit: the intensity of the year that just meets it; why_not_zh, why_not_en: the reason when
    there is none.
    """

    entity: str
    quantity: str
    year: int
    unit: str
    made_at: int
    last_month: str
    method: str = ""
    months: tuple[MonthForecast, ...] = ()
    year_known: float | None = None
    year_mean: float | None = None
    year_low: float | None = None
    year_high: float | None = None
    price_year: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    lights: Mapping[str, float] = field(default_factory=dict)
    plan_lights: Mapping[str, float] = field(default_factory=dict)
    needed: float | None = None
    indicator: str = ""  # of the target that lights and needed speak of: "basic", "incentive", "carbon:basic", "carbon:incentive"
    reduction: float | None = None
    required: float | None = None
    year_limit: float | None = None
    why_not_zh: str = ""
    why_not_en: str = ""

    @property
    def is_known(self) -> bool:
        return not self.why_not_zh


def needed_words(needed: float | None) -> tuple[str, str]:
    """What each month left must bring, in Chinese and English; empty where no month is left. needed: share against last year."""
    if needed is None:
        return "", ""
    share = f"{abs(needed):.2%}"
    if needed >= 1:
        return "剩余月份无论如何已不能达到", "it cannot be met any more, whatever the months left bring"
    if needed > 0:
        return f"剩余每月强度须同比下降{share}", f"each month left must bring the intensity down by {share} against last year"
    return f"剩余每月强度同比上升不超过{share}即可", f"each month left may rise by up to {share} against last year"
