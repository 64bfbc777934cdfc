"""POST and GET /v1/statistics, the workbook and its upload: all or none, warnings confirmed, everyone their own."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.api.conftest import World

ENERGY = {"entity": "mill", "indicator": "reported_energy_tce", "period": "2026-09", "value": 100.0, "unit": "tce", "document": "报表"}
XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def post(world: World, *items: dict[str, Any], kind: str = "admin", of: str = "") -> Any:
    return world.client.post("/v1/statistics", json={"statistics": list(items)}, headers=world.headers(kind, of))


def values(world: World, **asked: Any) -> list[tuple[str, str, Any, int]]:
    found = world.get("/v1/statistics", "admin", **asked).json()["statistics"]
    return [(s["indicator"], s["period"], s["value"], s["revision"]) for s in found]


def test_a_value_is_taken_read_back_revised_and_its_history_kept(lite):
    assert post(lite, ENERGY).json() == {"accepted": 1, "changed": 1, "warnings": []}
    assert post(lite, ENERGY).json()["changed"] == 0
    assert post(lite, ENERGY | {"value": 110.0}).json()["changed"] == 1
    assert values(lite, entity="mill") == [("reported_energy_tce", "2026-09", 110.0, 2)]
    assert values(lite, entity="mill", period="2026-08") == [] and values(lite, indicator="yield") == []
    history = lite.get("/v1/statistics/history", "admin", entity="mill", indicator="reported_energy_tce", period="2026-09").json()["statistics"]
    assert [(s["revision"], s["value"]) for s in history] == [(1, 100.0), (2, 110.0)]
    assert all(s["author"].startswith("key ") and s["submitted_at"].startswith("2026-11-20T12:00:00+08:00") for s in history)


def test_with_one_fault_nothing_is_taken_and_all_are_listed_with_their_places(lite):
    answer = post(
        lite, ENERGY, ENERGY | {"period": "2026-11"}, {"entity": "qz", "indicator": "waste_rate", "period": "2026-09", "value": 920, "unit": "%"}
    )
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [(e["index"], e["field"]) for e in errors] == [(1, "period"), (2, "value")] and "单位看错" in errors[1]["detail"]
    assert values(lite) == []


@pytest.mark.parametrize("body", [None, [], {}, {"statistics": []}, {"statistics": {}}, {"statistics": [3]}, {"statistics": [{}]}, {"x": 1}])
def test_what_is_no_list_of_values_is_refused(lite, body):
    assert lite.client.post("/v1/statistics", json=body, headers=lite.headers("admin")).status_code == 422


@pytest.mark.parametrize(
    "change", [{"value": "100"}, {"value": True}, {"value": None}, {"confirmed": "yes"}, {"colour": 1}, {"entity": 3}, {"value": 10**400}]
)
def test_members_of_the_wrong_kind_are_faults(lite, change):
    assert post(lite, ENERGY | change).status_code == 422 and values(lite) == []


def test_a_warning_is_asked_back_until_someone_stands_by_it_with_a_note(lite):
    post(lite, ENERGY)
    leap = ENERGY | {"period": "2026-10", "value": 900.0}
    answer = post(lite, leap)
    assert answer.status_code == 422 and answer.json()["type"].endswith(":unconfirmed") and "上期 2026-09" in answer.text
    assert post(lite, leap | {"confirmed": True}).status_code == 422  # no note
    assert post(lite, leap | {"note": "新线投产"}).status_code == 422  # not confirmed
    done = post(lite, leap | {"confirmed": True, "note": "新线投产"}).json()
    assert done["changed"] == 1 and len(done["warnings"]) == 1
    assert values(lite, period="2026-10") == [("reported_energy_tce", "2026-10", 900.0, 1)]


def test_an_enterprise_reports_its_own_and_sees_no_other(lite):
    assert post(lite, ENERGY, kind="push", of="mill").status_code == 200
    foreign = post(lite, ENERGY | {"entity": "kiln"}, kind="push", of="mill")
    nobody = post(lite, ENERGY | {"entity": "none"}, kind="push", of="mill")
    assert foreign.status_code == nobody.status_code == 422
    assert foreign.json()["errors"][0]["detail"].replace("kiln", "none") == nobody.json()["errors"][0]["detail"]
    assert post(lite, ENERGY, kind="read").status_code == 403
    for path in ("/v1/statistics", "/v1/statistics/asked", "/v1/statistics/template"):
        assert lite.get(path, "push", "mill", entity="kiln").status_code == 404
    assert len(lite.get("/v1/statistics", "push", "mill").json()["statistics"]) == 1
    assert lite.get("/v1/statistics", "push", "kiln").json()["statistics"] == []


def test_an_area_key_reports_for_what_lies_inside_it(lite):
    assert post(lite, ENERGY, kind="push", of="north").status_code == 200
    assert post(lite, ENERGY, kind="push", of="south").status_code == 422


def test_a_value_is_taken_back_once_it_is_there(lite):
    gone = {k: v for k, v in ENERGY.items() if k != "value"} | {"take_back": True}
    assert post(lite, gone).status_code == 422
    post(lite, ENERGY)
    assert post(lite, gone).json()["changed"] == 1 and values(lite) == []


def test_what_may_be_submitted_is_told(lite):
    asked = {a["indicator"]: a for a in lite.get("/v1/statistics/asked", "admin", entity="qz").json()["asked"]}
    assert asked["waste_rate"]["periods"] == ["month", "quarter", "year"] and asked["waste_rate"]["most"] == 100
    assert asked["full_cover"]["is_words"] and asked["target:carbon"]["periods"] == ["year"] and "target:waste_rate" not in asked


def test_activity_figures_are_taken_and_what_looks_odd_is_told(lite):
    def gdp(month: str, value: float) -> dict[str, Any]:
        return {"entity": "north", "kind": "gdp", "month": month, "value": value, "unit": "1e8CNY", "price_year": 2025}

    answer = lite.client.post("/v1/activities", json={"activities": [gdp("2026-09", 10), gdp("2026-10", 100)]}, headers=lite.headers("admin"))
    body = answer.json()
    assert (body["accepted"], body["changed"]) == (2, 2) and [w["index"] for w in body["warnings"]] == [1]


def template(world: World, entity: str, year: int = 2026) -> Any:
    answer = world.get("/v1/statistics/template", "admin", entity=entity, year=year)
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.content))


def fill(book: Any, sheet: str, name: str, column: str, value: object, row_at: int = 0) -> str:
    """Write into the row of this name and the column of this heading; the cell's place."""
    page = book[sheet]
    heads = [str(c.value) for c in page[3]]
    place = next(i for i, h in enumerate(heads, 1) if h == column or h.endswith(f" {column}"))
    rows = [r for r in range(4, page.max_row + 1) if page.cell(r, 1).value == name]
    page.cell(rows[row_at], place).value = value
    return f"{sheet}!{page.cell(rows[row_at], place).coordinate}"


