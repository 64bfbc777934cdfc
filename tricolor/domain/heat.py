"""Heat of hot water, and the figures of a heat network's balance.

Water: polynomials fitted to IAPWS-IF97 region 1 (IAPWS R7-97(2012)) for liquid of 0..180 °C at 0.1..2.5 MPa; they agree with it within 0.003 % in
density and 0.02 kJ/kg in enthalpy, which `tests/heat/test_water.py` checks against the library iapws.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WATER_T_MAX_C = 180.0
WATER_P_MPA: Final = (0.1, 2.5)
DENSITY_BOUND = 3e-5  # largest relative error
ENTHALPY_BOUND_KJ_KG = 0.02
ATMOSPHERE_MPA = 0.101325
COLD_WATER_KJ_KG = 83.74  # enthalpy of water at 20 °C, the zero of bought steam (GB/T 32151 and the MEE guidelines)
# powers of T/100 °C at 1 MPa, and of those times (p - 1 MPa)
_DENSITY = (1000.3328, 5.202097, -78.862277, 55.920302, -33.762359, 11.729839, -1.7801035)
_DENSITY_P = (0.50536173, -0.32599409, 0.46859536, -0.24094425, 0.060769375)
_ENTHALPY = (0.99407948, 420.73395, -9.1264058, 11.536383, -6.5180291, 2.4991521, -0.34251499)
_ENTHALPY_P = (1.0133783, -0.41303994, 0.29616084, -0.1702669, 0.025971368)


def water_density(temperature_c: Floats, pressure_mpa: Floats | float = 1.0) -> Floats:
    """Density [kg/m3] of liquid water at temperature [°C] and absolute pressure [MPa]; NaN outside 0..180 °C."""
    return _polynomial(temperature_c, pressure_mpa, _DENSITY, _DENSITY_P)


def water_enthalpy(temperature_c: Floats, pressure_mpa: Floats | float = 1.0) -> Floats:
    """Specific enthalpy [kJ/kg] of liquid water at temperature [°C] and absolute pressure [MPa]; NaN outside 0..180 °C."""
    return _polynomial(temperature_c, pressure_mpa, _ENTHALPY, _ENTHALPY_P)


def water_heat_gj(mass_t: Floats, supply_c: Floats, return_c: Floats, pressure_mpa: Floats | float = 1.0) -> Floats:
    """Heat [GJ] that a mass of water [t] gives off between supply and return [°C]; negative when it comes back warmer, as happens out of season."""
    return mass_t * (water_enthalpy(supply_c, pressure_mpa) - water_enthalpy(return_c, pressure_mpa)) / 1000.0


def steam_heat_gj(mass_t: Floats, enthalpy_kj_kg: Floats, condensate_t: Floats | float = 0.0, condensate_c: Floats | float = 20.0) -> Floats:
    """Heat [GJ] of steam [t] above water of 20 °C, less what comes back as condensate [t] at its temperature [°C]."""
    returned = np.asarray(condensate_t) * (water_enthalpy(np.asarray(condensate_c, dtype=np.float64)) - COLD_WATER_KJ_KG)
    heat: Floats = (mass_t * (enthalpy_kj_kg - COLD_WATER_KJ_KG) - returned) / 1000.0
    return heat


def network_loss_gj(fed_in_gj: float, delivered_gj: float, stored_gj: float = 0.0) -> float:
    """Heat [GJ] lost on the way: fed in, less delivered, less what the pipes hold more than before."""
    return fed_in_gj - delivered_gj - stored_gj


def loss_rate(loss_gj: float, fed_in_gj: float) -> float | None:
    """Share of the heat fed in that is lost; None where nothing was fed in."""
    return loss_gj / fed_in_gj if fed_in_gj > 0 else None


def drop_per_km(head_c: float, end_c: float, length_km: float) -> float | None:
    """Fall of the supply temperature [K/km]; None without a length."""
    return (head_c - end_c) / length_km if length_km > 0 else None


def per_gj(amount: float | None, heat_gj: float) -> float | None:
    """Electricity [kWh/GJ] of the pumps or coal [kgce/GJ] for each GJ fed in; None where one of the two is not known or nothing was fed in."""
    return None if amount is None or heat_gj <= 0 else amount / heat_gj


def _polynomial(temperature_c: Floats, pressure_mpa: Floats | float, plain: tuple[float, ...], pressed: tuple[float, ...]) -> Floats:
    x = np.asarray(temperature_c, dtype=np.float64) / 100.0
    value: Floats = np.polynomial.polynomial.polyval(x, plain) + (pressure_mpa - 1.0) * np.polynomial.polynomial.polyval(x, pressed)
    return np.where((x >= 0) & (x <= WATER_T_MAX_C / 100.0), value, np.nan)
