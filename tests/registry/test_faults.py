"""Every fault is told with sheet, row and column, in every format, and says how to mend it."""

from typing import Any

import pytest

# sheet, place of the row (0 = first), what is put into it, the column told, what the message says
CASES: list[tuple[str, int, dict[str, Any], str, str]] = [
    ("entities", 3, {"id": "Refinery 1"}, "id", "e.g. refinery-1"),
    ("entities", 3, {"id": "port"}, "id", "already that of row"),
    ("entities", 3, {"id": "fgw"}, "id", "also that of a department"),
    ("entities", 3, {"id": ""}, "id", "is required"),
    ("entities", 3, {"kind": "factory"}, "kind", "use one of city, region"),
    ("entities", 3, {"kind": "city", "park": ""}, "kind", "one city"),
    ("entities", 3, {"name_cn": "  "}, "name_cn", "is required"),
    ("entities", 3, {"name_cn": "厂\n二"}, "name_cn", "control character"),
    ("entities", 3, {"region": "prot"}, "region", "did you mean port"),
    ("entities", 3, {"region": "petro-park"}, "region", "of kind park, not region"),
    ("entities", 3, {"park": "port"}, "park", "of kind region, not park"),
    ("entities", 1, {"park": "petro-park"}, "park", "has no park"),
    ("entities", 3, {"is_key_user": "maybe"}, "is_key_user", "true or false"),
    ("entities", 3, {"order": 1.5}, "order", "whole number"),
    ("entities", 3, {"order": -1}, "order", "below 0"),
    ("entities", 3, {"product": "oil_refinin"}, "product", "did you mean oil_refining"),
    ("entities", 3, {"name_en": "#REF!"}, "name_en", "Excel error"),
    ("meters", 1, {"entity": "heatnet"}, "entity", "did you mean heat-net"),
    ("meters", 1, {"gateway": "网关"}, "gateway", "lower-case letters"),
    ("meters", 1, {"parent": "refinery.m2"}, "parent", "did you mean refinery.m1"),
    ("meters", 1, {"parent": "heat-net.m1"}, "parent", "round in a circle: heat-net.m1 → heat-net.m1"),
    ("points", 0, {"meter": "refinery.m2"}, "meter", "did you mean refinery.m1"),
    ("points", 0, {"unit": "kwhh", "quantity": ""}, "unit", "did you mean kWh"),
    ("points", 0, {"unit": "m3", "quantity": ""}, "unit", "use one of kWh"),
    ("points", 0, {"unit": "kW", "quantity": ""}, "unit", "kind must be gauge"),
    ("points", 2, {"unit": "degC", "role": "purchased", "carrier": "heat"}, "unit", "integrated over time"),
    ("points", 2, {"role": "purchased", "carrier": "heat"}, "unit", "use one of kWh"),
    ("points", 0, {"quantity": "mass"}, "quantity", "does not fit unit kWh"),
    ("points", 0, {"kind": "counter"}, "kind", "register, delta, gauge"),
    ("points", 0, {"role": "bought"}, "role", "use one of purchased"),
    ("points", 0, {"carrier": "electricty"}, "carrier", "did you mean electricity"),
    ("points", 0, {"carrier": ""}, "carrier", "is required when the role is purchased"),
    ("points", 0, {"interval_s": 0}, "interval_s", "below 1"),
    ("points", 0, {"interval_s": 86_401}, "interval_s", "above 86400"),
    ("points", 0, {"interval_s": "15 min"}, "interval_s", "not a number"),
    ("points", 0, {"multiplier": 0}, "multiplier", "above 0"),
    ("points", 0, {"multiplier": -40}, "multiplier", "above 0"),
    ("points", 0, {"multiplier": "nan"}, "multiplier", "not a number"),
    ("points", 0, {"multiplier": "1e400"}, "multiplier", "not a finite number"),
    ("points", 0, {"capacity": 0}, "capacity", "above 0"),
    ("points", 0, {"capacity": "10^6"}, "capacity", "not a number"),
    ("points", 1, {"capacity": 1000}, "capacity", "only a register wraps"),
    ("points", 0, {"max_rate": 0}, "max_rate", "above 0"),
    ("points", 0, {"resolution": -0.01}, "resolution", "below 0"),
    ("points", 0, {"resolution": 2_000_000}, "resolution", "below the capacity"),
    ("points", 0, {"valid_to": "2025-12-31"}, "valid_to", "later than valid_from"),
    ("points", 0, {"valid_to": "2026-01-01"}, "valid_to", "later than valid_from"),
    ("points", 0, {"valid_from": "2026-02-30"}, "valid_from", "no date"),
    ("points", 0, {"valid_from": "soon"}, "valid_from", "no date"),
    ("points", 0, {"valid_from": "46023"}, "valid_from", "no date"),
    ("points", 0, {"valid_from": "2026-01-01T08:00:00"}, "valid_from", "no UTC offset"),
    ("points", 0, {"valid_from": "1970-01-01"}, "valid_from", "between 1992 and 2100"),
    ("points", 0, {"valid_to": "2199-01-01"}, "valid_to", "between 1992 and 2100"),
    ("contacts", 0, {"of": "fgww"}, "of", "did you mean fgw"),
    ("contacts", 0, {"phone": "call me"}, "phone", "no known shape"),
    ("contacts", 0, {"phone": "12345"}, "phone", "no known shape"),
    ("contacts", 0, {"email": "duty.city.example"}, "email", "no known shape"),
]


