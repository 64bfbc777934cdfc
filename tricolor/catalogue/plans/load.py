"""Loading and checking plan packs: plan.toml and rules.toml here, the sheets in `sheets`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tricolor.catalogue.exclusions import pack_rules
from tricolor.catalogue.plans.model import (
    BenchmarkRule,
    ConcentrationRule,
    Document,
    HeatLossRule,
    MassRule,
    PaceRule,
    Plan,
    Rules,
    SilentRule,
    SupplyTemperatureRule,
    Target,
    Threshold,
)
from tricolor.catalogue.plans.pollutants import read_pollutant_targets
from tricolor.catalogue.plans.sheets import SLUG, STATUSES, read_choices, read_departments, read_responsibilities, read_targets
from tricolor.catalogue.tables import Faults
from tricolor.domain.errors import Problems

PACKS = Path(__file__).parent

HEAD: Mapping[str, type] = {
    "id": str, "name_cn": str, "name_en": str, "base_year": int, "first_year": int, "last_year": int, "status": str,
}  # fmt: skip
DOCUMENT: Mapping[str, type] = {"number": str, "title": str, "issuer": str, "date": date}
# rule -> threshold -> (type, least, most)
THRESHOLDS: Mapping[str, Mapping[str, tuple[type, float, float]]] = {
    "pace": {"red_gap": (float, 0, 1), "red_on_rise": (bool, 0, 1), "coverage_min": (float, 0, 1)},
    "benchmark": {"coverage_min": (float, 0, 1)},
    "heat_loss": {
        "yellow_rate": (float, 0, 1),
        "red_rate": (float, 0, 1),
        "coverage_min": (float, 0, 1),
        "meter_error": (float, 0, 1),
        "days": (int, 1, 31),
    },
    "supply_temperature": {"water_min_c": (float, 0, 180), "steam_min_c": (float, 100, 600), "red_below_k": (float, 0, 200)},
    "concentration": {
        "hours": (int, 1, 168),
        "yellow_share": (float, 0, 1),
        "red_hours": (int, 1, 168),
        "valid_minutes": (int, 1, 60),
        "coverage_min": (float, 0, 1),
    },
    "mass": {
        "yellow_share": (float, 0, 1),
        "projected_share": (float, 0, 10),
        "projected_from_days": (int, 1, 366),
        "coverage_min": (float, 0, 1),
    },
    "silent": {"yellow_after_s": (int, 60, 31_536_000), "red_after_s": (int, 60, 31_536_000)},
}
THRESHOLD_KEYS = ("value", "unit", "source", "status")


def list_plans() -> tuple[str, ...]:
    """Names of the packs that come with Tricolor."""
    return tuple(sorted(path.parent.name for path in PACKS.glob("*/plan.toml")))


def load_plan(name_or_folder: str | Path) -> Plan:
    """The plan of a pack that comes with Tricolor, by name, or of a folder; Problems lists every fault with file, row and column."""
    plan, faults = _read(_folder(name_or_folder))
    if plan is None or faults.found:
        raise Problems(faults.found)
    return plan


def check_plan(name_or_folder: str | Path) -> list[str]:
    """Every fault of a pack, "file row n column c: what"; empty when it is sound. Row 1 is the header."""
    try:
        return _read(_folder(name_or_folder))[1].found
    except Problems as error:
        return error.problems


def _folder(name_or_folder: str | Path) -> Path:
    if str(name_or_folder) in list_plans():
        return PACKS / str(name_or_folder)
    folder = Path(name_or_folder)
    if not folder.is_dir():
        raise Problems([f"plan {str(name_or_folder)!r} is neither a folder nor one of {', '.join(list_plans())}"])
    return folder


def _read(folder: Path) -> tuple[Plan | None, Faults]:
    faults = Faults()
    head = _toml(folder / "plan.toml", faults)
    document = _document(head.pop("document", None), faults)
    _fields("plan.toml", head, HEAD, faults)
    _years(head, faults)
    if isinstance(head.get("id"), str) and not SLUG.fullmatch(head["id"]):
        faults.say("plan.toml", f"{head['id']!r} is not a lower-case id, e.g. qinzhou-2021-2025", column="id")
    status = str(head.get("status", ""))
    if status and status not in STATUSES:
        faults.say("plan.toml", f"{status!r} is not one of {', '.join(STATUSES)}", column="status")
    rules = _rules(_toml(folder / "rules.toml", faults), status, faults)
    targets = read_targets(folder, head.get("base_year", 0), head.get("last_year", 0), status, faults)
    _carried(folder, targets, faults)
    departments = read_departments(folder, status, faults)
    responsibilities = read_responsibilities(folder, departments, {t.entity for t in targets}, status, faults)
    choices = read_choices(folder, status, faults)
    pollutants = read_pollutant_targets(folder, head.get("base_year", 0), head.get("last_year", 0), status, faults)
    exclusions = pack_rules(folder, STATUSES, faults)
    if faults.found or rules is None or document is None:
        return None, faults
    by_key = {target.key: target for target in targets}
    plan = Plan(
        **head, document=document, targets=targets, departments=departments, responsibilities=responsibilities,
        rules=rules, factor_choices=choices, _target_by_key=by_key, exclusion_rules=exclusions, pollutant_targets=pollutants,
    )  # fmt: skip
    return plan, faults


def _toml(path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.say(path.name, "the file is missing")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.say(path.name, f"is not readable TOML: {error}")
    return {}


def _fields(file: str, table: Mapping[str, Any], expected: Mapping[str, type], faults: Faults) -> bool:
    """Whether the table holds exactly the expected keys, each of its type and not empty."""
    before = len(faults.found)
    for key, kind in expected.items():
        if key not in table or table[key] == "":
            faults.say(file, "is missing", column=key)
        elif type(table[key]) is not kind:
            faults.say(file, f"{table[key]!r} is not a {kind.__name__}", column=key)
    for key in table:
        if key not in expected:
            faults.say(file, f"is not known; known: {', '.join(expected)}", column=key)
    return len(faults.found) == before


def _document(table: object, faults: Faults) -> Document | None:
    if not isinstance(table, dict):
        faults.say("plan.toml", "the table [document] is missing")
        return None
    return Document(**table) if _fields("plan.toml [document]", table, DOCUMENT, faults) else None


def _years(head: Mapping[str, Any], faults: Faults) -> None:
    base, first, last = (head.get(key) for key in ("base_year", "first_year", "last_year"))
    if not (isinstance(base, int) and isinstance(first, int) and isinstance(last, int)):
        return
    if not 1992 <= base < 2100:
        faults.say("plan.toml", f"{base} is not between 1992 and 2099", column="base_year")
    if first != base + 1:
        faults.say("plan.toml", f"{first} does not follow the base year {base}", column="first_year")
    if not first <= last <= first + 20:
        faults.say("plan.toml", f"{last} is before {first} or more than 20 years after it", column="last_year")


def _rules(tables: Mapping[str, Any], pack_status: str, faults: Faults) -> Rules | None:
    before = len(faults.found)
    known = [Threshold(rule, name, **_threshold(rule, name, tables, pack_status, faults)) for rule, names in THRESHOLDS.items() for name in names]
    for rule, names in tables.items():
        for name in names if isinstance(names, dict) else ():
            if name not in THRESHOLDS.get(rule, {}):
                faults.say("rules.toml", "is not known", column=f"{rule}.{name}")
        if rule not in THRESHOLDS:
            faults.say("rules.toml", f"rule is not known; known: {', '.join(THRESHOLDS)}", column=rule)
    if len(faults.found) > before:
        return None
    value: dict[tuple[str, str], Any] = {(t.rule, t.name): t.value for t in known}
    silent = SilentRule(value["silent", "yellow_after_s"], value["silent", "red_after_s"])
    if silent.red_after_s <= silent.yellow_after_s:
        faults.say("rules.toml", f"{silent.red_after_s} s is not more than yellow_after_s {silent.yellow_after_s} s", column="silent.red_after_s")
    pace = PaceRule(float(value["pace", "red_gap"]), value["pace", "red_on_rise"], float(value["pace", "coverage_min"]))
    share = {name: float(value["heat_loss", name]) for name in ("yellow_rate", "red_rate", "coverage_min", "meter_error")}
    heat_loss = HeatLossRule(**share, days=value["heat_loss", "days"])
    if heat_loss.red_rate <= heat_loss.yellow_rate:
        faults.say("rules.toml", f"{heat_loss.red_rate} is not more than yellow_rate {heat_loss.yellow_rate}", column="heat_loss.red_rate")
    supply = SupplyTemperatureRule(*(float(value["supply_temperature", name]) for name in ("water_min_c", "steam_min_c", "red_below_k")))
    benchmark = BenchmarkRule(float(value["benchmark", "coverage_min"]))
    return Rules(pace, benchmark, silent, tuple(known), heat_loss, supply, *_emission_rules(value))


def _emission_rules(value: Mapping[tuple[str, str], Any]) -> tuple[ConcentrationRule, MassRule]:
    hours, red_hours, minutes = (int(value["concentration", name]) for name in ("hours", "red_hours", "valid_minutes"))
    near, least = (float(value["concentration", name]) for name in ("yellow_share", "coverage_min"))
    used, projected, covered = (float(value["mass", name]) for name in ("yellow_share", "projected_share", "coverage_min"))
    return ConcentrationRule(hours, near, red_hours, minutes, least), MassRule(used, projected, int(value["mass", "projected_from_days"]), covered)


def _threshold(rule: str, name: str, tables: Mapping[str, Any], pack_status: str, faults: Faults) -> dict[str, Any]:
    column, blank = f"{rule}.{name}", dict.fromkeys(THRESHOLD_KEYS, "")
    group = tables.get(rule)
    table = group.get(name) if isinstance(group, dict) else None
    if not isinstance(table, dict):
        faults.say("rules.toml", "the table is missing", column=column)
        return blank
    for key in THRESHOLD_KEYS:
        if key not in table or table[key] == "":
            faults.say("rules.toml", "is missing", column=f"{column}.{key}")
    for key in table:
        if key not in THRESHOLD_KEYS:
            faults.say("rules.toml", f"is not known; known: {', '.join(THRESHOLD_KEYS)}", column=f"{column}.{key}")
    status = table.get("status")
    if status and status not in STATUSES:
        faults.say("rules.toml", f"{status!r} is not one of {', '.join(STATUSES)}", column=f"{column}.status")
    elif status and pack_status == "illustrative" != status:
        faults.say("rules.toml", f"{status!r} in an illustrative pack: every row is marked illustrative", column=f"{column}.status")
    _threshold_value(column, table.get("value"), THRESHOLDS[rule][name], faults)
    return {key: table.get(key, "") for key in THRESHOLD_KEYS}


def _threshold_value(column: str, value: object, limits: tuple[type, float, float], faults: Faults) -> None:
    kind, least, most = limits
    if value is None:
        return
    is_right = isinstance(value, bool) if kind is bool else isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not is_right:
        faults.say("rules.toml", f"{value!r} is not a {kind.__name__}", column=f"{column}.value")
    elif isinstance(value, (int, float)) and not least <= value <= most:
        faults.say("rules.toml", f"{value} is out of range {least}..{most}", column=f"{column}.value")


def _carried(folder: Path, targets: tuple[Target, ...], faults: Faults) -> None:
    """An illustrative row repeats the number of the row it names, when that pack is at hand (beside this one, or shipped)."""
    packs: dict[str, dict[str, Target]] = {}
    for target in targets:
        pack, _, key = target.carries.partition(":")
        if not pack:
            continue
        if pack not in packs:
            packs[pack] = _targets_of(folder, pack)
        said = packs[pack].get(key)
        if said is None:
            faults.say("targets.csv", f"{target.carries!r} of {target.key} is not a row of a known pack", column="carries")
        elif Decimal(repr(said.reduction)) != Decimal(repr(target.reduction)):
            faults.say("targets.csv", f"{target.key} {target.reduction:.2%} is not the {said.reduction:.2%} of {target.carries}", column="reduction")


def _targets_of(folder: Path, pack: str) -> dict[str, Target]:
    other = next((place / pack for place in (folder.parent, PACKS) if (place / pack / "plan.toml").is_file()), None)
    if other is None or other == folder:
        return {}
    head = _toml(other / "plan.toml", Faults())
    rows = read_targets(other, head.get("base_year", 0), head.get("last_year", 0), str(head.get("status", "")), Faults())
    return {row.key: row for row in rows}
