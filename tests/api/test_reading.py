"""Entities, points, readings and energy: what is answered, what is refused, and how an empty state looks."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.api.conftest import REGISTRY
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import CELL_US, DAY_US, SECOND_US, iso, parse_us
from tricolor.domain.lights import Light
from tricolor.domain.meters import PointKind
from tricolor.domain.readings import ReadingBatch


def test_an_entity_shows_the_worst_of_its_own_lights(world, verdict):
    world.judge(verdict("mill", "benchmark", Light.YELLOW, "paper"), verdict("mill", "silent", Light.GREY, ""), verdict("north", light=Light.GREEN))
    entities = {e["id"]: e for e in world.get("/v1/entities").json()["entities"]}
    assert list(entities) == ["qz", "north", "south", "mill", "kiln"]  # the order of the board
    assert entities["mill"]["light"] == "yellow"
    assert entities["mill"]["lights"] == [
        {"rule": "benchmark", "indicator": "paper", "light": "yellow"}, {"rule": "silent", "indicator": "", "light": "grey"},
    ]  # fmt: skip
    assert entities["north"]["light"] == "green"  # its own, not its members'
    assert entities["kiln"]["light"] == "grey" and entities["kiln"]["lights"] == []  # nothing judged is not known
    assert entities["mill"]["name"] == {"zh": "纸厂", "en": "Paper mill"}


@pytest.mark.parametrize(
    ("params", "ids"),
    [({"kind": "enterprise"}, ["mill", "kiln"]), ({"region": "north"}, ["north", "mill"]), ({"kind": "park"}, []),
     ({"kind": "enterprise", "region": "south"}, ["kiln"])],
)  # fmt: skip
def test_entities_are_chosen_by_kind_and_region(lite, params, ids):
    assert [e["id"] for e in lite.get("/v1/entities", **params).json()["entities"]] == ids


def test_one_entity_names_its_members_meters_and_points(lite):
    mill = lite.get("/v1/entities/mill").json()
    assert mill["meters"] == [{"id": "mill-m1", "name": {"zh": "总表", "en": "main"}, "gateway": "gw1", "points": ["mill.elec", "mill.steam"]}]
    assert lite.get("/v1/entities/north").json()["members"] == ["mill"]


def test_a_new_registry_is_seen_without_a_restart(world):
    kiln = world.deps.registry.load().entities["kiln"]
    assert world.get("/v1/entities/kiln").json()["name"]["en"] == "Brick kiln"
    RegistryBookSql(world.ledger).replace_from(RegistryFile(entities=(replace(kiln, name_en="New kiln"),)), "test", world.now)
    assert world.get("/v1/entities/kiln").json()["name"]["en"] == "New kiln"


def test_a_point_shows_its_plate_and_its_newest_reading(world):
    world.put_readings("mill.elec", [1.0, 2.0])
    points = {p["id"]: p for p in world.get("/v1/points", entity="mill").json()["points"]}
    assert points["mill.elec"]["plate"] == {
        "kind": "register", "interval_s": 900, "multiplier": 100.0, "capacity": 100000.0, "max_rate": 500.0, "resolution": 0.01,
        "is_net": False,
    }  # fmt: skip
    assert points["mill.elec"]["last_at"] == "2026-11-20T08:15:00+08:00"
    assert points["mill.steam"]["last_at"] is None
    assert world.get("/v1/points/mill.elec").json() == points["mill.elec"]


def test_a_virtual_point_shows_its_formula_and_no_other_has_one(lite):
    elec = next(p for p in REGISTRY.points if p.id == "mill.elec")
    twice = replace(elec, id="mill.twice", formula="2 * mill.elec", plate=replace(elec.plate, kind=PointKind.VIRTUAL))
    RegistryBookSql(lite.ledger).replace_from(RegistryFile(points=(twice,)), "test", lite.now)
    shown = {p["id"]: p["formula"] for p in lite.get("/v1/points", entity="mill").json()["points"]}
    assert shown == {"mill.elec": None, "mill.steam": None, "mill.twice": "2 * mill.elec"}
    assert lite.get("/v1/points/mill.twice").json()["formula"] == "2 * mill.elec"


def test_readings_come_in_pages_that_join_without_gap_or_overlap(world):
    world.put_readings("mill.elec", [float(i) for i in range(25)], start=parse_us("2026-11-20T00:00:00+08:00"))
    asked = {"from": "2026-11-20", "to": "2026-11-21", "limit": 10}
    seen, cursor, pages = [], None, 0
    while pages < 10:
        page = world.get("/v1/points/mill.elec/readings", **asked, **({"cursor": cursor} if cursor else {})).json()
        seen += [r["value"] for r in page["readings"]]
        pages, cursor = pages + 1, page["next"]
        if cursor is None:
            break
    assert (seen, pages) == ([float(i) for i in range(25)], 3)
    assert page["readings"][-1] == {"at": "2026-11-20T06:00:00+08:00", "value": 24.0, "quality": "good"}


def test_readings_default_to_the_last_day(lite):
    lite.put_readings("mill.elec", [1.0, 2.0, 3.0], start=lite.now - DAY_US - 1, step_us=DAY_US // 2 + 1)  # the first is a µs too old
    assert [r["value"] for r in lite.get("/v1/points/mill.elec/readings").json()["readings"]] == [2.0]


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
def test_readings_as_csv_have_the_columns_of_the_push_contract(lite, how):
    lite.put_readings("mill.elec", [0.1, 1e-7])
    headers = {**lite.headers("read"), **how.get("headers", {})}
    answer = lite.client.get(
        "/v1/points/mill.elec/readings", headers=headers, params={"from": "2026-11-20", "to": "2026-11-21", **how.get("params", {})}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines() == [
        "point,at,value,quality", "mill.elec,2026-11-20T08:00:00+08:00,0.1,good", "mill.elec,2026-11-20T08:15:00+08:00,1e-07,good",
    ]  # fmt: skip


class CountingStore(MemoryStore):
    def __init__(self):
        super().__init__()
        self.spans = []

    def read(self, points, span):
        self.spans.append(span)
        return super().read(points, span)


def test_csv_of_a_long_span_is_read_a_stretch_at_a_time_and_is_whole(lite):
    import numpy as np

    store, key = CountingStore(), lite.key_of("mill.elec")
    start, n = parse_us("2025-01-01T00:00:00+08:00"), 26_000
    at = start + np.arange(n, dtype=np.int64) * 900 * SECOND_US
    store.put(ReadingBatch(np.full(n, key), at, np.arange(n, dtype=np.float64), np.zeros(n, dtype=np.uint8), np.ones(n, dtype=np.int64), at))
    answer = lite.client_with(readings=store).get(
        "/v1/points/mill.elec/readings", headers=lite.headers("read"), params={"from": "1992", "to": "2026-11", "format": "csv"}
    )
    values = [float(line.split(",")[2]) for line in answer.text.splitlines()[1:]]
    assert values == [float(i) for i in range(n)]
    assert 3 <= len(store.spans) < 20  # sparse years take wider stretches
    assert all(a.end == b.start for a, b in pairwise(store.spans))


def test_no_readings_is_an_empty_page(lite):
    assert lite.get("/v1/points/mill.elec/readings").json() == {"point": "mill.elec", "unit": "kWh", "readings": [], "next": None}
    assert lite.get("/v1/points/mill.elec/readings", format="csv").text == "point,at,value,quality\n"


def test_a_cursor_of_another_span_is_refused(lite, problem):
    lite.put_readings("mill.elec", [1.0, 2.0])
    page = lite.get("/v1/points/mill.elec/readings", limit=1, **{"from": "2026-11-20", "to": "2026-11-21"}).json()
    answer = lite.get("/v1/points/mill.elec/readings", cursor=page["next"], **{"from": "2026-10-01", "to": "2026-10-02"})
    assert problem(answer, 422, "invalid")["errors"][0]["field"] == "cursor"


UNREAD = {"read_difference": None, "base": None, "last": None, "has_parked": False}  # no reading lies in the step


def test_energy_of_a_point_answers_exactly_the_promised_members(world):
    world.put_cells("mill.elec", [1.0, 2.0, math.nan, 4.0], flag=CellFlag.ESTIMATED)
    answer = world.get("/v1/points/mill.elec/energy", step="hour", **{"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T10:00:00+08:00"}).json()
    assert answer == {
        "point": "mill.elec", "unit": "kWh", "step": "hour", "read_difference_note": "",
        "cells": [
            {"start": "2026-11-20T08:00:00+08:00", "end": "2026-11-20T09:00:00+08:00", "amount": 7.0, "coverage": 0.75, "estimated": True,
             "flags": ["estimated"], "clock_difference": 7.0, **UNREAD},
            {"start": "2026-11-20T09:00:00+08:00", "end": "2026-11-20T10:00:00+08:00", "amount": None, "coverage": 0.0, "estimated": False, "flags": [],
             "clock_difference": None, **UNREAD},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("step", "cells"),
    [("15m", 96 * 31), ("hour", 24 * 31), ("day", 31), ("month", 1), ("year", 1), ("total", 1)],
)
def test_every_step_tiles_the_span(lite, step, cells):
    answer = lite.get("/v1/points/mill.elec/energy", step=step, **{"from": "2026-10", "to": "2026-11"}).json()["cells"]
    assert len(answer) == cells
    assert (answer[0]["start"], answer[-1]["end"]) == ("2026-10-01T00:00:00+08:00", "2026-11-01T00:00:00+08:00")
    assert all(a["end"] == b["start"] for a, b in pairwise(answer))


def test_energy_defaults_to_the_days_of_this_month(lite):
    lite.put_cells("mill.elec", [5.0])
    answer = lite.get("/v1/points/mill.elec/energy").json()
    assert (answer["step"], answer["cells"][0]["start"], len(answer["cells"])) == ("day", "2026-11-01T00:00:00+08:00", 20)
    assert [c["amount"] for c in answer["cells"]] == [None] * 19 + [5.0]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-11-20T08:00:00"}, "from"), ({"to": "2026-11-20T08:00:00"}, "to"), ({"from": "yesterday"}, "from"), ({"to": "2026-13"}, "to"),
        ({"from": "1970-01-01"}, "from"), ({"to": "9999"}, "to"), ({"from": "0000-01"}, "from"), ({"from": "2026-11-20", "to": "2026-11-19"}, "from"),
        ({"from": "2027-01-01"}, "from"), ({"from": "2026-02-30"}, "from"), ({"step": "week"}, "step"), ({"from": "２０２６-11"}, "from"),
    ],
)  # fmt: skip
def test_a_bad_span_or_step_is_named(lite, problem, params, field):
    for path in ("/v1/points/mill.elec/energy", "/v1/entities/mill/energy"):
        body = problem(lite.get(path, **params), 422, "invalid")
        assert [error["field"] for error in body["errors"]] == [field]


def test_a_plus_that_was_not_encoded_is_understood(lite):
    answer = lite.client.get(
        "/v1/points/mill.elec/energy?step=total&from=2026-11-20T08:00:00+08:00&to=2026-11-20T01:00:00Z", headers=lite.headers("read")
    ).json()
    assert [c["start"] for c in answer["cells"]] == ["2026-11-20T08:00:00+08:00"]


def test_too_many_cells_says_which_step_is_short_enough(lite, problem):
    span = {"from": "2024-01", "to": "2026-01"}
    body = problem(lite.get("/v1/points/mill.elec/energy", step="15m", **span), 422, "too-many-cells")
    assert body["step"] == "hour" and "step=hour" in body["mend"]
    assert lite.get("/v1/points/mill.elec/energy", step="hour", **span).status_code == 200
    assert lite.get("/v1/points/mill.elec/energy", step="15m", **{"from": "2025", "to": "2026"}).status_code == 200  # 35 040
    # three (carrier, role) series of a city: 70 080 cells of an hour in eight years
    assert lite.get("/v1/points/mill.elec/energy", step="hour", **{"from": "2022", "to": "2026"}).status_code == 200
    assert problem(lite.get("/v1/entities/qz/energy", step="hour", **{"from": "2022", "to": "2026"}), 422, "too-many-cells")["step"] == "day"


def test_a_span_over_too_many_points_is_refused_before_it_is_read(lite, problem, monkeypatch):
    from api import times

    asked = {"step": "total", "from": "2026-01", "to": "2026-02"}
    monkeypatch.setattr(times, "MAX_READ", 3 * 31 * 96)  # three points of the city: 3 × (31 × 96 + 1) is over it
    problem(lite.get("/v1/entities/qz/energy", **asked), 422, "span-too-long")
    assert lite.get("/v1/entities/mill/energy", **asked).status_code == 200


def test_energy_of_an_entity_adds_purchased_and_takes_off_sold(world):
    world.put_cells("mill.elec", [1000.0] * 4)
    world.put_cells("mill.steam", [1.0] * 4)
    span = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T09:00:00+08:00", "step": "total"}
    answer = world.get("/v1/entities/mill/energy", **span).json()
    series = {(s["carrier"], s["role"]): s for s in answer["series"]}
    elec, steam = series["electricity", "purchased"]["cells"][0], series["heat", "sold"]["cells"][0]
    assert (elec["amount"], steam["amount"]) == (4000.0, 4.0)
    # 4 000 kWh × 0.1229 kgce/kWh = 0.4916 tce
    assert elec["tce_calorific"] == pytest.approx(0.4916, abs=1e-9)
    assert elec["tce_equivalent"] > elec["tce_calorific"]
    total = answer["totals"][0]
    for measure in ("tce_calorific", "tce_equivalent"):
        assert total[measure] == pytest.approx(elec[measure] - steam[measure], abs=1e-9)
    assert total["coverage"] == 1.0
    known = {f["id"] for f in world.get("/v1/factors").json()["factors"]}
    assert set(series["electricity", "purchased"]["factors"]) <= known and series["electricity", "purchased"]["factors"]


def test_a_region_holds_its_members_and_a_city_all(lite):
    lite.put_cells("mill.elec", [1000.0])
    lite.put_cells("kiln.coal", [2.0])
    span = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T08:15:00+08:00", "step": "total"}
    carriers = {
        e: {s["carrier"]: s["cells"][0]["amount"] for s in lite.get(f"/v1/entities/{e}/energy", **span).json()["series"]}
        for e in ("north", "south", "qz")
    }
    assert carriers == {
        "north": {"electricity": 1000.0, "heat": None},
        "south": {"raw_coal": 2.0},
        "qz": {"electricity": 1000.0, "heat": None, "raw_coal": 2.0},
    }


HOUR = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T09:00:00+08:00"}


def test_a_carrier_without_a_factor_makes_the_total_unknown_and_is_named(lite):
    from tricolor.domain.factors import FactorBook

    lite.put_cells("mill.elec", [1000.0])
    client = lite.client_with(factors=FactorBook.of([]))
    answer = client.get("/v1/entities/mill/energy", params={"step": "total"} | HOUR, headers=lite.headers("read")).json()
    assert answer["source"] == "cells"
    assert answer["totals"][0]["tce_equivalent"] is None
    assert answer["without_factor"]["tce_equivalent"] == ["electricity"]


def test_an_entity_without_points_has_no_series(lite):
    mill = lite.deps.registry.load().entities["mill"]
    RegistryBookSql(lite.ledger).replace_from(RegistryFile(entities=(replace(mill, id="bare"),)), "test", lite.now)
    assert lite.get("/v1/entities/bare/energy").json() == {
        "entity": "bare", "step": "day", "source": "accounts", "series": [], "totals": [], "without_factor": {},
    }  # fmt: skip


def test_nothing_settled_is_null_not_zero(lite):
    answer = lite.get("/v1/entities/mill/energy", step="total").json()
    assert [c["amount"] for s in answer["series"] for c in s["cells"]] == [None, None]
    assert answer["totals"][0]["tce_equivalent"] is None and answer["totals"][0]["coverage"] == 0.0


def test_a_store_that_is_down_is_503_and_says_when_to_come_back(lite, problem):
    store = MemoryStore()
    store.is_down = True
    client = lite.client_with(readings=store, energy=store)
    for path in ("/v1/points/mill.elec/energy", "/v1/points/mill.elec/readings", "/v1/points/mill.elec/readings?format=csv", "/v1/points"):
        answer = client.get(path, headers=lite.headers("read"))
        problem(answer, 503, "try-again")
        assert int(answer.headers["retry-after"]) > 0


def test_the_span_is_widened_to_whole_cells(lite):
    lite.put_cells("mill.elec", [3.0])
    span = {"from": iso(lite.start + 1), "to": iso(lite.start + CELL_US - 1), "step": "total"}
    assert [c["amount"] for c in lite.get("/v1/points/mill.elec/energy", **span).json()["cells"]] == [3.0]
