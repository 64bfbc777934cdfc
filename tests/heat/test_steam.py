"""Steam and water enthalpies against the published verification tables of IAPWS-IF97, and the table against the library."""

import time

import numpy as np
import pytest
from iapws.iapws97 import _Region1, _Region2, _TSat_P

from tricolor.analysis.steam import BOUND_KJ_KG, boiling_c, region, saturated_enthalpy, steam_enthalpy
from tricolor.domain.errors import Implausible


def one(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize(  # IAPWS R7-97(2012) table 5 (region 1) and table 15 (region 2), kJ/kg
    ("function", "kelvin", "mpa", "published"),
    [
        (_Region1, 300, 3, 115.331273), (_Region1, 300, 80, 184.142828), (_Region1, 500, 3, 975.542239),
        (_Region2, 300, 0.0035, 2549.91145), (_Region2, 700, 0.0035, 3335.68375), (_Region2, 700, 30, 2631.49474),
    ],
)  # fmt: skip
def test_the_library_gives_the_published_enthalpies(function, kelvin: float, mpa: float, published: float) -> None:
    assert function(kelvin, mpa)["h"] == pytest.approx(published, rel=1e-8)


@pytest.mark.parametrize(("mpa", "kelvin"), [(0.1, 372.755919), (1.0, 453.035632), (10.0, 584.149488)])
def test_the_published_boiling_points(mpa: float, kelvin: float) -> None:
    """IAPWS R7-97(2012) table 36."""
    assert boiling_c(one(mpa))[0] + 273.15 == pytest.approx(kelvin, abs=0.002)


def test_superheated_steam_of_one_megapascal_and_300_degrees() -> None:
    assert steam_enthalpy(one(1.0), one(300.0))[0] == pytest.approx(3051.7, abs=0.1)  # steam tables of IF97: 3051.7 kJ/kg


def test_saturated_steam_by_pressure_by_temperature_and_by_dryness() -> None:
    # IF97 steam tables at 1 MPa: 179.886 °C, h' 762.68, h'' 2777.12 kJ/kg; at dryness 0.9: 762.68 + 0.9 × 2014.44 = 2575.68
    assert saturated_enthalpy(one(1.0))[0] == pytest.approx(2777.12, abs=0.05)
    assert saturated_enthalpy(temperature_c=one(179.886))[0] == pytest.approx(2777.12, abs=0.05)
    assert saturated_enthalpy(one(1.0), dryness=0.0)[0] == pytest.approx(762.68, abs=0.05)
    assert saturated_enthalpy(one(1.0), dryness=0.9)[0] == pytest.approx(2575.68, abs=0.05)


def test_the_table_stays_within_its_bound_of_the_library() -> None:
    draw = np.random.default_rng(5)
    pressure = np.exp(draw.uniform(np.log(0.0051), np.log(9.9), 500))
    temperature = boiling_c(pressure) + draw.uniform(0.0, 440.0, 500)
    found = steam_enthalpy(pressure, temperature)
    exact = np.array([_Region2(t + 273.15, p)["h"] for p, t in zip(pressure, temperature, strict=True)])
    assert np.isfinite(found).all()
    assert float(np.max(np.abs(found - exact))) < BOUND_KJ_KG


def test_what_is_water_or_out_of_range_is_not_known() -> None:
    states = [(1.0, 150.0), (0.001, 100.0), (20.0, 500.0), (1.0, 700.0), (np.nan, 200.0), (1.0, np.nan)]
    assert np.isnan(steam_enthalpy(np.array([p for p, _ in states]), np.array([t for _, t in states]))).all()
    assert steam_enthalpy(one(1.0), one(179.0))[0] == pytest.approx(2777.12, abs=0.05)  # 0.9 K under boiling: a saturated line, read a little low


def test_regions_and_their_end() -> None:
    assert (region(1.0, 100.0), region(1.0, 300.0), region(30.0, 400.0)) == (1, 2, 3)
    with pytest.raises(Implausible, match="outside"):
        region(200.0, 100.0)
    with pytest.raises(Implausible, match="dryness"):
        saturated_enthalpy(one(1.0), dryness=1.2)


def test_a_month_of_quarter_hours_of_a_hundred_points_takes_seconds() -> None:
    pressure, temperature = np.full(288_000, 1.0), np.linspace(190, 320, 288_000)
    began = time.perf_counter()
    steam_enthalpy(pressure, temperature)
    assert time.perf_counter() - began < 5.0
    assert _TSat_P(1.0) == pytest.approx(453.0356, abs=1e-3)
