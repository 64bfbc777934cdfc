"""Submissions on the wallboard: the matrix of what is missing, a value given, asked back, confirmed, revised, taken back; a workbook previewed."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.app import create_app
from api.board import mount_board
from tests.api.conftest import World
from tests.web.conftest import Served

OURS = {"Sec-Fetch-Site": "same-origin"}
GIVEN = {"indicator": "waste_rate", "period": "2026-10", "value": "91.5", "document": "月报", "who": "王工"}


def app_of(world: World) -> Any:
    app = create_app(world.deps)
    mount_board(app, world.deps, None, is_open=True)
    return app


@pytest.fixture
def board(lite: World) -> Iterator[TestClient]:
    with TestClient(app_of(lite), follow_redirects=False) as client:
        yield client


def test_the_matrix_says_who_lacks_what_in_which_month(board):
    page = board.get("/submissions").text
    # the city: ten months of the rate; the mill, a key user: ten energy reports; the brick kiln owes nothing
    assert "缺 20 项" in page and 'data-unit="qz"' in page and 'data-unit="mill"' in page and 'data-unit="kiln"' not in page
    assert page.count("<b>0/1</b>") == 20
    board.post("/submissions/qz", data=GIVEN, headers=OURS)
    page = board.get("/submissions").text
    assert "缺 19 项" in page and page.count("<b>0/1</b>") == 19
    assert "本年没有应报的项" in board.get("/submissions?year=2025").text  # the plan begins after it
    assert board.get("/submissions?year=1800").status_code == 200
    assert 'href="/submissions/mill"' in board.get("/entities/mill").text and 'href="/submissions"' in board.get("/").text


def test_a_value_is_given_revised_and_its_history_names_the_authors(board):
    answer = board.post("/submissions/qz", data=GIVEN, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/submissions/qz?done=taken")
    assert board.post("/submissions/qz", data=GIVEN, headers=OURS).headers["location"].endswith("done=same")
    board.post("/submissions/qz", data=GIVEN | {"value": "92", "who": "李工"}, headers=OURS)
    page = board.get("/submissions/qz?done=taken").text
    assert "已收下" in page and "92 %" in page and "李工" in page and "2026-10 固废综合利用率" not in page and "2026-09 固废综合利用率" in page
    history = board.get("/submissions/qz?indicator=waste_rate&period=2026-10").text
    part = history.split('id="h-history"')[1]
    assert part.index("92 %") < part.index("91.5 %") and "王工" in part and "李工" in part


def test_what_is_wrong_is_said_and_what_was_typed_stays(board):
    answer = board.post("/submissions/qz", data=GIVEN | {"value": "915", "period": "2026-12", "who": ""}, headers=OURS)
    assert answer.status_code == 422
    for part in ("尚未结束", "不能超过 100", "请写明由谁填报", 'value="915"', 'value="月报"'):
        assert part in answer.text, part
    assert 'value="王工"' in board.post("/submissions/qz", data=GIVEN | {"value": "915"}, headers=OURS).text
    assert "还没有填报" in board.get("/submissions/qz").text


def test_a_warning_asks_for_a_tick_and_a_note(board):
    board.post("/submissions/qz", data=GIVEN | {"period": "2026-09", "value": "40"}, headers=OURS)
    asked = board.post("/submissions/qz", data=GIVEN, headers=OURS)
    assert asked.status_code == 422 and "上期 2026-09" in asked.text and 'name="confirmed"' in asked.text
    assert board.post("/submissions/qz", data=GIVEN | {"confirmed": "yes"}, headers=OURS).status_code == 422
    assert board.post("/submissions/qz", data=GIVEN | {"confirmed": "yes", "note": "口径调整"}, headers=OURS).status_code == 303


def test_a_value_is_taken_back_and_words_are_given(board):
    board.post("/submissions/qz", data=GIVEN, headers=OURS)
    back = {"act": "back", "indicator": "waste_rate", "period": "2026-10", "who": "王工"}
    assert board.post("/submissions/qz", data=back, headers=OURS).headers["location"].endswith("done=back")
    assert "还没有填报" in board.get("/submissions/qz").text
    words = {"indicator": "full_cover", "period": "2025", "text": "达到，全部县区", "who": "王工"}
    assert board.post("/submissions/qz", data=words, headers=OURS).status_code == 303
    assert "达到，全部县区" in board.get("/submissions/qz").text


def test_foreign_pages_and_unknown_units_get_nowhere(board):
    assert board.post("/submissions/qz", data=GIVEN, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert board.get("/submissions/nobody").status_code == 404 and board.post("/submissions/nobody", data=GIVEN, headers=OURS).status_code == 404
    assert board.get("/submissions/nobody/template.xlsx").status_code == 404


def filled(template: bytes, value: object) -> bytes:
    book = load_workbook(BytesIO(template))
    page = book["indicators"]
    page.cell(4, [c.value for c in page[3]].index("2026-09") + 1).value = value
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_workbook_is_previewed_and_then_stored(board):
    template = board.get("/submissions/qz/template.xlsx").content

    def send(value: object, act: str) -> Any:
        return board.post("/submissions/qz/xlsx", data={"who": "王工", "act": act}, files={"file": ("a.xlsx", filled(template, value))}, headers=OURS)

    wrong = send("many", "preview")
    assert wrong.status_code == 422 and "indicators!L4" in wrong.text and "须填数值" in wrong.text
    seen = send(91.5, "preview")
    assert seen.status_code == 200 and "尚未保存" in seen.text and "indicators!L4" in seen.text and "还没有填报" in board.get("/submissions/qz").text
    assert send(91.5, "store").headers["location"].endswith("done=taken")
    assert "91.5 %" in board.get("/submissions/qz").text
    empty = board.post("/submissions/qz/xlsx", data={"who": "王工", "act": "store"}, files={"file": ("a.xlsx", b"")}, headers=OURS)
    assert empty.status_code == 422 and "请选择填好的" in empty.text


def test_in_english_the_page_speaks_english(board):
    page = board.get("/submissions/mill?lang=en").text
    assert "reported energy (equal value)" in page and "Missing" in page
    assert "What is reported by quarter" in board.get("/submissions?lang=en").text


@pytest.mark.browser
def test_a_person_fills_the_form_and_uploads_a_workbook_in_a_browser(lite: World, chromium: Any, tmp_path: Path) -> None:
    with Served(app_of(lite)) as base:
        for width, height in ((1440, 900), (360, 740)):
            context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
            page, errors = context.new_page(), []
            page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
            page.goto(f"{base}/submissions")
            assert page.locator("tr[data-unit=qz]").count() == 1
            page.screenshot(path=str(tmp_path / f"matrix-{width}.png"), full_page=True)
            page.goto(f"{base}/submissions/qz")
            page.select_option("select[name=indicator]", "waste_rate")
            page.fill("section[aria-labelledby=h-give] input[name=value]", "950")
            page.fill("section[aria-labelledby=h-give] input[name=who]", "王工")
            page.click("section[aria-labelledby=h-give] button")
            assert "不能超过 100" in page.inner_text("main") and page.input_value("input[name=value]") == "950"
            page.fill("input[name=value]", "91.5")
            page.click("section[aria-labelledby=h-give] button")
            page.wait_for_url(re.compile("done="))
            assert "91.5 %" in page.inner_text("main")
            template = tmp_path / "t.xlsx"
            template.write_bytes(filled(lite.get("/v1/statistics/template", "admin", entity="qz").content, 930))
            page.set_input_files("input[name=file]", str(template))
            page.click("button[value=preview]")
            assert "indicators!L4" in page.inner_text("main")
            page.screenshot(path=str(tmp_path / f"unit-{width}.png"), full_page=True)
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0 and not errors
            context.close()
