"""What rating plates allow, as columns: one row a reading."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.intervals import HOUR_US, MINUTE_US

CLOCK_JITTER_US = MINUTE_US  # readings may be stamped this much late, so the plate's rate gets this much more time
DIGIT_SLACK = 1e-9  # relative; 100.1 - 100.0 is a little more than the 0.1 that the least digit is


class PlateColumns(NamedTuple):
    """Plates of the points of a batch, one row a reading: capacity and max_rate are NaN where the plate does not say.

    is_net: which of them may run backwards; None: none of them.
    """

    capacity: NDArray[np.float64]
    max_rate: NDArray[np.float64]
    resolution: NDArray[np.float64]
    multiplier: NDArray[np.float64]
    is_net: NDArray[np.bool_] | None = None

    def take(self, rows: NDArray[np.int64] | slice) -> "PlateColumns":
        is_net = None if self.is_net is None else self.is_net[rows]
        return PlateColumns(self.capacity[rows], self.max_rate[rows], self.resolution[rows], self.multiplier[rows], is_net)

    def size_of(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amounts as the plate's rate bounds them: a net meter's count the same in both directions."""
        return amount if self.is_net is None else np.where(self.is_net, np.abs(amount), amount)


def allowed(elapsed_us: NDArray[np.int64], max_rate: NDArray[np.float64], resolution: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest advance the plate allows in the time, infinity where it does not say."""
    limit = elapsed_us + np.float64(CLOCK_JITTER_US)
    limit /= HOUR_US
    limit *= max_rate
    limit += resolution
    limit += resolution
    limit[np.isnan(limit)] = np.inf
    return limit


def within_digit(advance: NDArray[np.float64], value: NDArray[np.float64] | np.float64, resolution: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether an advance (or a fall, given positive) is no more than the least digit, arithmetic noise aside. All False for resolution 0."""
    slack: NDArray[np.float64] = resolution + DIGIT_SLACK * np.abs(value)
    return (resolution > 0) & (advance <= slack)
