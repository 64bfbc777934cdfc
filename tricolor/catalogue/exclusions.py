"""Which exclusions are allowed from when: rows of data/exclusions.csv, or a plan pack's own exclusions.csv in their place."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tricolor.catalogue.tables import DATA, Faults, Row, read_sheet
from tricolor.domain.errors import Problems
from tricolor.domain.exclusions import ExclusionKind, ExclusionRule, Purpose

FILE = "exclusions.csv"
REQUIRED = ("kind", "applies_to", "first_month", "last_month", "accepted", "source", "status")
OPTIONAL = ("note_cn", "note_en")
_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")


@cache
def shipped_rules() -> tuple[ExclusionRule, ...]:
    """The rule set that comes with Tricolor."""
    faults = Faults()
    rules = read_rules(DATA / FILE, (), faults)
    if faults.found:
        raise Problems(faults.found)
    return rules


def pack_rules(folder: Path, statuses: Sequence[str], faults: Faults) -> tuple[ExclusionRule, ...]:
    """The rule set of a plan pack: its own sheet, or the one that comes with Tricolor where it has none."""
    path = folder / FILE
    return read_rules(path, statuses, faults) if path.is_file() else shipped_rules()


def read_rules(path: Path, statuses: Sequence[str], faults: Faults) -> tuple[ExclusionRule, ...]:
    """The rules of a sheet. statuses: the words allowed, empty for any; two rules of a kind must not hold in the same month."""
    rules: list[ExclusionRule] = []
    for row in read_sheet(path, REQUIRED, OPTIONAL, faults):
        rule = _rule(row, statuses)
        if rule is None:
            continue
        if any(_overlap(rule, other) for other in rules):
            row.fault("first_month", f"another rule of {rule.kind} holds in the same months")
        rules.append(rule)
    return tuple(rules)


def _rule(row: Row, statuses: Sequence[str]) -> ExclusionRule | None:
    before = len(row.faults.found)
    row.require("kind", "applies_to", "first_month", "accepted", "source", "status")
    row.one_of("kind", [str(kind) for kind in ExclusionKind])
    row.one_of("accepted", ("yes", "no"))
    if statuses:
        row.one_of("status", statuses)
    purposes = row["applies_to"].split()
    for word in purposes:
        if word not in set(Purpose):
            row.fault("applies_to", f"{word!r} is not one of {', '.join(Purpose)}")
    for column in ("first_month", "last_month"):
        if row[column] and not _MONTH.fullmatch(row[column]):
            row.fault(column, f"{row[column]!r} is not a month, e.g. 2020-01")
    if row["last_month"] and row["last_month"] < row["first_month"]:
        row.fault("last_month", f"{row['last_month']} is before {row['first_month']}")
    if len(row.faults.found) > before:
        return None
    return ExclusionRule(
        ExclusionKind(row["kind"]), frozenset(Purpose(word) for word in purposes), row["first_month"], row["last_month"] or None,
        row["accepted"] == "yes", row["source"], row["status"], row["note_cn"], row["note_en"],
    )  # fmt: skip


def _overlap(one: ExclusionRule, other: ExclusionRule) -> bool:
    if one.kind is not other.kind:
        return False
    return (one.last_month or "9999") >= other.first_month and (other.last_month or "9999") >= one.first_month
