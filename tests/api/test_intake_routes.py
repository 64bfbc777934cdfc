"""The ledger of counts, the quarantine, submitted figures."""

import json
import math

import pytest

from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import iso
from tricolor.domain.readings import Frame, Reject, Rejection
from tricolor.ports import Outcome, Quarantined, SeenNumbers, SourceCounts, WorkerLag

ZERO = {"received": 0, "stored": 0, "duplicate": 0, "quarantined": 0, "unwritten": 0, "unsettled": 0, "missing": 0, "filled": 0}
GDP = {"entity": "north", "kind": "gdp", "month": "2026-10", "value": 41.2, "unit": "1e8CNY", "price_year": 2025}
OUTPUT = {"entity": "mill", "kind": "output", "month": "2026-10", "value": 0, "unit": "t", "product": "newsprint"}


def dirty(world, source: str, readings: int):
    from tricolor.adapters.ledger.schema import dirty_span

    with world.ledger.writing() as connection:
        connection.execute(dirty_span.insert().values(points=b"", starts=b"", ends=b"", readings=readings, source=source))


def took(world, *counts: SourceCounts, quarantined: tuple[Quarantined, ...] = (), seq: int = 1) -> None:
    IntakeLedgerSql(world.ledger).apply(Outcome("w1", seq, counts, (), quarantined, ()))


def bad(world, source: str, payload: bytes, reason: Reject, index: int = -1, content_type: str = "application/json") -> Quarantined:
    return Quarantined(
        Frame("tricolor/v1/mill/gw1/readings", payload, world.now, source, content_type=content_type), Rejection(index, reason, "why", "p")
    )


def test_the_ledger_counts_per_source_and_in_total(world):
    took(world, SourceCounts("mqtt:mill/gw1", 10, 7, 2, 1), SourceCounts("mqtt:kiln/gw2", 5, 5, 0, 0))
    since = {"mqtt:mill/gw1": world.now - 60_000_000, "mqtt:new/gw9": world.now - 30_000_000}
    IntakeLedgerSql(world.ledger).put_pending("w1", {"mqtt:mill/gw1": 3, "mqtt:new/gw9": 1}, since)
    IntakeLedgerSql(world.ledger).put_pending("w2", {"mqtt:mill/gw1": 4}, world.now - 90_000_000)
    dirty(world, "mqtt:mill/gw1", 7)
    answer = world.get("/v1/ingest/ledger").json()
    zero = {"received": 0, "stored": 0, "duplicate": 0, "quarantined": 0, "unsettled": 0, "missing": 0, "filled": 0}
    assert answer["sources"] == [
        {**zero, "source": "mqtt:kiln/gw2", "received": 5, "stored": 5, "unwritten": 0, "oldest_unwritten_s": None},
        {**zero, "source": "mqtt:mill/gw1", "received": 10, "stored": 7, "duplicate": 2, "quarantined": 1, "unwritten": 7, "unsettled": 7,
         "oldest_unwritten_s": 90.0},
        {**zero, "source": "mqtt:new/gw9", "unwritten": 1, "oldest_unwritten_s": 30.0},
    ]  # fmt: skip
    assert answer["total"] == {
        "received": 15, "stored": 12, "duplicate": 2, "quarantined": 1, "unwritten": 8, "unsettled": 7, "missing": 0, "filled": 0,
    }  # fmt: skip


def test_the_ledger_says_which_gateways_messages_are_missing_and_which_came_later(world):
    def numbered(seq: int, *runs: tuple[int, int, bool]) -> tuple[int, int]:
        seen = (SeenNumbers("mqtt:mill/gw1", runs),)
        IntakeLedgerSql(world.ledger).apply(Outcome("w1", seq, (SourceCounts("mqtt:mill/gw1", 1, 1, 0, 0),), (), (), (), seen))
        (source,) = world.get("/v1/ingest/ledger").json()["sources"]
        return source["missing"], source["filled"]

    assert numbered(1, (1, 10, True)) == (0, 0)
    assert numbered(2, (16, 20, True)) == (5, 0)  # 11 to 15
    assert numbered(2, (31, 40, True)) == (5, 0)  # an outcome that was applied already
    assert numbered(3, (12, 13, True)) == (3, 2)
    assert numbered(4, (11, 11, True), (14, 15, True)) == (0, 5)
    assert world.get("/v1/ingest/ledger").json()["total"]["filled"] == 5


def test_the_ledger_says_how_far_each_worker_is_behind(world):
    lag = WorkerLag("host:tricolor", "influxdb", 4, world.now - 400_000_000, 1234, 99, "4 messages wait", world.now - 2_000_000)
    IntakeLedgerSql(world.ledger).put_pending("host:tricolor", {"mqtt:mill/gw1": 4}, {"mqtt:mill/gw1": world.now - 400_000_000}, lag)
    (worker,) = world.get("/v1/ingest/ledger").json()["workers"]
    assert worker == {
        "worker": "host:tricolor", "store": "influxdb", "unwritten": 4, "oldest_unwritten_s": 400.0, "spool_bytes": 1234, "kept_bytes": 99,
        "alarm": "4 messages wait", "told_at": iso(world.now - 2_000_000),
    }  # fmt: skip
    assert world.client.get("/readyz").json()["alarms"] == ["host:tricolor: 4 messages wait"]
    assert world.get("/v1/ingest/ledger", "push", "mill").json()["workers"] == []


