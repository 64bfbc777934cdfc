"""A small city with a plan of two projects, its API over SQLite and PostgreSQL, and a board on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.board import mount_board
from api.deps import Dependencies
from api.main import wire
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.plans.register import PlanProject
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import parse_us

NOW = parse_us("2026-11-21T10:00:00+08:00")
UNITS = (
    Entity("city", EntityKind.CITY, "钦州", "Qinzhou"), Entity("north", EntityKind.REGION, "钦北", "Qinbei"),
    Entity("south", EntityKind.REGION, "钦南", "Qinnan"),
    Entity("mill", EntityKind.ENTERPRISE, "造纸厂", "Paper mill", region_id="north"),
    Entity("plant", EntityKind.ENTERPRISE, "锰业", "Manganese"),
)  # fmt: skip


def plan_row(identity: str, name: str, *entities: str, due: str = "2025-12", expected_tce: float | None = 1000.0) -> PlanProject:
    return PlanProject(
        identity, identity[-1], "一、节能", name, "", "甲公司", "回收煤气", "", entities, due, due.replace("-", "."), expected_tce, "", 500.0, "在建", "", (),
        "钦政办〔2022〕43号", "附件3", "official",
    )  # fmt: skip


PLAN = replace(
    load_plan("qinzhou-2021-2025"), projects=(plan_row("annex3-01", "电炉煤气回收", "north"), plan_row("annex3-02", "余热发电", "north", "south"))
)


@dataclass
class World:
    """headers(kind, entity): an Authorization header of a fresh key."""

    ledger: LedgerEngine
    deps: Dependencies
    client: TestClient

    def headers(self, kind: str = "admin", entity: str = "") -> dict[str, str]:
        _, token = KeyBookSql(self.ledger).create(KeyKind(kind), entity, "test", NOW)
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, kind: str = "admin", bound_to: str = "", **params: Any) -> Any:
        return self.client.get(path, params=params or None, headers=self.headers(kind, bound_to))

    def put(self, path: str, body: object, kind: str = "admin", entity: str = "") -> Any:
        return self.client.put(path, json=body, headers=self.headers(kind, entity))

    def post(self, path: str, body: object, kind: str = "admin") -> Any:
        return self.client.post(path, json=body, headers=self.headers(kind))


def _world(ledger: LedgerEngine, folder: Path) -> Iterator[World]:
    RegistryBookSql(ledger).replace_from(RegistryFile(UNITS), "test", NOW)
    store = DuckStore(folder / "readings.duckdb")
    deps = wire(ledger, store, PLAN, 1_000_000, lambda: NOW)
    app = create_app(deps)
    mount_board(app, deps)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000), raise_server_exceptions=False) as client:
        yield World(ledger, deps, client)
    store.close()


@pytest.fixture
def world(ledger: LedgerEngine, tmp_path: Path) -> Iterator[World]:
    """On SQLite and on PostgreSQL."""
    yield from _world(ledger, tmp_path)


@pytest.fixture
def lite(sqlite_ledger: LedgerEngine, tmp_path: Path) -> Iterator[World]:
    """On SQLite, for rules that no database can change."""
    yield from _world(sqlite_ledger, tmp_path)
