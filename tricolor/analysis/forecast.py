"""A quantity of an entity from its last known month to the year's end: months, their band, the year's total."""

from dataclasses import dataclass, replace

from tricolor.analysis.forecast_backtest import MAX_ORIGINS, SCORED, Choice, Rolled, band, choose, roll, spread, sum_spread
from tricolor.analysis.forecast_methods import NEEDS_STATSMODELS, Values, has_statsmodels
from tricolor.analysis.forecast_series import NoSeries, Series
from tricolor.domain.forecasts import Forecast, MonthForecast

MAX_AHEAD = 24  # months: further than that nothing is said


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for. made_at [µs]."""

    entity: str
    quantity: str
    unit: str
    year: int
    made_at: int
    price_year: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast and what it was made of, for what is worked out of it."""

    forecast: Forecast
    rolled: Rolled | None = None
    choice: Choice | None = None


def outlook(series: Series | NoSeries, ask: Ask) -> Outlook:
    """The forecast to the end of ask.year; one that is not known says why."""
    if isinstance(series, NoSeries):
        return Outlook(_not_known(ask, series.last_month, series.why_zh, series.why_en))
    grid = series.grid
    end = ask.year * grid.per_year + grid.per_year - 1
    steps = max(0, end - series.last)
    if steps * 12 // grid.per_year > MAX_AHEAD:
        zh = f"最新数据为{series.last_month}，距{ask.year}年底超过{MAX_AHEAD}个月"
        return Outlook(
            _not_known(ask, series.last_month, zh, f"the newest month is {series.last_month}, over {MAX_AHEAD} months before the year's end")
        )
    rolled = roll(series, max(SCORED, steps), MAX_ORIGINS)
    count = len(series.values)
    choice = choose(rolled, count)
    known = float(series.of_year(ask.year).sum())
    base = Forecast(
        ask.entity,
        ask.quantity,
        ask.year,
        ask.unit,
        ask.made_at,
        series.last_month,
        choice.method,
        price_year=ask.price_year,
        scores=dict(choice.scores),
    )
    if steps == 0:
        return Outlook(replace(base, method="known", year_known=known, year_mean=known, year_low=known, year_high=known), rolled, choice)
    width = spread(rolled, choice.method, count, steps)
    if width is None:
        zh = "可用于回测的月份不足，无法给出区间"
        return Outlook(_not_known(ask, series.last_month, zh, "too few months to test the methods on: no band can be given"), rolled, choice)
    return Outlook(_filled(base, rolled, choice, steps, width, known), rolled, choice)


def _filled(base: Forecast, rolled: Rolled, choice: Choice, steps: int, width: Values, known: float) -> Forecast:
    series, count = rolled.series, len(rolled.series.values)
    means = rolled.said[count][choice.method][:steps]
    low, high = band(rolled, means, width)
    slots = range(series.last + 1, series.last + 1 + steps)
    rows = [MonthForecast(series.grid.text(s), float(m), float(a), float(b)) for s, m, a, b in zip(slots, means, low, high, strict=True)]
    this_year = [i for i, s in enumerate(slots) if s // series.grid.per_year == base.year]
    rest = float(means[this_year].sum())
    whole = sum_spread(rolled, choice.method, count, steps)
    if whole is not None and len(this_year) == steps:
        rest_low, rest_high = (float(v) for v in band(rolled, rest, whole))
    else:  # too few errors of such long sums: as if the months erred together
        rest_low, rest_high = float(low[this_year].sum()), float(high[this_year].sum())
    return replace(base, months=tuple(rows), year_known=known, year_mean=known + rest, year_low=known + rest_low, year_high=known + rest_high)


def without_extra() -> tuple[str, str] | None:
    """Why some methods fall out where statsmodels is not installed."""
    if has_statsmodels():
        return None
    names = ", ".join(NEEDS_STATSMODELS)
    return (
        f"未安装 statsmodels，不比较 {names}：pip install 'tricolor[forecast]'",
        f"statsmodels is not installed, so {names} are not compared: pip install 'tricolor[forecast]'",
    )


def _not_known(ask: Ask, last_month: str, why_zh: str, why_en: str) -> Forecast:
    return Forecast(
        ask.entity, ask.quantity, ask.year, ask.unit, ask.made_at, last_month, price_year=ask.price_year, why_not_zh=why_zh, why_not_en=why_en
    )
