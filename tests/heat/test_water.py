"""Hot water: heat by flow and temperatures, against IAPWS-IF97 and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iapws import IAPWS97

from tricolor.domain.heat import (
    DENSITY_BOUND,
    ENTHALPY_BOUND_KJ_KG,
    drop_per_km,
    loss_rate,
    network_loss_gj,
    per_gj,
    steam_heat_gj,
    water_density,
    water_enthalpy,
    water_heat_gj,
)

STATES = [(t, p) for t in (1.0, 4.0, 17.0, 33.3, 50.0, 70.0, 95.0, 110.0, 130.0, 151.0, 178.0) for p in (0.1, 0.45, 1.0, 1.6, 2.5)]


def test_density_and_enthalpy_stay_within_their_bounds_of_if97() -> None:
    checked = 0
    for temperature, pressure in STATES:
        water = IAPWS97(T=temperature + 273.15, P=pressure)
        if water.region != 1:
            continue  # it boils
        checked += 1
        assert water_density(np.array([temperature]), pressure)[0] == pytest.approx(water.rho, rel=DENSITY_BOUND)
        assert water_enthalpy(np.array([temperature]), pressure)[0] == pytest.approx(water.h, abs=ENTHALPY_BOUND_KJ_KG)
    assert checked > 40


def test_the_published_check_value_of_if97_region_1() -> None:
    # IAPWS R7-97(2012) table 5: 300 K, 3 MPa: v 0.00100215168 m3/kg, h 115.331273 kJ/kg; 3 MPa lies just outside the fit, still within 0.2 kJ/kg
    assert water_enthalpy(np.array([26.85]), 3.0)[0] == pytest.approx(115.331273, abs=0.05)
    assert water_density(np.array([26.85]), 3.0)[0] == pytest.approx(1 / 0.00100215168, rel=1e-4)


def test_ten_tonnes_cooled_from_95_to_70_degrees_give_a_gigajoule_and_five_hundredths() -> None:
    # h(95 °C) 398.7, h(70 °C) 293.8 kJ/kg at 1 MPa (steam tables): 10 t × 104.95 kJ/kg = 1.0495 GJ
    assert water_heat_gj(np.array([10.0]), np.array([95.0]), np.array([70.0]))[0] == pytest.approx(1.0495, abs=0.0008)


def test_a_warmer_return_gives_negative_heat_and_no_error() -> None:
    assert water_heat_gj(np.array([10.0]), np.array([26.0]), np.array([27.0]))[0] == pytest.approx(-0.0418, abs=0.0002)


def test_water_outside_the_range_is_not_known() -> None:
    assert np.isnan(water_enthalpy(np.array([-5.0, 181.0]))).all()


@given(st.floats(0, 180), st.floats(0, 180), st.floats(0, 180), st.floats(0, 1e4))
def test_heat_over_two_steps_is_heat_over_the_whole(hot: float, between: float, cold: float, mass: float) -> None:
    a, b, c, m = (np.array([v]) for v in (hot, between, cold, mass))
    whole = water_heat_gj(m, a, c)[0]
    assert water_heat_gj(m, a, b)[0] + water_heat_gj(m, b, c)[0] == pytest.approx(whole, abs=1e-6)


def test_steam_counts_from_water_of_20_degrees_and_less_its_condensate() -> None:
    # 10 t × (2776.8 - 83.74) kJ/kg = 26.93 GJ; 8 t of condensate at 80 °C, h 335.8 at 1 MPa: 8 × (335.8 - 83.74) = 2.016 GJ less
    assert steam_heat_gj(np.array([10.0]), np.array([2776.8]))[0] == pytest.approx(26.9306, abs=1e-3)
    assert steam_heat_gj(np.array([10.0]), np.array([2776.8]), np.array([8.0]), np.array([80.0]))[0] == pytest.approx(26.9306 - 2.016, abs=3e-3)


def test_the_figures_of_a_balance_by_hand() -> None:
    # 1000 GJ in, 900 out, 20 more in the pipes: 80 lost, 8 %
    assert network_loss_gj(1000, 900, 20) == 80
    assert loss_rate(80, 1000) == 0.08 and loss_rate(0, 0) is None
    assert drop_per_km(110, 104, 3) == 2 and drop_per_km(110, 104, 0) is None
    assert per_gj(1500, 1000) == 1.5 and per_gj(None, 1000) is None and per_gj(5, 0) is None
