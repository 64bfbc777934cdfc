"""The balance of a heat network and of each of its branches: fed in, delivered, held back in the pipes, lost; over any calendar step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.heat_sections import Layout, layout
from tricolor.analysis.heat_store import WARM_UP_US, State, Transit, transit
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.factors import FactorBook, FactorKind
from tricolor.domain.gauges import amount_unit
from tricolor.domain.heat import drop_per_km, loss_rate, network_loss_gj, per_gj
from tricolor.domain.intervals import CELL_US, Interval, Step, ceil_cell, floor_cell, local_day, step_edges
from tricolor.domain.meters import HEAT_INPUTS, Measure, Point
from tricolor.domain.units import conversion, dimension
from tricolor.ports import EnergyStore, ReadingStore

Floats = NDArray[np.float64]
WATER_T_PER_M3 = 0.998  # make-up water at about 20 °C
Means = list[float | None]
WHOLE = "*"  # branch of the rows that stand for the whole network


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One step of one branch ("*": the whole network, "": the trunk). Heat in GJ, None where nothing is known.

    loss_gj, loss_rate: over the 15-minute cells in which every meter is known, which are `coverage` of the step; None under coverage_min.
    known_share: share of the meters' time that is known; missing: heat points known for less than coverage_min of the step. has_transit: whether
    the heat held back in the pipes is in stored_gj. Network only: make_up_t, pump_kwh and coal_kgce with their ratio to the heat fed in.
    """

    branch: str
    start: int
    end: int
    fed_in_gj: float | None
    delivered_gj: float | None
    stored_gj: float | None
    loss_gj: float | None
    loss_rate: float | None
    coverage: float
    known_share: float
    missing: tuple[str, ...]
    has_transit: bool
    supply_c: float | None = None
    end_c: float | None = None
    return_c: float | None = None
    drop_k_per_km: float | None = None
    delay_h: float | None = None
    make_up_t: float | None = None
    pump_kwh: float | None = None
    pump_kwh_per_gj: float | None = None
    coal_kgce: float | None = None
    coal_kgce_per_gj: float | None = None

    @property
    def is_known(self) -> bool:
        return self.loss_rate is not None


class _Grid(NamedTuple):
    """Cells of points on the 15-minute grid; place: which step each grid cell belongs to."""

    edges: NDArray[np.int64]
    steps: NDArray[np.int64]
    place: NDArray[np.int64]
    cells: EnergyCells
    coverage_min: float

    def of(self, point: Point, unit: str = "GJ") -> tuple[Floats, NDArray[np.bool_]]:
        """Amount per grid cell and whether it is known; half a cell counts as unknown."""
        count = len(self.edges) - 1
        low, high = np.searchsorted(self.cells.point, [point.key, point.key + 1]).tolist()
        row = (self.cells.start[low:high] - self.edges[0]) // CELL_US
        amount, known = np.zeros(count), np.zeros(count, dtype=bool)
        is_full = (self.cells.covered_us[low:high] >= 0.99 * CELL_US) & np.isfinite(self.cells.amount[low:high])
        amount[row] = np.nan_to_num(self.cells.amount[low:high]) * conversion(amount_unit(point), unit)
        known[row] = is_full
        return amount, known

    def sums(self, values: Floats) -> Floats:
        """Per step."""
        total: Floats = np.bincount(self.place, weights=values, minlength=len(self.steps) - 1).astype(np.float64)
        return total


class _Side(NamedTuple):
    """Meters of one side: their sum and count of known meters by grid cell, and each one's known cells."""

    amount: Floats
    all_known: NDArray[np.bool_]
    known: dict[str, NDArray[np.bool_]]


