"""Settling: readings of many points at once become 15-minute energy by each point's kind and plate."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.cells import spread
from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import CELL_US, SECOND_US
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.domain.registers import PlateColumns, Steps, delta_steps, register_steps


class _Plates(NamedTuple):
    key: NDArray[np.int64]  # sorted
    kind: NDArray[np.uint8]
    interval_us: NDArray[np.int64]
    columns: PlateColumns


_KINDS = {PointKind.REGISTER: 1, PointKind.DELTA: 2, PointKind.GAUGE: 3}


def settle(points: Mapping[int, Point], batch: ReadingBatch) -> EnergyCells:
    """Cells of the batch, sorted by (point, start). batch: sorted by (point, at), one reading per instant; gauges and unknown points give none.

    Readings of quality BAD or CALIBRATION are left out, as if the meter had been silent.
    """
    if not len(batch):
        return EnergyCells.empty()
    plates = _plates(points)
    if len(plates.key) == 0:
        return EnergyCells.empty()
    slot = np.minimum(np.searchsorted(plates.key, batch.point), len(plates.key) - 1)
    is_usable = (plates.key[slot] == batch.point) & (batch.quality < Quality.CALIBRATION) & np.isfinite(batch.value)
    steps = [
        _steps_of(batch, slot, plates, is_usable & (plates.kind[slot] == _KINDS[PointKind.REGISTER]), PointKind.REGISTER),
        _steps_of(batch, slot, plates, is_usable & (plates.kind[slot] == _KINDS[PointKind.DELTA]), PointKind.DELTA),
    ]
    cells = [spread(part, _gap_us(part, plates)) for part in steps if len(part.start)]
    merged = EnergyCells.concat(cells)
    if len(cells) < 2:
        return merged
    return merged.take(np.lexsort((merged.start, merged.point)))


def _plates(points: Mapping[int, Point]) -> _Plates:
    rows = sorted(points.values(), key=lambda p: p.key)
    nan = float("nan")
    return _Plates(
        np.array([p.key for p in rows], dtype=np.int64),
        np.array([_KINDS[p.plate.kind] for p in rows], dtype=np.uint8),
        np.array([p.plate.interval_s * SECOND_US for p in rows], dtype=np.int64),
        PlateColumns(
            np.array([nan if p.plate.capacity is None else p.plate.capacity for p in rows]),
            np.array([nan if p.plate.max_rate is None else p.plate.max_rate for p in rows]),
            np.array([p.plate.resolution for p in rows]),
            np.array([p.plate.multiplier for p in rows]),
        ),
    )


def _steps_of(batch: ReadingBatch, slot: NDArray[np.int64], plates: _Plates, rows: NDArray[np.bool_], kind: PointKind) -> Steps:
    if not rows.any():
        return Steps.concat([])
    if rows.all():
        point, at, value, place = batch.point, batch.at, batch.value, slot
    else:
        point, at, value, place = batch.point[rows], batch.at[rows], batch.value[rows], slot[rows]
    columns = PlateColumns(*(column[place] for column in plates.columns))
    if kind is PointKind.REGISTER:
        return register_steps(point, at, value, columns)
    return delta_steps(point, at, value, plates.interval_us[place], columns)


def _gap_us(steps: Steps, plates: _Plates) -> NDArray[np.int64]:
    """Longest step whose split over the cells still counts as measured: one and a half intervals, at least one cell."""
    interval = plates.interval_us[np.searchsorted(plates.key, steps.point)]
    longest: NDArray[np.int64] = np.maximum(interval + interval // 2, CELL_US + CELL_US // 2)
    return longest
