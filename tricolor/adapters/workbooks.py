"""Opening workbooks that people send in: bounded before anything is inflated, and every fault in words."""

import zipfile
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tricolor.domain.errors import Problems

MAX_INFLATED_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 64  # that a reader asks for: a cell far to the right would make every row as wide


def opened_workbook(data: bytes) -> Any:
    """The workbook, values only, to be closed by who asked; Problems: not an .xlsx that can be read, or one that inflates beyond the limit."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
        if inflated > MAX_INFLATED_BYTES:
            raise Problems([f"解压后 {inflated} 字节，超过上限 · it inflates to {inflated} bytes, the limit is {MAX_INFLATED_BYTES}"])
        return load_workbook(BytesIO(data), read_only=True, data_only=True)
    except Problems:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise Problems([f"不是可读的 .xlsx 文件，请重新另存 · not a readable .xlsx workbook, save it again ({type(error).__name__})"]) from error
