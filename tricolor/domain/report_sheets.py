"""The workbook in which an entity reports a year: what stands in it, and what was read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

INDICATORS, ENERGY, ACTIVITIES = "indicators", "energy", "activities"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One thing to report. values: period -> what is known already; open: periods that may be filled; fixed: further locked or prefilled columns."""

    name: str
    name_cn: str
    name_en: str
    unit: str
    open: frozenset[str]
    values: Mapping[str, float | str] = field(default_factory=dict)
    fixed: Mapping[str, str | int] = field(default_factory=dict)
    is_words: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """columns: further columns between the unit and the periods (product, price_year)."""

    name: str
    title_cn: str
    periods: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportBook:
    entity: str
    entity_cn: str
    year: int
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class FilledCell:
    """A cell that a person filled, with what stands in its row. place: sheet!F7."""

    sheet: str
    place: str
    entity: str
    name: str
    unit: str
    period: str
    value: object
    row: Mapping[str, object]  # document, note, confirmed, product, price_year
