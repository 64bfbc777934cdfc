"""The script of the city: GDP, value added and output such that the lights come out as written."""

import numpy as np
import pytest

from simulators.dials import Devices
from simulators.script import City
from simulators.statistics import complete_months, consumption_tce, figures, month_text, paced, reductions
from tricolor.domain.intervals import parse_us

NOW = parse_us("2026-11-20T20:07:31+08:00")


def required(five_year: float) -> float:
    """T of the first of five years."""
    return 1 - (1 - five_year) ** 0.2


def test_year_to_date_intensity_falls_by_the_scripted_share_in_every_month(city: City, devices: Devices) -> None:
    for area in city.script.areas:
        found = reductions(devices, area.id, NOW)
        assert list(found) == [f"2026-{m:02d}" for m in range(1, 11)]
        assert list(found.values()) == pytest.approx([area.reduction] * 10, abs=1e-6), area.id


def test_the_areas_show_every_light(city: City) -> None:
    script = {area.id: area.reduction for area in city.script.areas}
    # annex 1: qinnan 9 / 14.5, qinbei 11 / 14.5, pubei 11 / 13, lingshan 10 / 12, port area 14.5 / 15
    assert script["qinnan"] > required(0.145) and script["pubei"] > required(0.13)  # green on both
    for area, basic in (("qinbei", 0.11), ("qinzhougang", 0.145)):  # fell, missed by at most a tenth: yellow
        assert 0.9 * required(basic) < script[area] < required(basic)
    assert 0.9 * required(0.15) < script["qinzhougang"] < required(0.15)  # and on the incentive target as well
    assert script["lingshan"] < 0  # rose: red


def test_the_city_is_the_sum_of_its_areas_and_yellow(city: City, devices: Devices) -> None:
    found = figures(devices, NOW)
    for kind in ("gdp", "value_added"):
        parts = sum(f.value for f in found if f.kind == kind and f.entity in {a.id for a in city.script.areas} and f.month == "2026-05")
        assert next(f.value for f in found if f.kind == kind and f.entity == "qinzhou" and f.month == "2026-05") == pytest.approx(parts)
    whole = sum(consumption_tce(devices, city.inside(a.id), 22, "equivalent") for a in city.script.areas)
    assert consumption_tce(devices, city.inside("qinzhou"), 22, "equivalent") == pytest.approx(whole)
    assert 0.9 * required(0.125) < reductions(devices, "qinzhou", NOW)["2026-10"] < required(0.125)


def test_unit_energy_of_products_shows_every_light(city: City, devices: Devices) -> None:
    limits = {"caustic_soda_30": (315, 350), "calcium_carbide": (805, 940), "manganese_silicon_alloy": (860, 950), "cement_clinker": (100, 117)}
    limits["methanol_bituminous"] = (1400, 1800)
    output = {(f.entity, f.month): f.value for f in figures(devices, NOW) if f.kind == "output"}
    lights = {}
    for row in city.script.products:
        energy = consumption_tce(devices, {row.entity}, 22, "calorific")[12:] * 1000
        unit = energy.sum() / sum(output[row.entity, f"2026-{m:02d}"] for m in range(1, 11))
        assert unit == pytest.approx(row.unit_energy_kgce * (1 + row.change), rel=1e-6)
        benchmark, baseline = limits[city.entities[row.entity].product]
        lights[row.entity] = "green" if unit <= benchmark else "yellow" if unit <= baseline else "red"
    assert lights == {"qzg-chloralkali": "green", "qb-carbide": "yellow", "qn-manganese": "red", "ls-cement": "yellow", "qzg-methanol": "green"}


def test_energy_of_a_park_is_bought_minus_sold_by_equal_value(city: City, devices: Devices) -> None:
    # qzg-chp in 2025-01: coal at 714.3 kgce/t, minus electricity at 0.31 kgce/kWh and heat at 34.12 kgce/GJ, by hand from the meters
    quarters = slice(0, 31 * 96)
    amount = {leaf: devices.dials[f"qzg-chp.{leaf}"].amounts()[quarters].sum() for leaf in ("coal", "elec-sold", "heat-sold")}
    by_hand = (amount["coal"] * 714.3 - amount["elec-sold"] * 0.31 - amount["heat-sold"] * 34.12) / 1000
    assert consumption_tce(devices, {"qzg-chp"}, 1, "equivalent")[0] == pytest.approx(by_hand)
    assert {"qzg-chp", "qzg-heat", "qzg-petrochemical"} <= city.inside("qzg-petrochemical")
    assert "qzg-paper" not in city.inside("qzg-petrochemical")


def test_figures_come_out_ten_days_after_the_month(city: City) -> None:
    last = lambda text: month_text(*complete_months(city, parse_us(text))[-1])  # noqa: E731
    assert last("2026-11-10T23:59:59+08:00") == "2026-09"  # October is over for 9.99 days
    assert last("2026-11-11T00:00:00+08:00") == "2026-10"
    assert complete_months(city, parse_us("2025-02-03T00:00:00+08:00")) == []


def test_a_third_year_falls_again_by_the_same_share() -> None:
    # equal energy every year: GDP grows by 1/(1 - r) a year, so intensity falls by r
    energy = np.full(36, 100.0)
    gdp = paced(energy, 0.5, 0.03, np.ones(36))
    assert gdp[:12].sum() == pytest.approx(1200 / 0.5)
    for year in (1, 2):
        assert gdp[12 * year : 12 * year + 12].sum() * (1 - 0.03) == pytest.approx(gdp[12 * year - 12 : 12 * year].sum())


def test_every_figure_is_positive_and_names_its_unit(devices: Devices) -> None:
    found = figures(devices, NOW)
    assert len({(f.entity, f.kind, f.month, f.product) for f in found}) == len(found) > 700
    for figure in found:
        assert figure.value > 0
        units = {"output": "t", "heads": "head", "area": "m2"}
        assert (figure.unit, figure.price_year) == ((units[figure.kind], None) if figure.kind in units else ("1e4CNY", 2025))
        assert bool(figure.product) == (figure.kind == "output")
    assert found[0].body() == {
        "entity": "qinnan", "kind": "gdp", "month": "2025-01", "value": found[0].value, "unit": "1e4CNY", "price_year": 2025,
    }  # fmt: skip


def test_people_and_floor_area_are_stated_each_january_and_stay_the_same(city: City, devices: Devices) -> None:
    found = [f for f in figures(devices, NOW) if f.kind in ("heads", "area")]
    units = {e.id for e in city.entities.values() if e.kind in ("enterprise", "building")}
    assert {f.entity for f in found if f.kind == "heads"} == units
    assert {f.month for f in found} == {"2025-01", "2026-01"} and all(f.value > 0 and f.price_year is None for f in found)
    assert all(len({f.value for f in found if (f.entity, f.kind) == pair}) == 1 for pair in {(f.entity, f.kind) for f in found})
    assert {f.entity for f in found if f.kind == "area"} == {e.id for e in city.entities.values() if e.kind == "building"}
