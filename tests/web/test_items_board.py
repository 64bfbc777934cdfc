"""Open items and declared meter facts on the wallboard: the pages, who may act, and a person in a real browser who decides and takes it back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import NOW, Board, Served, app_of
from tests.web.items_city import FELL, LARGE, LEAPT, build_jumps, settler_of
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import DAY_US, Interval
from tricolor.domain.items import ItemState

OURS = {"Sec-Fetch-Site": "same-origin"}
WHY = {"who": "王工", "reason": "与抄表记录核对"}


@pytest.fixture
def jumps(tmp_path: Path) -> Iterator[tuple[Board, dict[str, int]]]:
    board, ids = build_jumps(tmp_path)
    yield board, ids
    board.store.close()
    board.ledger.close()


@pytest.fixture
def served(jumps: Any) -> Iterator[tuple[Board, dict[str, int]]]:
    board, ids = jumps
    with Served(app_of(board)) as base:
        board.base = base
        yield board, ids


def energy_of(board: Board, point: str) -> float:
    """Of the last two days [kWh], after settling what a decision touched."""
    settler_of(board).run_once()
    key = board.deps.registry.load().points[point].key
    cells = board.store.cells([key], Interval(NOW - 3 * DAY_US, NOW + DAY_US))
    return float(cells.amount[cells.amount == cells.amount].sum())


def signed_in(client: Any, board: Board, kind: str, entity: str = "") -> Any:
    _, token = KeyBookSql(board.ledger).create(KeyKind(kind), entity, "t", NOW)
    assert client.post("/board/enter", data={"key": token, "next": "/"}, headers=OURS, follow_redirects=False).status_code == 303
    return client


def test_the_list_says_what_jumped_where_how_far_and_how_long_it_waits(jumps: Any, local: Any) -> None:
    board, ids = jumps
    page = local(board).get("/items").text
    rows = re.findall(r"<tr>(?!<th scope=\"col\").*?</tr>", page.partition("<tbody>")[2], re.S)
    assert len(rows) == 3
    (leap,) = [r for r in rows if f"/items/{ids[LEAPT]}" in r]
    # 58 000 and one ordinary step of 5.2, times 400
    for part in ("矿热炉一号电量", "赤岩锰业", "突跳，未返回", "+58,005.2 kWh", "23,202,080 kWh", "2026-11-20 02:15", "已等 1 小时"):
        assert part in leap, part
    assert "待核实 2 条" in local(board).get("/entities/qn-manganese").text
    english = local(board).get("/items?lang=en").text
    assert "drop that stayed" in english and "jump that stayed" in english and "for 1 h" in english
    assert re.search(r'href="/items" aria-current="page">待核实 <span class="tally">3<', page)


def test_the_list_is_filtered_and_an_empty_one_says_what_to_do(jumps: Any, local: Any) -> None:
    board, ids = jumps
    client = local(board)
    assert set(re.findall(r'<a href="/items/(\d+)"', client.get("/items?entity=qzg-paper").text)) == {str(ids[LARGE])}
    assert set(re.findall(r'<a href="/items/(\d+)"', client.get(f"/items?point={FELL}").text)) == {str(ids[FELL])}
    assert "没有符合筛选的事项" in client.get("/items?entity=qzg-refinery").text
    assert "这里还没有事项" in client.get("/items?state=settled").text
    assert client.get("/items?entity=nobody").status_code == 200


def test_with_nothing_parked_the_list_says_that_all_is_well(nothing: Any, unheard: Any, local: Any) -> None:
    for board in (nothing, unheard):
        page = local(board).get("/items").text
        assert "没有待核实的事项" in page and 'aria-current="page">待核实</a>' in page  # no badge


def test_an_item_says_what_was_seen_what_the_plate_allows_and_by_which_rule(jumps: Any, local: Any) -> None:
    board, ids = jumps
    page = local(board).get(f"/items/{ids[LEAPT]}").text
    assert "15 分钟内读数从 48,995.8 跳到 107,001 kWh" in page and "最多允许 62.5 kWh" in page  # 250 kWh/h for a quarter of an hour
    assert "突跳超出铭牌且未返回" in page and "因此先不计入用量" in page
    assert page.count('<circle class="dot"') == 48 and page.count('class="line jump"') == 1
    for action in ("confirm", "dismiss", "exchange", "substitute"):
        assert f'action="/items/{ids[LEAPT]}/{action}"' in page
    drop = local(board).get(f"/items/{ids[FELL]}?lang=en").text
    assert "fell from 62,048.7 to 953.4 kWh" in drop and "no exchange is declared" in drop and "until a person decides" in drop
    assert local(board).get("/items/999").status_code == 404


def test_what_cannot_be_is_told_and_what_was_typed_stays(jumps: Any, local: Any) -> None:
    board, ids = jumps
    client = local(board)
    path = f"/items/{ids[FELL]}"
    typed = {**WHY, "at": "2026-11-01T00:00:00", "final": "62,050", "start": "0"}
    answer = client.post(f"{path}/exchange", data=typed, headers=OURS)
    assert answer.status_code == 422 and "换表时间须在前后两个读数之间" in answer.text
    assert 'value="62,050"' in answer.text and "与抄表记录核对</textarea>" in answer.text
    assert "用量" in client.post(f"{path}/confirm", data=WHY, headers=OURS).text  # a drop tells no amount
    assert "请写明由谁决定" in client.post(f"{path}/dismiss", data={"reason": "x"}, headers=OURS).text
    assert "请写明理由" in client.post(f"{path}/dismiss", data={"who": "x", "reason": " "}, headers=OURS).text
    wrong = {**WHY, "amount": "5", "from": "2026-11-19T18:20", "end": "2026-11-19T18:45"}
    assert "开始：" in client.post(f"{path}/substitute", data=wrong, headers=OURS).text
    assert board.deps.items.counts()[ItemState.OPEN] == 3


def test_each_decision_changes_the_energy_and_undoing_it_changes_it_back(jumps: Any, local: Any) -> None:
    board, ids = jumps
    client = local(board)
    before = energy_of(board, FELL)
    path = f"/items/{ids[FELL]}"
    moment = "2026-11-19T18:40:00"
    for action, form, more in (
        ("confirm", {"amount": "700"}, 700.0),
        ("dismiss", {}, 0.0),
        ("substitute", {"amount": "600", "from": "2026-11-19T18:30", "end": "2026-11-19T18:45"}, 600.0),
        # (62 050 - 62 048.7) + (953.4 - 950) = 4.7, times 400
        ("exchange", {"at": moment, "final": "62050", "start": "950"}, 1880.0),
    ):
        done = client.post(f"{path}/{action}", data={**WHY, **form}, headers=OURS, follow_redirects=False)
        assert (done.status_code, done.headers["location"]) == (303, f"{path}?done={action}"), done.text[:2000]
        assert energy_of(board, FELL) - before == pytest.approx(more), action
        assert client.post(f"{path}/dismiss", data=WHY, headers=OURS).status_code == 409  # decided already
        assert client.post(f"{path}/undo", data=WHY, headers=OURS, follow_redirects=False).status_code == 303
        assert energy_of(board, FELL) == pytest.approx(before), action
    told = client.get(path).text
    assert told.count("<b>撤销决定</b>") == 4 and "旧表止码 62,050" in told


def test_a_reader_looks_and_an_enterprise_sees_its_own_alone(jumps: Any, remote: Any) -> None:
    board, ids = jumps
    assert "请用密钥登录" in remote(board).get("/items").text
    reader = signed_in(remote(board), board, "read", "qzg-paper")
    page = reader.get("/items").text
    assert set(re.findall(r'<a href="/items/(\d+)"', page)) == {str(ids[LARGE])} and '<span class="tally">1<' in page
    own = reader.get(f"/items/{ids[LARGE]}").text
    assert "此密钥只能查看" in own and "<textarea" not in own
    assert reader.get(f"/items/{ids[LEAPT]}").status_code == 404
    assert reader.get(f"/items?point={LEAPT}").text.count('<a href="/items/') == 0
    assert reader.post(f"/items/{ids[LARGE]}/confirm", data=WHY, headers=OURS).status_code == 403
    assert reader.post(f"/points/{LARGE}/multipliers", data=WHY, headers=OURS).status_code == 403
    admin = signed_in(remote(board), board, "admin")
    assert admin.post(f"/items/{ids[LARGE]}/dismiss", data=WHY, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert board.deps.items.counts()[ItemState.OPEN] == 3
    admin.post(f"/items/{ids[LARGE]}/dismiss", data=WHY, headers=OURS)
    assert "判为误读：王工 (key " in admin.get("/items?state=settled").text


def test_facts_are_declared_and_taken_back_on_the_meter_page(jumps: Any, local: Any) -> None:
    board, _ = jumps
    client = local(board)
    path = f"/points/{LEAPT}"
    assert "没有申报过换表或倍率变更" in client.get(path).text and "该测点有 1 条待核实" in client.get(path).text
    order = {**WHY, "valid_from": "2026-11-20T06:00", "multiplier": "800"}
    assert client.post(f"{path}/multipliers", data=order, headers=OURS, follow_redirects=False).status_code == 303
    page = client.get(path).text
    assert "× 800" in page and "2026-11-20 06:00:00" in page and "王工" in page
    wrong = client.post(f"{path}/exchanges", data={**WHY, "at": "2026-11-21T00:00:00", "final": "1", "start": "x"}, headers=OURS)
    assert wrong.status_code == 422 and "新表起码：请填写数字" in wrong.text
    late = client.post(f"{path}/exchanges", data={**WHY, "at": "2026-11-21T00:00:00", "final": "1", "start": "0"}, headers=OURS)
    assert late.status_code == 422 and "换表时间在将来" in late.text
    (number,) = re.findall(r"/multipliers/(\d+)/revoke", page)
    assert client.post(f"{path}/multipliers/{number}/revoke", data={}, headers=OURS).status_code == 422  # by whom?
    assert client.post(f"{path}/multipliers/{number}/revoke", data={"who": "李工"}, headers=OURS, follow_redirects=False).status_code == 303
    assert "已撤销：李工" in client.get(path).text and not board.deps.meter_facts.load().multipliers


@pytest.mark.browser
def test_a_person_opens_an_item_confirms_it_and_takes_it_back(served: Any, chromium: Any) -> None:
    board, _ = served
    before = energy_of(board, LEAPT)
    page = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(board.base + "/")
    page.get_by_role("link", name=re.compile("^待核实")).click()
    page.get_by_role("link", name="矿热炉一号电量").click()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    form = page.locator("form[action$='/confirm']")
    button = form.get_by_role("button", name="确认为用量")
    assert button.bounding_box()["height"] >= 44
    button.click()
    assert "/items/" in page.url and "done" not in page.url  # the browser asks for the name and the reason first
    form.get_by_label("您的姓名或岗位").fill("王工")
    form.get_by_label("理由").fill("与抄表记录核对一致")
    button.click()
    page.wait_for_url("**done=confirm")
    assert "已记录：确认为用量" in page.locator(".notice").inner_text()
    assert "按跳变计 23,202,080 kWh" in page.locator(".decide").inner_text()
    assert energy_of(board, LEAPT) - before == pytest.approx(23_202_080)
    assert page.locator("nav.tabs .tally").first.inner_text().startswith("2")
    assert page.get_by_label("您的姓名或岗位").input_value() == "王工"  # kept for the next time
    page.get_by_label("理由").fill("看错了表")
    page.get_by_role("button", name="撤销这一决定").click()
    page.wait_for_url("**done=undo")
    assert page.locator(".timeline li").all_inner_texts()[-1].startswith("撤销决定：王工")
    assert energy_of(board, LEAPT) == pytest.approx(before)
    assert page.locator("nav.tabs .tally").first.inner_text().startswith("3") and not errors


@pytest.mark.browser
def test_the_keyboard_alone_is_enough_to_declare_an_exchange(served: Any, chromium: Any) -> None:
    board, ids = served
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", java_script_enabled=False).new_page()
    page.goto(f"{board.base}/items/{ids[FELL]}")
    page.locator("summary", has_text="期间换过表").focus()
    page.keyboard.press("Enter")
    form = page.locator("form[action$='/exchange']")
    form.get_by_label("旧表止码").fill("62050")
    form.get_by_label("新表起码").fill("950")
    form.get_by_label("您的姓名或岗位").fill("李工")
    form.get_by_label("理由").fill("拆回单 118")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=exchange")
    assert "旧表止码 62,050，新表起码 950 kWh" in page.locator(".decide").inner_text()
    page.goto(f"{board.base}/points/{FELL}")
    assert "换表" in page.locator("#h-facts ~ .scroll tbody").inner_text()
