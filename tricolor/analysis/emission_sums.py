"""Adding up the days of outlets: mass and coverage by step for a unit or an area, the hours of an outlet against its limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tricolor.analysis.emissions import Outlet
from tricolor.domain.emissions import HourFlag, Permit, PollutantDay, in_force
from tricolor.domain.intervals import HOUR_US, MINUTE_US, Interval, Step, ceil_cell, day, local_day, step_edges
from tricolor.domain.units import conversion

HOURLY = (Step.QUARTER, Step.HOUR)
OVER_SLACK = 1e-9  # relative; a mean that equals its limit is not over it


@dataclass(frozen=True, slots=True)
class MassCell:
    """A factor's mass in a step, over all outlets asked for. mass_kg: of the known time, None where none is; coverage: known over due time, 0 where
    nothing was due; cou_kg, estimated_kg: of the mass, from Cou and from uncertain, typed or split values."""

    factor: str
    start: int
    end: int
    mass_kg: float | None
    coverage: float
    cou_kg: float
    estimated_kg: float


@dataclass(frozen=True, slots=True)
class HourMean:
    """An hour of an outlet's factor. mean: [mg/m3], None where too few minutes are known; limit [mg/m3], None: no permit limits it."""

    start: int
    mean: float | None
    minutes: int
    flags: HourFlag
    limit: float | None
    document: str

    @property
    def is_over(self) -> bool:
        return self.mean is not None and self.limit is not None and self.mean > self.limit * (1 + OVER_SLACK)


def mass_cells(rows: Iterable[PollutantDay], outlets: Sequence[Outlet], span: Interval, step: Step, now: int) -> list[MassCell]:
    """Steps of each factor, oldest first. From days for a step of a day or longer (span in whole days), else from hours (rows with hours, whole
    hours); time to come is not due."""
    edges = step_edges(span, Step.HOUR if step is Step.QUARTER else step)
    count = len(edges) - 1
    sums: dict[str, np.ndarray] = {o.factor: np.zeros((count, 4)) for o in outlets}  # kg, cou kg, estimated kg, minutes
    known = {(o.entity, o.outlet, o.factor) for o in outlets}
    for row in rows:
        if (row.entity, row.outlet, row.factor) not in known:
            continue
        for at, part in _parts(row, step in HOURLY):
            place = int(np.searchsorted(edges, at, side="right")) - 1
            if 0 <= place < count:
                sums[row.factor][place] += part
    found = []
    for factor, table in sums.items():
        mine = [o.valid for o in outlets if o.factor == factor]
        for place in range(count):
            start, end = int(edges[place]), int(edges[place + 1])
            mass, cou, estimated, minutes = table[place].tolist()
            due = sum(_due_minutes(start, end, valid, now) for valid in mine)
            coverage = min(1.0, minutes / due) if due > 0 else 0.0
            found.append(MassCell(factor, start, end, mass if minutes else None, coverage, cou, estimated))
    return found


def _parts(row: PollutantDay, is_hourly: bool) -> Iterable[tuple[int, tuple[float, float, float, float]]]:
    start = day(date.fromisoformat(row.day)).start
    if not is_hourly:
        if row.mass_kg is not None:
            yield start, (row.mass_kg, row.cou_kg, row.estimated_kg, float(row.minutes))
        return
    for hour, cell in enumerate(row.hours if row.hours is not None else ()):
        if cell["mass_minutes"]:
            mass = float(cell["mass"])
            cou = 0.0 if cell["flags"] & HourFlag.CALCULATED else mass
            yield start + hour * HOUR_US, (mass, cou, float(cell["estimated"]), float(cell["mass_minutes"]))


def _due_minutes(start: int, end: int, valid: Interval, now: int) -> float:
    return max(0, min(end, valid.end, now) - max(start, valid.start)) / MINUTE_US


def hour_means(
    rows: Iterable[PollutantDay], outlet: Outlet, permits: Sequence[Permit], span: Interval, valid_minutes: int, now: int
) -> list[HourMean]:  # fmt: skip
    """Every whole hour of the span that is over and was due, with its permit limit; an hour with under valid_minutes known has no mean."""
    by_day = {r.day: r.hours for r in rows if (r.outlet, r.factor, r.entity) == (outlet.outlet, outlet.factor, outlet.entity)}
    limits: dict[date, Permit | None] = {}
    found = []
    valid = outlet.valid
    first = max(span.start, valid.start)
    for start in range(-(-first // HOUR_US) * HOUR_US, min(span.end, valid.end, now) - HOUR_US + 1, HOUR_US):
        on = local_day(start)
        if on not in limits:
            limits[on] = in_force(permits, outlet.outlet, outlet.factor, on)
        permit, hours = limits[on], by_day.get(str(on))
        limit = None if permit is None or permit.limit is None else permit.limit * conversion(permit.unit, "mg/m3")
        cell = None if hours is None else hours[(start - day(on).start) // HOUR_US]
        minutes = 0 if cell is None else int(cell["minutes"])
        mean = float(cell["mean"]) if cell is not None and minutes >= valid_minutes else None
        flags = HourFlag(0 if cell is None else int(cell["flags"]))
        found.append(HourMean(start, mean, minutes, flags, limit, "" if permit is None else permit.document))
    return found


def whole_days(span: Interval) -> Interval:
    """The span widened to whole days of Asia/Shanghai."""
    return Interval(day(local_day(span.start)).start, day(local_day(max(span.start, span.end - 1))).end)


def whole_hours(span: Interval) -> Interval:
    return Interval(span.start // HOUR_US * HOUR_US, -(-ceil_cell(span.end) // HOUR_US) * HOUR_US)