def test_an_empty_ledger_is_all_zero(world):
    assert world.get("/v1/ingest/ledger").json() == {"sources": [], "total": ZERO, "workers": [], "brokers": [], "session_losses": []}


def test_a_pusher_sees_the_counts_of_its_own_sources(lite):
    key, token = KeyBookSql(lite.ledger).create(KeyKind.PUSH, "mill", "", lite.now)
    other, _ = KeyBookSql(lite.ledger).create(KeyKind.PUSH, "", "", lite.now)
    names = [f"http:{key.id}", f"http:{other.id}", "mqtt:mill/gw1", "mqtt:kiln/gw2", "mqtt:millx/gw1"]
    took(lite, *(SourceCounts(name, 1, 1, 0, 0) for name in names))
    answer = lite.client.get("/v1/ingest/ledger", headers={"Authorization": f"Bearer {token}"}).json()
    assert {s["source"] for s in answer["sources"]} == {f"http:{key.id}", "mqtt:mill/gw1"}
    assert answer["total"]["received"] == 2
    assert len(lite.get("/v1/ingest/ledger").json()["sources"]) == 5


def test_the_quarantine_lists_reasons_and_gives_the_bytes_back(world, problem):
    took(
        world, SourceCounts("mqtt:mill/gw1", 2, 0, 0, 2), SourceCounts("mqtt:kiln/gw2", 1, 0, 0, 1),
        quarantined=(
            bad(world, "mqtt:mill/gw1", b"\xff\x00{", Reject.NOT_TEXT), bad(world, "mqtt:mill/gw1", b"<script>", Reject.NOT_JSON, content_type="text/html"),
            bad(world, "mqtt:kiln/gw2", b"{}", Reject.UNKNOWN_POINT, 3),
        ),
    )  # fmt: skip
    items = world.get("/v1/quarantine").json()["quarantine"]
    assert [(i["reason"], i["index"], i["raw_bytes"]) for i in items] == [("unknown_point", 3, 2), ("not_json", -1, 8), ("not_utf8", -1, 3)]
    assert items[0]["received_at"] == iso(world.now)
    assert [i["id"] for i in world.get("/v1/quarantine", reason="not_json").json()["quarantine"]] == [items[1]["id"]]
    assert [i["id"] for i in world.get("/v1/quarantine", source="mqtt:kiln/gw2").json()["quarantine"]] == [items[0]["id"]]
    raw = world.get(f"/v1/quarantine/{items[2]['id']}/raw")
    assert raw.content == b"\xff\x00{" and raw.headers["content-type"] == "application/octet-stream"
    page = world.get(f"/v1/quarantine/{items[1]['id']}/raw")  # never served as what it claims to be
    assert (page.headers["content-type"], page.headers["x-original-content-type"]) == ("application/octet-stream", "text/html")
    assert page.headers["content-disposition"].startswith("attachment") and page.headers["x-content-type-options"] == "nosniff"
    mine = world.get("/v1/quarantine", "push", "kiln").json()["quarantine"]
    assert [i["source"] for i in mine] == ["mqtt:kiln/gw2"]
    assert world.get("/v1/quarantine", "push", "kiln", source="mqtt:mill/gw1").json()["quarantine"] == []
    problem(world.get(f"/v1/quarantine/{items[2]['id']}/raw", bound_to="kiln"), 404, "not-found")
    assert world.get(f"/v1/quarantine/{items[0]['id']}/raw", bound_to="kiln").status_code == 200


def test_the_quarantine_comes_in_pages_and_may_be_empty(lite, problem):
    assert lite.get("/v1/quarantine").json() == {"quarantine": [], "next": None}
    took(lite, quarantined=tuple(bad(lite, "mqtt:mill/gw1", b"x", Reject.NOT_JSON) for _ in range(3)))
    first = lite.get("/v1/quarantine", limit=2).json()
    assert [i["id"] for i in lite.get("/v1/quarantine", limit=2, cursor=first["next"]).json()["quarantine"]] == [1]
    problem(lite.get("/v1/quarantine/77/raw"), 404, "not-found")
    assert problem(lite.get("/v1/quarantine", reason="ugly"), 422, "invalid")["errors"][0]["field"] == "reason"


def submit(world, items, kind: str = "admin", entity: str = ""):
    return world.client.post("/v1/activities", json={"activities": items}, headers=world.headers(kind, entity))


