"""Data quality of a point, an enterprise, an area: what was heard, how much is missing, estimated or doubtful. Not known is never good.

The limits are data: those that a light is judged by stand with the rules completeness, too_smooth and implausible, the others in
catalogue/data/quality.csv, each with its source and status.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Protocol

from tricolor.domain.intervals import EARLIEST_US, SECOND_US, Interval, day
from tricolor.domain.meters import Measure, Point, PointKind


class Fault(StrEnum):
    """What can be wrong with a point's data, the gravest first."""

    SILENT = "silent"
    NEGATIVE = "negative"
    STUCK = "stuck"
    OPEN = "open"
    INCOMPLETE = "incomplete"
    CLOCK = "clock"
    BALANCE = "balance"
    POWER = "power"
    ESTIMATED = "estimated"
    TOO_SMOOTH = "too_smooth"
    NEIGHBOURS = "neighbours"
    QUARANTINED = "quarantined"


ORDER: Mapping[Fault, int] = {fault: place for place, fault in enumerate(Fault)}


class CheckKind(StrEnum):
    """Comparisons between meters."""

    BALANCE = "balance"  # a parent against the sum of its children
    POWER = "power"  # a register against the integral of the power of the same meter
    NEIGHBOURS = "neighbours"  # a point against the others of the same carrier and role in its entity


class SmoothLimits(Protocol):
    """Where advances become too much alike. equal_share_max, variation_min: shares; smooth_deltas_min, smooth_digits_min: what it takes to say so."""

    @property
    def equal_share_max(self) -> float: ...
    @property
    def variation_min(self) -> float: ...
    @property
    def smooth_deltas_min(self) -> float: ...
    @property
    def smooth_digits_min(self) -> float: ...


