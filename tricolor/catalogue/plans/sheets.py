"""The sheets of a plan pack, each read into its type; every fault is kept with file, row and column, and a faulty row is left out."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tricolor.catalogue.factors import NOT_FOR_ACCOUNTS, carriers, find_factor
from tricolor.catalogue.grid_purposes import PLAN_ACCOUNTS, purposes
from tricolor.catalogue.plans.model import CARBON_INTENSITY, ENERGY_INTENSITY, FactorChoice, Level, PlanDepartment, Responsibility, Target
from tricolor.catalogue.tables import Faults, Row, read_sheet
from tricolor.catalogue.thresholds import known_rules
from tricolor.domain.factors import FactorKind
from tricolor.domain.units import UNITS

STATUSES = ("official", "draft", "illustrative", "interpreted", "derived", "verified", "secondary", "press", "xcheck", "memory", "project default")
INDICATORS = (ENERGY_INTENSITY, CARBON_INTENSITY)
DIRECTIONS = ("down",)
MOST = Decimal("1e15")  # beyond it a number is a slip of the pen, and 1e999 no number of a computer
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

TARGET_COLUMNS = (
    "entity", "name_cn", "name_en", "indicator", "level", "reduction", "unit", "direction", "base_year", "target_year", "source", "place", "status",
)  # fmt: skip
DEPARTMENT_COLUMNS = ("id", "name_cn", "name_en", "source", "place", "status")
RESPONSIBILITY_COLUMNS = ("rule", "entity", "department", "source", "place", "status")
CHOICE_COLUMNS = ("carrier", "kind", "factor", "value", "unit", "low", "high", "valid_from", "valid_to", "source", "status")


def read_targets(folder: Path, base_year: int, target_year: int, pack_status: str, faults: Faults) -> tuple[Target, ...]:
    """targets.csv: one row per (entity, indicator, level)."""
    first_row: dict[tuple[str, str, str], Row] = {}
    targets: dict[tuple[str, str, str], Target] = {}
    for row in _sheet(folder / "targets.csv", TARGET_COLUMNS, ("carries",), faults):
        key = (row["entity"], row["indicator"], row["level"])
        if key in first_row:
            row.fault("level", f"{' '.join(key)} is already in row {first_row[key].number}")
            continue
        first_row[key] = row
        target = _target(row, base_year, target_year, pack_status)
        if target is not None:
            targets[key] = target
    _levels_agree(targets, first_row)
    return tuple(targets.values())


def _sheet(path: Path, required: Sequence[str], optional: Sequence[str], faults: Faults) -> list[Row]:
    """The rows of a sheet; a pack without the file has none."""
    return read_sheet(path, required, optional, faults) if path.is_file() else []


def _target(row: Row, base_year: int, target_year: int, pack_status: str) -> Target | None:
    before = len(row.faults.found)
    row.require(*TARGET_COLUMNS)
    slug(row, "entity")
    row.one_of("indicator", INDICATORS)
    row.one_of("level", tuple(Level))
    row.one_of("unit", ("%",))
    row.one_of("direction", DIRECTIONS)
    status(row, pack_status)
    for column, expected in (("base_year", base_year), ("target_year", target_year)):
        if row[column] and row[column] != str(expected):
            row.fault(column, f"{row[column]!r} is not the plan's {expected}")
    percent = number(row, "reduction")
    if percent is not None and not 0 < percent < 100:
        row.fault("reduction", f"{row['reduction']} % is out of range: more than 0 and less than 100")
    if row["status"] == "illustrative" and not row["carries"]:
        row.fault("carries", "is empty: an illustrative row names the official row it carries, plan:entity:indicator:level")
    if percent is None or len(row.faults.found) > before:
        return None
    return Target(
        row["entity"], row["name_cn"], row["name_en"], row["indicator"], Level(row["level"]), float(percent / 100), row["unit"], row["direction"],
        base_year, target_year, row["source"], row["place"], row["status"], row["carries"],
    )  # fmt: skip


def _levels_agree(targets: dict[tuple[str, str, str], Target], rows: dict[tuple[str, str, str], Row]) -> None:
    for (entity, indicator, level), target in targets.items():
        if level != Level.INCENTIVE:
            continue
        row = rows[entity, indicator, level]
        if (entity, indicator, Level.BASIC.value) not in rows:
            row.fault("level", f"{entity} has an incentive target and no basic one")
        basic = targets.get((entity, indicator, Level.BASIC.value))
        if basic is not None and target.reduction < basic.reduction:
            row.fault("reduction", f"incentive {target.reduction:.2%} is weaker than basic {basic.reduction:.2%}")


def read_departments(folder: Path, pack_status: str, faults: Faults) -> tuple[PlanDepartment, ...]:
    """departments.csv: one row per department, its id used in responsibilities.csv and by the registry's contacts."""
    found: dict[str, PlanDepartment] = {}
    names: dict[str, int] = {}
    for row in _sheet(folder / "departments.csv", DEPARTMENT_COLUMNS, (), faults):
        row.require(*DEPARTMENT_COLUMNS)
        slug(row, "id")
        status(row, pack_status)
        if row["id"] in found:
            row.fault("id", f"{row['id']!r} is there twice")
        if row["name_cn"] and row["name_cn"] in names:
            row.fault("name_cn", f"{row['name_cn']} is already in row {names[row['name_cn']]}")
        names.setdefault(row["name_cn"], row.number)
        found.setdefault(row["id"], PlanDepartment(*(row[column] for column in DEPARTMENT_COLUMNS)))
    return tuple(found.values())


