"""Reading the catalogue's CSV files, either trusted (ours, shipped) or with every fault listed (a city's plan pack)."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
MAX_ROWS = 20_000


@cache
def shipped_rows(name: str) -> tuple[Mapping[str, str], ...]:
    """All rows of a CSV file of the catalogue's own data folder."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@dataclass(slots=True)
class Faults:
    """Every fault found in a pack, in the order found. Rows are counted as a spreadsheet shows them: the header is row 1."""

    found: list[str] = field(default_factory=list)

    def say(self, file: str, text: str, row: int | None = None, column: str = "") -> None:
        place = file + (f" row {row}" if row is not None else "") + (f" column {column}" if column else "")
        self.found.append(f"{place}: {text}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet; number as a spreadsheet shows it. Cells are stripped text."""

    file: str
    number: int
    cells: Mapping[str, str]
    faults: Faults

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def fault(self, column: str, text: str) -> None:
        self.faults.say(self.file, text, self.number, column)

    def require(self, *columns: str) -> bool:
        """Whether every one of the columns is filled; each empty one is a fault."""
        empty = [column for column in columns if not self[column]]
        for column in empty:
            self.fault(column, "is empty")
        return not empty

    def one_of(self, column: str, allowed: Sequence[str]) -> bool:
        """Whether the cell is one of the allowed words; an empty cell is left to `require`."""
        if self[column] and self[column] not in allowed:
            self.fault(column, f"{self[column]!r} is not one of {', '.join(allowed)}")
            return False
        return bool(self[column])


def read_sheet(path: Path, required: Sequence[str], optional: Sequence[str], faults: Faults) -> list[Row]:
    """The rows of a CSV file (UTF-8, comma); a missing file, missing or unknown columns and ragged rows are faults."""
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        faults.say(name, "the file is missing")
        return []
    except UnicodeDecodeError as error:
        faults.say(name, f"is not UTF-8 text (byte {error.start})")
        return []
    reader = csv.reader(text.splitlines(keepends=True))
    header = [cell.strip() for cell in next(reader, [])]
    for column in required:
        if column not in header:
            faults.say(name, "the column is missing", 1, column)
    for column in header:
        if column not in required and column not in optional:
            faults.say(name, f"the column is not known; known: {', '.join([*required, *optional])}", 1, column)
    if any(column not in header for column in required):
        return []
    return list(_rows(name, header, reader, faults))


def _rows(name: str, header: list[str], reader: Iterator[list[str]], faults: Faults) -> Iterator[Row]:
    for number, cells in enumerate(reader, start=2):
        if number > MAX_ROWS:
            faults.say(name, f"has more than {MAX_ROWS} rows", number)
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.say(name, f"has {len(cells)} cells, the header has {len(header)}", number)
            continue
        yield Row(name, number, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}, faults)
