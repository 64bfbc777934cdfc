"""Energy budgets on the wallboard: set on a form, shown as a burn-down on the page of the unit."""

import re
from dataclasses import replace
from typing import Any

from tests.web.conftest import NOW, plain
from tricolor.domain.lights import Light

OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = {"entity": "qzg-refinery", "year": "2026", "tce": "1,200,000", "profile": "", "document": "示例〔2026〕1号", "who": "李工"}


def test_a_budget_is_set_on_the_page_and_burns_down_on_that_of_the_unit(city: Any, local: Any) -> None:
    client = local(city)
    empty = client.get("/budgets").text
    assert "2026 年还没有用能预算" in empty and "tricolor budget import" in empty
    assert "h-budget" not in client.get("/entities/qzg-refinery").text
    done = client.post("/budgets", data=FORM, headers=OURS, follow_redirects=False)
    assert done.status_code == 303 and done.headers["location"] == "/budgets?year=2026&done=set"
    page = client.get(done.headers["location"]).text
    assert "预算已设定" in page and 'data-unit="qzg-refinery"' in page and "1,200,000</td>" in page and "李工" in page
    unit = client.get("/entities/qzg-refinery").text
    assert "月末剩余预算" in unit and "按上年各月用能分解" in unit and "示例〔2026〕1号" in unit
    rows = re.findall(
        r'data-budget="(2026-\d\d)"><th[^>]*>[^<]*</th><td class="num">([^<]*)</td><td class="num">([^<]*)</td><td class="num">([^<]*)</td>', unit
    )
    assert [row[0] for row in rows] == [f"2026-{n:02d}" for n in range(1, 13)]
    used = [float(row[1].replace(",", "")) for row in rows[:11]]
    left = [float(row[2].replace(",", "").replace("−", "-")) for row in rows[:11]]
    assert left[10] == round(1_200_000 - sum(used), 2) or abs(left[10] - (1_200_000 - sum(used))) < 0.1
    assert rows[11][1:3] == ("—", "—") and rows[11][3] in ("0.00", "−0.00")  # December is to come; by plan nothing is left then


def test_the_light_of_a_budget_stands_in_the_list_and_in_both_languages(city: Any, local: Any) -> None:
    client = local(city)
    client.post("/budgets", data=FORM, headers=OURS)
    entity = "qzg-refinery"
    verdict = plain(entity, "budget", Light.YELLOW, 91.5, 90.0, "%", "截至2026-11-20已用91.5%", "91.5 % used until 2026-11-20")
    city.judge(replace(verdict, period="2026", evidence={"projected_tce": 1_220_000.0, "burn_down": [{"month": "2026-01"}]}), at=NOW)
    page = client.get("/budgets?year=2026").text
    assert "91.5 %" in page and "1,220,000" in page and "lamp yellow" in page
    assert "Energy budgets" in client.get("/budgets?lang=en").text and "Left by plan" in client.get(f"/entities/{entity}?lang=en").text
    assert "burn_down" not in client.get(f"/entities/{entity}?lang=zh").text


def test_what_is_not_taken_says_why_and_keeps_what_was_typed(city: Any, local: Any) -> None:
    client = local(city)
    told = client.post("/budgets", data=FORM | {"tce": "many", "year": "26", "who": ""}, headers=OURS)
    assert told.status_code == 422 and "应为数字" in told.text and "四位数" in told.text and "姓名" in told.text and 'value="many"' in told.text
    told = client.post("/budgets", data=FORM | {"profile": "1 2 3"}, headers=OURS)
    assert told.status_code == 422 and "现有 3 个" in told.text
    percentages = " ".join(["8"] * 11 + ["12"])
    assert client.post("/budgets", data=FORM | {"profile": percentages}, headers=OURS, follow_redirects=False).status_code == 303
    assert "按下达的月度分解" in client.get("/entities/qzg-refinery").text
    assert client.post("/budgets", data=FORM | {"entity": "ghost"}, headers=OURS).status_code == 404
    assert client.post("/budgets", data=FORM, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_without_a_budget_the_unit_says_nothing_of_one_and_from_elsewhere_nobody_sets_one(city: Any, local: Any, remote: Any) -> None:
    assert "h-budget" not in local(city).get("/entities/qinnan").text
    assert remote(city).post("/budgets", data=FORM, headers=OURS).status_code in (401, 403)
