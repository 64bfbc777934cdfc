"""Factors that people set: what follows from them, which one is in force for whom, and what is refused in which words."""

from datetime import date

import pytest

from tests.factors.conftest import measured
from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import load_plan
from tricolor.domain.errors import Problems
from tricolor.domain.factors import FactorKind
from tricolor.domain.own_factors import Setting, SettingKind, check, factors_of, with_own
from tricolor.domain.units import UnitMismatch, conversion

BASE = factor_book(load_plan("illustrative-2026-2030"))
TODAY = date(2026, 11, 20)
C, E, CO2 = FactorKind.CALORIFIC, FactorKind.EQUIVALENT, FactorKind.CO2


def book(*proposals):
    return with_own(BASE, [Setting(n, what, "w", "r", 0) for n, what in enumerate(proposals, 1)])


def test_a_measured_heating_value_gives_both_coal_values_and_co2() -> None:
    made = {f.kind: f for f in factors_of(Setting(1, measured(23.0, "MJ/kg"), "w", "r", 0), BASE)}
    assert made[C].value == made[E].value == pytest.approx(23.0 / 29.3076)  # 0.78478 kgce/kg
    # 0.023 GJ/kg × 0.02618 tC/GJ × 0.93 × 44/12 × 1000, carbon and oxidation of 烟煤, which the plan chose for raw coal
    assert made[CO2].value == pytest.approx(0.023 * 0.02618 * 0.93 * 44 / 12 * 1000)
    assert made[CO2].parts is not None and "raw_coal" in made[CO2].note


@pytest.mark.parametrize(("value", "unit"), [(5_000, "kcal/kg"), (20.934, "MJ/kg"), (20.934, "GJ/t"), (20_934, "kJ/kg"), (20_934_000, "kJ/t")])
def test_heating_values_in_any_unit_of_energy_over_mass_are_one(value: float, unit: str) -> None:
    (factor,) = [f for f in factors_of(Setting(1, measured(value, unit), "", "", 0), BASE) if f.kind is C]
    assert factor.value * conversion("kg", factor.per) == pytest.approx(0.7143, abs=5e-5)  # 5 000 kcal over 7 000


def test_gas_measured_per_ten_thousand_cubic_metres_is_the_same_as_per_one() -> None:
    per_10k = book(measured(389.31, "GJ/1e4m3", carrier="natural_gas")).pick("natural_gas", CO2, TODAY, "mill")
    per_one = book(measured(38.931, "MJ/m3", carrier="natural_gas")).pick("natural_gas", CO2, TODAY, "mill")
    assert per_10k is not None and per_one is not None
    assert per_10k.value / 10_000 == pytest.approx(per_one.value)
    assert per_10k.value / 1000 == pytest.approx(21.6219, abs=5e-5)  # tCO2 per 10^4 Nm3


def test_the_point_comes_before_the_unit_before_everyone_before_the_plan_before_the_table() -> None:
    everyone = measured(0.75, "kgce/kg", entity="", kind=SettingKind.CALORIFIC)
    unit, one_point = measured(5_500), measured(6_000, point="mill.raw_coal2")
    held = book(everyone, unit, one_point)
    values = {who: held.pick("raw_coal", C, TODAY, *who).value for who in [("mill", "mill.raw_coal2"), ("mill", "mill.raw_coal3"), ("kiln", "")]}
    assert values == pytest.approx({("mill", "mill.raw_coal2"): 6 / 7, ("mill", "mill.raw_coal3"): 5.5 / 7, ("kiln", ""): 0.75}, rel=1e-4)
    chain = [f.id for f in held.chain("raw_coal", C, TODAY, "mill", "mill.raw_coal2")]
    assert chain == ["own:3:calorific", "own:2:calorific", "own:1:calorific", "gbt2589-2020:raw_coal:calorific"]


def test_a_measured_heating_value_comes_before_a_number_set_outright_but_a_co2_factor_set_outright_before_the_computed_one() -> None:
    held = book(
        measured(2.2, "tCO2/t", kind=SettingKind.CO2), measured(5_500), measured(0.72, "kgce/kg", kind=SettingKind.CALORIFIC)
    )  # fmt: skip
    assert held.pick("raw_coal", C, TODAY, "mill").id == "own:2:calorific"
    assert held.pick("raw_coal", CO2, TODAY, "mill").id == "own:1:co2"


def test_a_setting_holds_on_its_days_only() -> None:
    held = book(measured(valid_from=date(2026, 3, 1), valid_to=date(2026, 4, 1)))
    ids = {on: held.pick("raw_coal", C, on, "mill").id for on in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))}
    assert [i.startswith("own:1") for i in ids.values()] == [False, True, True, False]


def test_a_revoked_setting_is_in_no_book() -> None:
    gone = Setting(1, measured(), "w", "r", 0, revoked_at=5, revoked_by="w")
    assert with_own(BASE, [gone]).pick("raw_coal", C, TODAY, "mill").id == "gbt2589-2020:raw_coal:calorific"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"unit": "MJ/m3"}, "m3 is volume, kg is mass: no conversion"),
        ({"unit": "kgce/kg"}, "kgce is coal, MJ is energy: no conversion"),
        ({"unit": "MJ"}, "not one known unit over another"),
        ({"value": 23_000.0, "unit": "MJ/kg"}, "check the unit and the number"),  # kJ taken for MJ: a thousand times
        ({"value": 0.0}, "must be more than 0"),
        ({"carrier": "unobtainium"}, "'unobtainium' is not known"),
        ({"carrier": "electricity", "unit": "MJ/kWh", "value": 3.6}, "has no heating value"),
        ({"document": " "}, "name what the value rests on"),
        ({"valid_to": date(2026, 1, 1)}, "must be after valid_from"),
        ({"entity": "", "point": "mill.raw_coal2"}, "name the unit"),
    ],
)
def test_what_cannot_be_is_refused_in_words_that_say_how_to_mend_it(change: dict, says: str) -> None:
    with pytest.raises(Problems) as refused:
        check(measured(**change), carriers(), BASE)
    assert says in str(refused.value)


def test_a_conversion_between_dimensions_is_refused_naming_both_units() -> None:
    with pytest.raises(UnitMismatch, match="kWh is energy, t is mass: no conversion"):
        conversion("kWh", "t")


def test_one_calorie_is_the_international_table_one() -> None:
    assert conversion("kcal", "kJ") == pytest.approx(4.1868)
    assert 7_000 * conversion("kcal", "MJ") == pytest.approx(29.3076)  # one kgce
