"""`tricolor statistics`: the workbook of a year written, filled, checked, imported and listed."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tests.api.conftest import REGISTRY
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor_cli.main import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.migrate()
    RegistryBookSql(ledger).replace_from(REGISTRY, "test", 1)
    ledger.close()
    return tmp_path


def run(folder: Path, *words: str):
    return CliRunner().invoke(app, ["statistics", *words, "--data", str(folder)])


def fill(path: Path, value: object) -> None:
    book = load_workbook(path)
    page = book["energy"]
    page.cell(4, [c.value for c in page[3]].index("2025-09") + 1).value = value
    book.save(path)


def test_a_workbook_goes_out_and_comes_back(folder):
    path = folder / "mill.xlsx"
    assert "还没有填报" in run(folder, "list").output
    assert run(folder, "template", "mill", str(path), "--year", "2025").exit_code == 0
    assert isinstance(run(folder, "template", "mill", str(path)).exception, Refused)
    fill(path, "many")
    assert run(folder, "import", str(path), "--check").exit_code == 1
    broken = run(folder, "import", str(path))
    assert isinstance(broken.exception, Problems) and "energy!" in str(broken.exception)
    fill(path, 120.5)
    seen = run(folder, "import", str(path), "--check", "--json")
    assert json.loads(seen.output)["changes"][0]["after"] == 120.5 and json.loads(run(folder, "list", "--json").output or "[]") == []
    assert "1 values taken" in run(folder, "import", str(path), "--who", "王工").output
    (one,) = json.loads(run(folder, "list", "--entity", "mill", "--history", "--json").output)
    assert (one["value"], one["author"], one["period"], one["revision"]) == (120.5, "王工", "2025-09", 1)
    assert json.loads(run(folder, "import", str(path), "--json").output)["changed"] == 0
    assert "120.5" in run(folder, "list").output


def test_what_is_not_there_is_said(folder):
    assert isinstance(run(folder, "template", "nobody", str(folder / "x.xlsx")).exception, NotFound)
    assert isinstance(run(folder, "list", "--entity", "nobody").exception, NotFound)
    assert isinstance(run(folder, "import", str(folder / "none.xlsx")).exception, Refused)
