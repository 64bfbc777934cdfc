"""The pack of Qinzhou says what 钦政办〔2022〕43号 says: every row of annexes 2 to 4 cell by cell, every goal of both parts at the place named."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tricolor.catalogue.plans import Plan, load_plan
from tricolor.catalogue.plans.register import Direction, Kind, PlanProject

NUMERALS = "一二三四五六七八九十"


@pytest.fixture(scope="module")
def seed(shared: Path) -> str:
    return next((shared / "seeds").glob("001_*.txt")).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan("qinzhou-2021-2025")


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def table(seed: str, number: int) -> list[str]:
    """The cells of an annex at the document's end: each stands on a line that begins with a tab."""
    begin = seed.rindex(f"\n附件{number}\n")
    end = seed.find(f"\n附件{number + 1}\n", begin)
    return [cell.strip() for cell in seed[begin : end if end > 0 else len(seed)].split("\n\t")]


def rows(cells: list[str], first: str, width: int) -> list[list[str]]:
    """Runs of cells that begin with 1, 2, 3 …; headings between them are left out."""
    cells = cells[cells.index(first) :]
    found: list[list[str]] = []
    while cells:
        if cells[0] == str(len(found) + 1):
            found.append(cells[:width])
            cells = cells[width:]
        else:
            cells = cells[1:]
    return found


def sections(seed: str) -> dict[str, str]:
    """Squeezed text by place as the pack names it, e.g. 第一篇第三章十. The heading of 第一篇第二章 is printed as 主要目标 alone."""
    found: dict[str, str] = {}
    part = chapter = section = ""
    for line in map(squeeze, seed[seed.index("第一篇") : seed.rindex("\n附件1\n")].split("\n")):
        headed = re.match(rf"第([{NUMERALS}])章", line)
        if re.match("第[一二]篇", line):
            part, chapter, section = line[:3], "", ""
        elif headed or line == "主要目标":
            chapter, section = headed[0] if headed else "第二章", ""
        elif numbered := re.match(rf"([{NUMERALS}]+)、", line):
            section = numbered[1]
        place = part + chapter + section
        found[place] = found.get(place, "") + line
    found["附件2 全市"] = "".join(squeeze(cell) for cell in table(seed, 2))
    return found


# --- annexes


def test_annex_3_stands_in_the_pack_cell_by_cell(seed: str, plan: Plan) -> None:
    said = rows(table(seed, 3), "一、节能", 9)
    mine = [p for p in plan.projects if p.id.startswith("annex3-")]
    assert len(said) == len(mine) == 32
    for cells, p in zip(said, mine, strict=True):
        investment = f"{p.investment_cny_10k:.0f}"
        assert [p.no, p.name_cn, p.builder, p.place_text, p.content, p.due_text, p.effect_text, p.stage, investment] == cells, p.id
        assert p.due == p.due_text.replace(".", "-")
        assert p.expected_tce == (float(p.effect_text) if p.effect_text.isdigit() else None), p.id


def test_annex_4_stands_in_the_pack_cell_by_cell(seed: str, plan: Plan) -> None:
    said = rows(table(seed, 4), "一、城市典型废弃物资源化利用", 6)
    mine = [p for p in plan.projects if p.id.startswith("annex4-")]
    assert len(said) == len(mine) == 57 and len(plan.projects) == 89
    for cells, p in zip(said, mine, strict=True):
        assert [p.no, p.name_cn, p.content, p.place_text, p.due_text, f"{p.investment_cny_10k:.0f}"] == cells, p.id
        assert p.due == p.due_text.replace(".", "-") and p.expected_tce is None and not p.stage


def test_the_sums_of_the_annexes_are_those_of_the_seed(seed: str, plan: Plan) -> None:
    """526 294 tce a year of the twenty rows with a number; 2 058 991 and 29 462 920 万元, added up from the text and once by hand."""
    third, fourth = rows(table(seed, 3), "一、节能", 9), rows(table(seed, 4), "一、城市典型废弃物资源化利用", 6)
    in_text = (sum(int(r[6]) for r in third if r[6].isdigit()), sum(int(r[8]) for r in third), sum(int(r[5]) for r in fourth))

    def invested(projects: list[PlanProject]) -> float:
        return sum(p.investment_cny_10k or 0 for p in projects)

    mine = [[p for p in plan.projects if p.id.startswith(f"annex{n}-")] for n in (3, 4)]
    assert (sum(p.expected_tce or 0 for p in plan.projects), invested(mine[0]), invested(mine[1])) == in_text == (526_294, 2_058_991, 29_462_920)


def test_the_sections_of_the_annexes_are_the_headings_of_the_seed(seed: str, plan: Plan) -> None:
    for project in plan.projects:
        cells = table(seed, int(project.id[5]))
        assert all(heading in cells for heading in project.section.split(" ")), project.section


