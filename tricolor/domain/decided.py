"""What people decided about amounts: parked jumps that they confirmed, and amounts of their own that stand for whole cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose

import numpy as np

from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US
from tricolor.domain.steps import PARKED, Steps

CONFIRMED = np.uint8(CellFlag.RECOVERED | CellFlag.ESTIMATED)  # the total is certain (a person says so), not when it was used
SUBSTITUTED = np.uint8(CellFlag.SUBSTITUTED | CellFlag.ESTIMATED)
SAME_JUMP = 1e-9  # relative; the one jump, computed with and without a multiplier, differs in its last bits


@dataclass(frozen=True, slots=True, order=True)
class Confirmed:
    """A person says that the jump [meter's own unit] parked in the step start..end [µs] was really used. amount [unit of the cells]: as the person
    states it; None: the jump itself. It holds for this very jump: where a correction changes it, the question is open again."""

    point: int
    start: int
    end: int
    jump: float
    amount: float | None = field(default=None, compare=False)
    decision: int = field(default=0, compare=False)
    person: str = field(default="", compare=False)
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Substitute:
    """A person's amount [unit of the cells] for the whole cells of [start, end) [µs], whatever the meter gave."""

    point: int
    start: int
    end: int
    amount: float
    decision: int = field(default=0, compare=False)
    person: str = field(default="", compare=False)
    reason: str = field(default="", compare=False)


def is_same_jump(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=SAME_JUMP)


def confirm(steps: Steps, confirmed: Mapping[int, Sequence[Confirmed]], multiplier: Mapping[int, float]) -> Steps:
    """Steps whose parked jumps count where a person confirmed them. multiplier: already in the amounts, by point."""
    flag = steps.flag.copy()
    for key, mine in confirmed.items():
        begin, end = np.searchsorted(steps.point, [key, key + 1]).tolist()
        for each in mine:
            low, high = (begin + np.searchsorted(steps.start[begin:end], [each.start, each.start + 1])).tolist()
            for row in range(low, high):
                is_it = int(steps.end[row]) == each.end and steps.kind[row] in PARKED
                if is_it and is_same_jump(float(steps.amount[row]), each.jump * multiplier.get(key, 1.0)):
                    flag[row] = (flag[row] & ~np.uint8(CellFlag.OPEN)) | CONFIRMED
    return Steps(steps.point, steps.start, steps.end, steps.amount, flag, steps.kind)


def state_amounts(steps: Steps, confirmed: Mapping[int, Sequence[Confirmed]]) -> Steps:
    """Confirmed steps with the amount that the person stated, multiplier and all; one that a change of the multiplier cut shares it by time."""
    amount = steps.amount.copy()
    for key, mine in confirmed.items():
        begin, end = np.searchsorted(steps.point, [key, key + 1]).tolist()
        for each in mine:
            if each.amount is None:
                continue
            low, high = (begin + np.searchsorted(steps.start[begin:end], [each.start, each.end])).tolist()
            for row in range(low, high):
                if steps.end[row] <= each.end and steps.kind[row] in PARKED and not steps.flag[row] & CellFlag.OPEN:
                    amount[row] = each.amount * (int(steps.end[row] - steps.start[row]) / (each.end - each.start))
    return Steps(steps.point, steps.start, steps.end, amount, steps.flag, steps.kind)


def substituted(cells: EnergyCells, substitutes: Mapping[int, Sequence[Substitute]]) -> EnergyCells:
    """The cells, sorted by (point, start), with what people gave in place of what the meters gave; split evenly. Of two for one cell the one that
    begins later holds."""
    parts, keep = [], np.ones(len(cells), dtype=bool)
    for key in sorted(substitutes):
        begin, end = np.searchsorted(cells.point, [key, key + 1]).tolist()
        given: dict[int, float] = {}
        for each in substitutes[key]:
            low, high = (begin + np.searchsorted(cells.start[begin:end], [each.start, each.end])).tolist()
            keep[low:high] = False
            starts = range(each.start, each.end, CELL_US)
            given.update(dict.fromkeys(starts, each.amount / len(starts)))
        count = len(given)
        parts.append(
            EnergyCells(
                np.full(count, key),
                np.fromiter(given, dtype=np.int64, count=count),
                np.fromiter(given.values(), dtype=np.float64, count=count),
                np.full(count, CELL_US),
                np.full(count, SUBSTITUTED),
            )
        )
    whole = EnergyCells.concat([cells.take(keep), *parts])
    return whole.take(np.lexsort((whole.start, whole.point)))
