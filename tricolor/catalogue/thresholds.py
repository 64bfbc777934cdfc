"""The thresholds that rules judge by when a plan pack says nothing else: one file of data a rule, each number with unit, source and status."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tricolor.catalogue.tables import Faults
from tricolor.domain.errors import Problems

RULES_FOLDER = Path(__file__).parent / "rules"
KEYS = ("value", "unit", "source", "status")
TYPES = ("share", "number", "whole", "switch", "choice")

Value = float | int | bool | str
# rules that give a light, in the order in which they are named to people; each has its file in RULES_FOLDER
RULES_OF_LIGHTS = (
    "pace", "total", "budget", "benchmark", "benchmark_share", "per_area", "per_head", "heat_loss", "supply_temperature", "instant", "concentration",
    "mass", "silent", "completeness", "connected", "reported", "stuck", "implausible", "too_smooth", "indicator", "project", "audit", "watch",
    "report_duty", "forecast",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """One threshold of a rule: its type, what values it may take, and the default [unit] with who says so. choices: of a choice only."""

    rule: str
    name: str
    type: str
    least: float
    most: float
    choices: tuple[str, ...]
    value: Value
    unit: str
    source: str
    status: str

    def trouble(self, value: object) -> str:
        """Why a value cannot stand here, in words; "" when it can."""
        if self.type == "switch":
            return "" if isinstance(value, bool) else f"{value!r} is not true or false"
        if self.type == "choice":
            return "" if value in self.choices else f"{value!r} is not one of {', '.join(self.choices)}"
        wanted = int if self.type == "whole" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            return f"{value!r} is not a {'whole number' if self.type == 'whole' else 'number'}"
        return "" if self.least <= value <= self.most else f"{value} is out of range {self.least:g}..{self.most:g}"

    def settled(self, value: Value) -> Value:
        """The value in its own type: 1 of a share is 1.0."""
        return float(value) if self.type in ("share", "number") else value


@cache
def rule_names() -> tuple[str, ...]:
    """Names of the rules that there are thresholds of, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in RULES_FOLDER.glob("*.toml")))


def known_rules() -> tuple[str, ...]:
    """Every rule that a department may answer for: those that give a light, then whatever else has thresholds (submissions)."""
    return tuple(dict.fromkeys((*RULES_OF_LIGHTS, *rule_names())))


@cache
def defaults(rule: str) -> Mapping[str, ThresholdRow]:
    """Threshold by name of a rule, in the file's order; empty for a rule without a file. Problems names every fault of the file."""
    path = RULES_FOLDER / f"{rule}.toml"
    return read_defaults(path) if path.is_file() else {}


def read_defaults(path: Path) -> Mapping[str, ThresholdRow]:
    """The thresholds of one file; Problems names every fault with file and place."""
    faults, file = Faults(), f"rules/{path.name}"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problems([f"{file}: is not readable TOML: {error}"]) from None
    rows = {name: _row(file, path.stem, name, table, faults) for name, table in tables.items()}
    if faults.found:
        raise Problems(faults.found)
    return {name: row for name, row in rows.items() if row is not None}


def _row(file: str, rule: str, name: str, table: object, faults: Faults) -> ThresholdRow | None:
    if not isinstance(table, dict):
        faults.say(file, "is not a table with type, value, unit, source and status", column=name)
        return None
    before = len(faults.found)
    check_keys(file, name, table, ("type", *KEYS), ("least", "most", "choices"), faults)
    kind, choices = table.get("type"), table.get("choices", [])
    if kind is not None and kind not in TYPES:
        faults.say(file, f"{kind!r} is not one of {', '.join(TYPES)}", column=f"{name}.type")
    if kind == "choice" and not choices:
        faults.say(file, "is missing: what may be chosen", column=f"{name}.choices")
    if len(faults.found) > before:
        return None
    least, most = _bounds(table)
    row = ThresholdRow(rule, name, str(kind), least, most, tuple(choices), table["value"], *(str(table[key]) for key in ("unit", "source", "status")))
    trouble = row.trouble(row.value)
    if trouble:
        faults.say(file, trouble, column=f"{name}.value")
    return row


def _bounds(table: Mapping[str, Any]) -> tuple[float, float]:
    share = table["type"] == "share"
    return float(table.get("least", 0 if share else -math.inf)), float(table.get("most", 1 if share else math.inf))


def check_keys(file: str, column: str, table: Mapping[str, Any], needed: Sequence[str], allowed: Sequence[str], faults: Faults) -> None:
    """A fault for every key that is missing, empty or not known."""
    for key in needed:
        if key not in table or table[key] == "":
            faults.say(file, "is missing", column=f"{column}.{key}")
    for key in table:
        if key not in needed and key not in allowed:
            faults.say(file, f"is not known; known: {', '.join((*needed, *allowed))}", column=f"{column}.{key}")
