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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from tricolor.analysis.indicators import MonthCo2
from tricolor.analysis.month_sums import Insides
from tricolor.catalogue.indicators import indicators_of, plans_of
from tricolor.catalogue.plans import Plan, Target
from tricolor.catalogue.plans.register import Indicator
from tricolor.catalogue.thresholds import Value, rule_names
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.activities import Activity
from tricolor.domain.entities import Registry
from tricolor.domain.exclusions import Excluded, excluded_of
from tricolor.domain.forecasts import Forecast
from tricolor.domain.meters import Point, Role
from tricolor.domain.projects import CpAudit, Project
from tricolor.domain.quality import Check, PointDay
from tricolor.domain.submissions import Budget, Statistic

T = TypeVar("T")


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


class PlanIndex:
    """What the plan and those judged beside it ask of each entity, looked up instead of searched for."""

    def __init__(self, plan: Plan) -> None:
        targets: dict[str, list[Target]] = {}
        for target in plan.targets:
            targets.setdefault(target.entity, []).append(target)
        entities = {i.entity for each in plans_of(plan) for i in each.indicators}
        self.thresholds = {rule: plan.thresholds_of(rule) for rule in rule_names()}
        self.targets = {entity: tuple(rows) for entity, rows in targets.items()}
        self.indicators = {entity: tuple(indicators_of(plan, entity)) for entity in entities}


@dataclass(frozen=True, slots=True)
class Material:
    """Everything by entity id; an entity without entries is not in a mapping. now [µs].

    energy, co2: entity -> month -> of the entity and all inside it, bought minus sold; flows: entity -> (carrier, role) -> month -> amount in the
    carrier's unit, of the entity's own points; excluded: entity -> month -> what is left out of its own intensity (`left_out` for wholes);
    excluded_total: the same of its own total (Purpose.TOTAL; `left_out_of_total` for wholes).
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
    excluded_total: Mapping[str, Mapping[str, Excluded]] = field(default_factory=dict)
    insides: Insides | None = None  # members by whole, made once for all entities
    index: PlanIndex | None = None  # likewise of the plan
    made: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)  # by `once`

    def targets(self, entity: str) -> Sequence[Target]:
        """The plan's targets of the entity."""
        return self.index.targets.get(entity, ()) if self.index is not None else [t for t in self.plan.targets if t.entity == entity]

    def thresholds_of(self, rule: str) -> Mapping[str, Value]:
        """Of the plan, by name."""
        held = self.index.thresholds.get(rule) if self.index is not None else None
        return self.plan.thresholds_of(rule) if held is None else held

    def once(self, name: str, entity: str, make: Callable[[], T]) -> T:
        """What several wholes, or several rules, ask of an entity, made once for this material."""
        key = name, entity
        if key not in self.made:
            self.made[key] = make()
        found: T = self.made[key]
        return found

    def indicators(self, entity: str) -> Sequence[tuple[Plan, Indicator]]:
        """Every indicator of the entity with the plan it stands in."""
        return self.index.indicators.get(entity, ()) if self.index is not None else list(indicators_of(self.plan, entity))

    def members(self, entity: str) -> Sequence[str]:
        """Ids of the entity and of all inside it."""
        return self.insides.members(entity) if self.insides is not None else [m.id for m in self.registry.members(entity)]

    def points(self, entity: str) -> Sequence[Point]:
        """The entity's own points."""
        return self.insides.points(entity) if self.insides is not None else self.registry.points_of(entity)

    def left_out(self, entity: str) -> Mapping[str, Excluded]:
        """Month -> what is left out of the intensity of the entity and all inside it."""
        return excluded_of(self.members(entity), self.excluded) if self.excluded else {}

    def left_out_of_total(self, entity: str) -> Mapping[str, Excluded]:
        """Month -> what is left out of the total (总量) of the entity and all inside it."""
        return excluded_of(self.members(entity), self.excluded_total) if self.excluded_total else {}
