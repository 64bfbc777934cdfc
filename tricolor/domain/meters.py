"""Meters and points: what a register may physically do (its rating plate) and what its numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PointKind(StrEnum):
    """How a point's numbers become energy."""

    REGISTER = "register"  # cumulative; energy is the difference
    DELTA = "delta"  # amount of the interval that ENDS at the reading's time
    GAUGE = "gauge"  # a state (power, flow, temperature)
    VIRTUAL = "virtual"  # no meter sends it: a formula over the cells of other points


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
    GENERATED = "generated"  # material: 产生量, of a waste or a residue
    UTILISED = "utilised"  # material: 综合利用量 of what was generated in the period
    UTILISED_STOCK = "utilised_stock"  # material: 综合利用往年贮存量, out of the stock of earlier years
    STORED = "stored"  # material: 贮存量
    DISPOSED = "disposed"  # material: 处置量, burnt without use or buried
    REUSED = "reused"  # material: 重复利用量, used again (water, recycled goods)
    NONE = "none"  # not energy (temperature, pressure, product mass)
    INNER_PURCHASED = "inner_purchased"  # of a whole's account: what its members bought from each other; no point has it
    INNER_SOLD = "inner_sold"  # and what they sold to each other


INNER_ROLES = (Role.INNER_PURCHASED, Role.INNER_SOLD)
MATERIAL_ROLES = (Role.GENERATED, Role.UTILISED, Role.UTILISED_STOCK, Role.STORED, Role.DISPOSED, Role.REUSED)
POINT_ROLES = tuple(role for role in Role if role not in INNER_ROLES)


class Measure(StrEnum):
    """What a point measures at a heat meter or in a heat network; "" where its role and unit say enough."""

    NONE = ""
    FLOW = "flow"  # in the supply pipe: mass or volume
    RETURN_FLOW = "return_flow"  # in the return pipe
    SUPPLY_TEMPERATURE = "supply_temperature"
    RETURN_TEMPERATURE = "return_temperature"
    PRESSURE = "pressure"  # absolute, of the supply
    GAUGE_PRESSURE = "gauge_pressure"  # above the atmosphere
    CONDENSATE_FLOW = "condensate_flow"
    CONDENSATE_TEMPERATURE = "condensate_temperature"
    CALCULATED_HEAT = "calculated_heat"  # no meter sends it: worked out from the meter's other points
    MAKE_UP = "make_up"  # water added to the network
    PUMP = "pump"  # electricity of the network's pumps
    FUEL = "fuel"  # burnt for the network's heat


class Medium(StrEnum):
    """What flows through a heat meter."""

    NONE = ""
    HOT_WATER = "hot_water"
    STEAM = "steam"


# a heat meter's states, from which its heat is worked out
HEAT_INPUTS = (
    Measure.FLOW, Measure.RETURN_FLOW, Measure.SUPPLY_TEMPERATURE, Measure.RETURN_TEMPERATURE, Measure.PRESSURE, Measure.GAUGE_PRESSURE,
    Measure.CONDENSATE_FLOW, Measure.CONDENSATE_TEMPERATURE,
)  # fmt: skip
# what heat of a medium is worked out from: one of each group is needed
HEAT_NEEDS: Mapping[Medium, tuple[tuple[Measure, ...], ...]] = {
    Medium.HOT_WATER: ((Measure.FLOW, Measure.RETURN_FLOW), (Measure.SUPPLY_TEMPERATURE,), (Measure.RETURN_TEMPERATURE,)),
    Medium.STEAM: ((Measure.FLOW,), (Measure.SUPPLY_TEMPERATURE, Measure.PRESSURE, Measure.GAUGE_PRESSURE)),
}


@dataclass(frozen=True, slots=True)
class Plate:
    """Rating plate of a point, in the meter's own unit before the multiplier.

    capacity: value at which the register wraps to 0 (None: not known); max_rate: largest advance per hour (None: not known);
    resolution: least digit; interval_s: nominal seconds between readings; multiplier: CT/PT ratio; is_net: it may run backwards (Ferraris meter, net
    register), so a fall within max_rate is a negative amount.
    """

    kind: PointKind
    interval_s: int = 900
    multiplier: float = 1.0
    capacity: float | None = None
    max_rate: float | None = None
    resolution: float = 0.0
    is_net: bool = False


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
    measure: Measure = Measure.NONE
    formula: str = ""  # of a virtual point, see tricolor.domain.formulas

    def is_valid_at(self, at: int) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)
