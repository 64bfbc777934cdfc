"""What the API and the wallboard say of emissions: outlets, their hours, masses by step, the year against permits, annex 2 of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.deps import Dependencies
from tricolor.analysis.emission_sums import HOURLY, HourMean, MassCell, hour_means, mass_cells
from tricolor.analysis.emissions import Outlet, outlets_of
from tricolor.catalogue.plans.model import PollutantTarget
from tricolor.catalogue.pollutants import emitted
from tricolor.domain.emissions import Permit, PollutantDay, in_force, year_budget
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import Interval, Step, from_us, local_day, local_midnight, year
from tricolor.domain.units import conversion


@dataclass(frozen=True, slots=True)
class OutletHours:
    """An outlet's factor with its hours; means are in unit, the permit's, else the factor's own."""

    outlet: Outlet
    unit: str
    permit: Permit | None
    hours: Sequence[HourMean]

    def shown(self, mean_mg_m3: float | None) -> float | None:
        """A mean in the unit shown."""
        return None if mean_mg_m3 is None else mean_mg_m3 * conversion("mg/m3", self.unit)


@dataclass(frozen=True, slots=True)
class YearMass:
    """A factor over the year's days that are over [t]. budget_t: what the permits of those inside allow in the year, None: none has one; limited: of
    how many of the units with outlets it is the sum."""

    factor: str
    year: int
    mass_t: float | None
    coverage: float
    estimated_t: float
    budget_t: float | None
    documents: tuple[str, ...]
    units: int
    limited: int


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """A target of the plan beside what was measured [t]: base_t in the base year, last_t in the last year that is over; None where coverage is under
    the plan's floor. The target counts what key projects bring, which is not the same as the fall of measured mass."""

    target: PollutantTarget
    factor: str
    base_t: float | None
    base_coverage: float
    last_year: int
    last_t: float | None
    last_coverage: float


def outlets_inside(registry: Registry, members: Sequence[str], factor: str = "") -> list[Outlet]:
    """Outlets of the members, of one factor where one is given."""
    return [o for o in outlets_of(registry, members, emitted()) if factor in ("", o.factor)]


def permits_of(deps: Dependencies, entities: Sequence[str]) -> Mapping[str, Sequence[Permit]]:
    """Permits in force by unit."""
    found: dict[str, list[Permit]] = {}
    for entry in deps.permits.entries(sorted(set(entities))) if deps.permits is not None else ():
        if entry.revoked_at is None:
            found.setdefault(entry.permit.entity, []).append(entry.permit)
    return found


def rows_of(deps: Dependencies, outlets: Sequence[Outlet], span: Interval, step: Step) -> list[PollutantDay]:
    if deps.emissions is None or not outlets or not span.length_us:
        return []
    read = deps.emissions.hours if step in HOURLY else deps.emissions.days if step is Step.DAY else deps.emissions.months
    return read(sorted({o.entity for o in outlets}), str(local_day(span.start)), str(local_day(span.end - 1)))


def mass_series(deps: Dependencies, outlets: Sequence[Outlet], span: Interval, step: Step, now: int) -> list[MassCell]:
    """Masses by factor and step; span in whole days, or whole hours for hours."""
    return mass_cells(rows_of(deps, outlets, span, step), outlets, span, step, now)


def outlet_hours(deps: Dependencies, outlets: Sequence[Outlet], span: Interval, now: int) -> list[OutletHours]:
    """Hours of each outlet's factor against its permit."""
    rows, permits = rows_of(deps, outlets, span, Step.HOUR), permits_of(deps, [o.entity for o in outlets])
    valid = deps.plan.rules.concentration.valid_minutes
    found = []
    for outlet in outlets:
        mine = permits.get(outlet.entity, ())
        permit = in_force(mine, outlet.outlet, outlet.factor, local_day(max(span.start, span.end - 1)))
        unit = permit.unit if permit is not None else ("mg/m3" if outlet.factor.startswith("a") else "mg/L")
        found.append(OutletHours(outlet, unit, permit, hour_means(rows, outlet, mine, span, valid, now)))
    return found


def year_masses(deps: Dependencies, outlets: Sequence[Outlet], members: Sequence[str], now: int) -> list[YearMass]:
    """The year to date, of factors with outlets or a permitted mass. An area's budget is the sum of its members'."""
    number = from_us(now).year
    span = Interval(year(number).start, local_midnight(local_day(now)))
    cells = {c.factor: c for c in mass_series(deps, outlets, span, Step.TOTAL, span.end)} if span.length_us else {}
    permits = permits_of(deps, members)
    limited = {p.factor for mine in permits.values() for p in mine if p.mass_t is not None}
    found = []
    for factor in sorted(cells.keys() | limited | {o.factor for o in outlets}):
        budgets = [b for mine in permits.values() if (b := year_budget(mine, factor, number)) is not None]
        documents = tuple(dict.fromkeys(p.document for _, used in budgets for p in used))
        units, cell = {o.entity for o in outlets if o.factor == factor}, cells.get(factor)
        mass = None if cell is None or cell.mass_kg is None else cell.mass_kg / 1000.0
        found.append(
            YearMass(
                factor,
                number,
                mass,
                0.0 if cell is None else cell.coverage,
                0.0 if cell is None else cell.estimated_kg / 1000.0,
                sum(b[0] for b in budgets) if budgets else None,
                documents,
                len(units),
                len(budgets),
            )
        )
    return found


def target_progress(deps: Dependencies, registry: Registry, entity: str, now: int) -> list[TargetProgress]:
    """The plan's pollutant targets of this area, beside the measured mass of the base year and of the last whole year."""
    targets = [t for t in deps.plan.pollutant_targets if t.entity == entity]
    if not targets:
        return []
    inside = outlets_inside(registry, [m.id for m in registry.members(entity)])
    last, floor = from_us(now).year - 1, deps.plan.rules.mass.coverage_min
    base = _of_year(deps, inside, targets[0].base_year, now)
    newest = _of_year(deps, inside, last, now) if last != targets[0].base_year else base
    found = []
    for target in targets:
        factor = next((f for f in target.factors if any(o.factor == f for o in inside)), target.factors[0])
        (base_t, base_coverage), (last_t, last_coverage) = base.get(factor, (None, 0.0)), newest.get(factor, (None, 0.0))
        found.append(
            TargetProgress(
                target,
                factor,
                base_t if base_coverage >= floor - 1e-9 else None,
                base_coverage,
                last,
                last_t if last_coverage >= floor - 1e-9 else None,
                last_coverage,
            )
        )
    return found


def _of_year(deps: Dependencies, outlets: Sequence[Outlet], number: int, now: int) -> dict[str, tuple[float | None, float]]:
    span = year(number)
    begun = date(number, 1, 1) <= local_day(now)
    cells = mass_series(deps, outlets, span, Step.TOTAL, now) if begun and outlets else []
    return {c.factor: (None if c.mass_kg is None else c.mass_kg / 1000.0, c.coverage) for c in cells}
