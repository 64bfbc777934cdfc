"""Reading a month of 15-minute data of 1,000 points (2.9 M rows) from DuckDB and from InfluxDB, against the bare server in the same run.

DuckDB: DuckStore.read made an Arrow table with point ids and local times (what `tricolor export` writes), against the same SELECT fetched as Arrow
without looking for corrections; as the readings arrived, compacted as every night, and with a day corrected since. InfluxDB: InfluxStore.read
against a bare download of the same CSV that is only counted. Rows were put as an intake puts them: time by time, all points together, with a
month on either side.
Run: python bench/query.py [--runs 5] [--points 1000] [--influx-points 1000] [--no-influx]
"""

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tricolor.adapters.stores.duckdb import DuckStore  # noqa: E402
from tricolor.adapters.stores.influxdb import InfluxStore  # noqa: E402
from tricolor.adapters.stores.tables import PointNames, readings_table  # noqa: E402
from tricolor.domain.entities import Registry  # noqa: E402
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, parse_us  # noqa: E402
from tricolor.domain.meters import Plate, Point, PointKind, Role  # noqa: E402
from tricolor.domain.readings import ReadingBatch  # noqa: E402

MONTH = Interval(parse_us("2026-10-01T00:00:00+08:00"), parse_us("2026-10-31T00:00:00+08:00"))  # 30 days: 2,880 instants
INSTANTS_A_PUT = 12


def fill(put: Callable[[ReadingBatch], None], points: int, first: int, last: int) -> None:
    for seq, start in enumerate(range(first, last, INSTANTS_A_PUT * CELL_US), 1):
        at = np.repeat(np.arange(start, min(last, start + INSTANTS_A_PUT * CELL_US), CELL_US), points)
        point = np.tile(np.arange(1, points + 1), len(at) // points)
        value = np.round((at - MONTH.start) / 9e8 + point * 0.37, 2)
        put(ReadingBatch(point, at, value, np.zeros(len(at), dtype=np.uint8), np.full(len(at), seq), at + 1_000_000))


def seconds(run: Callable[[], int], expected: int) -> float:
    began = time.perf_counter()
    rows = run()
    took = time.perf_counter() - began
    if rows != expected:
        raise RuntimeError(f"{rows} rows instead of {expected}")
    return took


def compare(ours: Callable[[], int], bare: Callable[[], int], expected: int, runs: int) -> dict[str, float]:
    """Medians, ours and the bare one in turn; the first pair only warms up."""
    pairs = [(seconds(ours, expected), seconds(bare, expected)) for _ in range(runs + 1)][1:]
    mine, baseline = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {"rows": expected, "seconds": mine, "bare_seconds": baseline, "ratio": mine / baseline}


def names_of(points: int) -> PointNames:
    plate = Plate(PointKind.REGISTER, 900, 1.0, 1_000_000.0, 4_000.0, 0.01)
    rows = [Point(k, f"p{k}", f"m{k}", "e", "", "", "electricity", "energy", "kWh", plate, Role.PURCHASED, 0, None) for k in range(1, points + 1)]
    return PointNames(Registry(1, {}, {}, {p.id: p for p in rows}, {}, {}))


def of_duckdb(folder: Path, points: int, runs: int, is_compacted: bool, is_corrected: bool) -> dict[str, float]:
    store, names = DuckStore(folder / f"readings-{is_compacted}-{is_corrected}.duckdb"), names_of(points)
    fill(store.put, points, MONTH.start - 30 * DAY_US, MONTH.end + 30 * DAY_US)
    if is_compacted:
        store.compact()
    if is_corrected:  # one day was sent twice with other values
        fill(store.put, points, MONTH.start + 5 * DAY_US, MONTH.start + 6 * DAY_US)
    wanted, expected = list(range(1, points + 1)), points * ((MONTH.end - MONTH.start) // CELL_US)
    extra = points * (DAY_US // CELL_US) if is_corrected else 0
    root = store._root
    assert root is not None
    columns = "point, at_us, value, quality, seq, received_us"

    def bare() -> int:
        cursor: duckdb.DuckDBPyConnection = root.cursor()
        query = f"SELECT {columns} FROM readings WHERE at_us >= $1 AND at_us < $2 AND point BETWEEN 1 AND $3"
        return int(cursor.sql(query, params=[MONTH.start, MONTH.end, points]).to_arrow_table().num_rows) - extra

    result = compare(lambda: int(readings_table(store.read(wanted, MONTH), names).num_rows), bare, expected, runs)
    store.close()
    return result


def of_influxdb(folder: Path, points: int, runs: int) -> dict[str, float]:
    spec = importlib.util.spec_from_file_location("tricolor_test_servers", HERE.parent / "tests" / "conftest.py")
    assert spec is not None and spec.loader is not None
    servers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(servers)
    server = servers.Influxd(folder)
    server.start()
    try:
        names = {key: f"bench-{key:05d}.elec" for key in range(1, points + 1)}
        store = InfluxStore(server.url, "", "bench", "", "", "", lambda: names)
        fill(store.put, points, MONTH.start, MONTH.end)
        wanted, expected = list(names), points * ((MONTH.end - MONTH.start) // CELL_US)

        def bare() -> int:
            rows = 0
            for start in range(0, points, 200):  # the queries that ours sends, downloaded and thrown away
                some = [f"point = '{names[key]}'" for key in wanted[start : start + 200]]
                where = f"time >= {MONTH.start * 1000} AND time < {MONTH.end * 1000} AND ({' OR '.join(some)})"
                query = f'SELECT value, quality, seq, received_us FROM "readings" WHERE {where} GROUP BY point'
                form = urllib.parse.urlencode({"db": "bench", "epoch": "u", "q": query}).encode()
                request = urllib.request.Request(f"{server.url}/query", data=form, headers={"Accept": "application/csv"})
                with urllib.request.urlopen(request, timeout=600) as answer:
                    rows += sum(part.count(b"\n") for part in iter(lambda: answer.read(1 << 20), b"")) - 1
            return rows

        result = compare(lambda: len(store.read(wanted, MONTH)), bare, expected, runs)
        store.close()
        return result
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--influx-points", type=int, default=1000)
    parser.add_argument("--no-influx", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        cases = {"DuckDB, as it arrived": (False, False), "DuckDB, compacted": (True, False), "DuckDB, a day corrected": (True, True)}
        cases["DuckDB, a day corrected, never compacted"] = (False, True)
        for name, (is_compacted, is_corrected) in cases.items():
            results[name] = of_duckdb(folder, options.points, options.runs, is_compacted, is_corrected)
        if not options.no_influx:
            (folder / "influx").mkdir()
            results["InfluxDB 1.x"] = of_influxdb(folder / "influx", options.influx_points, options.runs)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    table = Table("store", "rows", "ours [s]", "bare [s]", "ratio", title="A month of 15-minute data as columns, medians")
    for name, r in results.items():
        table.add_row(name, f"{r['rows']:,.0f}", f"{r['seconds']:.3f}", f"{r['bare_seconds']:.3f}", f"{r['ratio']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
