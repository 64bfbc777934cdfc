"""The registry in the ledger: loaded whole, and brought up to a checked registry file in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, Table, bindparam, func, insert, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.point_columns import PointColumnsSql
from tricolor.adapters.ledger.schema import audit, contact, department, dirty_span, entity, meter, point
from tricolor.adapters.ledger.schema_offline import OFFLINE_SOURCE, offline_figure
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Meter, Registry
from tricolor.domain.errors import Problems
from tricolor.domain.intervals import EARLIEST_US, LATEST_US
from tricolor.domain.meters import Measure, Medium, Plate, Point, PointKind, Role

Row = Mapping[str, Any] | RowMapping
# parents before children: foreign keys hold at every statement
TABLES: Mapping[str, Table] = {"entities": entity, "meters": meter, "points": point, "departments": department, "contacts": contact}
CALCULATED = Measure.CALCULATED_HEAT.value
AUDITED_CHANGES = 1_000  # at most so many single changes are written into one audit row; the counts are always whole


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that an import changes on something that already exists. field is the ledger's column."""

    sheet: str
    id: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    added, changed, unchanged: rows of the file by sheet; before, after: rows of the ledger by sheet; version: of the registry afterwards.
    """

    version: int
    added: Mapping[str, int]
    changed: Mapping[str, int]
    unchanged: Mapping[str, int]
    before: Mapping[str, int]
    after: Mapping[str, int]
    changes: tuple[FieldChange, ...]

    @property
    def has_changes(self) -> bool:
        return any(self.added.values()) or any(self.changed.values())


class RegistryBookSql:
    """RegistryBook on SQLAlchemy."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger
        self.points = PointColumnsSql(ledger)

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.REGISTRY)

    def load(self) -> Registry:
        """The whole registry of one moment; entities in the order of the board."""
        with self._ledger.reading() as connection:
            version = versions.version(connection, versions.REGISTRY)
            rows = {name: connection.execute(select(table).order_by(table.c.id)).mappings().all() for name, table in TABLES.items()}
        entities = sorted((_entity(row) for row in rows["entities"]), key=lambda e: (e.order, e.id))
        meters = {row["id"]: _meter(row) for row in rows["meters"]}
        points = {row["id"]: _point(row, meters[row["meter_id"]]) for row in rows["points"]}
        return Registry(
            version, {e.id: e for e in entities}, meters, points,
            {row["id"]: Department(**row) for row in rows["departments"]},
            {row["id"]: Contact(**row) for row in rows["contacts"]},
            {p.key: p for p in points.values()},
        )  # fmt: skip

    def preview(self, file: RegistryFile) -> ImportReport:
        """What replace_from would do; nothing is written."""
        with self._ledger.reading() as connection:
            version = versions.version(connection, versions.REGISTRY)
            report = _report(version, [_difference(connection, name, file) for name in TABLES])
        return _at(report, version + 1) if report.has_changes else report

    def replace_from(self, file: RegistryFile, who: str, at_us: int) -> ImportReport:
        """Add what is new, replace what exists row by row, leave what the file does not name; points keep their key. All or nothing.

        The version rises and an audit row is written only when something changed. Problems when another import has meanwhile added a city.
        """
        with self._ledger.writing() as connection:
            differences = [_difference(connection, name, file) for name in TABLES]
            report = _report(versions.version(connection, versions.REGISTRY), differences)
            if not report.has_changes:
                return report
            moved = _to_settle_again(connection, {d.sheet: d for d in differences})
            for difference in differences:
                difference.write(connection, at_us)
            moved += _new_virtual(connection, {d.sheet: d for d in differences})
            moved += _offline_again(connection, {d.sheet: d for d in differences}, {row["source"].partition(":")[2] for row in moved})
            if moved:
                connection.execute(insert(dirty_span), moved)
            _check_one_city(connection)
            report = _at(report, versions.bump(connection, versions.REGISTRY))
            connection.execute(insert(audit).values(at=at_us, who=who, action="registry.import", target="registry", detail=_detail(report)))
            return report


