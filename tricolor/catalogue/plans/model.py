"""What a plan pack says, as values: targets, departments, who answers for what, thresholds of the lights, choices of factors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from tricolor.catalogue.alert_policies import PolicySetting
from tricolor.catalogue.bulletins import Said
from tricolor.catalogue.grid_purposes import PLAN_ACCOUNTS
from tricolor.catalogue.plans.register import Indicator, PlanProject, PlanTask, ReportDuty
from tricolor.catalogue.thresholds import Value, defaults
from tricolor.domain.exclusions import ExclusionRule
from tricolor.domain.factors import FactorKind
from tricolor.domain.grouping import GroupingPolicy
from tricolor.domain.routing import Chain

ENERGY_INTENSITY = "energy_intensity"
CARBON_INTENSITY = "carbon_intensity"


class Level(StrEnum):
    BASIC = "basic"  # 基本目标: must be met
    INCENTIVE = "incentive"  # 激励目标: meeting it frees the total from assessment


@dataclass(frozen=True, slots=True)
class Document:
    """The document a plan rests on."""

    number: str
    title: str
    issuer: str
    date: date | None  # a draft bears none


@dataclass(frozen=True, slots=True)
class Target:
    """What an area has to bring. reduction: fraction of the base year's value, 0.125 for 12.5 %; unit: of the number as the document prints it;
    place: where in the document; carries: the official row an illustrative one repeats, "plan:entity:indicator:level"."""

    entity: str
    name_cn: str
    name_en: str
    indicator: str
    level: Level
    reduction: float
    unit: str
    direction: str  # "down"
    base_year: int
    target_year: int
    source: str
    place: str
    status: str
    carries: str = ""

    @property
    def key(self) -> str:
        return f"{self.entity}:{self.indicator}:{self.level}"


@dataclass(frozen=True, slots=True)
class PlanDepartment:
    """A department the document names, with the first place that names it."""

    id: str
    name_cn: str
    name_en: str
    source: str
    place: str
    status: str


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A department answers for a rule, everywhere (entity "") or in one entity only; in the document's order, the first leads."""

    rule: str
    entity: str
    department: str
    source: str
    place: str
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaceRule:
    """red_gap: share of the required reduction that may be missing before yellow turns red; red_on_rise: whether a rise alone is red;
    coverage_min: under it the light is grey."""

    red_gap: float
    red_on_rise: bool
    coverage_min: float


@dataclass(frozen=True, slots=True)
class BenchmarkRule:
    """coverage_min: share of the metered time under which the light is grey."""

    coverage_min: float


@dataclass(frozen=True, slots=True)
class SilentRule:
    """Seconds without a reading after which the light is yellow, and red."""

    yellow_after_s: int
    red_after_s: int


@dataclass(frozen=True, slots=True)
class HeatLossRule:
    """Shares of the heat fed in that may be lost on the way before the light is yellow, and red; over how many whole days; coverage_min: under it
    the loss is not known and the light is grey; meter_error: share by which more may arrive than was fed in before a meter is called wrong."""

    yellow_rate: float
    red_rate: float
    coverage_min: float
    days: int
    meter_error: float


@dataclass(frozen=True, slots=True)
class SupplyTemperatureRule:
    """Least supply temperature [°C] at the source of hot water and of steam; red_below_k: this much colder is red [K]."""

    water_min_c: float
    steam_min_c: float
    red_below_k: float


@dataclass(frozen=True, slots=True)
class ConcentrationRule:
    """Over the last hours [h]: share of the limit above which the highest hourly mean is yellow; red_hours: this many hours over the limit are red;
    valid_minutes: least known minutes of an hour; coverage_min: share of the hours under which it is never green."""

    hours: int
    yellow_share: float
    red_hours: int
    valid_minutes: int
    coverage_min: float


@dataclass(frozen=True, slots=True)
class MassRule:
    """Over the year to date: share of the year's permitted mass above which it is yellow, likewise of the mass projected to the year's end once
    projected_from_days are over; above the whole it is red. coverage_min: share of the time under which it is never green."""

    yellow_share: float
    projected_share: float
    projected_from_days: int
    coverage_min: float