def read_responsibilities(
    folder: Path, departments: Iterable[PlanDepartment], entities: Iterable[str], pack_status: str, faults: Faults
) -> tuple[Responsibility, ...]:
    """responsibilities.csv: which department answers for which rule; entity empty means everywhere."""
    known, places = {d.id for d in departments}, set(entities)
    found: dict[tuple[str, str, str], Responsibility] = {}
    for row in _sheet(folder / "responsibilities.csv", RESPONSIBILITY_COLUMNS, ("note",), faults):
        row.require("rule", "department", "source", "place", "status")
        row.one_of("rule", known_rules())
        status(row, pack_status)
        if row["department"] and row["department"] not in known:
            row.fault("department", f"{row['department']!r} is not in departments.csv")
        if row["entity"] and row["entity"] not in places:
            row.fault("entity", f"{row['entity']!r} is not an area of the pack's targets, indicators or projects")
        key = (row["rule"], row["entity"], row["department"])
        if key in found:
            row.fault("department", f"{' '.join(part for part in key if part)} is there twice")
        found.setdefault(key, Responsibility(row["rule"], row["entity"], row["department"], row["source"], row["place"], row["status"], row["note"]))
    return tuple(found.values())


def read_choices(folder: Path, pack_status: str, faults: Faults) -> tuple[FactorChoice, ...]:
    """factor_choices.csv: factors the plan sets (no purpose: for its accounts). Electricity needs its equal value and its CO2 factor."""
    found: list[FactorChoice] = []
    seen: set[tuple[str, str]] = set()
    for row in _sheet(folder / "factor_choices.csv", CHOICE_COLUMNS, ("note", "purpose"), faults):
        if row["purpose"] in ("", PLAN_ACCOUNTS):
            seen.add((row["carrier"], row["kind"]))
        choice = _choice(row, pack_status)
        if choice is None:
            continue
        for other in found:
            if (other.carrier, other.kind, other.purpose) == (choice.carrier, choice.kind, choice.purpose) and _overlap(other, choice):
                row.fault("valid_from", f"overlaps an earlier row of {choice.carrier} {choice.kind}")
        found.append(choice)
    for kind in (FactorKind.EQUIVALENT, FactorKind.CO2):
        if (folder / "factor_choices.csv").is_file() and ("electricity", kind) not in seen:
            faults.say("factor_choices.csv", f"electricity {kind} is not chosen", column="kind")
    return tuple(found)


def _overlap(a: FactorChoice, b: FactorChoice) -> bool:
    return a.valid_from < (b.valid_to or date.max) and b.valid_from < (a.valid_to or date.max)


