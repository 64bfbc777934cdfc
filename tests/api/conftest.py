"""A small city over a real ledger (SQLite and PostgreSQL) and a real DuckDB, with keys of every kind, and the API in front of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.deps import Dependencies
from api.main import wire
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Meter
from tricolor.domain.intervals import CELL_US, SHANGHAI, Interval, parse_us, to_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import Outgoing

NOW = to_us(datetime(2026, 11, 20, 12, 7, 30, tzinfo=SHANGHAI))
START = parse_us("2026-11-20T08:00:00+08:00")


def _point(identity: str, meter: str, entity: str, carrier: str, unit: str, kind: PointKind, role: Role) -> Point:
    plate = Plate(kind, 900, 100.0 if kind is PointKind.REGISTER else 1.0, 100_000.0, 500.0, 0.01)
    return Point(0, identity, meter, entity, "有功", "active", carrier, "energy", unit, plate, role, parse_us("2024-01-01T00:00:00+08:00"), None)


REGISTRY = RegistryFile(
    entities=(
        Entity("qz", EntityKind.CITY, "钦州市", "Qinzhou", order=0),
        Entity("north", EntityKind.REGION, "北区", "North", order=1),
        Entity("south", EntityKind.REGION, "南区", "South", order=2),
        Entity("mill", EntityKind.ENTERPRISE, "纸厂", "Paper mill", region_id="north", industry_code="2221", is_key_user=True, order=3),
        Entity("kiln", EntityKind.ENTERPRISE, "砖厂", "Brick kiln", region_id="south", order=4),
    ),
    meters=(Meter("mill-m1", "mill", "总表", "main", "gw1"), Meter("kiln-m1", "kiln", "总表", "main", "gw2")),
    points=(
        _point("mill.elec", "mill-m1", "mill", "electricity", "kWh", PointKind.REGISTER, Role.PURCHASED),
        _point("mill.steam", "mill-m1", "mill", "heat", "GJ", PointKind.DELTA, Role.SOLD),
        _point("kiln.coal", "kiln-m1", "kiln", "raw_coal", "t", PointKind.DELTA, Role.PURCHASED),
    ),
    departments=(Department("gxj", "工信局", "Industry bureau"),),
    contacts=(Contact("c-gxj", "gxj", "值班", "duty"), Contact("c-mill", "mill", "能源管理员", "energy manager")),
)  # fmt: skip


@dataclass
class World:
    """The city, the ports and one client. headers(kind, entity) gives an Authorization header of a fresh key."""

    ledger: LedgerEngine
    store: DuckStore
    deps: Dependencies
    client: TestClient
    now: int = NOW
    start: int = START

    def headers(self, kind: str, entity: str = "") -> dict[str, str]:
        _, token = KeyBookSql(self.ledger).create(KeyKind(kind), entity, "test", NOW)
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, as_kind: str = "read", bound_to: str = "", **params: Any) -> Any:
        return self.client.get(path, params=params, headers=self.headers(as_kind, bound_to))

    def client_with(self, **changes: Any) -> TestClient:
        """A client of an app whose ports differ, e.g. a store that is down."""
        return TestClient(create_app(replace(self.deps, **changes)), raise_server_exceptions=False)

    def key_of(self, point: str) -> int:
        return self.deps.registry.load().points[point].key

    def put_readings(self, point: str, values: list[float], start: int = START, step_us: int = CELL_US) -> None:
        n = len(values)
        at = start + np.arange(n, dtype=np.int64) * step_us
        self.store.put(
            ReadingBatch(
                np.full(n, self.key_of(point), dtype=np.int64), at, np.array(values, dtype=np.float64), np.zeros(n, dtype=np.uint8),
                np.arange(1, n + 1, dtype=np.int64), at,
            )
        )  # fmt: skip

    def put_cells(self, point: str, amounts: list[float], start: int = START, flag: CellFlag = CellFlag.MEASURED) -> None:
        n, key = len(amounts), self.key_of(point)
        starts = start + np.arange(n, dtype=np.int64) * CELL_US
        amount = np.array(amounts, dtype=np.float64)
        covered = np.where(np.isnan(amount), 0, CELL_US).astype(np.int64)
        cells = EnergyCells(np.full(n, key, dtype=np.int64), starts, amount, covered, np.full(n, int(flag), dtype=np.uint8))
        self.store.replace([(key, Interval(start, start + n * CELL_US))], cells)

    def judge(self, *verdicts: Verdict, at: int = NOW) -> None:
        AlertBookSql(self.ledger).follow(verdicts, sorted({v.rule for v in verdicts}), at, lambda _verdict: True, lambda _change, _told: [])

    def deliver(self, recipient: str, alert_id: int = 1, title: str = "红灯") -> int:
        self._sent = getattr(self, "_sent", 0) + 1
        fields: dict[str, Any] = {
            "id": self._sent, "channel": "inbox", "address": recipient, "title": title, "text": "纸厂 强度超标", "why": "OPENED", "light": "red",
            "payload": {}, "attempts": 0, "alert_id": alert_id,
        }  # fmt: skip
        return InboxBookSql(self.ledger).deliver(Outgoing(**{k: v for k, v in fields.items() if k in Outgoing.__dataclass_fields__}), NOW)


def _verdict(entity: str, rule: str = "pace", light: Light = Light.RED, indicator: str = "basic", period: str = "2026-01..2026-10") -> Verdict:
    return Verdict(entity, rule, indicator, period, light, 0.031, 0.026, "1", "强度上升", "the intensity rose", 0.98)


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    return _verdict


def make_world(ledger: LedgerEngine, folder: Path) -> Iterator[World]:
    RegistryBookSql(ledger).replace_from(REGISTRY, "test", NOW)
    store = DuckStore(folder / "readings.duckdb")
    deps = wire(ledger, store, load_plan("illustrative-2026-2030"), 100_000, lambda: NOW)
    with TestClient(create_app(deps), raise_server_exceptions=False) as client:
        yield World(ledger, store, deps, client)
    store.close()


@pytest.fixture
def world(ledger: LedgerEngine, tmp_path: Path) -> Iterator[World]:
    """The city on SQLite and on PostgreSQL."""
    yield from make_world(ledger, tmp_path)


@pytest.fixture
def lite(sqlite_ledger: LedgerEngine, tmp_path: Path) -> Iterator[World]:
    """The city on SQLite, for rules that no database can change."""
    yield from make_world(sqlite_ledger, tmp_path)


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    return _problem


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, checked to be one: RFC 9457 members, both languages, how to mend it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:tricolor:problem:{code}" and body["status"] == status
    for member in ("title", "detail", "mend"):
        chinese, slash, english = body[member].partition(" / ")
        assert slash and english and any("\u4e00" <= letter <= "\u9fff" for letter in chinese), (member, body[member])
    assert "Traceback" not in answer.text
    return body
