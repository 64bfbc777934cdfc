"""forecast: how will the year end? The light of the pace rule at the year's end, with its probability (DESIGN §7).

Shown and bulletined; it binds, and so opens alerts, only where the plan's switch `opens_alerts` says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from alerting.material import Input, Material
from alerting.rules.words import percent, unknown
from tricolor.domain.entities import Entity
from tricolor.domain.forecasts import Forecast, needed_words
from tricolor.domain.lights import FORECAST_BINDS, LIGHT_CN, Light, Verdict

RULE = "forecast"
NAME_ZH, NAME_EN = "年底预测", "Year-end forecast"
INPUTS = frozenset({Input.FORECASTS})
INTENSITIES = ("intensity", "carbon_intensity")
LEVELS = {
    "basic": ("基本目标", "basic target"), "incentive": ("激励目标", "incentive target"),
    "carbon:basic": ("碳排放强度基本目标", "basic carbon target"), "carbon:incentive": ("碳排放强度激励目标", "incentive carbon target"),
}  # fmt: skip
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """red_, green_probability: from which on the year is expected to end so; months_min: known months of the year needed; opens_alerts: whether it
    binds."""

    red_probability: float
    green_probability: float
    months_min: int
    opens_alerts: bool


@dataclass(frozen=True, slots=True)
class ForecastFacts:
    """The forecast against one target. known_months: of the year; made_at is left out, so that the same forecast is not judged again."""

    entity: str
    indicator: str
    year: int
    known_months: int
    last_month: str
    method: str
    unit: str
    lights: tuple[tuple[str, float], ...]
    plan_lights: tuple[tuple[str, float], ...]
    reduction: float | None
    required: float | None
    needed: float | None
    year_low: float | None
    year_mean: float | None
    year_high: float | None
    year_limit: float | None
    why_not: tuple[str, str] = field(default=("", ""))


def facts_of(of: Material, entity: Entity) -> Iterable[ForecastFacts]:
    """One for each forecast of an intensity against a target."""
    return [_facts(f) for f in of.forecasts.get(entity.id, ()) if f.quantity in INTENSITIES and f.indicator]


def _facts(f: Forecast) -> ForecastFacts:
    known = int(f.last_month[5:7]) if f.last_month[:4] == str(f.year) else 12 if f.last_month > str(f.year) else 0
    return ForecastFacts(
        f.entity, f.indicator, f.year, known, f.last_month, f.method, f.unit, tuple(f.lights.items()), tuple(f.plan_lights.items()), f.reduction,
        f.required, f.needed, f.year_low, f.year_mean, f.year_high, f.year_limit, (f.why_not_zh, f.why_not_en),
    )  # fmt: skip


def judge(facts: ForecastFacts, thresholds: Thresholds) -> Verdict:
    """value: the reduction since the plan began that is expected by the year's end [%], limit: the one required by then [%].

    Red from red_probability on (orange counts with red), else green from green_probability on, else yellow; grey where there is no forecast or fewer
    than months_min months of the year are known.
    """
    evidence = _evidence(facts, thresholds)
    if facts.why_not[0]:
        return unknown(facts.entity, RULE, facts.indicator, str(facts.year), "%", facts.why_not, evidence=evidence)
    if facts.known_months < thresholds.months_min:
        why = (
            f"{facts.year}年已知{facts.known_months}个月，至少需要{thresholds.months_min}个月",
            (f"{facts.known_months} month(s) of {facts.year} are known, {thresholds.months_min} are needed"),
        )
        return unknown(facts.entity, RULE, facts.indicator, str(facts.year), "%", why, evidence=evidence)
    chances = dict(facts.lights)
    light = light_of(chances, thresholds)
    zh, en = _reason(facts, chances)
    value = None if facts.reduction is None else facts.reduction * 100
    limit = None if facts.required is None else facts.required * 100
    return Verdict(facts.entity, RULE, facts.indicator, str(facts.year), light, value, limit, "%", zh, en, None, evidence)


def light_of(chances: dict[str, float], thresholds: Thresholds) -> Light:
    """A probability of exactly the threshold counts. Red comes first where both hold."""
    red = chances.get(Light.RED, 0.0) + chances.get(Light.ORANGE, 0.0)
    if red >= thresholds.red_probability - TOLERANCE:
        return Light.RED
    return Light.GREEN if chances.get(Light.GREEN, 0.0) >= thresholds.green_probability - TOLERANCE else Light.YELLOW


def _reason(facts: ForecastFacts, chances: dict[str, float]) -> tuple[str, str]:
    level_zh, level_en = LEVELS.get(facts.indicator, (facts.indicator, facts.indicator))
    said = [(Light(name), share) for name, share in chances.items() if share > 0]
    shares_zh = "、".join(f"{LIGHT_CN[light]}{percent(share, 0)}" for light, share in said)
    shares_en = ", ".join(f"{light} {percent(share, 0)}" for light, share in said)
    zh, en = f"按截至{facts.last_month}的数据预测，{facts.year}年底{level_zh}：{shares_zh}", f"Forecast from data up to {facts.last_month}"
    en += f", {level_en} at the end of {facts.year}: {shares_en}"
    if facts.reduction is not None and facts.required is not None:
        zh += f"；预计累计{'下降' if facts.reduction >= 0 else '上升'}{percent(abs(facts.reduction))}，要求{percent(facts.required)}"
        en += f"; expected {'reduction' if facts.reduction >= 0 else 'rise'} {percent(abs(facts.reduction))}, required {percent(facts.required)}"
    need_zh, need_en = needed_words(facts.needed)
    return zh + (f"；{need_zh}" if need_zh else ""), en + (f"; {need_en}" if need_en else "")


def _evidence(facts: ForecastFacts, thresholds: Thresholds) -> dict[str, object]:
    return {
        "last_month": facts.last_month, "method": facts.method, "lights": dict(facts.lights), "plan_lights": dict(facts.plan_lights),
        "needed": facts.needed, "year_mean": facts.year_mean, "year_low": facts.year_low, "year_high": facts.year_high,
        "year_limit": facts.year_limit, "intensity_unit": facts.unit, "reduction_expected": facts.reduction, "reduction_required": facts.required,
        FORECAST_BINDS: thresholds.opens_alerts and not facts.indicator.endswith("incentive"),
    }  # fmt: skip
