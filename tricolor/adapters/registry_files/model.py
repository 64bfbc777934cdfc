"""What a registry file is on its way in: raw cells with their place, faults with theirs, and the typed result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tricolor.domain.entities import Contact, Department, Entity, Meter
from tricolor.domain.errors import Problems
from tricolor.domain.meters import Point


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. sheet "" is the file itself; row None the whole sheet; row counts as the person sees it (first line of a sheet is 1);
    word: 行 (row of a sheet) or 项 (item of a TOML array); column: the key of the column, or its letter where it has no name."""

    sheet: str
    row: int | None
    column: str
    zh: str
    en: str
    word: str = "行"

    @property
    def place(self) -> str:
        row = "" if self.row is None else f"第{self.row}{self.word}"
        return f"{self.sheet or '文件 file'}{'!' if self.sheet and row else ''}{row}{' ' if self.column else ''}{self.column}"

    def __str__(self) -> str:
        return f"{self.place}: {self.zh} · {self.en}"


class RegistryFaults(Problems):
    """A registry file that cannot be used as it is. faults: all of them, in the order of the sheets."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__([str(fault) for fault in self.faults])

    @staticmethod
    def one(zh: str, en: str, sheet: str = "") -> "RegistryFaults":
        return RegistryFaults([Fault(sheet, None, "", zh, en)])


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row that holds something. number: as the person sees it; cells: raw value by column key, blank cells left out."""

    number: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RawTable:
    """One sheet. columns: the keys its header names; None where every row names its own (TOML)."""

    sheet: str
    rows: tuple[RawRow, ...]
    columns: frozenset[str] | None = None
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class RawFile:
    """Cells as they stand in the file, by sheet. faults: what the reader could already tell (unknown sheets and columns)."""

    tables: Mapping[str, RawTable]
    faults: tuple[Fault, ...] = ()
    word: str = "行"


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """A registry file without a fault. Points carry key 0: the ledger gives keys out."""

    entities: tuple[Entity, ...] = ()
    meters: tuple[Meter, ...] = ()
    points: tuple[Point, ...] = ()
    departments: tuple[Department, ...] = ()
    contacts: tuple[Contact, ...] = ()
