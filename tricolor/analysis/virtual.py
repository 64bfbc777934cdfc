"""Cells of virtual points from the cells that their formulas read: missing where one is missing, covered as the weakest is."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.formulas import Formula, evaluate
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import CELL_US, Interval
from tricolor.domain.meters import Point


def virtual_cells(registry: Registry, formulas: Mapping[int, Formula], inputs: EnergyCells, windows: Mapping[int, Interval]) -> EnergyCells:
    """Cells of the virtual points (by key) in their windows, sorted by (point, start). inputs: of all the points named, sorted by (point, start)."""
    parts = [_cells(registry, registry.by_key[key], formulas[key], inputs, windows[key]) for key in sorted(formulas)]
    return EnergyCells.concat([part for part in parts if len(part)])


def _cells(registry: Registry, point: Point, formula: Formula, inputs: EnergyCells, window: Interval) -> EnergyCells:
    first = max(window.start, -(-point.valid_from // CELL_US) * CELL_US)
    last = window.end if point.valid_to is None else min(window.end, point.valid_to)
    count = max(0, -(-(last - first) // CELL_US))
    if not count:
        return EnergyCells.empty()
    amounts: dict[str, NDArray[np.float64]] = {}
    units: dict[str, str] = {}
    covered = np.full(count, CELL_US, dtype=np.int64)
    flag = np.zeros(count, dtype=np.uint8)
    for name in formula.names:
        read = registry.points[name]
        low, high = np.searchsorted(inputs.point, [read.key, read.key + 1]).tolist()
        begin, end = (np.searchsorted(inputs.start[low:high], [first, last]) + low).tolist()
        place = (inputs.start[begin:end] - first) // CELL_US
        amount, weakest = np.full(count, np.nan), np.zeros(count, dtype=np.int64)
        amount[place], weakest[place] = inputs.amount[begin:end], inputs.covered_us[begin:end]
        flag[place] |= inputs.flag[begin:end]
        amounts[name], units[name] = amount, amount_unit(read)
        covered = np.minimum(covered, weakest)
    found = evaluate(formula, amounts, units, point.unit)
    rows = np.flatnonzero(np.isfinite(found) & (covered > 0))
    return EnergyCells(
        np.full(len(rows), point.key, dtype=np.int64), first + rows * CELL_US, found[rows] * point.plate.multiplier, covered[rows], flag[rows]
    )
