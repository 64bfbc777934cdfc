"""From a reading to a message: how long after a meter publishes a value beyond its limit the message about it is accepted by its channel.

`tricolor up` (broker, intake, DuckDB, ledger, judge, dispatcher and sender in one process) takes in a steady 5,000 readings/s of other meters, while
heat networks, one after another, publish a supply temperature that is too cold. Each network has a duty officer of its own with the built-in phone,
so that each is a message of its own. Measured is the time from handing the reading to the broker until the ledger says accepted. The policy of the
rule asks for two readings: counted from the second, the one that makes the alert. The ratio is against the plain way of the same run: a reading to
its row in the store, which is what no system can undercut.
Run: python bench/alert_latency.py [--networks 200] [--rate 5000] [--seconds 60]
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from bench.ingest import free_port, register  # noqa: E402
from bench.publisher import connect, packets  # noqa: E402
from tricolor.adapters.ledger.engine import LedgerEngine  # noqa: E402
from tricolor.adapters.ledger.keys import KeyBookSql  # noqa: E402
from tricolor.adapters.ledger.schema import contact, entity, meter, point  # noqa: E402
from tricolor.adapters.sources.broker import Broker  # noqa: E402
from tricolor.domain.access import KeyKind  # noqa: E402

POINTS, READINGS = 5_000, 100
COLD_C, WARM_C = 30.0, 90.0
console = Console()


def towns(folder: Path, networks: int) -> str:
    """Heat networks, each with a source (heat and supply temperature), a user and a duty officer; a key to read with."""
    ledger = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
    names = [f"n{i:04d}" for i in range(networks)]
    with ledger.writing() as connection:
        connection.execute(entity.insert(), [{"id": n, "kind": "network", "name_cn": f"管网{n}", "name_en": n} for n in names])
        connection.execute(
            meter.insert(),
            [
                {"id": f"{n}.{end}", "entity_id": n, "name_cn": f"{n} {end}", "name_en": end, "medium": "hot_water"}
                for n in names
                for end in ("in", "out")
            ],
        )
        rows = [
            {"id": f"{n}.{end}.heat", "meter_id": f"{n}.{end}", "quantity": "energy", "carrier": "heat", "unit": "GJ", "kind": "register",
             "role": role, "measure": "", "valid_from": 0}
            for n in names for end, role in (("in", "fed_in"), ("out", "delivered"))
        ]  # fmt: skip
        rows += [
            {"id": f"{n}.t", "meter_id": f"{n}.in", "quantity": "temperature", "carrier": "", "unit": "degC", "kind": "gauge", "role": "none",
             "measure": "supply_temperature", "valid_from": 0}
            for n in names
        ]  # fmt: skip
        connection.execute(point.insert(), rows)
        connection.execute(
            contact.insert(), [{"id": f"{n}-duty", "of": n, "name": "值班员", "role": "值班员", "phone": "", "email": ""} for n in names]
        )
    _, key = KeyBookSql(ledger).create(KeyKind.ADMIN, "", "bench", time.time_ns() // 1000)
    ledger.close()
    return key


class Load:
    """Readings of other meters, at a steady rate, stamped with the time they are sent."""

    def __init__(self, port: int, rate: float) -> None:
        self._sock, self._rate = connect("127.0.0.1", port, "load"), rate
        self.sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        began, heard = time.perf_counter(), 0
        while not self._stop.is_set():
            for count, piece in packets(_messages(self.sent // READINGS, max(1, int(self._rate / READINGS / 10)))):
                self._sock.sendall(piece)
                self.sent += count * READINGS
            while heard // 4 < self.sent // READINGS:
                heard += len(self._sock.recv(1 << 16))
            if (ahead := self.sent / self._rate - (time.perf_counter() - began)) > 0:
                time.sleep(ahead)


def _messages(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    for n in range(first, first + count):
        turn, block = divmod(n, POINTS // READINGS)
        values = ",".join(f'"b{block * READINGS + i:06d}":{turn * 0.25 + 1:.2f}' for i in range(READINGS))
        yield f"tricolor/v1/bench/g{block}/readings", f'{{"at":"{_now()}","values":{{{values}}}}}'.encode()


def _now() -> str:
    seconds, rest = divmod(time.time_ns() // 1000, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:06d}+00:00"


class Gateway:
    """Publishes single values of the networks, each acknowledged before it returns."""

    def __init__(self, port: int) -> None:
        self._sock = connect("127.0.0.1", port, "gateway")

    def send(self, name: str, celsius: float) -> int:
        """When a network's reading was handed over [µs]."""
        body = json.dumps({"at": _now(), "values": {f"{name}.t": celsius}}).encode()
        [(_, piece)] = packets(iter([(f"tricolor/v1/{name}/gw/readings", body)]))
        at = time.time_ns() // 1000
        self._sock.sendall(piece)
        self._sock.recv(4)
        return at


