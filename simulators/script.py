"""A city folder read into types: the registry file's points and the script behind them. Another city is another folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from tricolor.domain.intervals import parse_us

CITY = Path(__file__).parent / "city"


class EntityRow(msgspec.Struct, frozen=True):
    """A unit of the registry file; only what the devices and the statistics need."""

    id: str
    kind: str
    region: str = ""
    park: str = ""
    product: str = ""


class MeterRow(msgspec.Struct, frozen=True):
    id: str
    entity: str
    gateway: str = ""


class PointRow(msgspec.Struct, frozen=True):
    """A point of the registry file. capacity, resolution: in the meter's own unit, before the multiplier."""

    id: str
    meter: str
    unit: str
    kind: str
    role: str
    carrier: str = ""
    interval_s: int = 900
    multiplier: float = 1.0
    capacity: float | None = None
    resolution: float = 0.01
    measure: str = ""
    valid_from: str = ""

    @property
    def is_calculated(self) -> bool:
        """Nobody sends it: the service works it out from the meter's other points."""
        return self.measure == "calculated_heat"

    @property
    def begins(self) -> int:
        """First instant [µs] at which the point speaks."""
        return parse_us(self.valid_from) if self.valid_from else 0


class RegistryRows(msgspec.Struct, frozen=True):
    entities: list[EntityRow]
    meters: list[MeterRow]
    points: list[PointRow]


class FactorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """kgce per unit, by equal value and by calorific value."""

    unit: str
    equivalent: float
    calorific: float


class AreaRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """intensity_tce: of the first year [tce per 1e4 CNY]; reduction: share by which every later year's intensity falls (negative: rises)."""

    id: str
    intensity_tce: float
    reduction: float
    value_added_share: float


class ProductRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """unit_energy_kgce: per tonne of product in the first year; change: per year, as a share."""

    entity: str
    unit_energy_kgce: float
    change: float


class ValueAddedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    intensity_tce: float
    reduction: float


class SilenceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entity's gateway is silent from before_s before the first start until returns_after_s after it."""

    entity: str
    before_s: int
    returns_after_s: int


class LoadRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """rate: the point's unit (multiplier applied) per hour at load 1; growth: per year; start: register at the origin as a share of its capacity;
    stops: [(month, first day, last day)]."""

    point: str
    shape: str
    rate: float
    growth: float = 0.0
    noise: float = 0.05
    festival: float = 0.6
    stops: list[tuple[int, int, int]] = []
    start: float = 0.0


class SplitRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sub-meters behind a main one: shares of its energy, which move a little against each other; what is left over nobody meters."""

    of: str
    points: list[str]
    shares: list[float]


class DriftRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A meter that counts more and more too much: a_day as a share, from `since` on, up to `most`."""

    point: str
    since: date
    a_day: float
    most: float


class PipeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """cooling_h: time in which water at rest would lose 63 % of its warmth above the ground's."""

    km: float
    mm: float
    cooling_h: float


class HeatUserRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """meter: the point of the network's heat meter, before .flow, .supply and .return; of: the user's own point, which says how much is taken."""

    meter: str
    of: str


class BranchRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meter: str
    pipe: PipeRow
    users: list[HeatUserRow]


class NetworkRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hot water network. source: its heat meter, also read as `sold` by the works that feeds it."""

    source: str
    sold: str
    supply_c: float
    return_c: float
    ground_c: float
    pipe: PipeRow
    branches: list[BranchRow]


class MishapRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What went wrong with a meter, so many seconds before the first start.

    kind: swap (a new meter that nobody declared, showing `start`), exchange (the same, declared), leap (`jump` added for good), dead (never heard
    again), clock (its clock is ahead by ahead_s at the first start, and gains a_day_s), cold (a temperature that falls to `value` for for_s every
    every_s, the first time as soon as it fits after after_s: between quarter hours, so that only who reads it live sees it).
    """

    kind: Literal["swap", "exchange", "leap", "dead", "clock", "cold"]
    point: str
    before_s: int = 0
    start: float = 0.0
    jump: float = 0.0
    ahead_s: float = 0.0
    a_day_s: float = 0.0
    value: float = 0.0
    after_s: int = 0
    every_s: int = 3_600
    for_s: int = 0
    reason: str = ""
    by: str = ""


