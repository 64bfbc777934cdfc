"""A plan pack's own escalation chain, inhibitions and grouping: its alerting.toml over what Tricolor ships, each row with who says so."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tricolor.catalogue import chain, grouping
from tricolor.catalogue.chain import chain_faults, load_chain
from tricolor.catalogue.grouping import grouping_of, grouping_policy
from tricolor.catalogue.tables import Faults
from tricolor.catalogue.thresholds import check_keys, known_rules
from tricolor.domain.grouping import GroupingPolicy
from tricolor.domain.lights import Light
from tricolor.domain.routing import Chain, Who, Whom

if TYPE_CHECKING:
    from tricolor.catalogue.plans.model import Plan

FILE: Final = "alerting.toml"
SAID: Final = ("source", "status")
# one table or a list of them: what each row must hold and may hold; "#" is a row of its own name
ROLES, BUREAU, NAME = ("duty", "leader", *SAID), ("department", *SAID), ("zh", "en")
ROWS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "steps": (("step", "whom", "who", *SAID), ()),
    "families": (("id", "rules", *SAID), ()),
    "inhibitions": (("id", "least_light", "up_to", *SAID), ("by", "mutes", "names_indicator", "same_family")),
}
CHAIN_TABLES: Final = ("roles", "bureau", "names", *ROWS)
GROUPING_TABLES: Final = {"waits": ("wait_s", "interval_s"), "storm": ("count", "per_s", "interval_s", "burst", "scarce_share")}
TABLES: Final = (*CHAIN_TABLES, *GROUPING_TABLES)
ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "whom": tuple(each.value for each in Whom), "who": tuple(each.value for each in Who),
    "least_light": (Light.YELLOW, Light.ORANGE, Light.RED), "up_to": (Light.YELLOW, Light.ORANGE, Light.RED),
    "status": tuple(sorted(chain.STATUSES)),
}  # fmt: skip
LISTS: Final = ("duty", "leader", "rules", "by", "mutes")
RULES: Final = ("rules", "by", "mutes")
QUESTIONS: Final = ("names_indicator", "same_family")


@dataclass(frozen=True, slots=True)
class AlertingRow:
    """One row of the chain, the inhibitions or the grouping that counts. is_default: Tricolor's own, not the pack's."""

    part: str
    name: str
    value: str
    unit: str
    source: str
    status: str
    is_default: bool


def chain_of_plan(plan: "Plan") -> Chain:
    """Who is told at which step under the plan: the pack's own, else Tricolor's."""
    return plan.alert_chain or load_chain()


def grouping_of_plan(plan: "Plan") -> GroupingPolicy:
    """When messages wait for each other under the plan: the pack's own, else Tricolor's."""
    return plan.alert_grouping or grouping_policy()


def pack_chain(tables: Mapping[str, Any], pack_status: str, departments: Sequence[str], faults: Faults) -> Chain | None:
    """The chain of a pack that says something of it; a table that it has stands in the place of Tricolor's whole, names step by step."""
    own = {name: tables[name] for name in CHAIN_TABLES if name in tables}
    if not own:
        return None
    before = len(faults.found)
    _check_chain(own, pack_status, departments, faults)
    if len(faults.found) > before:
        return None
    found, wrong = chain_faults(merged(own))
    for each in wrong:
        faults.say(FILE, each)
    return found


def pack_grouping(tables: Mapping[str, Any], pack_status: str, faults: Faults) -> GroupingPolicy | None:
    """The grouping of a pack that says something of it, single values over Tricolor's."""
    own = {name: tables[name] for name in GROUPING_TABLES if name in tables}
    if not own:
        return None
    before = len(faults.found)
    for place, name, row in _numbers(own, faults):
        if name not in GROUPING_TABLES[place.partition(".")[0]]:
            faults.say(FILE, f"is not known; known: {', '.join(GROUPING_TABLES[place.partition('.')[0]])}", column=f"{place}.{name}")
        else:
            _check_said(row, f"{place}.{name}", pack_status, faults)
    return grouping_of(merged(own), FILE, faults) if len(faults.found) == before else None


def merged(own: Mapping[str, Any]) -> dict[str, Any]:
    """Tricolor's tables with a pack's over them."""
    shipped = _shipped()
    found = {**shipped, **{name: own[name] for name in CHAIN_TABLES if name in own}}
    if "names" in own:
        found["names"] = {**shipped["names"], **own["names"]}
    if "waits" in own:
        found["waits"] = {light: {**row, **own["waits"].get(light, {})} for light, row in shipped["waits"].items()}
    if "storm" in own:
        found["storm"] = {**shipped["storm"], **own["storm"]}
    return found


def rows_of(plan: "Plan") -> tuple[AlertingRow, ...]:
    """Every row that counts under the plan."""
    return tuple(_rows(merged(plan.alert_tables), plan.alert_tables))


@cache
def _shipped() -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for each in (chain, grouping):
        found |= tomllib.loads(each.SHIPPED.read_text(encoding="utf-8"))
    sources = found.get("sources", {})
    for _, _, row in _numbers(found, Faults()):
        row["source"] = sources.get(row["source"], row["source"])
    return {name: table for name, table in found.items() if name in TABLES}


