"""Meters that misbehave for good: exchanged with and without a word, leapt, dead, with a clock that gains; a source that cools now and then.
Functions of the instant alone."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from simulators.dials import Devices
from simulators.faults import Columns, Fault
from simulators.noise import Floats, Ints
from simulators.script import MishapRow, PointRow
from tricolor.domain.intervals import CELL_US, DAY_US, MINUTE_US, SECOND_US

AHEAD_MAX_S = 240.0  # the service turns away what is more than five minutes ahead
EDGE_US = MINUTE_US  # a cold spell falls, and rises again, in so long; and keeps so far from the quarter hours


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that somebody declares: instant [µs], last value of the old meter and first of the new one, in its own unit."""

    point: str
    at: int
    final: float
    start: float
    reason: str
    by: str


def mishaps(devices: Devices, started: int) -> dict[str, Fault]:
    """What the script does to each point. started: of the first run [µs]."""
    found: dict[str, Fault] = {}
    for row in devices.city.script.mishaps:
        found[row.point] = _fault(devices, row, started)
    return found


def declared(devices: Devices, started: int) -> list[Exchange]:
    """The exchanges that were declared as they should be."""
    found = []
    for row in devices.city.script.mishaps:
        if row.kind == "exchange":
            at = _moment(row, started)
            found.append(Exchange(row.point, at, _shown_at(devices, row.point, at), row.start, row.reason, row.by))
    return found


def _moment(row: MishapRow, started: int) -> int:
    """When it happened: between two readings of the quarter-hour grid."""
    return (started - row.before_s * SECOND_US) // CELL_US * CELL_US + 7 * MINUTE_US


def _shown_at(devices: Devices, point: str, at: int) -> float:
    devices.reach(at)
    return float(devices.values(point, np.array([at], dtype=np.int64))[0])


def _fault(devices: Devices, row: MishapRow, started: int) -> Fault:
    at, point = _moment(row, started), devices.city.points[row.point]
    if row.kind == "dead":
        return partial(_dead, at)
    if row.kind == "cold":
        return partial(_cold, _between_quarters(started + row.after_s * SECOND_US, row.for_s * SECOND_US), row)
    if row.kind == "clock":
        return partial(_fast_clock, started, row.ahead_s, row.a_day_s)
    return partial(_shifted, point, at, row.jump if row.kind == "leap" else row.start - _shown_at(devices, row.point, at))


def _dead(since: int, at: Ints, value: Floats) -> Columns:
    return at[at < since], value[at < since]


def _between_quarters(wanted: int, length: int) -> int:
    """The first instant [µs] from `wanted` on after which so long lies between two quarter hours."""
    begin = wanted - wanted % CELL_US + max(wanted % CELL_US, EDGE_US)
    return begin if begin % CELL_US + length + EDGE_US <= CELL_US else begin - begin % CELL_US + CELL_US + EDGE_US


def _cold(first: int, row: MishapRow, at: Ints, value: Floats) -> Columns:
    into = np.where(at >= first, (at - first) % (row.every_s * SECOND_US), -1)
    depth = np.clip(np.minimum(into, row.for_s * SECOND_US - into) / EDGE_US, 0.0, 1.0)
    return at, np.round(value + depth * (row.value - value), 1)


def _fast_clock(started: int, ahead_s: float, a_day_s: float, at: Ints, value: Floats) -> Columns:
    ahead = np.clip(ahead_s + (at - started) / DAY_US * a_day_s, 0.0, AHEAD_MAX_S)
    return at + ahead.astype(np.int64) * SECOND_US, value


def _shifted(point: PointRow, since: int, by: float, at: Ints, value: Floats) -> Columns:
    digits = max(0, round(-np.log10(point.resolution))) if point.resolution < 1 else 0
    moved = value + by
    if point.capacity is not None:
        moved = moved % point.capacity
    return at, np.where(at >= since, np.round(moved, digits), value)
