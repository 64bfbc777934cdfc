"""Rolling 15-minute cells up to the calendar of Asia/Shanghai."""

from dataclasses import dataclass

import numpy as np

from tricolor.domain.energy import CellFlag, EnergyCells, flag_names
from tricolor.domain.intervals import Interval, Step, ceil_cell, floor_cell, step_edges


@dataclass(frozen=True, slots=True)
class StepCell:
    """One step of an energy answer. amount: None where nothing is known; coverage: share [0..1] of the step's time that accepted steps cover."""

    start: int
    end: int
    amount: float | None
    coverage: float
    estimated: bool
    flags: list[str]


def roll_up(cells: EnergyCells, span: Interval, step: Step) -> list[StepCell]:
    """Steps that tile the span, which is widened to whole 15-minute cells. cells: of ONE point, sorted by start."""
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    edges = step_edges(wide, step)
    if len(edges) < 2:
        return []
    inside = (cells.start >= wide.start) & (cells.start < wide.end)
    place = np.searchsorted(edges, cells.start[inside], side="right") - 1
    count = len(edges) - 1
    known = np.nan_to_num(cells.amount[inside], nan=0.0)
    amount = np.bincount(place, weights=known, minlength=count)
    covered = np.bincount(place, weights=cells.covered_us[inside].astype(np.float64), minlength=count)
    flags = np.zeros(count, dtype=np.uint8)
    np.bitwise_or.at(flags, place, cells.flag[inside])
    lengths = np.diff(edges)
    return [
        StepCell(
            int(edges[i]), int(edges[i + 1]), float(amount[i]) if covered[i] > 0 else None, min(1.0, float(covered[i] / lengths[i])),
            bool(flags[i] & CellFlag.ESTIMATED), flag_names(int(flags[i])) if covered[i] > 0 or flags[i] else [],
        )
        for i in range(count)
    ]  # fmt: skip
