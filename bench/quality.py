"""How fast the quality of a month is found, beside one numpy.diff over the same array.

    python bench/quality.py            1,000 points x 30 days from scratch: rows of every point and day, and one unit's late reading

Prints seconds, megabytes and ratios; exit code 1 when a bound is missed.
"""

import argparse
import resource
import sys
import time

import numpy as np

from tricolor.analysis.quality import point_days
from tricolor.analysis.quality_checks import checks_of
from tricolor.analysis.quality_flows import CellBook, tree_of
from tricolor.analysis.quality_stuck import stuck_days
from tricolor.analysis.settle import settle
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import CELL_US, DAY_US, local_day, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch

START = parse_us("2026-01-01T00:00:00+08:00")
POINTS, DAYS, FAMILY = 1_000, 30, 10
SCRATCH_S, SCRATCH_MB, LATE_MS = 6.0, 800.0, 50.0


def registry(count: int) -> Registry:
    """Families of ten meters in one unit each, the first the parent of the others."""
    plate = Plate(PointKind.REGISTER, 900, 1.0, 1e9, 4e6, 0.01)
    points = {
        k: Point(k, f"p{k}", f"m{k}", f"e{k // FAMILY}", "", "", "electricity", "energy", "kWh", plate, Role.PURCHASED, START, None)
        for k in range(count)
    }
    meters = {
        p.meter_id: Meter(p.meter_id, p.entity_id, "", "", "", "" if k % FAMILY == 0 else f"m{k // FAMILY * FAMILY}") for k, p in points.items()
    }
    entities = {p.entity_id: Entity(p.entity_id, EntityKind.ENTERPRISE, "", "") for p in points.values()}
    return Registry(1, entities, meters, {p.id: p for p in points.values()}, {}, {}, points)


def readings(count: int, days: int) -> ReadingBatch:
    """Registers every quarter of an hour; a parent is the sum of the others; one in fifty stands still for a night."""
    random, steps = np.random.default_rng(1), days * 96
    used = np.round(random.random((count, steps)) * 200, 2)
    used[::50, 90:130] = 0.0
    used[::FAMILY] = used.reshape(count // FAMILY, FAMILY, steps)[:, 1:].sum(axis=1)
    value = np.round(np.cumsum(used, axis=1), 2).ravel()
    at = np.tile(START + np.arange(steps) * CELL_US, count)
    point = np.repeat(np.arange(count), steps)
    return ReadingBatch(point, at, value, np.zeros(len(at), dtype=np.uint8), np.arange(len(at)), at + 5_000_000)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def best(runs: int, work: object) -> float:
    seconds = np.inf
    for _ in range(runs):
        began = time.perf_counter()
        work()  # type: ignore[operator]
        seconds = min(seconds, time.perf_counter() - began)
    return float(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--days", type=int, default=DAYS)
    asked = parser.parse_args()
    known, batch = registry(asked.points), readings(asked.points, asked.days)
    tree, cells = tree_of(known), settle(known.by_key, batch)
    days = [local_day(START + n * DAY_US) for n in range(asked.days)]
    now = START + (asked.days + 1) * DAY_US
    diff = best(5, lambda: np.diff(batch.value))
    before = peak_mb()
    rows_s = best(3, lambda: point_days(known.by_key, days, batch, cells, now))
    more = peak_mb() - before
    book = CellBook(cells)
    stuck_s = best(1, lambda: stuck_days(known, tree, known.by_key, days, book))
    checks_s = best(1, lambda: checks_of(known, tree, set(known.entities), days, book))
    whole = rows_s + stuck_s + checks_s
    print(
        f"from scratch: {len(batch):,} readings, {asked.points * asked.days:,} rows in {rows_s:.2f} s = {rows_s / diff:.0f} times one numpy.diff"
        f" ({diff * 1e3:.1f} ms), {more:.0f} MB more; stuck {stuck_s:.2f} s, checks {checks_s:.2f} s; in all {whole:.2f} s = {whole / diff:.0f} times"
    )
    late_ms = 1e3 * best(5, lambda: _one_unit(known, tree, batch, cells, now))
    print(f"one unit of {FAMILY} points on one day again: {late_ms:.1f} ms = {late_ms / 1e3 / diff:.1f} times")
    return 0 if whole <= SCRATCH_S and more <= SCRATCH_MB and late_ms <= LATE_MS else 1


def _one_unit(known: Registry, tree: object, batch: ReadingBatch, cells: object, now: int) -> None:
    """What one late reading leads to, once the store has answered with the unit's day."""
    points = {k: known.by_key[k] for k in range(FAMILY)}
    inside = (batch.point < FAMILY) & (batch.at < START + DAY_US)
    mine = (cells.point < FAMILY) & (cells.start < START + DAY_US)  # type: ignore[attr-defined]
    part = cells.take(mine)  # type: ignore[attr-defined]
    days, book = [local_day(START)], CellBook(part)
    point_days(points, days, batch.take(inside), part, now, stuck_days(known, tree, points, days, book))  # type: ignore[arg-type]
    checks_of(known, tree, {"e0"}, days, book)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
