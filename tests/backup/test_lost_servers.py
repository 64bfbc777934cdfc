"""PostgreSQL and InfluxDB are backed up under load, then all die; fresh servers get it back, with what came later from the spool."""

import json
import os
import shutil
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.backup.conftest import Fresh
from tests.backup.test_server_backup import EVER
from tests.e2e.conftest import REGISTRY, TRICOLOR, free_port
from tests.e2e.test_shared_workers import spooled, wait_for
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import dirty_span, intake_applied, superseded
from tricolor.adapters.sources.broker import Broker
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.domain.intervals import iso, parse_us

T0 = parse_us("2026-01-01T08:00:00+08:00")  # a minute a reading: however many are sent, none lies in the future


class Servers:
    """Intake, accounting and API of server mode over servers that can be lost."""

    def __init__(self, folder: Path, influx: str, broker: str) -> None:
        self.folder, self.http, self.api = folder, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ, "TRICOLOR_STORE": "influxdb", "TRICOLOR_INFLUX_URL": influx, "TRICOLOR_INFLUX_BUCKET": "t", "TRICOLOR_MQTT": broker,
            "TRICOLOR_DATA": str(folder / "ingest"), "TRICOLOR_HTTP": self.http, "TRICOLOR_SETTLE_PAUSE_S": "0.2",
        }  # fmt: skip
        self.processes: list[subprocess.Popen[bytes]] = []
        self.push = self.admin = ""

    def run(self, *words: str) -> str:
        done = subprocess.run([*TRICOLOR, *words], env=self.environment, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        for name, own in (("ingest", {}), ("accounting", {"TRICOLOR_DATA": str(self.folder / "accounting")}),
                          ("api", {"TRICOLOR_DATA": str(self.folder / "api"), "TRICOLOR_HTTP": self.api})):  # fmt: skip
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes.append(subprocess.Popen([*TRICOLOR, name], env={**self.environment, **own}, stdout=log, stderr=log))
        wait_for(lambda: self.ask(f"http://{self.http}/healthz") and self.ask(f"http://{self.api}/readyz"), "up")

    def end(self, number: int) -> None:
        for process in self.processes:
            process.send_signal(number)
        for process in self.processes:
            process.wait(60)
        self.processes.clear()

    def ask(self, url: str, body: object = None, key: str = "") -> Any:
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=raw, headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    def total(self) -> dict[str, int]:
        total: dict[str, int] = (self.ask(f"http://{self.api}/v1/ingest/ledger", key=self.admin) or {}).get("total", {})
        return total

    def has_loaded_its_spool(self) -> bool:
        ledger = LedgerEngine(self.environment["TRICOLOR_LEDGER_URL"])
        with ledger.reading() as connection:
            applied = connection.execute(select(intake_applied.c.last_seq)).scalar_one()
        ledger.close()
        return bool(applied == spooled(Path(self.environment["TRICOLOR_DATA"])))

    def wait_settled(self, received: int) -> dict[str, int]:
        def settled() -> bool:
            total = self.total()
            return (
                bool(total) and self.has_loaded_its_spool() and total["received"] >= received and total["unwritten"] == 0 and total["unsettled"] == 0
            )

        wait_for(settled, f"settled at {received}: {self.total()}")
        return self.total()


class Load:
    """Pushes 240 readings a message, the register minute by minute, and corrects one of ten an instant later; counts what was answered 200."""

    def __init__(self, servers: Servers) -> None:
        self._servers, self._stop = servers, threading.Event()
        self.minutes = self.corrected = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            first = self.minutes
            rows = [{"point": "steel.register", "at": iso(T0 + n * 60_000_000), "value": float(n)} for n in range(first, first + 240)]
            if self._send(rows):
                self.minutes += 240
                if self._send([{**row, "value": row["value"] + 0.25} for row in rows[::10]]):
                    self.corrected += 24

    def _send(self, rows: list[dict[str, Any]]) -> bool:
        return bool(self._servers.ask(f"http://{self._servers.http}/v1/readings", {"readings": rows}, self._servers.push))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.e2e
@pytest.mark.servers
def test_servers_that_are_lost_come_back_and_the_spool_brings_what_came_after_the_backup(
    fresh: Fresh, own_influxd: Any, tmp_path: Path, require: Callable[[str], str]
) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path / "broker")
    servers = Servers(tmp_path, own_influxd.url, f"127.0.0.1:{port}")
    servers.environment["TRICOLOR_LEDGER_URL"] = fresh()
    (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    servers.run("import", "registry", str(tmp_path / "registry.toml"))
    servers.push, servers.admin = (json.loads(servers.run("key", "create", "--kind", kind, "--json"))["key"] for kind in ("push", "admin"))
    try:
        servers.start()
        load = Load(servers)
        try:
            wait_for(lambda: load.minutes > 2_000, "under way")
            safe = load.minutes
            parts = json.loads(servers.run("backup", str(tmp_path / "b"), "--json"))
            done = load.minutes
            assert {part["what"] for part in parts} == {"ledger", "spool", "readings", "energy"}
            wait_for(lambda: load.minutes > done + 2_000, "going on")
        finally:
            load.stop()
        assert done > safe, "readings came while it was written"
        servers.end(signal.SIGKILL)
        own_influxd.stop()
        for name in ("meta", "data", "wal"):
            shutil.rmtree(tmp_path / name)
        own_influxd.start()

        # as it was at the backup, with the backup's own spool
        servers.environment |= {"TRICOLOR_LEDGER_URL": fresh(), "TRICOLOR_INFLUX_BUCKET": "then", "TRICOLOR_DATA": str(tmp_path / "then")}
        servers.run("restore", str(tmp_path / "b"), "--data", str(tmp_path / "then"))
        servers.start()
        total = servers.wait_settled(0)
        then = stored(servers)
        assert safe <= len(then) <= load.minutes
        assert total["stored"] == len(then) + sum(value % 1 > 0 for value in then), "every reading and every correction counted once"
        assert (total["duplicate"], total["received"]) == (0, total["stored"])
        same_cells(servers, then)
        servers.end(signal.SIGTERM)

        # all of it: the spool survived
        servers.environment |= {"TRICOLOR_LEDGER_URL": fresh(), "TRICOLOR_INFLUX_BUCKET": "all", "TRICOLOR_DATA": str(tmp_path / "ingest")}
        servers.run("restore", str(tmp_path / "b"), "--data", str(tmp_path / "ingest"), "--keep-spool")
        servers.start()
        sent = load.minutes + load.corrected
        total = servers.wait_settled(sent)
        assert total == {**total, "received": sent, "stored": sent, "duplicate": 0, "quarantined": 0}
        expected = [n + 0.25 * (n % 240 % 10 == 0) for n in range(load.minutes)]
        assert stored(servers) == expected
        same_cells(servers, expected)
        ledger = LedgerEngine(servers.environment["TRICOLOR_LEDGER_URL"])
        with ledger.reading() as connection:
            assert sorted(connection.execute(select(superseded.c.value)).scalars()) == [float(n) for n in range(load.minutes) if n % 240 % 10 == 0]
            assert connection.execute(select(dirty_span)).all() == []
        ledger.close()
    finally:
        servers.end(signal.SIGKILL)
        broker.stop()


def opened(servers: Servers) -> tuple[InfluxStore, int]:
    ledger = LedgerEngine(servers.environment["TRICOLOR_LEDGER_URL"])
    key = RegistryBookSql(ledger).load().points["steel.register"].key
    ledger.close()
    bucket = servers.environment["TRICOLOR_INFLUX_BUCKET"]
    return InfluxStore(servers.environment["TRICOLOR_INFLUX_URL"], "", bucket, "", "", "", lambda: {key: "steel.register"}), key


def stored(servers: Servers) -> list[float]:
    store, key = opened(servers)
    values: list[float] = store.read([key], EVER).value.tolist()
    store.close()
    return values


def same_cells(servers: Servers, values: list[float]) -> None:
    """The cells are those of the readings: together the whole advance of the register."""
    store, key = opened(servers)
    cells = store.cells([key], EVER)
    store.close()
    assert cells.amount.sum() == pytest.approx(values[-1] - values[0])
    whole = (len(values) - 1) // 15
    assert len(cells) in (whole, whole + 1)
    for n in range(0, whole, 97):  # one reading a minute, on the quarter hour: a cell is the difference of its edges
        assert cells.amount[n] == pytest.approx(values[15 * n + 15] - values[15 * n])
