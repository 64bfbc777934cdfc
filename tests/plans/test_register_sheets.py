"""indicators.csv, projects.csv, tasks.csv: what a row must say, and how a fault is named (row 1 is the header)."""

import csv
import shutil
from pathlib import Path

import pytest

from tricolor.catalogue.plans import PACKS, check_plan, hints_of, load_plan
from tricolor.catalogue.plans.register import Direction, Kind
from tricolor.catalogue.plans.register import Path as Way

HEAD = """id = "{id}"
name_cn = "示例市循环经济规划"
name_en = "a city's circular economy"
base_year = 2020
first_year = {first}
last_year = 2025
status = "{status}"
[document]
number = "示政〔2022〕1号"
title = "规划"
issuer = "示例市"
date = 2022-01-01
"""
SAID = {"source": "示政〔2022〕1号", "place": "附件1", "status": "official", "carries": ""}
INDICATOR = {
    "id": "waste", "entity": "town", "no": "1", "name_cn": "综合利用率", "name_en": "use", "category": "资源", "group": "", "unit": "%", "direction": "up",
    "path": "linear", "kind": "level", "baseline_year": "", "baseline": "60.5", "baseline_text": "60.5*", "target_year": "2025", "target": "75",
    "target_text": "75%以上", "is_starred": "yes", "is_inclusive": "yes", "every": "year", "measure": "", "departments": "drc eco", **SAID, "note": "",
}  # fmt: skip
PROJECT = {
    "id": "p1", "no": "1", "section": "一", "name_cn": "项目", "name_en": "project", "builder": "", "content": "", "place_text": "", "entities": "town north",
    "due": "2023-12", "due_text": "2023.12", "expected_tce": "1700", "effect_text": "1700", "investment_cny_10k": "", "stage": "可研", "note": "",
    "departments": "", **SAID,
}  # fmt: skip
TASK = {
    "id": "t1", "name_cn": "任务", "content": "做", "due": "2023", "due_text": "2023年底前", "departments": "drc", "departments_text": "发改委等", **SAID,
}  # fmt: skip
SHEETS = {"indicators.csv": INDICATOR, "projects.csv": PROJECT, "tasks.csv": TASK}