class FactorOfStation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mean, swing: of a concentration in the standard's unit; peaks: share of hours in which it is twice as high. Of a flow instead: follows, a
    point, and per_unit [m3 per unit of it]."""

    code: str
    mean: float = 0.0
    swing: float = 0.0
    peaks: float = 0.0
    follows: str = ""
    per_unit: float = 0.0


class StationRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A station of HJ 212. st: 31 flue gas, 32 waste water; oxygen_ref: reference content [%] that ZsAvg is converted to."""

    mn: str
    entity: str
    gateway: str
    st: str
    factors: list[FactorOfStation]
    oxygen_ref: float | None = None


class PermitRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A permit that somebody enters: limit of the hourly mean in the factor's own unit, mass_t a year [t]."""

    entity: str
    outlet: str
    factor: str
    limit: float
    mass_t: float
    document: str
    valid_from: date
    by: str


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """script.toml."""

    seed: int
    city: str
    price_year: int
    statistics_lag_days: int
    factors: dict[str, FactorRow]
    areas: list[AreaRow]
    products: list[ProductRow]
    value_added: ValueAddedRow
    silence: SilenceRow
    loads: list[LoadRow]
    splits: list[SplitRow] = []
    drifts: list[DriftRow] = []
    networks: list[NetworkRow] = []
    mishaps: list[MishapRow] = []
    stations: list[StationRow] = []
    permits: list[PermitRow] = []


@dataclass(frozen=True, slots=True)
class City:
    """The registry's rows by id, and the script."""

    entities: Mapping[str, EntityRow]
    meters: Mapping[str, MeterRow]
    points: Mapping[str, PointRow]
    script: Script

    def entity_of(self, point: str) -> str:
        return self.meters[self.points[point].meter].entity

    def gateways(self) -> dict[tuple[str, str], list[str]]:
        """Points by (entity, gateway), in the order of the file; without what is calculated and what stations send."""
        found: dict[tuple[str, str], list[str]] = {}
        stations = {row.mn for row in self.script.stations}
        for point in self.points.values():
            if point.is_calculated or point.id.partition(".")[0] in stations:
                continue
            meter = self.meters[point.meter]
            found.setdefault((meter.entity, meter.gateway), []).append(point.id)
        return found

    def inside(self, area: str) -> set[str]:
        """The area (city, region or park) and every entity within it."""
        if area == self.script.city:
            return set(self.entities)
        return {area} | {e.id for e in self.entities.values() if area in (e.region, e.park)}


def load_city(folder: Path = CITY, seed: int | None = None) -> City:
    """Read registry.toml and script.toml; ValueError names every point that the two do not agree on."""
    rows = msgspec.toml.decode((folder / "registry.toml").read_bytes(), type=RegistryRows)
    script = msgspec.toml.decode((folder / "script.toml").read_bytes(), type=Script)
    if seed is not None:
        script = msgspec.structs.replace(script, seed=seed)
    city = City({e.id: e for e in rows.entities}, {m.id: m for m in rows.meters}, {p.id: p for p in rows.points}, script)
    scripted = _scripted(city)
    wrong = set(scripted) ^ set(city.points) | {p for p in scripted if scripted.count(p) > 1}
    if wrong:
        raise ValueError(f"script.toml and registry.toml disagree on the points {', '.join(sorted(wrong))}")
    return city


def _scripted(city: City) -> list[str]:
    """Every point that the script moves, and those that need no row because a station sends them or the service works them out."""
    script, stations = city.script, {row.mn for row in city.script.stations}
    found = [row.point for row in script.loads] + [p for row in script.splits for p in row.points]
    for net in script.networks:
        meters = [net.source, *(b.meter for b in net.branches), *(u.meter for b in net.branches for u in b.users)]
        found.append(net.sold)
        # the states came later than the registers, and not at every meter; a head may have no register of its own
        found += [f"{m}{s}" for m in meters for s in ("", ".flow", ".supply", ".return") if f"{m}{s}" in city.points]
    silent = [p.id for p in city.points.values() if p.is_calculated or p.id.partition(".")[0] in stations]
    return found + [p for p in silent if p not in found]
