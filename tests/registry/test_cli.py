"""`tricolor import`: exit codes 0 imported, 1 faults, 2 usage; every fault shown; nothing half imported."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.domain.entities import Registry
from tricolor_cli.registry import import_app


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRICOLOR_LEDGER_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*words: object) -> Result:
    return CliRunner().invoke(import_app, [str(word) for word in words], env={"COLUMNS": "200"})


def stored(data: Path) -> Registry:
    ledger = LedgerEngine(f"sqlite:///{data / 'ledger.sqlite'}")
    ledger.migrate()
    try:
        return RegistryBookSql(ledger).load()
    finally:
        ledger.close()


def test_a_sound_file_is_imported_and_a_second_time_nothing_changes(rows, write, tmp_path) -> None:
    file, data = write(rows), tmp_path / "data"
    first = run("registry", file, "--data", data)
    assert first.exit_code == 0, first.output
    assert "imported, registry version 1" in first.output
    assert len(stored(data).points) == 3
    second = run("registry", file, "--data", data, "--json")
    answer = json.loads(second.stdout)
    assert (second.exit_code, answer["imported"], answer["version"], answer["unchanged"]["points"]) == (0, False, 1, 3)


def test_a_change_is_shown_with_both_values(rows, writers, tmp_path) -> None:
    data = tmp_path / "data"
    run("registry", writers["toml"](rows, tmp_path), "--data", data)
    rows["points"][0]["unit"] = "MWh"
    result = run("registry", writers["toml"](rows, tmp_path), "--data", data)
    assert "points refinery.elec unit: 'kWh' → 'MWh'" in result.output


def test_check_writes_nothing(rows, write, tmp_path) -> None:
    result = run("registry", write(rows), "--check", "--data", tmp_path / "data")
    assert (result.exit_code, "nothing was imported" in result.output) == (0, True)
    assert stored(tmp_path / "data").version == 0


def test_every_fault_is_shown_and_nothing_is_imported(rows, write, tmp_path) -> None:
    rows["points"][0]["multiplier"] = -1
    rows["contacts"][0]["phone"] = "?"
    file = write(rows)
    result = run("registry", file, "--data", tmp_path / "data")
    assert result.exit_code == 1
    assert "2 faults, nothing was imported" in result.stderr
    assert "multiplier: -1 必须大于 0 · -1 must be above 0" in result.stderr
    assert "contacts!第" in result.stderr
    told = json.loads(run("registry", file, "--data", tmp_path / "data", "--json").stdout)["faults"]
    assert [(fault["sheet"], fault["column"]) for fault in told] == [("points", "multiplier"), ("contacts", "phone")]
    registry = stored(tmp_path / "data")
    assert registry.version == 0 and not registry.entities


def test_usage_faults_leave_with_2(tmp_path) -> None:
    (tmp_path / "there.xlsx").write_bytes(b"")
    assert run("registry", tmp_path / "missing.toml").exit_code == 2
    assert run("registry").exit_code == 2
    assert run("template", tmp_path / "there.xlsx").exit_code == 2
    assert run("template", tmp_path / "there.txt").exit_code == 2
    assert run("template", tmp_path / "no" / "folder.xlsx").exit_code == 2


def test_a_ledger_that_cannot_be_opened_names_the_setting(rows, write, monkeypatch) -> None:
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", "postgresql+psycopg://nobody@/x?host=/nonexistent")
    result = run("registry", write(rows))
    assert result.exit_code == 1 and "TRICOLOR_LEDGER_URL" in result.stderr


def test_postgresql_by_its_url(rows, writers, tmp_path, ledger_url, monkeypatch) -> None:
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", ledger_url)
    assert run("registry", writers["xlsx"](rows, tmp_path), "--data", tmp_path / "data").exit_code == 0
    ledger = LedgerEngine(ledger_url)
    assert set(RegistryBookSql(ledger).load().points) == {"refinery.elec", "refinery.coal", "heat-net.flow"}
    ledger.close()


def test_the_template_is_written_and_replaced_only_by_force(tmp_path) -> None:
    assert run("template", tmp_path / "t.xlsx").exit_code == 0
    assert run("template", tmp_path / "t.xlsx").exit_code == 2
    assert run("template", tmp_path / "t.xlsx", "--force").exit_code == 0
    result = run("registry", tmp_path / "t.xlsx", "--data", tmp_path / "data")
    assert result.exit_code == 1 and "no row at all" in result.stderr