class CheckLimits(Protocol):
    """How far meters may differ, as shares; check_cells_min: cells that a comparison needs."""

    @property
    def balance_loss_max(self) -> float: ...
    @property
    def balance_excess_max(self) -> float: ...
    @property
    def power_difference_max(self) -> float: ...
    @property
    def check_cells_min(self) -> float: ...


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Where good ends, for pages and rules alike (tricolor.catalogue.quality). Shares 0..1, times [s]."""

    completeness_min: float
    estimated_max: float
    equal_share_max: float
    variation_min: float
    smooth_deltas_min: float
    smooth_digits_min: float
    clock_ahead_max_s: float
    clock_behind_max_s: float
    clock_spread_max_s: float
    balance_loss_max: float
    balance_excess_max: float
    power_difference_max: float
    check_cells_min: float
    silent_after_s: float


@dataclass(frozen=True, slots=True)
class PointDay:
    """One point on one Asia/Shanghai day, as far as `until` [µs].

    expected: readings due; received: distinct instants; filled: intervals with a usable reading; unusable: readings of bad quality or beyond time;
    resumed_at [µs]: end of the last gap of the day; cells: with known energy, of them estimated, open (parked jump) and stuck (stuck_by: on whose
    word); deltas: non-zero advances, equal_share: share of them that equal the one before, variation: standard deviation / mean, digits: mean in
    least digits; live, backfilled: messages that came at once, readings that came late; delay_s, spread_s: median and interquartile range of
    received_at − at over the live ones [s]. None: not known.
    """

    point: int
    day: str
    until: int
    expected: int = 0
    received: int = 0
    filled: int = 0
    unusable: int = 0
    first_at: int | None = None
    last_at: int | None = None
    resumed_at: int | None = None
    cells: int = 0
    estimated: int = 0
    open: int = 0
    stuck: int = 0
    stuck_by: str = ""
    negative: int = 0
    deltas: int = 0
    equal_share: float | None = None
    variation: float | None = None
    digits: float | None = None
    live: int = 0
    backfilled: int = 0
    delay_s: float | None = None
    spread_s: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison on a day over `cells` 15-minute cells that all sides know. value, against [unit]; None where no cell is known to all.

    balance: the children's sum against the parent's point; power: the register against the integral; neighbours: own amount against the median.
    digit: least digit of what is compared [unit]; others: ids of the meters or points compared with.
    """

    kind: CheckKind
    point: int
    day: str
    value: float | None
    against: float | None
    unit: str
    cells: int
    digit: float
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with its number and the limit it passed; detail: on whose word, or with which meters."""

    fault: Fault
    value: float | None = None
    limit: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PointQuality:
    """A point over a span of days. days: asked for within its validity; known: of them looked at. heard: a reading came in the span (None: no day
    is known); since [µs]: heard or silent since then. completeness, estimated_share 0..1; None: not known."""

    point: int
    days: int
    known: int
    heard: bool | None
    since: int | None
    expected: int
    filled: int
    completeness: float | None
    estimated_share: float | None
    totals: PointDay
    quarantined: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityQuality:
    """An entity or an area over a span of days: its points rolled up. silent: points expected and not heard; unknown: not looked at yet."""

    entity: str
    points: int
    heard: int
    silent: int
    unknown: int
    expected: int
    filled: int
    completeness: float | None
    estimated_share: float | None
    faults: Mapping[Fault, int] = field(default_factory=dict)


def on_duty(point: Point, on: Interval, until: int, is_heard: bool) -> Interval | None:
    """The part of the day in which the point should have sent; None for none of it.

    A point without a date of its own is expected from its registration on, and on any day before on which it was heard. Nobody sends calculated
    heat or a virtual point, so nothing is expected of them.
    """
    if point.measure is Measure.CALCULATED_HEAT or point.plate.kind is PointKind.VIRTUAL:
        return None
    dated = point.valid_from > EARLIEST_US
    begins = point.valid_from if dated else on.start if is_heard else point.registered_at
    start = max(on.start, begins)
    end = min(on.end, until, on.end if point.valid_to is None else point.valid_to)
    return Interval(start, end) if end > start else None


def expected_readings(point: Point, on: Interval, until: int, is_heard: bool) -> int:
    """Readings due on the day by the plate's interval; of a day that still runs the newest interval is not yet due."""
    span = on_duty(point, on, until, is_heard)
    if span is None:
        return 0
    interval = point.plate.interval_s * SECOND_US
    is_running = span.end == until < on.end
    return max(0, (span.length_us - (interval if is_running else 0)) // interval)


def as_of(row: PointDay, point: Point, now: int) -> PointDay:
    """The row with what is due by now: a silent meter's row is not written again, yet more becomes due with time."""
    on = day(date.fromisoformat(row.day))
    until = min(now, on.end)
    if row.until >= until:
        return row
    return replace(row, until=until, expected=expected_readings(point, on, until, row.received > 0))


def completeness(filled: int, expected: int) -> float | None:
    """Filled intervals ÷ readings due, never above 1; None when nothing was due."""
    return min(1.0, filled / expected) if expected > 0 else None


def point_quality(
    point: Point, rows: Sequence[PointDay], days: int, checks: Iterable[Check], limits: QualityLimits, now: int, quarantined: int = 0,
    latest: int | None = None,
) -> PointQuality:  # fmt: skip
    """The point over its days. rows: those looked at, as of now, in order of day; latest [µs]: its newest reading whenever that was."""
    total = _sum(point, rows)
    heard = None if not rows else total.received > 0
    gap_us = _gap_us(point, limits)
    since = _since(rows, gap_us, latest)
    whole = completeness(total.filled, total.expected)
    share = total.estimated / total.cells if total.cells else None
    bare = PointQuality(point.key, days, len(rows), heard, since, total.expected, total.filled, whole, share, total, quarantined)
    ends = rows[-1].until if rows else now
    last = total.last_at if total.last_at is not None else latest if latest is not None and latest < ends else None
    silent_us = ends - last if last is not None else total.expected * point.plate.interval_s * SECOND_US
    is_silent = bool(rows) and rows[-1].expected > 0 and silent_us > gap_us
    silence = [Finding(Fault.SILENT, silent_us / SECOND_US, limits.silent_after_s, "" if last is not None else "never")] if is_silent else []
    findings = [*silence, *_point_findings(bare, limits), *_check_findings(checks, limits)]
    return replace(bare, findings=tuple(sorted(findings, key=lambda f: ORDER[f.fault])))


def entity_quality(entity: str, points: Sequence[PointQuality]) -> EntityQuality:
    """Points rolled up; what is not known of a point adds neither to what is due nor to what came."""
    expected, filled = sum(p.expected for p in points), sum(min(p.filled, p.expected) for p in points)
    cells, estimated = sum(p.totals.cells for p in points), sum(p.totals.estimated for p in points)
    faults: dict[Fault, int] = {}
    for p in points:
        for fault in {f.fault for f in p.findings}:
            faults[fault] = faults.get(fault, 0) + 1
    silent = faults.get(Fault.SILENT, 0)
    return EntityQuality(
        entity, len(points), sum(p.heard is True and Fault.SILENT not in {f.fault for f in p.findings} for p in points), silent,
        sum(p.known == 0 and p.days > 0 for p in points), expected, filled, completeness(filled, expected), estimated / cells if cells else None,
        {f: faults[f] for f in Fault if f in faults},
    )  # fmt: skip


def badness(quality: EntityQuality) -> tuple[float, ...]:
    """Sorts the worst first: silent points, grave faults, what is missing; then what is not known."""
    grave = sum(n for fault, n in quality.faults.items() if ORDER[fault] <= ORDER[Fault.OPEN])
    missing = 1.0 - quality.completeness if quality.completeness is not None else 0.0
    return (-quality.silent, -grave, -round(missing, 6), -sum(quality.faults.values()), -quality.unknown)


def _sum(point: Point, rows: Sequence[PointDay]) -> PointDay:
    """Counts added up; statistics from the day that shows the most advances, and the newest day with a known delay."""
    if not rows:
        return PointDay(point.key, "", 0)
    busiest = max(rows, key=lambda r: (_smoothness(r), r.deltas))
    timed = next((r for r in reversed(rows) if r.delay_s is not None), rows[-1])
    firsts, lasts = [r.first_at for r in rows if r.first_at is not None], [r.last_at for r in rows if r.last_at is not None]
    return PointDay(
        point.key, rows[-1].day, rows[-1].until, sum(r.expected for r in rows), sum(r.received for r in rows),
        sum(min(r.filled, r.expected) for r in rows), sum(r.unusable for r in rows), min(firsts, default=None), max(lasts, default=None), None,
        sum(r.cells for r in rows), sum(r.estimated for r in rows), sum(r.open for r in rows), sum(r.stuck for r in rows),
        next((r.stuck_by for r in reversed(rows) if r.stuck), ""), sum(r.negative for r in rows),
        busiest.deltas, busiest.equal_share, busiest.variation, busiest.digits,
        sum(r.live for r in rows), sum(r.backfilled for r in rows), timed.delay_s, timed.spread_s,
    )  # fmt: skip


def _smoothness(row: PointDay) -> float:
    """How smooth the day is; the day of a span that is most so stands for it."""
    if row.equal_share is None or row.variation is None:
        return -1.0
    return max(row.equal_share, 1.0 - min(1.0, row.variation))


def _gap_us(point: Point, limits: QualityLimits) -> int:
    """A point silent for longer is called silent: three intervals, at least the limit."""
    return max(3 * point.plate.interval_s * SECOND_US, int(limits.silent_after_s * SECOND_US))


def _since(rows: Sequence[PointDay], gap_us: int, latest: int | None) -> int | None:
    """When the present state began: the last reading when it is silent, else the end of the last gap, else the first reading."""
    known = [r for r in rows if r.last_at is not None and r.first_at is not None]
    if not known:
        return latest
    last = known[-1].last_at
    assert last is not None
    if rows[-1].until - last > gap_us:
        return last
    since, before = known[0].first_at, None
    for row in known:
        if before is not None and row.first_at is not None and row.first_at - before > gap_us:
            since = row.first_at
        since, before = row.resumed_at if row.resumed_at is not None else since, row.last_at
    return since


def _point_findings(q: PointQuality, limits: QualityLimits) -> Iterable[Finding]:
    t = q.totals
    if t.negative:
        yield Finding(Fault.NEGATIVE, t.negative, 0)
    if t.stuck:
        yield Finding(Fault.STUCK, t.stuck * 0.25, None, t.stuck_by)
    if t.open:
        yield Finding(Fault.OPEN, t.open, 0)
    if q.completeness is not None and q.completeness < limits.completeness_min:
        yield Finding(Fault.INCOMPLETE, q.completeness, limits.completeness_min)
    if q.estimated_share is not None and q.estimated_share > limits.estimated_max:
        yield Finding(Fault.ESTIMATED, q.estimated_share, limits.estimated_max)
    yield from _clock(t, limits)
    smooth = smooth_finding(t.deltas, t.equal_share, t.variation, t.digits, limits)
    if smooth is not None:
        yield smooth
    if q.quarantined:
        yield Finding(Fault.QUARANTINED, q.quarantined, 0)


def _clock(t: PointDay, limits: QualityLimits) -> Iterable[Finding]:
    """A clock ahead is certain: nothing arrives before it was read. One behind looks like a slow line, unless the delay is long and steady."""
    if t.delay_s is None or t.spread_s is None:
        return
    if t.delay_s < -limits.clock_ahead_max_s:
        yield Finding(Fault.CLOCK, t.delay_s, -limits.clock_ahead_max_s, "ahead")
    elif t.delay_s > limits.clock_behind_max_s and t.spread_s <= limits.clock_spread_max_s:
        yield Finding(Fault.CLOCK, t.delay_s, limits.clock_behind_max_s, "behind")


def smooth_finding(
    deltas: int, equal_share: float | None, variation: float | None, digits: float | None, limits: SmoothLimits
) -> Finding | None:  # fmt: skip
    """Advances that hardly differ though the least digit would show it: invented figures, or a truly constant load. A sign, never a proof."""
    if equal_share is None or variation is None or not is_smooth_judged(deltas, digits, limits):
        return None
    if equal_share > limits.equal_share_max:
        return Finding(Fault.TOO_SMOOTH, equal_share, limits.equal_share_max, "equal")
    return Finding(Fault.TOO_SMOOTH, variation, limits.variation_min, "variation") if variation < limits.variation_min else None


def is_smooth_judged(deltas: int, digits: float | None, limits: SmoothLimits) -> bool:
    """Whether a day has enough advances, and large enough ones, to tell whether they are too much alike."""
    return deltas >= limits.smooth_deltas_min and digits is not None and digits >= limits.smooth_digits_min


def _check_findings(checks: Iterable[Check], limits: QualityLimits) -> Iterable[Finding]:
    """The worst of each kind over the span."""
    worst: dict[Fault, Finding] = {}
    for check in checks:
        found = check_finding(check, limits)
        if found is not None and abs(found.value or 0) >= abs(worst[found.fault].value or 0 if found.fault in worst else 0):
            worst[found.fault] = found
    return worst.values()


def check_finding(check: Check, limits: CheckLimits) -> Finding | None:
    """What a comparison shows; None when it fits, or when too little is known to say."""
    if check.value is None or check.against is None or check.cells < limits.check_cells_min:
        return None
    others = ", ".join(check.others)
    slack = check.digit * 2
    if check.kind is CheckKind.NEIGHBOURS:
        return Finding(Fault.NEIGHBOURS, check.against, 0, others) if check.value == 0 and check.against > slack else None
    lead = check.value - check.against
    if abs(lead) <= slack:
        return None
    base = max(abs(check.against), abs(check.value)) if check.against <= 0 else check.against
    share = lead / base
    if check.kind is CheckKind.POWER:
        return Finding(Fault.POWER, share, limits.power_difference_max, others) if abs(share) > limits.power_difference_max else None
    if share > limits.balance_excess_max:
        return Finding(Fault.BALANCE, share, limits.balance_excess_max, others)
    return Finding(Fault.BALANCE, share, -limits.balance_loss_max, others) if share < -limits.balance_loss_max else None
