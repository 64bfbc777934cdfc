"""Units of measure and the one table that converts between those of the same dimension.

Sources: SI; 1 kcal_th-IT 4.1868 kJ and 1 kgce = 29 307.6 kJ (7 000 kcal), GB/T 2589-2020.
"""

from typing import Final

# unit -> (dimension, size in the dimension's base unit)
UNITS: Final[dict[str, tuple[str, float]]] = {
    "kWh": ("energy", 3.6), "MWh": ("energy", 3600.0), "Wh": ("energy", 0.0036),
    "MJ": ("energy", 1.0), "kJ": ("energy", 0.001), "GJ": ("energy", 1000.0), "kcal": ("energy", 0.0041868),
    "tce": ("coal", 1000.0), "kgce": ("coal", 1.0),
    "kgoe": ("coal", 41_868 / 29_307.6),  # 1 kgoe = 10 000 kcal
    "kg": ("mass", 1.0), "t": ("mass", 1000.0),
    "m3": ("volume", 1.0), "L": ("volume", 0.001), "1e4m3": ("volume", 10_000.0),
    "kW": ("power", 1.0), "MW": ("power", 1000.0), "W": ("power", 0.001),
    "m3/s": ("volume_flow", 3600.0), "m/s": ("velocity", 1.0), "uS/cm": ("conductivity", 1.0), "g": ("mass", 0.001),
    "mg/m3": ("concentration", 1.0), "mg/L": ("concentration", 1000.0), "ug/m3": ("concentration", 0.001), "ng/m3": ("concentration", 1e-6),
    "t/h": ("mass_flow", 1.0), "kg/h": ("mass_flow", 0.001),
    "m3/h": ("volume_flow", 1.0), "L/s": ("volume_flow", 3.6),
    "degC": ("temperature", 1.0), "MPa": ("pressure", 1.0), "kPa": ("pressure", 0.001),
    "CNY": ("money", 1.0), "1e4CNY": ("money", 1e4), "1e8CNY": ("money", 1e8),
    "tCO2": ("co2", 1000.0), "kgCO2": ("co2", 1.0),
    "head": ("people", 1.0), "m2": ("area", 1.0), "%": ("ratio", 0.01), "1": ("ratio", 1.0),
}  # fmt: skip


class UnitMismatch(ValueError):
    """Two units that measure different things."""


def dimension(unit: str) -> str:
    """Dimension of a unit; ValueError names the unit and lists the known ones."""
    if unit not in UNITS:
        raise ValueError(f"unit {unit!r} is not known; known: {', '.join(sorted(UNITS))}")
    return UNITS[unit][0]


def conversion(source: str, target: str) -> float:
    """What one `source` is in `target`; UnitMismatch when they measure different things."""
    if dimension(source) != dimension(target):
        raise UnitMismatch(f"{source} is {dimension(source)}, {target} is {dimension(target)}: no conversion")
    return UNITS[source][1] / UNITS[target][1]


def convert(amount: float, source: str, target: str) -> float:
    return amount * conversion(source, target)
