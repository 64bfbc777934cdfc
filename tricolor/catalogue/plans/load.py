"""Loading and checking plan packs: plan.toml and rules.toml here, the sheets in `sheets`."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tricolor.catalogue.alert_policies import PACK_FILE, pack_settings
from tricolor.catalogue.alerting_tables import pack_chain, pack_grouping
from tricolor.catalogue.bulletins import Said, form_of
from tricolor.catalogue.exclusions import pack_rules
from tricolor.catalogue.plans.carried import check_carried
from tricolor.catalogue.plans.duties import read_duties
from tricolor.catalogue.plans.files import PACKS, read_toml
from tricolor.catalogue.plans.model import Document, Plan
from tricolor.catalogue.plans.pollutants import read_pollutant_targets
from tricolor.catalogue.plans.register_sheets import head_of, read_indicators, read_projects, read_tasks
from tricolor.catalogue.plans.rules import read_rules
from tricolor.catalogue.plans.sheets import SLUG, STATUSES, read_choices, read_departments, read_responsibilities, read_targets
from tricolor.catalogue.tables import Faults
from tricolor.domain.errors import Problems

HEAD: Mapping[str, type] = {
    "id": str, "name_cn": str, "name_en": str, "base_year": int, "first_year": int, "last_year": int, "status": str,
}  # fmt: skip
DOCUMENT: Mapping[str, type] = {"number": str, "title": str, "issuer": str, "date": date}
FILES = (
    "plan.toml", "rules.toml", "targets.csv", "indicators.csv", "projects.csv", "tasks.csv", "departments.csv", "responsibilities.csv",
    "factor_choices.csv", "pollutant_targets.csv", "exclusions.csv", "report_duties.csv", "bulletin.toml", "alerting.toml",
)  # fmt: skip


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
    for path in sorted(folder.iterdir()):
        if path.suffix in (".csv", ".toml") and path.name not in FILES:
            faults.say(path.name, f"is not a file of a plan pack; known: {', '.join(FILES)}")
    head = read_toml(folder / "plan.toml", faults)
    document = _document(head.pop("document", None), head.get("status"), faults)
    _fields("plan.toml", head, HEAD, faults)
    _years(head, faults)
    if isinstance(head.get("id"), str) and not SLUG.fullmatch(head["id"]):
        faults.say("plan.toml", f"{head['id']!r} is not a lower-case id, e.g. qinzhou-2021-2025", column="id")
    status = str(head.get("status", ""))
    if status and status not in STATUSES:
        faults.say("plan.toml", f"{status!r} is not one of {', '.join(STATUSES)}", column="status")
    rules = read_rules(folder, status, faults)
    targets = read_targets(folder, head.get("base_year", 0), head.get("last_year", 0), status, faults)
    departments = read_departments(folder, status, faults)
    pack = head_of(folder, head, departments)
    indicators, projects, tasks = read_indicators(pack, faults), read_projects(pack, faults), read_tasks(pack, faults)
    check_carried(folder, targets, indicators, projects, tasks, faults)
    areas = {t.entity for t in targets} | {i.entity for i in indicators} | {e for p in projects for e in p.entities}
    responsibilities = read_responsibilities(folder, departments, areas, status, faults)
    choices = read_choices(folder, status, faults)
    pollutants = read_pollutant_targets(folder, head.get("base_year", 0), head.get("last_year", 0), status, faults)
    exclusions = pack_rules(folder, STATUSES, faults)
    duties, form = read_duties(folder, status, faults), _bulletin_form(folder, faults)
    alerting = _alerting(folder, status, [d.id for d in departments], faults)
    if faults.found or rules is None or document is None:
        return None, faults
    by_key = {target.key: target for target in targets}
    plan = Plan(
        **head, document=document, targets=targets, departments=departments, responsibilities=responsibilities,
        rules=rules, factor_choices=choices, _target_by_key=by_key, exclusion_rules=exclusions, pollutant_targets=pollutants,
        indicators=indicators, projects=projects, tasks=tasks, report_duties=duties, bulletin_form=form,
        **alerting,
    )  # fmt: skip
    return plan, faults


def _alerting(folder: Path, status: str, departments: Sequence[str], faults: Faults) -> dict[str, Any]:
    """What the pack says of its alerts, as fields of Plan; a pack without the file says nothing."""
    path = folder / PACK_FILE
    if not path.is_file():
        return {}
    tables = read_toml(path, faults)
    return {
        "alert_policies": pack_settings(tables, status, faults), "alert_chain": pack_chain(tables, status, departments, faults),
        "alert_grouping": pack_grouping(tables, status, faults), "alert_tables": tables,
    }  # fmt: skip


def _bulletin_form(folder: Path, faults: Faults) -> Mapping[str, Said]:
    """What the pack says of its bulletins; a pack without the file says nothing."""
    path = folder / "bulletin.toml"
    if not path.is_file():
        return {}
    try:
        return form_of(read_toml(path, faults), path.name)
    except Problems as error:
        faults.found += error.problems
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


def _document(table: object, status: object, faults: Faults) -> Document | None:
    """The document named; one that is still a draft need not bear a date."""
    if not isinstance(table, dict):
        faults.say("plan.toml", "the table [document] is missing")
        return None
    expected = {key: kind for key, kind in DOCUMENT.items() if key in table or (key, status) != ("date", "draft")}
    return Document(**{"date": None, **table}) if _fields("plan.toml [document]", table, expected, faults) else None


def _years(head: Mapping[str, Any], faults: Faults) -> None:
    base, first, last = (head.get(key) for key in ("base_year", "first_year", "last_year"))
    if not (isinstance(base, int) and isinstance(first, int) and isinstance(last, int)):
        return
    if not 1992 <= base < 2100:
        faults.say("plan.toml", f"{base} is not between 1992 and 2099", column="base_year")
    if not base < first <= base + 20:
        faults.say("plan.toml", f"{first} is not after the base year {base}, or more than 20 years after it", column="first_year")
    if not first <= last <= first + 20:
        faults.say("plan.toml", f"{last} is before {first} or more than 20 years after it", column="last_year")
