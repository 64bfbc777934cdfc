"""`tricolor explain`: from the folder when it is free; a running Tricolor is asked over HTTP instead."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.settle.conftest import START
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.errors import Misconfigured, NotFound
from tricolor.domain.intervals import CELL_US, iso
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor_cli.main import app

POINT = Point(
    0, "mill.elec", "m", "mill", "电", "", "electricity", "energy", "kWh", Plate(PointKind.REGISTER, max_rate=40.0), Role.PURCHASED, 0, None
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger = LedgerEngine(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate()
    entities = (Entity("city", EntityKind.CITY, "城", ""), Entity("mill", EntityKind.ENTERPRISE, "厂", ""))
    RegistryBookSql(ledger).replace_from(RegistryFile(entities, (Meter("m", "mill", "表", ""),), (POINT,)), "tester", 1)
    key = RegistryBookSql(ledger).load().points["mill.elec"].key
    ledger.close()
    store = DuckStore(tmp_path / "readings.duckdb")
    at = START + np.arange(6) * CELL_US
    values = np.array([100.0, 101.0, 9000.0, 9001.0, 9002.0, 9003.0])
    store.put(ReadingBatch(np.full(6, key), at, values, np.zeros(6, dtype=np.uint8), np.arange(6), at))
    store.close()
    return tmp_path


def run(*words: str):
    return CliRunner().invoke(app, ["explain", *words])


def test_a_parked_leap_is_explained_with_the_plates_limit(folder: Path) -> None:
    answer = run("mill.elec", iso(START + CELL_US), "--data", str(folder), "--json")
    found = json.loads(answer.stdout)
    assert (found["amount"], found["flags"]) == (None, ["open"])
    (step,) = found["steps"]
    assert (step["kind"], step["amount"], step["limit"]) == ("leap", None, 10.0)  # 40/h for a quarter of an hour
    assert found["plate"]["max_rate"] == 40.0


def test_people_get_a_table_with_the_rule_in_both_languages(folder: Path) -> None:
    answer = run("mill.elec", iso(START), "--data", str(folder))
    assert answer.exit_code == 0
    assert "forward" in answer.stdout
    assert "读数前进" in answer.stdout


def test_what_cannot_be_found_is_said(folder: Path) -> None:
    assert isinstance(run("nobody", iso(START), "--data", str(folder)).exception, NotFound)
    assert isinstance(run("mill.elec", "noon", "--data", str(folder)).exception, Misconfigured)
    assert isinstance(run("mill.elec", iso(START), "--data", str(folder / "elsewhere")).exception, Misconfigured)


def test_where_the_folder_is_in_use_a_key_is_asked_for(folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb,time; c=duckdb.connect({str(folder / 'readings.duckdb')!r}); print('held', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        answer = run("mill.elec", iso(START), "--data", str(folder))
        assert "--key" in str(answer.exception)
    finally:
        holder.kill()
        holder.wait()
