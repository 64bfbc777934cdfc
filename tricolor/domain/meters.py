"""Meters and points: what a register may physically do (its rating plate) and what its numbers mean."""

from dataclasses import dataclass
from enum import StrEnum


class PointKind(StrEnum):
    """How a point's numbers become energy."""

    REGISTER = "register"  # cumulative; energy is the difference
    DELTA = "delta"  # amount of the interval that ENDS at the reading's time
    GAUGE = "gauge"  # a state (power, flow, temperature)


class Role(StrEnum):
    """Part an amount plays in its entity's account (GB/T 2589-2020 §4)."""

    PURCHASED = "purchased"
    SOLD = "sold"
    PRODUCED = "produced"
    CONSUMED = "consumed"  # inside the boundary: listed, never added to the total
    FEEDSTOCK = "feedstock"
    RENEWABLE = "renewable"
    FED_IN = "fed_in"  # heat network: from a source into the pipe
    DELIVERED = "delivered"  # heat network: to a user
    NONE = "none"  # not energy (temperature, pressure, product mass)


@dataclass(frozen=True, slots=True)
class Plate:
    """Rating plate of a point, in the meter's own unit before the multiplier.

    capacity: value at which the register wraps to 0 (None: not known); max_rate: largest advance per hour (None: not known);
    resolution: least digit; interval_s: nominal seconds between readings; multiplier: CT/PT ratio.
    """

    kind: PointKind
    interval_s: int = 900
    multiplier: float = 1.0
    capacity: float | None = None
    max_rate: float | None = None
    resolution: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """A measured quantity of a meter. key: the registry's integer; unit: of the reading; energy amounts are reading × multiplier in it."""

    key: int
    id: str
    meter_id: str
    entity_id: str
    name_cn: str
    name_en: str
    carrier: str  # code of the catalogue's carriers, e.g. "electricity", "raw_coal"; "" when not energy
    quantity: str  # "energy" | "mass" | "volume" | "power" | "temperature" | …
    unit: str
    plate: Plate
    role: Role
    valid_from: int  # µs
    valid_to: int | None  # µs, exclusive
    gateway: str = ""
    registered_at: int = 0  # µs, when the registry first knew it

    def is_valid_at(self, at: int) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)
