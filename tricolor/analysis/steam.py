"""Enthalpy of steam by IAPWS-IF97 (library iapws): a table filled once by the library and read by a cubic spline, so that months take seconds."""

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.errors import Implausible, Misconfigured

Floats = NDArray[np.float64]
PRESSURE_MPA = (0.005, 10.0)
SUPERHEAT_MAX_K = 450.0
BOUND_KJ_KG = 0.05  # largest distance from the library, checked by tests/heat/test_steam.py


class _Table(NamedTuple):
    superheated: Any  # (ln p, superheat) -> kJ/kg
    volume: Any  # as superheated, p × v [MPa m3/kg], which hardly bends
    vapour: Any  # ln p -> kJ/kg
    liquid: Any
    boiling_c: Any  # ln p -> °C
    ln_pressure: Any  # °C -> ln p


def steam_enthalpy(pressure_mpa: Floats, temperature_c: Floats) -> Floats:
    """Enthalpy [kJ/kg] of steam at absolute pressure [MPa] and temperature [°C]; NaN where it is no steam (colder than boiling by over 2 K) or
    outside 0.005..10 MPa and 450 K of superheat. Within 2 K under boiling it is taken as saturated: meters are not better than that."""
    table = _table()
    pressure, temperature = np.broadcast_arrays(np.asarray(pressure_mpa, dtype=np.float64), np.asarray(temperature_c, dtype=np.float64))
    inside = (pressure >= PRESSURE_MPA[0]) & (pressure <= PRESSURE_MPA[1])
    ln_p = np.log(np.where(inside, pressure, 1.0))
    superheat = temperature - table.boiling_c(ln_p)
    inside = inside & (superheat >= -2.0) & (superheat <= SUPERHEAT_MAX_K) & (temperature <= 800.0)
    value: Floats = table.superheated.ev(ln_p, np.clip(np.nan_to_num(superheat), 0.0, SUPERHEAT_MAX_K))
    return np.where(inside, value, np.nan)


def saturated_enthalpy(pressure_mpa: Floats | None = None, temperature_c: Floats | None = None, dryness: Floats | float = 1.0) -> Floats:
    """Enthalpy [kJ/kg] of wet or dry saturated steam by absolute pressure [MPa], or by temperature [°C] where only that is known. dryness: 0..1.

    Implausible when dryness is outside 0..1 or neither is given; NaN outside 0.005..10 MPa.
    """
    table = _table()
    share = np.asarray(dryness, dtype=np.float64)
    if np.any((share < 0) | (share > 1)):
        raise Implausible("dryness of steam lies between 0 (water) and 1 (dry)")
    if pressure_mpa is not None:
        pressure = np.asarray(pressure_mpa, dtype=np.float64)
        inside = (pressure >= PRESSURE_MPA[0]) & (pressure <= PRESSURE_MPA[1])
        ln_p = np.log(np.where(inside, pressure, 1.0))
    elif temperature_c is not None:
        temperature = np.asarray(temperature_c, dtype=np.float64)
        low, high = (float(table.boiling_c(np.log(p))) for p in PRESSURE_MPA)
        inside = (temperature >= low) & (temperature <= high)
        ln_p = table.ln_pressure(np.where(inside, temperature, 100.0))
    else:
        raise Implausible("saturated steam needs its pressure or its temperature")
    value: Floats = table.liquid(ln_p) * (1 - share) + table.vapour(ln_p) * share
    return np.where(inside, value, np.nan)


def steam_volume(pressure_mpa: Floats | None, temperature_c: Floats | None) -> Floats:
    """Specific volume [m3/kg] of steam; by pressure [MPa] or temperature [°C] alone, of dry saturated steam. NaN where enthalpy is."""
    table = _table()
    if pressure_mpa is None:
        if temperature_c is None:
            raise Implausible("steam needs its pressure or its temperature")
        pressure_mpa = np.exp(table.ln_pressure(np.clip(temperature_c, 35.0, 310.0)))
    known = saturated_enthalpy(pressure_mpa) if temperature_c is None else steam_enthalpy(pressure_mpa, temperature_c)
    pressure = np.where(np.isfinite(known), pressure_mpa, 1.0)
    superheat = 0.0 if temperature_c is None else np.nan_to_num(temperature_c - table.boiling_c(np.log(pressure)))
    value: Floats = table.volume.ev(np.log(pressure), np.clip(superheat, 0.0, SUPERHEAT_MAX_K)) / pressure
    return np.where(np.isfinite(known), value, np.nan)


def boiling_c(pressure_mpa: Floats) -> Floats:
    """Boiling temperature [°C] at absolute pressure [MPa]; NaN outside 0.005..10 MPa."""
    pressure = np.asarray(pressure_mpa, dtype=np.float64)
    inside = (pressure >= PRESSURE_MPA[0]) & (pressure <= PRESSURE_MPA[1])
    value: Floats = _table().boiling_c(np.log(np.where(inside, pressure, 1.0)))
    return np.where(inside, value, np.nan)


def region(pressure_mpa: float, temperature_c: float) -> int:
    """Region of IF97: 1 water, 2 steam, 3 near critical, 5 very hot; Implausible outside the formulation."""
    found: int | None = _if97()._Bound_TP(temperature_c + 273.15, pressure_mpa)
    if not found:
        raise Implausible(f"{pressure_mpa:g} MPa, {temperature_c:g} °C lies outside IAPWS-IF97")
    return found


@cache
def _table() -> _Table:
    if97, splines = _if97(), import_module("scipy.interpolate")
    ln_p = np.linspace(np.log(PRESSURE_MPA[0]), np.log(PRESSURE_MPA[1]), 70)
    pressures = np.exp(ln_p)
    boiling = np.array([if97._TSat_P(p) for p in pressures])
    superheat = SUPERHEAT_MAX_K * np.linspace(0.0, 1.0, 45) ** 2  # dense near saturation, where steam bends most
    states = [[if97._Region2(t + d, p) for d in superheat] for t, p in zip(boiling, pressures, strict=True)]
    grid = np.array([[state["h"] for state in row] for row in states])
    swept = np.array([[state["v"] * p for state in row] for row, p in zip(states, pressures, strict=True)])
    liquid = np.array([if97._Region1(t, p)["h"] for t, p in zip(boiling, pressures, strict=True)])
    line = splines.CubicSpline
    area = splines.RectBivariateSpline
    return _Table(
        area(ln_p, superheat, grid, s=0), area(ln_p, superheat, swept, s=0), line(ln_p, grid[:, 0]), line(ln_p, liquid),
        line(ln_p, boiling - 273.15), line(boiling - 273.15, ln_p),
    )  # fmt: skip


def _if97() -> Any:
    try:
        return import_module("iapws.iapws97")
    except ModuleNotFoundError as error:
        raise Misconfigured("steam needs the library iapws: install the extra 'heat' (pip install 'tricolor[heat]')") from error
