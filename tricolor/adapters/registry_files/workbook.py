"""Registry in XLSX, read with openpyxl: one worksheet per sheet; worksheets that begin with # and empty ones are left out."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tricolor.adapters.registry_files.cells import is_blank
from tricolor.adapters.registry_files.model import Fault, RawFile, RawTable, RegistryFaults
from tricolor.adapters.registry_files.naming import sheet_named, unknown_sheet
from tricolor.adapters.registry_files.sheets import NumberedRow, table_of

MAX_INFLATED_BYTES = 512 * 1024 * 1024
MAX_COLUMNS = 200


def read_xlsx(path: Path) -> RawFile:
    """Raw cells of a workbook; RegistryFaults when it is damaged, encrypted or no workbook at all."""
    _refuse_bombs(path)
    try:
        return _read(path)
    except RegistryFaults:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise: KeyError, ParseError, ValueError, BadZipFile …
        raise _damaged(f"{type(error).__name__}: {error}") from error


def _damaged(detail: str) -> RegistryFaults:
    return RegistryFaults.one(
        f"不是可读的 .xlsx 文件（已损坏、加密或只是改了扩展名），请用表格软件重新另存：{detail}",
        f"not a readable .xlsx workbook (damaged, encrypted or renamed); save it again from a spreadsheet program: {detail}",
    )


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _damaged(str(error)) from error
    if inflated > MAX_INFLATED_BYTES:
        raise RegistryFaults.one(
            f"解压后 {inflated} 字节，超过上限 {MAX_INFLATED_BYTES}", f"inflates to {inflated} bytes, the limit is {MAX_INFLATED_BYTES}"
        )


def _read(path: Path) -> RawFile:
    results = load_workbook(path, read_only=True, data_only=True)
    formulas = load_workbook(path, read_only=True, data_only=False)
    faults: list[Fault] = []
    tables: dict[str, RawTable] = {}
    try:
        for worksheet in results.worksheets:
            name = worksheet.title
            if name.startswith("#"):
                continue
            sheet = sheet_named(name)
            rows = _rows(worksheet, formulas[name])
            if sheet is None:
                if any(not is_blank(value) for _, values in rows for value in values):
                    faults.append(Fault(name, None, "", *unknown_sheet(name)))
            elif sheet.name in tables:
                faults.append(Fault(name, None, "", f"表 {sheet.name} 出现两次", f"sheet {sheet.name} is given twice"))
            else:
                tables[sheet.name] = table_of(sheet, rows, faults)
    finally:
        results.close()
        formulas.close()
    return RawFile(tables, tuple(faults))


def _rows(results: Any, formulas: Any) -> Iterator[NumberedRow]:
    """Rows with their number; a formula that was never calculated shows as its own text, so that it is not taken for a blank."""
    results.reset_dimensions()
    formulas.reset_dimensions()
    pairs = zip(results.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=True)
    for number, (values, written) in enumerate(pairs, 1):
        yield number, [_value(value, source) for value, source in zip(values[:MAX_COLUMNS], written[:MAX_COLUMNS], strict=True)]


def _value(value: object, source: object) -> object:
    return source if value is None and isinstance(source, str) and source.startswith("=") else value