def test_annex_2_stands_in_the_pack(seed: str, plan: Plan) -> None:
    cells = table(seed, 2)
    printed = cells[cells.index("全市") + 1 :][:5]
    by_id = {i.id: i for i in plan.indicators}
    cuts = [by_id[f"{pollutant}-cut"] for pollutant in ("nox", "voc", "cod", "nh3n")]
    assert [f"{i.target:g}" for i in cuts] == printed[:4] == ["200", "660", "2925", "189"]
    assert {(i.kind, i.direction, i.unit) for i in cuts} == {(Kind.CUMULATIVE, Direction.UP, "吨")}
    assert by_id["gdp-co2-fall"].target is None and by_id["gdp-co2-fall"].target_text == printed[4] == "完成自治区下达目标"
    tonnes = {target.pollutant: target.reduction_t for target in plan.pollutant_targets}  # the same numbers that the pages of emissions show
    assert tonnes == {i.id.removesuffix("-cut"): i.target for i in cuts}


# --- goals in the text


def test_every_indicator_stands_in_the_text_at_the_place_it_names(seed: str, plan: Plan) -> None:
    text = sections(seed)
    wrong = []
    for i in plan.indicators:
        for place in i.place.split("；"):
            here = text.get(place, "")
            words = [squeeze(i.target_text)] if place == i.place.split("；")[0] else [f"{i.target:g}" if i.target is not None else i.target_text]
            wrong += [(i.id, place, word) for word in words if word not in here]
    assert wrong == []


def test_the_printed_number_is_the_number_judged(plan: Plan) -> None:
    for i in plan.indicators:
        if i.target is None:
            continue
        assert Decimal(re.findall(r"\d+(?:\.\d+)?", i.target_text)[0]) == Decimal(repr(i.target)), i.id
        assert i.is_inclusive == ("超" not in i.target_text), i.id  # 超过, 超: the number itself is not enough


AMOUNT = re.compile(r"\d+(?:\.\d+)?(?=%|个百分点|家|万|个|吨|辆)")
# amounts that ask nothing of an area: the size of a power plant, of the projects watched, of savings that are paid for, of a paper mill
NOT_GOALS = {"第一篇第三章八": ["66"], "第一篇第四章三": ["5"], "第一篇第四章五": ["1000"], "第二篇第三章一": ["180"]}


def test_every_amount_of_the_text_is_an_indicator(seed: str, plan: Plan) -> None:
    """The other way round: no goal is left out. Every number with a unit in the text of both parts, 72 of them, but for four that ask nothing."""
    missing: dict[str, list[str]] = {}
    found = 0
    for place, text in sections(seed).items():
        said = " ".join(f"{i.target_text} {i.target}" for i in plan.indicators if place in i.place.split("；"))
        mine, here = set(re.findall(r"\d+(?:\.\d+)?", said)), AMOUNT.findall(text) if place != "附件2 全市" else []
        found += len(here)
        if left := [n for n in here if n not in mine]:
            missing[place] = left
    assert missing == NOT_GOALS and found == 72


def test_count_and_checksum_of_the_goals(plan: Plan) -> None:
    """91 rows, 57 of them numbers. 24666 + 35236 charging, 3974 t of pollutants, the other goals 2574: by hand from the document."""
    numbers = [i.target for i in plan.indicators if i.target is not None]
    in_words = [i for i in plan.indicators if i.direction is Direction.TEXT]
    assert (len(plan.indicators), len(numbers), len(in_words)) == (91, 57, 27)
    assert sum(map(Decimal, map(repr, numbers))) == 24_666 + 35_236 + 3_974 + 2_574


def test_contradictions_of_the_document_stay_as_two_rows(plan: Plan) -> None:
    by_id = {i.id: i for i in plan.indicators}
    assert (by_id["straw-use"].target, by_id["straw-use-87"].target) == (86, 87)
    assert by_id["straw-use"].place == "第一篇第三章五；第二篇第二章" and by_id["straw-use-87"].place == "第二篇第三章二"
    assert "87 %" in by_id["straw-use"].note and "86 %" in by_id["straw-use-87"].note


def test_readings_are_marked_and_say_so(plan: Plan) -> None:
    for row in (*plan.indicators, *plan.responsibilities):
        assert row.status in ("official", "interpreted")
        if row.status == "interpreted":
            assert "reading" in row.note, row


# --- who answers


@pytest.mark.parametrize("rule", ["forecast", "connected", "benchmark_share", "watch", "audit", "per_area", "per_head"])
def test_who_answers_for_a_rule_is_named_in_the_section_of_its_place(seed: str, plan: Plan, rule: str) -> None:
    """The bracket that closes the section, in its order; some sections close several brackets, the first is the one of the matter."""
    places = {r.place for r in plan.responsibilities if r.rule == rule}
    assert len(places) == 1
    text = sections(seed)[places.pop()]
    named = re.search(r"（([^（）]*)按职责分工负责）", text)
    assert named is not None
    assert [d.name_cn for d in plan.departments_for(rule)] == re.sub("等$", "", named[1]).split("、")


def test_every_rule_of_the_lights_has_its_department_in_the_section(seed: str, plan: Plan) -> None:
    text, names = sections(seed), {d.id: d.name_cn for d in plan.departments}
    assert [r for r in plan.responsibilities if names[r.department] not in text[r.place]] == []
