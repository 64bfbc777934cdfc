"""The page behind a link: what it shows to whom, and what a tap does, once."""

import re
from typing import Any

import pytest
from sqlalchemy import delete

from api.board_render import STATIC
from api.phone_access import PerMinute, TooOften
from tests.phone.phone_town import CITY, INDUSTRY, NOW, Town, benchmark, pace, readings, silent, texts
from tricolor.adapters.ledger.alert_desk import AlertDeskSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import contact
from tricolor.adapters.registry_files import load_registry_file
from tricolor.catalogue.factors import carriers
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US
from tricolor.domain.lights import Light

CSS_BYTES = (STATIC / "phone.css").stat().st_size
OURS = {"origin": "http://city.example"}


def several(town: Town) -> str:
    """One message of three alerts: red an hour old, a worse-placed yellow, a red of long silence."""
    at = NOW - HOUR_US
    return town.judge(
        pace("qinnan", Light.YELLOW, 1.78, 1.87), silent("qn-manganese", Light.RED, ["x"], 30.0), benchmark("qn-brick", Light.RED), at=at
    )


def alert_ids(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'class="to" href="/a/[^/"]+/(\d+)"', html)]


def test_the_page_says_what_where_since_when_why_and_who_was_told(town: Town, told: str) -> None:
    said = texts(town.phone().get(told).text)
    for words in ("赤岩锰业", "红 超标", "自 11:07", "1 小时", "单耗978.4，超过基准950", "978.4 kgce/t", "950.0 kgce/t", "值班员B", "无人响应"):
        assert words in said, words


def test_the_page_speaks_english_when_asked(town: Town, told: str) -> None:
    said = texts(town.phone().get(told + "?lang=en").text)
    assert "978.4 kgce/t over 950" in said and "Acknowledge" in said and "nobody on it" in said


@pytest.mark.parametrize("make", ["one", "silent", "pace", "several", "long"])
def test_the_whole_page_with_its_style_weighs_under_60_kb(town: Town, make: str) -> None:
    if make == "silent":
        points = [p.id for p in town.deps.registry.load().points_of("qn-manganese")]
        for point in points:
            readings(town, point, NOW - 2 * HOUR_US)
        link = town.judge(silent("qn-manganese", Light.RED, points, 2.0), at=NOW - HOUR_US)
        assert "每小时收到的读数" in town.phone().get(link).text
    elif make == "long":
        link = town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
        for i in range(200):
            AlertDeskSql(town.ledger).comment(1, f"人员{i}", "处理情况" * 100, NOW - HOUR_US + i)
    else:
        link = {"one": lambda: town.judge(benchmark("qn-manganese", Light.RED), at=NOW), "pace": lambda: town.judge(pace("qinnan", Light.RED, 1.0, 2.0), at=NOW),
                "several": lambda: several(town)}[make]()  # fmt: skip
    page = town.phone().get(link)
    assert page.status_code == 200
    assert len(page.content) + CSS_BYTES < 60_000
    assert not re.search(r"<script|style=|https?://(?!www\.w3\.org)", page.text)


def test_looking_never_acknowledges_whoever_looks_and_however_often(town: Town, told: str) -> None:
    robot = town.phone(("192.0.2.9", 1))
    for agent in ("WeChat link preview", "Mozilla/5.0 (compatible; bingbot/2.0)", "facebookexternalhit/1.1", "DingTalkBot"):
        assert robot.get(told, headers={"user-agent": agent}).status_code == 200
        assert robot.head(told, headers={"user-agent": agent}).status_code == 200
        assert robot.get(told + "/ack", headers={"user-agent": agent}).status_code in (404, 405)
        assert robot.get(told + "?alert=1&action=ack").status_code == 200
    assert town.whys(1) == ["OPENED"]


