"""Rows under a header row, as spreadsheets have them; and CSV, one file a sheet, the file name naming the sheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tricolor.adapters.registry_files.cells import EXCEL_ERRORS, is_blank, text_of
from tricolor.adapters.registry_files.columns import Sheet
from tricolor.adapters.registry_files.model import Fault, RawFile, RawRow, RawTable, RegistryFaults
from tricolor.adapters.registry_files.naming import column_named, sheet_named, unknown_column, unknown_sheet

MAX_ROWS = 200_000
MAX_CSV_BYTES = 64 * 1024 * 1024
NumberedRow = tuple[int, Sequence[object]]


def table_of(sheet: Sheet, rows: Iterable[NumberedRow], faults: list[Fault]) -> RawTable:
    """Cells by column. The first row that holds something and does not begin with # is the header; below it, blank rows and rows whose id
    begins with # are skipped (a name may: #1 锅炉)."""
    header: dict[int, str] | None = None
    header_row = 0
    found: list[RawRow] = []
    for number, values in rows:
        first = next((value for value in values if not is_blank(value)), None)
        if first is None:
            continue
        if header is None:
            if not _is_remark(first):
                header, header_row = _header(sheet, number, values, faults), number
            continue
        if any(key == "id" and place < len(values) and _is_remark(values[place]) for place, key in header.items()):
            continue
        if len(found) >= MAX_ROWS:
            faults.append(Fault(sheet.name, number, "", f"超过 {MAX_ROWS} 行，请分成几个文件", f"more than {MAX_ROWS} rows: split the file"))
            break
        found.append(RawRow(number, _cells(sheet, header, number, values, faults)))
    columns = None if header is None else frozenset(key for key in header.values() if key)
    return RawTable(sheet.name, tuple(found), columns if columns is not None else frozenset(), header_row or None)


def _is_remark(value: object) -> bool:
    return isinstance(value, str) and text_of(value).startswith("#") and text_of(value) not in EXCEL_ERRORS


def _header(sheet: Sheet, number: int, values: Sequence[object], faults: list[Fault]) -> dict[int, str]:
    """Column key by place; "" for a column that is not ours (said once, here)."""
    header: dict[int, str] = {}
    for place, value in enumerate(values):
        if is_blank(value):
            continue
        name = text_of(value)
        key = column_named(sheet, name)
        if key is None:
            if not name.startswith("#"):
                faults.append(Fault(sheet.name, number, name, *unknown_column(sheet, name)))
        elif key in header.values():
            faults.append(Fault(sheet.name, number, name, f"列 {key} 出现两次", f"column {key} is given twice"))
            key = None
        header[place] = key or ""
    return header


def _cells(sheet: Sheet, header: dict[int, str], number: int, values: Sequence[object], faults: list[Fault]) -> dict[str, object]:
    cells: dict[str, object] = {}
    for place, value in enumerate(values):
        if is_blank(value):
            continue
        key = header.get(place)
        if key is None:
            zh, en = f'"{text_of(value)}" 所在的列没有列名', f'"{text_of(value)}" stands in a column without a header'
            faults.append(Fault(sheet.name, number, letter(place), zh, en))
        elif key:
            cells[key] = value
    return cells


def letter(place: int) -> str:
    """Column letter of a place counted from 0: A, B, … Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def read_csv_folder(folder: Path) -> RawFile:
    """Every .csv of a folder, each named after its sheet; RegistryFaults when there is none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and not path.name.startswith(("#", ".")))
    if not paths:
        raise RegistryFaults.one(
            f"文件夹 {folder} 中没有 .csv 文件，应有 points.csv 等", f"folder {folder} holds no .csv sheet; it should hold points.csv and the like"
        )
    faults: list[Fault] = []
    tables: dict[str, RawTable] = {}
    for path in paths:
        sheet = sheet_named(path.stem)
        if sheet is None:
            faults.append(Fault(path.name, None, "", *unknown_sheet(path.stem)))
        elif sheet.name in tables:
            faults.append(Fault(path.name, None, "", f"表 {sheet.name} 出现两次", f"sheet {sheet.name} is given twice"))
        else:
            tables[sheet.name] = table_of(sheet, _csv_rows(path, sheet, faults), faults)
    return RawFile(tables, tuple(faults))


def read_csv_sheet(path: Path) -> RawFile:
    """A single sheet in one .csv file named after it."""
    sheet = sheet_named(path.stem)
    if sheet is None:
        raise RegistryFaults.one(*unknown_sheet(path.stem), sheet=path.name)
    faults: list[Fault] = []
    table = table_of(sheet, _csv_rows(path, sheet, faults), faults)
    return RawFile({sheet.name: table}, tuple(faults))


def _csv_rows(path: Path, sheet: Sheet, faults: list[Fault]) -> Iterator[NumberedRow]:
    """Rows with the line they begin on. UTF-8 or, as Chinese Excel saves it, GB 18030; commas, semicolons or tabs."""
    if path.stat().st_size > MAX_CSV_BYTES:
        faults.append(Fault(sheet.name, None, "", f"文件超过 {MAX_CSV_BYTES} 字节", f"the file is larger than {MAX_CSV_BYTES} bytes"))
        return
    text = _decoded(path.read_bytes())
    if text is None:
        faults.append(Fault(sheet.name, None, "", "既不是 UTF-8 也不是 GB 18030 文本", "neither UTF-8 nor GB 18030 text"))
        return
    head = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    line = 1
    try:
        for values in reader:
            yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(sheet.name, line, "", f"CSV 无法读取（引号是否成对？）：{error}", f"not CSV (is a quote left open?): {error}"))


def _decoded(payload: bytes) -> str | None:
    if b"\x00" in payload:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
