"""Gauges of power and flow, integrated over time: a value holds until the next one comes, but never longer than two intervals."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.plates import PlateColumns, within_digit
from tricolor.domain.steps import StepKind, Steps, direction

HOLD_INTERVALS = 2  # a gauge silent for longer is not known, it is not zero
# unit of the gauge -> unit of its integral, and how much of it one unit makes in an hour
INTEGRALS: Final[dict[str, tuple[str, float]]] = {
    "kW": ("kWh", 1.0), "MW": ("MWh", 1.0), "W": ("Wh", 1.0), "t/h": ("t", 1.0), "kg/h": ("kg", 1.0), "m3/h": ("m3", 1.0), "L/s": ("m3", 3.6),
}  # fmt: skip


def is_integrated(point: Point) -> bool:
    """Whether the point is a gauge whose integral is an amount (power, mass flow, volume flow)."""
    return point.plate.kind is PointKind.GAUGE and point.unit in INTEGRALS


def amount_unit(point: Point) -> str:
    """Unit of the point's cells: kWh for a gauge in kW; the point's own unit for a register or a delta."""
    return INTEGRALS[point.unit][0] if is_integrated(point) else point.unit


def gauge_steps(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], interval_us: NDArray[np.int64], plate: PlateColumns,
    per_hour: NDArray[np.float64],
) -> Steps:  # fmt: skip
    """Steps of gauges, rows sorted by (point, at). per_hour: amount that one unit makes in an hour.

    A value beyond the plate's max_rate is parked as LEAP, a negative one as OPEN unless the meter is a net one; a negative one within the least
    digit is zero.
    """
    hold = HOLD_INTERVALS * interval_us
    is_same = point[1:] == point[:-1]
    hold[:-1][is_same] = np.minimum((at[1:] - at[:-1])[is_same], hold[:-1][is_same])
    limit = np.where(np.isnan(plate.max_rate), np.inf, plate.max_rate + 2 * plate.resolution)
    size = plate.size_of(value)
    is_noise = (size < 0) & within_digit(-value, value, plate.resolution)
    is_good = ((size >= 0) & (size <= limit)) | is_noise
    amount = np.where(is_noise, 0.0, value * (hold / HOUR_US) * per_hour * plate.multiplier)
    flag = np.where(is_good, CellFlag.MEASURED, CellFlag.OPEN).astype(np.uint8)
    kind = np.where(is_good, direction(amount), np.where(value < 0, StepKind.OPEN, StepKind.LEAP)).astype(np.uint8)
    return Steps(point, at, at + hold, amount, flag, kind)
