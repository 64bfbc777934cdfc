"""A real listener on a free port before a real spool, committer, pipeline, store and ledger; points of two stations."""

import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import insert

from ingest_service.checks import Limits
from ingest_service.commit import Committer
from ingest_service.listeners.hj212_door import Door
from ingest_service.listeners.hj212_tcp import Hj212Listener, TcpLimits
from ingest_service.pipeline import Loader, Pipeline
from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.schema import entity
from tricolor.adapters.ledger.stations import StationBookSql
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.pollutants import current_codes
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import Interval, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role

NOW = parse_us("2026-11-20T08:00:10+08:00")
MN, PW = "010000A8900016F000169DC0", "123456"
CODECS = {"application/json": JsonV1(), "application/x-hj212": Hj212(1000, current_codes())}
CODES = ("w00000", "w01018", "w21003")


def registry(mns: list[str], owner: str = "mill") -> Registry:
    """For each station the real-time points of CODES, and COD's hourly average and amount."""
    names = [f"{mn.lower()}.{rest}" for mn in mns for rest in (*(f"{c}.rtd" for c in CODES), "w01018.hour.avg", "w01018.hour.cou")]
    points = {
        name: Point(key, name, "m", owner, name, name, "", "concentration", "mg/L", Plate(PointKind.GAUGE), Role.NONE, 0, None)
        for key, name in enumerate(names, start=1)
    }
    entities = {"city": Entity("city", EntityKind.CITY, "城", "City"), owner: Entity(owner, EntityKind.ENTERPRISE, owner, owner)}
    return Registry(1, entities, {"m": Meter("m", owner, "m", "m")}, points, {}, {}, {p.key: p for p in points.values()})


@dataclass
class Book:
    held: Registry

    def load(self) -> Registry:
        return self.held

    def version(self) -> int:
        return self.held.version


@dataclass
class Rig:
    folder: Path
    held: Registry
    limits: TcpLimits = field(default_factory=TcpLimits)
    now: int = NOW

    def __post_init__(self) -> None:
        self.engine = LedgerEngine(f"sqlite:///{self.folder}/ledger.sqlite")
        self.engine.migrate()
        with self.engine.writing() as connection:
            for name in ("mill", "other"):
                connection.execute(insert(entity).values(id=name, kind="enterprise", name_cn=name, name_en=name))
        self.stations, self.ledger = StationBookSql(self.engine), IntakeLedgerSql(self.engine)
        self.store, self.spool = DuckStore(self.folder / "readings.duckdb"), SqliteSpool(self.folder / "spool.sqlite", 1 << 30)
        self.pipeline = Pipeline(
            "w",
            self.spool,
            self.store,
            self.ledger,
            Book(self.held),
            CODECS,
            Limits(),
            lambda: self.now,
        )
        self.loader = Loader(self.pipeline, lambda: None)
        self.committer = Committer(self.spool, self.loader.wake)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.door = Door(self.stations)
        self.listener = Hj212Listener(
            "127.0.0.1", self.port, self.door, self.committer.submit_many, self.committer.has_room, lambda: self.now, self.limits
        )

    def start(self) -> None:
        self.loader.start()
        self.committer.start()
        self.listener.start()

    def stop(self) -> None:
        self.listener.stop()
        self.committer.stop()
        self.loader.stop()
        self.store.close()
        self.spool.close()
        self.engine.close()

    def counts(self) -> dict[str, tuple[int, int, int, int]]:
        return {c.source: (c.received, c.stored, c.duplicate, c.quarantined) for c in self.ledger.counts()}

    def wait(self, is_true, limit_s: float = 10.0) -> None:
        until = time.monotonic() + limit_s
        while not is_true():
            assert time.monotonic() < until, (self.counts(), threading.enumerate())
            time.sleep(0.02)

    def values(self, name: str) -> list[tuple[int, float, int]]:
        batch = self.store.read([self.held.points[name].key], Interval(0, 2**62))
        return list(zip(batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True))


@pytest.fixture
def make_rig(tmp_path: Path):
    made: list[Rig] = []

    def make(mns: tuple[str, ...] = (MN,), **limits) -> Rig:
        rig = Rig(tmp_path, registry(list(mns)), TcpLimits(**limits))
        for mn in mns:
            rig.stations.add(mn, "mill", PW, "", "test", 1)
        made.append(rig)
        rig.start()
        return rig

    yield make
    for rig in made:
        rig.stop()


@pytest.fixture
def rig(make_rig):
    return make_rig()


class Wire:
    """A bare socket to the listener."""

    def __init__(self, rig: Rig) -> None:
        self.sock = socket.create_connection(("127.0.0.1", rig.port), 5)
        self.sock.settimeout(5)
        self.held = b""

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def line(self) -> str:
        """The next answer, "" when the other side has closed."""
        while b"\r\n" not in self.held:
            more = self.sock.recv(4096)
            if not more:
                return ""
            self.held += more
        text, _, self.held = self.held.partition(b"\r\n")
        return text.decode()

    def is_silent(self, for_s: float = 0.4) -> bool:
        self.sock.settimeout(for_s)
        try:
            return self.sock.recv(10) == b"" and False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(5)


@pytest.fixture
def wire(rig):
    made = Wire(rig)
    yield made
    made.sock.close()
