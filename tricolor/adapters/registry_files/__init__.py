"""Registry files: TOML, XLSX and CSV read into one raw form, checked as a whole, and handed on as a typed RegistryFile or not at all."""

from collections.abc import Collection, Mapping
from pathlib import Path

from tricolor.adapters.registry_files.model import Fault, RawFile, RegistryFaults, RegistryFile
from tricolor.adapters.registry_files.sheets import read_csv_folder, read_csv_sheet
from tricolor.adapters.registry_files.tables import read_toml
from tricolor.adapters.registry_files.validate import validate
from tricolor.adapters.registry_files.workbook import read_xlsx
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier

__all__ = ["Fault", "RawFile", "RegistryFaults", "RegistryFile", "load_registry_file", "read", "validate"]

MAX_BYTES = 64 * 1024 * 1024
_READERS = {".toml": read_toml, ".xlsx": read_xlsx, ".xlsm": read_xlsx, ".csv": read_csv_sheet}


def read(path: Path) -> RawFile:
    """The raw cells of a .toml or .xlsx file, of one .csv sheet or of a folder of them; RegistryFaults when it is none of these or cannot be read."""
    if path.is_dir():
        return read_csv_folder(path)
    if not path.is_file():
        raise RegistryFaults.one(f"找不到文件 {path}", f"file {path} does not exist")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kind = path.suffix or path.name
        raise RegistryFaults.one(
            f"不支持的文件类型 {kind!r}，请使用 .toml、.xlsx 或 CSV 文件夹（旧版 .xls 请另存为 .xlsx）",
            f"file type {kind!r} is not supported; use .toml, .xlsx or a folder of .csv sheets (save an old .xls as .xlsx)",
        )
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise RegistryFaults.one(f"文件 {size} 字节，超过上限 {MAX_BYTES}", f"file has {size} bytes, the limit is {MAX_BYTES}")
        return reader(path)
    except OSError as error:
        raise RegistryFaults.one(f"无法读取 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}") from error


def load_registry_file(
    path: Path, carriers: Mapping[str, Carrier], existing: Registry | None = None, products: Collection[str] | None = None
) -> RegistryFile:
    """Read and validate; RegistryFaults lists every fault of the file, and then nothing of it may be used. carriers: by code."""
    return validate(read(path), carriers, existing, products)
