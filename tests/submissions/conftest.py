"""The small city of tests/api with a plan that has indicators of every kind, for submissions from every door."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.main import wire
from tests.api.conftest import REGISTRY, World
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.plans.register import Direction, Indicator, Kind
from tricolor.catalogue.plans.register import Path as Way
from tricolor.domain.intervals import parse_us

NOW = parse_us("2026-11-20T12:00:00+08:00")
RATE = Indicator(
    "waste_rate", "qz", "1", "固废综合利用率", "utilisation rate of waste", "", "", "%", Direction.UP, Way.LINEAR, Kind.LEVEL, 2025, 90.0, "90", 2030,
    95.0, "95%", True, True, "month", "", (), "doc 1", "table 1", "illustrative",
)  # fmt: skip
WORDS = replace(RATE, id="full_cover", name_cn="县区全覆盖", direction=Direction.TEXT, unit="", baseline=None, target=None, every="year")
CHANGE = replace(RATE, id="yield", name_cn="资源产出率提高", kind=Kind.CHANGE, baseline=None, target=20.0, every="year")
OPEN = replace(RATE, id="carbon", name_cn="碳强度", unit="t", target=None, target_text="完成下达目标", every="year", baseline=3.0)
PLAN = replace(load_plan("illustrative-2026-2030"), indicators=(RATE, WORDS, CHANGE, OPEN))


@pytest.fixture
def lite(sqlite_ledger: LedgerEngine, tmp_path: Path) -> Iterator[World]:
    RegistryBookSql(sqlite_ledger).replace_from(REGISTRY, "test", NOW)
    store = DuckStore(tmp_path / "readings.duckdb")
    deps = wire(sqlite_ledger, store, PLAN, 400_000, lambda: NOW)
    with TestClient(create_app(deps), raise_server_exceptions=False) as client:
        yield World(sqlite_ledger, store, deps, client)
    store.close()