def heat_balance(
    registry: Registry,
    network_id: str,
    span: Interval,
    step: Step,
    energy: EnergyStore,
    readings: ReadingStore,
    factors: FactorBook,
    coverage_min: float,
) -> list[BalanceRow]:
    """Rows of the whole network, its trunk and its branches, by step; empty where the network has neither source nor user."""
    plan = layout(registry, network_id)
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    if not wide.length_us or not (plan.sources or plan.users):
        return []
    grid = _grid(plan, wide, step, energy, coverage_min)
    edges = np.arange(wide.start - WARM_UP_US, wide.end + 1, CELL_US, dtype=np.int64)
    meters = {p.meter_id for s in (plan.trunk, *plan.branches) for p in (*s.heads, *s.ends)}
    inputs = sorted(p.key for p in registry.points_of(network_id) if p.meter_id in meters and p.measure in HEAT_INPUTS)
    batch = readings.around(inputs, Interval(int(edges[0]), int(edges[-1])))
    first = WARM_UP_US // CELL_US
    transits = {s.id: transit(registry, s, batch, edges, first) for s in plan.sections}
    rows = _rows(grid, WHOLE, _side(grid, plan.sources), _side(grid, plan.users), _whole(plan, transits), first, None)
    rows = _with_costs(grid, rows, plan, factors)
    for section in (plan.trunk, *plan.branches):
        if section.ends and (section.id or section.heads):
            found = transits.get(section.id, Transit(None, None, None, None))
            rows += _rows(grid, section.id, _side(grid, section.heads), _side(grid, section.ends), found, first, section.length_km)
    return rows


def _grid(plan: Layout, wide: Interval, step: Step, energy: EnergyStore, coverage_min: float) -> _Grid:
    points = {p.key: p for s in (plan.trunk, *plan.branches) for p in (*s.heads, *s.ends)}
    points |= {p.key: p for group in plan.other.values() for p in group}
    edges = np.arange(wide.start, wide.end + 1, CELL_US, dtype=np.int64)
    steps = step_edges(wide, step)
    place = np.searchsorted(steps, edges[:-1], side="right") - 1
    return _Grid(edges, steps, place, energy.cells(sorted(points), wide), coverage_min)


def _side(grid: _Grid, points: Iterable[Point]) -> _Side:
    amount = np.zeros(len(grid.place))
    known: dict[str, NDArray[np.bool_]] = {}
    for point in points:
        mine, is_known = grid.of(point)
        amount += mine
        known[point.id] = is_known
    whole = np.all(list(known.values()), axis=0) if known else np.zeros(len(grid.place), dtype=bool)
    return _Side(amount, whole, known)


def _whole(plan: Layout, transits: dict[str, Transit]) -> Transit:
    """The network's: what all its sections hold back together; the sources' state at its head."""
    parts = [t.stored_gj for t in transits.values() if t.stored_gj is not None]
    trunk = transits.get(plan.trunk.id, Transit(None, None, None, None))
    head = trunk.head or next((t.head for t in transits.values() if t.head is not None), None)
    return Transit(np.sum(parts, axis=0) if parts else None, None, head, None)


def _rows(grid: _Grid, branch: str, head: _Side, end: _Side, way: Transit, first: int, length_km: float | None) -> list[BalanceRow]:
    common = head.all_known & end.all_known
    cells = grid.sums(np.ones(len(common)))
    stored = np.zeros(len(common)) if way.stored_gj is None else way.stored_gj[first:]
    fed, out, held = (grid.sums(np.where(common, v, 0.0)) for v in (head.amount, end.amount, stored))
    shown_fed, shown_out = grid.sums(head.amount), grid.sums(end.amount)
    share = {name: grid.sums(k.astype(np.float64)) / cells for name, k in (head.known | end.known).items()}
    coverage = grid.sums(common.astype(np.float64)) / cells
    supply, back, last, late = _means(grid, way, first)
    rows = []
    for i in range(len(grid.steps) - 1):
        is_sure = bool(coverage[i] >= grid.coverage_min - 1e-9)
        loss = network_loss_gj(float(fed[i]), float(out[i]), float(held[i]))
        mine = [float(s[i]) for s in share.values()]
        hot, cooler = supply[i], last[i]
        drop = None if hot is None or cooler is None or not length_km else drop_per_km(hot, cooler, length_km)
        rows.append(
            BalanceRow(
                branch, int(grid.steps[i]), int(grid.steps[i + 1]),
                float(shown_fed[i]) if any(share[name][i] > 0 for name in head.known) else None,
                float(shown_out[i]) if any(share[name][i] > 0 for name in end.known) else None,
                float(held[i]) if is_sure and way.stored_gj is not None else None,
                loss if is_sure else None, loss_rate(loss, float(fed[i])) if is_sure else None,
                float(coverage[i]), sum(mine) / len(mine) if mine else 0.0,
                tuple(name for name, s in share.items() if s[i] < grid.coverage_min - 1e-9), way.stored_gj is not None,
                hot, cooler, back[i], drop, late[i],
            )
        )  # fmt: skip
    return rows


