"""Intensities of an entity from the ports, for the API and the wallboard alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.deps import Dependencies
from api.exclusion_forms import exclusion_book
from tricolor.analysis.indicators import (
    KIND_OF,
    MONEY,
    Divisor,
    Indicator,
    Of,
    Per,
    by_month,
    co2_amounts,
    divisors,
    energy_amounts,
    money_divisors,
    monthly_co2,
    unit_of,
    year_to_date,
)
from tricolor.analysis.intensity import Missing, a_year_before, activity_kind, days_for, money_by_month
from tricolor.analysis.monthly import monthly_energy
from tricolor.analysis.net import left_out
from tricolor.domain.accounts import DayAccount, MonthEnergy
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import Excluded


@dataclass(frozen=True, slots=True)
class Asked:
    """Which intensity. per None: the one that the entity's kind is judged by; product "": the entity's own; months: YYYY-MM, in order."""

    per: Per | None
    of: Of
    product: str
    months: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sources:
    """What intensities of one entity are made of, read once. energy: by month; excluded: of the intensity, by month."""

    entity: Entity
    registry: Registry
    accounts: Sequence[DayAccount]
    energy: Mapping[str, MonthEnergy]
    figures: Sequence[Activity]
    excluded: Mapping[str, Excluded]


@dataclass(frozen=True, slots=True)
class Found:
    per: Per
    of: Of
    unit: str
    basis: str
    kind: ActivityKind
    activity_unit: str
    product: str
    year: int
    months: list[Indicator]
    year_to_date: Indicator
    not_reported: tuple[Missing, ...]
    energy: Mapping[str, MonthEnergy]


def sources_of(deps: Dependencies, registry: Registry, entity: Entity, months: Sequence[str]) -> Sources:
    """Read for the months and those a year before, and from January of the last month's year."""
    members = [e.id for e in registry.members(entity.id)]
    first_day, last_day = days_for([*months, f"{months[-1][:4]}-01"])
    accounts = deps.settle.accounts(members, first_day, last_day)
    energy = monthly_energy(registry, accounts, [entity.id], deps.clock()).get(entity.id, {})
    return Sources(entity, registry, accounts, energy, figures_of(deps, registry, entity), excluded_from_intensity(deps, registry, entity))


def figures_of(deps: Dependencies, registry: Registry, entity: Entity) -> list[Activity]:
    """The entity's activity figures; a city without a figure of its own is the sum of its regions."""
    is_city = entity.kind is EntityKind.CITY
    asked = [e.id for e in registry.entities.values() if e.id == entity.id or (is_city and e.kind is EntityKind.REGION)]
    return deps.activities.current(asked)


def excluded_from_intensity(deps: Dependencies, registry: Registry, entity: Entity) -> Mapping[str, Excluded]:
    return left_out(registry, entity.id, exclusion_book(deps).entries(), deps.plan.exclusion_rules).of_intensity


def indicators_of(deps: Dependencies, registry: Registry, entity: Entity, asked: Asked) -> Found:
    """The months asked for, and the year to date of the last one's year."""
    return indicators(deps, sources_of(deps, registry, entity, asked.months), asked)


def indicators(deps: Dependencies, of: Sources, asked: Asked) -> Found:
    per = asked.per or Per(activity_kind(of.entity.kind).value)
    year, product = int(asked.months[-1][:4]), asked.product or of.entity.product
    by = _divisors(of, per, product, [*asked.months, *(f"{year}-{n:02d}" for n in range(1, 13))])
    floor, now = deps.plan.rules.pace.coverage_min, deps.clock()
    amounts = (
        energy_amounts(of.energy, per, of.excluded, floor)
        if asked.of is Of.ENERGY
        else co2_amounts(of.energy, monthly_co2(of.registry, of.accounts, of.entity.id), floor)
    )
    whole, lacking = year_to_date(amounts, by, year, per, now)
    activity_unit = next((d.unit for d in by.values()), "" if per is Per.OUTPUT else {Per.AREA: "m2", Per.HEAD: "head"}.get(per, "1e4CNY"))
    basis = "" if asked.of is Of.CO2 else "calorific 当量值" if per is Per.OUTPUT else "equal-value 等价值"
    return Found(
        per, asked.of, unit_of(asked.of, per, activity_unit or "?"), basis, KIND_OF[per], activity_unit, product if per is Per.OUTPUT else "", year,
        by_month(amounts, by, asked.months, per), whole, lacking, of.energy,
    )  # fmt: skip


def _divisors(of: Sources, per: Per, product: str, months: Sequence[str]) -> Mapping[str, Divisor]:
    if per in MONEY:
        return money_divisors(money_by_month(of.registry, of.figures, KIND_OF[per]).get(of.entity.id, {}))
    return divisors(of.figures, of.entity.id, per, product, [*months, *(a_year_before(m) for m in months)])
