"""The light: red, orange, yellow, green, or grey for not known; and the verdict that carries it.

Orange stands only where a rule is worded in four colours (completion rates of a prefecture-level plan, STANDARDS §1.1).

Stored is the colour, never a level number: NDRC counts 一级 as worst, some cities count 三级 as worst (STANDARDS §1.1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Light(StrEnum):
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    GREY = "grey"


SEVERITY: dict[Light, int] = {Light.GREEN: 0, Light.GREY: 1, Light.YELLOW: 2, Light.ORANGE: 3, Light.RED: 4}
LIGHT_CN: dict[Light, str] = {Light.RED: "红", Light.ORANGE: "橙", Light.YELLOW: "黄", Light.GREEN: "绿", Light.GREY: "灰"}
MOVING_RULES = frozenset({"silent", "supply_temperature", "instant"})
NOT_BINDING = frozenset({"incentive", "carbon:incentive"})  # targets of the rule pace
FORECAST_BINDS = "opens_alerts"  # in the evidence of the rule forecast: the plan's switch


def worst(lights: Iterable[Light]) -> Light:
    """The light of a unit judged by several rules: red, orange, yellow, grey (not known is never green), then green; grey when none."""
    return max(lights, key=lambda light: SEVERITY[light], default=Light.GREY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of an entity for a period. value and limit in `unit`; reason in both languages; evidence: named numbers behind it."""

    entity: str
    rule: str
    indicator: str  # e.g. "basic", "incentive", "carbon:basic", a product, "" when the rule has one
    period: str  # "2026", "2026-01..2026-10", "now"
    light: Light
    value: float | None
    limit: float | None
    unit: str
    reason_zh: str
    reason_en: str
    coverage: float | None
    evidence: Mapping[str, object] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Identity of the matter judged, whatever the period: rule/entity/indicator."""
        return f"{self.rule}/{self.entity}/{self.indicator}"

    @property
    def is_moving(self) -> bool:
        """Whether its value is another one at every look, as time goes by."""
        return self.rule in MOVING_RULES

    @property
    def is_binding(self) -> bool:
        """Whether the verdict opens alerts. The incentive target (激励目标) does not bind: reaching it frees the
        total from assessment, missing it breaks nothing (发改环资〔2021〕1310号). Of projects the whole of an entity binds, not each one
        (docs/decisions/0011). A forecast binds only where the plan says so: it is shown, it pages nobody (DESIGN §7)."""
        if self.rule == "forecast":
            return self.evidence.get(FORECAST_BINDS) is True
        return self.indicator not in NOT_BINDING if self.rule == "pace" else self.rule != "project" or self.indicator == "total"

    @property
    def counts(self) -> bool:
        """Whether the verdict counts in its unit's light. An indicator of the plan has a light of its own: it opens alerts, and a city is not red
        for one of ninety goals, nor grey until all are reported (docs/decisions/0012)."""
        return self.is_binding and self.rule != "indicator"


def overall(verdicts: Iterable[Verdict]) -> Light:
    """The light of a unit: the worst of its verdicts that count, grey when there is none."""
    return worst(v.light for v in verdicts if v.counts)
