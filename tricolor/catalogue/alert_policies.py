"""How alerts of a rule behave, as tricolor/catalogue/alerting/policies.toml says it, and a plan pack's alerting.toml for its own city."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tricolor.catalogue.alerting_tables import FILE, TABLES
from tricolor.catalogue.tables import Faults
from tricolor.catalogue.thresholds import KEYS, check_keys, known_rules
from tricolor.domain.alert_policy import Policy
from tricolor.domain.errors import Problems

if TYPE_CHECKING:
    from tricolor.catalogue.plans.model import Plan

SHIPPED: Final = Path(__file__).parent / "alerting" / "policies.toml"
PACK_FILE: Final = FILE
DEFAULT: Final = "default"
NEVER: Final = "never"
STATUSES: Final = ("official", "secondary", "interpreted", "memory", "project default", "illustrative")
UNITS: Final[Mapping[str, str]] = {
    "hold_count": "facts", "red_hold_count": "facts", "clear_count": "facts", "band": "1", "band_abs": "unit of the verdict",
    "repeats_yellow": "yes/no", "tells_no_data": "yes/no",
}  # fmt: skip
NAMES: Final = tuple(field.name for field in fields(Policy))
MAX_S: Final = 400 * 86_400.0
MAX_STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class PolicySetting:
    """One value of a policy with who says so. rule: "default" for every rule; is_default: Tricolor's own, not the pack's."""

    rule: str
    name: str
    value: Any
    unit: str
    source: str
    status: str
    is_default: bool = False


def policies_of(plan: "Plan") -> Mapping[str, Policy]:
    """Policy by rule: a pack's value of the rule, else Tricolor's of the rule, else the pack's default, else Tricolor's."""
    rows = settings_of(plan)
    return {rule: _policy(rule, rows) for rule in known_rules()}


def settings_of(plan: "Plan") -> tuple[PolicySetting, ...]:
    """Every value that counts, the pack's in the place of Tricolor's."""
    chosen = {(row.rule, row.name): row for row in plan.alert_policies}
    shipped = {(row.rule, row.name): row for row in shipped_settings()}
    return tuple((shipped | chosen).values())


@cache
def shipped_settings() -> tuple[PolicySetting, ...]:
    """The values that come with Tricolor; Problems names every fault."""
    faults = Faults()
    try:
        tables = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problems([f"{SHIPPED.name}: is not readable TOML: {error}"]) from None
    found = read_settings(tables, SHIPPED.name, "", faults, is_default=True)
    missing = [name for name in NAMES if not any(row.rule == DEFAULT and row.name == name for row in found)]
    for name in missing:
        faults.say(SHIPPED.name, "is missing", column=f"{DEFAULT}.{name}")
    if faults.found:
        raise Problems(faults.found)
    return found


def pack_settings(tables: Mapping[str, Any], pack_status: str, faults: Faults) -> tuple[PolicySetting, ...]:
    """The values of a pack's alerting.toml; every fault with its place."""
    for name in tables:
        if name not in ("policy", *TABLES):
            faults.say(PACK_FILE, f"is not known; known: policy, {', '.join(TABLES)}", column=name)
    policy = tables.get("policy", {})
    if not isinstance(policy, dict):
        faults.say(PACK_FILE, "is not a table of rules", column="policy")
        return ()
    before = len(faults.found)
    found = read_settings(policy, PACK_FILE, pack_status, faults)
    if len(faults.found) == before:
        _check_whole(found, faults)
    return found


def read_settings(
    tables: Mapping[str, Any], file: str, pack_status: str, faults: Faults, is_default: bool = False
) -> tuple[PolicySetting, ...]:  # fmt: skip
    """Values of the tables by rule; a fault for each that cannot stand."""
    found: list[PolicySetting] = []
    for rule, values in tables.items():
        if rule != DEFAULT and rule not in known_rules():
            faults.say(file, f"rule is not known; known: {DEFAULT}, {', '.join(known_rules())}", column=rule)
        elif not isinstance(values, dict):
            faults.say(file, "is not a table of settings", column=rule)
        else:
            found += [row for name, said in values.items() if (row := _setting(rule, name, said, file, pack_status, faults, is_default)) is not None]
    return tuple(found)


