"""The factors of HJ 212 by code: name, unit of concentration and of amount, and the code they had in 2005."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.units import dimension


@dataclass(frozen=True, slots=True)
class Pollutant:
    """A factor. unit: of Rtd, Min, Avg, Max; cou_unit: of Cou, "" where it has none; old: its code in HJ/T 212-2005, "" where not known."""

    code: str
    old: str
    name_cn: str
    name_en: str
    unit: str
    cou_unit: str
    medium: str
    source: str
    status: str

    def unit_of(self, field: str) -> str:
        """Unit of a field as the packet names it, whatever its case."""
        return self.cou_unit if field.lower() == "cou" else self.unit


@cache
def all_pollutants() -> Mapping[str, Pollutant]:
    """Every known factor by its code."""
    return {row["code"]: Pollutant(**row) for row in shipped_rows("pollutants.csv")}


@cache
def current_codes() -> Mapping[str, str]:
    """Code of 2005 -> code of 2017."""
    return {p.old: p.code for p in all_pollutants().values() if p.old}


@cache
def emitted() -> Mapping[str, str]:
    """Code -> "air" or "water" of the factors that have a concentration and a mass."""
    return {p.code: p.medium for p in all_pollutants().values() if dimension(p.unit) == "concentration" and p.cou_unit}
