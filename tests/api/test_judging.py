"""Lights, alerts, inbox, intensity, and what the judging rests on."""

import pytest

from tricolor.catalogue.benchmarks import all_benchmarks
from tricolor.catalogue.factors import all_factors, unavailable
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.intervals import DAY_US
from tricolor.domain.lights import Light
from tricolor.domain.meters import Role


def test_a_light_answers_exactly_the_promised_members(world, verdict):
    world.judge(verdict("mill"), at=world.now - DAY_US)
    world.judge(verdict("mill"), at=world.now)
    assert world.get("/v1/lights").json() == {
        "lights": [
            {"entity": "mill", "rule": "pace", "indicator": "basic", "period": "2026-01..2026-10", "light": "red", "value": 0.031, "limit": 0.026,
             "unit": "1", "reason": {"zh": "强度上升", "en": "the intensity rose"}, "coverage": 0.98,
             "since": "2026-11-19T12:07:30+08:00", "judged_at": "2026-11-20T12:07:30+08:00", "as_of": "2026-11-20T12:07:30+08:00", "is_current": True, "corrected": []},
        ],
        "next": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["mill pace", "kiln silent", "north pace"]),  # red, yellow, green
        ({"level": "red"}, ["mill pace"]), ({"rule": "pace"}, ["mill pace", "north pace"]), ({"entity": "kiln"}, ["kiln silent"]),
        ({"period": "now"}, ["kiln silent"]), ({"level": "grey"}, []), ({"rule": "nothing"}, []),
    ],
)  # fmt: skip
def test_lights_are_chosen_and_the_worst_come_first(lite, verdict, params, found):
    lite.judge(verdict("north", light=Light.GREEN), verdict("mill"), verdict("kiln", "silent", Light.YELLOW, "", "now"))
    assert [f"{v['entity']} {v['rule']}" for v in lite.get("/v1/lights", **params).json()["lights"]] == found


def test_no_light_at_all_is_an_empty_list_and_grey(lite):
    assert lite.get("/v1/lights").json() == {"lights": [], "next": None}
    assert lite.get("/v1/entities/mill/lights").json() == {"entity": "mill", "light": "grey", "lights": []}


def test_a_wrong_level_and_an_unknown_entity_are_told(lite, problem):
    assert problem(lite.get("/v1/lights", level="purple"), 422, "invalid")["errors"][0]["field"] == "level"
    problem(lite.get("/v1/lights", entity="nobody"), 404, "not-found")


def test_an_alert_opens_is_acknowledged_once_and_resolves(world, verdict, problem):
    world.judge(verdict("mill"), at=world.now - 5)
    [alert] = world.get("/v1/alerts").json()["alerts"]
    assert (alert["entity"], alert["level"], alert["state"], alert["handling"]) == ("mill", "red", "firing", "unacked")
    admin = world.headers("admin")
    acked = world.client.post(f"/v1/alerts/{alert['id']}/ack", json={"by": "值班一"}, headers=admin).json()
    again = world.client.post(f"/v1/alerts/{alert['id']}/ack", json={"by": "值班二"}, headers=admin).json()
    assert (acked["handling"], acked["acked_by"], again["acked_by"]) == ("acked", "值班一", "值班一")
    timeline = world.get(f"/v1/alerts/{alert['id']}").json()["timeline"]
    assert [(m["why"], m["by"]) for m in timeline] == [("OPENED", ""), ("ACKED", "值班一")]
    world.judge(verdict("mill", light=Light.GREEN))
    assert world.get("/v1/alerts").json()["alerts"] == []
    [resolved] = world.get("/v1/alerts", state="all").json()["alerts"]
    assert (resolved["state"], resolved["resolved_at"]) == ("resolved", "2026-11-20T12:07:30+08:00")
    problem(world.client.post(f"/v1/alerts/{alert['id']}/ack", headers=admin), 409, "conflict")


def test_an_acknowledgement_without_a_body_names_the_key(lite, verdict):
    lite.judge(verdict("mill"))
    answer = lite.client.post("/v1/alerts/1/ack", headers=lite.headers("admin")).json()
    assert answer["acked_by"].startswith("key k")


