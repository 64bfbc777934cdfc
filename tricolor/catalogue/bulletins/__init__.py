"""How bulletins are headed, when they are drafted, and what they ask for: shipped tables, of which a plan pack may say otherwise."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tricolor.domain.errors import Problems

FOLDER = Path(__file__).parent
KEYS = ("value", "unit", "source", "status")
MEASURE_KEYS = ("what", "within", "source", "status")
LEVELS = ("red", "orange", "yellow")
OTHER = "other"
KINDS = ("city", "region", "park")
MAX_WORKDAY = 23
_NUMBER = re.compile(r"[^{}]*\{year\}[^{}]*\{serial\}[^{}]*")


@dataclass(frozen=True, slots=True)
class Said:
    """A value with who says so."""

    value: Any
    unit: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What is asked for a light of a rule. within [calendar days]."""

    rule: str
    light: str
    what: str
    within: int
    source: str
    status: str


@cache
def shipped_form() -> Mapping[str, Said]:
    """The form by name, as it ships."""
    return form_of(tomllib.loads((FOLDER / "form.toml").read_text(encoding="utf-8")), "form.toml", whole=True)


def form_of(tables: Mapping[str, Any], file: str, whole: bool = False) -> dict[str, Said]:
    """The tables of a form; Problems with every fault. whole: every name must be there."""
    faults: list[str] = []
    known = tuple(_CHECKS)
    for name, table in tables.items():
        if name not in _CHECKS:
            faults.append(f"{file} [{name}]: is not known; known: {', '.join(known)}")
        elif not isinstance(table, dict) or set(table) != set(KEYS):
            faults.append(f"{file} [{name}]: holds exactly {', '.join(KEYS)}")
        elif (wrong := _CHECKS[name](table["value"])) is not None:
            faults.append(f"{file} [{name}].value: {table['value']!r} {wrong}")
    if whole:
        faults += [f"{file} [{name}]: is missing" for name in known if name not in tables]
    if faults:
        raise Problems(faults)
    return {name: Said(t["value"], str(t["unit"]), str(t["source"]), str(t["status"])) for name, t in tables.items()}


def form_with(own: Mapping[str, Said]) -> dict[str, Said]:
    """The form of a pack: its own tables over those that ship."""
    return {**shipped_form(), **own}


@cache
def measures() -> Mapping[tuple[str, str], Measure]:
    """(rule, light) -> what is asked for; Problems with every fault."""
    tables = tomllib.loads((FOLDER / "measures.toml").read_text(encoding="utf-8"))
    found, faults = dict[tuple[str, str], Measure](), list[str]()
    for rule, levels in tables.items():
        for light, table in levels.items():
            if light not in LEVELS or set(table) != set(MEASURE_KEYS) or not isinstance(table["within"], int):
                faults.append(f"measures.toml [{rule}.{light}]: holds exactly {', '.join(MEASURE_KEYS)}, of one of {', '.join(LEVELS)}")
                continue
            found[rule, light] = Measure(rule, light, table["what"], table["within"], table["source"], table["status"])
    if faults:
        raise Problems(faults)
    return found


def measure_for(rule: str, light: str) -> Measure | None:
    """None for a light that asks nothing (green, grey)."""
    return measures().get((rule, light)) or measures().get((OTHER, light))


def _text(value: object) -> str | None:
    return None if isinstance(value, str) else "is not a text"


def _filled(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "is not a text"


def _number(value: object) -> str | None:
    return None if isinstance(value, str) and _NUMBER.fullmatch(value) else "holds {year} and then {serial} once each"


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _names(value: object) -> str | None:
    is_list = isinstance(value, list | tuple) and all(isinstance(each, str) and each for each in _listed(value))
    return None if is_list else "is not a list of texts"


def _kinds(value: object) -> str | None:
    is_known = _names(value) is None and all(each in KINDS for each in _listed(value))
    return None if is_known else f"is not a list of some of {', '.join(KINDS)}"


def _day(value: object) -> str | None:
    return None if type(value) is int and 1 <= value <= MAX_WORKDAY else f"is not a whole number from 1 to {MAX_WORKDAY}"


def _count(value: object) -> str | None:
    return None if type(value) is int and 1 <= value <= 50 else "is not a whole number from 1 to 50"


_CHECKS = {
    "title": _filled, "number": _number, "issuer": _text, "head": _text, "to": _names, "copied_to": _names,
    "monthly_workday": _day, "quarterly_workday": _day, "scheduled": _kinds,
    "movers": _count, "opening_red": _filled, "opening_yellow": _filled, "opening_green": _filled, "opening_grey": _filled,
}  # fmt: skip
