"""A real ledger and settler over a memory store: registers are put, accounts come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
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
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.accounts import TOTAL_SIGN, DayAccount
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.factors import Factor, FactorBook, FactorKind
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import DirtySpans, Outcome

START = parse_us("2026-03-01T00:00:00+08:00")
DAY_ONE = "2026-03-01"
ENTITIES = (
    Entity("city", EntityKind.CITY, "市", "City"),
    Entity("north", EntityKind.REGION, "北区", "North"),
    Entity("park", EntityKind.PARK, "园区", "Park", region_id="north"),
    Entity("mill", EntityKind.ENTERPRISE, "厂", "Mill", region_id="north", park_id="park"),
    Entity("works", EntityKind.ENTERPRISE, "坊", "Works", region_id="north", park_id="park"),
    Entity("farm", EntityKind.ENTERPRISE, "场", "Farm", region_id="north"),
    Entity("hall", EntityKind.BUILDING, "楼", "Hall", region_id="north"),
)


def factor(carrier: str, kind: FactorKind, value: float, per: str) -> Factor:
    return Factor(f"{carrier}:{kind}", carrier, kind, value, f"kgce/{per}", per, "hand", "test", date(1992, 1, 1))


# 1 kWh 0.1 kgce, equal value 0.3; 1 t coal 700 kgce; 1 t water 0.2 kgce; easy to work by hand
FACTORS = FactorBook.of(
    [
        factor("electricity", FactorKind.CALORIFIC, 0.1, "kWh"), factor("electricity", FactorKind.EQUIVALENT, 0.3, "kWh"),
        factor("raw_coal", FactorKind.CALORIFIC, 700.0, "t"), factor("fresh_water", FactorKind.CALORIFIC, 0.2, "t"),
        factor("heat", FactorKind.CALORIFIC, 34.0, "GJ"), factor("compressed_air", FactorKind.CALORIFIC, 0.04, "m3"),
    ]
)  # fmt: skip


def point(
    identity: str, meter: str, entity: str, role: Role = Role.PURCHASED, carrier: str = "electricity", unit: str = "kWh", formula: str = "", **more
) -> Point:
    kind = PointKind.VIRTUAL if formula else PointKind.DELTA
    return Point(0, identity, meter, entity, "", "", carrier, "energy", unit, Plate(kind), role, 0, None, formula=formula, **more)


@dataclass
class Rig:
    engine: LedgerEngine
    store: MemoryStore = field(default_factory=MemoryStore)
    seq: int = 0

    def __post_init__(self) -> None:
        self.book, self.ledger = RegistryBookSql(self.engine), SettleLedgerSql(self.engine)
        self.settler = self.new_settler()

    def new_settler(self) -> Settler:
        return Settler(self.store, self.store, self.ledger, self.book, FACTORS, carriers())

    def register(self, *points: Point, parents: Mapping[str, str] | None = None) -> None:
        """Points with their meters; parents: meter -> the meter before it."""
        owners = {p.meter_id: p.entity_id for p in points}
        meters = [Meter(m, owner, m, m, parent_id=(parents or {}).get(m, "")) for m, owner in owners.items()]
        self.book.replace_from(RegistryFile(ENTITIES, tuple(meters), points, (), ()), "t", 1)

    def key(self, identity: str) -> int:
        return self.book.load().points[identity].key

    def put(self, identity: str, amounts: list[float], start: int = START) -> None:
        """One amount per quarter of an hour from `start` on."""
        key, at = self.key(identity), start + (1 + np.arange(len(amounts))) * CELL_US
        seq = np.arange(self.seq, self.seq + len(at))
        self.seq += len(at)
        self.store.put(ReadingBatch(np.full(len(at), key), at, np.array(amounts, dtype=float), np.zeros(len(at), dtype=np.uint8), seq, at))
        pack = [np.array([n], dtype="<i8").tobytes() for n in (key, int(at[0]), int(at[-1]) + 1)]
        IntakeLedgerSql(self.engine).apply(Outcome("w", self.seq, (), (DirtySpans(pack[0], pack[1], pack[2], len(at), "s"),), (), ()))

    def settle(self) -> None:
        while self.settler.run_once():
            pass
        while self.ledger.dirty(1):
            self.settler.run_once()

    def accounts(self, *entities: str) -> list[DayAccount]:
        return self.ledger.accounts(entities, "2020-01-01", "2030-12-31")

    def whole(self, entity: str) -> list[DayAccount]:
        return self.accounts(*(e.id for e in self.book.load().members(entity)))

    def by_role(self, entity: str, carrier: str = "electricity") -> dict[str, float]:
        found: dict[str, float] = {}
        for a in self.whole(entity):
            if a.carrier == carrier:
                found[str(a.role)] = found.get(str(a.role), 0.0) + a.amount
        return {role: round(amount, 9) for role, amount in found.items()}

    def total_tce(self, entity: str) -> float:
        return sum(TOTAL_SIGN[a.role] * (a.tce_calorific or 0.0) for a in self.whole(entity) if a.role in TOTAL_SIGN)

    def cells(self, identity: str) -> dict[int, float]:
        held = self.store.cells([self.key(identity)], Interval(START - 40 * DAY_US, START + 400 * DAY_US))
        return dict(zip(((held.start - START) // CELL_US).tolist(), held.amount.tolist(), strict=True))


@pytest.fixture
def make_rig(tmp_path: Path):
    made: list[Rig] = []

    def make(name: str = "ledger") -> Rig:
        engine = LedgerEngine(f"sqlite:///{tmp_path}/{name}{len(made)}.sqlite")
        engine.migrate()
        made.append(Rig(engine))
        return made[-1]

    yield make
    for rig in made:
        rig.engine.close()


@pytest.fixture
def rig(make_rig: Callable[[], Rig]) -> Rig:
    return make_rig()
