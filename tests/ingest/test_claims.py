"""Two workers of one shared subscription on the same points: what one stored the other recognises, as a single worker would."""

import json
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingest_service.checks import Limits
from ingest_service.claims import Claims, _keys
from ingest_service.pipeline import Pipeline
from tests.ingest.conftest import NOW, Book, make_point, make_registry
from tests.ingest.test_pipeline import ALL, AT
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.claims import ClaimBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.schema import superseded
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame, ReadingBatch


class LastWritten(MemoryStore):
    """As InfluxDB: of two values for one instant the one that was written last stays, whatever its seq. put may be held up, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.entered, self.is_down_for = threading.Event(), threading.Event(), ""
        self.gate.set()

    def put(self, batch: ReadingBatch) -> None:
        self.entered.set()
        self.gate.wait(10)
        for point, at in zip(batch.point.tolist(), batch.at.tolist(), strict=True):
            self._readings.pop((point, at), None)
        super().put(batch)


@dataclass
class Worker:
    pipeline: Pipeline
    spool: SqliteSpool

    def send(self, **values: float) -> None:
        payload = json.dumps({"at": AT, "values": values}).encode()
        self.spool.append([Frame("tricolor/v1/mill/g1/readings", payload, NOW, "mqtt:mill/g1", enterprise="mill")])

    def load(self) -> None:
        while self.pipeline.load_once():
            pass


class Pair:
    """Workers over one ledger and one store. now moves when a test says so."""

    def __init__(self, engine: LedgerEngine, folder: Path) -> None:
        self.engine, self.folder, self.now = engine, folder, NOW
        self.store, self.ledger = LastWritten(), IntakeLedgerSql(engine, lambda: self.now)
        self.book = Book(make_registry(make_point(1, "p1"), make_point(2, "p2")))
        self.made: list[SqliteSpool] = []

    def worker(self, name: str, wait_s: float = 5.0, store=None) -> Worker:
        spool = SqliteSpool(self.folder / f"{name}.sqlite", 1 << 30)
        self.made.append(spool)
        claims = Claims(name, ClaimBookSql(self.engine), lambda: self.now, wait_s)
        made = Pipeline(
            name, spool, store or self.store, self.ledger, self.book, {"application/json": JsonV1()}, Limits(), lambda: self.now, claims=claims
        )
        made.warm_up()
        return Worker(made, spool)

    def counts(self) -> tuple[int, int, int, int]:
        (row,) = self.ledger.counts()
        return row.received, row.stored, row.duplicate, row.quarantined

    def value(self, point: int = 1) -> list[float]:
        return self.store.read([point], ALL).value.tolist()

    def kept(self) -> list[float]:
        with self.engine.reading() as connection:
            return list(connection.execute(select(superseded.c.value).order_by(superseded.c.id)).scalars())


@pytest.fixture
def pair(sqlite_ledger: LedgerEngine, tmp_path: Path):
    made = Pair(sqlite_ledger, tmp_path)
    yield made
    for spool in made.made:
        spool.close()


def test_a_repeat_that_comes_to_the_other_worker_is_a_duplicate(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b")  # both looked at an empty store
    a.send(p1=1.0)
    a.load()
    b.send(p1=1.0)
    b.load()
    assert pair.counts() == (2, 1, 1, 0)


def test_a_correction_by_the_other_worker_keeps_what_it_replaced(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b")
    for worker, value in ((a, 1.0), (b, 2.0), (a, 3.0), (a, 3.0), (b, 3.0)):
        worker.send(p1=value)
        worker.load()
    assert (pair.value(), pair.kept(), pair.counts()) == ([3.0], [1.0, 2.0], (5, 3, 2, 0))


def test_a_worker_waits_for_the_same_reading_on_its_way_at_the_other(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b")
    pair.store.gate.clear()
    a.send(p1=1.0)
    first = threading.Thread(target=a.load)
    first.start()
    assert pair.store.entered.wait(5)  # decided, not stored
    b.send(p1=2.0)
    second = threading.Thread(target=b.load)
    second.start()
    time.sleep(0.3)
    pair.store.gate.set()
    first.join(10)
    second.join(10)
    assert (pair.value(), pair.kept(), pair.counts()) == ([2.0], [1.0], (2, 2, 0, 0))


def test_readings_that_are_not_the_same_wait_for_nobody(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b", wait_s=60)
    a.pipeline._store = Refusing()  # type: ignore[assignment]
    a.send(p1=1.0)
    with pytest.raises(TryAgain):
        a.load()
    b.send(p2=2.0)
    began = time.monotonic()
    b.load()
    assert time.monotonic() - began < 5
    assert pair.value(2) == [2.0]


class Refusing(MemoryStore):
    def put(self, batch: ReadingBatch) -> None:
        raise TryAgain("killed before it stored")


def test_a_worker_that_died_holds_nobody_up_for_long(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b", wait_s=0.2)
    a.pipeline._store = Refusing()  # type: ignore[assignment]
    a.send(p1=1.0)
    with pytest.raises(TryAgain):
        a.load()
    for value in (2.0, 3.0):
        b.send(p1=value)
    began = time.monotonic()
    b.load()
    assert time.monotonic() - began < 2
    assert pair.value() == [3.0]


@pytest.mark.parametrize("minutes", [0.5, 1.5, 4, 30])
def test_a_repeat_is_known_however_long_ago_the_other_stored_it(pair: Pair, minutes: float) -> None:
    a, b = pair.worker("a"), pair.worker("b")
    a.send(p1=1.0)
    a.load()
    for step in range(1, 5):  # b goes on meanwhile, with another point
        pair.now = NOW + int(minutes * 15_000_000) * step
        b.send(p2=float(step))
        b.load()
    b.send(p1=1.0)
    b.load()
    assert pair.counts()[1:3] == (5, 1)


def test_a_worker_that_was_idle_asks_the_store_anew(pair: Pair) -> None:
    a, b = pair.worker("a"), pair.worker("b")
    a.send(p1=1.0)
    a.load()
    pair.now += 3600 * 1_000_000
    a.send(p2=1.0)
    a.load()  # what was claimed an hour ago is forgotten now
    b.send(p1=1.0)
    b.load()
    assert pair.counts() == (3, 2, 1, 0)


STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(["p1", "p2"]), st.integers(0, 2)), min_size=1, max_size=12)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_two_workers_come_to_what_one_comes_to(_migrated_sqlite: Path, tmp_path: Path, steps) -> None:
    folder = tmp_path / str(time.monotonic_ns())
    folder.mkdir()
    results = []
    for is_split in (False, True):
        shutil.copyfile(_migrated_sqlite, folder / f"{is_split}.sqlite")
        engine = LedgerEngine(f"sqlite:///{folder}/{is_split}.sqlite")
        pair = Pair(engine, folder)
        one, two = pair.worker(f"one{is_split}"), pair.worker(f"two{is_split}")
        for is_second, point, value in steps:
            worker = two if is_split and is_second else one
            worker.send(**{point: float(value)})
            worker.load()
        results.append((pair.counts(), pair.value(1), pair.value(2), pair.kept()))
        for spool in pair.made:
            spool.close()
        engine.close()
    assert results[0] == results[1]


def test_the_claims_of_others_are_searched_one_by_one() -> None:
    points, instants = np.meshgrid(np.arange(1000), 1_700_000_000_000_000 + np.arange(200) * 900_000_000)
    assert len(np.unique(_keys(points.ravel(), instants.ravel()))) == 200_000