def _means(grid: _Grid, way: Transit, first: int) -> tuple[Means, Means, Means, Means]:
    """Supply and return at the head, supply at the end [°C], delay [h]: means by step over what is known."""

    def mean(values: Floats | None) -> Means:
        if values is None:
            return [None] * (len(grid.steps) - 1)
        at = values[first:-1]
        known = np.isfinite(at)
        total, count = grid.sums(np.where(known, at, 0.0)), grid.sums(known.astype(np.float64))
        return [float(t / n) if n else None for t, n in zip(total, count, strict=True)]

    def of(state: State | None, name: str) -> Floats | None:
        return None if state is None else getattr(state, name)

    return mean(of(way.head, "supply_c")), mean(of(way.head, "return_c")), mean(of(way.end, "supply_c")), mean(way.delay_h)


def _with_costs(grid: _Grid, rows: Sequence[BalanceRow], plan: Layout, factors: FactorBook) -> list[BalanceRow]:
    """The network's rows with make-up water, the pumps' electricity and the coal behind the heat."""
    on = local_day(int(grid.steps[0]))
    make_up = _totals(grid, plan.other[Measure.MAKE_UP], {p.id: _tonnes(p) for p in plan.other[Measure.MAKE_UP]})
    pump = _totals(grid, plan.other[Measure.PUMP], {p.id: conversion(amount_unit(p), "kWh") for p in plan.other[Measure.PUMP]})
    coal = _totals(grid, plan.other[Measure.FUEL], {p.id: _kgce(p, factors, on) for p in plan.other[Measure.FUEL]})
    return [
        replace(
            row, make_up_t=make_up[i], pump_kwh=pump[i], pump_kwh_per_gj=per_gj(pump[i], row.fed_in_gj or 0.0), coal_kgce=coal[i],
            coal_kgce_per_gj=per_gj(coal[i], row.fed_in_gj or 0.0),
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip


def _totals(grid: _Grid, points: Sequence[Point], scale: Mapping[str, float | None]) -> Means:
    """Sum over the points by step; None where one of them is known for less than coverage_min of it or has no factor."""
    count = len(grid.steps) - 1
    if not points or any(scale[p.id] is None for p in points):
        return [None] * count
    cells = grid.sums(np.ones(len(grid.place)))
    total, is_sure = np.zeros(count), np.ones(count, dtype=bool)
    for point in points:
        amount, known = grid.of(point, amount_unit(point))
        total += grid.sums(amount) * (scale[point.id] or 0.0)
        is_sure &= grid.sums(known.astype(np.float64)) >= grid.coverage_min * cells
    return [float(value) if sure else None for value, sure in zip(total, is_sure, strict=True)]


def _tonnes(point: Point) -> float:
    unit = amount_unit(point)
    return conversion(unit, "t") if dimension(unit) == "mass" else conversion(unit, "m3") * WATER_T_PER_M3


def _kgce(point: Point, factors: FactorBook, on: date) -> float | None:
    factor = factors.pick(point.carrier, FactorKind.CALORIFIC, on, point.entity_id, point.id)
    return None if factor is None else factor.value * conversion(amount_unit(point), factor.per)
