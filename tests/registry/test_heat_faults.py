"""Heat meters in a registry file: what cannot be worked out is said with sheet, row and column."""

from typing import Any

import pytest

from tricolor.domain.meters import Measure, Medium


@pytest.fixture
def heat_rows(rows: dict[str, Any]) -> dict[str, Any]:
    """The last four points, rows 4 to 7 of the sheet as items, are those of a calculated heat meter."""
    rows["meters"][1] |= {"medium": "hot_water", "branch": "east", "pipe_km": 1.2, "pipe_mm": 300}
    rows["points"][2] |= {"measure": "flow", "unit": "m3/h"}
    for name, measure in (("supply", "supply_temperature"), ("return", "return_temperature")):
        rows["points"].append({"id": f"heat-net.{name}", "meter": "heat-net.m1", "unit": "degC", "kind": "gauge", "role": "none", "measure": measure})
    heat = {"id": "heat-net.heat", "meter": "heat-net.m1", "carrier": "heat", "unit": "GJ", "kind": "delta", "role": "delivered"}
    rows["points"].append(heat | {"measure": "calculated_heat"})
    return rows


def test_a_heat_meter_is_read(heat_rows, write, load) -> None:
    file = load(write(heat_rows))
    meter = file.meters[1]
    assert (meter.medium, meter.branch, meter.pipe_km, meter.pipe_mm) == (Medium.HOT_WATER, "east", 1.2, 300.0)
    assert [p.measure for p in file.points[2:]] == [
        Measure.FLOW, Measure.SUPPLY_TEMPERATURE, Measure.RETURN_TEMPERATURE, Measure.CALCULATED_HEAT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "place", "change", "column", "told"),
    [
        ("points", 4, {"measure": ""}, "measure", "return_temperature: heat of hot_water cannot be worked out"),
        ("meters", 1, {"medium": ""}, "measure", "its meter names no medium"),
        ("points", 5, {"kind": "register"}, "kind", "its kind must be delta"),
        ("points", 5, {"role": "none"}, "role", "give it a role"),
        ("points", 3, {"unit": "MPa"}, "unit", "supply_temperature is temperature, and MPa is pressure"),
        ("points", 4, {"measure": "supply_temperature"}, "measure", "more than once"),
        (
            "points",
            1,
            {"meter": "heat-net.m1", "carrier": "heat", "unit": "GJ", "role": "delivered"},
            "measure",
            "already counts its heat by refinery.coal",
        ),
        ("points", 2, {"measure": "flows"}, "measure", "flow"),
    ],
)
def test_what_cannot_be_worked_out_is_told(heat_rows, write, faults_of, sheet: str, place: int, change, column: str, told: str) -> None:
    heat_rows[sheet][place] |= change
    found = [(f.sheet, f.column) for f in faults_of(write(heat_rows)) if told in f.en]
    assert ("points", column) in found
