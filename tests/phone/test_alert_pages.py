"""The wallboard's pages of alerts: filters, the whole timeline, deeds with names and reasons, silences, roster, deliveries, the platform's alarms."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.phone.phone_town import INDUSTRY, NOW, Town, benchmark, pace, silent, texts
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.routing import RosterDeskSql
from tricolor.adapters.ledger.silences import SilenceDeskSql
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, local_midnight
from tricolor.domain.lights import Light
from tricolor.domain.roster import QuietHours, Shift, Weekly, hours_of
from tricolor.domain.suppression import Matcher, Silence, SilenceKind

OURS = {"origin": "http://127.0.0.1"}
PAGES = ("/alerts", "/alerts?state=all", "/deliveries", "/silences", "/silences?state=all", "/roster", "/alarms")


def desk(town: Town) -> TestClient:
    """A browser at this machine."""
    return TestClient(town.app(), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000), follow_redirects=False)


def rows(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'href="/alerts/(\d+)"', html)]


@pytest.fixture
def filled(town: Town) -> Town:
    """1 red pace of qinnan, 2 yellow silence of qn-brick (acked), 3 red benchmark of ls-cement, 4 red benchmark of qn-manganese (resolved)."""
    town.judge(pace("qinnan", Light.RED, -1.0, 2.0), at=NOW - 5 * HOUR_US, to="development-reform-duty")
    town.judge(silent("qn-brick", Light.YELLOW, ["x"], 2.0), at=NOW - 4 * HOUR_US)
    town.judge(benchmark("ls-cement", Light.RED), at=NOW - 3 * HOUR_US)
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW - 2 * HOUR_US)
    town.judge(benchmark("qn-manganese", Light.GREEN), at=NOW - HOUR_US)
    town.deps.alerts.acknowledge(2, "李四", NOW - HOUR_US)
    return town


@pytest.mark.parametrize(("query", "expected"), [
    ("", [1, 3, 2]), ("?state=all", [1, 3, 4, 2]), ("?state=resolved", [4]), ("?level=red", [1, 3]), ("?level=yellow", [2]),
    ("?rule=benchmark", [3]), ("?rule=benchmark&state=all", [3, 4]), ("?handling=unacked", [1, 3]), ("?handling=acked", [2]),
    ("?area=qinnan", [1, 2]), ("?area=lingshan", [3]), ("?stale=1", []), ("?muted=1", []), ("?level=red&area=qinnan", [1]),
    ("?state=nonsense&level=blue", [1, 3, 2]),
])  # fmt: skip
def test_the_list_shows_what_is_asked_for_the_worst_and_unanswered_first(filled: Town, query: str, expected: list[int]) -> None:
    assert rows(desk(filled).get(f"/alerts{query}").text) == expected


def test_an_area_that_is_not_there_is_a_page_that_says_so(filled: Town) -> None:
    assert desk(filled).get("/alerts?area=atlantis", headers={"accept": "text/html"}).status_code == 404


def test_the_pages_of_a_long_list_keep_the_filter_and_leave_nothing_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.board_alerts.PAGE_ROWS", 2)
    for i, unit in enumerate(("qn-manganese", "qn-brick", "ls-cement", "qb-carbide", "qzg-paper")):
        town.judge(benchmark(unit, Light.RED), at=NOW - (9 - i) * HOUR_US)
    client, seen, path = desk(town), list[int](), "/alerts?level=red"
    for _ in range(4):
        page = client.get(path).text
        seen += rows(page)
        following = re.search(r'href="([^"]+)">下一页', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
        assert "level=red" in path
    assert seen == [1, 2, 3, 4, 5]
    assert client.get("/alerts?page=0", headers={"accept": "text/html"}).status_code == 404


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("state", ["empty", "filled"])
def test_every_page_is_whole_in_both_languages(town: Town, path: str, state: str, request: Any) -> None:
    if state == "filled":
        request.getfixturevalue("filled")
    mark = "&" if "?" in path else "?"
    for lang in ("zh", "en"):
        page = desk(town).get(f"{path}{mark}lang={lang}")
        assert page.status_code == 200 and "<h1" in page.text and "style=" not in page.text and "None" not in texts(page.text)
        if lang == "en":
            names = ("钦州", "值班员", "能源管理员", "市", "局")  # of people and places
            assert "没有" not in texts(page.text) and names


@pytest.mark.parametrize("path", ["/deliveries", "/silences", "/roster", "/alarms"])
def test_a_reader_bound_to_an_enterprise_sees_none_of_the_citys_desk(filled: Town, path: str) -> None:
    client = desk(filled)
    _, token = filled.deps.keys.create(KeyKind.READ, "qn-manganese", "works", NOW)
    client.post("/board/enter", data={"key": token, "next": "/"}, headers=OURS)
    assert client.get(path, headers={"accept": "text/html"}).status_code == 404
    assert rows(client.get("/alerts?state=all").text) == [4]
    assert client.get("/alerts/3", headers={"accept": "text/html"}).status_code == 404


def test_an_alert_says_what_comes_next_and_when(filled: Town) -> None:
    said = texts(desk(filled).get("/alerts/3").text)
    assert "仍无人响应则上报分管领导" in said and "赤岩" not in said
    assert "知悉到期" not in said
    filled.deps.alerts.acknowledge(3, "张三", NOW)
    assert "知悉到期；届时仍为红灯，将重新提醒" in texts(desk(filled).get("/alerts/3").text)
    assert "仍无人响应则" not in texts(desk(filled).get("/alerts/4").text)  # resolved


@pytest.mark.parametrize(("action", "form", "why"), [
    ("acknowledge", {}, "ACKED"), ("comment", {"text": "已派人"}, "COMMENTED"), ("forward", {"to": "statistics-duty", "text": "请核数"}, "FORWARDED"),
    ("close", {"text": "计量改造，数据不可比"}, "CLOSED"),
])  # fmt: skip
def test_a_deed_stands_in_the_timeline_and_the_audit_with_its_author(filled: Town, action: str, form: dict[str, str], why: str) -> None:
    client = desk(filled)
    for _ in range(2):
        answer = client.post(f"/alerts/3/{action}", data={"who": "张三", **form}, headers=OURS)
    assert answer.status_code == 303 or (action == "close" and answer.status_code == 303)
    moments = filled.deps.alerts.get(3)[1]
    assert [m.why for m in moments].count(why) == 1 and moments[-1].by == "张三"
    (row,) = filled.audited(f"alert.{action}")
    assert row["who"] == "张三 (wallboard, this machine)" and row["target"] == "3"
    page = texts(client.get(answer.headers["location"]).text)
    assert "张三" in page and form.get("text", "") in page


@pytest.mark.parametrize(("action", "form", "says"), [
    ("close", {"who": "张三", "text": " "}, "请写明关闭理由"), ("comment", {"who": "", "text": "查表"}, "请写明您的姓名"), ("forward", {"who": "张三", "to": "x"}, "请选择转交给谁"),
])  # fmt: skip
def test_a_deed_that_lacks_something_is_not_done_and_keeps_what_was_typed(filled: Town, action: str, form: dict[str, str], says: str) -> None:
    answer = desk(filled).post(f"/alerts/3/{action}", data=form, headers=OURS)
    assert answer.status_code == 422 and says in answer.text and form.get("text", "").strip() in answer.text
    assert filled.whys(3) == ["OPENED"]


def test_a_foreign_page_and_a_reading_key_change_nothing(filled: Town) -> None:
    client = desk(filled)
    form = {"who": "张三", "text": "x", "to": "statistics-duty"}
    for action in ("acknowledge", "comment", "forward", "close"):
        assert client.post(f"/alerts/3/{action}", data=form, headers={"origin": "https://evil.example"}).status_code == 403
    _, token = filled.deps.keys.create(KeyKind.READ, "", "reports", NOW)
    client.post("/board/enter", data={"key": token, "next": "/"}, headers=OURS)
    for action in ("acknowledge", "comment", "forward", "close"):
        assert client.post(f"/alerts/3/{action}", data=form, headers=OURS).status_code == 403
    assert "此密钥只能查看" in client.get("/alerts/3").text
    assert filled.whys(3) == ["OPENED"]


SILENCE = {
    "kind": "silence",
    "rule": "benchmark",
    "entity": "lingshan",
    "up_to": "red",
    "start": "2026-11-20T12:00",
    "end": "2026-11-20T18:00",
    "who": "张三",
    "reason": "停产检修",
}


def test_a_silence_is_previewed_entered_shown_and_ended(filled: Town) -> None:
    client = desk(filled)
    preview = client.post("/silences", data=SILENCE | {"preview": "1"}, headers=OURS)
    page = client.get(preview.headers["location"].partition("#")[0]).text
    assert "现在会拦下这些告警的消息（1 条）" in page and rows(page) == [3]  # ls-cement lies in lingshan, its rule is benchmark
    assert SilenceDeskSql(filled.ledger).page("all", NOW, 10, None) == []
    assert client.post("/silences", data=SILENCE, headers=OURS).headers["location"] == "/silences?done=add"
    (row,) = SilenceDeskSql(filled.ledger).page("standing", NOW, 10, None)
    assert row.silence.matcher == Matcher(("benchmark",), "lingshan") and row.silence.author == "张三"
    said = texts(client.get("/silences").text)
    assert "生效中" in said and "停产检修" in said and "2026-11-20 12:00 — 2026-11-20 18:00" in said
    client.post(f"/silences/{row.id}/end", data={"who": "张三"}, headers=OURS)
    assert "没有静默或检修窗口" in client.get("/silences").text and "提前结束：张三" in texts(client.get("/silences?state=all").text)


@pytest.mark.parametrize(("change", "says"), [
    ({"reason": ""}, "请写明理由"), ({"who": ""}, "请写明由谁登记"), ({"end": "2026-11-20T11:00"}, "结束时间须晚于开始时间"), ({"rule": "", "entity": ""}, "至少写明"),
    ({"end": ""}, "请填写结束时间"), ({"entity": "atlantis"}, "没有单位 atlantis"),
])  # fmt: skip
def test_a_silence_that_lacks_something_is_not_entered(filled: Town, change: dict[str, str], says: str) -> None:
    answer = desk(filled).post("/silences", data=SILENCE | change, headers=OURS)
    assert answer.status_code == 422 and says in answer.text
    assert SilenceDeskSql(filled.ledger).page("all", NOW, 10, None) == []


def test_a_prefilled_silence_says_what_it_would_hold(filled: Town) -> None:
    href = re.search(r'href="(/silences\?[^"]+)"', desk(filled).get("/alerts/3").text)
    assert href is not None
    page = desk(filled).get(href[1].replace("&amp;", "&")).text
    assert rows(page) == [3] and '<option value="ls-cement" selected>' in page


def test_a_silence_over_a_department_holds_what_it_answers_for(filled: Town) -> None:
    page = desk(filled).get("/silences?department=statistics&up_to=red").text
    answered = [a for a in (1, 2, 3) if _answers(filled, a, "statistics")]
    assert rows(page) == answered


def _answers(town: Town, alert_id: int, department: str) -> bool:
    alert = town.deps.alerts.get(alert_id)[0]
    entity = town.deps.registry.load().entities[alert.entity]
    places = [p for p in (alert.entity, entity.region_id, entity.park_id) if p]
    return department in [d.id for d in town.deps.plan.departments_for(alert.rule, *places)]


def test_the_roster_says_who_is_on_duty_now_and_through_the_week(town: Town) -> None:
    noon = local_midnight(date(2026, 11, 20)) + 12 * HOUR_US
    entries: Sequence[Any] = [
        Shift("industry-it", INDUSTRY, noon - 4 * HOUR_US, noon + 8 * HOUR_US, "值班员"),
        Weekly("development-reform", "development-reform-duty", hours_of("08:00-18:00", (1, 2, 3, 4, 5)), date(2026, 1, 1)),
        QuietHours("industry-it", hours_of("22:00-07:00"), Light.YELLOW),
    ]
    RosterDeskSql(town.ledger).add(entries, "anna", NOW - DAY_US)
    said = texts(desk(town).get("/roster?of=industry-it").text)
    assert "现在 值班 值班员B" in said and "08:00-20:00" in said and "22:00-07:00 黄色及以下不打扰" in said
    week = texts(desk(town).get("/roster?of=development-reform&week=2026-11-20").text)
    assert week.count("值班员A 08:00-18:00") == 5  # Monday to Friday of an ordinary week
    assert "没有排班" in texts(desk(town).get("/roster?of=statistics").text)
    assert desk(town).get("/roster?week=nonsense&of=nobody").status_code == 200


def test_an_alarm_of_the_platform_stands_on_every_page_until_it_is_cleared(town: Town) -> None:
    book = OperatorAlarmsSql(town.ledger)
    assert "平台告警 1 条" not in desk(town).get("/").text
    book.raise_alarm("nobody-to-tell", "pace/qinnan", "没有人可通知", "nobody to tell", NOW - MINUTE_US)
    assert "平台告警 1 条" in desk(town).get("/").text
    assert "没有人可通知" in desk(town).get("/alarms").text and "nobody to tell" in desk(town).get("/alarms?lang=en").text
    book.clear("nobody-to-tell", "pace/qinnan", NOW)
    assert "没有平台告警" in desk(town).get("/alarms").text


def test_a_maintenance_window_to_come_is_shown_as_such(town: Town) -> None:
    window = Silence(SilenceKind.MAINTENANCE, Matcher(entity="qzg-heat"), NOW + DAY_US, NOW + 2 * DAY_US, "anna", "管网检修")
    SilenceDeskSql(town.ledger).add(window, NOW)
    said = texts(desk(town).get("/silences").text)
    assert "将生效" in said and "检修窗口" in said and "管网检修" in said
