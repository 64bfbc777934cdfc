"""The packs of Guangxi, Guangdong and Liuzhou say what their documents say: every table's count and sum, every goal in words at the place named."""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.plans.seed_places import core_name, places_of, squeeze
from tricolor.catalogue.plans import Plan, check_plan, list_plans, load_plan
from tricolor.catalogue.plans.register import Direction, Indicator, Kind
from tricolor.catalogue.plans.register import Path as Way

CIRCULAR, CLEANER = "guangxi-circular-2021-2025", "guangxi-cleaner-2021-2025"
GUANGDONG, LIUZHOU = "guangdong-circular-2022-2025", "liuzhou-zero-waste-2023-2025"
SEEDS = {CIRCULAR: "000", CLEANER: "002", GUANGDONG: "003", LIUZHOU: "004"}
SIX = {"qinzhou-2021-2025", "illustrative-2026-2030", *SEEDS}
UNITS = {"吨/万元", "%", "万吨", "个", "万元", "项"}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
YEARS = {Decimal(y) for y in (2018, 2020, 2021, 2022, 2023, 2025)}


@pytest.fixture(scope="session")
def texts(shared: Path) -> dict[str, str]:
    return {pack: next((shared / "seeds").glob(f"{number}_*.txt")).read_text(encoding="utf-8") for pack, number in SEEDS.items()}


@pytest.fixture(scope="session")
def plans() -> dict[str, Plan]:
    return {pack: load_plan(pack) for pack in SEEDS}


def numbers(cells: list[str]) -> list[Decimal]:
    """Those of cells that are numbers as a table prints them: 0.64, 72.3*, [13.5], 10以上."""
    return [Decimal(found[1]) for cell in cells if (found := re.fullmatch(r"\[?(\d+(?:\.\d+)?)(?:\]|\*|以上)?", cell))]


def total(rows: list[Indicator]) -> Decimal:
    return sum(numbers([text for row in rows for text in (row.baseline_text, row.target_text)]), Decimal(0))


def in_table(plan: Plan) -> list[Indicator]:
    return [row for row in plan.indicators if row.no]


# --- every pack


def test_all_six_packs_load() -> None:
    assert set(list_plans()) >= SIX
    assert {name: check_plan(name) for name in SIX} == {name: [] for name in SIX}


def test_no_two_packs_use_one_id_for_different_indicators() -> None:
    """Packs stand beside each other: one id is one statistic. The illustrative pack carries Qinzhou's and takes its place."""
    ids = Counter(row.id for name in SIX - {"illustrative-2026-2030"} for row in load_plan(name).indicators)
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("pack", SEEDS)
def test_every_row_says_who_says_so_in_which_unit_and_which_way(plans: dict[str, Plan], pack: str) -> None:
    plan = plans[pack]
    rows = [*plan.indicators, *plan.projects, *plan.tasks, *plan.departments, *plan.responsibilities, *plan.targets]
    assert all(row.source and row.place for row in rows)
    printed = "draft" if pack in (CIRCULAR, CLEANER) else "official"
    assert {row.status for row in rows} <= {printed, "interpreted"}
    assert all(row.unit and row.name_en and row.category and row.group for row in plan.indicators)
    # a reading says what it read
    assert all(row.note for row in [*plan.indicators, *plan.responsibilities, *plan.projects] if row.status == "interpreted")


@pytest.mark.parametrize("pack", SEEDS)
def test_every_department_is_named_at_its_place(plans: dict[str, Plan], texts: dict[str, str], pack: str) -> None:
    places = places_of(pack, texts[pack])
    wrong = [d.name_cn for d in plans[pack].departments if core_name(d.name_cn) not in places[d.place]]
    assert wrong == []


@pytest.mark.parametrize("pack", SEEDS)
def test_every_goal_stands_at_the_place_named_in_the_words_given(plans: dict[str, Plan], texts: dict[str, str], pack: str) -> None:
    places = places_of(pack, texts[pack])
    for row in plans[pack].indicators:
        if row.no:
            continue  # its table is compared whole
        assert squeeze(row.target_text) in places[row.place], row.id
        printed = NUMBER.findall(row.target_text)
        if row.target is not None and printed:
            assert Decimal(str(row.target)) == Decimal(printed[0]), row.id
        elif row.target is not None:
            assert row.status == "interpreted", row.id  # 全部, 全面: 100 %; five named bases


