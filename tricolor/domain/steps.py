"""Steps: how a point got from one accepted reading to the next, each with the name of what it is."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class StepKind(IntEnum):
    """What a step is. LEAP and OPEN are parked: their energy is not known and not in the amount (DESIGN §5)."""

    FORWARD = 0  # the register went forward, within what the plate allows
    STILL = 1  # the same value, or a fall within the least digit
    ROLLED_OVER = 2  # through the capacity back to zero, and on
    DIP = 3  # readings between fell or leapt and came back: they were misread, nothing is lost
    LEAP = 4  # a jump beyond the plate that stays: a person decides
    EXCHANGED = 5  # up to the final reading, or on from the first one, of a declared meter exchange
    OPEN = 6  # a drop that stays and was not declared: a person decides
    STUCK = 7  # still, while another meter says otherwise (found by comparison, never by the register alone)
    CLOCK = 8  # a reading stamped ahead of its arrival: left out
    BACKWARD = 9  # a net register ran backwards, within what the plate allows: a negative amount


def direction(amount: NDArray[np.float64]) -> NDArray[np.uint8]:
    """FORWARD, STILL or BACKWARD by the sign of each amount."""
    kind = np.where(amount > 0, np.uint8(StepKind.FORWARD), np.uint8(StepKind.STILL))
    kind[amount < 0] = StepKind.BACKWARD
    return kind


PARKED = frozenset({int(StepKind.LEAP), int(StepKind.OPEN)})


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Accepted steps, columns of equal length, ordered by (point, start). start, end [µs]; amount [meter's unit × multiplier] (with the flag OPEN
    it is the jump that is parked, negative for a drop, and does not count); flag (CellFlag); kind (StepKind)."""

    point: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    amount: NDArray[np.float64]
    flag: NDArray[np.uint8]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "Steps":
        return Steps(self.point[rows], self.start[rows], self.end[rows], self.amount[rows], self.flag[rows], self.kind[rows])

    @staticmethod
    def empty() -> "Steps":
        none, codes = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8)
        return Steps(none, none, none, np.empty(0), codes, codes)

    @staticmethod
    def concat(parts: "list[Steps]") -> "Steps":
        if not parts:
            return Steps.empty()
        if len(parts) == 1:
            return parts[0]
        return Steps(
            np.concatenate([p.point for p in parts]), np.concatenate([p.start for p in parts]), np.concatenate([p.end for p in parts]),
            np.concatenate([p.amount for p in parts]), np.concatenate([p.flag for p in parts]), np.concatenate([p.kind for p in parts]),
        )  # fmt: skip

    def in_order(self) -> "Steps":
        """The same steps, sorted by (point, start)."""
        return self.take(np.lexsort((self.start, self.point)))
