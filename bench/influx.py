"""Writing readings to InfluxDB through the store, against a bare loop that POSTs the same lines ready-made. A server of our own, on the same machine.

Run: python bench/influx.py [--runs 5]
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tricolor.adapters.stores.columns import winners  # noqa: E402
from tricolor.adapters.stores.influx_wire import LINES_PER_REQUEST  # noqa: E402
from tricolor.adapters.stores.influxdb import InfluxStore  # noqa: E402
from tricolor.domain.readings import ReadingBatch  # noqa: E402

POINTS, PER_POINT = 10_000, 40
FIRST_US = 1_760_000_000_000_000


@contextmanager
def server() -> Iterator[str]:
    """A fresh influxd 1.x; its URL."""
    program = shutil.which("influxd")
    if program is None:
        raise SystemExit("influxd is not installed")
    ports = []
    for _ in range(2):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            ports.append(sock.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "influxd.toml"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{ports[1]}"\n[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\n'
            f'wal-dir = "{folder}/wal"\n[monitor]\nstore-enabled = false\n[http]\nbind-address = "127.0.0.1:{ports[0]}"\nlog-enabled = false\n'
            '[logging]\nlevel = "error"\n'
        )
        process = subprocess.Popen([program, "-config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{ports[0]}"
        try:
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"{url}/ping", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def batches() -> list[ReadingBatch]:
    """PER_POINT rounds over all points, in the order in which gateways send them."""
    keys = np.arange(1, POINTS + 1)
    rng = np.random.default_rng(1)
    per_batch = 5
    made = []
    for start in range(0, PER_POINT, per_batch):
        point = np.tile(keys, per_batch)
        at = FIRST_US + np.repeat(np.arange(start, start + per_batch), POINTS) * 900_000_000
        count = len(point)
        value = np.round(rng.uniform(0, 1e6, count), 2)
        made.append(ReadingBatch(point, at, value, np.zeros(count, np.uint8), np.arange(count) + start, at + 1_000_000))
    return made


def lines(made: list[ReadingBatch], names: dict[int, str]) -> list[bytes]:
    """The bodies of the bare loop: the very lines that the store sends, in its order (sorted by point, which the server takes faster)."""
    rows = [
        f"readings,point={names[p]} value={v!r},quality={q}i,seq={s}i,received_us={r}i {t}"
        for b in map(winners, made)
        for p, v, q, s, r, t in zip(*(c.tolist() for c in (b.point, b.value, b.quality, b.seq, b.received_at, b.at)), strict=True)
    ]
    return ["\n".join(rows[i : i + LINES_PER_REQUEST]).encode() for i in range(0, len(rows), LINES_PER_REQUEST)]


def bare(url: str, bodies: list[bytes]) -> float:
    urllib.request.urlopen(urllib.request.Request(f"{url}/query", data=b"q=CREATE%20DATABASE%20bare"), timeout=30).close()
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    began = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/write?db=bare&precision=u", body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise RuntimeError(f"InfluxDB answered {answer.status}")
    return time.perf_counter() - began


def stored(url: str, made: list[ReadingBatch], names: dict[int, str]) -> float:
    store = InfluxStore(url, "", "bench", "", "", "", lambda: names)
    store.latest()
    began = time.perf_counter()
    for batch in made:
        store.put(batch)
    seconds = time.perf_counter() - began
    store.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = {key: f"qz-works-{key:05d}.elec" for key in range(1, POINTS + 1)}
    made = batches()
    bodies, count = lines(made, names), sum(map(len, made))
    results = []
    for n in range(options.runs):
        pair = {}
        for who in ("bare", "stored") if n % 2 == 0 else ("stored", "bare"):  # neither always goes first
            with server() as url:
                pair[who] = bare(url, bodies) if who == "bare" else stored(url, made, names)
        results.append((pair["stored"], pair["bare"], pair["bare"] / pair["stored"], os.getloadavg()[0]))
    mine, baseline, _, load = (statistics.median(column) for column in zip(*results, strict=True))
    found = {
        "runs": options.runs, "points_written": count, "store_points_per_s": count / mine, "bare_post_points_per_s": count / baseline,
        "ratio_of_medians": baseline / mine, "ratios": [round(r[2], 3) for r in results], "load_1_min": load,
    }  # fmt: skip
    print(json.dumps(found, indent=2)) if options.json else Console().print(found)


if __name__ == "__main__":
    main()
