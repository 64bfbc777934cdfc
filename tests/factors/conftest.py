"""A small city with a month of accounts in a real ledger, made from cells as accounting makes them, and everything that changes factors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pytest

from accounting.restating import Restating
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.factors import FactorDeskSql
from tricolor.adapters.ledger.restatements import RestatementsSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.analysis.accounts import day_accounts
from tricolor.analysis.factor_changes import FactorChanges
from tricolor.analysis.restate import recount_from
from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import CELL_US, Interval, day
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.own_factors import Proposal, SettingKind

FIRST, DAYS = date(2026, 1, 30), 4  # over the end of a month


def point(key: int, entity: str, carrier: str, unit: str, role: Role = Role.PURCHASED) -> Point:
    return Point(key, f"{entity}.{carrier}{key}", f"m{key}", entity, "", "", carrier, "energy", unit, Plate(PointKind.DELTA), role, 0, None)


POINTS = (
    point(1, "mill", "electricity", "kWh"), point(2, "mill", "raw_coal", "t"), point(3, "mill", "raw_coal", "t"),
    point(4, "mill", "natural_gas", "m3"), point(5, "kiln", "raw_coal", "t"), point(6, "kiln", "electricity", "kWh", Role.SOLD),
)  # fmt: skip


class Book:
    """RegistryBook of this city."""

    def __init__(self) -> None:
        entities = {e: Entity(e, EntityKind.ENTERPRISE, e, e) for e in ("mill", "kiln")}
        meters = {p.meter_id: Meter(p.meter_id, p.entity_id, "", "") for p in POINTS}
        self.registry = Registry(1, entities, meters, {p.id: p for p in POINTS}, {}, {}, {p.key: p for p in POINTS})

    def load(self) -> Registry:
        return self.registry

    def version(self) -> int:
        return 1


@dataclass(repr=False)
class City:
    ledger: LedgerEngine
    base: FactorBook = field(default_factory=lambda: factor_book(load_plan("illustrative-2026-2030")))
    at: int = 1_780_000_000_000_000

    def __post_init__(self) -> None:
        self.book, self.store = Book(), MemoryStore()
        self.desk = FactorDeskSql(self.ledger, self.tick)
        self.restatements = RestatementsSql(self.ledger, self.tick)
        self.accounts = SettleLedgerSql(self.ledger)
        self.recount = recount_from(self.book.load, self.store, carriers())
        self.shelf = LiveFactors(self.base, self.desk)
        self.changes = FactorChanges(self.base, carriers(), self.desk, self.restatements, self.recount, self.book.load)
        self.restating = self.new_restating()
        random = np.random.default_rng(7)
        for p in POINTS:
            starts = np.arange(day(FIRST).start, day(FIRST).start + DAYS * 96 * CELL_US, CELL_US, dtype=np.int64)
            n = len(starts)
            cells = EnergyCells(np.full(n, p.key), starts, random.random(n).round(3), np.full(n, CELL_US), np.zeros(n, dtype=np.uint8))
            self.store.replace([(p.key, Interval(int(starts[0]), int(starts[-1]) + CELL_US))], cells)
        self.accounts.put_accounts([(e, str(d)) for e, d in self.days], self.from_scratch())

    @property
    def days(self) -> list[tuple[str, date]]:
        return [(entity, FIRST + timedelta(days=n)) for entity in ("mill", "kiln") for n in range(DAYS)]

    def tick(self) -> int:
        self.at += 1
        return self.at

    def new_restating(self) -> Restating:
        return Restating(self.restatements, self.desk, self.shelf, self.store, self.book, carriers())

    def from_scratch(self) -> list[DayAccount]:
        """As settling everything anew would account it with the factors in force."""
        cells = self.store.cells([p.key for p in POINTS], Interval(day(FIRST).start, day(FIRST + timedelta(days=DAYS)).start))
        return sorted(day_accounts(self.book.registry, self.days, cells, self.shelf.now(), carriers()), key=place)

    def stored(self) -> list[DayAccount]:
        return sorted(self.accounts.accounts(["mill", "kiln"], "2026-01-01", "2026-12-31"), key=place)

    def apply(self, change: Proposal | int, reason: str = "laboratory report 118"):
        """Preview, set or revoke, restate to the end; the setting and what the preview said."""
        seen = self.changes.preview(change)
        done = self.changes.apply(change, "王工", reason, seen.token)
        self.restating.run_once(60)
        return done, seen


def place(a: DayAccount) -> tuple[str, str, str, str]:
    return a.entity, a.day, a.carrier, a.role


def measured(value: float = 5_500.0, unit: str = "kcal/kg", entity: str = "mill", carrier: str = "raw_coal", point: str = "", **more) -> Proposal:
    facts = {"kind": SettingKind.MEASURED, "valid_from": date(2026, 1, 1), "valid_to": None, "document": "化验单 2026-118"} | more
    return Proposal(entity=entity, point=point, carrier=carrier, value=value, unit=unit, **facts)


@pytest.fixture
def city(sqlite_ledger: LedgerEngine) -> City:
    return City(sqlite_ledger)


@pytest.fixture
def city_anywhere(ledger: LedgerEngine) -> City:
    """On SQLite and on PostgreSQL."""
    return City(ledger)


@pytest.fixture
def heating() -> Callable[..., Proposal]:
    return measured


def assert_same_accounts(one: list[DayAccount], other: list[DayAccount]) -> None:
    """Equal but for the rounding of sums over points."""
    assert [place(a) for a in one] == [place(a) for a in other]
    for a, b in zip(one, other, strict=True):
        assert (a.factor_ids, a.amount, a.unit) == (b.factor_ids, b.amount, b.unit)
        for name in ("tce_calorific", "tce_equivalent", "co2_t"):
            assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-12), (place(a), name)