@dataclass(frozen=True, slots=True)
class _Difference:
    """How the rows of one sheet differ from the ledger's."""

    sheet: str
    before: int
    new: Sequence[Row]
    changed: Sequence[Row]
    unchanged: int
    changes: Sequence[FieldChange]

    def write(self, connection: Connection, at_us: int) -> None:
        table = TABLES[self.sheet]
        if self.new:
            stamp = {"registered_at": at_us} if self.sheet == "points" else {}
            connection.execute(insert(table), [{**row, **stamp} for row in self.new])
        if self.changed:
            names = [name for name in self.changed[0] if name != "id"]
            statement = update(table).where(table.c.id == bindparam("_id")).values({name: bindparam(f"_{name}_new") for name in names})
            connection.execute(statement, [{"_id": row["id"], **{f"_{name}_new": row[name] for name in names}} for row in self.changed])


def _difference(connection: Connection, sheet: str, file: RegistryFile) -> _Difference:
    table = TABLES[sheet]
    held: dict[str, RowMapping] = {row["id"]: row for row in connection.execute(select(table)).mappings()}
    new, changed, changes = [], [], []
    wanted = [_TO_ROW[sheet](item) for item in getattr(file, sheet)]
    for row in wanted:
        old = held.get(row["id"])
        if old is None:
            new.append(row)
            continue
        found = [FieldChange(sheet, row["id"], name, old[name], value) for name, value in row.items() if old[name] != value]
        if found:
            changed.append(row)
            changes.extend(found)
    return _Difference(sheet, len(held), new, changed, len(wanted) - len(new) - len(changed), changes)


# what of a point decides how its readings become energy and accounts
_SETTLING = (
    "meter_id",
    "carrier",
    "unit",
    "kind",
    "role",
    "interval_s",
    "multiplier",
    "capacity",
    "max_rate",
    "resolution",
    "is_net",
    "valid_from",
    "valid_to",
    "measure",
    "formula",
)


def _to_settle_again(connection: Connection, differences: Mapping[str, _Difference]) -> list[dict[str, Any]]:
    """Work for settling: the whole history of every point that is read differently from now on. source names the unit that it leaves, if it does."""
    points = {c.id for c in differences["points"].changes if c.field in _SETTLING}
    meters = {c.id for c in differences["meters"].changes if c.field in ("entity_id", "medium", "parent_id")}
    # calculated heat has no reading of its own: those of its meter are settled again, as far back as they go
    meters |= {row["meter_id"] for rows in (differences["points"].new, differences["points"].changed) for row in rows if row["measure"] == CALCULATED}
    # what stands behind a meter counts or does not by what the meter counts
    changed = [row["meter_id"] for rows in (differences["points"].new, differences["points"].changed) for row in rows]
    meters |= _behind(connection, differences["meters"], {*meters, *changed})
    if not points and not meters:
        return []
    by_unit: dict[str, list[int]] = {}
    query = select(point.c.key, point.c.id, point.c.meter_id, meter.c.entity_id).join(meter, meter.c.id == point.c.meter_id)
    for row in connection.execute(query):  # before the writes: the unit of now is the one that may be left
        if row.id in points or row.meter_id in meters:
            by_unit.setdefault(row.entity_id, []).append(row.key)
    return _whole_history(by_unit)


def _behind(connection: Connection, difference: _Difference, meters: set[str]) -> set[str]:
    """Meters behind these, before or after the change."""
    children: dict[str, set[str]] = {}
    held = connection.execute(select(meter.c.id, meter.c.parent_id).where(meter.c.parent_id != "")).mappings()
    rows: list[Row] = [*held, *difference.new, *difference.changed]
    for row in rows:
        if row["parent_id"]:
            children.setdefault(row["parent_id"], set()).add(row["id"])
    found: set[str] = set()
    left = list(meters)
    while left and children:
        below = children.get(left.pop(), set()) - found
        found |= below
        left += below
    return found


def _new_virtual(connection: Connection, differences: Mapping[str, _Difference]) -> list[dict[str, Any]]:
    """Work for settling, after the writes: virtual points that are new have a history as soon as they have a formula."""
    fresh = {row["id"] for row in differences["points"].new if row["formula"]}
    if not fresh:
        return []
    by_unit: dict[str, list[int]] = {}
    query = select(point.c.key, point.c.id, meter.c.entity_id).join(meter, meter.c.id == point.c.meter_id).where(point.c.formula != "")
    for row in connection.execute(query):
        if row.id in fresh:
            by_unit.setdefault(row.entity_id, []).append(row.key)
    return _whole_history(by_unit)


