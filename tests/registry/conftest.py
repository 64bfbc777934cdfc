"""A small sound registry, and writers that put the same rows into each file format."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tricolor.adapters.registry_files import Fault, RegistryFaults, RegistryFile, load_registry_file
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier

Rows = dict[str, list[dict[str, Any]]]
CARRIERS = {
    "electricity": Carrier("electricity", "电力", "electricity", "kWh"),
    "raw_coal": Carrier("raw_coal", "原煤", "raw coal", "t"),
    "heat": Carrier("heat", "热力", "heat", "GJ"),
    "natural_gas": Carrier("natural_gas", "天然气", "natural gas", "m3"),
}


@pytest.fixture
def rows() -> Rows:
    """Line 2 (item 1) of every sheet is its first row."""
    return {
        "entities": [
            {"id": "city", "kind": "city", "name_cn": "示例市", "name_en": "Example City"},
            {"id": "port", "kind": "region", "name_cn": "港区", "order": 1},
            {"id": "petro-park", "kind": "park", "name_cn": "石化园区", "region": "port"},
            {"id": "refinery", "kind": "enterprise", "name_cn": "炼化厂", "park": "petro-park", "industry_code": "2511", "is_key_user": True, "is_two_high": True, "order": 7},
            {"id": "heat-net", "kind": "network", "name_cn": "#1 供热管网", "region": "port", "park": "petro-park"},
        ],
        "meters": [
            {"id": "refinery.m1", "entity": "refinery", "name_cn": "总表", "gateway": "gw-1"},
            {"id": "heat-net.m1", "entity": "heat-net", "name_cn": "出口热表"},
        ],
        "points": [
            {
                "id": "refinery.elec", "meter": "refinery.m1", "name_cn": "总电量", "carrier": "electricity", "quantity": "energy", "unit": "kWh", "kind": "register",
                "role": "purchased", "interval_s": 900, "multiplier": 40, "capacity": 1000000, "max_rate": 60000.5, "resolution": 0.01, "valid_from": "2026-01-01",
            },
            {"id": "refinery.coal", "meter": "refinery.m1", "carrier": "raw_coal", "unit": "t", "kind": "delta", "role": "purchased"},
            {"id": "heat-net.flow", "meter": "heat-net.m1", "unit": "t/h", "kind": "gauge", "role": "none", "valid_to": "2026-07-01T08:00:00+08:00"},
        ],
        "departments": [{"id": "fgw", "name_cn": "发展改革委", "name_en": "Development and Reform"}],
        "contacts": [
            {"id": "duty", "of": "fgw", "name": "节能科值班", "role": "值班", "phone": "0777-0000000", "email": "duty@city.example"},
            {"id": "energy-manager", "of": "refinery", "name": "能源管理员", "phone": "13800000000"},
        ],
    }  # fmt: skip


def header(items: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for item in items for key in item))


def write_toml(rows: Rows, folder: Path) -> Path:
    lines = [
        line
        for sheet, items in rows.items()
        for item in items
        for line in (
            f"[[{json.dumps(sheet, ensure_ascii=False)}]]",
            *(f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in item.items()),
        )
    ]
    path = folder / "registry.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write_xlsx(rows: Rows, folder: Path) -> Path:
    book = Workbook()
    for sheet, items in rows.items():
        worksheet = book.create_sheet(sheet)
        names = header(items)
        worksheet.append(names)
        for item in items:
            worksheet.append([item.get(name) for name in names])
    path = folder / "registry.xlsx"
    book.save(path)
    return path


def write_csv(rows: Rows, folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "sheets"
    path.mkdir(exist_ok=True)
    for sheet, items in rows.items():
        with (path / f"{sheet}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, header(items))
            writer.writeheader()
            writer.writerows(items)
    return path


WRITERS: dict[str, Callable[[Rows, Path], Path]] = {"toml": write_toml, "xlsx": write_xlsx, "csv": write_csv}


@pytest.fixture(params=list(WRITERS))
def file_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def write(file_format: str, tmp_path: Path) -> Callable[[Rows], Path]:
    """Put rows into a file; the test runs once for each format."""
    return lambda rows: WRITERS[file_format](rows, tmp_path)


@pytest.fixture
def writers() -> dict[str, Callable[..., Path]]:
    return dict(WRITERS)


@pytest.fixture
def load() -> Callable[..., RegistryFile]:
    return lambda path, existing=None, products=None: load_registry_file(path, CARRIERS, existing, products)


@pytest.fixture
def faults_of(load: Callable[..., RegistryFile]) -> Callable[..., list[Fault]]:
    """Every fault of a file; none when it is sound."""

    def faults(path: Path, existing: Registry | None = None, products: set[str] | None = None) -> list[Fault]:
        try:
            load(path, existing, products)
        except RegistryFaults as error:
            return list(error.faults)
        return []

    return faults
