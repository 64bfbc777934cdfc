"""Facts of emissions: hourly means of outlets with a permit over the last hours, and the year's mass of enterprises with a permitted mass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from alerting.facts import ConcentrationFacts, MassFacts
from tricolor.analysis.emission_sums import hour_means, mass_cells
from tricolor.analysis.emissions import Outlet, outlets_of
from tricolor.catalogue.pollutants import all_pollutants, emitted
from tricolor.domain.emissions import HourFlag, Permit, in_force, year_budget
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, Step, from_us, local_day, local_midnight, year
from tricolor.domain.units import conversion
from tricolor.ports_emissions import EmissionBook, PermitBook


@dataclass(frozen=True, slots=True)
class Limited:
    """The outlets of units that hold a permit in force, those permits by unit, and what outlets are called, by MN."""

    outlets: Sequence[Outlet]
    permits: Mapping[str, Sequence[Permit]]
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def limited(registry: Registry, book: PermitBook) -> Limited:
    """What there is to judge."""
    permits: dict[str, list[Permit]] = {}
    for entry in book.entries(sorted(registry.entities)):
        if entry.revoked_at is None:
            permits.setdefault(entry.permit.entity, []).append(entry.permit)
    outlets = outlets_of(registry, permits, emitted())
    return Limited(outlets, permits, {o.outlet: name for o in outlets if (name := _name(registry, o)) is not None})


def _name(registry: Registry, outlet: Outlet) -> tuple[str, str] | None:
    """What the registry calls the meter whose points the outlet's are; None where that has no name, or several meters share the outlet."""
    names = {(m.name_cn, m.name_en) for p in outlet.points.values() if (m := registry.meters.get(p.meter_id)) is not None and m.name_cn}
    return names.pop() if len(names) == 1 else None


def concentration_facts(of: Limited, emissions: EmissionBook, hours: int, valid_minutes: int, now: int) -> Iterator[ConcentrationFacts]:
    """One for each outlet's factor whose concentration a permit limits today, over the last `hours` whole hours."""
    end = now - now % HOUR_US
    span, today = Interval(end - hours * HOUR_US, end), local_day(now)
    judged = [(o, p) for o in of.outlets if (p := in_force(of.permits[o.entity], o.outlet, o.factor, today)) is not None]
    rows = emissions.hours(sorted({o.entity for o, _ in judged}), str(local_day(span.start)), str(today)) if judged else []
    for outlet, permit in judged:
        means = hour_means(rows, outlet, [permit], span, valid_minutes, now)
        means = [m for m in means if m.limit is not None]
        known = [m for m in means if m.mean is not None]
        peak = max(known, key=lambda m: m.mean or 0.0, default=None)
        per = conversion("mg/m3", permit.unit)
        seen = HourFlag(0)
        for mean in means:
            seen |= mean.flags
        factor = all_pollutants()[outlet.factor]
        yield ConcentrationFacts(
            outlet.entity, outlet.outlet, outlet.factor, factor.name_cn, factor.name_en, permit.limit or 0.0, permit.unit, permit.document,
            _hour(span.start), _hour(span.end), len(means), len(known), None if peak is None or peak.mean is None else peak.mean * per,
            "" if peak is None else _hour(peak.start), tuple(_hour(m.start) for m in means if m.is_over), flag_codes(seen),
            of.names.get(outlet.outlet, ("", "")),
        )  # fmt: skip


def mass_facts(of: Limited, emissions: EmissionBook, now: int) -> Iterator[MassFacts]:
    """One for each enterprise and factor with a permitted mass this year, over the year's days that are over."""
    number = from_us(now).year
    whole, today = year(number), local_midnight(local_day(now))
    if today <= whole.start:  # the first of January: no day is over
        return
    span = Interval(whole.start, today)
    rows = emissions.months(sorted(of.permits), str(date(number, 1, 1)), str(local_day(today - 1)))
    for entity, permits in sorted(of.permits.items()):
        mine = [o for o in of.outlets if o.entity == entity]
        cells = {c.factor: c for c in mass_cells(rows, mine, span, Step.TOTAL, today)}
        for factor in sorted({p.factor for p in permits if p.mass_t is not None}):
            budget, cell = year_budget(permits, factor, number), cells.get(factor)
            if budget is None:
                continue
            mass = None if cell is None or cell.mass_kg is None else cell.mass_kg / 1000.0
            estimated = cell.estimated_kg / cell.mass_kg if cell is not None and cell.mass_kg else 0.0
            known = all_pollutants()[factor]
            yield MassFacts(
                entity, factor, known.name_cn, known.name_en, number, budget[0], tuple(dict.fromkeys(p.document for p in budget[1])), mass,
                0.0 if cell is None else cell.coverage, estimated, span.length_us / DAY_US, round(whole.length_us / DAY_US),
            )  # fmt: skip


def flag_codes(flags: HourFlag) -> tuple[str, ...]:
    """Lower-case codes of the flags set."""
    return tuple(f.name.lower() for f in HourFlag if f and f in flags and f.name)


def _hour(at: int) -> str:
    return from_us(at).strftime("%m-%d %H:%M")
