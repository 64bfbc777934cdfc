"""Data quality from readings and cells: one row a point and day, for many points and days in one stroke."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.quality_stuck import StuckDays
from tricolor.analysis.settle import usable
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.gauges import is_integrated
from tricolor.domain.intervals import DAY_US, SECOND_US, day
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.quality import PointDay, expected_readings
from tricolor.domain.readings import ReadingBatch

LIVE_WITHIN_US = 3600 * SECOND_US  # a reading that came later than this was sent afterwards: it tells nothing of the clock
PLACES = 5  # decimals tried to find the least digit where the plate does not say
NO_STUCK: StuckDays = {}
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Plates(NamedTuple):
    """Columns by point, in the order of key."""

    key: Ints
    interval_us: Ints
    resolution: Floats
    is_register: Flags
    is_amount: Flags
    is_positive: Flags  # a negative value is a fault


class _Rows(NamedTuple):
    """Readings that belong to a known point and day. group: point place × days + day place, rising."""

    batch: ReadingBatch
    slot: Ints
    group: Ints
    is_usable: Flags


def point_days(
    points: Mapping[int, Point], days: Sequence[date], readings: ReadingBatch, cells: EnergyCells, now: int, stuck: StuckDays = NO_STUCK
) -> list[PointDay]:
    """A row for every point and every one of the days (consecutive, rising) that lies in its validity, ordered by (point, day).

    readings: sorted by (point, at), one per instant; cells: sorted by (point, start). Both may hold more than is asked for. A day is judged by what
    lies in it alone, so that a change in one day changes no other.
    """
    if not points or not days:
        return []
    plates = _plates(points)
    rows = _rows(plates, days, readings)
    size = len(plates.key) * len(days)
    counts = _counts(plates, rows, size)
    energy = _energy(plates, days, cells, size)
    smooth = _smooth(plates, rows, size)
    clock = _clock(rows, size)
    found: list[PointDay] = []
    spans = [(on.isoformat(), day(on)) for on in days]
    for place, key in enumerate(plates.key.tolist()):
        point = points[key]
        for number, (name, span) in enumerate(spans):
            if span.start >= now or span.end <= point.valid_from or (point.valid_to is not None and span.start >= point.valid_to):
                continue
            g = place * len(days) + number
            until = min(now, span.end)
            received = int(counts["received"][g])
            held = stuck.get((key, name), (0, ""))
            found.append(
                PointDay(
                    key, name, until, expected_readings(point, span, until, received > 0), received, int(counts["filled"][g]),
                    int(counts["unusable"][g]), _or_none(counts["first"][g]), _or_none(counts["last"][g]), _or_none(counts["resumed"][g]),
                    int(energy["cells"][g]), int(energy["estimated"][g]), int(energy["open"][g]), held[0], held[1],
                    int(counts["negative"][g] + energy["negative"][g]), int(smooth["deltas"][g]), _known(smooth["equal"][g]),
                    _known(smooth["variation"][g]), _known(smooth["digits"][g]), int(clock["live"][g]), int(clock["late"][g]),
                    _known(clock["median"][g]), _known(clock["spread"][g]),
                )
            )  # fmt: skip
    return found


def _or_none(at: int) -> int | None:
    return None if at < 0 else int(at)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _plates(points: Mapping[int, Point]) -> _Plates:
    rows = [points[key] for key in sorted(points)]
    return _Plates(
        np.array([p.key for p in rows], dtype=np.int64),
        np.array([p.plate.interval_s * SECOND_US for p in rows], dtype=np.int64),
        np.array([p.plate.resolution for p in rows], dtype=np.float64),
        np.array([p.plate.kind is PointKind.REGISTER for p in rows]),
        np.array([p.plate.kind is not PointKind.GAUGE or is_integrated(p) for p in rows]),
        np.array([(p.plate.kind is not PointKind.GAUGE or is_integrated(p)) and not p.plate.is_net for p in rows]),
    )


def _places(key: Ints, days: Sequence[date], point: Ints, at: Ints) -> tuple[Ints, Ints, Flags]:
    """Place of the point, group, and whether the row is asked for."""
    slot = np.minimum(np.searchsorted(key, point), len(key) - 1)
    number = (at - day(days[0]).start) // DAY_US
    wanted: Flags = (key[slot] == point) & (number >= 0) & (number < len(days))
    return slot, slot * len(days) + number, wanted


def _rows(plates: _Plates, days: Sequence[date], readings: ReadingBatch) -> _Rows:
    slot, group, wanted = _places(plates.key, days, readings.point, readings.at)
    mine = readings if wanted.all() else readings.take(wanted)
    return _Rows(mine, slot[wanted], group[wanted], usable(mine))


def _counts(plates: _Plates, rows: _Rows, size: int) -> dict[str, Ints]:
    batch, group = rows.batch, rows.group
    good = rows.is_usable
    first, last, resumed = (np.full(size, -1, dtype=np.int64) for _ in range(3))
    received = np.bincount(group, minlength=size)
    if len(group):
        is_first = np.concatenate(([True], group[1:] != group[:-1]))
        is_last = np.concatenate((is_first[1:], [True]))
        first[group[is_first]], last[group[is_last]] = batch.at[is_first], batch.at[is_last]
        long = np.maximum(3 * plates.interval_us[rows.slot], LIVE_WITHIN_US)
        after_gap = np.flatnonzero(~is_first[1:] & (np.diff(batch.at) > long[1:])) + 1
        resumed[group[after_gap]] = batch.at[after_gap]  # rows rise in time: the last one stays
    is_negative = good & plates.is_positive[rows.slot] & (batch.value < -plates.resolution[rows.slot])
    return {
        "received": received,
        "unusable": np.bincount(group[~good], minlength=size),
        "filled": _filled(plates.interval_us[rows.slot][good], group[good], batch.at[good], size),
        "negative": np.bincount(group[is_negative], minlength=size),
        "first": first,
        "last": last,
        "resumed": resumed,
    }


def _filled(interval_us: Ints, group: Ints, at: Ints, size: int) -> Ints:
    """Intervals of each group that hold a reading. The grid follows the meter's own phase (circular mean), so that jitter costs nothing."""
    if not len(group):
        return np.zeros(size, dtype=np.int64)
    rest = at % interval_us
    if not rest.any():
        slot = at // interval_us
    else:
        angle = rest * (2 * np.pi / interval_us)
        phase = np.arctan2(np.bincount(group, np.sin(angle), size), np.bincount(group, np.cos(angle), size)) / (2 * np.pi)
        slot = np.floor((at - at[0]) / interval_us - (phase[group] - at[0] % interval_us / interval_us) + 0.5).astype(np.int64)
    is_new = np.concatenate(([True], (group[1:] != group[:-1]) | (slot[1:] != slot[:-1])))
    return np.bincount(group[is_new], minlength=size)