def test_a_tap_acknowledges_in_the_contacts_name_and_a_second_tap_changes_nothing(town: Town, told: str) -> None:
    phone = town.phone()
    for _ in range(2):
        answer = phone.post(told + "/ack", data={"alert": "1"}, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{told}?done=ack")
    found, moments = town.deps.alerts.get(1)
    assert (found.handling, found.acked_by) == ("acked", "值班员B")
    assert [m.why for m in moments] == ["OPENED", "ACKED"]
    (row,) = town.audited("alert.acknowledge")
    assert row["who"] == "值班员B (link 1)" and row["detail"]["contact"] == INDUSTRY and row["target"] == "1"
    assert "已知悉：值班员B" in texts(phone.get(told).text)


def test_working_on_it_acknowledges_and_keeps_the_words_once(town: Town, told: str) -> None:
    phone = town.phone()
    for _ in range(2):
        assert phone.post(told + "/work", data={"alert": "1", "text": " 已派人，预计16点恢复 "}, headers=OURS).status_code == 303
    assert town.whys(1) == ["OPENED", "ACKED", "COMMENTED"]
    assert town.deps.alerts.get(1)[1][-1].text_zh == "已派人，预计16点恢复"
    assert "已派人，预计16点恢复" in phone.get(told).text


def test_words_are_shown_as_words(town: Town, told: str) -> None:
    town.phone().post(told + "/work", data={"alert": "1", "text": "<script>alert(1)</script>"}, headers=OURS)
    page = town.phone().get(told).text
    assert "<script" not in page and "&lt;script&gt;" in page


def test_forwarding_hands_it_to_a_contact_once(town: Town, told: str) -> None:
    phone = town.phone()
    for _ in range(2):
        assert phone.post(told + "/forward", data={"alert": "1", "to": "statistics-duty", "text": "请核数"}, headers=OURS).status_code == 303
    found, moments = town.deps.alerts.get(1)
    assert (found.assignee, [m.why for m in moments]) == ("statistics-duty", ["OPENED", "FORWARDED"])
    assert len(town.audited("alert.forward")) == 1
    assert "转交 → 值班员C" in texts(phone.get(told).text)


def test_forwarding_to_somebody_unknown_or_to_oneself_is_refused(town: Town, told: str) -> None:
    for to in ("nobody", INDUSTRY):
        assert town.phone().post(told + "/forward", data={"alert": "1", "to": to}, headers=OURS).status_code == 404
    assert town.whys(1) == ["OPENED"]


@pytest.mark.parametrize(("action", "form", "says"), [
    ("work", {"text": "   "}, "请写明处理情况"), ("forward", {"to": ""}, "请选择转交给谁"), ("work", {"text": "长" * 501}, "请控制在 500 字以内"),
])  # fmt: skip
def test_a_form_that_lacks_something_comes_back_with_what_was_typed(town: Town, told: str, action: str, form: dict[str, str], says: str) -> None:
    answer = town.phone().post(f"{told}/{action}", data={"alert": "1", **form}, headers=OURS)
    assert answer.status_code == 422 and says in answer.text
    assert form.get("text", "").strip()[:500] in answer.text and town.whys(1) == ["OPENED"]


def test_after_it_is_resolved_the_page_says_so_and_takes_no_acknowledgement(town: Town, told: str) -> None:
    town.judge(benchmark("qn-manganese", Light.GREEN), at=NOW - 10 * MINUTE_US)
    phone = town.phone()
    answer = phone.post(told + "/ack", data={"alert": "1"}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{told}?done=resolved")
    said = texts(phone.get(told).text)
    assert "告警已恢复" in said and "已知悉" not in said and "ACKED" not in town.whys(1)
    assert phone.post(told + "/forward", data={"alert": "1", "to": "statistics-duty"}, headers=OURS).status_code == 409


def test_a_message_of_several_alerts_lists_them_the_worst_first_each_with_its_own_tap(town: Town) -> None:
    link = several(town)
    phone = town.phone()
    page = phone.get(link).text
    ids = alert_ids(page)
    assert len(ids) == 3
    assert [town.deps.alerts.get(i)[0].level for i in ids] == ["red", "red", "yellow"]
    phone.post(link + "/ack", data={"alert": str(ids[2]), "from": "list"}, headers=OURS)
    assert [town.deps.alerts.get(i)[0].handling for i in ids] == ["unacked", "unacked", "acked"]
    answer = phone.post(link + "/ack", data={"alert": "all"}, headers=OURS)
    assert answer.headers["location"] == f"{link}?done=ack"
    assert {town.deps.alerts.get(i)[0].handling for i in ids} == {"acked"}
    assert phone.get(f"{link}/{ids[0]}").status_code == 200


def test_a_link_opens_the_alerts_of_its_own_message_only(town: Town, told: str) -> None:
    town.judge(benchmark("ls-cement", Light.RED), at=NOW - 30 * MINUTE_US)
    phone = town.phone()
    assert phone.get(f"{told}/2").status_code == 404
    assert phone.post(told + "/ack", data={"alert": "2"}, headers=OURS).status_code == 404
    assert town.whys(2) == ["OPENED"]


def test_a_link_lives_to_its_last_microsecond(town: Town, told: str) -> None:
    made = NOW - HOUR_US
    town.clock["now"] = made + 7 * DAY_US - 1
    assert town.phone().get(told).status_code == 200
    town.clock["now"] = made + 7 * DAY_US
    gone = town.phone().get(told)
    assert gone.status_code == 410 and "链接已失效" in gone.text
    assert town.phone().post(told + "/ack", data={"alert": "1"}, headers=OURS).status_code == 410
    assert town.whys(1) == ["OPENED"]


def test_a_link_dies_with_its_contact(own_town: Town) -> None:
    told = own_town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
    registry = load_registry_file(CITY, carriers())
    with own_town.ledger.writing() as connection:
        connection.execute(delete(contact).where(contact.c.id == INDUSTRY))
    book = RegistryBookSql(own_town.ledger)
    assert len(book.load().contacts) == len(registry.contacts) - 1
    assert own_town.phone().get(told).status_code == 410


@pytest.mark.parametrize("state", ["wrong", "ended"])
def test_a_link_that_does_not_open_says_what_to_do_and_nothing_of_the_alert(town: Town, told: str, state: str) -> None:
    if state == "ended":
        town.clock["now"] = NOW + 30 * DAY_US
    page = town.phone().get(told if state == "ended" else told[:-1] + ("A" if told[-1] != "A" else "B"))
    assert page.status_code == {"wrong": 404, "ended": 410}[state]
    assert "值班室" in page.text and "登录看板" in page.text
    for secret in ("赤岩锰业", "978", "值班员B", "benchmark", "产品能效"):
        assert secret not in page.text


def test_who_guesses_is_stopped_and_who_has_a_right_link_never_is(town: Town, told: str) -> None:
    guesser = town.phone()
    answers = [guesser.get(f"/a/AAAAAAAAAAA.{i:016d}").status_code for i in range(25)]
    assert answers[:20] == [404] * 20 and answers[20:] == [429] * 5  # twenty wrong ones a minute
    assert guesser.get("/a/AAAAAAAAAAA.BBBBBBBBBBBBBBBB").headers["retry-after"] == "60"
    assert guesser.get(told).status_code == 200  # behind the same proxy
    town.clock["now"] += MINUTE_US
    assert guesser.get("/a/AAAAAAAAAAA.BBBBBBBBBBBBBBBB").status_code == 404


def test_a_link_takes_twenty_acts_a_minute(town: Town, told: str) -> None:
    phone = town.phone()
    answers = [phone.post(told + "/work", data={"alert": "1", "text": f"第{i}条"}, headers=OURS).status_code for i in range(21)]
    assert answers == [303] * 20 + [429]
    assert town.whys(1).count("COMMENTED") == 20


def test_counting_by_the_minute_is_bounded_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.phone_access.MAX_COUNTED", 2)
    counted = PerMinute(1)
    counted.count("a", 0)
    with pytest.raises(TooOften):
        counted.count("a", 1)
    for name in ("b", "c", "a"):  # b and c push a out
        counted.count(name, 2)


@pytest.mark.parametrize(("headers", "status"), [
    ({"sec-fetch-site": "cross-site"}, 403), ({"sec-fetch-site": "same-site"}, 403), ({"origin": "https://evil.example"}, 403), ({"origin": "null"}, 403),
    ({"sec-fetch-site": "same-origin"}, 303), (OURS, 303), ({}, 303),
])  # fmt: skip
def test_only_the_page_itself_may_act(town: Town, told: str, headers: dict[str, str], status: int) -> None:
    assert town.phone().post(told + "/ack", data={"alert": "1"}, headers=headers).status_code == status
    assert town.whys(1) == (["OPENED"] if status == 403 else ["OPENED", "ACKED"])


def test_the_address_of_the_page_does_not_travel(town: Town, told: str) -> None:
    for path, way in ((told, "get"), (told + "/ack", "post"), ("/a/wrong", "get")):
        headers = getattr(town.phone(), way)(path).headers
        assert headers["referrer-policy"] == "same-origin" and headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
    assert 'content="noindex' in town.phone().get(told).text


def test_behind_the_duty_desk_a_name_is_asked_for(town: Town) -> None:
    link = town.judge(benchmark("qn-manganese", Light.RED), at=NOW, to="duty")
    phone = town.phone()
    assert 'name="who"' in phone.get(link).text
    nameless = phone.post(link + "/ack", data={"alert": "1", "who": "  "}, headers=OURS)
    assert nameless.status_code == 422 and "请填写您的姓名" in nameless.text and town.whys(1) == ["OPENED"]
    assert phone.post(link + "/ack", data={"alert": "1", "who": "张三"}, headers=OURS).status_code == 303
    assert town.deps.alerts.get(1)[0].acked_by == "张三（值班室）"
    assert 'value="张三"' in phone.get(link).text  # remembered on this phone


def test_a_log_holds_no_token(town: Town, told: str, capsys: Any) -> None:
    town.phone().post(told + "/ack", data={"alert": "1"}, headers=OURS)
    town.phone().get(told[:-2] + "zz")
    printed = capsys.readouterr()
    assert told.rpartition(".")[2] not in printed.out + printed.err