@pytest.mark.parametrize("pack", SEEDS)
def test_no_number_promised_for_2025_is_left_out(plans: dict[str, Plan], texts: dict[str, str], pack: str) -> None:
    """Every number of a sentence that begins its promise with 到2025年 is a target of the pack, or named in a note (where two numbers disagree)."""
    plan = plans[pack]
    known = {Decimal(str(row.target)) for row in plan.indicators if row.target is not None}
    known |= {Decimal(n) for row in plan.indicators for n in NUMBER.findall(f"{row.note} {row.name_cn}")}
    tail = texts[pack].split("附件 2")[0] if pack == LIUZHOU else texts[pack]
    promised = [s for s in re.split("[。\n]", squeeze(tail, keep_lines=True)) if "到2025年" in s]
    assert len(promised) >= 2
    missing = {
        (number, sentence[:40])
        for sentence in promised
        for number in map(Decimal, NUMBER.findall(sentence[sentence.index("到2025年") :].replace("3个设区市", "").replace("11个设区市", "")))
        if number not in known | YEARS
    }
    assert missing == set()


@pytest.mark.parametrize("pack", SEEDS)
def test_every_task_and_project_is_printed_as_it_stands(plans: dict[str, Plan], texts: dict[str, str], pack: str) -> None:
    whole = squeeze(texts[pack]).replace("</p>", "").replace("<p>", "")
    for task in plans[pack].tasks:
        assert squeeze(task.content) in whole, task.id
        assert squeeze(task.name_cn.rpartition("：")[2]) in whole, task.id
        assert squeeze(task.departments_text) in whole, task.id
        assert squeeze(task.due_text) in whole, task.id
    for project in plans[pack].projects:
        assert squeeze(project.content) in whole, project.id
        assert all(squeeze(text) in whole for text in (project.builder, project.effect_text)), project.id


# --- Liuzhou


def liuzhou_table(text: str) -> dict[int, list[str]]:
    """no -> cells of 表1 that are not empty, lines broken inside a cell put together."""
    table = text[text.index("表1 柳州市") : text.index("三 建设任务")]
    lines = [line for line in table.split("\n") if line.strip() and not line.startswith(("序号", "表1"))]
    joined = "\n".join(lines)
    rows = re.split(r"\n(?=\d+\t)", joined)
    return {int(row.split("\t")[0]): [cell for cell in (squeeze(c) for c in row.split("\t")[1:]) if cell] for row in rows}


