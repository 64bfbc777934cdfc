"""What changed from one plan pack to another: rows added, removed and changed, by table."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tricolor.catalogue.alert_policies import settings_of
from tricolor.catalogue.alerting_tables import rows_of
from tricolor.catalogue.plans.model import Plan

HEAD = "plan"


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is not the same. kind: added, removed, changed; changed: column -> (before, after), of a changed row only."""

    table: str
    key: str
    kind: str
    changed: Mapping[str, tuple[str, str]]
    row: Mapping[str, str]  # as it is now; as it was when it was removed


def tables_of(plan: Plan) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Every table of a plan: key of the row -> column -> what stands there, as text. The table "plan" has one row, the head."""
    head = {name: _text(getattr(plan, name)) for name in ("id", "name_cn", "name_en", "base_year", "first_year", "last_year", "status")}
    return {
        HEAD: {"head": head | {f"document.{name}": _text(value) for name, value in asdict(plan.document).items()}},
        "targets": _keyed(plan.targets, lambda row: str(row.key)),
        "indicators": _by_id(plan.indicators),
        "projects": _by_id(plan.projects),
        "tasks": _by_id(plan.tasks),
        "duties": _by_id(plan.report_duties),
        "pollutants": _keyed(plan.pollutant_targets, lambda row: f"{row.entity}:{row.pollutant}"),
        "departments": _by_id(plan.departments),
        "responsibilities": _keyed(plan.responsibilities, lambda row: f"{row.rule}:{row.entity or '*'}:{row.department}"),
        "thresholds": _keyed(plan.rules.thresholds, lambda row: f"{row.rule}.{row.name}"),
        "policies": _keyed(settings_of(plan), lambda row: f"{row.rule}.{row.name}"),
        "alerting": _keyed(rows_of(plan), lambda row: f"{row.part}.{row.name}" + (f".{row.value}" if row.part == "steps" else "")),
        "factors": _keyed(plan.factor_choices, lambda row: f"{row.carrier}:{row.kind}:{row.purpose}:{row.valid_from}"),
        "exclusions": _keyed(plan.exclusion_rules, lambda row: f"{row.kind}:{row.first_month}"),
    }


def compare(before: Plan, after: Plan, only: Iterable[str] = ()) -> list[Change]:
    """Rows that differ, table by table and in the order of the new pack, removed ones last; only: names of tables, all when empty."""
    old, new = tables_of(before), tables_of(after)
    wanted = tuple(only) or tuple(new)
    return [change for table in new if table in wanted for change in _table(table, old[table], new[table])]


def _table(table: str, old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> Iterable[Change]:
    for key, row in new.items():
        if key not in old:
            yield Change(table, key, "added", {}, row)
        elif old[key] != row:
            columns = {name: (old[key].get(name, ""), value) for name, value in row.items() if old[key].get(name, "") != value}
            yield Change(table, key, "changed", columns, row)
    for key, row in old.items():
        if key not in new:
            yield Change(table, key, "removed", {}, row)


def _by_id(rows: Iterable[Any]) -> dict[str, Mapping[str, str]]:
    return _keyed(rows, lambda row: str(row.id))


def _keyed(rows: Iterable[Any], key: Any) -> dict[str, Mapping[str, str]]:
    return {key(row): {name: _text(value) for name, value in asdict(row).items()} for row in rows}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | frozenset | set | list):
        return " ".join(str(part) for part in (value if isinstance(value, tuple | list) else sorted(value, key=str)))
    return str(value)
