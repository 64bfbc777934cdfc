"""A registry that changes is a history read differently: energy and accounts follow, also those of the unit that lost a meter."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accounting.settling import Settler
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import CELL_US, Interval, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import DirtySpans, Outcome

START = parse_us("2026-03-01T00:00:00+08:00")
COUNT = 10 * 96 + 1  # ten days
POINT = Point(
    0, "mill.elec", "m1", "mill", "电", "el", "electricity", "energy", "kWh", Plate(PointKind.REGISTER, multiplier=40.0), Role.PURCHASED, 0, None
)
ENTITIES = (
    Entity("town", EntityKind.CITY, "市", "Town"), Entity("mill", EntityKind.ENTERPRISE, "厂", "Mill"),
    Entity("works", EntityKind.ENTERPRISE, "坊", "Works"),
)  # fmt: skip


def registry_file(point: Point = POINT, owner: str = "mill") -> RegistryFile:
    return RegistryFile(ENTITIES, (Meter("m1", owner, "表", "Meter"),), (replace(point, entity_id=owner),), (), ())


class Rig:
    def __init__(self, folder: Path) -> None:
        self.engine = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
        self.engine.migrate()
        self.book, self.store = RegistryBookSql(self.engine), MemoryStore()
        self.ledger = SettleLedgerSql(self.engine)
        self.settler = Settler(self.store, self.store, self.ledger, self.book, FactorBook.of([]), {})
        self.book.replace_from(registry_file(), "t", 1)
        self.key = self.book.load().points["mill.elec"].key
        at = START + np.arange(COUNT) * CELL_US
        ones = np.ones(COUNT, dtype=np.int64)
        self.store.put(ReadingBatch(ones * self.key, at, np.arange(COUNT) * 0.5, np.zeros(COUNT, dtype=np.uint8), np.arange(COUNT), at))
        pack = [np.array([n], dtype="<i8").tobytes() for n in (self.key, START, int(at[-1]) + 1)]
        IntakeLedgerSql(self.engine).apply(Outcome("w", 1, (), (DirtySpans(pack[0], pack[1], pack[2], COUNT, "s"),), (), ()))
        self.settle()

    def settle(self) -> None:
        while self.settler.run_once():
            pass

    def energy(self) -> float:
        return float(np.nansum(self.store.cells([self.key], Interval(START - CELL_US, START + 400 * 96 * CELL_US)).amount))

    def accounted(self, entity: str) -> float:
        return sum(a.amount for a in self.ledger.accounts([entity], "2026-01-01", "2026-12-31"))


@pytest.fixture
def rig(tmp_path: Path):
    made = Rig(tmp_path)
    yield made
    made.engine.close()


def test_a_corrected_multiplier_moves_the_whole_history(rig):
    assert rig.energy() == pytest.approx(960 * 0.5 * 40)
    rig.book.replace_from(registry_file(replace(POINT, plate=Plate(PointKind.REGISTER, multiplier=80.0))), "t", 2)
    rig.settle()
    assert rig.energy() == pytest.approx(960 * 0.5 * 80)
    assert rig.accounted("mill") == pytest.approx(960 * 0.5 * 80)
    assert rig.ledger.dirty(10) == []


def test_a_meter_that_moves_to_another_unit_takes_its_history_along(rig):
    assert rig.accounted("mill") == pytest.approx(19_200)
    rig.book.replace_from(registry_file(owner="works"), "t", 2)
    rig.settle()
    assert rig.accounted("works") == pytest.approx(19_200)
    assert rig.accounted("mill") == 0


def test_a_new_name_settles_nothing_again(rig):
    rig.book.replace_from(registry_file(replace(POINT, name_cn="新名")), "t", 2)
    assert rig.ledger.dirty(10) == []


def test_a_point_without_readings_is_no_work_that_stays(rig):
    more = replace(POINT, id="mill.elec2")
    both = RegistryFile(ENTITIES, registry_file().meters, (POINT, more), (), ())
    rig.book.replace_from(both, "t", 2)
    rig.book.replace_from(replace(both, points=(POINT, replace(more, unit="MWh"))), "t", 3)
    rig.settle()
    assert rig.ledger.dirty(10) == []
    assert rig.accounted("mill") == pytest.approx(19_200)
