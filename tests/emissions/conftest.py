"""A station's points, readings made of plain rows, and the whole path over a real store and ledger."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

from accounting.emissions import EmissionKeeper
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.schema import entity
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch

DAY = parse_us("2026-03-10T00:00:00+08:00")
HOUR = 3_600_000_000
MIN = 60_000_000
UNITS = {"a00000": ("m3/s", "m3"), "w00000": ("L/s", "m3"), "w01018": ("mg/L", "kg"), "w21003": ("mg/L", "kg")}
INTERVALS = {"minute": 600, "hour": 3600, "day": 86_400}


def registry(names: Sequence[str], units: dict[str, str] | None = None, valid_from: int = 0, owner: str = "mill", version: int = 1) -> Registry:
    """Points by their ids: unit and interval as `tricolor quarantine unknown --toml` writes them, unless `units` says otherwise."""
    points = {}
    for key, name in enumerate(names, start=1):
        parts = name.split(".")
        plain, cou = UNITS.get(parts[1], ("mg/m3", "kg"))
        is_cou = parts[-1] == "cou"
        unit = (units or {}).get(name, cou if is_cou else plain)
        plate = Plate(PointKind.DELTA if is_cou else PointKind.GAUGE, INTERVALS.get(parts[2], 60))
        points[name] = Point(key, name, "m", owner, name, name, "", "", unit, plate, Role.NONE, valid_from, None)
    city = Entity("qinzhou", EntityKind.CITY, "全市", "Whole city")
    region = Entity("qinnan", EntityKind.REGION, "钦南区", "Qinnan")
    unit = Entity(owner, EntityKind.ENTERPRISE, "示例纸厂", "Sample mill", "qinnan")
    entities = {e.id: e for e in (city, region, unit)}
    return Registry(version, entities, {"m": Meter("m", owner, "m", "m")}, points, {}, {}, {p.key: p for p in points.values()})


def readings(held: Registry, rows: Sequence[tuple[str, int, float] | tuple[str, int, float, int]]) -> ReadingBatch:
    """Sorted by (point, at). A row: point, at [µs], value, quality (0: good)."""
    table = sorted((held.points[r[0]].key, r[1], float(r[2]), r[3] if len(r) > 3 else 0) for r in rows)
    point, at, value, quality = (np.array(column) for column in zip(*table, strict=True)) if table else (np.empty(0),) * 4
    count = np.arange(1, len(table) + 1)
    return ReadingBatch(point.astype(np.int64), at.astype(np.int64), value.astype(float), quality.astype(np.uint8), count, at.astype(np.int64))


class Book:
    def __init__(self, held: Registry) -> None:
        self.held = held

    def load(self) -> Registry:
        return self.held

    def version(self) -> int:
        return self.held.version


class Rig:
    """Store, ledger and keeper of one station; now may be moved."""

    def __init__(self, folder: Path, ledger: LedgerEngine) -> None:
        self.engine, self.store = ledger, DuckStore(folder / "readings.duckdb")
        self.ledger, self.permits, self.now = EmissionLedgerSql(ledger), PermitBookSql(ledger), DAY + 30 * 24 * HOUR
        self.book = Book(registry(["st.w00000.hour.cou", "st.w01018.hour.avg", "st.w01018.hour.cou"], valid_from=DAY))
        with ledger.writing() as connection:
            for name in ("qinzhou", "qinnan", "mill"):
                connection.execute(insert(entity).values(id=name, kind="enterprise", name_cn=name, name_en=name))
        self.keeper = self.again()

    def again(self) -> EmissionKeeper:
        """A process that starts anew."""
        self.keeper = EmissionKeeper(self.store, self.ledger, self.book, lambda: self.now)
        return self.keeper

    def put(self, rows: Sequence[tuple[str, int, float] | tuple[str, int, float, int]]) -> None:
        self.store.put(readings(self.book.held, rows))

    def run(self) -> int:
        done = 0
        while more := self.keeper.run_once(60.0):
            done += more
        return done


@pytest.fixture
def rig(tmp_path: Path, sqlite_ledger: LedgerEngine):
    made = Rig(tmp_path, sqlite_ledger)
    yield made
    made.store.close()