def test_liuzhou_has_all_56_indicators_with_their_stars_units_and_numbers(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    table, rows = liuzhou_table(texts[LIUZHOU]), in_table(plans[LIUZHOU])
    assert [int(row.no) for row in rows] == list(range(1, 57)) == sorted(table)
    for row in rows:
        cells = table[int(row.no)]
        assert any(cell.replace("★", "") == row.name_cn for cell in cells), row.no
        assert any("★" in cell for cell in cells) is row.is_starred, row.no
        assert cells[-1] == row.target_text, row.no
        assert row.unit in cells or row.direction is Direction.TEXT, row.no
        assert row.place == f"表1 序号{row.no}"
    assert sum(row.is_starred for row in rows) == sum("★" in cell for cells in table.values() for cell in cells) == 25
    after_unit = [cell for cells in table.values() for cell in cells[max((i for i, c in enumerate(cells) if c in UNITS), default=99) + 1 :]]
    assert total(rows) == sum(numbers(after_unit), Decimal(0))
    assert total(rows) == sum((Decimal(str(n)) for row in rows for n in (row.baseline, row.target) if n is not None), Decimal(0))


def test_liuzhou_asks_three_states_in_words_and_six_rises_without_a_number(plans: dict[str, Plan]) -> None:
    rows = in_table(plans[LIUZHOU])
    assert [row.no for row in rows if row.direction is Direction.TEXT] == ["39", "40", "49"]
    assert [row.no for row in rows if row.target_text == "逐年提高"] == ["27", "42", "43", "45", "46", "53"]
    assert [row.no for row in rows if row.path is Way.YEARLY] == ["27", "42", "43", "45", "46", "53"]
    assert [row.no for row in rows if row.kind is Kind.CHANGE] == ["7", "24", "25", "31", "34"]  # …下降幅度, …减低幅度


def test_liuzhou_lists_47_tasks_with_their_deadlines_and_who_answers(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    printed = {m[1]: m[0].split("\t") for m in re.finditer(r"^([A-D]-\d+)\t.*$", texts[LIUZHOU], re.M)}
    tasks = {task.place.removeprefix("附件2 "): task for task in plans[LIUZHOU].tasks}
    assert len(tasks) == 47 and list(tasks) == list(printed)
    assert Counter(place[0] for place in tasks) == {"A": 13, "B": 7, "C": 9, "D": 18}
    for no, cells in printed.items():
        assert tasks[no].due == "".join(re.findall(r"\d{4}", cells[3])), no
        assert squeeze(tasks[no].departments_text) == squeeze(cells[4]), no
        assert tasks[no].departments, no
    assert sum(int(task.due) for task in tasks.values() if task.due) == 14 * 2023 + 2 * 2024 + 5 * 2025
    monthly = [r for r in plans[LIUZHOU].responsibilities if r.rule == "report_duty"]
    assert [(r.department, r.place) for r in monthly] == [("ecology-environment", "附件2 A-1")]
    assert "月度报告制度" in tasks["A-1"].name_cn


def test_liuzhou_lists_26_projects_with_their_investment(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    printed = [line.split("\t") for line in texts[LIUZHOU].split("\n") if re.match(r"E-\d+\t", line)]
    projects = plans[LIUZHOU].projects
    assert [p.no for p in projects] == [cells[0] for cells in printed] and len(projects) == 26
    invested = [Decimal(cells[5].strip()) for cells in printed if len(cells) > 5 and NUMBER.fullmatch(cells[5].strip())]
    assert [Decimal(str(p.investment_cny_10k)) for p in projects if p.investment_cny_10k is not None] == invested
    assert sum(invested) == Decimal("1888271.76")  # 万元, added up by hand
    assert all(p.departments for p in projects)
    assert [(p.no, p.due) for p in projects if p.due] == [("E-22", "2025-12")]  # the only one with a year


# --- Guangxi, circular economy


def circular_table(text: str) -> list[tuple[str, str, str, str]]:
    """(name, unit, 2020, 2025) of 表1."""
    table = text[text.index("表1  广西") : text.index("注：[")]
    cells = [squeeze(line) for line in table.split("\n") if squeeze(line)]
    found = []
    for at, cell in enumerate(cells):
        if goal := re.fullmatch(r"(?:其中：)?(.+)（(%|万吨|亿元)）", cell):
            found.append((goal[1], goal[2], cells[at + 1], cells[at + 2]))
    return found


def test_table_1_of_the_circular_economy_is_whole(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    printed, rows = circular_table(texts[CIRCULAR]), in_table(plans[CIRCULAR])
    assert len(rows) == len(printed) == 15
    for row, (name, unit, base, goal) in zip(rows, printed, strict=True):
        assert row.name_cn.removesuffix("产量") == name.removesuffix("产量")
        assert (row.unit, row.baseline_text, row.target_text) == (unit, base, goal)
        assert (row.kind is Kind.CUMULATIVE) is goal.startswith("["), row.id  # 五年累计值
        assert (row.baseline is None) is base.startswith(("[", "—")), row.id  # a sum of the years before is no baseline
        assert (row.baseline_year == 2019) is base.endswith("*"), row.id
    assert total(rows) == sum(numbers([cell for _, _, *two in printed for cell in two]), Decimal(0)) == Decimal("5626.48")  # added up by hand


def test_the_fall_of_energy_intensity_is_a_target(plans: dict[str, Plan]) -> None:
    (target,) = plans[CIRCULAR].targets
    assert (target.entity, target.reduction, target.base_year, target.target_year) == ("guangxi", 0.135, 2020, 2025)
    assert all(not plans[pack].targets for pack in (CLEANER, GUANGDONG, LIUZHOU))  # theirs are words, or none


def test_the_parks_and_bases_of_the_boxes_are_projects(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    box = texts[CIRCULAR][texts[CIRCULAR].index("国家级园区：") :]
    national, regional = (line.split("：")[1].rstrip("。").split("、") for line in box.split("\n")[:2])
    assert (len(national), len(regional)) == (7, 23)
    parks = [p.place_text for p in plans[CIRCULAR].projects if p.place == "专栏1"]
    assert parks == [*national, *regional]
    assert [p.entities for p in plans[CIRCULAR].projects if p.place == "专栏5"] == [
        ("fangchenggang",), ("guigang",), ("wuzhou",), ("baise",), ("yulin",),
    ]  # fmt: skip


def test_the_ten_works_have_the_departments_of_the_last_paragraph(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    last = texts[CIRCULAR][texts[CIRCULAR].index("其中，园区") :]
    said = re.findall(r"由([^。]*?)组织实施", last)
    works = [task for task in plans[CIRCULAR].tasks if task.id.startswith("gxc-work")]
    assert len(works) == len(said) == 10
    assert [task.departments_text for task in works] == said
    assert works[3].departments == ("housing-construction", "development-reform")  # 自治区住房城乡建设厅会同发展改革委
    assert len(works[2].departments) == 11  # 发展改革委 … 广西邮政管理局, counted by hand


def test_each_of_the_fourteen_cities_has_its_reclaimed_water(plans: dict[str, Plan]) -> None:
    rows = {row.entity: row.target for row in plans[CIRCULAR].indicators if row.id.startswith("gxc-reclaimed-water")}
    assert len(rows) == 14
    assert {entity for entity, target in rows.items() if target == 20} == {"nanning", "beihai", "guilin"}
    assert {target for entity, target in rows.items() if entity not in ("nanning", "beihai", "guilin")} == {15.0}


# --- Guangxi, cleaner production


def test_the_goals_of_cleaner_production_add_up(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    said = places_of(CLEANER, texts[CLEANER])["一（二）"]
    printed = [Decimal(n) for n in re.findall(r"(\d+(?:\.\d+)?)(?:万亩|万吨|%)", said)]
    rows = [row for row in plans[CLEANER].indicators if row.target is not None and row.status == "draft"]
    assert [Decimal(str(row.target)) for row in rows] == printed  # in the order of the text
    assert sum(printed) == Decimal("323.25")  # 65 + 4.62 + 0.32 + 1.44 + 0.87 + 85 + 86 + 80
    assert [row.name_cn[:4] for row in rows if row.unit == "万吨"] == ["化学需氧", "氨氮重点", "氮氧化物", "挥发性有"]


def test_the_twenty_duties_have_their_departments(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    duties = [task for task in plans[CLEANER].tasks if task.id.startswith("gxp-duty")]
    tens = [*"三四五六七八九十", *("十" + n for n in "一二三四五六七八九"), "二十", "二十一", "二十二"]
    assert [task.place for task in duties] == [f"（{n}）" for n in tens]
    places = places_of(CLEANER, texts[CLEANER])
    for duty in duties:
        assert f"（{squeeze(duty.departments_text)}）" in places[duty.place], duty.id
        # 、 and ； part the bodies; of the first duty the rest of the sentence says what the governments do
        assert len(duty.departments) == len([p for p in re.split("[、；]|，(?=广西|各市县)", duty.departments_text) if p]), duty.id
    assert [r.place for r in plans[CLEANER].responsibilities if r.rule == "audit"] == ["（十九）"] * 3


# --- Guangdong


def test_the_goals_of_guangdong_add_up(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    said = places_of(GUANGDONG, texts[GUANGDONG])["二（三）"]
    said = said[said.index("主要资源产出率") :]
    printed = [Decimal(n) for n in re.findall(r"(\d+(?:\.\d+)?)(?:%|亿吨|万吨)", said)]
    rows = [row for row in plans[GUANGDONG].indicators if row.place == "二（三）"]
    assert [Decimal(str(row.target)) for row in rows if row.target is not None] == printed
    assert sum(printed) == Decimal(5889)  # 20 + 80 + 86 + 80 + 60 + 60 + 3 + 5500
    assert [row.id for row in rows if row.target_text == "完成国家下达目标任务"] == [
        "gdc-energy-intensity",
        "gdc-carbon-intensity",
        "gdc-water-intensity",
    ]
    assert [row.id for row in rows if not row.is_inclusive] == ["gdc-solid-waste-utilisation"]  # 超过 80 %
    basis = places_of(GUANGDONG, texts[GUANGDONG])["一"]
    assert [(row.baseline, row.baseline_text in basis) for row in rows if row.baseline is not None] == [(86.0, True), (75.0, True)]


def test_guangdong_has_17_tasks_and_10_actions(plans: dict[str, Plan], texts: dict[str, str]) -> None:
    tasks = plans[GUANGDONG].tasks
    assert [task.id for task in tasks] == [*(f"gdc-task-{n}" for n in range(1, 18)), *(f"gdc-action-{n}" for n in range(1, 11))]
    answers = re.findall(r"（(省[^（）]*?(?:负责|不再一一列出))）", squeeze(texts[GUANGDONG]))
    assert [squeeze(task.departments_text) for task in tasks] == answers
    assert {task.due for task in tasks if task.id.startswith("gdc-task")} == {""}
