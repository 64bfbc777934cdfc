"""Facts of the heat networks: their balance over the last whole days, and what left the source in the last hours."""

from collections.abc import Iterator
from datetime import timedelta

from alerting.facts import HeatLossFacts, SupplyTemperatureFacts
from tricolor.analysis.heat_balance import WHOLE, BalanceRow, heat_balance
from tricolor.analysis.heat_sections import TRUNK, layout
from tricolor.catalogue.plans.model import HeatLossRule
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import HOUR_US, Interval, Step, from_us, local_day, local_midnight
from tricolor.domain.meters import Measure, Medium
from tricolor.ports import EnergyStore, ReadingStore

HOURS = 3  # an older supply temperature says nothing about now
RESTING_GJ = 0.01
NO_FACTORS = FactorBook(())


def networks(registry: Registry) -> list[str]:
    """Heat networks that have a source and a user."""
    found = (e.id for e in registry.entities.values() if e.kind is EntityKind.NETWORK)
    return [i for i in found if (plan := layout(registry, i)).sources and plan.users]


def heat_loss_facts(registry: Registry, energy: EnergyStore, readings: ReadingStore, rule: HeatLossRule, now: int) -> Iterator[HeatLossFacts]:
    """One for each network and one for each of its branches that has a meter at its head, over the last whole days that the rule judges."""
    last = local_day(now) - timedelta(days=1)
    first = last - timedelta(days=rule.days - 1)
    span = Interval(local_midnight(first), local_midnight(local_day(now)))
    for network in networks(registry):
        headed = {s.id for s in layout(registry, network).sections} - {TRUNK}
        for row in heat_balance(registry, network, span, Step.TOTAL, energy, readings, NO_FACTORS, rule.coverage_min):
            if row.branch == WHOLE or row.branch in headed:
                branch = "" if row.branch == WHOLE else row.branch
                yield HeatLossFacts(
                    network, branch, first.isoformat(), last.isoformat(), rule.days, row.fed_in_gj, row.delivered_gj, row.stored_gj, row.loss_gj,
                    row.loss_rate, row.coverage, row.known_share, row.missing,
                )  # fmt: skip


def supply_facts(registry: Registry, energy: EnergyStore, readings: ReadingStore, coverage_min: float, now: int) -> Iterator[SupplyTemperatureFacts]:
    """One for each network whose source measures its supply temperature."""
    end = now - now % HOUR_US
    for network in networks(registry):
        meters = {p.meter_id for p in layout(registry, network).sources}
        if not any(p.measure is Measure.SUPPLY_TEMPERATURE for p in registry.points.values() if p.meter_id in meters):
            continue
        rows = heat_balance(registry, network, Interval(end - HOURS * HOUR_US, end), Step.HOUR, energy, readings, NO_FACTORS, coverage_min)
        mine = [r for r in rows if r.branch == WHOLE]
        row = next((r for r in reversed(mine) if r.supply_c is not None), None)
        is_steam = any(registry.meters[m].medium is Medium.STEAM for m in meters)
        yield SupplyTemperatureFacts(
            network, is_steam, _is_resting(mine), None if row is None else row.supply_c, None if row is None else row.return_c,
            "" if row is None else from_us(row.start).strftime("%m-%d %H:%M"),
        )  # fmt: skip


def _is_resting(rows: list[BalanceRow]) -> bool:
    """Nothing was fed in over the hours that are known, and some are."""
    fed = [r.fed_in_gj for r in rows if r.fed_in_gj is not None]
    return bool(fed) and max(fed) < RESTING_GJ
