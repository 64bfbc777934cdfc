"""Every new route with every kind of key; what a key that is bound to one enterprise may learn of others: nothing."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.phone.phone_town import NOW, Town, benchmark
from tricolor.adapters.ledger.schema import outbox
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light
from tricolor.domain.roster import Address

ADMIN_ONLY = (
    ("POST", "/v1/alerts/1/ack"), ("POST", "/v1/alerts/1/comments"), ("POST", "/v1/alerts/1/forward"), ("POST", "/v1/alerts/1/close"),
    ("POST", "/v1/inbox/1/read"), ("POST", "/v1/silences"), ("POST", "/v1/silences/1/end"), ("POST", "/v1/roster"),
    ("POST", "/v1/roster/shift/1/end"), ("POST", "/v1/contacts/statistics-duty/addresses"), ("POST", "/v1/addresses/1/end"),
    ("GET", "/v1/deliveries"), ("POST", "/v1/deliveries/1/retry"), ("GET", "/v1/operator-alarms"), ("POST", "/v1/bulletins"),
    ("POST", "/v1/bulletins/1/steps"),
)  # fmt: skip
READ = (
    "/v1/alerts", "/v1/alerts/1", "/v1/alerts/1/deliveries", "/v1/alerts/route?rule=pace&entity=qinnan", "/v1/inbox", "/v1/silences", "/v1/silences/1",
    "/v1/roster", "/v1/addresses", "/v1/bulletins", "/v1/bulletins/1", "/v1/bulletins/1/facts", "/v1/bulletins/1/files/pdf",
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
def test_only_an_administrator_may(keys: Any, method: str, path: str) -> None:
    assert [keys.ask(key, method, path, {}).status_code for key in ("none", "push", "read", "own")] == [401, 403, 403, 403]


@pytest.mark.parametrize("path", READ)
def test_a_key_that_sends_readings_reads_nothing_here(keys: Any, path: str) -> None:
    assert [keys.ask(key, "GET", path).status_code for key in ("none", "push")] == [401, 403]


@pytest.fixture
def grouped(town: Town) -> Town:
    """1 of qn-manganese and 2 of ls-cement, told to qn-manganese's own contact in one message, as after a forwarding."""
    town.judge(benchmark("qn-manganese", Light.RED), benchmark("ls-cement", Light.RED), at=NOW - HOUR_US, to="qn-manganese-duty")
    return town


def test_what_is_not_there_and_what_is_not_its_own_are_the_same_answer(grouped: Town, keys: Any) -> None:
    for path in ("/v1/alerts/{}", "/v1/alerts/{}/deliveries"):
        foreign, missing = (keys.ask("own", "GET", path.format(n)) for n in (2, 3))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.text.replace("alert 2", "alert 3").replace("/2", "/3") == missing.text


def test_a_message_that_tells_of_other_units_too_is_not_shown_to_a_bound_key(grouped: Town, keys: Any) -> None:
    whole = keys.ask("admin", "GET", "/v1/inbox").json()["messages"]
    assert len(whole) == 1 and "/a/" in whole[0]["text"]
    shown = keys.ask("own", "GET", "/v1/inbox")
    (message,) = shown.json()["messages"]
    assert "其他单位" in message["title"] and "/a/" not in message["text"] and "单耗" not in shown.text and message["title"] != whole[0]["title"]
    (delivery,) = [d for d in keys.ask("own", "GET", "/v1/alerts/1/deliveries").json()["deliveries"] if d["recipient"]][:1] or [None]
    assert delivery is None or (delivery["alerts"], "其他单位" in delivery["title"]) == ([1], True)


def test_the_board_shows_a_bound_reader_such_a_message_no_more_than_the_api(grouped: Town) -> None:
    page = _bound_board(grouped).get("/inbox").text
    assert "其他单位" in page and "单耗" not in page and "/a/key" not in page
    assert "单耗" not in _bound_board(grouped).get("/board/live.json?page=inbox").text


def test_the_board_shows_a_bound_reader_no_ways_to_other_peoples_phones(town: Town) -> None:
    """The department's duty was told of the enterprise's alert: the API keeps whom and how to itself, and so must the page."""
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
    board = _bound_board(town)
    page = board.get("/alerts/1").text
    assert "industry-it-duty" not in page and "值班员B" not in page
    filters = board.get("/alerts?state=all").text
    assert "lingshan" not in filters and "qn-manganese" in str(town.deps.registry.load().entities)


def test_a_reading_key_sees_no_number_no_mail_address_and_no_robots_name(town: Town, keys: Any) -> None:
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
    desk = town.deps.addresses
    assert desk is not None
    for channel, address in (("sms", "000-0000-0001"), ("mail", "zhang.san@city.example"), ("wecom", "robot:energy-duty")):
        desk.put(Address("industry-it-duty", channel, address, Light.YELLOW, True, 0), "test", NOW - HOUR_US)
    with town.ledger.writing() as connection:  # what went to the department by each way, and once to the enterprise's own people
        row = dict(connection.execute(select(outbox)).mappings().one())
        for n, (channel, address) in enumerate((("sms", "000-0000-0001"), ("mail", "zhang.san@city.example"), ("wecom", "robot:energy-duty")), 2):
            connection.execute(insert(outbox).values({**row, "id": n, "channel": channel, "address": address, "link_key": f"key-{n}"}))
    told = keys.ask("read", "GET", "/v1/alerts/1/deliveries").json()["deliveries"]
    assert [d["address"] for d in told] == ["industry-it-duty", "000****01", "zha****le", "rob****ty"]
    for key in ("read", "own"):
        paths = (
            "/v1/addresses?history=true",
            "/v1/alerts/route?rule=benchmark&entity=qn-manganese",
            "/v1/alerts/1",
            "/v1/alerts/1/deliveries",
            "/v1/roster",
        )
        said = "".join(json.dumps(keys.ask(key, "GET", path).json(), ensure_ascii=False) for path in paths)
        assert [word for word in ("0000-0001", "zhang.san", "energy-duty") if word in said] == []
    assert keys.ask("own", "GET", "/v1/addresses?contact=industry-it-duty").status_code == 404


def test_a_metric_names_no_unit_no_person_and_no_address(grouped: Town, keys: Any) -> None:
    assert keys.ask("none", "GET", "/metrics").status_code == 401
    text = keys.ask("admin", "GET", "/metrics").text
    lines = [line for line in text.splitlines() if line.startswith(("tricolor_outbox", "tricolor_notices", "tricolor_operator"))]
    assert lines and [line for line in lines if "manganese" in line or "duty" in line or "cement" in line] == []


def _bound_board(town: Town) -> Any:
    client = town.phone()
    _, token = town.deps.keys.create(KeyKind.READ, "qn-manganese", "works", NOW)
    client.post("/board/enter", data={"key": token, "next": "/"}, headers={"origin": "http://city.example"})
    return client