def _choice(row: Row, pack_status: str) -> FactorChoice | None:
    before = len(row.faults.found)
    row.require("carrier", "kind", "valid_from", "source", "status")
    row.one_of("carrier", tuple(carriers()))
    row.one_of("kind", tuple(FactorKind))
    status(row, pack_status)
    if row.one_of("purpose", tuple(purposes())) and (row["carrier"], row["kind"]) != ("electricity", FactorKind.CO2):
        row.fault("purpose", "only electricity co2 has one: leave it empty")
    valid_from, valid_to = _date(row, "valid_from"), _date(row, "valid_to")
    if valid_from and valid_to and valid_to <= valid_from:
        row.fault("valid_to", f"{valid_to} is not after {valid_from}")
    value, low, high = number(row, "value"), number(row, "low"), number(row, "high")
    if bool(row["factor"]) == bool(row["value"]):
        row.fault("factor", "fill either factor (an id of the catalogue) or value with its unit")
    elif row["factor"]:
        _known_factor(row)
    elif value is not None:
        _own_value(row, value, low, high)
    if valid_from is None or len(row.faults.found) > before:
        return None
    return FactorChoice(
        row["carrier"], FactorKind(row["kind"]), row["factor"], _float(value), row["unit"], _float(low), _float(high), valid_from, valid_to,
        row["source"], row["status"], row["note"], row["purpose"] or PLAN_ACCOUNTS,
    )  # fmt: skip


def _known_factor(row: Row) -> None:
    factor = find_factor(row["factor"])
    if factor is None:
        row.fault("factor", f"{row['factor']!r} is not in the catalogue")
    elif factor.kind != row["kind"]:
        row.fault("factor", f"{row['factor']!r} is a factor of kind {factor.kind}")
    elif factor.scope in NOT_FOR_ACCOUNTS:
        row.fault("factor", f"{row['factor']!r} is a {factor.scope} factor: not for accounts")
    elif factor.purposes and row["purpose"] in purposes() and row["purpose"] not in factor.purposes:
        row.fault("purpose", f"{row['factor']!r} does not serve {row['purpose']!r}; it serves {', '.join(factor.purposes)}")


def _own_value(row: Row, value: Decimal, low: Decimal | None, high: Decimal | None) -> None:
    above, _, below = row["unit"].partition("/")
    wanted = "kgCO2" if row["kind"] == FactorKind.CO2 else "kgce"
    if above != wanted or below not in UNITS:
        row.fault("unit", f"{row['unit']!r} is not written {wanted}/<unit>, e.g. {wanted}/kWh")
    if value < 0:
        row.fault("value", f"{value} is negative")
    if (low is not None and value < low) or (high is not None and value > high):
        row.fault("value", f"{value} lies outside its range {low}..{high}")


def number(row: Row, column: str) -> Decimal | None:
    """The finite number of a cell; None when it is empty, and with a fault when it is not a number."""
    if not row[column]:
        return None
    try:
        value = Decimal(row[column])
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        row.fault(column, f"{row[column]!r} is not a number")
        return None
    if abs(value) > MOST:
        row.fault(column, f"{row[column]!r} is out of range: at most {MOST:.0e}")
        return None
    return value


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _date(row: Row, column: str) -> date | None:
    if not row[column]:
        return None
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        row.fault(column, f"{row[column]!r} is not a date written YYYY-MM-DD")
        return None


def slug(row: Row, column: str) -> None:
    """A fault when the cell is not a lower-case id."""
    if row[column] and not SLUG.fullmatch(row[column]):
        row.fault(column, f"{row[column]!r} is not a lower-case id, e.g. qinnan")


def status(row: Row, pack_status: str) -> None:
    """A fault when the cell is not a known status, or not illustrative in an illustrative pack."""
    if row.one_of("status", STATUSES) and pack_status == "illustrative" and row["status"] != "illustrative":
        row.fault("status", f"{row['status']!r} in an illustrative pack: every row is marked illustrative")
