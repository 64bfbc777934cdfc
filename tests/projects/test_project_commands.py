"""`tricolor project` and `tricolor cp-audit`: list, set, adopt, import, and what they say when something cannot be."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor_cli.main import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, _migrated_sqlite: Path) -> Run:
    shutil.copyfile(_migrated_sqlite, tmp_path / "ledger.sqlite")
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    units = (Entity("qinzhou", EntityKind.CITY, "钦州", ""), Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""))
    RegistryBookSql(ledger).replace_from(RegistryFile(units), "tester", 1)
    ledger.close()
    return lambda *words: CliRunner().invoke(app, [*words, "--data", str(tmp_path)])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_project_is_set_changed_field_by_field_and_shown(run: Run) -> None:
    assert run("project", "set", "gas", "entity=mill", "name_cn=煤气回收", "due=2025-12", "expected_tce=4,000", "--who", "王工").exit_code == 0
    kept = told(run("project", "set", "gas", "state=已投产", "commissioned=2025-03-01", "--who", "李工", "--json"))
    assert (kept["state"], kept["due"], kept["expected_tce"], kept["revision"]) == ("commissioned", "2025-12", 4000.0, 2)
    again = told(run("project", "set", "gas", "state=commissioned", "--who", "李工", "--json"))
    assert again["revision"] == 2
    assert [p["author"] for p in told(run("project", "show", "gas", "--json"))] == ["王工", "李工"]
    assert "煤气回收" in run("project", "show", "gas").output
    assert [p["id"] for p in told(run("project", "list", "--entity", "mill", "--json"))] == ["gas"]


def test_faults_and_refusals_say_how_to_mend(run: Run) -> None:
    bad = run("project", "set", "gas", "entity=nowhere", "due=soon", "--who", "王工")
    assert isinstance(bad.exception, Problems)
    assert [p.split(" · ")[1].split(":")[0] for p in bad.exception.problems] == ["name_cn", "due", "entity"]
    bad = run("project", "set", "gas", "state=done", "colour=red", "expected_tce=much", "--who", "王工")
    assert isinstance(bad.exception, Problems) and len(bad.exception.problems) == 3
    assert isinstance(run("project", "set", "gas", "state", "--who", "王工").exception, Problems)
    run("project", "set", "gas", "entity=mill", "name_cn=煤气", "state=commissioned", "commissioned=2025-03-01", "--who", "王工")
    assert isinstance(run("project", "set", "gas", "state=building", "commissioned=", "--who", "王工").exception, Refused)
    assert run("project", "set", "gas", "state=building", "commissioned=", "--who", "王工", "--reason", "误报").exit_code == 0
    assert isinstance(run("project", "show", "nothing").exception, NotFound)
    assert isinstance(run("project", "list", "--entity", "nowhere").exception, NotFound)


def sheet(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def test_a_workbook_is_taken_whole_and_a_second_time_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = sheet(
        tmp_path / "projects.xlsx", ["编号", "责任单位", "项目名称", "拟建成投产时间", "预计节能量", "状态", "投产日期", "同步在线监测"],
        ["#例", "", "", "", "", "", "", ""], ["gas", "mill", "煤气回收", datetime(2025, 12, 1), 4000, "已投产", datetime(2025, 3, 1), "是"],
        ["heat", "mill", "余热", "2026-06", None, "在建", None, "否"], [None] * 8,
    )  # fmt: skip
    assert "2 of them changed" in run("project", "import", str(file), "--who", "王工").output
    assert "0 of them changed" in run("project", "import", str(file), "--who", "王工").output
    gas, heat = told(run("project", "list", "--entity", "mill", "--json"))
    assert (gas["due"], gas["commissioned"], gas["needs_monitoring"], gas["expected_tce"]) == ("2025-12", "2025-03-01", True, 4000.0)
    assert (heat["state"], heat["expected_tce"]) == ("building", None)


def test_columns_that_a_sheet_does_not_have_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    run("project", "set", "gas", "entity=mill", "name_cn=煤气回收", "note=一期", "--who", "王工")
    file = tmp_path / "states.csv"
    file.write_bytes("编号,状态\ngas,在建\n".encode("gb18030"))
    assert "1 of them changed" in run("project", "import", str(file), "--who", "王工").output
    (kept,) = told(run("project", "list", "--entity", "mill", "--json"))
    assert (kept["state"], kept["note"], kept["name_cn"]) == ("building", "一期", "煤气回收")


def test_a_sheet_with_faults_names_row_and_field_and_nothing_is_taken(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "projects.csv"
    file.write_text("id,entity,name_cn,due,expected_tce\na,mill,甲,2025-12,1\nb,mill,乙,soon,1\nc,mill,,2025-12,much\n", encoding="utf-8")
    bad = run("project", "import", str(file), "--who", "王工")
    assert isinstance(bad.exception, Problems)
    assert [p.split(" ")[0] for p in bad.exception.problems] == ["第4行"]  # what cannot be read comes first
    file.write_text(file.read_text().replace("much", "1"))
    bad = run("project", "import", str(file), "--who", "王工")
    assert isinstance(bad.exception, Problems)
    assert [(p.split(" ")[0], p.split(" · ")[1].split(":")[0]) for p in bad.exception.problems] == [("第3行", "due"), ("第4行", "name_cn")]
    assert told(run("project", "list", "--entity", "mill", "--json")) == []
    for text, words in (("id,colour\na,red\n", "colour"), ("entity\nmill\n", "id is missing"), ("id\n", "no row"), ("id,id\na,b\n", "twice")):
        file.write_text(text)
        bad = run("project", "import", str(file), "--who", "王工")
        assert isinstance(bad.exception, Problems) and words in str(bad.exception)


def test_the_shipped_plans_rows_are_adopted_once(run: Run) -> None:
    plan = ("--plan", "qinzhou-2021-2025")
    first = run("project", "adopt", "annex3-01", "--entity", "mill", "--who", "王工", *plan)
    assert first.exit_code == 0 and "1 adopted, 0 were there" in first.output
    assert "88 adopted, 1 were there" in run("project", "adopt", "--who", "王工", *plan).output  # 32 of annex 3 and 57 of annex 4
    assert "0 adopted, 89 were there" in run("project", "adopt", "--who", "王工", *plan).output
    found = {p["id"]: p for p in told(run("project", "list", "--json", *plan))}
    assert len(found) == 89 and all(p["is_adopted"] for p in found.values())
    one = found["qinzhou-2021-2025/annex3-01"]
    assert (one["entity"], one["name_cn"], one["due"], one["expected_tce"]) == ("mill", "电炉煤气回收综合利用", "2022-03", 1700.0)
    assert isinstance(run("project", "adopt", "annex9-99", "--who", "王工", *plan).exception, NotFound)


def test_a_row_of_the_plan_that_is_changed_is_adopted_with_it(run: Run) -> None:
    words = ("project", "set", "qinzhou-2021-2025/annex3-02", "state=在建", "--who", "王工", "--plan", "qinzhou-2021-2025", "--json")
    kept = told(run(*words))
    assert (kept["state"], kept["due"], kept["expected_tce"], kept["plan"], kept["revision"]) == (
        "building", "2024-12", 8000.0, "qinzhou-2021-2025", 1
    )  # fmt: skip


def test_an_audit_is_set_listed_and_imported(run: Run, tmp_path: Path) -> None:
    assert "cp-audit set" in run("cp-audit", "list").output
    assert run("cp-audit", "set", "2026-1", "entity=mill", "listed_on=2025-03-01", "--who", "王工").exit_code == 0
    kept = told(run("cp-audit", "set", "2026-1", "state=已启动", "started_on=2025-04-20", "--who", "王工", "--json"))
    assert (kept["state"], kept["is_mandatory"], kept["revision"]) == ("started", True, 2)
    assert isinstance(run("cp-audit", "set", "2026-1", "state=listed", "started_on=", "--who", "王工").exception, Refused)
    file = tmp_path / "audits.csv"
    file.write_text("编号,单位,强制性,状态,报告日期\n2026-1,mill,是,已报告,2025-10-01\n2026-2,mill,否,已列入,\n", encoding="utf-8-sig")
    assert "2 of them changed" in run("cp-audit", "import", str(file), "--who", "王工").output
    assert [(a["id"], a["state"], a["is_mandatory"]) for a in told(run("cp-audit", "list", "--json"))] == [
        ("2026-1", "reported", True), ("2026-2", "listed", False)
    ]  # fmt: skip
    assert "#3" in run("cp-audit", "show", "2026-1").output
