"""Factors that turn a physical amount into standard coal or CO2, each with its source and status."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class FactorKind(StrEnum):
    CALORIFIC = "calorific"  # 当量值
    EQUIVALENT = "equivalent"  # 等价值
    CO2 = "co2"


@dataclass(frozen=True, slots=True)
class Factor:
    """value [unit] turns one `per` of the carrier into kgce (CALORIFIC, EQUIVALENT) or kgCO2 (CO2).

    id is stable and frozen into accounts; status says how sure the value is (xcheck, memory, press …); low/high bound a range given by the source.
    """

    id: str
    carrier: str
    kind: FactorKind
    value: float
    unit: str  # "kgce/kWh", "kgCO2/kWh"
    per: str  # the physical unit below the line, a key of units.UNITS
    source: str
    status: str
    valid_from: date
    valid_to: date | None = None
    region: str = ""
    year: int | None = None
    scope: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """An energy carrier (能源品种) by its code, e.g. electricity, raw_coal, heat."""

    code: str
    name_cn: str
    name_en: str
    unit: str  # unit in which its amounts are summed up for people


@dataclass(frozen=True, slots=True)
class FactorBook:
    """The factors one judging or accounting run uses: one per (carrier, kind) for a day, first match wins in the order given."""

    factors: tuple[Factor, ...]
    _index: Mapping[tuple[str, FactorKind], tuple[Factor, ...]] = field(default_factory=dict)

    @staticmethod
    def of(factors: Iterable[Factor]) -> "FactorBook":
        rows = tuple(factors)
        index: dict[tuple[str, FactorKind], list[Factor]] = {}
        for factor in rows:
            index.setdefault((factor.carrier, factor.kind), []).append(factor)
        return FactorBook(rows, {key: tuple(found) for key, found in index.items()})

    def pick(self, carrier: str, kind: FactorKind, on: date) -> Factor | None:
        """The first factor of the carrier and kind that is valid on the day, or None."""
        for factor in self._index.get((carrier, kind), ()):
            if factor.valid_from <= on and (factor.valid_to is None or on < factor.valid_to):
                return factor
        return None
