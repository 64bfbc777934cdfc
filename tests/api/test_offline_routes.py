"""Offline figures over HTTP: typed, uploaded, taken back; a fault is told with its cell and nothing is half taken."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

COAL = {"carrier": "raw_coal", "month": "2026-09", "amount": 1200, "unit": "t", "document": "INV-9"}
PATH = "/v1/entities/mill/offline"


def send(lite, *figures, kind="admin"):
    return lite.client.post(PATH, json={"figures": list(figures)}, headers=lite.headers(kind))


def test_a_figure_is_taken_once_and_another_amount_is_a_revision(lite):
    assert send(lite, COAL).json() == {"accepted": 1, "changed": 1}
    assert send(lite, COAL).json() == {"accepted": 1, "changed": 0}
    assert send(lite, COAL | {"amount": 1300}).json() == {"accepted": 1, "changed": 1}
    answer = lite.get(PATH).json()
    assert [(f["amount"], f["revision"], f["used"], f["metered"]) for f in answer["figures"]] == [(1300, 2, "offline", None)]
    assert [h["amount"] for h in answer["history"]] == [1300, 1200]


def test_one_fault_and_nothing_is_taken(lite):
    answer = send(lite, COAL, COAL | {"month": "2026-08", "unit": "kWh"})
    assert answer.status_code == 422
    assert [(e["index"], e["field"]) for e in answer.json()["errors"]] == [(1, "unit")]
    assert lite.get(PATH).json()["figures"] == []


def test_another_unit_may_not_be_reported_for(lite):
    assert lite.client.post("/v1/entities/kiln/offline", json={"figures": [COAL]}, headers=lite.headers("push", "mill")).status_code == 404
    assert lite.client.post(PATH, json={"figures": [COAL]}, headers=lite.headers("push", "mill")).status_code == 200
    assert send(lite, COAL, kind="read").status_code == 403


def workbook(lite, *rows: list[object]) -> bytes:
    book = load_workbook(BytesIO(lite.client.get("/v1/offline/template", headers=lite.headers("read")).content))
    for row in rows:
        book["offline"].append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def upload(lite, data: bytes):
    return lite.client.post(f"{PATH}/xlsx", content=data, headers=lite.headers("admin"))


def test_the_filled_template_is_taken_whole(lite):
    rows = ["raw_coal", "purchased", "2026-09", 1200, "t", None, "INV-9"], ["电力", None, "2026年8月", "1,000", "MWh", None, "INV-8", "note"]
    assert upload(lite, workbook(lite, *rows)).json() == {"accepted": 2, "changed": 2}
    figures = lite.get(PATH).json()["figures"]
    assert [(f["carrier"], f["month"], f["amount"], f["used"]) for f in figures] == [
        ("electricity", "2026-08", 1000, "metered"), ("raw_coal", "2026-09", 1200, "offline"),
    ]  # fmt: skip


def test_every_fault_of_a_workbook_is_told_with_sheet_row_and_column(lite):
    rows = ["cole", "purchased", "2026-09", 1200, "t", None, "INV-9"], ["raw_coal", None, "2026-09", "much", "t", None, None]
    answer = upload(lite, workbook(lite, *rows))
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"offline!A4 (carrier)", "offline!D5 (amount)", "offline!G5 (document)"}
    assert lite.get(PATH).json()["figures"] == []


@pytest.mark.parametrize("data", [b"", b"not a workbook"])
def test_what_is_no_workbook_is_refused(lite, data):
    assert upload(lite, data).status_code == 422


def test_an_empty_template_is_told_so(lite):
    assert "第 4 行" in upload(lite, workbook(lite)).json()["detail"]


def test_a_figure_can_be_taken_back_once(lite):
    send(lite, COAL)
    order = {"carrier": "raw_coal", "month": "2026-09", "note": "wrong invoice"}
    assert lite.client.post(f"{PATH}/take-back", json=order, headers=lite.headers("admin")).json() == {"accepted": 1, "changed": 1}
    assert lite.get(PATH).json()["figures"] == []
    assert lite.client.post(f"{PATH}/take-back", json=order, headers=lite.headers("admin")).status_code == 422
    assert [h["amount"] for h in lite.get(PATH).json()["history"]] == [None, 1200]
