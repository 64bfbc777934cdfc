"""Factors that turn a physical amount into standard coal or CO2, each with its source and status."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

# 耗能工质 (GB/T 2589-2020 table B.1): they carry energy into an account only when bought from outside
WORKING_MEDIA = frozenset(
    {
        "fresh_water", "softened_water", "deaerated_water", "compressed_air", "oxygen", "nitrogen_byproduct", "nitrogen", "carbon_dioxide",
        "acetylene", "calcium_carbide",
    }
)  # fmt: skip


class FactorKind(StrEnum):
    CALORIFIC = "calorific"  # 当量值
    EQUIVALENT = "equivalent"  # 等价值
    CO2 = "co2"


@dataclass(frozen=True, slots=True)
class FuelParts:
    """What a fuel's CO2 factor is made of: heating_gj [GJ per one `per` of the factor] × carbon [tC/GJ] × oxidation × 44/12."""

    heating_gj: float
    carbon: float
    oxidation: float

    def kg_co2(self) -> float:
        """kgCO2 per unit."""
        return self.heating_gj * self.carbon * self.oxidation * 44.0 / 12.0 * 1000.0


@dataclass(frozen=True, slots=True)
class Factor:
    """value [unit] turns one `per` of the carrier into kgce (CALORIFIC, EQUIVALENT) or kgCO2 (CO2).

    id is stable and frozen into accounts; status says how sure the value is (xcheck, memory, press …); low/high bound a range given by the source.
    entity, point: of whom alone it holds ("" everyone); parts: of a fuel's CO2 factor, where the source gives them; purposes: what a grid factor
    may serve, codes of the catalogue.
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
    entity: str = ""
    point: str = ""
    parts: FuelParts | None = None
    purposes: tuple[str, ...] = ()

    def is_valid_on(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class Carrier:
    """An energy carrier (能源品种) by its code, e.g. electricity, raw_coal, heat."""

    code: str
    name_cn: str
    name_en: str
    unit: str  # unit in which its amounts are summed up for people
    is_material: bool = False  # a waste, residue or water: counted by mass or volume, never as energy


class FactorShelf(Protocol):
    """Where the factors in force are taken from; a book is one that never changes."""

    def now(self) -> "FactorBook": ...


@dataclass(frozen=True, slots=True)
class FactorBook:
    """The factors one judging or accounting run uses: one per (carrier, kind) for a day, first match wins in the order given.

    Those of one point or one unit hold for it alone; whoever makes the book puts them before those of everyone.
    """

    factors: tuple[Factor, ...]
    _index: Mapping[tuple[str, FactorKind], tuple[Factor, ...]] = field(default_factory=dict)
    _owners: frozenset[tuple[str, str, str]] = frozenset()  # (carrier, entity, point) that have factors of their own

    @staticmethod
    def of(factors: Iterable[Factor]) -> "FactorBook":
        rows = tuple(factors)
        index: dict[tuple[str, FactorKind], list[Factor]] = {}
        for factor in rows:
            index.setdefault((factor.carrier, factor.kind), []).append(factor)
        owners = frozenset((f.carrier, f.entity, f.point) for f in rows if f.entity)
        return FactorBook(rows, {key: tuple(found) for key, found in index.items()}, owners)

    def now(self) -> "FactorBook":
        return self

    def pick(self, carrier: str, kind: FactorKind, on: date, entity: str = "", point: str = "") -> Factor | None:
        """The first factor of the carrier and kind that is valid on the day for the unit and its point, or None."""
        return next(iter(self.chain(carrier, kind, on, entity, point)), None)

    def chain(self, carrier: str, kind: FactorKind, on: date, entity: str = "", point: str = "") -> Iterator[Factor]:
        """Every factor that could serve, in the order of preference: the first one is in force, the others wait behind it."""
        for factor in self._index.get((carrier, kind), ()):
            if factor.is_valid_on(on) and factor.entity in ("", entity) and factor.point in ("", point):
                yield factor

    def owner(self, carrier: str, entity: str, point: str = "") -> tuple[str, str]:
        """Whose factors serve this point: ("", "") everyone's, (entity, "") the unit's, (entity, point) its own."""
        if not self._owners:
            return "", ""
        if point and (carrier, entity, point) in self._owners:
            return entity, point
        return (entity, "") if (carrier, entity, "") in self._owners else ("", "")