def test_figures_are_taken_and_a_repetition_changes_nothing(world):
    assert submit(world, [GDP, OUTPUT]).json() == {"accepted": 2, "changed": 2, "warnings": []}
    assert submit(world, [GDP, OUTPUT]).json() == {"accepted": 2, "changed": 0, "warnings": []}
    assert submit(world, [{**GDP, "value": 42}, OUTPUT]).json() == {"accepted": 2, "changed": 1, "warnings": []}
    figures = world.get("/v1/activities").json()["activities"]
    assert [(f["entity"], f["value"], f["revision"]) for f in figures] == [("mill", 0.0, 1), ("north", 42.0, 2)]
    assert figures[1]["author"].startswith("key k")
    assert [f["entity"] for f in world.get("/v1/activities", entity="mill").json()["activities"]] == ["mill"]
    assert [f["entity"] for f in world.get("/v1/activities", "push", "mill").json()["activities"]] == ["mill"]


def test_a_push_key_reports_for_its_own_entity_only(lite, problem):
    assert submit(lite, [OUTPUT], "push", "mill").json()["accepted"] == 1
    body = problem(submit(lite, [OUTPUT, {**OUTPUT, "entity": "kiln"}], "push", "mill"), 422, "invalid")
    assert [(e["index"], e["field"]) for e in body["errors"]] == [(1, "entity")]
    assert submit(lite, [OUTPUT], "push").json()["accepted"] == 1  # a key for the whole city


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"entity": "nobody"}, "entity"), ({"entity": 5}, "entity"), ({"kind": "profit"}, "kind"), ({"kind": None}, "kind"), ({"month": "2026-12"}, "month"),
        ({"month": "2026-13"}, "month"), ({"month": "2026-1"}, "month"), ({"month": "1980-01"}, "month"), ({"month": "２０２６-01"}, "month"),
        ({"value": 0}, "value"), ({"value": -1}, "value"), ({"value": "41"}, "value"), ({"value": True}, "value"), ({"value": 1e300}, "value"),
        ({"value": None}, "value"), ({"unit": "CNY"}, "unit"), ({"unit": "t"}, "unit"), ({"price_year": None}, "price_year"), ({"price_year": 2099}, "price_year"),
        ({"price_year": 2025.0}, "price_year"), ({"product": "x"}, "product"), ({"pirce_year": 2020}, "pirce_year"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_place_and_member_and_nothing_is_taken(lite, problem, change, field):
    body = problem(submit(lite, [OUTPUT, {**GDP, **change}]), 422, "invalid")
    assert [(e["index"], e["field"]) for e in body["errors"]] == [(1, field)]
    assert lite.get("/v1/activities").json()["activities"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"product": ""}, "product"),
        ({"product": None}, "product"),
        ({"product": 7}, "product"),
        ({"value": -0.1}, "value"),
        ({"price_year": 2020}, "price_year"),
        ({"unit": "1e4CNY"}, "unit"),
    ],
)
def test_an_output_needs_its_product_and_no_price_year(lite, problem, change, field):
    body = problem(submit(lite, [{**OUTPUT, **change}]), 422, "invalid")
    assert [(e["index"], e["field"]) for e in body["errors"]] == [(0, field)]


def test_every_fault_of_every_item_is_listed(lite, problem):
    body = problem(submit(lite, [{"entity": "x"}, 7, {**GDP, "value": -1, "unit": "t"}]), 422, "invalid")
    assert [(e["index"], e["field"]) for e in body["errors"]] == [
        (0, "entity"), (0, "kind"), (0, "month"), (0, "value"), (0, "unit"), (0, "price_year"), (1, ""), (2, "value"), (2, "unit"),
    ]  # fmt: skip
    assert body["faults"] == 9


def test_the_same_figure_twice_in_one_message_is_a_fault(lite, problem):
    body = problem(submit(lite, [GDP, {**GDP, "value": 50}]), 422, "invalid")
    assert body["errors"][0]["index"] == 1


@pytest.mark.parametrize("body", [b"[]", b'{"activities": 5}', b'{"activities": []}', b"null", b'"x"', b"", b'{"activities": [], "more": 1}'])
def test_a_body_of_another_shape_is_refused(lite, problem, body):
    answer = lite.client.post("/v1/activities", content=body, headers={**lite.headers("admin"), "Content-Type": "application/json"})
    assert problem(answer, 422, "invalid")["errors"][-1]["field"] == "activities"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"not json"])
def test_what_is_no_json_is_400(lite, problem, body):
    answer = lite.client.post("/v1/activities", content=body, headers={**lite.headers("admin"), "Content-Type": "application/json"})
    assert answer.status_code == 400
    problem(answer, 400, answer.json()["type"].rpartition(":")[2])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_value_that_is_not_finite_is_refused(lite, problem, value):
    text = json.dumps({"activities": [{**GDP, "value": math.nan}]}).replace("NaN", value)
    answer = lite.client.post("/v1/activities", content=text, headers={**lite.headers("admin"), "Content-Type": "application/json"})
    assert problem(answer, 422, "invalid")["errors"][0]["field"] == "value"
