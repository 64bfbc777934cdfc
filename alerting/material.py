"""What rules make their facts of: everything known at one moment, by entity. And the contract of a rule file.

A rule is one file in `alerting/rules` and one table of thresholds in `tricolor/catalogue/rules/<rule>.toml`. The file has

    RULE = "budget"                                   # its name, also that of the toml
    NAME_ZH, NAME_EN = "用能预算", "Energy budget"
    INPUTS = frozenset({Input.ENERGY, Input.BUDGETS, Input.MONTH})
    @dataclass(frozen=True, slots=True) class Thresholds    # fields: the thresholds of the toml
    @dataclass(frozen=True, slots=True) class BudgetFacts   # plain values, comparable: the same facts are not judged again
    def facts_of(of: Material, entity: Entity) -> Iterable[BudgetFacts]   # nothing for an entity that the rule does not concern
    def judge(facts: BudgetFacts, thresholds: Thresholds) -> Verdict | None

and is found by its name. Both functions are pure; `facts_of` is called again for an entity when one of INPUTS changed for it or for anything inside
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tricolor.analysis.indicators import MonthCo2
from tricolor.catalogue.plans import Plan
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.activities import Activity
from tricolor.domain.entities import Registry
from tricolor.domain.exclusions import Excluded, excluded_of
from tricolor.domain.forecasts import Forecast
from tricolor.domain.meters import Role
from tricolor.domain.projects import CpAudit, Project
from tricolor.domain.quality import Check, PointDay
from tricolor.domain.submissions import Budget, Statistic


class Input(StrEnum):
    """What a rule's facts are made of. A change of the registry or of the plan concerns every rule."""

    ENERGY = "energy"  # energy, co2, flows
    FIGURES = "figures"
    EXCLUSIONS = "exclusions"
    STATISTICS = "statistics"
    BUDGETS = "budgets"
    PROJECTS = "projects"
    AUDITS = "audits"
    QUALITY = "quality"
    FORECASTS = "forecasts"
    DAY = "day"  # the calendar day in Asia/Shanghai
    MONTH = "month"  # the calendar month


@dataclass(frozen=True, slots=True)
class DataQuality:
    """Rows of an entity's own points over the last whole days, and comparisons between its meters. first_day..last_day: YYYY-MM-DD, both included."""

    first_day: str
    last_day: str
    days: tuple[PointDay, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything by entity id; an entity without entries is not in a mapping. now [µs].

    energy, co2: entity -> month -> of the entity and all inside it, bought minus sold; flows: entity -> (carrier, role) -> month -> amount in the
    carrier's unit, of the entity's own points; excluded: entity -> month -> what is left out of its own intensity (`left_out` for wholes).
    """

    registry: Registry
    plan: Plan
    now: int
    energy: Mapping[str, Mapping[str, MonthEnergy]] = field(default_factory=dict)
    co2: Mapping[str, Mapping[str, MonthCo2]] = field(default_factory=dict)
    flows: Mapping[str, Mapping[tuple[str, Role], Mapping[str, float]]] = field(default_factory=dict)
    figures: Mapping[str, Sequence[Activity]] = field(default_factory=dict)
    excluded: Mapping[str, Mapping[str, Excluded]] = field(default_factory=dict)
    statistics: Mapping[str, Sequence[Statistic]] = field(default_factory=dict)
    budgets: Mapping[str, Sequence[Budget]] = field(default_factory=dict)
    projects: Mapping[str, Sequence[Project]] = field(default_factory=dict)
    audits: Mapping[str, Sequence[CpAudit]] = field(default_factory=dict)
    quality: Mapping[str, DataQuality] = field(default_factory=dict)
    forecasts: Mapping[str, Sequence[Forecast]] = field(default_factory=dict)

    def left_out(self, entity: str) -> Mapping[str, Excluded]:
        """Month -> what is left out of the intensity of the entity and all inside it."""
        return excluded_of((m.id for m in self.registry.members(entity)), self.excluded)
