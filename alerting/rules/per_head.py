"""per_head: energy of a public institution per person (人均综合能耗), last twelve whole months against limit and last year."""

from collections.abc import Iterator

from alerting.material import Input, Material
from alerting.rules.per_parts import PerFacts, Thresholds, judge_per, per_facts
from tricolor.analysis.indicators import Per
from tricolor.domain.entities import Entity
from tricolor.domain.lights import Verdict

RULE = "per_head"
NAME_ZH, NAME_EN = "人均综合能耗", "Energy per head"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.MONTH})
__all__ = ["INPUTS", "NAME_EN", "NAME_ZH", "RULE", "Thresholds", "facts_of", "judge"]


def facts_of(of: Material, entity: Entity) -> Iterator[PerFacts]:
    """Of a public building whose number of people was ever stated."""
    return per_facts(of, entity, Per.HEAD, float(of.thresholds_of(RULE)["coverage_min"]))


def judge(facts: PerFacts, thresholds: Thresholds) -> Verdict:
    return judge_per(RULE, (NAME_ZH, NAME_EN), facts, thresholds)