def _offline_again(connection: Connection, differences: Mapping[str, _Difference], units: set[str]) -> list[dict[str, Any]]:
    """Work for accounting, after the writes: months of offline figures of units whose points changed; a meter takes a figure's place or leaves it."""
    meters = {row["meter_id"] for rows in (differences["points"].new, differences["points"].changed) for row in rows}
    if not meters and not units:
        return []
    owners = {row.entity_id for row in connection.execute(select(meter.c.id, meter.c.entity_id)) if row.id in meters} | units
    pairs = connection.execute(select(offline_figure.c.entity, offline_figure.c.month).distinct()).all()
    nothing = {"points": b"", "starts": b"", "ends": b"", "readings": 0}
    return [{**nothing, "source": f"{OFFLINE_SOURCE}{entity}/{month}"} for entity, month in sorted(pairs) if entity in owners]


def _whole_history(by_unit: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    return [
        {"points": _packed(keys), "starts": _packed([EARLIEST_US] * len(keys)), "ends": _packed([LATEST_US] * len(keys)), "readings": len(keys),
         "source": f"registry:{unit}"}
        for unit, keys in by_unit.items()
    ]  # fmt: skip


def _packed(numbers: Sequence[int]) -> bytes:
    return np.array(numbers, dtype="<i8").tobytes()


def _report(version: int, differences: Sequence[_Difference]) -> ImportReport:
    return ImportReport(
        version,
        added={d.sheet: len(d.new) for d in differences},
        changed={d.sheet: len(d.changed) for d in differences},
        unchanged={d.sheet: d.unchanged for d in differences},
        before={d.sheet: d.before for d in differences},
        after={d.sheet: d.before + len(d.new) for d in differences},
        changes=tuple(change for d in differences for change in d.changes),
    )


def _at(report: ImportReport, version: int) -> ImportReport:
    return ImportReport(version, report.added, report.changed, report.unchanged, report.before, report.after, report.changes)


def _detail(report: ImportReport) -> dict[str, object]:
    detail = asdict(report)
    detail["changes"] = detail["changes"][:AUDITED_CHANGES]
    detail["changes_total"] = len(report.changes)
    return detail


def _check_one_city(connection: Connection) -> None:
    cities = connection.execute(select(func.count()).select_from(entity).where(entity.c.kind == EntityKind.CITY.value)).scalar_one()
    if cities > 1:
        raise Problems([f"登记中会有 {cities} 个城市，只能有一个 · there would be {cities} cities in the registry, there may be one"])


def _entity(row: Row) -> Entity:
    return Entity(**{**dict(row), "kind": EntityKind(row["kind"])})


def _meter(row: Row) -> Meter:
    return Meter(**{**dict(row), "medium": Medium(row["medium"])})


def _point(row: Row, of: Meter) -> Point:
    plate = Plate(PointKind(row["kind"]), row["interval_s"], row["multiplier"], row["capacity"], row["max_rate"], row["resolution"], row["is_net"])
    return Point(
        row["key"], row["id"], of.id, of.entity_id, row["name_cn"], row["name_en"], row["carrier"], row["quantity"], row["unit"], plate,
        Role(row["role"]), row["valid_from"], row["valid_to"], of.gateway, row["registered_at"], Measure(row["measure"]),
        formula=row["formula"],
    )  # fmt: skip


def _point_row(p: Point) -> Row:
    return {
        "id": p.id, "meter_id": p.meter_id, "name_cn": p.name_cn, "name_en": p.name_en, "carrier": p.carrier, "quantity": p.quantity, "unit": p.unit,
        "kind": p.plate.kind.value, "role": p.role.value, "interval_s": p.plate.interval_s, "multiplier": p.plate.multiplier,
        "capacity": p.plate.capacity, "max_rate": p.plate.max_rate, "resolution": p.plate.resolution, "is_net": p.plate.is_net,
        "valid_from": p.valid_from, "valid_to": p.valid_to, "measure": p.measure.value,
        "formula": p.formula,
    }  # fmt: skip


_TO_ROW: Mapping[str, Callable[[Any], Row]] = {
    "entities": lambda item: {**asdict(item), "kind": item.kind.value},
    "meters": lambda item: {**asdict(item), "medium": item.medium.value},
    "points": _point_row,
    "departments": asdict,
    "contacts": asdict,
}
