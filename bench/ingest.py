"""From MQTT publish to committed in store and ledger: readings/s and messages/s, against a bare paho receive loop over the same broker and publisher.

Broker, publisher and intake share the machine. Run: python bench/ingest.py [--runs 5]
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


def publisher(port: int, count: int, readings: int, points: int) -> "subprocess.Popen[str]":
    words = [sys.executable, str(HERE / "publisher.py"), "127.0.0.1", str(port), str(count), str(readings), str(points), str(FIRST), "0"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def intake(count: int, readings: int, points: int) -> tuple[float, float]:
    """Seconds from the first publish until the ledger counts every reading, and the peak resident memory [MB] of the intake."""
    with tempfile.TemporaryDirectory() as text:
        folder, port = Path(text), free_port()
        register(folder, points)
        broker = Broker("127.0.0.1", port, folder / "broker")
        environment = {**os.environ, "TRICOLOR_LOG_LEVEL": "ERROR"}
        command = [str(Path(sys.executable).parent / "tricolor"), "ingest", "--data", text, "--mqtt", f"127.0.0.1:{port}"]
        service = subprocess.Popen([*command, "--http", f"127.0.0.1:{free_port()}"], env=environment)
        try:
            ledger = sqlite3.connect(f"file:{folder}/ledger.sqlite?mode=ro", uri=True)
            time.sleep(4)
            began = time.perf_counter()
            sender = publisher(port, count, readings, points)
            while True:
                row = ledger.execute("SELECT sum(received), sum(stored) FROM intake_count").fetchone()
                if (row[0] or 0) >= count * readings:
                    break
                if service.poll() is not None:
                    raise RuntimeError("the intake died")
                time.sleep(0.02)
            seconds = time.perf_counter() - began
            sender.wait()
            if row[1] != count * readings:
                raise RuntimeError(f"stored {row[1]} of {count * readings}")
            peak = int(next(line for line in Path(f"/proc/{service.pid}/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1])
            return seconds, peak / 1024
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)
            broker.stop()


def bare(count: int, readings: int, points: int) -> float:
    """Seconds until a paho client that does nothing else has received the same messages (QoS 1, acknowledged by paho on return)."""
    with tempfile.TemporaryDirectory() as text:
        port = free_port()
        broker = Broker("127.0.0.1", port, Path(text))
        try:
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
            began = time.perf_counter()
            sender = publisher(port, count, readings, points)
            done.wait(300)
            seconds = time.perf_counter() - began
            sender.wait()
            client.loop_stop()
            return seconds
        finally:
            broker.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for readings, count in CASES.items():
        results = []
        for _ in range(options.runs):
            seconds, peak = intake(count, readings, options.points)
            results.append((seconds, bare(count, readings, options.points), peak))
        mine, baseline, peak = (statistics.median(column) for column in zip(*results, strict=True))
        rows.append(
            {"readings_per_message": readings, "messages": count, "readings_per_s": count * readings / mine, "messages_per_s": count / mine,
             "bare_paho_messages_per_s": count / baseline, "ratio_to_bare_paho": baseline / mine, "peak_rss_mb": peak}
        )  # fmt: skip
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("readings/message", "readings/s", "messages/s", "bare paho msg/s", "ratio", "peak MB", title="MQTT publish to committed, medians")
    for r in rows:
        numbers = (r["readings_per_s"], r["messages_per_s"], r["bare_paho_messages_per_s"])
        ratio, peak = f"{r['ratio_to_bare_paho']:.2f}", f"{r['peak_rss_mb']:.0f}"
        table.add_row(str(r["readings_per_message"]), *(f"{number:,.0f}" for number in numbers), ratio, peak)
    console.print(table)


if __name__ == "__main__":
    main()