def _ask(folder: Path, sql: str) -> list[tuple[object, ...]]:
    ledger = sqlite3.connect(f"file:{folder}/ledger.sqlite?mode=ro", uri=True, timeout=10)
    try:
        return ledger.execute(sql).fetchall()
    finally:
        ledger.close()


def _accepted(folder: Path) -> dict[str, int]:
    rows = _ask(folder, "SELECT recipient, accepted_at FROM outbox WHERE why = 'OPENED' AND accepted_at IS NOT NULL AND recipient LIKE '%-duty'")
    return {str(name).removesuffix("-duty"): int(str(at)) for name, at in rows}


def _stored_s(base: str, key: str, gateway: Gateway, name: str) -> float:
    """From handing over a reading until the API shows it: the plain way."""
    value = round(random.uniform(80, 95), 3)
    began = time.perf_counter()
    gateway.send(name, value)
    while True:
        answer = httpx.get(f"{base}/v1/points/{name}.t/readings", headers={"Authorization": f"Bearer {key}"})
        if str(value) in answer.text:
            return time.perf_counter() - began
        if time.perf_counter() - began > 30:
            raise RuntimeError(f"a reading did not arrive: {answer.status_code} {answer.text[:200]}")
        time.sleep(0.01)


def run(networks: int, rate: float, seconds: float) -> dict[str, object]:
    """The latencies [s] of one run."""
    with tempfile.TemporaryDirectory() as text:
        folder, port, http = Path(text), free_port(), free_port()
        register(folder, POINTS)
        key = towns(folder, networks)
        broker = Broker("127.0.0.1", port, folder / "broker")
        command = [str(Path(sys.executable).parent / "tricolor"), "up", "--data", text, "--mqtt", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}"]
        service = subprocess.Popen(command, env={**os.environ, "TRICOLOR_LOG_LEVEL": "ERROR"}, stderr=subprocess.DEVNULL)
        try:
            return _measured(folder, port, f"http://127.0.0.1:{http}", key, networks, rate, seconds)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
            broker.stop()


def _until_up(base: str) -> None:
    """A busy machine takes its time to start; RuntimeError when it never does."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(f"{base}/healthz").is_success:
                time.sleep(3)  # its loops have had their first, whole rounds
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise RuntimeError(f"tricolor up does not answer at {base}: start it by hand and read its log")


def _measured(folder: Path, port: int, base: str, key: str, networks: int, rate: float, seconds: float) -> dict[str, object]:
    _until_up(base)
    gateway, names = Gateway(port), [f"n{i:04d}" for i in range(networks)]
    for name in names:
        gateway.send(name, WARM_C)
    time.sleep(8)  # the watch finds its points, the first lights are green
    load = Load(port, rate)
    time.sleep(10)
    plain = [_stored_s(base, key, gateway, "n0000") for _ in range(20)]
    sent: dict[str, int] = {}
    random.shuffle(names)
    began, loaded = time.perf_counter(), load.sent
    for n, name in enumerate(names):
        gateway.send(name, COLD_C)
        time.sleep(1.0)  # a second reading, as a meter sends it: the first was seen by then
        sent[name] = gateway.send(name, COLD_C + 0.1)
        if (ahead := n * seconds / networks - (time.perf_counter() - began)) > 0:
            time.sleep(ahead)
    span, loaded = time.perf_counter() - began, load.sent - loaded
    until = time.monotonic() + 60
    while len(got := _accepted(folder)) < networks and time.monotonic() < until:
        time.sleep(0.5)
    load.stop()
    waits = np.array([(got[name] - at) / 1e6 for name, at in sent.items() if name in got])
    return {"networks": networks, "told": len(waits), "readings_per_s": loaded / span, "waits": waits, "plain": np.array(plain)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=60)
    parser.add_argument("--rate", type=float, default=5_000.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    found = run(options.networks, options.rate, options.seconds)
    waits, plain = found["waits"], found["plain"]
    assert isinstance(waits, np.ndarray) and isinstance(plain, np.ndarray)
    table = Table(
        "what", "p50 [s]", "p99 [s]", "most [s]", title=f"{found['readings_per_s']:,.0f} readings/s, {found['told']} of {found['networks']} told"
    )
    for name, seconds in (("reading → message accepted", waits), ("reading → seen through the API", plain)):
        table.add_row(name, *(f"{v:.3f}" for v in (np.median(seconds), np.quantile(seconds, 0.99), seconds.max())))
    console.print(table)
    console.print(f"ratio of the medians: {np.median(waits) / np.median(plain):.2f}; bound: p99 under 2 s at 5,000 readings/s on 2 cores")


if __name__ == "__main__":
    main()
