"""From the states of a heat meter to its heat: which points are needed, how their samples pair in time, what the medium makes of them."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.settle import usable
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.heat import ATMOSPHERE_MPA, steam_heat_gj, water_density, water_heat_gj
from tricolor.domain.heat_meter import HOLD_INTERVALS, Samples, heat_cells
from tricolor.domain.intervals import LATEST_US, SECOND_US, Interval, ceil_cell, floor_cell
from tricolor.domain.meters import HEAT_INPUTS, HEAT_NEEDS, Measure, Medium, Point
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.units import UNITS, conversion, dimension

Floats = NDArray[np.float64]
Power = Callable[[Mapping[str, Floats]], Floats]
BASE = {"mass_flow": "t/h", "volume_flow": "m3/h", "temperature": "degC", "pressure": "MPa"}
NETWORK_MPA = 1.0  # of hot water whose pressure is not measured; 1 MPa more or less moves the heat by under 0.05 %


def inputs_of(registry: Registry, meter_id: str) -> dict[Measure, Point]:
    """The points of a heat meter that measure its states."""
    found = {p.measure: p for p in registry.points.values() if p.meter_id == meter_id and p.measure in HEAT_INPUTS}
    return {measure: found[measure] for measure in HEAT_INPUTS if measure in found}


def is_complete(medium: Medium, inputs: Mapping[Measure, Point]) -> bool:
    """Whether heat can be worked out from these points."""
    return medium is not Medium.NONE and all(set(group) & set(inputs) for group in HEAT_NEEDS[medium])


def samples_of(point: Point, batch: ReadingBatch) -> Samples:
    """The point's usable samples in t/h, m3/h, °C or MPa; a negative flow, and what is no temperature of water or steam, is left out."""
    low, high = np.searchsorted(batch.point, [point.key, point.key + 1]).tolist()
    mine = batch.take(np.arange(low, high))
    mine = mine.take(usable(mine))
    base = BASE[dimension(point.unit)]
    value = mine.value * point.plate.multiplier * (UNITS[point.unit][1] / UNITS[base][1])
    if base in ("t/h", "m3/h"):
        least = max(point.plate.resolution * point.plate.multiplier, 0.0) * UNITS[point.unit][1]
        value = np.where((value < 0) & (value >= -least), 0.0, value)
        keep = value >= 0
    else:
        keep = (value > -1.0) & (value < 700.0)
    return Samples(mine.at[keep], value[keep], point.plate.interval_s * SECOND_US)


def power_of(medium: Medium, inputs: Mapping[Measure, Point]) -> Power:
    """Heat flow [GJ/h] of the states at the same instants."""
    return _steam(inputs) if medium is Medium.STEAM else _water(inputs)


def volume_flow(flow: Floats, unit: str, temperature_c: Floats) -> Floats:
    """Flow [m3/h] of water from m3/h or t/h."""
    return flow if dimension(unit) == "volume_flow" else flow * 1000.0 / water_density(temperature_c, NETWORK_MPA)


def calculated_cells(point: Point, medium: Medium, inputs: Mapping[Measure, Point], batch: ReadingBatch, span: Interval) -> EnergyCells:
    """Cells of the calculated point inside the span and its validity, in its unit. batch: the inputs' readings with their neighbours outside."""
    quantities = {str(measure): samples_of(p, batch) for measure, p in inputs.items() if measure in _used(medium, inputs)}
    cells = heat_cells(point.key, quantities, power_of(medium, inputs), span)
    end = LATEST_US if point.valid_to is None else point.valid_to
    cells = cells.take((cells.start >= floor_cell(point.valid_from)) & (cells.start < end))
    return EnergyCells(cells.point, cells.start, cells.amount * conversion("GJ", point.unit), cells.covered_us, cells.flag)


def reach(inputs: Mapping[Measure, Point], dirty: Interval) -> Interval:
    """The cells that a change of an input inside `dirty` may touch."""
    held = HOLD_INTERVALS * SECOND_US * max(p.plate.interval_s for p in inputs.values())
    return Interval(floor_cell(dirty.start - held), ceil_cell(dirty.end + held))


def _used(medium: Medium, inputs: Mapping[Measure, Point]) -> tuple[Measure, ...]:
    """The inputs that the formula reads: of two flows the supply's; condensate only where both of it are there."""
    if medium is Medium.HOT_WATER:
        flow = Measure.FLOW if Measure.FLOW in inputs else Measure.RETURN_FLOW
        return flow, Measure.SUPPLY_TEMPERATURE, Measure.RETURN_TEMPERATURE
    condensate = (Measure.CONDENSATE_FLOW, Measure.CONDENSATE_TEMPERATURE)
    pressure = Measure.PRESSURE if Measure.PRESSURE in inputs else Measure.GAUGE_PRESSURE
    wanted = (Measure.FLOW, Measure.SUPPLY_TEMPERATURE, pressure, *(condensate if set(condensate) <= set(inputs) else ()))
    return tuple(m for m in wanted if m in inputs)


def _water(inputs: Mapping[Measure, Point]) -> Power:
    flow = Measure.FLOW if Measure.FLOW in inputs else Measure.RETURN_FLOW
    at = Measure.SUPPLY_TEMPERATURE if flow is Measure.FLOW else Measure.RETURN_TEMPERATURE
    is_mass = dimension(inputs[flow].unit) == "mass_flow"

    def power(state: Mapping[str, Floats]) -> Floats:
        mass = state[flow] if is_mass else state[flow] * water_density(state[at], NETWORK_MPA) / 1000.0
        return water_heat_gj(mass, state[Measure.SUPPLY_TEMPERATURE], state[Measure.RETURN_TEMPERATURE], NETWORK_MPA)

    return power


def _steam(inputs: Mapping[Measure, Point]) -> Power:
    from tricolor.analysis.steam import saturated_enthalpy, steam_enthalpy, steam_volume  # noqa: PLC0415 - iapws is an extra

    used = _used(Medium.STEAM, inputs)
    is_volume = dimension(inputs[Measure.FLOW].unit) == "volume_flow"

    def power(state: Mapping[str, Floats]) -> Floats:
        pressure = None
        if Measure.PRESSURE in used:
            pressure = state[Measure.PRESSURE]
        elif Measure.GAUGE_PRESSURE in used:
            pressure = state[Measure.GAUGE_PRESSURE] + ATMOSPHERE_MPA
        temperature = state.get(Measure.SUPPLY_TEMPERATURE)
        if pressure is not None and temperature is not None:
            enthalpy = steam_enthalpy(pressure, temperature)
        else:
            enthalpy = saturated_enthalpy(pressure, temperature)
        mass = state[Measure.FLOW] / steam_volume(pressure, temperature) / 1000.0 if is_volume else state[Measure.FLOW]
        if Measure.CONDENSATE_FLOW not in used:
            return steam_heat_gj(mass, enthalpy)
        back, back_c = state[Measure.CONDENSATE_FLOW], state[Measure.CONDENSATE_TEMPERATURE]
        if dimension(inputs[Measure.CONDENSATE_FLOW].unit) == "volume_flow":
            back = back * water_density(back_c) / 1000.0
        return steam_heat_gj(mass, enthalpy, back, back_c)

    return power
