"""Alerts over the API: filters, deeds, who sees what."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.phone.phone_town import NOW, Town, benchmark, pace, silent
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light


class Api:
    """A client with a key of each kind."""

    def __init__(self, town: Town) -> None:
        self.client = TestClient(town.app(), base_url="http://city.example", client=("198.51.100.7", 1))
        self.keys = {
            "admin": town.deps.keys.create(KeyKind.ADMIN, "", "bureau", NOW)[1],
            "read": town.deps.keys.create(KeyKind.READ, "", "reports", NOW)[1],
            "bound": town.deps.keys.create(KeyKind.READ, "qn-manganese", "works", NOW)[1],
        }

    def get(self, path: str, key: str = "read") -> Any:
        return self.client.get(path, headers={"authorization": f"Bearer {self.keys[key]}"})

    def post(self, path: str, body: dict[str, str] | None = None, key: str = "admin") -> Any:
        return self.client.post(path, json=body, headers={"authorization": f"Bearer {self.keys[key]}"})


@pytest.fixture
def api(town: Town) -> Api:
    """1 red pace of qinnan, 2 yellow silence of qn-brick (acked), 3 red benchmark of ls-cement, 4 red benchmark of qn-manganese (resolved)."""
    town.judge(pace("qinnan", Light.RED, -1.0, 2.0), at=NOW - 5 * HOUR_US)
    town.judge(silent("qn-brick", Light.YELLOW, ["x"], 2.0), at=NOW - 4 * HOUR_US)
    town.judge(benchmark("ls-cement", Light.RED), at=NOW - 3 * HOUR_US)
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW - 2 * HOUR_US)
    town.judge(benchmark("qn-manganese", Light.GREEN), at=NOW - HOUR_US)
    town.deps.alerts.acknowledge(2, "李四", NOW - HOUR_US)
    return Api(town)


@pytest.mark.parametrize(("query", "expected"), [
    ("", [3, 2, 1]), ("?state=all", [4, 3, 2, 1]), ("?state=resolved", [4]), ("?level=red", [3, 1]), ("?rule=silent", [2]), ("?area=qinnan", [2, 1]),
    ("?entity=qinnan", [1]), ("?handling=acked", [2]), ("?handling=unacked&level=red&area=lingshan", [3]), ("?department=industry-it", [3, 2, 1]),
    ("?department=statistics", []), ("?stale=true", []), ("?muted=true", []), ("?state=all&limit=2", [4, 3]),
])  # fmt: skip
def test_the_list_holds_what_is_asked_for_newest_first(api: Api, query: str, expected: list[int]) -> None:
    assert [a["id"] for a in api.get(f"/v1/alerts{query}").json()["alerts"]] == expected


def test_the_pages_of_a_filtered_list_leave_nothing_out(api: Api) -> None:
    seen, cursor = list[int](), ""
    for _ in range(4):
        page = api.get(f"/v1/alerts?state=all&level=red&limit=1{cursor}").json()
        seen += [a["id"] for a in page["alerts"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [4, 3, 1]


@pytest.mark.parametrize("query", ["?state=pending", "?level=blue", "?handling=closed", "?stale=perhaps"])
def test_what_cannot_be_asked_is_422_with_the_field_named(api: Api, query: str) -> None:
    answer = api.get(f"/v1/alerts{query}")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == query[1:].partition("=")[0]


def test_a_bound_key_sees_its_own_alerts_and_no_others(api: Api) -> None:
    assert [a["id"] for a in api.get("/v1/alerts?state=all", "bound").json()["alerts"]] == [4]
    assert api.get("/v1/alerts?area=qinnan", "bound").status_code == 404  # as an area that is not there
    assert api.get("/v1/alerts/3", "bound").status_code == 404
    assert api.get("/v1/alerts/4", "bound").status_code == 200


def test_only_an_admin_key_acts(api: Api, town: Town) -> None:
    for path, body in (("comments", {"text": "x"}), ("forward", {"to": "statistics-duty"}), ("close", {"reason": "x"})):
        for key in ("read", "bound"):
            assert api.post(f"/v1/alerts/3/{path}", body, key).status_code == 403
    assert town.whys(3) == ["OPENED"]


@pytest.mark.parametrize(("path", "body", "why", "action", "status"), [
    ("comments", {"by": "张三", "text": "已派人"}, "COMMENTED", "comment", 201),
    ("forward", {"by": "张三", "to": "statistics-duty", "text": "请核数"}, "FORWARDED", "forward", 200),
    ("close", {"by": "张三", "reason": "数据不可比"}, "CLOSED", "close", 200),
])  # fmt: skip
def test_a_deed_is_in_the_timeline_and_the_audit_once_however_often_it_is_sent(
    api: Api, town: Town, path: str, body: dict[str, str], why: str, action: str, status: int
) -> None:
    for _ in range(2):
        answer = api.post(f"/v1/alerts/3/{path}", body)
        assert answer.status_code == status, answer.text
    last = answer.json()["timeline"][-1]
    assert (last["why"], last["by"], last["text"]["zh"]) == (why, "张三", body.get("text") or body["reason"])
    assert last["to"] == body.get("to", "")
    assert town.whys(3).count(why) == 1
    (row,) = town.audited(f"alert.{action}")
    assert row["who"].startswith("张三 (key k") and row["target"] == "3"


def test_an_acknowledgement_tells_by_whom_and_when(api: Api) -> None:
    found = api.post("/v1/alerts/3/ack", {"by": "张三"}).json()
    assert (found["handling"], found["acked_by"], found["acked_at"]) == ("acked", "张三", "2026-11-20T12:07:30+08:00")
    assert api.post("/v1/alerts/4/ack", {"by": "张三"}).status_code == 409  # resolved


@pytest.mark.parametrize(("path", "body", "status"), [
    ("99/comments", {"text": "x"}, 404), ("99/forward", {"to": "statistics-duty"}, 404), ("99/close", {"reason": "x"}, 404),
    ("3/comments", {"text": "  "}, 422), ("3/close", {}, 422), ("3/forward", {"to": "nobody"}, 422), ("3/comments", {"text": "长" * 501}, 422),
    ("4/close", {"reason": "x"}, 409), ("4/forward", {"to": "statistics-duty"}, 409), ("4/comments", {"text": "事后说明"}, 201),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_its_reason(api: Api, town: Town, path: str, body: dict[str, str], status: int) -> None:
    answer = api.post(f"/v1/alerts/{path}", body)
    assert answer.status_code == status and (status == 201 or answer.json()["mend"])
    assert town.whys(3) == ["OPENED"]


def test_openapi_shows_an_alert_and_the_deeds_by_example(api: Api) -> None:
    found = api.client.get("/openapi.json").json()
    shapes = found["components"]["schemas"]
    assert shapes["AlertShape"]["examples"][0]["handling"] == "acked"
    assert shapes["CloseBody"]["properties"]["reason"]["examples"] and shapes["ForwardBody"]["properties"]["to"]["examples"]
    assert {p["name"] for p in found["paths"]["/v1/alerts"]["get"]["parameters"]} >= {
        "level",
        "rule",
        "area",
        "department",
        "handling",
        "muted",
        "stale",
    }


def test_a_link_in_a_message_is_seen_by_who_may_act_only(api: Api, town: Town) -> None:
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW, to="qn-manganese-duty")
    whole = [m["text"] for m in api.get("/v1/inbox", "admin").json()["messages"]]
    assert len(whole) == 6 and all("/a/key-" in text for text in whole)
    assert all("/a/" not in m["text"] and m["text"] for m in api.get("/v1/inbox", "read").json()["messages"])
    (own,) = api.get("/v1/inbox", "bound").json()["messages"]
    assert "/a/" not in own["text"] and "基准950" in own["text"]
