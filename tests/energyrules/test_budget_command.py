"""`tricolor budget`: list, set, import from CSV and XLSX, templates that fill in."""

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.domain.entities import Entity, EntityKind
from tricolor_cli.main import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.migrate()
    entities = (Entity("city", EntityKind.CITY, "示例市", ""), Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""))
    RegistryBookSql(ledger).replace_from(RegistryFile(entities), "t", 1)
    ledger.close()
    return tmp_path


def run(folder: Path, *words: str) -> Any:
    return CliRunner().invoke(app, ["budget", words[0], "--data", str(folder), *words[1:]])


def listed(folder: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(folder, "list", "--json", *words).stdout)
    return found


def test_a_budget_is_set_listed_changed_and_taken_back(folder: Path) -> None:
    assert "还没有用能预算" in run(folder, "list").output
    done = run(folder, "set", "mill", "2026", "12000", "--document", "示例〔2026〕1号", "--who", "李工")
    assert done.exit_code == 0 and "12,000.00 tce" in done.output
    assert "第 1 次" in run(folder, "set", "mill", "2026", "12000", "--document", "示例〔2026〕1号").output  # the same: no new revision
    run(folder, "set", "mill", "2026", "11000", "--profile", ",".join(["0.08"] * 11 + ["0.12"]))
    (now,) = listed(folder, "--entity", "mill")
    assert (now["tce"], now["revision"], now["profile"][11]) == (11_000.0, 2, 0.12)
    assert [b["tce"] for b in listed(folder, "--history")] == [12_000.0, 11_000.0]
    run(folder, "set", "mill", "2026", "0")
    assert listed(folder) == []


def test_faults_are_told_in_words(folder: Path) -> None:
    assert isinstance(run(folder, "set", "ghost", "2026", "1").exception, Exception)
    assert "未登记" in str(run(folder, "set", "ghost", "2026", "1").exception)
    assert "12 个" in str(run(folder, "set", "mill", "2026", "1", "--profile", "a,b").exception)
    assert "没有文件" in str(run(folder, "import", str(folder / "none.csv")).exception)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_is_filled_in_and_imported_and_again_changes_nothing(folder: Path, ending: str) -> None:
    file = folder / f"budgets.{ending}"
    assert run(folder, "import", str(file), "--template").exit_code == 0
    assert "没有数据行" in str(run(folder, "import", str(file)).exception)  # the example row is not read
    shares = [0.08] * 11 + [0.12]
    if ending == "csv":
        with file.open("a", encoding="utf-8") as text:
            text.write("mill,2026,12000,示例〔2026〕1号," + ",".join(map(str, shares)) + '\ncity,2026,"90,000",\n')
    else:
        book = load_workbook(file)
        book.worksheets[0].append(["mill", 2026, 12000, "示例〔2026〕1号", *shares])
        book.worksheets[0].append(["city", 2026, 90000])
        book.save(file)
    assert "可读 2 行" in run(folder, "import", str(file), "--check").output and listed(folder) == []
    assert "已读 2 行 ·" in run(folder, "import", str(file), "--who", "李工").output
    assert [(b["entity"], b["tce"], len(b["profile"]), b["author"]) for b in listed(folder)] == [
        ("city", 90_000.0, 0, "李工"),
        ("mill", 12_000.0, 12, "李工"),
    ]
    assert "没有变化" in run(folder, "import", str(file)).output
    assert "已存在" in str(run(folder, "import", str(file), "--template").exception)


def test_one_bad_row_keeps_the_whole_sheet_out_and_every_fault_has_its_row(folder: Path) -> None:
    file = folder / "bad.csv"
    file.write_text("单位编号,年度,预算量(吨标准煤),1月比例\nmill,2026,12000,\nmill,x,12000,\ncity,2026,,\ncity,2027,5,0.5\n", encoding="utf-8")
    said = str(run(folder, "import", str(file)).exception)
    assert "第3行: 年度 “x”不是数字" in said and "第4行: 缺少预算量" in said and "第5行: 月比例须填满12个月" in said
    assert listed(folder) == []
    file.write_text("单位编号,年度,预算量(吨标准煤)\nmill,nan,12000\ncity,2026,inf\n", encoding="utf-8")
    said = str(run(folder, "import", str(file)).exception)
    assert "第2行: 年度 “nan”不是数字" in said and "第3行: 预算量(吨标准煤) “inf”不是数字" in said
    (folder / "bad.xlsx").write_bytes(b"no workbook")
    assert "bad.xlsx: 不是可读的 .xlsx" in str(run(folder, "import", str(folder / "bad.xlsx")).exception)
    file.write_text("name,year\nmill,2026\n", encoding="utf-8")
    assert "缺少列 entity" in str(run(folder, "import", str(file)).exception)
