"""/plan with the province's plan beside the city's: indicators, targets, projects and tasks of both, and what of it is judged."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from api.board_plan_parts import plan_parts
from api.board_words import Words
from api.deps import CurrentRegistry
from tricolor.catalogue.plans.beside import load_plan_beside

PROVINCE = "guangxi-circular-2021-2025"


@pytest.fixture(scope="module")
def plan() -> Any:
    return load_plan_beside("illustrative-2026-2030", [PROVINCE])


def section(text: str, beginning: str) -> str:
    """The section of the page whose heading begins so, as text in one line."""
    found = next(s for s in re.findall(r"<section.*?</section>", text, re.S) if re.search(rf"<h2[^>]*>\s*{beginning}", s))
    return unescape(re.sub(r"<[^>]+>|\s+", " ", found))


def test_the_page_shows_the_plan_beside_with_what_is_judged(city: Any, local: Any, plan: Any) -> None:
    client = local(city, deps=replace(city.deps, plan=plan))
    shown = section(client.get("/plan", headers={"Accept": "text/html"}).text, "并列规划：广西循环经济发展")
    assert "台账中的地区有 1 项指标参与评判" in shown  # 钦州市 is registered, the region and thirteen cities are not
    assert re.search(r"能源消费强度降低·基本目标 .{0,40}下降 ≥ 13.5", shown)
    assert re.search(r"4 +废纸利用量 +广西壮族自治区 +72\.3\* +≥ 80 +万吨 +2025", shown)
    assert re.search(r"钦州市城市再生水利用率 +钦州市 +≥ 15 +% +2025", shown)
    assert "征求意见" in shown and "文义解读" in shown
    assert "南宁综合保税区循环化改造" in shown and "自治区住房城乡建设厅会同发展改革委等部门" in shown


def test_without_plans_beside_the_page_has_no_such_part(city: Any, local: Any) -> None:
    text = local(city).get("/plan", headers={"Accept": "text/html"}).text
    assert "并列规划" not in text


def test_a_plan_beside_is_shown_in_english_too(city: Any, plan: Any) -> None:
    registry = CurrentRegistry(city.deps.registry).get()
    main, province = plan_parts(plan, registry, Words("en"))
    assert (main.is_beside, province.is_beside, province.judged) == (False, True, 1)
    assert (len(province.targets), len(province.indicators), len(province.projects), len(province.tasks)) == (1, 42, 35, 33)
    water = next(line for line in province.indicators if line.area_id == "qinzhou")
    assert (water.name, water.target, water.unit) == ("Reclaimed water use rate, Qinzhou", "≥ 15", "%")
    falls = next(line for line in province.indicators if line.no == "2")
    assert (falls.target, falls.baseline) == ("down ≥ 13.5", "[14.98]")  # a sum of five years: a positive number in the direction asked
    words = next(line for line in province.indicators if line.name.startswith("E-commerce"))
    assert words.target == "基本实现不再二次包装"
