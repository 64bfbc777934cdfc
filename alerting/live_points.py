"""Which points are watched as they read now, and against which limit: supply temperatures of heat networks, and concentrations under a permit."""

from collections.abc import Iterator
from dataclasses import dataclass

from alerting.gather_emissions import Limited
from alerting.rules.instant import Limit
from tricolor.analysis.heat_sections import layout
from tricolor.catalogue.plans.model import SupplyTemperatureRule
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.emissions import in_force
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.intervals import local_day
from tricolor.domain.meters import Measure, Medium, Point, PointKind
from tricolor.domain.units import conversion

REAL_TIME = (("", "zsrtd"), ("", "rtd"))  # as measured last, at reference oxygen where the station says so


@dataclass(frozen=True, slots=True)
class Watched:
    """A point and its limit. flow: the point that says whether anything flows there, None: not measured."""

    point: Point
    limit: Limit
    flow: Point | None = None


def supply_points(registry: Registry, rule: SupplyTemperatureRule, now: int) -> Iterator[Watched]:
    """Supply temperatures [°C] at the sources of every network."""
    for network in (e.id for e in registry.entities.values() if e.kind is EntityKind.NETWORK):
        meters = {p.meter_id for p in layout(registry, network).sources}
        mine = [p for p in registry.points_of(network) if p.meter_id in meters and p.is_valid_at(now) and p.plate.kind is PointKind.GAUGE]
        flows = {p.meter_id: p for p in mine if p.measure is Measure.FLOW}
        for p in mine:
            if p.measure is Measure.SUPPLY_TEMPERATURE and p.unit == "degC":
                is_steam = registry.meters[p.meter_id].medium is Medium.STEAM
                least = rule.steam_min_c if is_steam else rule.water_min_c
                what_zh, what_en = ("供汽温度", "steam") if is_steam else ("供水温度", "water")
                meter = registry.meters[p.meter_id]
                zh, en = f"{meter.name_cn}{what_zh}", f"{what_en} of {meter.name_en}"
                yield Watched(p, Limit(least, True, least - rule.red_below_k, zh, en, "supply_temperature"), flows.get(p.meter_id))


def permit_points(of: Limited, now: int) -> Iterator[Watched]:
    """Real-time concentrations of outlets under a permit. A moment above it is a warning: the permit limits the hour's mean."""
    today = local_day(now)
    for outlet in of.outlets:
        permit = in_force(of.permits[outlet.entity], outlet.outlet, outlet.factor, today)
        point = next((outlet.points[tag] for tag in REAL_TIME if tag in outlet.points), None)
        if permit is None or permit.limit is None or point is None or not point.is_valid_at(now):
            continue
        factor, (zh, en) = all_pollutants()[outlet.factor], of.names.get(outlet.outlet, (outlet.outlet, outlet.outlet))
        limit = permit.limit * conversion(permit.unit, point.unit)
        yield Watched(point, Limit(limit, False, None, f"{zh} {factor.name_cn}实时浓度", f"{factor.name_en} at {en or zh} now", permit.document))
