"""indicators.csv, projects.csv and tasks.csv of a plan pack: columns are the fields of the types, ids in a cell are separated by spaces."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from tricolor.catalogue.materials import flow_carriers
from tricolor.catalogue.plans.model import PlanDepartment
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, PlanProject, PlanTask
from tricolor.catalogue.plans.register import Path as Way
from tricolor.catalogue.plans.sheets import SLUG, number, slug, status
from tricolor.catalogue.tables import Faults, Row, read_sheet
from tricolor.domain.formulas import BadFormula
from tricolor.domain.measures import measure_of

EVERY = ("month", "quarter", "year")
_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"[12]\d{3}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PackHead:
    """What the rows of a pack are checked against; years are inclusive."""

    folder: Path
    base_year: int
    first_year: int
    last_year: int
    status: str
    departments: frozenset[str]


def head_of(folder: Path, table: Mapping[str, Any], departments: Iterable[PlanDepartment]) -> PackHead:
    """The head of a pack from its plan.toml; 0 for a year that is not a whole number there, which is a fault of plan.toml."""
    base, first, last = (table[key] if isinstance(table.get(key), int) else 0 for key in ("base_year", "first_year", "last_year"))
    return PackHead(folder, base, first, last, str(table.get("status", "")), frozenset(department.id for department in departments))


def columns_of(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns a sheet of the type must have, and those it may have."""
    every = fields(kind)
    return tuple(f.name for f in every if f.default is MISSING), tuple(f.name for f in every if f.default is not MISSING)


def read_indicators(head: PackHead, faults: Faults) -> tuple[Indicator, ...]:
    """indicators.csv: one row a goal; a pack without the file has none."""
    return _read(head, "indicators.csv", Indicator, _indicator, faults)


def read_projects(head: PackHead, faults: Faults) -> tuple[PlanProject, ...]:
    """projects.csv: one row a project; a pack without the file has none."""
    return _read(head, "projects.csv", PlanProject, _project, faults)


def read_tasks(head: PackHead, faults: Faults) -> tuple[PlanTask, ...]:
    """tasks.csv: one row a task; a pack without the file has none."""
    return _read(head, "tasks.csv", PlanTask, _task, faults)


def _read(head: PackHead, file: str, kind: type, row_of: Callable[[Row, PackHead], T], faults: Faults) -> tuple[T, ...]:
    if not (head.folder / file).is_file():
        return ()
    required, optional = columns_of(kind)
    seen: dict[str, int] = {}
    found: list[T] = []
    for row in read_sheet(head.folder / file, required, optional, faults):
        before = len(faults.found)
        if row["id"] in seen:
            row.fault("id", f"{row['id']!r} is already in row {seen[row['id']]}")
        seen.setdefault(row["id"], row.number)
        _common(row, head)
        made = row_of(row, head)
        if len(faults.found) == before:
            found.append(made)
    return tuple(found)


def _common(row: Row, head: PackHead) -> None:
    row.require("id", "name_cn", "source", "place", "status")
    slug(row, "id")
    status(row, head.status)
    if row["status"] == "illustrative" and not row["carries"]:
        row.fault("carries", "is empty: an illustrative row names the official row it carries, plan:id")
    for identity in row["departments"].split():
        if identity not in head.departments:
            row.fault("departments", f"{identity!r} is not in departments.csv")