def _setting(rule: str, name: str, said: object, file: str, pack_status: str, faults: Faults, is_default: bool) -> PolicySetting | None:
    column, before = f"{rule}.{name}", len(faults.found)
    if name not in NAMES:
        faults.say(file, f"is not known; known: {', '.join(NAMES)}", column=column)
        return None
    if not isinstance(said, dict):
        faults.say(file, f"is not a table with {', '.join(KEYS)}", column=column)
        return None
    check_keys(file, column, said, KEYS, (), faults)
    unit, status = said.get("unit"), said.get("status")
    if unit and unit != UNITS.get(name, "s"):
        faults.say(file, f"{unit!r} is not {UNITS.get(name, 's')!r}: convert the value", column=f"{column}.unit")
    if status and status not in STATUSES:
        faults.say(file, f"{status!r} is not one of {', '.join(STATUSES)}", column=f"{column}.status")
    elif status and pack_status == "illustrative" != status:
        faults.say(file, f"{status!r} in an illustrative pack: every row is marked illustrative", column=f"{column}.status")
    trouble = trouble_with(name, said.get("value")) if said.get("value", "") != "" else ""
    if trouble:
        faults.say(file, trouble, column=f"{column}.value")
    if len(faults.found) > before:
        return None
    return PolicySetting(rule, name, said["value"], str(unit), str(said["source"]), str(status), is_default)


def trouble_with(name: str, value: object) -> str:
    """Why a value cannot stand for a setting, in words; "" when it can."""
    if name in ("repeats_yellow", "tells_no_data"):
        return "" if isinstance(value, bool) else f"{value!r} is not true or false"
    if name == "escalate_s":
        return _steps_trouble(value)
    if name in ("ack_timeout_s", "repeat_s"):
        if value == NEVER:
            return ""
        trouble = _number_trouble(value, 1.0, MAX_S)
        return f"{trouble}, nor {NEVER!r}" if trouble else ""
    if name.endswith("_count"):
        whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000
        return "" if whole else f"{value!r} is not a whole number of 1..1000"
    return _number_trouble(value, 0.0, 1.0 if name == "band" else MAX_S)


def _number_trouble(value: object, least: float, most: float) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is not a number [s]" if most == MAX_S else f"{value!r} is not a number"
    return "" if least <= value <= most else f"{value} is out of range {least:g}..{most:g}"


def _steps_trouble(value: object) -> str:
    if not isinstance(value, list) or len(value) > MAX_STEPS:
        return f"{value!r} is not a list of at most {MAX_STEPS} times"
    for each in value:
        if trouble := _number_trouble(each, 0.0, MAX_S):
            return trouble
    rising: Sequence[float] = value
    return "" if all(a < b for a, b in pairwise(rising)) else f"{value} does not rise from step to step"


def _check_whole(found: Sequence[PolicySetting], faults: Faults) -> None:
    """What single values cannot say: red may not wait longer than yellow, in the policy that comes of all of them."""
    rows = tuple(({(r.rule, r.name): r for r in shipped_settings()} | {(r.rule, r.name): r for r in found}).values())
    for rule in dict.fromkeys(row.rule for row in found):
        policy = _policy(rule, rows)
        for red, other in (("red_hold_s", "hold_s"), ("red_hold_count", "hold_count")):
            if getattr(policy, red) > getattr(policy, other):
                text = f"{getattr(policy, red):g} is more than {other} {getattr(policy, other):g}: red would wait longer than yellow"
                faults.say(PACK_FILE, text, column=f"{rule}.{red}")


def _policy(rule: str, rows: Sequence[PolicySetting]) -> Policy:
    values: dict[str, Any] = {}
    for is_own in (False, True):
        for is_default in (True, False):
            values |= {row.name: _typed(row) for row in rows if row.is_default is is_default and row.rule == (rule if is_own else DEFAULT)}
    return Policy(**values)


def _typed(row: PolicySetting) -> Any:
    if row.value == NEVER and isinstance(row.value, str):
        return None
    if isinstance(row.value, list):
        return tuple(float(each) for each in row.value)
    if row.name.endswith("_count") or isinstance(row.value, bool):
        return row.value
    return float(row.value)
