"""Facts for the rules, from the registry, accounts, activity figures, newest readings and the plan. Pure: all of it is handed in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alerting.facts import BenchmarkFacts, BenchmarkLimit, PaceFacts, PointSilence, SilentFacts
from tricolor.analysis.intensity import activity_kind, compare_years, complete_months, money_by_month, output_by_month
from tricolor.analysis.monthly import monthly_energy
from tricolor.catalogue.plans import ENERGY_INTENSITY, Plan
from tricolor.domain.accounts import DayAccount, MonthEnergy
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import Excluded, ExclusionEntry, Purpose, excluded_by_month, excluded_of
from tricolor.domain.intervals import from_us
from tricolor.domain.meters import Measure

REPORTING_LAG_MONTHS = 3  # until the end of March the year before may still be the newest that anything is reported of
LimitOf = Callable[[str], BenchmarkLimit | None]


@dataclass(frozen=True, slots=True)
class Material:
    """What facts about energy are made of at one moment. energy: entity -> month -> energy; excluded: entity -> month -> what is left out of its own
    intensity; now [µs]."""

    registry: Registry
    plan: Plan
    energy: Mapping[str, Mapping[str, MonthEnergy]]
    figures: Sequence[Activity]
    now: int
    excluded: Mapping[str, Mapping[str, Excluded]] = field(default_factory=dict)

    def left_out(self, entity: str) -> Mapping[str, Excluded]:
        """Month -> what is left out of the intensity of the entity and all inside it."""
        return excluded_of((m.id for m in self.registry.members(entity)), self.excluded)


def first_day(plan: Plan, now: int) -> str:
    """First day of the accounts that judging needs: of the plan's base year, or of the year before last's end where the plan begins later."""
    return f"{min(plan.base_year, from_us(now).year - 2)}-01-01"


def judged_entities(registry: Registry, plan: Plan) -> list[str]:
    """Entities whose monthly energy is needed: those with a target, and the makers of a product."""
    with_target = {t.entity for t in plan.targets if t.entity in registry.entities}
    makers = {e.id for e in registry.entities.values() if e.kind is EntityKind.ENTERPRISE and e.product}
    return sorted(with_target | makers)


def material(
    registry: Registry, plan: Plan, accounts: Sequence[DayAccount], figures: Sequence[Activity], now: int, exclusions: Sequence[ExclusionEntry] = ()
) -> Material:
    energy = monthly_energy(registry, accounts, judged_entities(registry, plan), now)
    return Material(registry, plan, energy, figures, now, excluded_by_month(exclusions, plan.exclusion_rules, Purpose.INTENSITY))


def pace_facts(of: Material) -> Iterator[PaceFacts]:
    """One for each energy-intensity target whose entity is registered, once the plan has begun."""
    plan, year_now = of.plan, from_us(of.now).year
    if year_now < plan.first_year:
        return
    coverage_min = plan.rules.pace.coverage_min
    targets = [t for t in plan.targets if t.indicator == ENERGY_INTENSITY and t.entity in of.registry.entities]
    money = {kind: money_by_month(of.registry, of.figures, kind) for kind in (ActivityKind.GDP, ActivityKind.VALUE_ADDED)}
    for target in targets:
        activity = money[activity_kind(of.registry.entities[target.entity].kind)].get(target.entity, {})
        energy, out = of.energy[target.entity], of.left_out(target.entity)
        year = min(year_now, plan.last_year)
        current = compare_years(energy, activity, year, coverage_min, of.now, out)
        if not current.months and year == year_now and year > plan.first_year and _is_lagging(of.now):
            year -= 1
            current = compare_years(energy, activity, year, coverage_min, of.now, out)
        finished = tuple(compare_years(energy, activity, y, coverage_min, of.now, out) for y in range(plan.first_year, year))
        yield PaceFacts(
            entity=target.entity, indicator=str(target.level), reduction_target=target.reduction, first_year=plan.first_year,
            last_year=plan.last_year, finished=finished, current=current, document=f"{target.source} {target.place}".strip(),
            is_illustrative=target.status == "illustrative",
        )  # fmt: skip


def benchmark_facts(of: Material, limit_of: LimitOf) -> Iterator[BenchmarkFacts]:
    """One for each enterprise that makes a product, over the year's months that are over and have an output."""
    for entity in of.registry.entities.values():
        if entity.kind is EntityKind.ENTERPRISE and entity.product:
            yield _benchmark_facts(of, entity, limit_of(entity.product))


def _benchmark_facts(of: Material, entity: Entity, limit: BenchmarkLimit | None) -> BenchmarkFacts:
    outputs = output_by_month(of.figures, entity.id, entity.product)
    year = from_us(of.now).year
    months = [m for m in complete_months(year, of.now) if m in outputs]
    if not months and _is_lagging(of.now):
        year -= 1
        months = [m for m in complete_months(year, of.now) if m in outputs]
    units = {outputs[m].unit for m in months}
    if len(units) > 1:  # a sum of unlike things is none: take the months of the newest unit
        months = [m for m in months if outputs[m].unit == outputs[months[-1]].unit]
    energy = of.energy.get(entity.id, {})
    used = [energy[m] for m in months if m in energy]
    is_known = bool(used) and len(used) == len(months)
    values = [e.tce_calorific for e in used if e.tce_calorific is not None]
    expected = sum(e.expected_s for e in used)
    return BenchmarkFacts(
        entity=entity.id,
        product=entity.product,
        year=year,
        months=tuple(months),
        energy_tce=sum(values) if is_known and len(values) == len(used) else None,
        output=sum(outputs[m].value for m in months),
        output_unit=outputs[months[-1]].unit if months else "",
        coverage=min(1.0, sum(e.covered_s for e in used) / expected) if is_known and expected > 0 else 0.0 if months else None,
        limit=limit,
        unfactored=tuple(sorted({c for e in used if e.tce_calorific is None for c in e.unfactored})),
        factor_ids=tuple(sorted({f for e in used for f in e.factor_ids})),
    )


def silent_facts(registry: Registry, latest: Mapping[int, int], moving: frozenset[int], is_filling: bool, now: int) -> Iterator[SilentFacts]:
    """One for each entity that has points of its own valid now. moving: keys of the points whose newest reading just moved."""
    by_entity: dict[str, list[PointSilence]] = {}
    for p in registry.points.values():
        if p.is_valid_at(now) and p.measure is not Measure.CALCULATED_HEAT and not p.formula:  # nobody sends what is worked out
            silence = PointSilence(
                p.id, p.name_cn, p.name_en, p.plate.interval_s, max(p.valid_from, p.registered_at), latest.get(p.key), p.key in moving
            )
            by_entity.setdefault(p.entity_id, []).append(silence)
    for entity_id, points in by_entity.items():
        yield SilentFacts(entity_id, now, tuple(points), is_filling)


def _is_lagging(now: int) -> bool:
    return from_us(now).month <= REPORTING_LAG_MONTHS
