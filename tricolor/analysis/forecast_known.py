"""What forecasts are made of, from the books: finished months of the entities that are forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tricolor.analysis.forecast_entity import CARBON, Known, TargetAim
from tricolor.analysis.forecast_series import MAX_YEARS
from tricolor.analysis.intensity import MonthActivity, activity_kind, money_by_month
from tricolor.analysis.month_sums import Insides, MonthSums
from tricolor.domain.accounts import TOTAL_SIGN
from tricolor.domain.activities import ActivityKind
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.exclusions import ExclusionRule, Purpose, excluded_by_month, excluded_of, months_between
from tricolor.domain.intervals import month_text
from tricolor.ports import ActivityBook
from tricolor.ports_accounts import ExclusionBook
from tricolor.ports_judging import MonthAccounts

MAX_MONTHS = 12 * MAX_YEARS
KINDS = (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK, EntityKind.ENTERPRISE, EntityKind.NETWORK)
ELECTRICITY = "electricity"
LEVELS = {"energy_intensity": "", "carbon_intensity": CARBON}  # a target's indicator -> what stands before its level


class PlanTarget(Protocol):
    @property
    def entity(self) -> str: ...
    @property
    def indicator(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def reduction(self) -> float: ...


class PlanYears(Protocol):
    """Of a plan pack what forecasting needs."""

    @property
    def base_year(self) -> int: ...
    @property
    def last_year(self) -> int: ...
    @property
    def targets(self) -> Sequence[PlanTarget]: ...
    @property
    def exclusion_rules(self) -> Sequence[ExclusionRule]: ...
    def thresholds_of(self, rule: str) -> Mapping[str, float | int | bool | str]: ...


@dataclass(frozen=True, slots=True)
class Books:
    """What is read."""

    months: MonthAccounts
    activities: ActivityBook
    exclusions: ExclusionBook

    def basis(self) -> tuple[object, ...]:
        """Another one once anything changed."""
        return self.months.changes(2**62)[0], self.activities.version(), self.exclusions.version()


class KnownMonths:
    """Finished months at `now` [µs], read once for all entities, or for one and all inside it (only)."""

    def __init__(self, registry: Registry, books: Books, plan: PlanYears, festivals: Mapping[int, date], now: int, only: str = "") -> None:
        self._registry, self._plan, self._festivals = registry, plan, festivals
        self._running = month_text(now)
        self._insides = Insides(registry)
        last = f"{int(self._running[:4]) - MAX_YEARS}{self._running[4:]}"
        self._sums = MonthSums(registry, self._insides, months_between(last, self._running), now)
        members = self._insides.members(only) if only else list(registry.entities)
        self._sums.put(members, books.months.months(members if only else None, last, self._running))
        figures = books.activities.current(sorted(registry.entities))
        self._money = {kind: money_by_month(registry, figures, kind) for kind in (ActivityKind.GDP, ActivityKind.VALUE_ADDED)}
        self._excluded = excluded_by_month(books.exclusions.entries(), plan.exclusion_rules, Purpose.INTENSITY)

    def wanted(self) -> list[str]:
        """Entities that are forecast: areas first, then whoever has accounts."""
        targets = {t.entity for t in self._plan.targets}
        kinds = {e.id: KINDS.index(e.kind) for e in self._registry.entities.values() if e.kind in KINDS}
        return sorted((e for e in kinds if self._sums.energy.get(e) or e in targets), key=lambda e: (kinds[e], e))

    def of(self, entity: str) -> Known:
        kind = activity_kind(self._registry.entities[entity].kind)
        energy = {m: e for m, e in self._sums.energy.get(entity, {}).items() if m < self._running}
        targets = tuple(
            TargetAim(f"{LEVELS[t.indicator]}{t.level}", t.reduction) for t in self._plan.targets if t.entity == entity and t.indicator in LEVELS
        )
        activity: Mapping[str, MonthActivity] = self._money[kind].get(entity, {})
        return Known(
            entity, energy, {m: c for m, c in self._sums.co2.get(entity, {}).items() if m < self._running},
            excluded_of(self._insides.members(entity), self._excluded), activity, str(kind), self._electricity(entity), targets,
            self._plan.base_year + 1,  # reductions are against the base year, also of a plan that begins later: as the rule pace counts
            self._plan.last_year, float(self._plan.thresholds_of("pace")["coverage_min"]), self._festivals,
        )  # fmt: skip

    def _electricity(self, entity: str) -> dict[str, float]:
        """Bought minus sold by month [kWh]."""
        found: dict[str, float] = {}
        for member in self._insides.members(entity):
            for (carrier, role), months in self._sums.flows.get(member, {}).items():
                if carrier == ELECTRICITY and role in TOTAL_SIGN:
                    for month, amount in months.items():
                        found[month] = found.get(month, 0.0) + TOTAL_SIGN[role] * amount
        return {m: v for m, v in found.items() if m < self._running}
