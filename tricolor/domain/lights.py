"""The light: red, yellow, green, or grey for not known; and the verdict that carries it.

Stored is the colour, never a level number: NDRC counts 一级 as worst, some cities count 三级 as worst (STANDARDS §1.1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Light(StrEnum):
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    GREY = "grey"


SEVERITY: dict[Light, int] = {Light.GREEN: 0, Light.GREY: 1, Light.YELLOW: 2, Light.RED: 3}
LIGHT_CN: dict[Light, str] = {Light.RED: "红", Light.YELLOW: "黄", Light.GREEN: "绿", Light.GREY: "灰"}


def worst(lights: Iterable[Light]) -> Light:
    """The light of a unit judged by several rules: red, then yellow, then grey (not known is never green), then green; grey when none."""
    return max(lights, key=lambda light: SEVERITY[light], default=Light.GREY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of an entity for a period. value and limit in `unit`; reason in both languages; evidence: named numbers behind it."""

    entity: str
    rule: str
    indicator: str  # e.g. "basic", "incentive", a product, "" when the rule has one
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
    def is_binding(self) -> bool:
        """Whether the verdict counts in its unit's light and opens alerts. The incentive target (激励目标) does not bind: reaching it frees the
        total from assessment, missing it breaks nothing (发改环资〔2021〕1310号)."""
        return not (self.rule == "pace" and self.indicator == "incentive")


def overall(verdicts: Iterable[Verdict]) -> Light:
    """The light of a unit: the worst of its binding verdicts, grey when there is none."""
    return worst(v.light for v in verdicts if v.is_binding)
