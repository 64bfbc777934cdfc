"""A rig that settles and looks at quality as accounting does, over memory stores and a real ledger."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from accounting.quality import QualityKeeper
from accounting.settling import Settler
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import DirtySpans

START = parse_us("2026-03-02T00:00:00+08:00")
NOON_LATER = START + 3 * DAY_US + DAY_US // 2  # 2026-03-05 12:00
QUARTER = 900_000_000


def point_of(key: int, meter: str = "", entity: str = "mill", kind: PointKind = PointKind.REGISTER, unit: str = "kWh", **plate) -> Point:
    quantity = "power" if kind is PointKind.GAUGE else "energy"
    return Point(
        key, f"p{key}", meter or f"m{key}", entity, f"测点{key}", f"point {key}", "electricity", quantity, unit,
        Plate(kind, **plate), Role.PURCHASED, START, None,
    )  # fmt: skip


def registry_of(points, parents=None, version: int = 1) -> Registry:
    ids = {p.entity_id for p in points}
    entities = {"city": Entity("city", EntityKind.CITY, "城", "City")} | {i: Entity(i, EntityKind.ENTERPRISE, i, i) for i in sorted(ids)}
    meters = {p.meter_id: Meter(p.meter_id, p.entity_id, p.meter_id, "", "", (parents or {}).get(p.meter_id, "")) for p in points}
    return Registry(version, entities, meters, {p.id: p for p in points}, {}, {}, {p.key: p for p in points})


def batch_of(key: int, at, value, late_us=20_000_000, quality=0) -> ReadingBatch:
    at = np.array(at, dtype=np.int64)
    n = len(at)
    return ReadingBatch(np.full(n, key), at, np.array(value, dtype=float), np.full(n, quality, dtype=np.uint8), np.arange(n), at + late_us)


class WorkList:
    """SettleLedger in memory."""

    def __init__(self) -> None:
        self.records: dict[int, DirtySpans] = {}
        self.last = 0

    def dirty(self, limit):
        return list(self.records.values())[:limit]

    def settled(self, ids):
        for each in ids:
            del self.records[each]

    def put_accounts(self, days, accounts):
        pass

    def accounts(self, entities, first_day, last_day):
        return []


class Rig:
    def __init__(self, ledger: LedgerEngine, registry: Registry, now: int = NOON_LATER) -> None:
        self.registry, self.now, self.seq = registry, now, 0
        self.store, self.list, self.ledger = MemoryStore(), WorkList(), QualityLedgerSql(ledger)
        self.settler = Settler(self.store, self.store, self.list, self, FactorBook(()), {})
        self.keeper = self.new_keeper()
        self.settler.on_touched = self.touch

    def touch(self, pairs) -> None:
        self.keeper.touch(pairs)

    def load(self) -> Registry:
        return self.registry

    def version(self) -> int:
        return self.registry.version

    def new_keeper(self) -> QualityKeeper:
        return QualityKeeper(self.store, self.store, self.ledger, self, lambda: self.now)

    def push(self, batch: ReadingBatch) -> None:
        if not len(batch):
            return
        batch = replace(batch, seq=np.arange(self.seq, self.seq + len(batch)))
        self.seq += len(batch)
        self.store.put(batch)
        self.list.last += 1
        spans = [np.array([v], dtype="<i8").tobytes() for v in (batch.point[0], batch.at.min(), batch.at.max() + 1)]
        self.list.records[self.list.last] = DirtySpans(*spans, readings=len(batch), source="s", id=self.list.last)

    def settle(self) -> None:
        while self.settler.run_once():
            pass

    def look(self) -> None:
        """Until nothing is left; the bound is there to fail a keeper that never ends."""
        for _ in range(200):
            if not (self.keeper.refresh(60.0).done + self.keeper.catch_up(60.0).done):
                return
        raise AssertionError("the keeper does not come to an end")

    def rows(self):
        return self.ledger.days(sorted(self.registry.entities), "2000-01-01", "2100-01-01")

    def checks(self):
        return self.ledger.checks(sorted(self.registry.entities), "2000-01-01", "2100-01-01")


@pytest.fixture
def rig(sqlite_ledger: LedgerEngine):
    """`rig(points, parents)`: a fresh one."""
    return lambda points, parents=None, now=NOON_LATER: Rig(sqlite_ledger, registry_of(points, parents), now)


@pytest.fixture
def both(ledger: LedgerEngine) -> Iterator:
    """The same on SQLite and on PostgreSQL."""
    yield lambda points, parents=None, now=NOON_LATER: Rig(ledger, registry_of(points, parents), now)
