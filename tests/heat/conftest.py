"""A small heat network over the real spool, pipeline, DuckDB store, SQLite ledger and settler; readings go in as JSON messages."""

import json
from pathlib import Path

import numpy as np
import pytest

from accounting.settling import Settler
from ingest_service.checks import Limits
from ingest_service.pipeline import Pipeline
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.registry_files import load_registry_file
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.analysis.heat_balance import heat_balance
from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import load_plan
from tricolor.domain.intervals import Interval, Step, iso, parse_us
from tricolor.domain.readings import Frame

START = parse_us("2026-01-10T00:00:00+08:00")
PLACES = """
[[entities]]
id = "city"
kind = "city"
name_cn = "示例市"
[[entities]]
id = "net"
kind = "network"
name_cn = "示例管网"
"""
WATER = (("flow", "m3/h", "flow"), ("supply", "degC", "supply_temperature"), ("return", "degC", "return_temperature"))


def meter(
    name: str, role: str, branch: str = "", km: float = 0.0, mm: float = 0.0, medium: str = "hot_water", points=WATER, interval_s: int = 900
) -> str:
    """TOML of a heat meter of the network whose heat is calculated; points: (suffix, unit, measure)."""
    text = f'[[meters]]\nid = "{name}"\nentity = "net"\nname_cn = "{name}"\nmedium = "{medium}"\n'
    text += (f'branch = "{branch}"\n' if branch else "") + (f"pipe_km = {km}\n" if km else "") + (f"pipe_mm = {mm}\n" if mm else "")
    for suffix, unit, measure in points:
        text += f'[[points]]\nid = "{name}.{suffix}"\nmeter = "{name}"\nunit = "{unit}"\nkind = "gauge"\nrole = "none"\n'
        text += f'measure = "{measure}"\ninterval_s = {interval_s}\n'
    text += f'[[points]]\nid = "{name}.heat"\nmeter = "{name}"\ncarrier = "heat"\nunit = "GJ"\nkind = "delta"\nrole = "{role}"\n'
    return text + 'measure = "calculated_heat"\n'


class HeatRig:
    start, places, meter = START, PLACES, staticmethod(meter)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
        self.engine.migrate()
        self.book = RegistryBookSql(self.engine)
        self.store = DuckStore(folder / "readings.duckdb")
        self.spool = SqliteSpool(folder / "spool.sqlite", 1 << 30)
        self.factors = factor_book(load_plan("qinzhou-2021-2025"))
        self.ledger = SettleLedgerSql(self.engine)
        self.now = parse_us("2026-02-01T00:00:00+08:00")
        self.settler = Settler(self.store, self.store, self.ledger, self.book, self.factors, carriers())

    def register(self, toml: str) -> None:
        path = self.folder / "registry.toml"
        path.write_text(toml, encoding="utf-8")
        existing = self.book.load()
        self.book.replace_from(load_registry_file(path, carriers(), existing), "tester", self.now)
        self.pipeline = Pipeline(
            "w", self.spool, self.store, IntakeLedgerSql(self.engine), self.book, {"application/json": JsonV1()}, Limits(), lambda: self.now,
            lambda *_: None,
        )  # fmt: skip

    def push(self, point: str, at: np.ndarray, value: np.ndarray) -> None:
        body = {"at": [iso(int(t)) for t in at], "point": [point] * len(at), "value": [float(v) for v in value]}
        frame = Frame("tricolor/v1/net/g1/readings", json.dumps(body).encode(), self.now, "mqtt:net/g1", enterprise="net")
        self.spool.append([frame])

    def settle(self) -> None:
        while self.pipeline.load_once():
            pass
        while self.settler.run_once():
            pass

    def key(self, point: str) -> int:
        return self.book.load().points[point].key

    def cells(self, point: str, span: Interval):
        return self.store.cells([self.key(point)], span)

    def balance(self, span: Interval, step: Step = Step.DAY, coverage_min: float = 0.95):
        """Rows by (branch, start)."""
        rows = heat_balance(self.book.load(), "net", span, step, self.store, self.store, self.factors, coverage_min)
        return {(r.branch, r.start): r for r in rows}

    def close(self) -> None:
        self.store.close()
        self.spool.close()
        self.engine.close()


@pytest.fixture
def rig(tmp_path: Path):
    made = HeatRig(tmp_path)
    yield made
    made.close()
