"""Factors: every row of the tables is there, in units that accounts can use, and consistent with its own heating value."""

import csv
import math
from datetime import date
from pathlib import Path

import pytest

from tricolor.catalogue.factors import all_factors, carriers, derived_factors, factor_book, find_factor, unavailable
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.source_words import said
from tricolor.catalogue.tables import DATA
from tricolor.domain.factors import Factor, FactorKind
from tricolor.domain.units import UNITS, conversion

BY_ID = {factor.id: factor for factor in all_factors()}
TODAY = date(2026, 11, 20)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["gbt2589.csv", "emission-factors.csv", "benchmark-2023.csv"])
def test_the_catalogue_holds_the_shared_tables_whole(shared: Path, name: str) -> None:
    assert (DATA / name).read_bytes() == (shared / "domain" / name).read_bytes()


def test_every_row_of_both_tables_is_a_factor_or_listed_as_unavailable(shared: Path) -> None:
    coal, co2 = rows(shared / "domain" / "gbt2589.csv"), rows(shared / "domain" / "emission-factors.csv")
    assert (len(coal), len(co2)) == (43, 116)
    assert len(all_factors()) + len(unavailable()) == len(coal) + len(co2)
    listed = [*all_factors(), *unavailable()]
    expected_status = sorted(said(row["status"]) for row in coal + co2)
    assert sorted(row.status for row in listed) == expected_status


def test_rows_without_a_number_are_listed_with_their_status() -> None:
    assert {(row.id, row.status) for row in unavailable()} == {
        ("gbt2589-2020:electricity:equivalent", "memory"),
        ("grid:southwest:average:2023", "missing"),
    }
    assert all(row.reason for row in unavailable())


def test_ids_are_unique_and_every_factor_is_usable() -> None:
    everything = [*all_factors(), *derived_factors()]
    ids = [row.id for row in everything] + [row.id for row in unavailable()]
    assert len(ids) == len(set(ids))
    for factor in everything:
        assert math.isfinite(factor.value) and factor.value >= 0, factor.id
        assert factor.per in UNITS and factor.unit.endswith("/" + factor.per), factor.id
        assert factor.carrier in carriers(), factor.id
        assert factor.source and factor.status, factor.id


def test_every_carrier_has_a_factor_and_its_own_unit_converts() -> None:
    held = {factor.carrier for factor in (*all_factors(), *derived_factors())}
    assert held == set(carriers())
    for factor in (*all_factors(), *derived_factors()):
        assert conversion(carriers()[factor.carrier].unit, factor.per) > 0, factor.id


@pytest.mark.parametrize(
    ("identity", "value", "unit"),
    [
        ("gbt2589-2020:electricity:calorific", 0.1229, "kgce/kWh"),
        ("gbt2589-2020:raw_coal:calorific", 0.7143, "kgce/kg"),
        ("gbt2589-2020:heat:calorific", 34.12, "kgce/GJ"),  # 0.03412 kgce/MJ × 1000 MJ/GJ
        ("gbt2589-2020:fresh_water:calorific", 0.2571, "kgce/t"),
        ("fuel:natural_gas:co2", 2.16219, "kgCO2/m3"),  # 21.6219 tCO2/1e4 Nm3 = 21 621.9 kg / 10 000 m3
        ("fuel:diesel:co2", 3.1451, "kgCO2/kg"),  # tCO2/t
        ("heat:heat:co2", 110.0, "kgCO2/GJ"),  # 0.11 tCO2/GJ
        ("grid:guangxi:average:2023", 0.4476, "kgCO2/kWh"),
        ("grid:national:average:2021", 0.5568, "kgCO2/kWh"),
        ("footprint:national:life-cycle:2024", 0.5777, "kgCO2e/kWh"),
    ],
)
def test_units_are_converted_exactly(identity: str, value: float, unit: str) -> None:
    factor = BY_ID[identity]
    assert factor.value == value
    assert factor.unit == unit


def test_a_range_keeps_both_ends_and_says_which_it_uses() -> None:
    ranges = {factor.carrier: factor for factor in all_factors() if factor.low is not None}
    assert {code: (f.low, f.high, f.value) for code, f in ranges.items()} == {
        "natural_gas": (1.1, 1.33, 1.33),  # the default the source notes
        "coal_slime": (0.2857, 0.4286, 0.4286),
        "coke_oven_gas": (0.5714, 0.6143, 0.6143),
        "biogas": (0.7143, 0.8286, 0.8286),
    }
    assert all("upper end" in factor.note for factor in ranges.values())


def test_each_coefficient_is_its_heating_value_over_29307_6() -> None:
    """coef = NCV / 29 307.6 kJ within the rounding of both printed numbers. One row of the table contradicts itself and is known:
    acetylene prints 243.76 MJ/m3 beside 8.3143, and 8.3143 × 29.3076 = 243.67."""
    contradicting = set()
    for row in rows(DATA / "gbt2589.csv"):
        if not row["ncv_kJ_per_unit"]:
            continue
        is_mj = "MJ" in row["ncv_kJ_per_unit"]
        heating = [float(part.split()[0]) * (1000 if is_mj else 1) for part in row["ncv_kJ_per_unit"].split("~")]
        tolerance = 5e-5 + (5 if is_mj else 0.5) / 29_307.6
        for ncv, coef in zip(heating, row["coef"].split("~"), strict=True):
            if abs(ncv / 29_307.6 - float(coef)) > tolerance:
                contradicting.add(row["energy_cn"])
    assert contradicting == {"乙炔"}
    assert "243.67" in BY_ID["gbt2589-2020:acetylene:calorific"].note


