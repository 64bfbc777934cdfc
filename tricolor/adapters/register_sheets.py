"""Sheets of the registers of projects and audits: .xlsx or .csv, the first row names the columns, in Chinese or by field."""

import csv
import io
from collections.abc import Iterable, Mapping

from tricolor.adapters.workbooks import MAX_COLUMNS, opened_workbook
from tricolor.domain.document_print import plain
from tricolor.domain.errors import Problems

MAX_ROWS = 5_000
Row = tuple[int, Mapping[str, object]]  # its number in the sheet, cells by field


def read_rows(data: bytes, columns: Mapping[str, str], needed: str = "id") -> list[Row]:
    """Rows that hold something, of the first sheet; a row whose first cell begins with # is a remark. columns: field -> its Chinese name.

    Problems: not readable, columns not known or missing (`needed`), too many rows, none at all.
    """
    try:
        found = _named(_xlsx(data) if data.startswith(b"PK") else _csv(data), columns, needed)
    except csv.Error as error:
        raise Problems([f"不是可读的 CSV：{error}，请检查引号后另存 · not a readable CSV: {error}; look for an open quote, save it again"]) from error
    if not found:
        raise Problems(["表中没有任何数据 · the sheet holds no row"])
    return found


def _csv(data: bytes) -> Iterable[list[object]]:
    for encoding in ("utf-8-sig", "gb18030"):  # spreadsheets in China save CSV in GB 18030
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return ([*row] for row in csv.reader(io.StringIO(text)))
    raise Problems(["既不是 UTF-8 也不是 GB 18030 编码的 CSV · neither UTF-8 nor GB 18030: save the file again"])


def _xlsx(data: bytes) -> Iterable[list[object]]:
    book = opened_workbook(data)
    try:
        return [list(row) for _, row in zip(range(MAX_ROWS + 2), book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True), strict=False)]
    finally:
        book.close()


def _named(rows: Iterable[list[object]], columns: Mapping[str, str], needed: str) -> list[Row]:
    names = {zh: field for field, zh in columns.items()} | {field: field for field in columns}
    header: dict[int, str] = {}
    found: list[Row] = []
    for number, values in enumerate(rows, 1):
        if number == 1:
            header = _header(values, names, needed)
            continue
        cells = {field: _visible(values[i]) for i, field in header.items() if i < len(values)}
        if all(cell is None or not str(cell).strip() for cell in cells.values()) or str(values[0]).startswith("#"):
            continue
        if len(found) >= MAX_ROWS:
            raise Problems([f"超过 {MAX_ROWS} 行 · more than {MAX_ROWS} rows: split the file"])
        found.append((number, cells))
    return found


def _visible(cell: object) -> object:
    """A text without signs that nobody sees and no ledger keeps."""
    return plain(cell) if isinstance(cell, str) else cell


def _header(values: list[object], names: Mapping[str, str], needed: str) -> dict[int, str]:
    said = {i: str(v).strip() for i, v in enumerate(values) if v is not None and str(v).strip()}
    faults = [f"第1行: 不认识的列“{text[:40]}” · row 1: column {text[:40]!r} is not known" for text in said.values() if text not in names]
    header = {i: names[text] for i, text in said.items() if text in names}
    if needed not in header.values():
        zh = next((zh for zh, field in names.items() if field == needed and zh != needed), needed)
        faults.append(f"第1行: 缺少列 {zh}（{needed}） · row 1: column {needed} is missing")
    doubled = sorted({field for field in header.values() if list(header.values()).count(field) > 1})
    faults += [f"第1行: 列 {field} 出现两次 · row 1: column {field} is there twice" for field in doubled]
    if faults:
        raise Problems(faults)
    return header
