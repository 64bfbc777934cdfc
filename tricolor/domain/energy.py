"""Energy per 15-minute cell, with what is known about each cell."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray


class CellFlag(IntFlag):
    """How a cell's amount came about; several may hold."""

    MEASURED = 0
    ESTIMATED = 1  # total of a gap is certain, its split over the cells is linear
    ROLLED_OVER = 2  # the register passed its capacity
    DIP = 4  # a reading fell and came back; nothing lost
    OPEN = 8  # a jump or an undeclared drop is parked here for a person: that part is not in the amount
    RECOVERED = 16  # a register stood still and then made up for it: the total is certain, not when it was used
    SUBSTITUTED = 32
    SUSPECT = 64
    QUANTISED = 128  # an advance of no more than the least digit: certain in the long run, not in this cell


FLAG_NAMES: dict[CellFlag, str] = {f: f.name.lower() for f in CellFlag if f.name}


def flag_names(code: int) -> list[str]:
    """Lower-case names of the flags set in a code; ["measured"] for 0."""
    names = [name for flag, name in FLAG_NAMES.items() if flag and code & flag]
    return names or ["measured"]


@dataclass(frozen=True, slots=True, eq=False)
class EnergyCells:
    """Columns of equal length, one row a cell that holds something: point (registry key), start [µs], amount (point's unit × multiplier;
    NaN where nothing is known), covered_us [µs of the cell that accepted steps cover, 0..900 s], flag (CellFlag)."""

    point: NDArray[np.int64]
    start: NDArray[np.int64]
    amount: NDArray[np.float64]
    covered_us: NDArray[np.int64]
    flag: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)

    @staticmethod
    def empty() -> "EnergyCells":
        none = np.empty(0, dtype=np.int64)
        return EnergyCells(none, none, np.empty(0), none, np.empty(0, dtype=np.uint8))

    @staticmethod
    def concat(parts: "list[EnergyCells]") -> "EnergyCells":
        if not parts:
            return EnergyCells.empty()
        return EnergyCells(
            np.concatenate([p.point for p in parts]), np.concatenate([p.start for p in parts]),
            np.concatenate([p.amount for p in parts]), np.concatenate([p.covered_us for p in parts]),
            np.concatenate([p.flag for p in parts]),
        )  # fmt: skip

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "EnergyCells":
        return EnergyCells(self.point[rows], self.start[rows], self.amount[rows], self.covered_us[rows], self.flag[rows])
