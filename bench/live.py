"""What a look of the real-time watch costs, on DuckDB and on InfluxDB 1.x, and how often it may therefore look.

Heat networks with so many supply temperatures that are read every ten seconds; 100,000 other readings of the last minutes lie beside them. A look is
what `tricolor up` does in the loop `live`: read what is near, judge it, follow what became another light (here nothing does).
Run: python bench/live.py [--points 300 2000 10000] [--looks 20] [--store duckdb influxdb]
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from alerting.live import LiveWatch  # noqa: E402
from alerting.loops import LIVE_PACE  # noqa: E402
from bench.influx import server  # noqa: E402
from tricolor.adapters.ledger.alerts import AlertBookSql  # noqa: E402
from tricolor.adapters.ledger.engine import LedgerEngine  # noqa: E402
from tricolor.adapters.ledger.permits import PermitBookSql  # noqa: E402
from tricolor.adapters.ledger.registry import RegistryBookSql  # noqa: E402
from tricolor.adapters.ledger.schema import entity, meter, point  # noqa: E402
from tricolor.adapters.stores.duckdb import DuckStore  # noqa: E402
from tricolor.adapters.stores.influxdb import InfluxStore  # noqa: E402
from tricolor.catalogue.plans import load_plan  # noqa: E402
from tricolor.domain.readings import ReadingBatch  # noqa: E402

NETWORKS, OTHERS, EVERY_S, SPAN_S = 100, 1_000, 10, 180
console = Console()


def register(ledger: LedgerEngine, points: int) -> None:
    """Networks with their sources, and points that nobody watches."""
    names = [f"n{i:03d}" for i in range(NETWORKS)]
    sources = [(f"{names[i % NETWORKS]}.in{i}", names[i % NETWORKS]) for i in range(points)]
    users = [(f"{n}.out", n) for n in names]
    with ledger.writing() as connection:
        connection.execute(entity.insert(), [{"id": n, "kind": "network", "name_cn": f"管网{n}", "name_en": n} for n in names])
        connection.execute(
            meter.insert(), [{"id": m, "entity_id": n, "name_cn": m, "name_en": m, "medium": "hot_water"} for m, n in (*sources, *users)]
        )
        common = {"carrier": "", "valid_from": 0, "measure": ""}
        rows = [common | {"id": f"{m}.h", "meter_id": m, "quantity": "energy", "carrier": "heat", "unit": "GJ", "kind": "register", "role": role}
                for some, role in ((sources, "fed_in"), (users, "delivered")) for m, _ in some]  # fmt: skip
        rows += [common | {"id": f"{m}.t", "meter_id": m, "quantity": "temperature", "unit": "degC", "kind": "gauge", "role": "none",
                           "measure": "supply_temperature"} for m, _ in sources]  # fmt: skip
        rows += [common | {"id": f"{names[0]}.x{i}", "meter_id": users[0][0], "quantity": "temperature", "unit": "degC", "kind": "gauge",
                           "role": "none"} for i in range(OTHERS)]  # fmt: skip
        connection.execute(point.insert(), rows)


def readings(keys: list[int], now: int, seq: int) -> ReadingBatch:
    """Of each point one every ten seconds."""
    point = np.repeat(np.array(keys, dtype=np.int64), SPAN_S // EVERY_S)
    at = now - np.tile(np.arange(SPAN_S, 0, -EVERY_S, dtype=np.int64), len(keys)) * 1_000_000
    value = np.random.default_rng(seq).uniform(80, 95, len(point))
    return ReadingBatch(point, at, value, np.zeros(len(point), np.uint8), np.full(len(point), seq, np.int64), at)


def run(kind: str, points: int, looks: int) -> tuple[float, float, float]:
    """Of a look: seconds on the wall (median, slowest) and of this process."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        ledger = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
        ledger.migrate()
        register(ledger, points)
        book = RegistryBookSql(ledger)
        registry = book.load()
        if kind == "duckdb":
            return _looks(ledger, DuckStore(folder / "readings.duckdb"), looks)
        with server() as url:
            names = {p.key: p.id for p in registry.points.values()}
            store = InfluxStore(url, "", "bench", "", "", "", lambda: names)
            return _looks(ledger, store, looks)


def _looks(ledger: LedgerEngine, store: DuckStore | InfluxStore, looks: int) -> tuple[float, float, float]:
    book = RegistryBookSql(ledger)
    nobody = SimpleNamespace(notices=lambda _registry: lambda _change, _told: [], report=lambda _registry, _now: None)
    watch = LiveWatch(book, store, PermitBookSql(ledger), load_plan("illustrative-2026-2030"), AlertBookSql(ledger), nobody)  # type: ignore[arg-type]
    keys = [p.key for p in book.load().points.values() if p.unit == "degC"]
    now = time.time_ns() // 1000
    store.put(readings(keys, now, 1))
    watch.run_once(now)
    spent, wall = [], []
    for n in range(looks):  # within the 30 s after which everything fresh is looked at anew
        began, mine = time.perf_counter(), time.process_time()
        watch.run_once(now + 200_000 * (n + 1))
        wall.append(time.perf_counter() - began)
        spent.append(time.process_time() - mine)
    return statistics.median(wall), max(wall), statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="*", default=[300, 2_000, 10_000])
    parser.add_argument("--looks", type=int, default=20)
    parser.add_argument("--store", nargs="*", default=["duckdb", "influxdb"])
    asked = parser.parse_args()
    table = Table("store", "points", "look [ms]", "slowest [ms]", "processor [ms]", "pause [s]", "share of a core")
    for kind in asked.store:
        for points in asked.points:
            wall, most, mine = run(kind, points, asked.looks)
            pause = LIVE_PACE.pause_s(wall)
            table.add_row(kind, f"{points:,}", *(f"{v * 1000:.1f}" for v in (wall, most, mine)), f"{pause:.2f}", f"{mine / (wall + pause):.1%}")
    console.print(table)
    console.print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
