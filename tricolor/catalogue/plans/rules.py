"""rules.toml of a plan pack: thresholds that the plan chooses itself; every other one is the default of its rule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tricolor.catalogue.plans.files import read_toml
from tricolor.catalogue.plans.model import (
    BenchmarkRule,
    ConcentrationRule,
    HeatLossRule,
    MassRule,
    PaceRule,
    Rules,
    SilentRule,
    SupplyTemperatureRule,
    Threshold,
)
from tricolor.catalogue.plans.sheets import STATUSES
from tricolor.catalogue.tables import Faults
from tricolor.catalogue.thresholds import KEYS, ThresholdRow, check_keys, defaults, rule_names
from tricolor.domain.errors import Problems

FILE = "rules.toml"
# rule, the lower threshold, the one that has to be higher
ORDERED = (("silent", "yellow_after_s", "red_after_s"), ("heat_loss", "yellow_rate", "red_rate"))


def read_rules(folder: Path, pack_status: str, faults: Faults) -> Rules | None:
    """The thresholds of every rule: the pack's where it has one, else the default; a pack without the file chooses none."""
    before = len(faults.found)
    tables = read_toml(folder / FILE, faults) if (folder / FILE).is_file() else {}
    known: list[Threshold] = []
    for rule in rule_names():
        try:
            rows = defaults(rule)
        except Problems as error:
            faults.found.extend(error.problems)
            continue
        known += [_threshold(row, tables.get(rule), pack_status, faults) for row in rows.values()]
    _unknown(tables, faults)
    if len(faults.found) > before:
        return None
    value: dict[tuple[str, str], Any] = {(t.rule, t.name): t.value for t in known}
    for rule, low, high in ORDERED:
        if value[rule, high] <= value[rule, low]:
            faults.say(FILE, f"{value[rule, high]} is not more than {low} {value[rule, low]}", column=f"{rule}.{high}")
    return _typed(tuple(known), value)


def _threshold(row: ThresholdRow, group: object, pack_status: str, faults: Faults) -> Threshold:
    chosen = group.get(row.name) if isinstance(group, dict) else None
    if chosen is None:
        return Threshold(row.rule, row.name, row.settled(row.value), row.unit, row.source, row.status, is_default=True)
    before, column = len(faults.found), f"{row.rule}.{row.name}"
    if not isinstance(chosen, dict):
        faults.say(FILE, f"is not a table with {', '.join(KEYS)}", column=column)
        chosen = {}
    else:
        check_keys(FILE, column, chosen, KEYS, (), faults)
        _check(row, chosen, column, pack_status, faults)
    if len(faults.found) > before:
        return Threshold(row.rule, row.name, row.value, row.unit, row.source, row.status)
    return Threshold(row.rule, row.name, row.settled(chosen["value"]), str(chosen["unit"]), str(chosen["source"]), str(chosen["status"]))


def _check(row: ThresholdRow, chosen: Mapping[str, Any], column: str, pack_status: str, faults: Faults) -> None:
    unit, status, value = chosen.get("unit"), chosen.get("status"), chosen.get("value")
    if unit and unit != row.unit:
        faults.say(FILE, f"{unit!r} is not the rule's unit {row.unit!r}: convert the value", column=f"{column}.unit")
    if status and status not in STATUSES:
        faults.say(FILE, f"{status!r} is not one of {', '.join(STATUSES)}", column=f"{column}.status")
    elif status and pack_status == "illustrative" != status:
        faults.say(FILE, f"{status!r} in an illustrative pack: every row is marked illustrative", column=f"{column}.status")
    trouble = row.trouble(value) if value not in (None, "") else ""
    if trouble:
        faults.say(FILE, trouble, column=f"{column}.value")


def _unknown(tables: Mapping[str, Any], faults: Faults) -> None:
    for rule, names in tables.items():
        if rule not in rule_names():
            faults.say(FILE, f"rule is not known; known: {', '.join(rule_names())}", column=rule)
        elif not isinstance(names, dict):
            faults.say(FILE, "is not a table of thresholds", column=rule)
        else:
            for name in names:
                if name not in defaults(rule):
                    faults.say(FILE, f"is not known; known: {', '.join(defaults(rule))}", column=f"{rule}.{name}")


def _typed(known: tuple[Threshold, ...], value: Mapping[tuple[str, str], Any]) -> Rules:
    def of(rule: str, *names: str) -> list[Any]:
        return [value[rule, name] for name in names]

    return Rules(
        pace=PaceRule(*of("pace", "red_gap", "red_on_rise", "coverage_min")),
        benchmark=BenchmarkRule(*of("benchmark", "coverage_min")),
        silent=SilentRule(*of("silent", "yellow_after_s", "red_after_s")),
        thresholds=known,
        heat_loss=HeatLossRule(*of("heat_loss", "yellow_rate", "red_rate", "coverage_min", "days", "meter_error")),
        supply_temperature=SupplyTemperatureRule(*of("supply_temperature", "water_min_c", "steam_min_c", "red_below_k")),
        concentration=ConcentrationRule(*of("concentration", "hours", "yellow_share", "red_hours", "valid_minutes", "coverage_min")),
        mass=MassRule(*of("mass", "yellow_share", "projected_share", "projected_from_days", "coverage_min")),
    )
