"""The lines of a bulletin about areas and units: lights then and before, energy and what moved it. Pure, over moments."""

import math
from collections.abc import Iterable, Mapping, Sequence

from alerting.bulletin_sources import Moment, Told
from alerting.rules import budget, pace, total
from tricolor.catalogue.benchmarks import benchmark
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.activities import ActivityKind
from tricolor.domain.bulletins import Cause, Mover, UnitLine
from tricolor.domain.entities import AREAS, Entity, Registry
from tricolor.domain.lights import SEVERITY, overall
from tricolor.domain.periods import Period
from tricolor.ports_judging import MonthAccount

MAX_CAUSES = 3
LEAST_SHARE_OF_MOVE = 0.1  # of the move, that a carrier must explain to be named
LEVEL = "basic"


def units_of(registry: Registry, area: Entity) -> list[Entity]:
    """The area, the areas inside it, then its units; each in the order of the board."""
    found = sorted(registry.members(area.id), key=lambda e: (e.kind not in AREAS, e.id != area.id, e.order, e.id))
    return list(found)


def unit_lines(area: Entity, then: Moment, before: Moment | None, period: Period) -> tuple[UnitLine, ...]:
    """One for each; before: None where nothing can be said of the end of the period before."""
    return tuple(_line(entity, then, before, period) for entity in units_of(then.registry, area))


def _line(entity: Entity, then: Moment, before: Moment | None, period: Period) -> UnitLine:
    told = then.told.get(entity.id, ())
    worst = _worst(told)
    light = overall(t.verdict for t in told)
    light_before = None if before is None or not before.told.get(entity.id) else overall(t.verdict for t in before.told[entity.id])
    by_matter = {(t.verdict.rule, t.verdict.indicator): t.verdict for t in told}
    pace_of, total_of, budget_of = by_matter.get((pace.RULE, LEVEL)), by_matter.get((total.RULE, "")), by_matter.get((budget.RULE, ""))
    energy, year = then.material.energy.get(entity.id, {}), period.year
    to_date = [f"{year}-{n:02d}" for n in range(1, period.last_month + 1)]
    return UnitLine(
        entity.id, entity.name_cn, entity.kind.value, _place(then.registry, entity), light, light_before,
        "" if worst is None else worst.verdict.rule, "" if worst is None else worst.verdict.indicator,
        "没有判定" if worst is None else worst.verdict.reason_zh, "" if worst is None else worst.basis,
        judged_period="" if worst is None else worst.verdict.period,
        reduction=None if pace_of is None or pace_of.value is None else pace_of.value / 100,
        required=None if pace_of is None or pace_of.limit is None else pace_of.limit / 100,
        tce=net_tce(then, entity.id, period.months), before_tce=net_tce(then, entity.id, period.year_before().months),
        year_tce=net_tce(then, entity.id, to_date), year_before_tce=net_tce(then, entity.id, [_last_year(m) for m in to_date]),
        growth=None if total_of is None or total_of.value is None else total_of.value / 100,
        growth_allowed=None if total_of is None or total_of.limit is None else total_of.limit / 100,
        budget_used=None if budget_of is None or budget_of.value is None else budget_of.value / 100,
        budget_due=None if budget_of is None or budget_of.limit is None else budget_of.limit / 100,
        coverage=coverage_of(energy, period.months),
    )  # fmt: skip


def _worst(told: Sequence[Told]) -> Told | None:
    """The verdict that makes the unit's light; of equal ones pace first, then by name, so that the same facts name the same one."""
    counting = [t for t in told if t.verdict.counts]
    order = {pace.RULE: 0, total.RULE: 1, budget.RULE: 2}
    return min(counting, key=lambda t: (-SEVERITY[t.verdict.light], order.get(t.verdict.rule, 9), t.verdict.rule, t.verdict.indicator), default=None)


def _place(registry: Registry, entity: Entity) -> str:
    held = registry.entities.get(entity.park_id) or registry.entities.get(entity.region_id)
    return "" if held is None else held.name_cn


