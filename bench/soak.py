"""A long run at a steady rate, accelerated: does memory grow, does the spool grow, and what does a reading cost in the ledger and the store?

Prints a row every 20 s and the slopes at the end, taken after the first third. The spool's hold-back is shortened so that it fills and trims
within the run. At the default rate 20 minutes hold a week of 1,000 points every 15 minutes. The memory is told by part: --part ingest runs
the intake alone (`tricolor ingest`), --part up everything. Settling looks three days around a change and so reads more with every pass until
there are as many; slopes are taken after the first third.
Run: python bench/soak.py [minutes] [--rate 56] [--part up|ingest|both]
"""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from bench.ingest import free_port, register  # noqa: E402
from bench.publisher import connect, packets  # noqa: E402
from tricolor.adapters.sources.broker import Broker  # noqa: E402

FIRST = int(time.time()) // 86_400 * 86_400 - 9 * 86_400  # so that a run of a week does not end in the future
POINTS, READINGS, LOOK_S = 1_000, 10, 20.0
KEEP_S = 60.0
STEP_S = 900  # device time from reading to reading: the default run is a week of 1,000 points every 15 minutes
console = Console()


def messages(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """READINGS readings a message over POINTS points, each STEP_S after the one before."""
    per_round = POINTS // READINGS
    for n in range(first, first + count):
        turn, block = divmod(n, per_round)
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(FIRST + turn * STEP_S))
        values = ",".join(f'"b{block * READINGS + i:06d}":{turn * 0.25 + 1:.2f}' for i in range(READINGS))
        yield f"tricolor/v1/bench/g{block % 50}/readings", f'{{"at":"{at}","values":{{{values}}}}}'.encode()


class Load:
    """Publishes at a rate until stopped."""

    def __init__(self, port: int, rate: float) -> None:
        self._port, self._rate = port, rate
        self.acked = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        sock, sent, began, heard = connect("127.0.0.1", self._port, "soak"), 0, time.perf_counter(), 0
        while not self._stop.is_set():
            for count, piece in packets(messages(sent, min(200, max(1, int(self._rate / 5))))):
                sock.sendall(piece)
                sent += count
            while heard // 4 < sent:
                heard += len(sock.recv(1 << 16))
            self.acked = sent
            if (ahead := sent / self._rate - (time.perf_counter() - began)) > 0:
                time.sleep(ahead)


def resident_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def megabytes(folder: Path, name: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(f"{name}*")) / 1e6


def look(pid: int, folder: Path, began: float) -> dict[str, float]:
    ledger = sqlite3.connect(f"file:{folder}/ledger.sqlite?mode=ro", uri=True)
    stored = ledger.execute("SELECT coalesce(sum(stored), 0) FROM intake_count").fetchone()[0]
    unsettled = ledger.execute("SELECT coalesce(sum(readings), 0) FROM dirty_span").fetchone()[0]
    ledger.close()
    return {
        "seconds": time.monotonic() - began, "readings": stored, "unsettled": unsettled, "rss_mb": resident_mb(pid),
        "spool_mb": megabytes(folder, "spool.sqlite"),
        "ledger_mb": megabytes(folder, "ledger.sqlite"), "store_mb": megabytes(folder, "readings.duckdb"),
    }  # fmt: skip


def slope(rows: list[dict[str, float]], what: str, by: str) -> float:
    """Least-squares slope of one column over another, without the first third of the run."""
    late = rows[len(rows) // 3 :]
    return float(np.polyfit([r[by] for r in late], [r[what] for r in late], 1)[0])


def soak(part: str, minutes: float, rate: float, is_quiet: bool) -> list[dict[str, float]]:
    """Run `tricolor PART` under the load; what was seen every LOOK_S seconds."""
    with tempfile.TemporaryDirectory() as text:
        folder, port = Path(text), free_port()
        register(folder, POINTS)
        broker = Broker("127.0.0.1", port, folder / "broker")
        environment = {**os.environ, "TRICOLOR_LOG_LEVEL": "ERROR", "TRICOLOR_SPOOL_KEEP_S": str(KEEP_S), "TRICOLOR_JUDGE_PAUSE_S": "5"}
        command = [str(Path(sys.executable).parent / "tricolor"), part, "--data", text, "--mqtt", f"127.0.0.1:{port}"]
        service = subprocess.Popen([*command, "--http", f"127.0.0.1:{free_port()}"], env=environment, stderr=subprocess.DEVNULL)
        rows: list[dict[str, float]] = []
        try:
            time.sleep(6)
            load, began = Load(port, rate), time.monotonic()
            while time.monotonic() - began < minutes * 60:
                time.sleep(LOOK_S)
                if service.poll() is not None:
                    raise RuntimeError("tricolor died")
                rows.append(look(service.pid, folder, began))
                if not is_quiet:
                    console.print("  ".join(f"{name} {value:,.1f}" for name, value in rows[-1].items()))
            load.stop()
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
            broker.stop()
    return rows


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    return {
        "minutes": rows[-1]["seconds"] / 60, "readings_per_s": slope(rows, "readings", "seconds"),
        "rss_mb_per_hour": slope(rows, "rss_mb", "seconds") * 3600, "rss_bytes_per_reading": slope(rows, "rss_mb", "readings") * 1024**2,
        "spool_mb_per_hour": slope(rows, "spool_mb", "seconds") * 3600, "ledger_bytes_per_reading": slope(rows, "ledger_mb", "readings") * 1e6,
        "store_bytes_per_reading": slope(rows, "store_mb", "readings") * 1e6,
        "rss_mb_last": rows[-1]["rss_mb"], "unsettled_last": rows[-1]["unsettled"],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float, nargs="?", default=20.0)
    parser.add_argument("--rate", type=float, default=56.0, help="messages a second, of 10 readings")
    parser.add_argument("--part", choices=["up", "ingest", "both"], default="up")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parts = ["ingest", "up"] if options.part == "both" else [options.part]
    rows = {part: soak(part, options.minutes, options.rate, options.json) for part in parts}
    found = {part: summary(seen) for part, seen in rows.items()}
    if options.json:
        print(json.dumps({part: {"rows": rows[part], **found[part]} for part in parts}, indent=2))
        return
    table = Table(
        "what",
        *(f"tricolor {part}" for part in parts),
        title=f"Soak: {options.minutes:g} minutes, hold-back {KEEP_S:g} s; slopes after the first third",
    )
    for name in found[parts[0]]:
        table.add_row(name, *(f"{found[part][name]:,.2f}" for part in parts))
    console.print(table)


if __name__ == "__main__":
    main()
