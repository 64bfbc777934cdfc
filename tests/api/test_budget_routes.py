"""Energy budgets over HTTP: set by admins all or none, read by those who may see the unit, every revision kept."""

import pytest

EVEN = [0.08] * 11 + [0.12]
MILL = {"entity": "mill", "year": 2026, "tce": 12_000.0, "profile": EVEN, "document": "示例〔2026〕1号"}
CITY = {"entity": "qz", "year": 2026, "tce": 90_000.0}


def put(world, *budgets: dict[str, object], kind: str = "admin", **more: object):
    return world.client.put("/v1/budgets", json={"budgets": list(budgets), **more}, headers=world.headers(kind))


def test_a_budget_is_set_read_and_its_revisions_stay(lite):
    made = put(lite, MILL, CITY, by="李工")
    assert made.status_code == 200, made.text
    first = made.json()["budgets"][0]
    assert (first["entity"], first["tce"], first["revision"], first["profile"]) == ("mill", 12_000.0, 1, EVEN)
    assert first["author"].startswith("李工 (key ") and first["submitted_at"].startswith("2026-11-20T12:07:30")
    assert put(lite, MILL, CITY, by="李工").json() == made.json()  # again: nothing new
    put(lite, MILL | {"tce": 11_000.0}, by="王工")
    assert [b["tce"] for b in lite.get("/v1/budgets", entity="mill").json()["budgets"]] == [11_000.0]
    history = lite.get("/v1/budgets/mill/2026/history").json()["budgets"]
    assert [(b["tce"], b["revision"]) for b in history] == [(12_000.0, 1), (11_000.0, 2)]
    put(lite, MILL | {"tce": 0})
    assert [b["entity"] for b in lite.get("/v1/budgets", year=2026).json()["budgets"]] == ["qz"]
    assert lite.get("/v1/budgets", year=2025).json()["budgets"] == []


def test_only_admins_set_and_a_bound_reader_sees_its_own_only(lite, problem):
    problem(put(lite, MILL, kind="read"), 403, "key-kind")
    problem(put(lite, MILL, kind="push"), 403, "key-kind")
    put(lite, MILL, CITY)
    assert [b["entity"] for b in lite.get("/v1/budgets", bound_to="mill").json()["budgets"]] == ["mill"]
    problem(lite.get("/v1/budgets", bound_to="kiln", entity="mill"), 404, "not-found")
    problem(lite.get("/v1/budgets/mill/2026/history", bound_to="kiln"), 404, "not-found")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"entity": "ghost"}, "未登记"),
        ({"tce": -1}, "tce"),
        ({"profile": [0.5, 0.5]}, "12 个月"),
        ({"profile": [0.1] * 12}, "合计须为 1"),
        ({"year": 1026}, "year"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_one_bad_budget_keeps_all_out_and_says_where(lite, bad, words):
    answer = put(lite, CITY, MILL | bad)
    assert answer.status_code == 422 and words in answer.text and "1" in answer.text
    assert lite.get("/v1/budgets").json()["budgets"] == []
