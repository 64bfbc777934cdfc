"""Which factor is in force for whom, and why: the levels of the order of preference, and a fuel's formula with its numbers."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tricolor.domain.factors import Factor, FactorKind
from tricolor.domain.own_factors import OWN


class Level(StrEnum):
    """The order of preference, the first comes first."""

    POINT = "point"
    UNIT = "unit"
    EVERYONE = "everyone"
    PLAN = "plan"
    TABLE = "table"


LEVELS: Final[Mapping[Level, tuple[str, str]]] = {
    Level.POINT: ("本测点的实测值或设定值", "measured or set for this point"),
    Level.UNIT: ("本单位的实测值或设定值", "measured or set for this unit"),
    Level.EVERYONE: ("为全市统一设定", "set for everyone"),
    Level.PLAN: ("规划包选定", "chosen by the plan pack"),
    Level.TABLE: ("标准缺省值", "default of the standard's table"),
}


def level_of(factor: Factor) -> Level:
    if factor.point:
        return Level.POINT
    if factor.entity:
        return Level.UNIT
    if factor.id.startswith(f"{OWN}:"):
        return Level.EVERYONE
    return Level.PLAN if "chosen by plan " in factor.note else Level.TABLE


def formula_of(factor: Factor) -> str:
    """How a fuel's CO2 factor is worked out, with its numbers; "" where it is not made of parts."""
    parts = factor.parts
    if parts is None or factor.kind is not FactorKind.CO2:
        return ""
    heating = f"{parts.heating_gj * 1000:.6g} MJ/{factor.per}"
    return f"{heating} × {parts.carbon:g} tC/GJ × {parts.oxidation:g} × 44/12 = {parts.kg_co2():.5g} kgCO2/{factor.per}"
