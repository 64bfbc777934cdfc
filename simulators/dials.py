"""What a meter shows: energy in whole ticks of its last digit, summed from the origin, wrapped at the capacity.

Counting in integers makes a register the same number whoever asks, whenever, and in whatever cuts.
"""

from dataclasses import dataclass

import numpy as np

from simulators.calendar import ORIGIN_US, Axis, axis, quarter_of
from simulators.heat import states
from simulators.noise import Floats, Ints, stream, uniform, wave
from simulators.script import City, DriftRow, LoadRow, PointRow, SplitRow
from simulators.shapes import Taste, load
from tricolor.domain.intervals import CELL_US, local_midnight

_BLOCK = 96 * 32  # quarters are made in whole blocks: equal array lengths give equal last bits


def ticks_of(amount: Floats, point: PointRow) -> Ints:
    """Amounts [unit] as ticks of the meter: what is lost in rounding one cell is carried into the next, so that the sum stays true."""
    tick = point.resolution * point.multiplier
    edges = np.floor(np.concatenate(([0.0], np.cumsum(amount))) / tick + 0.5)
    out: Ints = np.diff(edges).astype(np.int64)
    return out


@dataclass(slots=True)
class Dial:
    """One register or delta point. energy: ticks of each quarter since the origin; total: ticks before each quarter (one longer)."""

    point: PointRow
    start: int
    energy: Ints
    total: Ints

    @property
    def tick(self) -> float:
        """Size of one tick in the point's unit, multiplier applied."""
        return self.point.resolution * self.point.multiplier

    def registers(self, at: Ints) -> Floats:
        """Register at each instant [µs], in the meter's own unit; inside a quarter it moves in proportion."""
        quarter = (at - ORIGIN_US) // CELL_US
        share = (at - ORIGIN_US - quarter * CELL_US) / CELL_US
        inside = np.minimum(quarter, len(self.energy) - 1)
        ticks = self.start + self.total[quarter] + np.floor(share * self.energy[inside]).astype(np.int64)
        if self.point.capacity is not None:
            ticks = ticks % round(self.point.capacity / self.point.resolution)
        return _shown(ticks, self.point.resolution)

    def deltas(self, at: Ints) -> Floats:
        """Amount of the interval that ends at each instant [µs], in the meter's own unit."""
        last = (at - ORIGIN_US) // CELL_US
        first = last - self.point.interval_s * 1_000_000 // CELL_US
        return _shown(self.total[last] - self.total[np.maximum(first, 0)], self.point.resolution)

    def amounts(self) -> Floats:
        """Amount of each quarter since the origin [unit, multiplier applied]: the truth."""
        out: Floats = self.energy.astype(np.float64) * self.tick
        return out


class Devices:
    """All meters of a city. `reach(until)` makes their energy up to an instant; the numbers do not depend on how often it is called."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.dials: dict[str, Dial] = {}
        self._nodes: dict[str, Floats] = {}  # states by quarter
        self._quarters = 0

    def reach(self, until: int) -> None:
        """Make every quarter that begins before `until` [µs]."""
        needed = quarter_of(until) + 1
        if needed <= self._quarters:
            return
        # rounding carries from cell to cell, so a run is always made from the origin; once a month while live
        self._quarters = -(-needed // _BLOCK) * _BLOCK
        along = axis(0, self._quarters, self.city.script.seed)
        raw = {row.point: self._load(row, along) for row in self.city.script.loads}
        for split in self.city.script.splits:
            raw |= self._split(split, raw[split.of], along)
        for drift in self.city.script.drifts:
            raw[drift.point] = raw[drift.point] * _drifted(drift, along)
        for network in self.city.script.networks:
            nodes, heat = states(network, raw, self.city.script.seed, self._quarters)
            self._nodes |= nodes
            raw |= {name: amount for name, amount in heat.items() if name in self.city.points and not self.city.points[name].is_calculated}
            raw[network.sold] = heat[network.source]
        starts = {row.point: row.start for row in self.city.script.loads}
        for name, amount in raw.items():
            point = self.city.points[name]
            energy = ticks_of(amount, point)
            begin = round(starts.get(name, 0.0) * (point.capacity or 0.0) / point.resolution)
            self.dials[name] = Dial(point, begin, energy, np.concatenate(([0], np.cumsum(energy))))

    def values(self, name: str, at: Ints) -> Floats:
        """What the point says at each instant [µs]; `reach` must have come that far."""
        if name in self._nodes:
            return self._state(name, at)
        dial = self.dials[name]
        return dial.deltas(at) if dial.point.kind == "delta" else dial.registers(at)

    def _load(self, row: LoadRow, along: Axis) -> Floats:
        taste = Taste(row.noise, row.festival, tuple(row.stops))
        relative = load(row.shape, taste, along, stream(self.city.script.seed, row.point))
        out: Floats = relative * (1.0 + row.growth) ** along.years * (row.rate / 4.0)
        return out

    def _split(self, row: SplitRow, main: Floats, along: Axis) -> dict[str, Floats]:
        """The sub-meters' parts: the shares breathe by a twentieth against each other, their sum does not."""
        parts = [s * (1.0 + 0.05 * wave(stream(self.city.script.seed, p), along.quarter, 16)) for p, s in zip(row.points, row.shares, strict=True)]
        total = np.sum(parts, axis=0)
        return {p: main * part * (sum(row.shares) / total) for p, part in zip(row.points, parts, strict=True)}

    def _state(self, name: str, at: Ints) -> Floats:
        """A flow or temperature between its quarters, with the meter's own noise."""
        nodes, point = self._nodes[name], self.city.points[name]
        number = stream(self.city.script.seed, name)
        value = np.interp((at - ORIGIN_US) / CELL_US, np.arange(len(nodes)), nodes)
        noise = 2 * uniform(number, at // 60_000_000) - 1
        value = value * (1.0 + 0.003 * noise) if name.endswith(".flow") else value + 0.06 * noise
        return _shown(np.rint(value / point.resolution).astype(np.int64), point.resolution)


def _drifted(row: DriftRow, along: Axis) -> Floats:
    since = (local_midnight(row.since) - ORIGIN_US) / CELL_US
    out: Floats = 1.0 + np.clip((along.quarter - since) / 96.0 * row.a_day, 0.0, row.most)
    return out


def _shown(ticks: Ints, resolution: float) -> Floats:
    """Ticks as the decimal number on the dial, without binary dust (0.3, not 0.30000000000000004)."""
    digits = max(0, round(-np.log10(resolution))) if resolution < 1 else 0
    out: Floats = np.round(ticks * resolution, digits)
    return out