def saved(book: Any) -> bytes:
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def upload(world: World, data: bytes, kind: str = "admin", of: str = "", **query: Any) -> Any:
    return world.client.post("/v1/statistics/upload", params=query, content=data, headers=world.headers(kind, of) | XLSX)


def test_the_template_names_everything_fixes_units_and_locks_names(lite):
    book = template(lite, "qz")
    page = book["indicators"]
    names = [page.cell(r, 1).value for r in range(4, page.max_row + 1)]
    assert names[:5] == ["waste_rate", "full_cover", "yield", "carbon", "target:carbon"] and "gdp" in [
        r[0].value for r in book["activities"].iter_rows(min_row=4)
    ]
    assert page.protection.sheet and page["A4"].protection.locked and page["C4"].protection.locked and page["C4"].value == "%"
    heads = [c.value for c in page[3]]
    month, year = heads.index("2026-09") + 1, heads.index("2026") + 1
    assert not page.cell(4, month).protection.locked and page.cell(6, month).protection.locked and not page.cell(6, year).protection.locked
    mill = template(lite, "mill")
    assert mill.sheetnames == ["energy", "activities"] and mill["energy"]["A4"].value == "reported_energy_tce"


def test_what_is_filled_in_comes_back_from_the_next_template(lite):
    book = template(lite, "qz")
    fill(book, "indicators", "waste_rate", "2026-09", 91.5)
    fill(book, "indicators", "waste_rate", "document", "月报")
    fill(book, "indicators", "full_cover", "2026", "达到")
    fill(book, "activities", "gdp", "2026-09", "1,250.5")
    fill(book, "activities", "gdp", "price_year", 2025)
    data = saved(book)
    early = upload(lite, data).json()
    assert [e["field"].split(" ")[0] for e in early["errors"]] == ["indicators!T5"]  # the year 2026 is not over
    fill(book, "indicators", "full_cover", "2026", None)
    data = saved(book)
    assert upload(lite, data).json() == {"accepted": 2, "changed": 2, "warnings": []}
    again = template(lite, "qz")
    assert upload(lite, saved(again)).json()["changed"] == 0
    heads = [c.value for c in again["indicators"][3]]
    assert again["indicators"].cell(4, heads.index("2026-09") + 1).value == 91.5
    assert lite.get("/v1/activities", "admin", entity="qz").json()["activities"][0]["value"] == 1250.5
    (one,) = lite.get("/v1/statistics", "admin", entity="qz").json()["statistics"]
    assert (one["document"], one["value"]) == ("月报", 91.5)