@pytest.mark.parametrize("body", [{"by": "x" * 65}, {"who": "me"}, [1], "me"])
def test_a_bad_acknowledgement_is_refused(lite, verdict, problem, body):
    lite.judge(verdict("mill"))
    problem(lite.client.post("/v1/alerts/1/ack", json=body, headers=lite.headers("admin")), 422, "invalid")
    assert lite.get("/v1/alerts/1").json()["handling"] == "unacked"


def test_alerts_come_in_pages(lite, verdict):
    lite.judge(*(verdict("mill", indicator=f"i{i}") for i in range(5)))
    first = lite.get("/v1/alerts", limit=2).json()
    second = lite.get("/v1/alerts", limit=2, cursor=first["next"]).json()
    third = lite.get("/v1/alerts", limit=2, cursor=second["next"]).json()
    assert [a["id"] for page in (first, second, third) for a in page["alerts"]] == [5, 4, 3, 2, 1]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("params", "field"),
    [({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"cursor": "!!"}, "cursor"), ({"state": "old"}, "state"), ({"limit": "x"}, "limit")],
)
def test_bad_pages_are_named(lite, problem, params, field):
    assert problem(lite.get("/v1/alerts", **params), 422, "invalid")["errors"][0]["field"] == field


def test_another_units_alert_does_not_exist_for_a_bound_key(lite, verdict, problem):
    lite.judge(verdict("kiln"))
    problem(lite.get("/v1/alerts/1", bound_to="mill"), 404, "not-found")
    assert lite.get("/v1/alerts/1", bound_to="kiln").status_code == 200
    problem(lite.get("/v1/alerts", bound_to="mill", entity="kiln"), 404, "not-found")
    for nobody in ("99", "9" * 18):
        problem(lite.get(f"/v1/alerts/{nobody}"), 404, "not-found")
    problem(lite.get("/v1/alerts/x"), 422, "invalid")
    problem(lite.get("/v1/alerts/" + "9" * 30), 422, "invalid")


def test_the_inbox_shows_a_bound_key_its_own_contacts_mail(world, problem):
    for recipient in ("c-gxj", "c-mill", "c-gxj"):
        world.deliver(recipient)
    assert [m["recipient"] for m in world.get("/v1/inbox").json()["messages"]] == ["c-gxj", "c-mill", "c-gxj"]
    assert [m["recipient"] for m in world.get("/v1/inbox", bound_to="mill").json()["messages"]] == ["c-mill"]
    assert world.get("/v1/inbox", bound_to="kiln").json() == {"messages": [], "next": None}
    assert world.get("/v1/inbox", bound_to="mill", recipient="c-gxj").json()["messages"] == []
    [mine] = world.get("/v1/inbox", recipient="c-mill").json()["messages"]
    assert mine["read_at"] is None
    read = world.client.post(f"/v1/inbox/{mine['id']}/read", headers=world.headers("admin")).json()
    assert read["read_at"] == "2026-11-20T12:07:30+08:00"
    problem(world.client.post("/v1/inbox/99/read", headers=world.headers("admin")), 404, "not-found")


def _month(entity: str, month: str, days: int, tce: float) -> list[DayAccount]:
    return [
        DayAccount(entity, f"{month}-{d:02d}", "electricity", Role.PURCHASED, 1.0, "kWh", tce / 2, tce, 1.0, 86_400.0, 86_400.0, 0.0, ("f1",))
        for d in range(1, days + 1)
    ]


