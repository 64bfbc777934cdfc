"""A settler over a memory store, and a work list that a test fills."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from accounting.settling import Settler
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.analysis.settle import settle
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import Interval, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import DirtySpans

START = parse_us("2026-03-01T00:00:00+08:00")
ALWAYS = Interval(parse_us("2000-01-01T00:00:00+08:00"), parse_us("2090-01-01T00:00:00+08:00"))


def make_point(
    key: int = 1, kind: PointKind = PointKind.REGISTER, unit: str = "kWh", role: Role = Role.PURCHASED, meter: str = "m", **plate
) -> Point:
    return Point(key, f"p{key}", meter, "mill", "", "", "electricity", "energy", unit, Plate(kind, **plate), role, 0, None)


def make_batch(at, value, key: int = 1, seq=None) -> ReadingBatch:
    at = np.array(at, dtype=np.int64)
    seq = np.arange(len(at)) if seq is None else np.array(seq)
    return ReadingBatch(np.full(len(at), key), at, np.array(value, dtype=float), np.zeros(len(at), dtype=np.uint8), seq, at.copy())


@dataclass
class WorkList:
    """SettleLedger in memory; accounted: the (entity, day) of every put_accounts."""

    records: dict[int, DirtySpans] = field(default_factory=dict)
    accounted: list[tuple[str, str]] = field(default_factory=list)
    is_failing: bool = False
    last: int = 0

    def add(self, point: int, start: int, end: int) -> None:
        self.last += 1
        pack = [np.array([v], dtype="<i8").tobytes() for v in (point, start, end)]
        self.records[self.last] = DirtySpans(*pack, readings=1, source="s", id=self.last)

    def dirty(self, limit: int) -> list[DirtySpans]:
        return list(self.records.values())[:limit]

    def settled(self, ids: Sequence[int]) -> None:
        for each in ids:
            del self.records[each]

    def put_accounts(self, days, accounts) -> None:
        if self.is_failing:
            raise RuntimeError("the ledger is gone")
        self.accounted += days

    def accounts(self, entities, first_day, last_day):
        return []


class Book:
    """RegistryBook and MeterFactsBook."""

    def __init__(self, *points: Point) -> None:
        entities = {"city": Entity("city", EntityKind.CITY, "城", "City"), "mill": Entity("mill", EntityKind.ENTERPRISE, "厂", "Mill")}
        meters = {p.meter_id: Meter(p.meter_id, "mill", "", "") for p in points}
        self.registry = Registry(1, entities, meters, {p.id: p for p in points}, {}, {}, {p.key: p for p in points})

    def load(self) -> Registry:
        return self.registry

    def version(self) -> int:
        return 1


class FactsBook:
    def __init__(self) -> None:
        self.facts, self.count = MeterFacts(), 0

    def declare(self, facts: MeterFacts) -> None:
        self.facts, self.count = facts, self.count + 1

    def load(self) -> MeterFacts:
        return self.facts

    def version(self) -> int:
        return self.count


class Rig:
    """One registry, one memory store; push() stores readings and marks them as intake does, settle() runs until nothing is left."""

    def __init__(self, *points: Point) -> None:
        self.points = {p.key: p for p in points}
        self.store, self.work, self.facts = MemoryStore(), WorkList(), FactsBook()
        self.book = Book(*points)
        self.settler = self.new_settler()
        self.seq = 0

    def new_settler(self) -> Settler:
        return Settler(self.store, self.store, self.work, self.book, FactorBook(()), {}, self.facts)

    def push(self, key: int, at, value) -> None:
        batch = make_batch(at, value, key, np.arange(self.seq, self.seq + len(at)))
        self.seq += len(at)
        if len(batch):
            self.store.put(batch)
            self.work.add(key, int(batch.at.min()), int(batch.at.max()) + 1)

    def settle(self) -> None:
        while self.settler.run_once():
            pass

    def stored(self) -> EnergyCells:
        return self.store.cells(sorted(self.points), ALWAYS)

    def from_scratch(self) -> EnergyCells:
        return settle(self.points, self.store.read(sorted(self.points), ALWAYS), self.facts.facts)


@pytest.fixture
def same():
    return assert_same


def assert_same(one: EnergyCells, other: EnergyCells) -> None:
    """Bit for bit."""
    assert one.start.tolist() == other.start.tolist()
    assert one.point.tolist() == other.point.tolist()
    np.testing.assert_array_equal(one.amount, other.amount)
    assert one.covered_us.tolist() == other.covered_us.tolist()
    assert one.flag.tolist() == other.flag.tolist()