@dataclass(frozen=True, slots=True)
class PollutantTarget:
    """Tonnes a year that key projects of an area have to bring down by the target year, added up over the plan (重点工程累计减排). factors: codes of
    HJ 212 that are measured for it, the first that is there counts; carries: the official row an illustrative one repeats."""

    entity: str
    pollutant: str
    name_cn: str
    name_en: str
    factors: tuple[str, ...]
    reduction_t: float
    base_year: int
    target_year: int
    source: str
    place: str
    status: str
    carries: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold of a rule with who says so. is_default: it stands in tricolor/catalogue/rules, the pack says nothing else."""

    rule: str
    name: str
    value: Value
    unit: str
    source: str
    status: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    pace: PaceRule
    benchmark: BenchmarkRule
    silent: SilentRule
    thresholds: tuple[Threshold, ...]
    heat_loss: HeatLossRule
    supply_temperature: SupplyTemperatureRule
    concentration: ConcentrationRule
    mass: MassRule


@dataclass(frozen=True, slots=True)
class FactorChoice:
    """A factor the plan sets: a row of the catalogue by id, or a number of its own [unit]; valid on [valid_from, valid_to)."""

    carrier: str
    kind: FactorKind
    factor_id: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    valid_from: date
    valid_to: date | None
    source: str
    status: str
    note: str = ""
    purpose: str = PLAN_ACCOUNTS  # electricity CO2 only


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan pack. Years are inclusive; the base year lies before the first year, often but not always the year before."""

    id: str
    name_cn: str
    name_en: str
    base_year: int
    first_year: int
    last_year: int
    document: Document
    status: str
    targets: tuple[Target, ...]
    departments: tuple[PlanDepartment, ...]
    responsibilities: tuple[Responsibility, ...]
    rules: Rules
    factor_choices: tuple[FactorChoice, ...]
    _target_by_key: Mapping[str, Target] = field(default_factory=dict, repr=False)
    exclusion_rules: tuple[ExclusionRule, ...] = ()
    pollutant_targets: tuple[PollutantTarget, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    projects: tuple[PlanProject, ...] = ()
    tasks: tuple[PlanTask, ...] = ()
    report_duties: tuple[ReportDuty, ...] = ()
    bulletin_form: Mapping[str, Said] = field(default_factory=dict, repr=False)  # what the pack says of its bulletins
    alert_policies: tuple[PolicySetting, ...] = ()  # what the pack says of its alerts itself
    alert_chain: Chain | None = None  # None: Tricolor's
    alert_grouping: GroupingPolicy | None = None  # None: Tricolor's
    alert_tables: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the pack's alerting.toml as it stands
    beside: tuple["Plan", ...] = ()  # further plans, shown and judged by the rule indicator

    @property
    def years(self) -> int:
        """How many years the targets span, counted from the base year; 5 for a five-year plan."""
        return self.last_year - self.base_year

    @property
    def areas(self) -> frozenset[str]:
        """Ids of every area that the plan asks something of."""
        return frozenset((*(t.entity for t in self.targets), *(i.entity for i in self.indicators), *(e for p in self.projects for e in p.entities)))

    def plan_year(self, year: int) -> int | None:
        """n of a calendar year, counted from the base year as reductions are, or None when the plan does not judge it."""
        return year - self.base_year if self.first_year <= year <= self.last_year else None

    def target(self, entity: str, level: Level, indicator: str = ENERGY_INTENSITY) -> Target | None:
        return self._target_by_key.get(f"{entity}:{indicator}:{level}")

    def thresholds_of(self, rule: str) -> Mapping[str, Value]:
        """Threshold by name of a rule: the plan's own, else the default; empty for a rule that has none."""
        return {row.name: row.settled(row.value) for row in defaults(rule).values()} | {
            t.name: t.value for t in self.rules.thresholds if t.rule == rule
        }

    def departments_for(self, rule: str, *places: str) -> tuple[PlanDepartment, ...]:
        """Departments that answer for a rule, the leading one first; places: the entity judged and the region and park it lies in."""
        ids = dict.fromkeys(r.department for r in self.responsibilities if r.rule == rule and (not r.entity or r.entity in places))
        named = {department.id: department for department in self.departments}
        return tuple(named[identity] for identity in ids)
