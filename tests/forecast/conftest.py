"""A district with a mill on a real ledger: two years and ten months of day accounts and monthly GDP, seen on 20 November 2026."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from accounting.forecasting import ForecastKeeper
from accounting.main import build_forecasts
from api.app import create_app
from api.board import mount_board
from api.main import wire
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.exclusions import months_between
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role
from tricolor_cli.pace_lights import pace_light_of

NOW = parse_us("2026-11-20T12:00:00+08:00")
ENTITIES = (
    Entity("qinzhou", EntityKind.CITY, "钦州市", "Qinzhou"),
    Entity("qinbei", EntityKind.REGION, "钦北区", "Qinbei District"),
    Entity("mill", EntityKind.ENTERPRISE, "造纸厂", "Mill", region_id="qinbei", is_key_user=True),
    Entity("kiln", EntityKind.ENTERPRISE, "砖厂", "Kiln", region_id="qinbei"),
    Entity("far", EntityKind.REGION, "别处", "Elsewhere"),
)
SHAPE = np.array([0.98, 0.76, 0.96, 0.91, 0.96, 1.01, 1.17, 1.15, 1.0, 0.97, 1.0, 1.13])


def kwh_of(month: str, yearly: float, seed: int = 3) -> float:
    """Electricity of a month: seasons, growth of `yearly` a year, one per cent of noise."""
    years = int(month[:4]) - 2024
    noise = np.random.default_rng([seed, years + 10, int(month[5:])]).normal(0, 0.01)
    return float(3e6 * SHAPE[int(month[5:]) - 1] * (1 + yearly) ** (years + int(month[5:]) / 12) * np.exp(noise))


@dataclass
class Town:
    ledger: LedgerEngine
    plan: Plan
    folder: Path

    def __post_init__(self) -> None:
        self.book, self.forecasts = RegistryBookSql(self.ledger), ForecastBookSql(self.ledger)

    def account(self, entity: str, month: str, kwh: float, coverage: float = 1.0) -> None:
        """Every day of the month, up to the day before NOW."""
        first = date.fromisoformat(f"{month}-01")
        days = [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]
        days = [d for d in days if d < date(2026, 11, 20)]
        amount = kwh / len(days)
        rows = [
            DayAccount(
                entity, str(d), "electricity", Role.PURCHASED, amount, "kWh", amount * 1.229e-4, amount * 3e-4, amount * 5e-4, 86_400 * coverage,
                86_400.0, 0.0, ("f1",),
            )
            for d in days
        ]  # fmt: skip
        SettleLedgerSql(self.ledger).put_accounts([(entity, str(d)) for d in days], rows)

    def report(self, month: str, value: float, entity: str = "qinbei") -> None:
        ActivityBookSql(self.ledger).submit([Activity(entity, ActivityKind.GDP, month, value, "1e4CNY", 2025)])

    def keeper(self, now: int = NOW) -> ForecastKeeper:
        keeper = build_forecasts(self.ledger, self.book, self.plan, pace_light_of(self.plan))
        keeper._clock = lambda: now
        return keeper

    def client(self) -> TestClient:
        deps = wire(self.ledger, MemoryStore(), self.plan, 1_000_000, clock=lambda: NOW)  # type: ignore[arg-type]
        app = create_app(deps)
        mount_board(app, deps, is_open=True)
        return TestClient(app)

    def headers(self, kind: str, entity: str = "") -> dict[str, str]:
        _, token = KeyBookSql(self.ledger).create(KeyKind(kind), entity, "test", NOW)
        return {"Authorization": f"Bearer {token}"}


def make_town(folder: Path, energy_growth: float = 0.02, gdp_growth: float = 0.06) -> Town:
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    ledger.migrate()
    town = Town(ledger, load_plan("illustrative-2026-2030"), folder)
    town.book.replace_from(RegistryFile(ENTITIES, (), (), (), ()), "t", 1)
    for month in months_between("2024-01", "2026-11"):
        town.account("mill", month, kwh_of(month, energy_growth))
        if month <= "2026-09":  # GDP comes late
            town.report(month, kwh_of(month, gdp_growth, seed=3) / 1000)
    for month in months_between("2026-06", "2026-10"):
        town.account("kiln", month, 0.001)
    return town


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Town]:
    made: list[Town] = []

    def build(**growth: float) -> Town:
        made.append(make_town(tmp_path, **growth))
        return made[-1]

    return build


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Forecast once; tests only read it."""
    built = make_town(tmp_path_factory.mktemp("town"))
    keeper = built.keeper()
    while keeper.run_once().is_cut:
        pass
    return built
