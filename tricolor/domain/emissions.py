"""Pollutants of an outlet: what its points mean, mass of a minute, the hours of a day, permits, and how days add up.

An outlet is one station of HJ 212 (its MN). Concentration is held in mg/m3 (water too: 1 mg/L is 1000 mg/m3), flow in m3/h, mass in kg.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.errors import Problems
from tricolor.domain.units import dimension

Floats = NDArray[np.float64]
MINUTES = 1440
KG_PER_MG = 1e-6
FLOWS = {"air": "a00000", "water": "w00000"}
PERIOD_MINUTES = {"": 0, "minute": 10, "hour": 60, "day": MINUTES}  # minute: unless the point's interval says otherwise
CONCENTRATION, CONVERTED, AMOUNT = ("avg", "rtd"), ("zsavg", "zsrtd"), "cou"
COU_FACTOR, COU_SLACK_KG = 2.0, 0.01  # a Cou further from flow × concentration than this is not believed; stations round to 3 digits


class HourFlag(IntFlag):
    """What is to be known about an hour; several may hold."""

    FINE = 0
    UNCERTAIN = 1  # part of it was beyond the range or of an unknown flag
    MANUAL = 2  # part of it was typed by a person
    CALIBRATION = 4  # part of it the instrument was calibrated or maintained
    FAULT = 8  # part of it the instrument failed, was unreachable or stopped
    CALCULATED = 16  # mass from flow × concentration, no Cou
    COU_DOUBTED = 32  # its Cou contradicts flow × concentration and was left out
    SPLIT = 64  # its share of the day's amount: the day is certain, the hour is not
    UNCONVERTED = 128  # flue gas without a value at reference oxygen: the limit meets the actual concentration


HOUR = np.dtype([("mean", "<f8"), ("mass", "<f8"), ("estimated", "<f8"), ("minutes", "<i2"), ("mass_minutes", "<i2"), ("flags", "<u2")])


@dataclass(frozen=True, slots=True)
class Tag:
    """What a point of a station says: period "" for real time, field as in HJ 212, lower case."""

    outlet: str
    factor: str
    period: str
    field: str


def parse_tag(point_id: str) -> Tag | None:
    """The tag of `{mn}.{factor}.{field}` or `{mn}.{factor}.{minute|hour|day}.{field}`; None for any other id."""
    parts = point_id.split(".")
    if len(parts) == 3:
        return Tag(parts[0], parts[1], "", parts[2])
    return Tag(*parts) if len(parts) == 4 and parts[2] in PERIOD_MINUTES and parts[2] else None


@dataclass(frozen=True, slots=True)
class PollutantDay:
    """A factor of an outlet on a day of Asia/Shanghai. mass_kg: of the known minutes, None where none is; cou_kg: of it from Cou; estimated_kg: of
    it from uncertain or typed values; minutes: known of mass; hours: 24 rows of HOUR (None where they were not asked for)."""

    entity: str
    outlet: str
    factor: str
    day: str
    mass_kg: float | None
    cou_kg: float
    estimated_kg: float
    minutes: int
    hours: NDArray[np.void] | None = None


def flow_mass_kg(concentration_mg_m3: Floats, flow_m3_h: Floats) -> Floats:
    """Mass of each minute [kg] of actual concentration × actual flow; not known where one of them is not."""
    return concentration_mg_m3 * flow_m3_h / 60.0 * KG_PER_MG


def is_believable(cou_kg: float, calculated_kg: float | None) -> bool:
    """Whether an amount may stand: finite, not negative and, where flow × concentration is known, within a factor of two of it."""
    if not np.isfinite(cou_kg) or cou_kg < 0:
        return False
    if calculated_kg is None or np.isnan(calculated_kg):
        return True
    return calculated_kg / COU_FACTOR - COU_SLACK_KG <= cou_kg <= calculated_kg * COU_FACTOR + COU_SLACK_KG


def held(value: Floats, is_bad: NDArray[np.bool_], minutes: int) -> Floats:
    """A value per minute (NaN: none came) held until the next one, a bad one or `minutes`, whichever comes first."""
    place = np.arange(len(value))
    is_event = ~np.isnan(value) | is_bad
    last = np.maximum.accumulate(np.where(is_event, place, -1))
    is_held = (last >= 0) & (place - last < minutes)
    found = np.where(is_held, value[np.maximum(last, 0)], np.nan)
    return np.asarray(np.where(is_event, value, found), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Permit:
    """What a permit allows of a factor: of an outlet, or of the whole enterprise (outlet ""). limit: hourly mean [unit]; mass_t: a year; None: not
    limited. document: number of the permit; valid_to exclusive, None: open."""

    entity: str
    outlet: str
    factor: str
    limit: float | None
    unit: str
    mass_t: float | None
    document: str
    valid_from: date
    valid_to: date | None = None

    def is_valid_on(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class PermitEntry:
    """A permit as it was entered: by whom and when [µs]; revoked_at None: in force."""

    id: int
    permit: Permit
    by: str
    entered_at: int
    revoked_by: str = ""
    revoked_at: int | None = None


def require_permit(permit: Permit) -> Permit:
    """Problems names every fault."""
    faults = []
    if not permit.document.strip():
        faults.append("document: give the number of the permit / 请填写许可证编号")
    if permit.limit is None and permit.mass_t is None:
        faults.append("limit: give a limit of the concentration, of the year's mass, or both / 请填写浓度限值或年许可量")
    if permit.limit is not None:
        faults += _limit_faults(permit.limit, permit.unit)
    if permit.mass_t is not None and not (np.isfinite(permit.mass_t) and permit.mass_t > 0):
        faults.append(f"mass_t: {permit.mass_t} is not more than 0 / 年许可量应大于 0")
    if permit.valid_to is not None and permit.valid_to <= permit.valid_from:
        faults.append(f"valid_to: {permit.valid_to} is not after {permit.valid_from} / 失效日应晚于生效日")
    if faults:
        raise Problems(faults)
    return permit


def _limit_faults(limit: float, unit: str) -> list[str]:
    found = [] if np.isfinite(limit) and limit > 0 else [f"limit: {limit} is not more than 0 / 浓度限值应大于 0"]
    try:
        is_right = dimension(unit) == "concentration"
    except ValueError:
        is_right = False
    return found if is_right else [*found, f"unit: {unit!r} is no concentration, write mg/m3 or mg/L / 单位应为 mg/m3 或 mg/L"]


def in_force(permits: Sequence[Permit], outlet: str, factor: str, on: date) -> Permit | None:
    """The permit that limits the concentration at an outlet on a day: its own before the enterprise's, the newest where several hold."""
    fitting = [p for p in permits if p.factor == factor and p.outlet in ("", outlet) and p.limit is not None and p.is_valid_on(on)]
    return max(fitting, key=lambda p: (p.outlet != "", p.valid_from), default=None)


def year_budget(permits: Sequence[Permit], factor: str, year: int) -> tuple[float, tuple[Permit, ...]] | None:
    """Mass [t] that an enterprise may emit in a year and the permits that say so: the enterprise's own, else the sum of its outlets';
    the one in force last in the year counts. None: not limited."""
    in_year = [p for p in permits if p.factor == factor and p.mass_t is not None and p.valid_from.year <= year]
    newest: dict[str, Permit] = {}
    for permit in sorted(in_year, key=lambda p: p.valid_from):
        if permit.valid_to is None or permit.valid_to > date(year, 1, 1):
            newest[permit.outlet] = permit
    used = (newest[""],) if "" in newest else tuple(newest[o] for o in sorted(newest))
    return (sum(p.mass_t or 0.0 for p in used), used) if used else None