def test_intensity_is_energy_over_activity_and_unknown_where_one_is(world):
    days = [*_month("kiln", "2025-01", 31, 2.0), *_month("kiln", "2026-01", 31, 1.0), *_month("kiln", "2026-02", 27, 1.0)]
    world.deps.settle.put_accounts([(a.entity, a.day) for a in days], days)
    world.deps.activities.submit(
        [Activity("kiln", ActivityKind.VALUE_ADDED, m, 100.0, "1e4CNY", 2020, author="t") for m in ("2025-01", "2026-01", "2026-02")]
    )
    answer = world.get("/v1/entities/kiln/intensity").json()
    months = {m["month"]: m for m in answer["months"]}
    assert list(months) == [f"2026-{m:02d}" for m in range(1, 12)]
    # 31 days × 1 tce over 100 × 10^4 CNY; a year before 31 × 2 over the same
    assert (months["2026-01"]["intensity"], months["2026-01"]["intensity_last_year"]) == (pytest.approx(0.31), pytest.approx(0.62))
    assert months["2026-01"]["change"] == pytest.approx(-0.5)
    assert months["2026-02"]["intensity"] is None and not months["2026-02"]["complete"]  # a day is missing
    assert months["2026-03"]["energy_tce_equivalent"] is None
    assert answer["unit"] == "tce/1e4CNY" and answer["activity"] == "value_added"
    assert answer["year_to_date"]["months"] == ["2026-01"]
    assert answer["year_to_date"]["reduction"] == pytest.approx(0.5)


def test_intensity_of_nothing_is_unknown(lite):
    answer = lite.get("/v1/entities/north/intensity", **{"from": "2026-09", "to": "2026-11"}).json()
    assert [(m["month"], m["intensity"]) for m in answer["months"]] == [("2026-09", None), ("2026-10", None)]
    assert answer["year_to_date"] is None and answer["activity"] == "gdp"


@pytest.mark.parametrize("params", [{"from": "2027-01"}, {"from": "2010-01"}, {"to": "x"}])
def test_intensity_over_a_bad_span_is_told(lite, problem, params):
    problem(lite.get("/v1/entities/north/intensity", **params), 422, "invalid")


def test_all_factors_are_listed_with_source_and_status_and_what_is_missing_too(lite):
    answer = lite.get("/v1/factors").json()
    listed = {f["id"]: f for f in answer["factors"]}
    assert {f.id for f in all_factors()} <= set(listed)
    assert all(f["source"] and f["status"] for f in listed.values())
    assert len(answer["unavailable"]) == len(unavailable()) > 0 and all(f["reason"] for f in answer["unavailable"])
    assert set(answer["in_use"]) <= set(listed)
    electricity = next(f for f in answer["factors"] if f["carrier"] == "electricity" and f["kind"] == "calorific")
    assert (electricity["value"], electricity["unit"]) == (0.1229, "kgce/kWh")


def test_grid_factors_are_picked_by_purpose_data_year_and_scope(lite, problem):
    answer = lite.get("/v1/factors", purpose="market-based", year=2023, scope="fossil").json()
    assert [(f["id"], f["value"], f["purposes"]) for f in answer["factors"]] == [
        ("grid:national:fossil:2023", 0.8273, ["plan-accounts", "market-based"])
    ]
    assert answer["in_use"] == [] and {row["status"] for row in answer["served"]} == {"interpreted", "project default"}
    assert {p["code"] for p in answer["purposes"]} >= {"plan-accounts", "enterprise-report"}
    told = problem(lite.get("/v1/factors", purpose="enterprise-report", year=2023), 422, "invalid")
    assert "全国 enterprise-report 2015, 2021, 2022" in str(told)


def test_benchmarks_are_all_listed_and_unknown_ones_are_null(lite):
    rows = lite.get("/v1/benchmarks").json()["benchmarks"]
    assert len(rows) == len(all_benchmarks())
    assert {row["product"] for row in rows if row["benchmark"] is None} == {b.product for b in all_benchmarks() if b.benchmark is None}


def test_the_plan_names_document_place_and_status_of_every_target(lite):
    plan = lite.get("/v1/plan").json()
    assert plan["id"] == "illustrative-2026-2030" and plan["document"]["number"]
    assert len(plan["targets"]) == 24  # annex 1: six areas, basic and incentive; of energy and, as an illustration, of carbon
    assert all(t["source"] and t["place"] and t["status"] == "illustrative" for t in plan["targets"])
    assert {(t["rule"], t["name"]) for t in plan["thresholds"]} >= {("pace", "red_gap"), ("silent", "red_after_s")}
