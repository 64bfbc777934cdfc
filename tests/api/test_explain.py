"""/v1/points/{id}/explain: the readings, the steps, the rule and the plate value behind a cell."""

from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.domain.exchanges import Exchange
from tricolor.domain.intervals import CELL_US, MINUTE_US, iso

POINT = "mill.elec"


def ask(world, at: int, point: str = POINT, **how):
    return world.get(f"/v1/points/{point}/explain", at=iso(at), **how)


def test_a_dip_is_explained_by_the_reading_that_was_skipped(lite):
    # 1001 -> 1003 is 2, times 100, over two cells
    lite.put_readings(POINT, [1000, 1001, 0, 1003, 1004])
    found = ask(lite, lite.start + CELL_US + 5 * MINUTE_US).json()
    assert (found["point"], found["start"], found["amount"], found["flags"]) == (POINT, iso(lite.start + CELL_US), 100.0, ["estimated", "dip"])
    (step,) = found["steps"]
    assert (step["kind"], step["amount"], step["share"]) == ("dip", 200.0, 0.5)
    assert "came back" in step["rule_en"]
    assert [(r["value"], r["use"]) for r in found["readings"]] == [(1001.0, "counted"), (0.0, "skipped"), (1003.0, "counted")]
    assert found["plate"]["kind"] == "register"


def test_a_declared_exchange_is_named(lite):
    lite.put_readings(POINT, [500, 501, 3, 4])
    moment = lite.start + CELL_US + 5 * MINUTE_US
    MeterFactsBookSql(lite.ledger).declare(Exchange(lite.key_of(POINT), moment, 502.0, 1.0), "Wang")
    found = ask(lite, moment).json()
    # 501 -> 502 is 1, 1 -> 3 is 2, times 100
    assert (found["amount"], [s["kind"] for s in found["steps"]]) == (300.0, ["exchanged", "exchanged"])
    assert found["exchanges"] == [{"at": iso(moment), "final": 502.0, "start": 1.0}]


def test_a_cell_without_anything_is_not_known(lite):
    found = ask(lite, lite.start).json()
    assert (found["amount"], found["coverage"], found["steps"], found["readings"]) == (None, 0.0, [], [])


def test_the_door_is_the_same_as_everywhere(lite, problem):
    problem(ask(lite, lite.start, "nobody"), 404, "not-found")
    problem(lite.get(f"/v1/points/{POINT}/explain", at="yesterday"), 422, "invalid")
    assert lite.client.get(f"/v1/points/{POINT}/explain", params={"at": iso(lite.start)}).status_code == 401