def _indicator(row: Row, head: PackHead) -> Indicator:
    row.require("entity", "name_en", "category", "direction", "path", "kind", "every")
    slug(row, "entity")
    for column, allowed in (("direction", Direction), ("path", Way), ("kind", Kind), ("every", EVERY)):
        row.one_of(column, tuple(allowed))
    in_words = row["direction"] == Direction.TEXT
    if not in_words:
        row.require("unit")
    base, target = _float(row, "baseline"), _float(row, "target")
    if target is None and not row["target_text"]:
        row.fault("target_text", "is empty: a goal without a number says in words what is asked")
    if in_words and target is not None:
        row.fault("target", "a state in words has no number: write the words in target_text, or choose up, down or hold")
    if row["measure"] and (trouble := _measure_fault(row["measure"], row["unit"])):
        row.fault("measure", trouble)
    if row["path"] == Way.YEARLY and (target is not None or row["direction"] not in (Direction.UP, Direction.DOWN) or row["kind"] != Kind.LEVEL):
        row.fault("path", "yearly asks of a level to go up or down each year, without a target: empty target, or choose another path")
    if row["kind"] == Kind.CHANGE and target is not None and target < 0:
        row.fault("target", f"{row['target']} is negative: a change is a positive number in the direction asked")
    base_year = _year(row, "baseline_year", 1992, head.last_year, head.base_year)
    year = _year(row, "target_year", head.first_year, head.last_year, head.last_year)
    if not row["target_year"]:
        row.fault("target_year", "is empty")
    return Indicator(
        row["id"], row["entity"], row["no"], row["name_cn"], row["name_en"], row["category"], row["group"], row["unit"],
        _enum(Direction, row["direction"], Direction.TEXT), _enum(Way, row["path"], Way.LINEAR), _enum(Kind, row["kind"], Kind.LEVEL),
        base_year, base, row["baseline_text"], year, target, row["target_text"],
        _yes(row, "is_starred", needed=True), _yes(row, "is_inclusive", needed=not in_words), row["every"], row["measure"],
        tuple(row["departments"].split()), row["source"], row["place"], row["status"], row["carries"], row["note"],
    )  # fmt: skip


def _project(row: Row, head: PackHead) -> PlanProject:
    row.require("name_en")
    places = tuple(row["entities"].split())
    _slugs(row, "entities", places)
    _time(row, "due", (_MONTH,), "a month written YYYY-MM")
    amounts = [_float(row, column) for column in ("expected_tce", "investment_cny_10k")]
    for column, amount in zip(("expected_tce", "investment_cny_10k"), amounts, strict=True):
        if amount is not None and amount < 0:
            row.fault(column, f"{row[column]} is negative")
    return PlanProject(
        row["id"], row["no"], row["section"], row["name_cn"], row["name_en"], row["builder"], row["content"], row["place_text"], places,
        row["due"], row["due_text"], amounts[0], row["effect_text"], amounts[1], row["stage"], row["note"], tuple(row["departments"].split()),
        row["source"], row["place"], row["status"], row["carries"],
    )  # fmt: skip


def _task(row: Row, head: PackHead) -> PlanTask:
    _time(row, "due", (_MONTH, _YEAR), "a month written YYYY-MM or a year")
    return PlanTask(
        row["id"], row["name_cn"], row["content"], row["due"], row["due_text"], tuple(row["departments"].split()), row["departments_text"],
        row["source"], row["place"], row["status"], row["carries"],
    )  # fmt: skip


def _measure_fault(text: str, unit: str) -> str:
    try:
        measure_of(text, unit, flow_carriers())
    except BadFormula as error:
        return str(error)
    return ""


def _slugs(row: Row, column: str, ids: Iterable[str]) -> None:
    for identity in ids:
        if not SLUG.fullmatch(identity):
            row.fault(column, f"{identity!r} is not a lower-case id, e.g. qinnan; ids are separated by spaces")


def _float(row: Row, column: str) -> float | None:
    value = number(row, column)
    return None if value is None else float(value)


def _year(row: Row, column: str, least: int, most: int, otherwise: int) -> int:
    if not row[column]:
        return otherwise
    if not _YEAR.fullmatch(row[column]):
        row.fault(column, f"{row[column]!r} is not a year")
    elif not least <= int(row[column]) <= most:
        row.fault(column, f"{row[column]} is not between {least} and {most}, the years it may lie in")
    else:
        return int(row[column])
    return otherwise


def _time(row: Row, column: str, patterns: Sequence[re.Pattern[str]], what: str) -> None:
    if row[column] and not any(pattern.fullmatch(row[column]) for pattern in patterns):
        row.fault(column, f"{row[column]!r} is not {what}; words stand in due_text")


def _yes(row: Row, column: str, *, needed: bool) -> bool:
    if needed:
        row.require(column)
    row.one_of(column, ("yes", "no"))
    return row[column] == "yes" or not row[column]


def _enum(kind: Callable[[str], T], word: str, otherwise: T) -> T:
    """A word that is none has been named as a fault, and its row is left out."""
    try:
        return kind(word)
    except ValueError:
        return otherwise
