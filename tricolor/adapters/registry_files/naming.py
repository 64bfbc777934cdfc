"""Which sheet or column a name in a file means, and what to say when it means none."""

from tricolor.adapters.registry_files.cells import BLANKS, suggestion
from tricolor.adapters.registry_files.columns import SHEETS, Sheet


def sheet_named(name: str) -> Sheet | None:
    """The sheet of an English or Chinese name, whatever its case."""
    wanted = name.strip(BLANKS).lower()
    return next((sheet for sheet in SHEETS.values() if wanted in (sheet.name, sheet.name_cn)), None)


def column_named(sheet: Sheet, name: str) -> str | None:
    """The key of a column by its key, its Chinese name or another name it may have."""
    wanted = name.strip(BLANKS).lower()
    return next((column.key for column in sheet.columns if wanted in (column.key, column.name_cn, *column.also)), None)


def unknown_sheet(name: str) -> tuple[str, str]:
    zh, en = suggestion(name, SHEETS)
    return f'表 "{name}" 未知{zh}；不导入的表请以 # 开头命名', f'sheet "{name}" is not known{en}; begin the name with # to leave it out'


def unknown_column(sheet: Sheet, name: str) -> tuple[str, str]:
    zh, en = suggestion(name, [column.key for column in sheet.columns])
    return f'列 "{name}" 未知{zh}', f'column "{name}" is not known{en}'
