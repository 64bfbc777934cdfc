"""What the water in a section's pipes holds and how long it is under way, from the flows and temperatures at its two ends."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.heat_meters import NETWORK_MPA, inputs_of, samples_of, volume_flow
from tricolor.analysis.heat_sections import Section
from tricolor.domain.entities import Registry
from tricolor.domain.heat import water_density, water_enthalpy
from tricolor.domain.heat_meter import HOLD_INTERVALS
from tricolor.domain.intervals import CELL_US, HOUR_US
from tricolor.domain.meters import Measure, Medium, Point
from tricolor.domain.plug_flow import delay_by_correlation, delay_h, held_heat_gj
from tricolor.domain.readings import ReadingBatch

Floats = NDArray[np.float64]
WARM_UP_US = 24 * HOUR_US  # water is rarely longer under way
MIN_FLOW_M3_H = 1e-3


class State(NamedTuple):
    """At each edge of the 15-minute grid: flow [m3/h] and temperatures [°C], flow-weighted over the meters; NaN where a sample is too far."""

    flow: Floats
    supply_c: Floats
    return_c: Floats


class Transit(NamedTuple):
    """stored_gj: rise of the heat in the pipes over each cell, None where it cannot be told; delay_h at each edge; head and end at the edges."""

    stored_gj: Floats | None
    delay_h: Floats | None
    head: State | None
    end: State | None


def state_of(registry: Registry, points: tuple[Point, ...], batch: ReadingBatch, edges: NDArray[np.int64]) -> State | None:
    """The state at the meters of these heat points together; None where one of them does not measure flow and supply temperature."""
    flows, supplies, returns = [], [], []
    for meter in dict.fromkeys(p.meter_id for p in points):
        inputs = inputs_of(registry, meter)
        kind = Measure.FLOW if Measure.FLOW in inputs else Measure.RETURN_FLOW
        if kind not in inputs or Measure.SUPPLY_TEMPERATURE not in inputs:
            return None
        supply = _at(inputs[Measure.SUPPLY_TEMPERATURE], batch, edges)
        back = _at(inputs[Measure.RETURN_TEMPERATURE], batch, edges) if Measure.RETURN_TEMPERATURE in inputs else np.full(len(edges), np.nan)
        if registry.meters[meter].medium is Medium.STEAM:
            flow = _at(inputs[kind], batch, edges)
        else:
            flow = volume_flow(_at(inputs[kind], batch, edges), inputs[kind].unit, supply if kind is Measure.FLOW else back)
        flows.append(flow)
        supplies.append(supply)
        returns.append(back)
    if not flows:
        return None
    weight = np.maximum(np.array(flows), MIN_FLOW_M3_H)
    return State(np.sum(flows, axis=0), *((np.array(t) * weight).sum(axis=0) / weight.sum(axis=0) for t in (supplies, returns)))


def transit(registry: Registry, section: Section, batch: ReadingBatch, edges: NDArray[np.int64], first: int) -> Transit:
    """How the section holds heat back. edges: of the grid with its warm-up; first: row of the first edge that is asked for.

    Hot water only: steam is through in minutes and holds next to nothing. The volume is that of the pipes, else estimated from the delay between
    the two ends' temperatures (cross-correlation) and the flow. Where water entered before the warm-up, the mean of both ends stands for the pipe.
    """
    head, end = state_of(registry, section.heads, batch, edges), state_of(registry, section.ends, batch, edges)
    if head is None or end is None or section.medium is not Medium.HOT_WATER:
        return Transit(None, None, head, end)
    hours = (edges - edges[0]) / HOUR_US
    flow, supply, back, end_supply, end_back = (_filled(v) for v in (head.flow, head.supply_c, head.return_c, end.supply_c, end.return_c))
    if not all(np.isfinite(v).all() for v in (flow, supply, back, end_supply, end_back)):
        return Transit(None, None, head, end)
    volume = section.volume_m3
    if volume is None:
        lag = delay_by_correlation(supply, end_supply, WARM_UP_US // CELL_US // 2)
        volume = None if lag is None else lag * CELL_US / HOUR_US * float(np.mean(flow))
    if volume is None:
        return Transit(None, None, head, end)
    held = _held(hours, flow, (supply, end_supply), volume) + _held(hours, flow, (end_back, back), volume)
    if not np.isfinite(held[first:]).all():
        held = volume * (_heat_m3(supply) + _heat_m3(end_supply) + _heat_m3(back) + _heat_m3(end_back)) / 2
    return Transit(np.diff(held), delay_h(hours, flow, volume), head, end)


def _held(hours: Floats, flow: Floats, ends: tuple[Floats, Floats], volume: float) -> Floats:
    """Heat [GJ] in one pipe from its entry's to its exit's temperature."""
    entry, leave = ends
    return held_heat_gj(hours, flow, flow * _heat_m3(entry), flow * _heat_m3(leave), volume)


def _heat_m3(temperature_c: Floats) -> Floats:
    """Heat [GJ/m3] of water above 0 °C."""
    return water_density(temperature_c, NETWORK_MPA) * water_enthalpy(temperature_c, NETWORK_MPA) / 1e6


def _at(point: Point, batch: ReadingBatch, edges: NDArray[np.int64]) -> Floats:
    """The point's samples drawn straight to the edges; NaN where the neighbours lie too far apart or are missing."""
    at, value, interval = samples_of(point, batch)
    if len(at) < 2:
        return np.full(len(edges), np.nan)
    place = np.searchsorted(at, edges, side="right")
    right = np.clip(place, 1, len(at) - 1)
    is_near = (place > 0) & ((place < len(at)) | (edges == at[-1])) & (at[right] - at[right - 1] <= HOLD_INTERVALS * interval)
    return np.where(is_near, np.interp(edges, at, value), np.nan)


def _filled(values: Floats) -> Floats:
    """Gaps drawn straight: what is stored depends on the difference over a cell, which the balance does not ask for where meters were silent."""
    known = np.isfinite(values)
    if not known.any():
        return values
    rows = np.arange(len(values), dtype=np.float64)
    return np.interp(rows, rows[known], values[known])
