"""The backtest of one entity's series: every method against seasonal naive, how often its band held, which one is chosen now."""

from dataclasses import dataclass

from tricolor.analysis.forecast_backtest import MAX_ORIGINS, SCORED, MethodScore, choose, report, roll
from tricolor.analysis.forecast_entity import CO2, ENERGY, Known, activity_series, co2_series, energy_series
from tricolor.analysis.forecast_series import NoSeries

QUANTITIES = (ENERGY, CO2, "gdp", "value_added")


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """unit: of the errors; first_month, last_month: of the history; origins: at most so many tested months; horizons: months ahead that are scored;
    chosen: method; why_not_zh, why_not_en: the reason when there is no backtest."""

    entity: str
    quantity: str
    unit: str
    first_month: str = ""
    last_month: str = ""
    origins: int = MAX_ORIGINS
    horizons: int = SCORED
    chosen: str = ""
    methods: tuple[MethodScore, ...] = ()
    why_not_zh: str = ""
    why_not_en: str = ""


def backtest_of(known: Known, quantity: str) -> BacktestReport:
    """ValueError for a quantity that the entity has none of."""
    if quantity not in (ENERGY, CO2, known.quantity):
        raise ValueError(f"{quantity!r} is not one of {ENERGY}, {CO2}, {known.quantity}")
    unit = {ENERGY: "tce", CO2: "t"}.get(quantity, "1e4CNY")
    series = energy_series(known) if quantity == ENERGY else co2_series(known) if quantity == CO2 else activity_series(known)
    if isinstance(series, NoSeries):
        return BacktestReport(
            known.entity, quantity, unit, last_month=series.last_month, why_not_zh=series.why_zh, why_not_en=series.why_en
        )  # fmt: skip
    rolled = roll(series, SCORED)
    return BacktestReport(
        known.entity, quantity, unit, series.grid.months(series.first)[0], series.last_month,
        chosen=choose(rolled, len(series.values)).method, methods=tuple(report(rolled)),
    )  # fmt: skip