def _last_year(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def net_tce(then: Moment, entity: str, months: Sequence[str]) -> float | None:
    """Equal value, bought minus sold, minus what dual control leaves out of the total [tce]; None where a month is not known whole."""
    energy, out = then.material.energy.get(entity, {}), then.material.left_out_of_total(entity)
    values = [_known(energy.get(month)) for month in months]
    if not values or any(value is None for value in values):
        return None
    return math.fsum(v for v in values if v is not None) - math.fsum(out[m].tce_equivalent for m in months if m in out)


def _known(month: MonthEnergy | None) -> float | None:
    return None if month is None or not month.is_complete else month.tce_equivalent


def coverage_of(energy: Mapping[str, MonthEnergy], months: Sequence[str]) -> float | None:
    """Share of the metered time of the months; None where no time was due."""
    held = [energy[m] for m in months if m in energy]
    expected = math.fsum(m.expected_s for m in held)
    return min(1.0, math.fsum(m.covered_s for m in held) / expected) if expected > 0 else None


def movers(
    then: Moment, lines: Iterable[UnitLine], period: Period, accounts: Sequence[MonthAccount], limit: int
) -> tuple[tuple[Mover, ...], tuple[Mover, ...]]:  # fmt: skip
    """The units that use most more, and most less, than in the same months of the year before."""
    moved = [u for u in lines if u.kind not in AREAS and u.tce is not None and u.before_tce is not None and u.tce != u.before_tce]
    by_move = sorted(moved, key=lambda u: (_delta(u), u.id))
    rows: dict[str, list[MonthAccount]] = {}
    for row in accounts:
        rows.setdefault(row.entity, []).append(row)

    def made(unit: UnitLine) -> Mover:
        assert unit.tce is not None and unit.before_tce is not None
        return Mover(unit.id, unit.name, unit.tce, unit.before_tce, _causes(then, unit, period, rows.get(unit.id, ())))

    risers = tuple(made(u) for u in reversed(by_move) if _delta(u) > 0)[:limit]
    return risers, tuple(made(u) for u in by_move if _delta(u) < 0)[:limit]


def _delta(unit: UnitLine) -> float:
    return (unit.tce or 0.0) - (unit.before_tce or 0.0)


def _causes(then: Moment, unit: UnitLine, period: Period, rows: Sequence[MonthAccount]) -> tuple[Cause, ...]:
    """Carriers that make up a good part of the move, what was made, and what was left out."""
    months, earlier = period.months, period.year_before().months
    found = sorted(_carriers(rows, months, earlier), key=lambda c: -abs(c.tce or 0.0))
    least = LEAST_SHARE_OF_MOVE * abs(_delta(unit))
    named = [c for c in found if abs(c.tce or 0.0) >= least][:MAX_CAUSES]
    return (*named, *_products(then, unit.id, months, earlier), *_exclusions(then, unit.id, months, earlier))


def _carriers(rows: Sequence[MonthAccount], months: Sequence[str], earlier: Sequence[str]) -> Iterable[Cause]:
    known = carriers()
    for carrier in sorted({r.carrier for r in rows}):
        sums = {which: [0.0, 0.0] for which in ("now", "before")}
        unit = ""
        for row in rows:
            sign = {"purchased": 1.0, "sold": -1.0}.get(str(row.role))
            which = "now" if row.month in months else "before" if row.month in earlier else ""
            if row.carrier != carrier or sign is None or not which:
                continue
            sums[which][0] += sign * row.amount
            sums[which][1] += sign * (row.tce_equivalent + (row.tce_instead if carrier != "electricity" else 0.0))
            unit = row.unit
        moved = sums["now"][1] - sums["before"][1]
        if moved:
            name = known[carrier].name_cn if carrier in known else carrier
            yield Cause("carrier", name, unit, sums["now"][0], sums["before"][0], moved)


def _products(then: Moment, entity: str, months: Sequence[str], earlier: Sequence[str]) -> Iterable[Cause]:
    figures = [f for f in then.material.figures.get(entity, ()) if f.kind is ActivityKind.OUTPUT]
    for product, unit in sorted({(f.product, f.unit) for f in figures}):
        mine = {f.month: f.value for f in figures if (f.product, f.unit) == (product, unit)}
        now, before = ([mine[m] for m in span if m in mine] for span in (months, earlier))
        if len(now) == len(months) and len(before) == len(earlier):
            yield Cause("product", _product(product), unit, math.fsum(now), math.fsum(before))


def _product(product: str) -> str:
    known = benchmark(product) if product else None
    return f"{known.name_cn}产量" if known is not None else "产量"


def _exclusions(then: Moment, entity: str, months: Sequence[str], earlier: Sequence[str]) -> Iterable[Cause]:
    out = then.material.left_out_of_total(entity)
    now, before = (math.fsum(out[m].tce_equivalent for m in span if m in out) for span in (months, earlier))
    if now != before:
        yield Cause("exclusion", "扣减", "tce", now, before, before - now)