def write(folder: Path, file: str, *rows: dict[str, str]) -> None:
    with (folder / file).open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.DictWriter(sheet, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A pack of indicators, projects and tasks only: no targets, no thresholds, no factor choices."""
    folder = tmp_path / "town-2022-2025"
    folder.mkdir()
    (folder / "plan.toml").write_text(HEAD.format(id=folder.name, status="official", first=2022), encoding="utf-8")
    departments = [
        {"id": i, "name_cn": n, "name_en": i, **{k: SAID[k] for k in ("source", "place", "status")}}
        for i, n in (("drc", "发改委"), ("eco", "环境局"))
    ]
    write(folder, "departments.csv", *departments)
    for file, row in SHEETS.items():
        write(folder, file, row)
    return folder


def test_a_plan_of_indicators_only_loads(city: Path) -> None:
    plan = load_plan(city)
    (waste,), (project,), (task,) = plan.indicators, plan.projects, plan.tasks
    assert (waste.direction, waste.path, waste.kind, waste.is_starred, waste.is_inclusive) == (Direction.UP, Way.LINEAR, Kind.LEVEL, True, True)
    assert (waste.baseline, waste.baseline_year, waste.target, waste.departments) == (
        60.5,
        2020,
        75.0,
        ("drc", "eco"),
    )  # no year: the plan's base year
    assert (project.entities, project.expected_tce, project.investment_cny_10k) == (("town", "north"), 1700.0, None)
    assert (task.due, task.departments, task.departments_text) == ("2023", ("drc",), "发改委等")
    assert plan.targets == () and plan.areas == {"town", "north"}


def test_a_plan_that_begins_later_counts_its_years_from_the_base_year(city: Path) -> None:
    plan = load_plan(city)  # 2022-2025 on 2020: reductions are against 2020, so 2022 is the second of five years
    assert [plan.plan_year(year) for year in (2020, 2021, 2022, 2025, 2026)] == [None, None, 2, 5, None]
    assert plan.years == 5


@pytest.mark.parametrize(
    ("file", "column", "value", "says"),
    [
        *[(file, column, "", "is empty") for file in SHEETS for column in ("id", "name_cn", "source", "place", "status")],
        *[("indicators.csv", column, "", "is empty") for column in ("unit", "direction", "path", "kind", "entity", "target_year", "every", "is_inclusive")],
        ("indicators.csv", "direction", "sideways", "'sideways' is not one of up, down, hold, text"),
        ("indicators.csv", "path", "winding", "'winding' is not one of linear, compound, stepped"),
        ("indicators.csv", "kind", "sort", "'sort' is not one of level, cumulative, change"),
        ("indicators.csv", "every", "week", "'week' is not one of month, quarter, year"),
        ("indicators.csv", "target", "three quarters", "'three quarters' is not a number"),
        ("indicators.csv", "target", "NaN", "'NaN' is not a number"),
        ("indicators.csv", "baseline", "1e999999", "'1e999999' is out of range"),
        ("indicators.csv", "target_year", "2026", "2026 is not between 2022 and 2025"),
        ("indicators.csv", "target_year", "2021", "2021 is not between 2022 and 2025"),
        ("indicators.csv", "target_year", "next", "'next' is not a year"),
        ("indicators.csv", "baseline_year", "2031", "2031 is not between 1992 and 2025"),
        ("indicators.csv", "is_starred", "maybe", "'maybe' is not one of yes, no"),
        ("indicators.csv", "departments", "drc magic", "'magic' is not in departments.csv"),
        ("indicators.csv", "entity", "The Town", "'The Town' is not a lower-case id"),
        ("indicators.csv", "status", "sure", "'sure' is not one of official"),
        ("indicators.csv", "status", "illustrative", "is empty: an illustrative row names the official row it carries"),
        ("indicators.csv", "measure", "sold(waste", ""),
        ("projects.csv", "due", "2023.12", "'2023.12' is not a month written YYYY-MM"),
        ("projects.csv", "due", "2023-13", "'2023-13' is not a month written YYYY-MM"),
        ("projects.csv", "expected_tce", "-5", "-5 is negative"),
        ("projects.csv", "investment_cny_10k", "much", "'much' is not a number"),
        ("projects.csv", "entities", "town,north", "'town,north' is not a lower-case id, e.g. qinnan; ids are separated by spaces"),
        ("tasks.csv", "due", "soon", "'soon' is not a month written YYYY-MM or a year"),
        ("tasks.csv", "departments", "magic", "'magic' is not in departments.csv"),
    ],
)  # fmt: skip
def test_a_spoilt_cell_is_named(city: Path, file: str, column: str, value: str, says: str) -> None:
    assert check_plan(city) == []
    write(city, file, SHEETS[file] | {"id": "first"}, SHEETS[file] | {column: value})
    place = "carries" if value == "illustrative" else column
    found = check_plan(city)
    assert any(fault.startswith(f"{file} row 3 column {place}: {says}") for fault in found), found


def test_a_goal_in_words_needs_no_unit_and_has_no_number(city: Path) -> None:
    words = INDICATOR | {"direction": "text", "unit": "", "target": "", "target_text": "全覆盖", "is_inclusive": "", "path": "stepped"}
    write(city, "indicators.csv", words)
    assert load_plan(city).indicators[0].target_text == "全覆盖"
    write(city, "indicators.csv", words | {"target": "100"})
    assert any(f.startswith("indicators.csv row 2 column target: a state in words has no number") for f in check_plan(city))
    write(city, "indicators.csv", words | {"target_text": ""})
    assert any(f.startswith("indicators.csv row 2 column target_text: is empty") for f in check_plan(city))


def test_a_change_is_a_positive_number_in_the_direction_asked(city: Path) -> None:
    write(city, "indicators.csv", INDICATOR | {"kind": "change", "direction": "down", "target": "-12"})
    assert any("-12 is negative: a change is a positive number" in f for f in check_plan(city))


@pytest.mark.parametrize("file", list(SHEETS))
def test_an_id_that_is_there_twice_is_named_with_the_first_row(city: Path, file: str) -> None:
    write(city, file, SHEETS[file], SHEETS[file])
    assert f"{file} row 3 column id: '{SHEETS[file]['id']}' is already in row 2" in check_plan(city)


def test_a_missing_column_is_named(city: Path) -> None:
    write(city, "indicators.csv", {k: v for k, v in INDICATOR.items() if k != "unit"})
    assert "indicators.csv row 1 column unit: the column is missing" in check_plan(city)


def illustrate(city: Path) -> Path:
    """A pack beside the city's that carries its three rows into 2026-2030."""
    folder = city.parent / "illustration"
    shutil.copytree(city, folder)
    text = HEAD.format(id="illustration", status="illustrative", first=2026).replace("base_year = 2020", "base_year = 2025")
    (folder / "plan.toml").write_text(text.replace("last_year = 2025", "last_year = 2030"), encoding="utf-8")
    (folder / "departments.csv").write_text(
        (folder / "departments.csv").read_text(encoding="utf-8").replace("official", "illustrative"), encoding="utf-8"
    )
    for file, row in SHEETS.items():
        write(folder, file, carried(file, row))
    return folder


def carried(file: str, row: dict[str, str], **changes: str) -> dict[str, str]:
    ahead = {"target_year": "2030"} if file == "indicators.csv" else {"due": "2027"} if file == "tasks.csv" else {"due": "2027-12"}
    return row | ahead | {"status": "illustrative", "carries": f"town-2022-2025:{row['id']}"} | changes


@pytest.mark.parametrize(
    ("file", "changes", "says"),
    [
        ("indicators.csv", {"target": "80"}, "indicators.csv column target: waste 80.0 % is not the 75.0 % of town-2022-2025:waste"),
        ("indicators.csv", {"unit": "吨"}, "indicators.csv column target: waste 75.0 吨 is not the 75.0 % of town-2022-2025:waste"),
        (
            "indicators.csv",
            {"carries": "town-2022-2025:luck"},
            "indicators.csv column carries: 'town-2022-2025:luck' of waste is not a row of a known pack",
        ),
        ("indicators.csv", {"carries": "atlantis:waste"}, "indicators.csv column carries: 'atlantis:waste' of waste is not a row of a known pack"),
        ("projects.csv", {"expected_tce": "1800"}, "projects.csv column expected_tce: p1 1800.0 tce is not the 1700.0 tce of town-2022-2025:p1"),
        ("tasks.csv", {"content": "不做"}, "tasks.csv column content: t1 不做 is not the 做 of town-2022-2025:t1"),
        ("projects.csv", {"status": "official"}, "projects.csv row 2 column status: 'official' in an illustrative pack"),
    ],
)
def test_an_illustrative_row_repeats_the_number_it_carries(city: Path, file: str, changes: dict[str, str], says: str) -> None:
    folder = illustrate(city)
    assert check_plan(folder) == []
    write(folder, file, carried(file, SHEETS[file], **changes))
    assert any(fault.startswith(says) for fault in check_plan(folder)), check_plan(folder)


def test_what_a_sound_pack_leaves_open_is_hinted_at(city: Path) -> None:
    write(city, "indicators.csv", INDICATOR | {"target": "", "target_text": "完成上级下达目标", "departments": ""})
    hints = hints_of(load_plan(city))
    assert [hint.partition(":")[0] for hint in hints] == ["responsibilities.csv", "factor_choices.csv", "indicators.csv", "indicators.csv"]
    assert (
        "nobody answers everywhere for pace, total" in hints[0]
        and "1 indicator has no number" in hints[2]
        and "1 indicator has no department" in hints[3]
    )
    write(city, "indicators.csv", INDICATOR | {"baseline": "80"})
    assert any("the baseline of waste already meets the target" in hint for hint in hints_of(load_plan(city)))


def test_the_illustrative_pack_is_the_official_one_carried_whole() -> None:
    """Row by row the same rows in the same order; only years, source, status and what names them differ, and that what the official one reports by year
    is here reported by quarter, so that it has a light in its first year."""
    official, ahead = ((PACKS / name / "indicators.csv").read_text(encoding="utf-8") for name in ("qinzhou-2021-2025", "illustrative-2026-2030"))
    other = {"baseline_year", "target_year", "every", "source", "status", "carries", "note", "name_cn", "name_en"}
    kept = [name for name in INDICATOR if name not in other]
    first, second = (list(csv.DictReader(text.splitlines())) for text in (official, ahead))
    assert [[row[c] for c in kept] for row in first] == [[row[c] for c in kept] for row in second]
    assert [{"year": "quarter"}.get(row["every"], row["every"]) for row in first] == [row["every"] for row in second]
