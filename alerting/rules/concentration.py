"""concentration: hourly means of an outlet against the limit of its permit. What is missing is never green; what is over stays over."""

from dataclasses import dataclass

from alerting.facts import ConcentrationFacts
from alerting.rules.words import floored, percent, unknown
from tricolor.domain.lights import Light, Verdict

RULE = "concentration"
NAME_ZH, NAME_EN = "排放浓度", "Emission concentration"
NAMED = 3  # hours named in the sentence


@dataclass(frozen=True, slots=True)
class ConcentrationThresholds:
    yellow_share: float  # of the limit
    red_hours: int
    coverage_min: float


def judge(facts: ConcentrationFacts, thresholds: ConcentrationThresholds) -> Verdict | None:
    """Red from red_hours hours over the limit; yellow with fewer, or with a mean above yellow_share of it; green else; grey where too few hours are
    valid and none is over. None while nothing was due. value, limit: the highest hourly mean and the permit's [its unit]."""
    if not facts.expected:
        return None
    indicator, period = f"{facts.outlet}:{facts.factor}", f"{facts.first}..{facts.last}"
    evidence: dict[str, object] = {
        "document": facts.document, "hours_over": list(facts.over[-50:]), "hours_expected": facts.expected, "hours_valid": facts.valid,
        "peak_at": facts.peak_at, "flags": list(facts.flags), "yellow_share": thresholds.yellow_share, "red_hours": thresholds.red_hours,
    }  # fmt: skip
    light, (at_zh, at_en) = _light(facts, thresholds), _outlet(facts)
    if light is Light.GREY or facts.peak is None:
        floor = percent(thresholds.coverage_min, 0)
        why = (
            f"{at_zh}{facts.factor_zh}近{facts.expected}小时中有效{facts.valid}小时（{floored(facts.coverage)}），低于{floor}",
            f"{facts.valid} of {facts.expected} hours of {facts.factor_en} at {at_en} are valid ({floored(facts.coverage)}), under {floor}",
        )
        return unknown(facts.entity, RULE, indicator, period, facts.unit, why, facts.limit, facts.coverage, evidence)
    zh, en = _words(facts, light)
    return Verdict(facts.entity, RULE, indicator, period, light, round(facts.peak, 6), facts.limit, facts.unit, zh, en, facts.coverage, evidence)


def _light(facts: ConcentrationFacts, thresholds: ConcentrationThresholds) -> Light:
    if len(facts.over) >= thresholds.red_hours:
        return Light.RED
    if facts.over or (facts.peak is not None and facts.peak > facts.limit * thresholds.yellow_share * (1 + 1e-9)):
        return Light.YELLOW
    return Light.GREEN if facts.coverage >= thresholds.coverage_min - 1e-9 else Light.GREY


def _outlet(facts: ConcentrationFacts) -> tuple[str, str]:
    """What the outlet is called; its MN where the registry has no name for it."""
    zh, en = facts.name
    return f"{zh or facts.outlet} ", en or zh or facts.outlet


def _words(facts: ConcentrationFacts, light: Light) -> tuple[str, str]:
    peak, limit = f"{facts.peak:.4g}", f"{facts.limit:g} {facts.unit}"
    at_zh, at_en = _outlet(facts)
    if facts.over:
        named = facts.over[-NAMED:]
        more_zh, more_en = ("等", " and before") if len(facts.over) > NAMED else ("", "")
        return (
            f"{at_zh}{facts.factor_zh}近{facts.expected}小时有{len(facts.over)}小时均值超过许可限值{limit}，"
            f"最高{peak}（{'、'.join(named)}{more_zh}）",
            f"{facts.factor_en} at {at_en}: {len(facts.over)} of {facts.expected} hourly means above the permit's {limit}, "
            f"highest {peak} ({', '.join(named)}{more_en})",
        )
    side_zh, side_en = ("接近", "close to") if light is Light.YELLOW else ("未超过", "within")
    return (
        f"{at_zh}{facts.factor_zh}近{facts.expected}小时最高小时均值{peak}，{side_zh}许可限值{limit}",
        f"{facts.factor_en} at {at_en}: highest hourly mean of {facts.expected} h is {peak}, {side_en} the permit's {limit}",
    )
