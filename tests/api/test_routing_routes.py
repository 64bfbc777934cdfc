"""Routes of routing: silences, roster, addresses and the preview; admins write, readers read, a bound key sees its own."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from alerting.routing import Router
from api.app import create_app
from tricolor.adapters.ledger.routing import RoutingBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.domain.channel_ways import Ways

SILENCE = {"entity": "north", "rules": ["pace"], "end": "2026-11-21 18:00", "reason": "检修", "by": "值班员A"}


@pytest.fixture
def town(lite):
    """The world with the router in front, as the composed services have it."""
    deps = replace(lite.deps, route_preview=Router(lite.deps.plan, "http://h", "", RoutingBookSql(lite.ledger)))
    with TestClient(create_app(deps), raise_server_exceptions=False) as client:
        lite.client = client
        yield lite


def post(world, path, body=None, kind="admin", bound_to=""):
    return world.client.post(path, json=body, headers=world.headers(kind, bound_to))


def test_a_silence_is_entered_once_listed_and_ended_with_its_author(town):
    made = post(town, "/v1/silences", SILENCE)
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["start"] == "2026-11-20T12:07:30+08:00" and body["end"] == "2026-11-21T18:00:00+08:00" and body["standing"]
    assert body["by"].startswith("值班员A (key ") and body["up_to"] == "yellow"
    key = town.headers("admin")
    twice = [town.client.post("/v1/silences", json=SILENCE, headers=key).json()["id"] for _ in range(2)]
    assert twice[0] == twice[1]  # the same by the same key
    assert [s["id"] for s in town.get("/v1/silences").json()["silences"]] == [twice[0], body["id"]]
    ended = post(town, f"/v1/silences/{body['id']}/end", {"reason": "提前完成"}).json()
    assert not ended["standing"] and ended["ended_reason"] == "提前完成"
    assert post(town, f"/v1/silences/{body['id']}/end").json() == ended
    assert [s["id"] for s in town.get("/v1/silences").json()["silences"]] == [twice[0]]
    assert len(town.get("/v1/silences", state="all").json()["silences"]) == 2
    assert town.get(f"/v1/silences/{body['id']}").json() == ended
    with town.ledger.reading() as connection:
        assert connection.execute(select(audit.c.action).where(audit.c.target == str(body["id"]))).scalars().all() == ["silence.add", "silence.end"]


def test_every_fault_of_a_silence_is_named_and_nothing_is_entered(town, problem):
    bad = {"rules": ["nosuch"], "entity": "ghost", "department": "nodep", "end": "2026-11-20 11:00", "reason": ""}
    body = problem(post(town, "/v1/silences", bad), 422, "invalid")
    assert [e["field"] for e in body["errors"]] == ["end", "reason", "entity", "department", "rules"]
    problem(post(town, "/v1/silences", {**SILENCE, "end": "tomorrow"}), 422, "invalid")
    problem(post(town, "/v1/silences", {"end": "2026-11-21", "reason": "all of it"}), 422, "invalid")
    assert town.get("/v1/silences", state="all").json() == {"silences": [], "next": None}


def test_readers_write_nothing_and_a_bound_key_sees_its_own(town, problem):
    for path, body in (("/v1/silences", SILENCE), ("/v1/roster", {}), ("/v1/contacts/c-mill/addresses", {"channel": "sms", "address": "@phone"})):
        problem(post(town, path, body, "read"), 403, "key-kind")
    north, mill = post(town, "/v1/silences", SILENCE).json(), post(town, "/v1/silences", {**SILENCE, "entity": "mill"}).json()
    assert [s["id"] for s in town.get("/v1/silences", bound_to="mill").json()["silences"]] == [mill["id"]]
    problem(town.get(f"/v1/silences/{north['id']}", bound_to="mill"), 404, "not-found")
    problem(town.get("/v1/roster", bound_to="mill", owner="gxj"), 404, "not-found")
    problem(town.get("/v1/addresses", bound_to="mill", contact="c-gxj"), 404, "not-found")
    problem(town.get("/v1/alerts/route", bound_to="mill", rule="pace", entity="kiln"), 404, "not-found")
    assert [d["owner"] for d in town.get("/v1/roster", bound_to="mill").json()["on_duty"]] == ["mill"]


def test_a_roster_says_who_is_on_duty_at_a_moment(town):
    order = {
        "shifts": [{"owner": "gxj", "contact": "c-mill", "start": "2026-11-20 08:00", "end": "2026-11-20 20:00"}],
        "weekly": [{"owner": "mill", "contact": "c-gxj", "hours": "00:00-24:00", "days": "holiday", "valid_from": "2026-01-01"}],
        "quiet": [{"whose": "c-mill", "hours": "22:00-07:00"}],
    }
    made = post(town, "/v1/roster", order)
    assert made.status_code == 201 and made.json() == {"ids": [1, 1, 1]}, made.text
    assert post(town, "/v1/roster", order).json() == {"ids": [1, 1, 1]}
    now = town.get("/v1/roster").json()
    assert (now["day"], now["day_known"]) == ("workday", True)
    assert [(d["owner"], d["contacts"], d["rank"]) for d in now["on_duty"]] == [("gxj", ["c-mill"], "shift"), ("mill", ["c-mill"], "everybody")]
    assert now["quiet"][0]["hours"] == "22:00-07:00" and now["shifts"][0]["start"] == "2026-11-20T08:00:00+08:00"
    holiday = town.get("/v1/roster", at="2026-10-01 10:00", owner="mill").json()
    assert holiday["day"] == "holiday" and holiday["on_duty"][0]["contacts"] == ["c-gxj"]
    assert post(town, "/v1/roster/shift/1/end").status_code == 204 and post(town, "/v1/roster/shift/1/end").status_code == 204
    assert town.get("/v1/roster").json()["shifts"] == []
    assert town.get("/v1/roster", at="2101-01-03").json()["day_known"] is False


def test_a_roster_with_faults_is_refused_whole(town, problem):
    order = {
        "shifts": [{"owner": "gxj", "contact": "c-gxj", "start": "yesterday", "end": "2026-11-20"}],
        "weekly": [{"owner": "gxj", "contact": "c-gxj", "hours": "8-18"}],
    }
    body = problem(post(town, "/v1/roster", order), 422, "invalid")
    assert [e["field"] for e in body["errors"]] == ["shifts[0]", "weekly[0]"]
    ghost = problem(post(town, "/v1/roster", {"quiet": [{"whose": "ghost", "hours": "22:00-07:00"}]}), 422, "invalid")
    assert "ghost" in ghost["errors"][0]["detail"]
    problem(post(town, "/v1/roster", {}), 422, "invalid")
    problem(post(town, "/v1/roster/quiet/9/end"), 404, "not-found")


def test_numbers_are_whole_for_administrators_alone(town, problem):
    made = post(town, "/v1/contacts/c-mill/addresses", {"channel": "sms", "address": "000-0000-0042", "from_light": "red"})
    assert made.status_code == 201 and made.json()["address"] == "000-0000-0042", made.text
    assert town.get("/v1/addresses").json()["addresses"][0]["address"] == "000****42"
    assert town.get("/v1/addresses", "admin", contact="c-mill").json()["addresses"][0]["address"] == "000-0000-0042"
    assert post(town, "/v1/addresses/1/end").json()["ended_at"] is not None
    assert town.get("/v1/addresses").json()["addresses"] == [] and len(town.get("/v1/addresses", history=True).json()["addresses"]) == 1
    problem(post(town, "/v1/contacts/ghost/addresses", {"channel": "sms", "address": "@phone"}), 404, "not-found")
    problem(post(town, "/v1/contacts/c-mill/addresses", {"channel": "sms", "address": "@fax"}), 422, "invalid")


def test_an_address_on_a_channel_that_is_not_configured_is_refused_in_words(town, problem):
    known = replace(town.deps, ways=Ways({"webhook": frozenset({"city"})}))
    with TestClient(create_app(known), raise_server_exceptions=False) as client:
        for body, words in (
            ({"channel": "sms", "address": "@phone"}, "channel sms is not configured: write [sms] into the file of TRICOLOR_CHANNELS"),
            ({"channel": "webhook", "address": "webhook:gone"}, "channel webhook has no 'webhook:gone'; it has city"),
        ):
            answer = client.post("/v1/contacts/c-mill/addresses", json=body, headers=town.headers("admin"))
            (fault,) = problem(answer, 422, "invalid")["errors"]
            assert fault["field"] == "channel" and words in str(fault), fault
        for body in ({"channel": "sms", "address": "@phone", "is_on": False}, {"channel": "webhook", "address": "webhook:city"}):
            assert client.post("/v1/contacts/c-mill/addresses", json=body, headers=town.headers("admin")).status_code == 201
    assert post(town, "/v1/contacts/c-mill/addresses", {"channel": "sms", "address": "@phone"}).status_code == 201  # it is not known here


def test_the_preview_tells_who_would_be_told_and_what_is_held(town, problem):
    post(town, "/v1/silences", {**SILENCE, "entity": "mill", "up_to": "red"})
    steps = town.get("/v1/alerts/route", rule="pace", entity="mill", level="red").json()["steps"]
    assert [s["step"] for s in steps] == [0, 1, 2] and steps[0]["name"] == {"zh": "值班", "en": "duty"}
    assert [(t["recipient"], t["channel"], t["muted"]) for t in steps[0]["told"]] == [("c-mill", "inbox", "silence:1")]
    assert steps[0]["gaps"] and steps[2]["nobody"]["zh"].endswith("）")  # this town has none of the plan's departments
    only = town.get("/v1/alerts/route", rule="pace", entity="mill", level="yellow", at="2026-10-01 03:00", step=0).json()
    assert only["at"] == "2026-10-01T03:00:00+08:00" and [t["muted"] for t in only["steps"][0]["told"]] == [""]
    problem(town.get("/v1/alerts/route", rule="nosuch", entity="mill"), 422, "invalid")
    problem(town.get("/v1/alerts/route", rule="pace", entity="mill", at="soon"), 422, "invalid")
    problem(town.get("/v1/alerts/route", rule="pace", entity="ghost"), 404, "not-found")
