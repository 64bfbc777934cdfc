"""supply_temperature: what leaves the source of a heat network is too cold for its users."""

from dataclasses import dataclass

from alerting.facts import SupplyTemperatureFacts
from alerting.rules.words import unknown
from tricolor.domain.lights import Light, Verdict

RULE = "supply_temperature"
NAME_ZH, NAME_EN = "供热温度", "Supply temperature"
TOLERANCE = 1e-9  # [K] a mean of exactly the limit is not below it


@dataclass(frozen=True, slots=True)
class SupplyTemperatureThresholds:
    water_min_c: float
    steam_min_c: float
    red_below_k: float


def judge(facts: SupplyTemperatureFacts, thresholds: SupplyTemperatureThresholds) -> Verdict | None:
    """Green at or above the least temperature [°C], yellow below, red more than red_below_k below; None while nothing is fed in."""
    if facts.is_resting:
        return None
    limit = thresholds.steam_min_c if facts.is_steam else thresholds.water_min_c
    if facts.supply_c is None:
        why = ("最近3小时没有热源供热温度", "no supply temperature of the source in the last 3 hours")
        return unknown(facts.entity, RULE, "", "now", "degC", why, limit)
    short = limit - facts.supply_c
    light = Light.GREEN if short <= TOLERANCE else Light.YELLOW if short <= thresholds.red_below_k + TOLERANCE else Light.RED
    what_zh, what_en = ("供汽", "Steam") if facts.is_steam else ("供水", "Water")
    side_zh, side_en = ("不低于", "not under") if light is Light.GREEN else ("低于", "under")
    zh = f"{facts.at_text}热源{what_zh}温度{facts.supply_c:.1f} °C，{side_zh}{limit:g} °C"
    en = f"{what_en} left the source at {facts.supply_c:.1f} °C ({facts.at_text}), {side_en} {limit:g} °C"
    evidence: dict[str, object] = {"return_c": facts.return_c, "red_below_k": thresholds.red_below_k}
    return Verdict(facts.entity, RULE, "", "now", light, round(facts.supply_c, 2), limit, "degC", zh, en, None, evidence)
