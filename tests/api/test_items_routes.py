"""Open items over HTTP, from readings that were really settled: the list, one with its evidence, every decision and its undoing, and who may."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert

from accounting.open_items import OpenItems
from accounting.settling import Settler
from tricolor.adapters.ledger.items import ItemRecordSql
from tricolor.adapters.ledger.schema import dirty_span
from tricolor.catalogue.factors import carriers
from tricolor.domain.intervals import CELL_US, DAY_US, iso

POINT = "mill.elec"  # 100 000 register, multiplier 100, at most 500 kWh/h on the register
LEAPT = [1000.0, 1001.0, 9000.0, 9001.0, 9002.0, 9003.0]  # 7 999 in the second quarter of an hour; the plate allows 125
FELL = [500.0, 501.0, 3.0, 4.0, 5.0, 6.0]  # 498 down, not declared
WHY = {"reason": "与抄表记录核对", "by": "王工"}


@dataclass
class Desk:
    """The city with its settler."""

    world: Any
    settler: Settler

    def push(self, values: list[float], point: str = POINT) -> None:
        self.world.put_readings(point, values)
        self.settle(point)

    def settle(self, point: str = POINT) -> None:
        w = self.world
        columns = {"points": w.key_of(point), "starts": w.start, "ends": w.start + DAY_US}
        with w.ledger.writing() as connection:
            packed = {name: int(value).to_bytes(8, "little") for name, value in columns.items()}
            connection.execute(insert(dirty_span).values(**packed, readings=1, source="test"))
        self.settler.run_once()

    def items(self, **params: Any) -> list[dict[str, Any]]:
        answer = self.world.get("/v1/items", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def post(self, item: int, action: str, kind: str = "admin", bound_to: str = "", **body: Any) -> Any:
        return self.world.client.post(f"/v1/items/{item}/{action}", json={**WHY, **body}, headers=self.world.headers(kind, bound_to))

    def energy(self) -> float:
        """Of the whole day [kWh], settled."""
        self.settler.run_once()
        span = {"from": "2026-11-20", "to": "2026-11-21", "step": "day"}
        (cell,) = self.world.get(f"/v1/points/{POINT}/energy", **span).json()["cells"]
        return cell["amount"]


def desk_of(world: Any) -> Desk:
    d = world.deps
    items = OpenItems(ItemRecordSql(world.ledger), lambda: world.now)
    return Desk(world, Settler(world.store, world.store, d.settle, d.registry, d.factors, carriers(), d.meter_facts, items))


@pytest.fixture
def desk(world) -> Desk:
    return desk_of(world)


@pytest.fixture
def small(lite) -> Desk:
    return desk_of(lite)


def test_a_parked_jump_is_listed_with_what_it_was_and_what_would_count(desk):
    desk.push(LEAPT)
    (item,) = desk.items(bound_to="mill")
    assert (item["state"], item["kind"], item["entity"], item["point"], item["decision"]) == ("open", "leap", "mill", POINT, None)
    assert (item["before"], item["after"], item["jump"], item["unit"]) == (1001.0, 9000.0, 7999.0, "kWh")
    assert (item["amount"], item["amount_unit"]) == (799_900.0, "kWh")  # times 100
    assert (item["start"], item["end"]) == (iso(desk.world.start + CELL_US), iso(desk.world.start + 2 * CELL_US))
    assert item["rule"]["zh"] and "beyond the plate" in item["rule"]["en"]


def test_one_item_comes_with_the_readings_around_it_the_plate_and_the_steps(small):
    small.push(LEAPT)
    (item,) = small.items()
    found = small.world.get(f"/v1/items/{item['id']}", bound_to="mill").json()
    assert {k: found[k] for k in item} == item
    assert [(r["value"], r["place"]) for r in found["readings"]] == [
        (1000.0, "before"), (1001.0, "before"), (9000.0, "after"), (9001.0, "after"), (9002.0, "after"), (9003.0, "after")
    ]  # fmt: skip
    assert (found["limit"], found["plate"]["multiplier"]) == (125.0, 100.0)  # 500 kWh/h for a quarter of an hour
    assert [(s["kind"], s["amount"]) for s in found["steps"]] == [("leap", None)]
    assert [(e["what"], e["by"]) for e in found["history"]] == [("appeared", "")]


def test_a_confirmed_jump_counts_and_its_undoing_takes_it_out_again(desk):
    desk.push(LEAPT)
    (item,) = desk.items()
    assert desk.energy() == 400.0  # 1 + 3 register units times 100
    done = desk.post(item["id"], "confirm")
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["decision"]["kind"], done.json()["decision"]["amount"]) == ("settled", "confirm", None)
    assert done.json()["decision"]["by"].startswith("王工 (key ") and done.json()["decision"]["decided_at"] == iso(desk.world.now)
    assert desk.energy() == 800_300.0  # 8 003 units times 100
    assert desk.items() == [] and [i["id"] for i in desk.items(state="settled")] == [item["id"]]
    back = desk.post(item["id"], "undo", reason="看错了表")
    assert (back.status_code, back.json()["state"], back.json()["decision"]) == (200, "open", None)
    assert desk.energy() == 400.0
    found = desk.world.get(f"/v1/items/{item['id']}").json()
    assert [e["what"] for e in found["history"]] == ["appeared", "confirm", "undo"]
    (decision,) = found["decisions"]
    assert (decision["reason"], decision["undone_reason"], decision["undone_at"]) == (WHY["reason"], "看错了表", iso(desk.world.now))


def test_a_dismissed_jump_counts_nothing_and_is_off_the_list(small):
    small.push(LEAPT)
    (item,) = small.items()
    assert small.post(item["id"], "dismiss").json()["decision"]["kind"] == "dismiss"
    assert (small.energy(), small.items()) == (400.0, [])


def test_a_drop_is_explained_by_an_exchange_in_between(desk):
    desk.push(FELL)
    (item,) = desk.items()
    assert (item["kind"], item["jump"]) == ("open", -498.0)
    moment = iso(desk.world.start + CELL_US + CELL_US // 3)
    done = desk.post(item["id"], "exchange", at=moment, final=502.0, start=0.0)
    assert done.status_code == 200, done.text
    assert done.json()["decision"]["exchange"] == {"at": moment, "final": 502.0, "start": 0.0}
    assert desk.energy() == 800.0  # 1 + (502 - 501) + (3 - 0) + 3, times 100
    (held,) = desk.world.get(f"/v1/points/{POINT}/facts").json()["exchanges"]
    assert (held["at"], held["final"], held["start"], held["revoked_at"]) == (moment, 502.0, 0.0, None)
    assert desk.post(item["id"], "undo").status_code == 200
    assert desk.energy() == 400.0
    assert desk.world.get(f"/v1/points/{POINT}/facts").json()["exchanges"][0]["revoked_at"] is not None
    assert [i["id"] for i in desk.items()] == [item["id"]]


def test_an_exchange_revoked_at_the_meter_opens_its_item_again(small):
    small.push(FELL)
    (item,) = small.items()
    small.post(item["id"], "exchange", at=item["end"], final=502.0, start=0.0)
    (held,) = small.world.get(f"/v1/points/{POINT}/facts").json()["exchanges"]
    gone = small.world.client.delete(f"/v1/points/{POINT}/exchanges/{held['id']}", headers=small.world.headers("admin"))
    assert gone.status_code == 200
    assert small.energy() == 400.0 and [i["id"] for i in small.items()] == [item["id"]]
    (decision,) = small.world.get(f"/v1/points/{POINT}/facts").json()["decisions"]
    assert decision["kind"] == "exchange" and decision["undone_by"].startswith("key ")


def test_a_substitute_stands_for_the_cells_of_the_jump_until_it_is_undone(small):
    small.push(LEAPT)
    (item,) = small.items()
    done = small.post(item["id"], "substitute", amount=90.0)
    assert done.status_code == 200, done.text
    decision = done.json()["decision"]
    assert (decision["kind"], decision["amount"], decision["start"], decision["end"]) == ("substitute", 90.0, item["start"], item["end"])
    assert small.energy() == 490.0
    small.post(item["id"], "undo")
    assert small.energy() == 400.0


def test_what_cannot_be_is_told_by_its_field_and_nothing_is_decided(small, problem):
    small.push(FELL)
    (item,) = small.items()

    def fields(answer: Any) -> list[str]:
        return [e["field"] for e in problem(answer, 422, "invalid")["errors"]]

    assert fields(small.post(item["id"], "confirm")) == ["amount"]  # a drop tells no amount
    assert fields(small.post(item["id"], "confirm", amount=-1)) == ["amount"]
    assert fields(small.post(item["id"], "dismiss", reason=" ")) == ["reason"]
    assert fields(small.post(item["id"], "exchange", at="2026-11-20T09:30:00+08:00", final=502, start=0)) == ["at"]
    assert fields(small.post(item["id"], "exchange", at=item["end"], final=502, start=100_001)) == ["start"]
    assert fields(small.post(item["id"], "substitute", amount=1, start="2026-11-20T08:20:00+08:00")) == ["start"]
    assert fields(small.post(item["id"], "substitute", amount=1, end="2026-11-20T12:15:00+08:00")) == ["end"]  # it is 12:07
    assert fields(small.post(item["id"], "confirm", amounts=1)) == ["amounts"]
    assert [e["what"] for e in small.world.get(f"/v1/items/{item['id']}").json()["history"]] == ["appeared"]


def test_an_item_that_is_decided_is_not_decided_again(small, problem):
    small.push(LEAPT)
    (item,) = small.items()
    problem(small.post(item["id"], "undo"), 409, "conflict")  # nothing to undo
    small.post(item["id"], "dismiss")
    problem(small.post(item["id"], "confirm"), 409, "conflict")
    problem(small.post(item["id"], "undo", decision=999), 404, "not-found")
    problem(small.post(item["id"] + 1, "confirm"), 404, "not-found")


def test_only_an_admin_key_decides_and_an_enterprise_never_sees_anothers_items(small, problem):
    small.push(LEAPT)
    (item,) = small.items(bound_to="mill")
    path = f"/v1/items/{item['id']}"
    for kind, bound_to in (("read", ""), ("read", "mill"), ("push", "mill")):
        for action, more in (("confirm", {}), ("dismiss", {}), ("undo", {}), ("substitute", {"amount": 1})):
            problem(small.post(item["id"], action, kind, bound_to, **more), 403, "key-kind")
    assert small.items(bound_to="kiln") == []
    assert small.items(bound_to="nobody") == []
    hidden = problem(small.world.get(path, bound_to="kiln"), 404, "not-found")
    absent = problem(small.world.get("/v1/items/424242", bound_to="kiln"), 404, "not-found")
    assert hidden["detail"].replace(str(item["id"]), "") == absent["detail"].replace("424242", "")  # so that numbers cannot be probed
    problem(small.world.get("/v1/items", bound_to="kiln", entity="mill"), 404, "not-found")
    problem(small.world.get("/v1/items", bound_to="kiln", point=POINT), 404, "not-found")
    assert small.world.client.get("/v1/items").status_code == 401
    assert small.world.get(path).json()["state"] == "open"


def test_the_list_is_filtered_by_unit_area_and_point_and_comes_in_pages(small, problem):
    values = [1000.0]
    for n in range(3):  # three jumps, each with good readings after it
        values += [values[-1] + 1, values[-1] + 5000 + n, values[-1] + 5001 + n, values[-1] + 5002 + n]
    small.push(values)
    ids = [i["id"] for i in small.items()]
    assert len(ids) == 3 and ids == sorted(ids, reverse=True)
    for params in ({"entity": "mill"}, {"entity": "north"}, {"entity": "qz"}, {"point": POINT}, {"entity": "north", "point": POINT}):
        assert [i["id"] for i in small.items(**params)] == ids, params
    for params in ({"entity": "kiln"}, {"entity": "south"}, {"point": "mill.steam"}, {"entity": "south", "point": POINT}, {"state": "gone"}):
        assert small.items(**params) == [], params
    seen, cursor = [], None
    while True:
        page = small.world.get("/v1/items", limit=1, **({"cursor": cursor} if cursor else {})).json()
        seen += [i["id"] for i in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids
    problem(small.world.get("/v1/items", cursor="!"), 422, "invalid")
    problem(small.world.get("/v1/items", state="closed"), 422, "invalid")


def test_every_route_of_open_items_is_documented_with_examples(lite):
    document = lite.client.get("/openapi.json").json()
    for action in ("confirm", "dismiss", "exchange", "substitute", "undo"):
        operation = document["paths"][f"/v1/items/{{item_id}}/{action}"]["post"]
        assert operation["summary"] and {"200", "401", "403", "404", "409", "422", "503"} <= set(operation["responses"])
    for shape in ("ConfirmOrder", "ExchangeOfItem", "SubstituteOrder", "ExchangeOrder", "MultiplierOrder"):
        assert any("examples" in field for field in document["components"]["schemas"][shape]["properties"].values()), shape
