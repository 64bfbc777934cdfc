"""Data quality on the wallboard and in the API, over a filled city: who is worst, why, and what is not known."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

import accounting.quality as keeping
from tests.web.test_pages import Outline
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.domain.access import KeyKind


@pytest.fixture(scope="module")
def looked(city: Any) -> Any:
    """The city with its last eight days looked at, as accounting does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "BACK_DAYS", 7)
        keeper = keeping.QualityKeeper(city.store, city.store, QualityLedgerSql(city.ledger), city.deps.registry, lambda: city.clock["now"])
        while keeper.refresh(60.0).done + keeper.catch_up(60.0).done:
            pass
    return city


@pytest.fixture
def api(looked: Any, local: Any) -> Iterator[Any]:
    client: TestClient = local(looked)

    def get(path: str, bound_to: str = "", **params: Any) -> Any:
        _, token = KeyBookSql(looked.ledger).create(KeyKind.READ, bound_to, "t", 1)
        return client.get(path, params=params, headers={"Authorization": f"Bearer {token}"})

    yield get


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/quality", "/quality?span=week", "/entities/qn-manganese", "/entities/qinnan", "/points/qn-manganese.coke"])
def test_the_pages_are_well_formed(looked: Any, local: Any, path: str, lang: str) -> None:
    answer = local(looked).get(path, params={**({"span": "week"} if "span" in path else {}), "lang": lang}, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert outline.faults == [] and outline.ids.count("h-quality") <= 1
    assert ("数据质量" if lang == "zh" else "Data quality") in answer.text


def test_units_without_any_reading_stand_before_those_that_send(looked: Any, local: Any) -> None:
    page = local(looked).get("/quality?span=week").text
    units = page[: page.index('id="h-qa"')]
    assert units.index('data-quality="qn-brick"') < units.index('data-quality="qzg-paper"')
    assert "从未收到读数，请检查网关和测点编号" in units


def test_an_enterprise_and_its_meter_say_what_is_wrong(looked: Any, local: Any) -> None:
    entity = local(looked).get("/entities/qn-manganese").text
    assert "已 1 天没有读数，请检查网关和通讯" in entity  # its coke stopped on the 18th at 12:15, 47 h 52 min before
    point = local(looked).get("/points/qn-manganese.coke").text
    assert "已 1 天没有读数，请检查网关和通讯" in point and "完整率" in point


def test_before_anything_was_looked_at_the_page_says_so_and_shows_no_perfect_figure(unheard: Any, nothing: Any, local: Any) -> None:
    page = local(unheard).get("/quality").text
    assert "这个时段还没有检查结果" in page and "100 %" not in page and "tricolor doctor" in page
    assert "还没有登记任何单位" in local(nothing).get("/quality").text


def test_the_live_block_is_the_tables_of_the_page(looked: Any, local: Any) -> None:
    answer = local(looked).get("/board/live.json?page=quality&to=week").json()
    assert 'data-quality="qn-brick"' in answer["blocks"]["quality"]


def test_the_api_rolls_up_an_entity_over_its_points(api: Any) -> None:
    body = api("/v1/quality", entity="qn-manganese", **{"from": "2026-11-14", "to": "2026-11-20"}).json()
    assert (body["first_day"], body["last_day"]) == ("2026-11-14", "2026-11-19")
    (found,) = [e for e in body["entities"] if e["entity"] == "qn-manganese"]
    assert found["points_total"] == len(found["points"]) > 1
    assert found["expected"] == sum(p["expected"] for p in found["points"])
    assert found["completeness"] == pytest.approx(sum(min(p["filled"], p["expected"]) for p in found["points"]) / found["expected"])
    coke = next(p for p in found["points"] if p["point"] == "qn-manganese.coke")
    # hourly: 24 × 6 due; missing are a night of nine hours, the half of the 18th and the whole 19th: 144 − 9 − 12 − 24 = 99, edges aside
    assert coke["expected"] == 144 and coke["filled"] == pytest.approx(99, abs=2)
    assert {f["fault"] for f in coke["findings"]} >= {"silent", "incomplete"}


def test_an_area_holds_its_members_and_days_never_looked_at_are_null(api: Any) -> None:
    body = api("/v1/quality", entity="qinnan", **{"from": "2025-01-01", "to": "2025-01-03"}).json()
    area = next(e for e in body["entities"] if e["entity"] == "qinnan")
    assert area["points_total"] > 3 and area["unknown"] == area["points_total"]
    assert area["completeness"] is None and area["faults"] == {}


def test_a_point_day_by_day_and_as_csv(api: Any) -> None:
    body = api("/v1/points/qzg-heat.source/quality", **{"from": "2026-11-14", "to": "2026-11-20"}).json()
    assert [d["day"] for d in body["by_day"]] == [f"2026-11-{n}" for n in range(14, 20)]
    assert body["completeness"] == pytest.approx(sum(d["filled"] for d in body["by_day"]) / body["expected"], abs=0.005)
    rows = list(
        csv.DictReader(io.StringIO(api("/v1/points/qzg-heat.source/quality", format="csv", **{"from": "2026-11-14", "to": "2026-11-20"}).text))
    )
    assert [r["day"] for r in rows] == [d["day"] for d in body["by_day"]]
    whole = list(csv.DictReader(io.StringIO(api("/v1/quality", format="csv").text)))
    assert {"point", "completeness", "findings"} <= set(whole[0]) and len(whole) == len({r["point"] for r in whole})


def test_a_bound_key_sees_its_own_and_faults_of_the_question_are_told(api: Any) -> None:
    mine = api("/v1/quality", bound_to="qzg-paper").json()
    assert [e["entity"] for e in mine["entities"]] == ["qzg-paper"]
    assert api("/v1/quality", bound_to="qzg-paper", entity="qn-manganese").status_code == 404
    assert api("/v1/points/qn-manganese.coke/quality", bound_to="qzg-paper").status_code == 404
    for wrong in ({"from": "yesterday"}, {"from": "2026-11-20", "to": "2026-11-19"}, {"from": "2024-01-01"}):
        assert api("/v1/quality", **wrong).status_code == 422


def test_prometheus_gets_the_areas(looked: Any, local: Any) -> None:
    text = local(looked).get("/metrics").text
    assert 'tricolor_quality_points{area="qinzhou",state="silent"}' in text
    share = next(line for line in text.splitlines() if line.startswith('tricolor_quality_completeness{area="qinnan"}'))
    assert 0 <= float(share.split()[1]) < 1
    assert 'tricolor_quality_faults{area="qinzhou",fault="silent"}' in text


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_in_a_browser_from_the_worst_enterprise_down_to_its_meter(looked: Any, chromium: Any, width: int, tmp_path: Any) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{looked.base}/quality?span=week")
    assert page.locator("h1").inner_text().startswith("数据质量")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=str(tmp_path / f"quality-{width}.png"), full_page=True)
    page.locator('tr[data-quality="qn-manganese"] a').click()
    page.screenshot(path=str(tmp_path / f"entity-{width}.png"), full_page=True)
    page.locator('tr[data-quality="qn-manganese.coke"] a').click()
    assert "没有读数" in page.locator("section", has=page.locator("#h-quality")).inner_text()
    page.screenshot(path=str(tmp_path / f"point-{width}.png"), full_page=True)
    context.close()
    assert errors == []
