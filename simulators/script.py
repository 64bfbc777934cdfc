"""A city folder read into types: the registry file's points and the script behind them. Another city is another folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

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
    gateway: str


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


class SumRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A heat meter that sees what others take, and the pipes' standing loss [unit per hour at 22.5 degC outside]."""

    point: str
    of: list[str]
    loss: float = 0.0


class GaugeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    point: str
    mean: float
    swing: float


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
    sums: list[SumRow] = []
    gauges: list[GaugeRow] = []


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
        """Points by (entity, gateway), in the order of the file."""
        found: dict[tuple[str, str], list[str]] = {}
        for point in self.points.values():
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
    scripted = [row.point for part in (script.loads, script.sums, script.gauges) for row in part]
    wrong = set(scripted) ^ set(city.points) | {p for p in scripted if scripted.count(p) > 1}
    if wrong:
        raise ValueError(f"script.toml and registry.toml disagree on the points {', '.join(sorted(wrong))}")
    return city
