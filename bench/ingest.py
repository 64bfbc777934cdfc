"""From MQTT publish to committed in store and ledger: readings/s and messages/s, against two baselines over the same broker and publisher:
a bare paho loop that only receives, and the publisher with nobody listening (its ceiling).

Broker, publisher and intake share the machine. Run: python bench/ingest.py [--runs 5] [--points 100000] [--case 100]
"""

import argparse
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tricolor.adapters.ledger.engine import LedgerEngine  # noqa: E402
from tricolor.adapters.ledger.schema import entity, meta, meter, point  # noqa: E402
from tricolor.adapters.sources.broker import Broker  # noqa: E402

FIRST = 1_760_000_000  # 2025-10-09
CASES = {100: 40_000, 1: 200_000}  # readings a message -> messages
console = Console()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def register(folder: Path, points: int) -> None:
    """A registry of `points` electricity registers, written straight into the ledger."""
    ledger = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
    ledger.migrate()
    with ledger.writing() as connection:
        connection.execute(entity.insert().values(id="bench", kind="city", name_cn="b", name_en="b"))
        connection.execute(meter.insert().values(id="m", entity_id="bench", name_cn="m"))
        connection.execute(
            point.insert(),
            [
                {"id": f"b{i:06d}", "meter_id": "m", "quantity": "energy", "unit": "kWh", "kind": "register", "role": "purchased", "valid_from": 0}
                for i in range(points)
            ],
        )
        connection.execute(meta.delete().where(meta.c.key == "registry_version"))
        connection.execute(meta.insert().values(key="registry_version", value="1"))
    ledger.close()


@contextmanager
def broker() -> Iterator[int]:
    """A broker of our own; its port."""
    with tempfile.TemporaryDirectory() as text:
        port = free_port()
        held = Broker("127.0.0.1", port, Path(text))
        try:
            yield port
        finally:
            held.stop()


@contextmanager
def publisher(port: int, count: int, readings: int, points: int) -> Iterator[Callable[[], float]]:
    """A publisher with its packets made; calling it starts it and gives the instant."""
    words = [sys.executable, str(HERE / "publisher.py"), "127.0.0.1", str(port), str(count), str(readings), str(points), str(FIRST), "0"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise RuntimeError("the publisher did not get ready")

    def go() -> float:
        process.stdin.write("go\n")
        process.stdin.flush()
        return time.perf_counter()

    try:
        yield go
        process.wait(300)
    finally:
        process.kill()


def memory_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def intake(count: int, readings: int, points: int) -> tuple[float, float]:
    """Seconds from the first publish until the ledger counts every reading, and the peak resident memory [MB] of the intake."""
    with broker() as port, tempfile.TemporaryDirectory() as text, publisher(port, count, readings, points) as go:
        folder, http = Path(text), free_port()
        register(folder, points)
        environment = {**os.environ, "TRICOLOR_LOG_LEVEL": "ERROR"}
        command = [str(Path(sys.executable).parent / "tricolor"), "ingest", "--data", text, "--mqtt", f"127.0.0.1:{port}"]
        service = subprocess.Popen([*command, "--http", f"127.0.0.1:{http}"], env=environment)
        try:
            ledger = sqlite3.connect(f"file:{folder}/ledger.sqlite?mode=ro", uri=True)
            time.sleep(6)
            began = go()
            while True:
                row = ledger.execute("SELECT sum(received), sum(stored) FROM intake_count").fetchone()
                if (row[0] or 0) >= count * readings:
                    break
                if service.poll() is not None:
                    raise RuntimeError("the intake died")
                if time.perf_counter() - began > 180:
                    raise RuntimeError(f"received {row[0]} of {count * readings} within 180 s")
                time.sleep(0.05)
            seconds = time.perf_counter() - began
            if row[1] != count * readings:
                raise RuntimeError(f"stored {row[1]} of {count * readings}")
            return seconds, memory_mb(service.pid)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)


def bare(count: int, readings: int, points: int) -> float:
    """Seconds until a paho client that does nothing else has received the same messages (QoS 1, acknowledged by paho on return)."""
    with broker() as port, publisher(port, count, readings, points) as go:
        got, done, ready = [0], threading.Event(), threading.Event()

        def on_message(client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
            got[0] += 1
            if got[0] == count:
                done.set()

        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.on_message = on_message
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", port)
        client.subscribe("#", qos=1)
        client.loop_start()
        ready.wait(5)
        began = go()
        done.wait(300)
        seconds = time.perf_counter() - began
        client.disconnect()
        client.loop_stop()
        return seconds


def ceiling(count: int, readings: int, points: int) -> float:
    """Seconds of the publisher alone, with nobody subscribed."""
    with broker() as port:
        with publisher(port, count, readings, points) as go:
            began = go()
        return time.perf_counter() - began


def measure(readings: int, count: int, points: int, runs: int) -> dict[str, float]:
    results = []
    for _ in range(runs):
        seconds, peak = intake(count, readings, points)
        results.append((seconds, bare(count, readings, points), ceiling(count, readings, points), peak, os.getloadavg()[0]))
    mine, baseline, alone, peak, load = (statistics.median(column) for column in zip(*results, strict=True))
    return {
        "readings_per_message": readings, "messages": count, "points": points, "runs": runs, "readings_per_s": count * readings / mine,
        "messages_per_s": count / mine, "bare_paho_messages_per_s": count / baseline, "publisher_alone_messages_per_s": count / alone,
        "ratio_to_bare_paho": baseline / mine, "peak_rss_mb": peak, "load_1_min": load,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--case", type=int, choices=sorted(CASES), action="append", help="readings a message")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(readings, CASES[readings], options.points, options.runs) for readings in options.case or CASES]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    title = f"MQTT publish to committed, medians of {options.runs}, {options.points:,} points"
    table = Table("readings/message", "readings/s", "messages/s", "bare paho msg/s", "ratio", "publisher alone msg/s", "peak MB", "load", title=title)
    for r in rows:
        numbers = (r["readings_per_s"], r["messages_per_s"], r["bare_paho_messages_per_s"])
        last = (f"{r['ratio_to_bare_paho']:.2f}", f"{r['publisher_alone_messages_per_s']:,.0f}", f"{r['peak_rss_mb']:.0f}", f"{r['load_1_min']:.1f}")
        table.add_row(str(r["readings_per_message"]), *(f"{number:,.0f}" for number in numbers), *last)
    console.print(table)


if __name__ == "__main__":
    main()