def test_a_preview_tells_faults_warnings_and_changes_and_stores_nothing(lite):
    post(lite, {"entity": "qz", "indicator": "waste_rate", "period": "2026-08", "value": 40.0, "unit": "%"})
    book = template(lite, "qz")
    odd = fill(book, "indicators", "waste_rate", "2026-09", 91.5)
    bad = fill(book, "indicators", "waste_rate", "2026-10", 915)
    words = fill(book, "indicators", "yield", "2026", "many")
    money = fill(book, "activities", "gdp", "2026-09", -3)
    seen = upload(lite, saved(book), preview=True).json()
    assert {e["field"].split(" ")[0] for e in seen["faults"]} == {bad, words, money}
    assert {e["field"].split(" ")[0] for e in seen["warnings"]} == {odd} and seen["unconfirmed"] == 1
    change = next(c for c in seen["changes"] if c["place"] == odd)
    assert (change["before"], change["after"], change["period"]) == (None, 91.5, "2026-09")
    assert values(lite) == [("waste_rate", "2026-08", 40.0, 1)]
    assert upload(lite, saved(book)).status_code == 422 and values(lite) == [("waste_rate", "2026-08", 40.0, 1)]


def test_a_warning_in_a_workbook_is_confirmed_in_its_row(lite):
    post(lite, {"entity": "qz", "indicator": "waste_rate", "period": "2026-08", "value": 40.0, "unit": "%"})
    book = template(lite, "qz")
    fill(book, "indicators", "waste_rate", "2026-09", 91.5)
    assert upload(lite, saved(book)).json()["type"].endswith(":unconfirmed")
    fill(book, "indicators", "waste_rate", "confirmed", "是")
    fill(book, "indicators", "waste_rate", "note", "口径调整")
    assert upload(lite, saved(book)).json()["changed"] == 1


def test_a_workbook_of_another_entity_or_none_is_refused(lite):
    book = template(lite, "kiln")
    fill(book, "energy", "reported_energy_tce", "2026-09", 10)
    assert upload(lite, saved(book), "push", "mill").status_code == 422 and values(lite) == []
    for data in (b"", b"nothing", saved(template(lite, "kiln"))):
        answer = upload(lite, data)
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "xlsx"


def test_without_the_books_the_routes_say_so(lite):
    client = lite.client_with(statistics=None, report_sheets=None)
    answer = client.get("/v1/statistics", headers=lite.headers("admin"))
    assert answer.status_code == 409 and "statistics" in answer.text
