"""heat_loss: the share of the heat fed into a network or a branch that does not arrive. A silent user meter is no loss: the light is grey."""

from dataclasses import dataclass

from alerting.facts import HeatLossFacts
from alerting.rules.words import floored, percent, unknown
from tricolor.domain.lights import Light, Verdict

RULE = "heat_loss"
NAME_ZH, NAME_EN = "管网热损失", "Heat loss"
NAMED = 3  # missing meters named in the sentence
TOLERANCE = 1e-9  # a loss of exactly the limit is within it, and cells add up to it with the error of floats


@dataclass(frozen=True, slots=True)
class HeatLossThresholds:
    yellow_rate: float  # 0..1
    red_rate: float
    coverage_min: float
    meter_error: float  # share by which more may arrive than was fed in before a meter is called wrong


def judge(facts: HeatLossFacts, thresholds: HeatLossThresholds) -> Verdict | None:
    """Green up to yellow_rate, yellow up to red_rate, red above; None while nothing is fed in (out of season). value, limit: shares of the heat."""
    period = f"{facts.first_day}..{facts.last_day}"
    evidence = _evidence(facts, thresholds)
    floor = percent(thresholds.coverage_min, 0)
    if facts.coverage < thresholds.coverage_min - 1e-9 or facts.loss_rate is None:
        if not facts.missing and facts.fed_in_gj is not None and facts.fed_in_gj <= 0:
            return None
        names = facts.missing[:NAMED]
        more_zh = f"等{len(facts.missing)}块" if len(facts.missing) > NAMED else ""
        more_en = f" and {len(facts.missing) - NAMED} more" if len(facts.missing) > NAMED else ""
        who_zh = f"；缺 {'、'.join(names)}{more_zh}" if names else ""
        who_en = f"; missing: {', '.join(names)}{more_en}" if names else ""
        why = (
            f"热量表齐全的时间占{floored(facts.coverage)}，低于{floor}（已知{percent(facts.known_share, 1)}）{who_zh}",
            f"all heat meters are known for {floored(facts.coverage)} of the time, under {floor} ({percent(facts.known_share, 1)} known){who_en}",
        )
        return unknown(facts.entity, RULE, facts.branch, period, "1", why, thresholds.yellow_rate, facts.coverage, evidence)
    rate = facts.loss_rate
    yellow, red = thresholds.yellow_rate + TOLERANCE, thresholds.red_rate + TOLERANCE
    light = Light.GREEN if rate <= yellow else Light.YELLOW if rate <= red else Light.RED
    if rate < -thresholds.meter_error:  # more arrives than was fed in: a meter is wrong, whatever the loss is
        why = (
            f"供出比输入多{percent(-rate, 1)}，请核对热量表",
            f"{percent(-rate, 1)} more is delivered than was fed in: check the heat meters",
        )
        return unknown(facts.entity, RULE, facts.branch, period, "1", why, thresholds.yellow_rate, facts.coverage, evidence)
    limit = thresholds.red_rate if light is Light.RED else thresholds.yellow_rate
    where_zh, where_en = (f"支线 {facts.branch} ", f"Branch {facts.branch}") if facts.branch else ("管网", "The network")
    side_zh, side_en = ("在限值", "within") if light is Light.GREEN else ("超过", "above")
    zh = f"{where_zh}近{facts.days}天热损失率{percent(rate, 1)}，{side_zh}{percent(limit, 0)}{'以内' if light is Light.GREEN else ''}"
    en = f"{where_en} lost {percent(rate, 1)} of its heat in {facts.days} days, {side_en} {percent(limit, 0)}"
    return Verdict(facts.entity, RULE, facts.branch, period, light, round(rate, 6), limit, "1", zh, en, facts.coverage, evidence)


def _evidence(facts: HeatLossFacts, thresholds: HeatLossThresholds) -> dict[str, object]:
    return {
        "fed_in_gj": facts.fed_in_gj, "delivered_gj": facts.delivered_gj, "loss_gj": facts.loss_gj, "stored_gj": facts.stored_gj,
        "known_share": facts.known_share, "missing": list(facts.missing[:50]), "yellow_rate": thresholds.yellow_rate, "red_rate": thresholds.red_rate,
    }  # fmt: skip
