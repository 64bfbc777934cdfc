"""What a meter shows: energy in whole ticks of its last digit, summed from the origin, wrapped at the capacity.

Counting in integers makes a register the same number whoever asks, whenever, and in whatever cuts.
"""

from dataclasses import dataclass

import numpy as np

from simulators.calendar import ORIGIN_US, Axis, axis, quarter_of
from simulators.noise import Floats, Ints, stream, wave
from simulators.script import City, GaugeRow, LoadRow, PointRow, SumRow
from simulators.shapes import Taste, load
from tricolor.domain.intervals import CELL_US

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
        self._gauges = {row.point: row for row in city.script.gauges}
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
        for total in self.city.script.sums:
            raw[total.point] = self._sum(total, raw, along)
        starts = {row.point: row.start for row in self.city.script.loads}
        for name, amount in raw.items():
            point = self.city.points[name]
            energy = ticks_of(amount, point)
            begin = round(starts.get(name, 0.0) * (point.capacity or 0.0) / point.resolution)
            self.dials[name] = Dial(point, begin, energy, np.concatenate(([0], np.cumsum(energy))))

    def values(self, name: str, at: Ints) -> Floats:
        """What the point says at each instant [µs]; `reach` must have come that far."""
        if name in self._gauges:
            return self._gauge(self._gauges[name], at)
        dial = self.dials[name]
        return dial.deltas(at) if dial.point.kind == "delta" else dial.registers(at)

    def _load(self, row: LoadRow, along: Axis) -> Floats:
        taste = Taste(row.noise, row.festival, tuple(row.stops))
        relative = load(row.shape, taste, along, stream(self.city.script.seed, row.point))
        out: Floats = relative * (1.0 + row.growth) ** along.years * (row.rate / 4.0)
        return out

    def _sum(self, row: SumRow, raw: dict[str, Floats], along: Axis) -> Floats:
        taken = np.sum([raw[name] for name in row.of], axis=0)
        # a pipe loses by its own warmth against the air, whatever flows
        out: Floats = taken + row.loss / 4.0 * (1.0 - 0.004 * (along.warmth - 22.5))
        return out

    def _gauge(self, row: GaugeRow, at: Ints) -> Floats:
        minute = (at - ORIGIN_US) // 60_000_000
        number = stream(self.city.script.seed, row.point)
        value = row.mean + row.swing * (0.6 * wave(number, minute, 1440) + 0.4 * wave(number, minute, 30))
        return _shown(np.rint(value / self.city.points[row.point].resolution).astype(np.int64), self.city.points[row.point].resolution)


def _shown(ticks: Ints, resolution: float) -> Floats:
    """Ticks as the decimal number on the dial, without binary dust (0.3, not 0.30000000000000004)."""
    digits = max(0, round(-np.log10(resolution))) if resolution < 1 else 0
    out: Floats = np.round(ticks * resolution, digits)
    return out
