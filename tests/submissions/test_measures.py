"""Formulas of plan indicators over metered flows, and the flow from a weighbridge's readings to an indicator's light."""

import numpy as np
import pytest

from tests.accounts.conftest import make_rig, point, rig  # noqa: F401 - fixtures
from tricolor.adapters.registry_files.points import check_point
from tricolor.analysis.monthly import monthly_energy
from tricolor.catalogue.factors import all_factors, carriers
from tricolor.catalogue.materials import flow_carriers, materials
from tricolor.domain.formulas import BadFormula
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.domain.measures import measure_of, worked_out
from tricolor.domain.meters import MATERIAL_ROLES, Role

RATE = "100 * utilised(industrial_solid_waste) / (generated(industrial_solid_waste) + utilised_stock(industrial_solid_waste))"
WASTE = "industrial_solid_waste"


def test_the_flows_of_a_formula_are_found_and_it_is_worked_out_by_hand():
    measure = measure_of(RATE, "%", flow_carriers())
    assert set(measure.flows) == {(WASTE, Role.UTILISED), (WASTE, Role.GENERATED), (WASTE, Role.UTILISED_STOCK)}
    flows = {(WASTE, Role.UTILISED): {"2026-01": 90.0}, (WASTE, Role.GENERATED): {"2026-01": 80.0}, (WASTE, Role.UTILISED_STOCK): {"2026-01": 40.0}}
    assert worked_out(measure, [flows], ["2026-01"]).value == pytest.approx(75.0)  # 100 * 90 / (80 + 40)


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("100 * utilised(straww) / generated(straw)", "%", "straww"), ("100 * used(straw)", "%", "used"), ("100 * straw", "%", "utilised"),
        ("100 * utilised(straw", "%", ""), ("", "%", "空"), ("utilised(straw) + generated(industrial_water)", "t", "volume"),
        ("utilised(straw) / generated(straw)", "t", "number"), ("utilised(straw) * 2 [MJ/m3]", "t", "单位"), ("__import__('os')", "%", ""),
    ],
)  # fmt: skip
def test_a_bad_formula_is_refused_in_words(text, unit, words):
    with pytest.raises(BadFormula) as error:
        measure_of(text, unit, flow_carriers())
    assert words in str(error.value) and " · " in str(error.value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [(RATE, "%"), ("utilised(straw)", "t"), ("utilised(straw) / 10000", "万吨"), ("max(generated(straw) - utilised(straw), 0)", "t"),
     ("100 * reused(industrial_water) / (reused(industrial_water) + generated(industrial_water))", "%"), ("sold(heat)", "GJ")],
)  # fmt: skip
def test_a_good_formula_has_no_fault(text, unit):
    assert measure_of(text, unit, flow_carriers()).flows


def test_an_amount_comes_out_in_the_unit_of_the_indicator():
    measure = measure_of("utilised(straw)", "kg", flow_carriers())
    assert worked_out(measure, [{("straw", Role.UTILISED): {"2026-01": 2.0}}], ["2026-01"]).value == pytest.approx(2000.0)


def test_no_material_is_an_energy_carrier_or_has_a_factor():
    assert not set(materials()) & set(carriers())
    assert not set(materials()) & {factor.carrier for factor in all_factors()}
    assert set(flow_carriers()) == set(materials()) | set(carriers())


def row(**more):
    return {"unit": "t", "quantity": "mass", "kind": "delta", "carrier": WASTE, "role": "generated", "valid_from": 0} | more


def test_the_registry_takes_a_weighbridge_and_keeps_material_and_energy_apart():
    def faults(**more):
        return [f.column for f in check_point(row(**more), flow_carriers(), 5, "")]

    assert [faults(role=role) for role in MATERIAL_ROLES] == [[]] * len(MATERIAL_ROLES)
    assert faults(role="none") == []
    assert faults(role="purchased") == ["role"]
    assert faults(carrier="raw_coal", role="generated") == ["role"]
    assert faults(unit="kWh", quantity="energy") == ["unit"]


def test_weighed_waste_settles_into_day_accounts_without_touching_energy(rig):  # noqa: F811
    def scale(name: str, role: Role):
        return point(name, name, "mill", role, WASTE, "t")

    rig.register(point("mill.e", "m", "mill"), scale("made", Role.GENERATED), scale("used", Role.UTILISED))
    before = parse_us("2026-04-02T00:00:00+08:00")
    rig.put("mill.e", [10.0] * 96)
    rig.settle()
    energy = monthly_energy(rig.book.load(), rig.whole("park"), ["park"], before)["park"]["2026-03"]
    rig.put("made", [12.5, 7.5, 20.0])
    rig.put("used", [30.0])
    rig.settle()
    rows = {(a.carrier, a.role): a for a in rig.accounts("mill") if a.day == "2026-03-01"}
    made = rows[WASTE, Role.GENERATED]
    assert (made.amount, made.unit, made.tce_calorific, made.tce_equivalent, made.co2_t, made.factor_ids) == (40.0, "t", None, None, None, ())
    assert rows[WASTE, Role.UTILISED].amount == 30.0
    assert rig.by_role("park", WASTE) == {"generated": 40.0, "utilised": 30.0}
    after = monthly_energy(rig.book.load(), rig.whole("park"), ["park"], before)["park"]["2026-03"]
    assert after == energy and after.unfactored == ()
    assert after.coverage == pytest.approx(96 * 900 / (31 * DAY_US / 1e6), rel=1e-6)  # of the electricity meter alone
    assert np.isclose(after.tce_calorific or 0.0, 96 * 10 * 0.1 / 1000)