def test_each_fuel_co2_factor_is_heating_value_times_carbon_times_oxidation() -> None:
    for row in rows(DATA / "emission-factors.csv"):
        if row["category"] == "fuel":
            worked = float(row["ncv"]) * float(row["carbon_tC_per_GJ"]) * float(row["oxidation"]) * 44 / 12
            assert worked == pytest.approx(float(row["value"]), abs=6e-5), row["name"]


def test_a_carrier_outside_gbt2589_gets_its_coefficient_from_its_heating_value() -> None:
    coke = find_factor("ncv:petroleum_coke:calorific")
    assert coke is not None
    assert (coke.value, coke.unit, coke.status) == (1.0577, "kgce/kg", "derived")  # 31.0 / 29.3076 = 1.05774
    gas = find_factor("ncv:converter_gas:calorific")
    assert gas is not None
    assert (gas.value, gas.unit) == (0.2714, "kgce/m3")  # 79.54 GJ/1e4 m3 = 7.954 MJ/m3; / 29.3076 = 0.27140


@pytest.mark.parametrize("name", ["qinzhou-2021-2025", "illustrative-2026-2030"])
def test_the_book_of_a_plan_gives_both_coal_values_and_co2_of_what_the_city_burns(name: str) -> None:
    plan = load_plan(name)
    book = factor_book(plan)
    for year in (plan.base_year, plan.first_year, plan.last_year):
        for carrier in ("electricity", "raw_coal", "washed_coal", "coke", "natural_gas", "diesel", "gasoline", "fuel_oil", "lpg", "lng",
                        "refinery_gas", "heat", "steam", "petroleum_coke", "naphtha"):  # fmt: skip
            for kind in FactorKind:
                picked = book.pick(carrier, kind, date(year, 1, 1))
                if carrier == "lng" and date(year, 1, 1) < date(2021, 4, 1) and kind is not FactorKind.CO2:
                    assert picked is None  # the 2008 edition has no row for it
                    continue
                assert picked is not None and picked.kind is kind and picked.carrier == carrier, (carrier, kind, year)


def pick(carrier: str, kind: FactorKind, on: date = TODAY, name: str = "illustrative-2026-2030") -> Factor:
    found = factor_book(load_plan(name)).pick(carrier, kind, on)
    assert found is not None
    return found


def test_electricity_takes_its_equal_value_and_its_grid_from_the_plan() -> None:
    assert pick("electricity", FactorKind.CALORIFIC).value == 0.1229
    equal = pick("electricity", FactorKind.EQUIVALENT)
    assert (equal.value, equal.low, equal.high, equal.status) == (0.31, 0.305, 0.315, "illustrative")
    grid = pick("electricity", FactorKind.CO2)
    assert (grid.value, grid.region, grid.year) == (0.4476, "广西", 2023)


def test_a_past_year_takes_the_grid_factor_of_its_own_data_year() -> None:
    values = {year: pick("electricity", FactorKind.CO2, date(year, 7, 1), "qinzhou-2021-2025").value for year in (2021, 2022, 2023, 2025)}
    assert values == {2021: 0.5154, 2022: 0.4044, 2023: 0.4476, 2025: 0.4476}


def test_for_everything_but_electricity_the_equal_value_is_the_calorific_value() -> None:
    assert pick("heat", FactorKind.EQUIVALENT).value == pick("heat", FactorKind.CALORIFIC).value == 34.12
    assert pick("natural_gas", FactorKind.EQUIVALENT).value == 1.33


def test_a_borrowed_factor_says_from_whom() -> None:
    raw_coal = pick("raw_coal", FactorKind.CO2)
    assert raw_coal.value == 2.0715  # 烟煤, tCO2/t
    assert raw_coal.id.startswith("illustrative-2026-2030:raw_coal:co2")
    assert "烟煤" in raw_coal.note


def test_low_pressure_steam_carries_the_co2_of_its_heat() -> None:
    assert pick("steam", FactorKind.CO2).value == pytest.approx(0.11 * 3.768)  # tCO2/GJ × GJ/t


def test_days_before_the_2020_edition_are_not_judged_by_it() -> None:
    assert pick("electricity", FactorKind.CALORIFIC, date(2018, 6, 1)).id == "gbt2589-2008:electricity:calorific"
    assert pick("electricity", FactorKind.CALORIFIC, date(2021, 4, 1)).id == "gbt2589-2020:electricity:calorific"


def test_the_footprint_factor_is_in_no_book() -> None:
    for name in ("qinzhou-2021-2025", "illustrative-2026-2030"):
        assert all(factor.scope != "life-cycle" for factor in factor_book(load_plan(name)).factors)