def _energy(plates: _Plates, days: Sequence[date], cells: EnergyCells, size: int) -> dict[str, Ints]:
    slot, group, wanted = _places(plates.key, days, cells.point, cells.start)
    group, amount, flag = group[wanted], cells.amount[wanted], cells.flag[wanted]
    known = (cells.covered_us[wanted] > 0) & np.isfinite(amount)
    masks = {
        "cells": known,
        "estimated": known & (flag & CellFlag.ESTIMATED > 0),
        "open": flag & CellFlag.OPEN > 0,
        "negative": known & (amount < -1e-9) & plates.is_positive[slot[wanted]],
    }
    return {name: np.bincount(group[mask], minlength=size) for name, mask in masks.items()}


def _smooth(plates: _Plates, rows: _Rows, size: int) -> dict[str, NDArray[np.generic]]:
    """Statistics of the non-zero advances between readings that follow each other at the plate's interval.

    Advances are compared in least digits: of the plate, or where it says none, of the decimals that the day's values show.
    """
    keep = rows.is_usable & plates.is_amount[rows.slot]
    slot, group, at, value = rows.slot[keep], rows.group[keep], rows.batch.at[keep], rows.batch.value[keep]
    digit = plates.resolution[slot]
    lacking = digit == 0
    if lacking.any():
        digit = np.where(lacking, _shown_digit(group, value, size)[group], digit)
    is_next = np.zeros(len(at), dtype=bool)
    is_next[1:] = (group[1:] == group[:-1]) & (np.diff(at) <= plates.interval_us[slot][1:] * 3 // 2)
    advance = value.copy()
    before = np.concatenate((value[:1], value[:-1]))
    is_register = plates.is_register[slot]
    advance[is_register] -= before[is_register]
    valid = (is_next | ~is_register) & (advance > digit / 2) & (digit > 0)
    advance = np.where(valid, advance / np.where(digit > 0, digit, 1.0), 0.0)  # in least digits
    deltas = np.bincount(group[valid], minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(group, advance, size) / deltas
        off = np.where(valid, advance - mean[group], 0.0)
        spread = np.sqrt(np.bincount(group, off * off, size) / deltas)
        is_pair = valid.copy()
        is_pair[1:] &= valid[:-1] & (group[1:] == group[:-1])
        is_pair[:1] = False
        same = is_pair.copy()
        same[1:] &= np.abs(np.diff(advance)) < 0.5
        equal = np.bincount(group[same], minlength=size) / np.bincount(group[is_pair], minlength=size)
        return {"deltas": deltas, "equal": equal, "variation": spread / mean, "digits": mean}


def _shown_digit(group: Ints, value: Floats, size: int) -> Floats:
    """Least digit that the values of a group show: 1, 0.1 … 1e-5; finer ones count as 1e-6."""
    digit = np.full(size, 10.0 ** -(PLACES + 1))
    for places in range(PLACES, -1, -1):
        is_off = np.abs(value - np.round(value, places)) > 1e-9 * np.maximum(1.0, np.abs(value))
        fits = np.bincount(group[is_off], minlength=size) == 0
        digit[fits] = 10.0**-places
    return digit


def _clock(rows: _Rows, size: int) -> dict[str, NDArray[np.generic]]:
    """Delay of what came at once. Of a message with several readings of a point only the newest tells how long it took."""
    batch = rows.batch
    known = batch.received_at > 0
    delay = batch.received_at - batch.at
    is_late = known & (delay > LIVE_WITHIN_US)
    is_newest = np.ones(len(batch), dtype=bool)
    is_newest[:-1] = (batch.received_at[1:] != batch.received_at[:-1]) | (rows.group[1:] != rows.group[:-1])
    live = known & ~is_late & is_newest
    group, delay = rows.group[live], delay[live]
    order = np.lexsort((delay, group))
    delay = delay[order]
    count = np.bincount(group, minlength=size)
    begin = np.cumsum(count) - count
    median, spread = np.full(size, np.nan), np.full(size, np.nan)
    some = count >= 4  # fewer say nothing of a spread
    first, n = begin[some], count[some] - 1
    if some.any():
        quarter, half, three = (delay[first + (n * q) // 4] / SECOND_US for q in (1, 2, 3))
        median[some], spread[some] = half, three - quarter
    return {"live": count, "late": np.bincount(rows.group[is_late], minlength=size), "median": median, "spread": spread}
