"""The year's intensity from the forecasts of energy (or CO2) and activity: its band, the chance of each light, what the months left must bring."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tricolor.analysis.forecast import Ask
from tricolor.analysis.forecast_lights import (
    Z80,
    Goal,
    Left,
    LightOf,
    chances,
    intensity_spread,
    needed,
    plan_chances,
    spread_of,
)
from tricolor.analysis.intensity import MonthActivity, YearToDate
from tricolor.domain.forecasts import Forecast, MonthForecast


@dataclass(frozen=True, slots=True)
class Aim:
    """One target of an entity. indicator: as the verdict of the rule pace has it; reduction: R, a share; finished: the plan's years before
    this one."""

    indicator: str
    reduction: float
    first_year: int
    last_year: int
    finished: tuple[YearToDate, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """amounts: month -> net energy [tce] or CO2 [t] as far as it is known; activity: likewise [1e4CNY]; total, made: their forecasts."""

    amounts: Mapping[str, float]
    activity: Mapping[str, MonthActivity]
    total: Forecast
    made: Forecast


def intensity_outlook(ask: Ask, parts: Parts, aim: Aim, light_of: LightOf) -> Forecast:
    """The forecast of the intensity against one target; one that is not known says why."""
    base = Forecast(
        ask.entity, ask.quantity, ask.year, ask.unit, ask.made_at, min(parts.total.last_month, parts.made.last_month), indicator=aim.indicator,
        price_year=parts.made.price_year,
    )  # fmt: skip
    why = _why_not(parts, aim, ask.year)
    energy, activity = spread_of(parts.total), spread_of(parts.made)
    last = _of_year(parts, ask.year - 1)
    if why is None and (energy is None or activity is None or last is None):
        why = f"{ask.year - 1}年的强度或本年预测不大于零", f"the intensity of {ask.year - 1}, or this year's forecast, is not above zero"
    if why is not None or energy is None or activity is None or last is None:
        return replace(base, why_not_zh=(why or ("", ""))[0], why_not_en=(why or ("", ""))[1])
    spread, goal = intensity_spread(energy, activity), _goal(aim, ask.year, last)
    kept = math.prod(1 - r for r in goal.before)
    return replace(
        base,
        method=f"{parts.total.method} / {parts.made.method}",
        months=_months(parts, ask.year),
        year_mean=spread.median,
        year_low=spread.median * math.exp(-Z80 * spread.sigma),
        year_high=spread.median * math.exp(Z80 * spread.sigma),
        lights=chances(spread, goal, light_of),
        plan_lights=plan_chances(spread, goal, light_of),
        needed=needed(_left(parts, ask.year), goal),
        reduction=1 - kept * spread.median / last,
        required=goal.required,
        year_limit=(1 - goal.required) / kept * last,
    )


def _why_not(parts: Parts, aim: Aim, year: int) -> tuple[str, str] | None:
    for forecast, zh, en in ((parts.total, "能耗", "energy"), (parts.made, "经济数据", "activity")):
        if not forecast.is_known:
            return f"{zh}不能预测：{forecast.why_not_zh}", f"no forecast of the {en}: {forecast.why_not_en}"
    if not aim.first_year <= year <= aim.last_year:
        return f"规划期不含{year}年", f"the plan does not judge {year}"
    for y in aim.finished:
        if not y.is_whole_year or y.faults or y.reduction is None or y.reduction >= 1:
            return f"规划年{y.year}年的降幅不明", f"the reduction of plan year {y.year} is not known"
    known = [parts.activity[m] for m in sorted(parts.activity) if int(m[:4]) >= year - 1]
    if len({a.price_year for a in known}) > 1 or any(a.price_year is None for a in known):
        return "两年价格基期不同或未注明，不能比较", "the figures state no price year, or several: constant prices are needed"
    return None


def _goal(aim: Aim, year: int, last: float) -> Goal:
    years, n = aim.last_year - aim.first_year + 1, year - aim.first_year + 1
    required = -math.expm1(math.log1p(-aim.reduction) * n / years)  # as the rule pace has it, also where the intensity may rise
    before = tuple(r for y in aim.finished if (r := y.reduction) is not None)
    return Goal(aim.indicator, before, last, required, aim.reduction, aim.last_year - year)


def _of_year(parts: Parts, year: int) -> float | None:
    """Intensity of a finished year: all months of both."""
    made = [a.value_cny_10k for m, a in parts.activity.items() if m[:4] == str(year)]
    used = [v for m, v in parts.amounts.items() if m[:4] == str(year)]
    is_whole = len(used) == 12 and max((m for m in parts.activity if m[:4] == str(year)), default="") == f"{year}-12"
    return sum(used) / sum(made) if is_whole and sum(made) > 0 and sum(used) > 0 else None


def _span(text: str) -> tuple[str, str]:
    """First and last month of a forecast's month."""
    first, _, last = text.partition("..")
    return first, last or first


def _amounts(parts: Parts) -> dict[str, float]:
    """Known and forecast, month by month; energy and CO2 stand by single months."""
    return {m.month: m.mean for m in parts.total.months} | dict(parts.amounts)


def _months(parts: Parts, year: int) -> tuple[MonthForecast, ...]:
    """Intensity of the months whose activity is not known, as far as the energy's stand on the same months."""
    amounts, rows = _amounts(parts), {m.month: m for m in parts.total.months}
    found = []
    for made in parts.made.months:
        first, last = _span(made.month)
        inside = [m for m in amounts if first <= m <= last]
        if last[:4] != str(year) or made.low <= 0 or not inside:
            continue
        total = sum(amounts[m] for m in inside)
        wide = max((math.log(rows[m].high / rows[m].low) for m in inside if m in rows and rows[m].low > 0), default=0.0)
        half = math.hypot(wide, math.log(made.high / made.low)) / 2
        mean = total / made.mean
        found.append(MonthForecast(made.month, mean, mean * math.exp(-half), mean * math.exp(half)))
    return tuple(found)


def _left(parts: Parts, year: int) -> Left:
    """What is over is what the energy is known of; a pair or quarter that is not over counts as left."""
    amounts = _amounts(parts)
    stretches = {m: (m, a.value_cny_10k) for m, a in parts.activity.items()} | {
        _span(m.month)[1]: (_span(m.month)[0], m.mean) for m in parts.made.months
    }
    mine = {end: held for end, held in stretches.items() if end[:4] == str(year)}
    over = {end for end in mine if end <= parts.total.last_month}
    last_over = max(over, default=f"{year}-00")
    rest = sorted(set(mine) - over)
    before = [(f"{year - 1}{end[4:]}", f"{year - 1}{mine[end][0][4:]}") for end in rest]
    made_before = sum(parts.activity[end].value_cny_10k for end, _ in before if end in parts.activity)
    first = min((b for _, b in before), default="9")
    used_before = sum(v for m, v in parts.amounts.items() if m[:4] == str(year - 1) and m >= first)
    return Left(
        energy=sum(v for m, v in amounts.items() if m[:4] == str(year) and m <= last_over),
        activity=sum(mine[end][1] for end in over),
        activity_left=sum(mine[end][1] for end in rest),
        intensity_last_year=used_before / made_before if made_before > 0 else 0.0,
    )
