"""Two intake workers of one shared subscription over one InfluxDB and one ledger: nothing lost, nothing stored twice, also when one of them is killed."""

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from tests.e2e.conftest import REGISTRY, TRICOLOR, free_port
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import superseded
from tricolor.adapters.sources.broker import Broker
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.domain.intervals import Interval

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
MESSAGES, FIRST = 20_000, 1_760_000_000
Worker = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def port(tmp_path: Path, require: Callable[[str], str]) -> Iterator[int]:
    require("mosquitto")
    made = free_port()
    broker = Broker("127.0.0.1", made, tmp_path / "broker")
    yield made
    broker.stop()


@pytest.fixture
def worker(tmp_path: Path, port: int, influxd, ledger_url: str) -> Iterator[tuple[Worker, str]]:
    """Starts a worker by its name; and the bucket that they share."""
    bucket = f"t{uuid4().hex}"
    running: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ, "TRICOLOR_STORE": "influxdb", "TRICOLOR_INFLUX_URL": influxd.url, "TRICOLOR_INFLUX_BUCKET": bucket,
        "TRICOLOR_LEDGER_URL": ledger_url, "TRICOLOR_MQTT": f"127.0.0.1:{port}", "TRICOLOR_MQTT_SHARE": "intake",
    }  # fmt: skip
    (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    subprocess.run([*TRICOLOR, "import", "registry", str(tmp_path / "registry.toml")], env=environment, check=True, capture_output=True, timeout=60)

    def start(name: str) -> "subprocess.Popen[bytes]":
        own = {"TRICOLOR_DATA": str(tmp_path / name), "TRICOLOR_MQTT_CLIENT_ID": name, "TRICOLOR_HTTP": f"127.0.0.1:{free_port()}"}
        with (tmp_path / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([*TRICOLOR, "ingest"], env={**environment, **own}, stdout=log, stderr=log)
        running.append(process)
        wait_for((tmp_path / name / "mqtt_session.json").exists, f"{name} subscribed", process)
        return process

    yield start, bucket
    for process in running:
        process.kill()
        process.wait(10)


def wait_for(is_true: Callable[[], object], what: str, process: "subprocess.Popen[bytes] | None" = None, limit_s: float = 90) -> None:
    until = time.monotonic() + limit_s
    while not is_true():
        assert process is None or process.poll() is None, "the worker ended"
        assert time.monotonic() < until, f"not {what}"
        time.sleep(0.1)


def spooled(folder: Path) -> int:
    """How many messages the worker ever took in."""
    with closing(sqlite3.connect(folder / "spool.sqlite")) as connection:
        return int(connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frame'").fetchone()[0])


@pytest.mark.parametrize("is_one_killed", [False, True])
def test_two_workers_lose_nothing_and_store_nothing_twice(worker, port: int, influxd, ledger_url: str, tmp_path: Path, is_one_killed: bool) -> None:
    start, bucket = worker
    first = start("worker-1")
    start("worker-2")
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = []
    for n in range(MESSAGES):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + n))
        payload = json.dumps({"seq": n, "at": at, "values": {"steel.register": float(n), "steel.elec": n / 2}})
        sent.append(client.publish(f"tricolor/v1/steel/g{n % 4}/readings", payload, qos=1))
        if is_one_killed and n == MESSAGES // 2:
            first.kill()
            first.wait(10)
            first = start("worker-1")
    for each in sent:
        each.wait_for_publish(60)
    client.loop_stop()
    engine = LedgerEngine(ledger_url)
    points = RegistryBookSql(engine).load().points
    key_of = {name: points[name].key for name in ("steel.register", "steel.elec")}
    store = InfluxStore(influxd.url, "", bucket, "", "", "", lambda: {key: name for name, key in key_of.items()})
    try:
        ledger = IntakeLedgerSql(engine)
        span = Interval(FIRST * 1_000_000, (FIRST + MESSAGES) * 1_000_000)

        def stored() -> dict[str, list[float]]:
            return {name: store.read([key], span).value.tolist() for name, key in key_of.items()}

        wait_for(lambda: sum(c.received for c in ledger.counts()) >= 2 * MESSAGES, "all received")
        wait_for(lambda: all(len(values) == MESSAGES for values in stored().values()), "all stored")
        assert stored() == {"steel.register": [float(n) for n in range(MESSAGES)], "steel.elec": [n / 2 for n in range(MESSAGES)]}
        counts = ledger.counts()
        assert sum(c.quarantined for c in counts) == 0
        assert sum(c.received for c in counts) == sum(c.stored + c.duplicate for c in counts)
        assert sum(c.stored for c in counts) == 2 * MESSAGES
        if not is_one_killed:
            assert sum(c.duplicate for c in counts) == 0
        assert min(spooled(tmp_path / name) for name in ("worker-1", "worker-2")) > MESSAGES / 10  # both took their part
    finally:
        store.close()
        engine.close()


def test_repeats_and_corrections_that_come_to_either_worker_count_once(worker, port: int, influxd, ledger_url: str, tmp_path: Path) -> None:
    start, bucket = worker
    start("worker-1")
    start("worker-2")
    count = 3_000
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def send(shift: float) -> None:
        """Every reading twice, in messages of their own that go to any of the two."""
        sent = []
        for n in range(count):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + n))
            payload = json.dumps({"at": at, "values": {"steel.elec": n + shift}})
            sent += [client.publish("tricolor/v1/steel/g1/readings", payload, qos=1) for _ in range(2)]
        for each in sent:
            each.wait_for_publish(60)

    engine = LedgerEngine(ledger_url)
    key = RegistryBookSql(engine).load().points["steel.elec"].key
    store = InfluxStore(influxd.url, "", bucket, "", "", "", lambda: {key: "steel.elec"})
    ledger = IntakeLedgerSql(engine)
    try:
        for round_, shift in enumerate((0.0, 0.5), 1):
            send(shift)
            wait_for(lambda expected=2 * count * round_: sum(c.received for c in ledger.counts()) >= expected, "all received")
            (counts,) = ledger.counts()
            assert (counts.received, counts.stored, counts.duplicate) == (2 * count * round_, count * round_, count * round_)
        values = store.read([key], Interval(FIRST * 1_000_000, (FIRST + count) * 1_000_000)).value.tolist()
        assert values == [n + 0.5 for n in range(count)]
        with engine.reading() as connection:
            kept = sorted(connection.execute(select(superseded.c.value)).scalars())
        assert kept == [float(n) for n in range(count)]
        assert min(spooled(tmp_path / name) for name in ("worker-1", "worker-2")) > count / 10
    finally:
        client.loop_stop()
        store.close()
        engine.close()
