"""Load shapes: how hard a kind of user works at each quarter hour, as a share of its usual rate (about 1 on an ordinary working day).

A new shape is one new function here with the decorator; scripts name it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulators.calendar import Axis
from simulators.noise import Floats, uniform, wave


@dataclass(frozen=True, slots=True)
class Taste:
    """What tells two users of one shape apart.

    noise: size of the random part; festival: load left at Spring Festival; stops: [(month, first day, last day)].
    """

    noise: float = 0.05
    festival: float = 0.6
    stops: tuple[tuple[int, int, int], ...] = ()


Shape = Callable[[Axis], Floats]
SHAPES: dict[str, Shape] = {}


def shape(function: Shape) -> Shape:
    SHAPES[function.__name__] = function
    return function


def load(name: str, taste: Taste, axis: Axis, stream_id: int) -> Floats:
    """Load of the shape with Spring Festival, planned stops and noise; never negative, the same for the same (axis, stream)."""
    base = SHAPES[name](axis)
    # a wide dip: people leave some days before and come back after the Lantern Festival
    depth = np.clip(1.0 - np.abs(axis.festival - 2.0) / 9.0, 0.0, 1.0)
    base = base * (1.0 - (1.0 - taste.festival) * np.minimum(1.0, 1.6 * depth))
    for month, first, last in taste.stops:
        is_stopped = (axis.month_of_year == month) & (axis.day_of_month >= first) & (axis.day_of_month <= last)
        base = np.where(is_stopped, base * 0.04, base)
    slow = wave(stream_id, axis.quarter, 96 * 6) + 0.6 * wave(stream_id, axis.quarter, 96)
    fast = 0.5 * wave(stream_id, axis.quarter, 4) + 0.4 * (2 * uniform(stream_id, axis.quarter) - 1)
    out: Floats = np.maximum(0.0, base * (1.0 + taste.noise * (slow + fast)))
    return out


def _between(hour: Floats, first: float, last: float, edge_h: float = 0.5) -> Floats:
    """1 from `first` to `last` o'clock with ramps of edge_h hours, else 0."""
    out: Floats = np.clip((hour - first) / edge_h, 0.0, 1.0) * np.clip((last - hour) / edge_h, 0.0, 1.0)
    return out


@shape
def continuous(axis: Axis) -> Floats:
    """Chemical plant that never stops: flat, a little more cooling in summer."""
    return 1.0 + 0.004 * (axis.warmth - 22.5)


@shape
def furnace(axis: Axis) -> Floats:
    """Submerged-arc furnace: hard at night when electricity is cheap, throttled in the two price peaks."""
    peak = _between(axis.hour, 10.0, 12.0, 0.25) + _between(axis.hour, 18.5, 22.0, 0.25)
    night = np.where((axis.hour < 7.5) | (axis.hour >= 23.0), 1.0, 0.0)
    return 1.0 + 0.08 * night - 0.16 * peak


@shape
def three_shift(axis: Axis) -> Floats:
    """Three shifts with short changes at 0, 8 and 16 o'clock; Sundays a little less."""
    change = np.exp(-(((axis.hour + 0.1) % 8.0 - 0.35) ** 2) / 0.08)
    out: Floats = (1.0 - 0.14 * change) * np.where(axis.weekday == 6, 0.9, 1.0) * (1.0 + 0.05 * _between(axis.hour, 8, 17))
    return out


@shape
def two_shift(axis: Axis) -> Floats:
    """Two shifts from 7 to 23 o'clock, Saturday shorter, Sunday closed."""
    working = _between(axis.hour, 6.75, 23.0)
    week = np.where(axis.weekday == 6, 0.15, np.where(axis.weekday == 5, 0.75, 1.0)) * np.where(axis.is_holiday, 0.3, 1.0)
    out: Floats = 0.12 + 1.25 * working * week
    return out


@shape
def day_shift(axis: Axis) -> Floats:
    """Eight to six with a lunch break, five and a half days a week."""
    working = _between(axis.hour, 7.5, 18.25) * (1.0 - 0.45 * _between(axis.hour, 12.0, 13.5, 0.25))
    afternoon_off = (axis.weekday == 5) & (axis.hour >= 13)
    week = np.where((axis.weekday == 6) | afternoon_off, 0.08, 1.0) * np.where(axis.is_holiday, 0.1, 1.0)
    out: Floats = 0.10 + 1.9 * working * week
    return out


@shape
def cold_store(axis: Axis) -> Floats:
    """Refrigeration: follows the warmth outside, with processing by day."""
    return 0.55 + 0.025 * (axis.warmth - 12.0) + 0.35 * _between(axis.hour, 6.0, 19.0, 1.0)


@shape
def sugar(axis: Axis) -> Floats:
    """Cane sugar: crushing from November to March day and night, maintenance for the rest of the year."""
    month = axis.month_of_year + (axis.day_of_month - 1) / 31.0
    season = np.clip((month - 11.2) / 0.3, 0.0, 1.0) + np.clip((3.9 - month) / 0.4, 0.0, 1.0)
    return 0.035 + 0.02 * _between(axis.hour, 8, 18) + np.minimum(1.0, season) * (1.0 + 0.03 * np.sin(axis.hour * np.pi / 6))


@shape
def kiln(axis: Axis) -> Floats:
    """Brick and ceramic tunnel kiln: continuous firing, shaping by day, cold around Spring Festival (the kiln is put out)."""
    out = 0.85 + 0.3 * _between(axis.hour, 7.0, 19.0)
    is_out = (axis.festival >= -12) & (axis.festival <= 14)
    return np.where(is_out, 0.05, out)


@shape
def power_plant(axis: Axis) -> Floats:
    """Coal-fired combined heat and power: follows the evening peak and the summer, with a floor for the heat users."""
    daily = 0.8 + 0.18 * _between(axis.hour, 7.0, 23.0, 2.0) + 0.14 * np.exp(-((axis.hour - 19.5) ** 2) / 5.0)
    return daily * (1.0 + 0.012 * (axis.warmth - 22.5))


@shape
def society(axis: Axis) -> Floats:
    """Homes, shops, farms and small industry of a district: morning and evening peaks, air conditioning, quiet weekends."""
    daily = 0.72 + 0.32 * _between(axis.hour, 7.0, 22.5, 1.5) + 0.22 * np.exp(-((axis.hour - 19.8) ** 2) / 4.0)
    cooling = 0.022 * np.maximum(0.0, axis.warmth - 25.0) + 0.018 * np.maximum(0.0, 13.0 - axis.warmth)
    return (daily + cooling) * np.where(axis.weekday >= 5, 0.95, 1.0)


@shape
def heat_user(axis: Axis) -> Floats:
    """Process steam: nearly continuous, a little more in cold weather."""
    return 1.0 + 0.05 * _between(axis.hour, 8.0, 20.0, 1.0) - 0.008 * (axis.warmth - 22.5)
