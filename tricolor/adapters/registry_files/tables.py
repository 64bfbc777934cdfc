"""Registry in TOML: one array of tables per sheet, `[[points]]`, with the column keys as keys."""

import re
import tomllib
from pathlib import Path

from tricolor.adapters.registry_files.cells import is_blank
from tricolor.adapters.registry_files.columns import Sheet
from tricolor.adapters.registry_files.model import Fault, RawFile, RawRow, RawTable, RegistryFaults
from tricolor.adapters.registry_files.naming import column_named, sheet_named, unknown_column, unknown_sheet

WORD = "项"


def read_toml(path: Path) -> RawFile:
    """Raw cells of a TOML file; RegistryFaults with line and column when it is not TOML."""
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RegistryFaults.one("不是 UTF-8 文本", f"not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        zh = f"第{where[1]}行第{where[2]}列不是合法的 TOML" if where else "不是合法的 TOML"
        raise RegistryFaults.one(zh, f"not TOML: {error}") from error
    faults: list[Fault] = []
    tables: dict[str, RawTable] = {}
    for name, items in document.items():
        sheet = sheet_named(name)
        if sheet is None:
            faults.append(Fault(name, None, "", *unknown_sheet(name)))
        elif not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            zh, en = f"每一项写成 [[{sheet.name}]]（双方括号）", f"write every item as [[{sheet.name}]], in double brackets"
            faults.append(Fault(sheet.name, None, "", zh, en))
        elif sheet.name in tables:
            faults.append(Fault(sheet.name, None, "", "表重复出现", "the table is given twice"))
        else:
            rows = tuple(_row(sheet, number, item, faults) for number, item in enumerate(items, 1))
            tables[sheet.name] = RawTable(sheet.name, tuple(row for row in rows if row.cells))
    return RawFile(tables, tuple(faults), WORD)


def _row(sheet: Sheet, number: int, item: dict[str, object], faults: list[Fault]) -> RawRow:
    cells: dict[str, object] = {}
    for name, raw in item.items():
        key = column_named(sheet, name)
        if key is None:
            faults.append(Fault(sheet.name, number, name, *unknown_column(sheet, name), WORD))
        elif key in cells:
            faults.append(Fault(sheet.name, number, name, f"与列 {key} 重复", f"gives column {key} twice", WORD))
        elif not is_blank(raw):
            cells[key] = raw
    return RawRow(number, cells)
