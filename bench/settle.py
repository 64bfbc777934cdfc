"""How fast registers become energy, beside one numpy.diff over the same array.

    python bench/settle.py                 2.88 M readings from scratch, and one late reading in a year of 1,000 points (DuckDB in a temp folder)
    python bench/settle.py --days 60       a shorter past for the late reading

Prints seconds, megabytes and ratios; exit code 1 when a bound of the issue is missed.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from accounting.settling import Settler
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.schema import dirty_span
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.analysis.settle import settle
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch

START = parse_us("2026-01-01T00:00:00+08:00")
POINTS, DAYS = 1_000, 30
SCRATCH_S, SCRATCH_MB, LATE_MS = 2.0, 200.0, 50.0


def points(count: int) -> dict[int, Point]:
    plate = Plate(PointKind.REGISTER, 900, 1.0, 1_000_000.0, 4_000.0, 0.01)
    return {
        k: Point(k, f"p{k}", f"m{k}", f"e{k}", "", "", "electricity", "energy", "kWh", plate, Role.PURCHASED, 0, None) for k in range(1, count + 1)
    }


def readings(count: int, days: int, first_day: int = 0) -> ReadingBatch:
    """Registers every quarter of an hour, with a rollover now and then and 1 reading in 10,000 read as zero."""
    random, steps = np.random.default_rng(first_day), days * 96
    used = np.round(random.random((count, steps)) * 200, 2)
    value = ((np.arange(count)[:, None] * 977.0 % 900_000) + first_day * 96 * 100 + np.cumsum(used, axis=1)) % 1_000_000
    value = np.round(value, 2).ravel()
    value[random.integers(0, len(value), len(value) // 10_000)] = 0.0
    at = np.tile(START + first_day * DAY_US + np.arange(steps) * CELL_US, count)
    point = np.repeat(np.arange(1, count + 1), steps)
    return ReadingBatch(point, at, value, np.zeros(len(at), dtype=np.uint8), np.arange(len(at)), at)


def size_mb(batch: ReadingBatch) -> float:
    return sum(getattr(batch, name).nbytes for name in ("point", "at", "value", "quality", "seq", "received_at")) / 1e6


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def scratch() -> bool:
    batch, registry = readings(POINTS, DAYS), points(POINTS)
    settle(registry, readings(2, 2))  # imports and first-use costs
    before = peak_mb()
    seconds = diff = np.inf
    for _ in range(3):
        began = time.perf_counter()
        np.diff(batch.value)
        diff = min(diff, time.perf_counter() - began)
        began = time.perf_counter()
        count = len(settle(registry, batch))
        seconds = min(seconds, time.perf_counter() - began)
    more = peak_mb() - before
    print(
        f"from scratch: {len(batch):,} readings -> {count:,} cells in {seconds:.2f} s ({len(batch) / seconds / 1e6:.1f} M/s),"
        f" {seconds / diff:.0f} times one numpy.diff ({diff * 1e3:.1f} ms); {more:.0f} MB over the data's own {size_mb(batch):.0f} MB"
    )
    return seconds <= SCRATCH_S and more <= SCRATCH_MB


class _Book:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def load(self) -> Registry:
        return self._registry

    def version(self) -> int:
        return self._registry.version


def late(days: int) -> bool:
    """The real stores and the real work list: readings as they arrive by time, then as the nights' compaction leaves them."""
    with tempfile.TemporaryDirectory() as folder:
        store = DuckStore(Path(folder) / "readings.duckdb")
        ledger = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
        ledger.migrate()
        known = points(POINTS)
        for day in range(0, days, 5):
            batch = readings(POINTS, 5, day)
            store.put(batch.take(np.argsort(batch.at, kind="stable")))
            cells = settle(known, batch)
            store.replace([(k, _span(day)) for k in known], cells)
        entities = {p.entity_id: Entity(p.entity_id, EntityKind.ENTERPRISE, "", "") for p in known.values()}
        meters = {p.meter_id: Meter(p.meter_id, p.entity_id, "", "") for p in known.values()}
        book = _Book(Registry(1, entities, meters, {p.id: p for p in known.values()}, {}, {}, known))
        settler = Settler(store, store, SettleLedgerSql(ledger), book, FactorBook(()), {}, MeterFactsBookSql(ledger))
        value = readings(POINTS, 30).value
        began = time.perf_counter()
        np.diff(value)
        diff = (time.perf_counter() - began) * 1e3
        held = [_late_ones(f"{days} days of {POINTS:,} points as they arrived", settler, store, ledger, days, 0, diff)]
        store.compact()
        held.append(_late_ones("the same after a night's compaction", settler, store, ledger, days, 12, diff))
        store.close()
        ledger.close()
        return all(held)


def _late_ones(what: str, settler: Settler, store: DuckStore, ledger: LedgerEngine, days: int, first: int, diff_ms: float) -> bool:
    took: list[float] = []
    for i in range(first, first + 12):
        key, at = 17 * i + 3, START + days // 2 * DAY_US + 37 * CELL_US + 7_000_000
        nearest = store.read([key], Interval(at - CELL_US, at + CELL_US))
        one = np.array([key]), np.array([at]), nearest.value[:1] + 0.001, np.zeros(1, dtype=np.uint8), np.array([10**12 + i]), np.array([at])
        store.put(ReadingBatch(*one))
        pack = {name: np.array([v], dtype="<i8").tobytes() for name, v in (("points", key), ("starts", at), ("ends", at + 1))}
        with ledger.writing() as connection:
            connection.execute(insert(dirty_span).values(**pack, readings=1, source="late"))
        began = time.perf_counter()
        if settler.run_once() != 1:
            raise RuntimeError("the late reading was not settled")
        took.append((time.perf_counter() - began) * 1e3)
    middle = float(np.median(took[2:]))
    print(
        f"one late reading in {what}: best {min(took[2:]):.1f}, median {middle:.1f}, worst {max(took[2:]):.1f} ms of 10"
        f" (load {os.getloadavg()[0]:.1f}); median is {middle / diff_ms:.1f} times one numpy.diff over 2.88 M ({diff_ms:.1f} ms)"
    )
    return middle < LATE_MS


def _span(day: int) -> Interval:
    return Interval(START + day * DAY_US, START + (day + 5) * DAY_US)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--days", type=int, default=365, help="past of the late reading")
    words.add_argument("--only", choices=["scratch", "late"])
    given = words.parse_args()
    held = [scratch()] if given.only != "late" else []
    if given.only != "scratch":
        held.append(late(given.days))
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
