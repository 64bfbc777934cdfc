"""From raw cells to a RegistryFile: every cell is read, every reference looked up, every fault told; one fault and nothing comes out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tricolor.adapters.registry_files.cells import CellFault, parse
from tricolor.adapters.registry_files.columns import SHEETS, Sheet
from tricolor.adapters.registry_files.heat import check_heat
from tricolor.adapters.registry_files.model import Fault, RawFile, RawRow, RawTable, RegistryFaults, RegistryFile
from tricolor.adapters.registry_files.points import check_point
from tricolor.adapters.registry_files.references import References
from tricolor.adapters.registry_files.virtual import check_virtual
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Meter, Registry
from tricolor.domain.factors import Carrier
from tricolor.domain.meters import Measure, Medium, Plate, Point, PointKind, Role

EMPTY = Registry(0, {}, {}, {}, {}, {})


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """Values of the cells that could be read; defaults stand for blanks, and what could not be read is not there."""

    number: int
    values: Mapping[str, Any]


def validate(
    raw: RawFile, carriers: Mapping[str, Carrier], existing: Registry | None = None, products: Collection[str] | None = None
) -> RegistryFile:
    """The typed file. carriers: by code; existing: what the ledger holds, so that a file may refer to it; products: ids of the benchmark
    catalogue (None: not checked).

    Raises RegistryFaults with every fault, in the order of the sheets and rows.
    """
    faults = list(raw.faults)
    rows = {name: _parse_sheet(sheet, raw.tables.get(name), raw.word, faults) for name, sheet in SHEETS.items()}
    if not any(rows.values()) and not faults:
        raise RegistryFaults.one("文件里没有任何一行数据", "the file holds no row at all")
    references = References(rows, existing or EMPTY, raw.word, faults)
    references.check_entities(products)
    references.check_meters()
    references.check_contacts()
    for row in rows["points"]:
        references.check_meter_of(row.number, row.values)
        faults.extend(check_point(row.values, carriers, row.number, raw.word))
    faults.extend(check_heat(rows, existing or EMPTY, raw.word))
    faults.extend(check_virtual(rows, existing or EMPTY, raw.word))
    if faults:
        order = {name: place for place, name in enumerate(SHEETS)}
        raise RegistryFaults(sorted(faults, key=lambda fault: (order.get(fault.sheet, -1), fault.row or 0)))
    return _build(rows, references)


def _parse_sheet(sheet: Sheet, table: RawTable | None, word: str, faults: list[Fault]) -> list[ParsedRow]:
    if table is None:
        return []
    absent = {column.key for column in sheet.columns if column.is_required} - table.columns if table.columns is not None and table.rows else set()
    if absent:
        names = ", ".join(column.key for column in sheet.columns if column.key in absent)
        faults.append(Fault(sheet.name, table.header_row, "", f"缺少必填列 {names}", f"required column {names} is missing", word))
    first_rows: dict[str, int] = {}
    parsed = []
    for row in table.rows:
        values = _parse_row(sheet, row, absent, word, faults)
        identity = values.get("id")
        if identity is not None:
            if identity in first_rows:
                zh, en = f'编号 "{identity}" 与第{first_rows[identity]}{word}重复', f'id "{identity}" is already that of row {first_rows[identity]}'
                faults.append(Fault(sheet.name, row.number, "id", zh, en, word))
            first_rows.setdefault(identity, row.number)
        parsed.append(ParsedRow(row.number, values))
    return parsed


def _parse_row(sheet: Sheet, row: RawRow, absent: Collection[str], word: str, faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in sheet.columns:
        raw = row.cells.get(column.key)
        if raw is None:
            if not column.is_required:
                values[column.key] = column.default
            elif column.key not in absent:
                faults.append(
                    Fault(sheet.name, row.number, column.key, f"{column.name_cn}必填：{column.help_cn}", f"is required: {column.help_en}", word)
                )
            continue
        try:
            values[column.key] = parse(column, raw)
        except CellFault as fault:
            faults.append(Fault(sheet.name, row.number, column.key, fault.zh, fault.en, word))
    return values


def _build(rows: Mapping[str, Sequence[ParsedRow]], references: References) -> RegistryFile:
    entities = tuple(
        Entity(
            v["id"], EntityKind(v["kind"]), v["name_cn"], v["name_en"], references.region_of(v), v["park"], v["industry_code"], v["industry_cn"],
            v["is_key_user"], v["product"], v["order"], v["is_two_high"],
        )
        for v in _values(rows, "entities")
    )  # fmt: skip
    meters = tuple(
        Meter(
            v["id"], v["entity"], v["name_cn"], v["name_en"], v["gateway"], v["parent"], Medium(v["medium"]), v["branch"], v["pipe_km"], v["pipe_mm"],
        )
        for v in _values(rows, "meters")
    )  # fmt: skip
    return RegistryFile(
        entities, meters,
        points=tuple(_point(v, references) for v in _values(rows, "points")),
        departments=tuple(Department(v["id"], v["name_cn"], v["name_en"]) for v in _values(rows, "departments")),
        contacts=tuple(Contact(v["id"], v["of"], v["name"], v["role"], v["phone"], v["email"]) for v in _values(rows, "contacts")),
    )  # fmt: skip


def _values(rows: Mapping[str, Sequence[ParsedRow]], sheet: str) -> list[Mapping[str, Any]]:
    return [row.values for row in rows[sheet]]


def _point(v: Mapping[str, Any], references: References) -> Point:
    entity_id, gateway = references.owner_of(v["meter"])
    plate = Plate(PointKind(v["kind"]), v["interval_s"], v["multiplier"], v["capacity"], v["max_rate"], v["resolution"], v["is_net"])
    return Point(
        0, v["id"], v["meter"], entity_id, v["name_cn"], v["name_en"], v["carrier"], v["quantity"] or references.quantity_of(v["unit"]), v["unit"],
        plate, Role(v["role"]), v["valid_from"], v["valid_to"], gateway, measure=Measure(v["measure"]), formula=v["formula"],
    )  # fmt: skip
