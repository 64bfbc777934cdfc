"""How long heat takes: steam of 100 points over a month of 15-minute data by the table, against the library one state at a time."""

import time

import numpy as np
from iapws.iapws97 import _Region2

from tricolor.analysis.steam import steam_enthalpy
from tricolor.domain.heat import water_enthalpy

STATES = 30 * 96 * 100
SINGLE = 2_000


def main() -> None:
    draw = np.random.default_rng(1)
    pressure, temperature = draw.uniform(0.4, 1.6, STATES), draw.uniform(210.0, 320.0, STATES)
    began = time.perf_counter()
    steam_enthalpy(pressure[:1], temperature[:1])
    filled = time.perf_counter() - began
    began = time.perf_counter()
    found = steam_enthalpy(pressure, temperature)
    table = time.perf_counter() - began
    began = time.perf_counter()
    exact = [_Region2(t + 273.15, p)["h"] for p, t in zip(pressure[:SINGLE], temperature[:SINGLE], strict=True)]
    single = (time.perf_counter() - began) / SINGLE * STATES
    began = time.perf_counter()
    water_enthalpy(temperature / 3)
    water = time.perf_counter() - began
    worst = float(np.max(np.abs(found[:SINGLE] - np.array(exact))))
    print(f"steam, {STATES} states: {table:.2f} s by the table (filled once in {filled:.2f} s), {single:.1f} s by the library")
    print(f"ratio {single / table:.0f}, worst difference {worst:.4f} kJ/kg; hot water, as many states: {water:.3f} s")


if __name__ == "__main__":
    main()