def _check_chain(own: Mapping[str, Any], pack_status: str, departments: Sequence[str], faults: Faults) -> None:
    for name, keys in (("roles", ROLES), ("bureau", BUREAU)):
        if name in own:
            _check_row(own[name], name, keys, (), pack_status, faults)
    for name, (needed, allowed) in ROWS.items():
        rows = own.get(name, [])
        if not isinstance(rows, list):
            faults.say(FILE, f"is not a list of tables: write [[{name}]]", column=name)
            continue
        for index, row in enumerate(rows):
            _check_row(row, f"{name}[{index}]", needed, allowed, pack_status, faults)
    names = own.get("names", {})
    for step, words in names.items() if isinstance(names, dict) else [("", names)]:
        if not (step.isdecimal() and isinstance(words, dict) and set(words) == set(NAME) and all(isinstance(w, str) and w for w in words.values())):
            faults.say(FILE, 'write a step = { zh = "…", en = "…" }', column=f"names.{step}")
    bureau = own.get("bureau", {})
    named = bureau.get("department") if isinstance(bureau, dict) else None
    if isinstance(named, str) and named and named not in departments:
        faults.say(FILE, f"{named!r} is not in departments.csv", column="bureau.department")


def _check_row(row: object, place: str, needed: Sequence[str], allowed: Sequence[str], pack_status: str, faults: Faults) -> None:
    if not isinstance(row, dict):
        faults.say(FILE, f"is not a table with {', '.join(needed)}", column=place)
        return
    may_be_empty = tuple(key for key in needed if key == "department")  # "": the first of the plan's list
    check_keys(FILE, place, row, [key for key in needed if key not in may_be_empty], (*allowed, *may_be_empty), faults)
    _check_said(row, place, pack_status, faults)
    for key, value in row.items():
        if trouble := _trouble(key, value):
            faults.say(FILE, trouble, column=f"{place}.{key}")


def _trouble(key: str, value: object) -> str:
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            return f"{value!r} is not a list of words"
        unknown = [each for each in value if each not in known_rules()] if key in RULES else []
        return f"{unknown[0]!r} is no rule; known: {', '.join(known_rules())}" if unknown else ""
    if key in QUESTIONS:
        return "" if isinstance(value, bool) else f"{value!r} is not true or false"
    if key == "step":
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10
        return "" if whole else f"{value!r} is not a whole number of 0..10"
    if key in ONE_OF and key != "status":
        return "" if value in ONE_OF[key] else f"{value!r} is not one of {', '.join(ONE_OF[key])}"
    return "" if key == "status" or isinstance(value, str) else f"{value!r} is no text"


def _check_said(row: object, place: str, pack_status: str, faults: Faults) -> None:
    status = row.get("status") if isinstance(row, dict) else None
    if isinstance(row, dict) and not str(row.get("source", "")).strip():
        faults.say(FILE, "who says so is missing", column=f"{place}.source")
    if status and status not in ONE_OF["status"]:
        faults.say(FILE, f"{status!r} is not one of {', '.join(ONE_OF['status'])}", column=f"{place}.status")
    elif status and pack_status == "illustrative" != status:
        faults.say(FILE, f"{status!r} in an illustrative pack: every row is marked illustrative", column=f"{place}.status")


def _numbers(own: Mapping[str, Any], faults: Faults) -> Iterator[tuple[str, str, Any]]:
    """Place, name and row of every value of waits and storm."""
    tables = [("storm", own["storm"])] if "storm" in own else []
    waits = own.get("waits", {})
    if not isinstance(waits, dict):
        faults.say(FILE, f"is not a table of {', '.join(grouping.RANKS)}", column="waits")
        waits = {}
    for light, table in waits.items():
        if light in grouping.RANKS:
            tables.append((f"waits.{light}", table))
        else:
            faults.say(FILE, f"is not known; known: {', '.join(grouping.RANKS)}", column=f"waits.{light}")
    for place, table in tables:
        if isinstance(table, dict):
            yield from ((place, name, row) for name, row in table.items())
        else:
            faults.say(FILE, "is not a table of settings", column=place)


def _rows(tables: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[AlertingRow]:
    for row in tables["steps"]:
        yield AlertingRow("steps", str(row["step"]), f"{row['whom']} {row['who']}", "", *_by(row), "steps" not in own)
    for role in ("duty", "leader"):
        yield AlertingRow("roles", role, " ".join(tables["roles"][role]), "", *_by(tables["roles"]), "roles" not in own)
    bureau = tables["bureau"]
    yield AlertingRow("bureau", "department", bureau.get("department", ""), "", *_by(bureau), "bureau" not in own)
    for step, words in sorted(tables["names"].items()):
        yield AlertingRow("names", step, f"{words['zh']} {words['en']}", "", "", "", step not in own.get("names", {}))
    for row in tables["families"]:
        yield AlertingRow("families", row["id"], " ".join(row["rules"]), "", *_by(row), "families" not in own)
    for row in tables["inhibitions"]:
        yield AlertingRow("inhibitions", row["id"], _mutes(row), "", *_by(row), "inhibitions" not in own)
    for place, name, row in _numbers(tables, Faults()):
        where: Any = own
        for part in (*place.split("."), name):
            where = where.get(part, {})
        yield AlertingRow(place, name, f"{row['value']:g}", row["unit"], *_by(row), not where)


def _mutes(row: Mapping[str, Any]) -> str:
    by = " ".join(row.get("by", ())) or "any rule"
    where = " of the family" if row.get("same_family") else ""
    named = " naming the indicator" if row.get("names_indicator") else ""
    return f"{by} from {row['least_light']}{named} mutes {' '.join(row.get('mutes', ())) or 'any rule'}{where} up to {row['up_to']}"


def _by(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["source"], row["status"]