def row_number(file_format: str, place: int) -> int:
    return place + 1 if file_format == "toml" else place + 2  # a sheet has its header above


@pytest.mark.parametrize(("sheet", "place", "change", "column", "says"), CASES)
def test_a_fault_is_told_where_it_is(sheet, place, change, column, says, rows, write, faults_of, file_format) -> None:
    rows[sheet][place].update(change)
    faults = faults_of(write(rows), products={"oil_refining", "paper"})
    found = [fault for fault in faults if (fault.sheet, fault.row, fault.column) == (sheet, row_number(file_format, place), column)]
    assert found, [str(fault) for fault in faults]
    assert says in found[0].en
    word = "项" if file_format == "toml" else "行"
    assert str(found[0]).startswith(f"{sheet}!第{row_number(file_format, place)}{word} {column}: ")


def test_a_fault_reads_chinese_first_in_one_line(rows, write, faults_of, file_format) -> None:
    rows["points"][0].update(unit="kwhh", quantity="")
    (fault,) = faults_of(write(rows))
    place = "第1项" if file_format == "toml" else "第2行"
    assert str(fault).startswith(f'points!{place} unit: 计量单位 "kwhh" 未知，是否应为 kWh')
    assert ' · unit "kwhh" is not known; did you mean kWh; use one of ' in str(fault)
    assert "\n" not in str(fault)


def test_one_fault_does_not_hide_the_others_nor_call_forth_false_ones(rows, write, faults_of, file_format) -> None:
    rows["entities"][3]["name_cn"] = ""  # the unit still counts as there: its meters and contacts are not at fault
    rows["meters"][0]["gateway"] = "GW 1"
    rows["points"][0].update(multiplier=-1, interval_s=0, role="bought")
    rows["contacts"][1]["phone"] = "?"
    told = [(fault.sheet, fault.row, fault.column) for fault in faults_of(write(rows))]
    at = lambda place: row_number(file_format, place)  # noqa: E731
    assert told == [
        ("entities", at(3), "name_cn"), ("meters", at(0), "gateway"),
        ("points", at(0), "role"), ("points", at(0), "interval_s"), ("points", at(0), "multiplier"), ("contacts", at(1), "phone"),
    ]  # fmt: skip


def test_there_must_be_a_city(rows, write, faults_of) -> None:
    del rows["entities"][0]
    (fault,) = faults_of(write(rows))
    assert (fault.sheet, fault.row) == ("entities", None)
    assert "exactly one row must be of kind city" in fault.en


def test_an_unknown_sheet_names_the_nearest(rows, write, faults_of) -> None:
    rows["metres"] = rows.pop("meters")
    faults = faults_of(write(rows))
    assert any("did you mean meters" in fault.en and fault.sheet.startswith("metres") for fault in faults)


def test_an_unknown_column_names_the_nearest_and_is_told_once_a_sheet(rows, write, faults_of, file_format) -> None:
    for point in rows["points"]:
        point["multiplyer"] = 2
    faults = faults_of(write(rows))
    assert all("did you mean multiplier" in fault.en and fault.column == "multiplyer" for fault in faults)
    assert [fault.row for fault in faults] == ([1, 2, 3] if file_format == "toml" else [1])


def test_a_column_given_twice_under_two_names_is_a_fault(rows, write, faults_of, file_format) -> None:
    rows["points"][0]["测点"] = rows["points"][0]["表计"] = "refinery.m1"
    faults = faults_of(write(rows))
    assert any("meter twice" in fault.en or "meter is given twice" in fault.en for fault in faults)


def test_a_missing_required_column_is_told_once(rows, writers, faults_of, tmp_path) -> None:
    for point in rows["points"]:
        del point["unit"], point["meter"]
    for name in ("xlsx", "csv"):
        (fault,) = faults_of(writers[name](rows, tmp_path))
        assert (fault.sheet, fault.row, fault.en) == ("points", 1, "required column meter, unit is missing")


def test_a_region_that_differs_from_the_parks_is_a_fault(rows, write, faults_of) -> None:
    rows["entities"].append({"id": "inland", "kind": "region", "name_cn": "内陆区"})
    rows["entities"][3]["region"] = "inland"
    (fault,) = faults_of(write(rows))
    assert fault.column == "region" and "region of its park" in fault.en
