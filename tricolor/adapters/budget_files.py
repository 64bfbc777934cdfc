"""Budgets as sheets people fill in: CSV or XLSX, one row a budget; and the templates of both."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tricolor.adapters.workbooks import MAX_COLUMNS, opened_workbook
from tricolor.domain.errors import Problems
from tricolor.domain.submissions import Budget

COLUMNS = {"entity": "单位编号", "year": "年度", "tce": "预算量(吨标准煤)", "document": "文号"} | {f"m{n}": f"{n}月比例" for n in range(1, 13)}
REQUIRED = ("entity", "year", "tce")
MAX_ROWS = 20_000
SHEET = "budgets"


def template(path: Path) -> None:
    """Writes an empty sheet with an example row that is not read (it begins with #). Problems for another ending than .csv and .xlsx."""
    example: list[str | int] = ["#mill-01", 2026, 12000, "示例〔2026〕1号", *([""] * 12)]
    rows: list[list[str | int]] = [list(COLUMNS), [f"#{COLUMNS['entity']}", *list(COLUMNS.values())[1:]], example]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
        return
    if path.suffix != ".xlsx":
        raise Problems([f"{path.name}: 请用 .csv 或 .xlsx · write .csv or .xlsx"])
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for row in rows:
        sheet.append(row)
    for place, column in enumerate(COLUMNS, 1):
        sheet.cell(1, place).font = Font(bold=True, color="B3261E" if column in REQUIRED else "1B2420")
        sheet.column_dimensions[get_column_letter(place)].width = 18
    sheet.freeze_panes = "A4"
    book.save(path)


def read_budgets(path: Path) -> list[Budget]:
    """The budgets of a .csv or .xlsx; Problems names every fault with its row. Rows whose first cell begins with # are not read."""
    rows = _csv_rows(path) if path.suffix == ".csv" else _xlsx_rows(path)
    names = {zh: column for column, zh in COLUMNS.items()} | {column: column for column in COLUMNS}
    head, faults, found = [names.get(cell, "") for cell in next(rows, [])], list[str](), list[Budget]()
    faults += [f"第1行: 缺少列 {c}（{COLUMNS[c]}）· row 1: column {c} is missing" for c in REQUIRED if c not in head]
    if faults:
        raise Problems(faults)
    for number, cells in enumerate(rows, 2):
        values = {column: cell for column, cell in zip(head, cells, strict=False) if column and cell}
        if not values or cells[0].startswith("#"):
            continue
        if len(found) >= MAX_ROWS:
            raise Problems([f"超过 {MAX_ROWS} 行 · more than {MAX_ROWS} rows"])
        found += _budget(number, values, faults)
    if not faults and not found:
        faults = ["没有数据行，请先填写 · there is no row of data"]
    if faults:
        raise Problems(faults)
    return found


def _budget(number: int, values: dict[str, str], faults: list[str]) -> Iterator[Budget]:
    before = len(faults)
    faults += [f"第{number}行: 缺少{COLUMNS[c]} · row {number}: {c} is missing" for c in REQUIRED if c not in values]
    shares = [values.get(f"m{n}") for n in range(1, 13)]
    given = [share for share in shares if share is not None]
    if given and len(given) < 12:
        faults.append(f"第{number}行: 月比例须填满12个月或全部留空 · row {number}: give all twelve shares or none")
    numbers = {column: _number(values[column]) for column in values if column not in ("entity", "document")}
    faults += [f"第{number}行: {COLUMNS[c]} “{values[c][:40]}”不是数字 · row {number}: {c} is no number" for c, v in numbers.items() if v is None]
    year = numbers.get("year")
    if year is not None and year != int(year):
        faults.append(f"第{number}行: 年度不是整数 · row {number}: the year is no whole number")
    if len(faults) == before:
        profile = tuple(float(numbers[f"m{n}"] or 0.0) for n in range(1, 13)) if given else ()
        yield Budget(values["entity"], int(year or 0), float(numbers["tce"] or 0.0), profile, values.get("document", ""))


def _number(text: str) -> float | None:
    text = text.replace(",", "").replace("，", "").replace("−", "-")
    scale = 0.01 if text.endswith("%") else 1.0
    try:
        number = float(text.rstrip("%")) * scale
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _csv_rows(path: Path) -> Iterator[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Problems([f"{path.name}: 不是 UTF-8 文本，请另存为 UTF-8 的 CSV · is not UTF-8 text: save it as CSV UTF-8"]) from None
    return _texts(csv.reader(io.StringIO(text)))


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    try:
        book = opened_workbook(path.read_bytes())
    except Problems as error:
        raise Problems([f"{path.name}: {each}" for each in error.problems]) from error
    try:
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        return iter(list(_texts(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))))
    finally:
        book.close()


def _texts(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    for row in rows:
        yield ["" if cell is None else str(cell).strip() for cell in row]
