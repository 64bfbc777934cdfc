"""instant: the newest reading of a watched point against its limit, seconds after it came. The hour's mean is judged by rules of their own."""

from dataclasses import dataclass

from alerting.rules.words import unknown
from tricolor.domain.lights import Light, Verdict

RULE = "instant"
NAME_ZH, NAME_EN = "实时越限", "Instant limit"
UNIT_SIGNS = {"degC": "°C", "mg/m3": "mg/m³"}
TOLERANCE = 1e-9  # relative; a reading of exactly the limit is within it


@dataclass(frozen=True, slots=True)
class InstantThresholds:
    fresh_s: float  # an older reading says nothing about now


@dataclass(frozen=True, slots=True)
class Limit:
    """What a point may read now, in its unit. is_least: it may not fall under; red: the value from which it is red, None: never more than yellow;
    source: where the limit stands."""

    value: float
    is_least: bool
    red: float | None
    what_zh: str
    what_en: str
    source: str


@dataclass(frozen=True, slots=True)
class InstantFacts:
    """The newest reading of one point. value: None when none is fresh; at [µs] and at_text: its time; is_resting: nothing flows."""

    entity: str
    point: str
    unit: str
    limit: Limit
    value: float | None
    at: int
    at_text: str
    is_resting: bool = False


def judge(facts: InstantFacts, thresholds: InstantThresholds) -> Verdict | None:
    """Green within the limit, yellow beyond it, red beyond its red value; grey without a fresh reading; None while nothing flows."""
    if facts.is_resting:
        return None
    limit = facts.limit
    evidence: dict[str, object] = {"point": facts.point, "at": facts.at, "source": limit.source, "red_from": limit.red}
    if facts.value is None:
        minutes = f"{thresholds.fresh_s / 60:g}"
        why = (f"{limit.what_zh}最近{minutes}分钟没有数据", f"no reading of {limit.what_en} in the last {minutes} min")
        return unknown(facts.entity, RULE, facts.point, "now", facts.unit, why, limit.value, None, evidence)
    light = _light(facts.value, limit)
    zh, en = _words(facts.value, facts, light)
    return Verdict(facts.entity, RULE, facts.point, "now", light, round(facts.value, 6), limit.value, facts.unit, zh, en, None, evidence)


def _light(value: float, limit: Limit) -> Light:
    if not _is_beyond(value, limit.value, limit.is_least):
        return Light.GREEN
    return Light.RED if limit.red is not None and _is_beyond(value, limit.red, limit.is_least) else Light.YELLOW


def _is_beyond(value: float, limit: float, is_least: bool) -> bool:
    slack = TOLERANCE * abs(limit)
    return value < limit - slack if is_least else value > limit + slack


def _words(value: float, facts: InstantFacts, light: Light) -> tuple[str, str]:
    limit, unit = facts.limit, UNIT_SIGNS.get(facts.unit, facts.unit)
    if light is Light.GREEN:
        side_zh, side_en = ("不低于", "not under") if limit.is_least else ("未超过", "within")
    else:
        side_zh, side_en = ("低于", "under") if limit.is_least else ("超过", "above")
    zh = f"{limit.what_zh}{value:.4g} {unit}（{facts.at_text}），{side_zh}{limit.value:g} {unit}"
    return zh, f"{limit.what_en} is {value:.4g} {unit} ({facts.at_text}), {side_en} {limit.value:g} {unit}"
