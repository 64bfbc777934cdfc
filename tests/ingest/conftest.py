"""A small registry, a real spool, a real DuckDB store and a real SQLite ledger around one pipeline."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest_service.checks import Limits
from ingest_service.pipeline import Pipeline
from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import Frame, Rejection

NOW = parse_us("2026-11-20T12:00:00+08:00")


def make_point(key: int, name: str, entity: str = "mill", kind: PointKind = PointKind.REGISTER, **plate) -> Point:
    return Point(key, name, f"m-{name}", entity, name, name, "electricity", "energy", "kWh", Plate(kind, **plate), Role.PURCHASED, 0, None)


def make_registry(*points: Point, version: int = 1) -> Registry:
    entities = {"city": Entity("city", EntityKind.CITY, "城", "City")}
    for point in points:
        entities.setdefault(point.entity_id, Entity(point.entity_id, EntityKind.ENTERPRISE, point.entity_id, point.entity_id))
    meters = {p.meter_id: Meter(p.meter_id, p.entity_id, p.meter_id, p.meter_id) for p in points}
    return Registry(version, entities, meters, {p.id: p for p in points}, {}, {}, {p.key: p for p in points})


class Book:
    """RegistryBook that a test sets."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def load(self) -> Registry:
        return self.registry

    def version(self) -> int:
        return self.registry.version


@dataclass
class Rig:
    folder: Path
    book: Book
    store: DuckStore
    engine: LedgerEngine
    spool: SqliteSpool
    now: int = NOW
    replies: list[tuple[str, tuple[Rejection, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = IntakeLedgerSql(self.engine)
        self.settle = SettleLedgerSql(self.engine)
        self.pipeline = self.new_pipeline()

    def new_pipeline(self, store=None, ledger=None) -> Pipeline:
        return Pipeline(
            "w", self.spool, store or self.store, ledger or self.ledger, self.book, {"application/json": JsonV1(), "text/csv": CsvV1()},
            Limits(), lambda: self.now, lambda frame, received, rejections, seq: self.replies.append((frame.topic, rejections)),
        )  # fmt: skip

    def send(self, payload: bytes | str, enterprise: str = "mill", content_type: str = "application/json") -> None:
        raw = payload.encode() if isinstance(payload, str) else payload
        topic = f"tricolor/v1/{enterprise}/g1/readings"
        self.spool.append([Frame(topic, raw, self.now, f"mqtt:{enterprise}/g1", content_type=content_type, enterprise=enterprise)])

    def add_point(self, key: int, name: str) -> None:
        held = self.book.registry
        self.book.registry = make_registry(*held.points.values(), make_point(key, name), version=held.version + 1)

    def load(self) -> None:
        while self.pipeline.load_once():
            pass

    def counts(self) -> tuple[int, int, int, int]:
        rows = self.ledger.counts()
        return (sum(r.received for r in rows), sum(r.stored for r in rows), sum(r.duplicate for r in rows), sum(r.quarantined for r in rows))


@pytest.fixture
def rig(tmp_path: Path):
    book = Book(make_registry(make_point(1, "p1"), make_point(2, "p2", capacity=1000.0), make_point(3, "other", entity="neighbour")))
    engine = LedgerEngine(f"sqlite:///{tmp_path}/ledger.sqlite")
    engine.migrate()
    made = Rig(tmp_path, book, DuckStore(tmp_path / "readings.duckdb"), engine, SqliteSpool(tmp_path / "spool.sqlite", 1 << 30))
    yield made
    made.store.close()
    made.spool.close()
    engine.close()
