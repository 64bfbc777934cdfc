"""Declared meter exchanges and multipliers over HTTP: who may, what cannot be, and that the record keeps everything."""

import pytest

from tricolor.domain.intervals import iso, parse_us

POINT = "mill.elec"
AT = "2026-11-20T08:20:00+08:00"


def exchange(**changes):
    return {"at": AT, "final": 502.0, "start": 1.0, "reason": "检定换表", "by": "王工", **changes}


def post(world, path, body, kind="admin", bound_to=""):
    return world.client.post(path, json=body, headers=world.headers(kind, bound_to))


def delete(world, path, kind="admin"):
    return world.client.delete(path, headers=world.headers(kind))


def test_a_declared_exchange_is_in_force_at_once_and_says_who_and_why(world):
    made = post(world, f"/v1/points/{POINT}/exchanges", exchange())
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["at"], body["final"], body["start"], body["reason"], body["revoked_at"]) == (AT, 502.0, 1.0, "检定换表", None)
    assert body["by"].startswith("王工 (key ") and body["declared_at"] == iso(world.now)
    world.put_readings(POINT, [500, 501, 3, 4])
    found = world.get(f"/v1/points/{POINT}/explain", at=AT).json()
    # 501 -> 502 is 1, 1 -> 3 is 2, times 100
    assert found["amount"] == 300.0
    (held,) = world.get(f"/v1/points/{POINT}/facts", bound_to="mill").json()["exchanges"]
    assert held == body


def test_the_same_declaration_twice_is_one_and_another_for_the_same_moment_is_refused(lite, problem):
    first = post(lite, f"/v1/points/{POINT}/exchanges", exchange()).json()
    again = post(lite, f"/v1/points/{POINT}/exchanges", exchange())
    assert (again.status_code, again.json()) == (201, first)
    problem(post(lite, f"/v1/points/{POINT}/exchanges", exchange(final=503.0)), 409, "conflict")
    assert len(lite.get(f"/v1/points/{POINT}/facts").json()["exchanges"]) == 1


def test_a_revoked_declaration_counts_no_more_and_stays_in_the_record(world):
    made = post(world, f"/v1/points/{POINT}/exchanges", exchange()).json()
    gone = delete(world, f"/v1/points/{POINT}/exchanges/{made['id']}")
    assert gone.status_code == 200 and gone.json()["revoked_at"] == iso(world.now) and gone.json()["revoked_by"].startswith("key ")
    assert delete(world, f"/v1/points/{POINT}/exchanges/{made['id']}").json() == gone.json()  # twice changes nothing
    assert world.get(f"/v1/points/{POINT}/facts").json()["exchanges"] == [gone.json()]
    assert not world.deps.meter_facts.load().exchanges
    assert post(world, f"/v1/points/{POINT}/exchanges", exchange(final=510.0)).status_code == 201  # the moment is free again


def test_a_multiplier_holds_from_its_instant_on_and_can_be_taken_back(world):
    order = {"valid_from": "2026-11-20T08:15:00+08:00", "multiplier": 160, "reason": "互感器更换"}
    made = post(world, f"/v1/points/{POINT}/multipliers", order)
    assert made.status_code == 201 and (made.json()["multiplier"], made.json()["valid_from"]) == (160.0, order["valid_from"])
    world.put_readings(POINT, [500, 501, 502])
    # the cell from 08:15: 1 times 160; before it 1 times the plate's 100
    assert world.get(f"/v1/points/{POINT}/explain", at="2026-11-20T08:20:00+08:00").json()["amount"] == 160.0
    assert world.get(f"/v1/points/{POINT}/explain", at="2026-11-20T08:10:00+08:00").json()["amount"] == 100.0
    assert delete(world, f"/v1/points/{POINT}/multipliers/{made.json()['id']}").status_code == 200
    assert world.get(f"/v1/points/{POINT}/explain", at="2026-11-20T08:20:00+08:00").json()["amount"] == 100.0


def test_a_declaration_and_its_revocation_both_make_work_for_settling(lite):
    made = post(lite, f"/v1/points/{POINT}/exchanges", exchange()).json()
    delete(lite, f"/v1/points/{POINT}/exchanges/{made['id']}")
    work = lite.deps.settle.dirty(10)
    columns = [(int.from_bytes(w.points, "little"), int.from_bytes(w.starts, "little")) for w in work]
    assert columns == [(lite.key_of(POINT), parse_us(AT))] * 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"at": "2026-11-20T12:30:00+08:00"}, "at"),  # the clock says 12:07
        ({"at": "2026-11-20T08:20:00"}, "at"),  # no offset
        ({"at": "2026-11-20"}, "at"),  # a day is no moment
        ({"at": "2023-12-31T08:20:00+08:00"}, "at"),  # the point is registered from 2024 on
        ({"final": -1}, "final"),
        ({"start": 100_001}, "start"),  # the register holds 100 000
        ({"reason": "  "}, "reason"),
        ({"by": "x" * 65}, "by"),
        ({"old": 1}, "old"),
    ],
)
def test_an_exchange_that_cannot_be_is_told_by_its_field_and_nothing_is_kept(lite, problem, change, field):
    body = problem(post(lite, f"/v1/points/{POINT}/exchanges", exchange(**change)), 422, "invalid")
    assert [e["field"] for e in body["errors"]] == [field]
    assert lite.get(f"/v1/points/{POINT}/facts").json()["exchanges"] == []


def test_every_fault_is_told_at_once_and_only_registers_are_exchanged(lite, problem):
    body = problem(post(lite, "/v1/points/mill.steam/exchanges", exchange(final=-1, start=-2)), 422, "invalid")
    assert {e["field"] for e in body["errors"]} == {"point", "final", "start"}
    zero = {"valid_from": AT, "multiplier": 0, "reason": "x"}
    assert problem(post(lite, f"/v1/points/{POINT}/multipliers", zero), 422, "invalid")["errors"][0]["field"] == "multiplier"


def test_only_an_admin_key_writes_and_an_enterprise_sees_its_own_alone(lite, problem):
    made = post(lite, f"/v1/points/{POINT}/exchanges", exchange()).json()
    for kind, bound_to in (("read", ""), ("read", "mill"), ("push", "mill")):
        problem(post(lite, f"/v1/points/{POINT}/exchanges", exchange(), kind, bound_to), 403, "key-kind")
    problem(delete(lite, f"/v1/points/{POINT}/exchanges/{made['id']}", "read"), 403, "key-kind")
    problem(lite.get(f"/v1/points/{POINT}/facts", bound_to="kiln"), 404, "not-found")
    assert lite.client.get(f"/v1/points/{POINT}/facts").status_code == 401


def test_a_declaration_is_revoked_only_under_its_own_point_and_kind(lite, problem):
    made = post(lite, f"/v1/points/{POINT}/exchanges", exchange()).json()
    problem(delete(lite, f"/v1/points/kiln.coal/exchanges/{made['id']}"), 404, "not-found")
    problem(delete(lite, f"/v1/points/{POINT}/multipliers/{made['id']}"), 404, "not-found")
    problem(delete(lite, f"/v1/points/{POINT}/exchanges/{made['id'] + 1}"), 404, "not-found")
    assert lite.get(f"/v1/points/{POINT}/facts").json()["exchanges"] == [made]
