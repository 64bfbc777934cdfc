"""The reading and energy stores as dictionaries: what the tests of other modules stand on. Held to the same contract suite as the real ones."""

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from tricolor.adapters.stores.columns import merged, require_inside, with_neighbours
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import Interval
from tricolor.domain.readings import ReadingBatch

Row = tuple[int, int, float, int, int, int]


class MemoryStore:
    """ReadingStore and EnergyStore that forgets at exit. `is_down = True` makes every call raise TryAgain."""

    def __init__(self) -> None:
        self.is_down = False
        self._lock = threading.Lock()
        self._readings: dict[tuple[int, int], Row] = {}
        self._cells: dict[tuple[int, int], tuple[int, int, float, int, int]] = {}

    def put(self, batch: ReadingBatch) -> None:
        """Keep, of each (point, instant), the row of the highest seq; the later one when equal."""
        self._require_up()
        columns = (batch.point, batch.at, batch.value, batch.quality, batch.seq, batch.received_at)
        with self._lock:
            for row in zip(*(column.tolist() for column in columns), strict=True):
                held = self._readings.get(row[:2])
                if held is None or held[4] <= row[4]:
                    self._readings[row[:2]] = row

    def read(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Sorted by (point, at), one row per instant."""
        batch = self._of(points)
        return batch.take((batch.at >= span.start) & (batch.at < span.end))

    def around(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Like read, and beside it each point's nearest reading before and after the span that is neither bad nor of a calibration."""
        return with_neighbours(self._of(points), span)

    def latest(self) -> Mapping[int, int]:
        """Time [µs] of the newest reading of every point."""
        self._require_up()
        newest: dict[int, int] = {}
        with self._lock:
            for point, at in self._readings:
                newest[point] = max(at, newest.get(point, at))
        return newest

    def replace(self, spans: Sequence[tuple[int, Interval]], cells: EnergyCells) -> None:
        """For each (point, span): the stored cells whose start lies in it become those among `cells`."""
        self._require_up()
        gone = merged(spans)
        require_inside(cells, *gone)
        columns = (cells.point, cells.start, cells.amount, cells.covered_us, cells.flag)
        with self._lock:
            for point, start, end in zip(*(column.tolist() for column in gone), strict=True):
                for key in [k for k in self._cells if k[0] == point and start <= k[1] < end]:
                    del self._cells[key]
            for row in zip(*(column.tolist() for column in columns), strict=True):
                self._cells[row[:2]] = row

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        """Sorted by (point, start)."""
        self._require_up()
        asked = set(points)
        with self._lock:
            rows = sorted(row for key, row in self._cells.items() if key[0] in asked and key[1] in span)
        if not rows:
            return EnergyCells.empty()
        point, start, amount, covered_us, flag = zip(*rows, strict=True)
        return EnergyCells(np.array(point), np.array(start), np.array(amount), np.array(covered_us), np.array(flag, dtype=np.uint8))

    def close(self) -> None:
        """Nothing to let go of."""

    def _of(self, points: Sequence[int]) -> ReadingBatch:
        self._require_up()
        asked = set(points)
        with self._lock:
            rows = sorted(row for key, row in self._readings.items() if key[0] in asked)
        if not rows:
            return ReadingBatch.empty()
        point, at, value, quality, seq, received = zip(*rows, strict=True)
        return ReadingBatch(np.array(point), np.array(at), np.array(value), np.array(quality, dtype=np.uint8), np.array(seq), np.array(received))

    def _require_up(self) -> None:
        if self.is_down:
            raise TryAgain("the store is down")
