"""`tricolor exclusion`: list, add, revoke, and what it says when something cannot be."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import Problems
from tricolor_cli.main import app

ADD = ["mill", "feedstock", "--document", "发改环资〔2022〕803号", "--from", "2026-01", "--who", "李工", "--reason", "原料台账"]


@pytest.fixture
def run(tmp_path: Path):
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.migrate()
    RegistryBookSql(ledger).replace_from(RegistryFile((Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""),)), "tester", 1)
    ledger.close()
    return lambda *words: CliRunner().invoke(app, ["exclusion", *words, "--data", str(tmp_path)])


def test_an_exclusion_is_entered_listed_and_taken_back(run):
    made = run("add", *ADD, "--to", "2026-02", "--tce", "12.5")
    assert made.exit_code == 0 and "#1" in made.output and "12.50 tce" in made.output
    assert run("add", *ADD, "--to", "2026-02", "--tce", "12.5").output.startswith("已登记 entered: #1")  # the same twice is one entry
    (held,) = json.loads(run("list", "--entity", "mill", "--json").output)
    assert (held["tce_equivalent"], held["last_month"], held["by"]) == (12.5, "2026-02", "李工")
    assert run("revoke", "1", "--who", "王工", "--reason", "台账有误").exit_code == 0
    (gone,) = json.loads(run("list", "--json").output)
    assert gone["revoked_by"] == "王工" and gone["revoked_reason"] == "台账有误"


def test_an_amount_of_a_carrier_is_turned_into_coal(run):
    made = json.loads(run("add", *ADD, "--carrier", "raw_coal", "--amount", "100", "--unit", "t", "--json").output)
    assert made["tce_equivalent"] == pytest.approx(71.43) and made["factors"]


def test_faults_are_told_in_both_languages(run):
    told = run("add", *ADD[:5], "2019-05", *ADD[6:])
    assert isinstance(told.exception, Problems)
    assert any("tce:" in p and "取一" in p for p in told.exception.problems) and any("2019-05 不能扣减" in p for p in told.exception.problems)


def test_an_empty_list_says_what_to_do(run):
    assert "tricolor exclusion add" in run("list").output
