"""/plan: what the plan asks, under the document's headings, with the light in force; and which packs there are."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict


class Verdicts:
    """The book of the city, with further verdicts in force."""

    def __init__(self, book: Any, *more: Verdict) -> None:
        self._book, self._more = book, more

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def standing(self) -> list[StandingVerdict]:
        return [*self._book.standing(), *(StandingVerdict(v, 1, 1) for v in self._more)]


def rows(text: str) -> list[str]:
    """Rows of the tables as text in one line."""
    return [unescape(re.sub(r"<[^>]+>|\s+", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", text, re.S)]


def page(city: Any, local: Any, *verdicts: Verdict, lang: str = "zh") -> list[str]:
    client = local(city, deps=replace(city.deps, verdicts=Verdicts(city.deps.verdicts, *verdicts)))
    return rows(client.get(f"/plan?lang={lang}", headers={"Accept": "text/html"}).text)


def squeezed(found: list[str], word: str) -> str:
    return re.sub(r" +", " ", next(row for row in found if word in row))


def test_an_indicator_says_its_goal_document_place_path_and_light(city: Any, local: Any) -> None:
    yellow = Verdict(
        "qinzhou", "indicator", "nox-cut", "2026", Light.YELLOW, 36.0, 40.0, "吨", "累计减排36吨，要求40吨", "36 t cut, 40 t asked", None
    )
    row = squeezed(page(city, local, yellow), "氮氧化物重点工程累计减排量")
    for said in (
        "累计 ≥ 200 吨 2030",
        "黄",
        "36 吨 (2026)",
        "累计减排36吨，要求40吨",
        "逐年均等",
        "市生态环境局",
        "钦政办〔2022〕43号",
        "附件2 全市",
        "示例",
    ):
        assert said in row, said
    english = squeezed(page(city, local, yellow, lang="en"), "Cut of nitrogen oxides")
    assert "in all ≥ 200" in english and "36 t cut, 40 t asked" in english and "equal steps" in english


def test_what_nothing_judges_says_so_and_a_goal_in_words_has_no_unit(city: Any, local: Any) -> None:
    found = page(city, local)
    assert "未评判" in squeezed(found, "充电桩（含充电插座）")
    assert "控制在自治区下达目标以内 2030" in squeezed(found, "化学需氧量排放总量")


def test_indicators_are_folded_under_the_headings_of_the_document_with_their_counts(city: Any, local: Any) -> None:
    text = local(city).get("/plan").text
    folded = re.findall(r"<summary>(第[一二]篇[^<]*?) *<span class=\"soft\">(\d+)</span>", text)
    headings = {re.sub(r" +", " ", heading): int(number) for heading, number in folded}
    assert headings["第一篇 节能减排·主要目标"] == 14 and headings["第一篇 节能减排·公共机构能效提升"] == 5
    assert sum(headings.values()) == 91 and "指标 91 项" in text


def test_a_target_and_a_project_of_the_register_show_their_light(city: Any, local: Any) -> None:
    red = Verdict("qinbei", "pace", "carbon:basic", "2026-01..2026-10", Light.RED, 1.0, 2.0, "%", "碳强度", "carbon", 0.99)
    late = Verdict("qinzhougang", "project", "illustrative-2026-2030/annex3-04", "now", Light.RED, 0.0, 1.0, "tce/a", "逾期未投产", "overdue", None)
    found = page(city, local, red, late)
    carbon = next(row for row in found if "钦北区" in row and "碳排放强度降低" in row and "基本目标" in row)
    assert "红" in carbon
    assert "逾期未投产" in squeezed(found, "示例：电厂供热节能改造")


def test_the_packs_and_their_use_are_listed(city: Any, local: Any) -> None:
    found = page(city, local)
    assert "评判依据" in squeezed(found, "illustrative-2026-2030")
    assert squeezed(found, "qinzhou-2021-2025").endswith("12 91 89 0 正式")
