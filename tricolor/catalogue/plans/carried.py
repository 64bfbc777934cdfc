"""Illustrative rows carry official ones: each repeats the number of the row it names, when that pack is at hand (beside this one, or shipped)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from tricolor.catalogue.plans.files import PACKS, read_toml
from tricolor.catalogue.plans.model import Target
from tricolor.catalogue.plans.register import Indicator, PlanProject, PlanTask
from tricolor.catalogue.plans.register_sheets import PackHead, head_of, read_indicators, read_projects, read_tasks
from tricolor.catalogue.plans.sheets import read_departments, read_targets
from tricolor.catalogue.tables import Faults


def check_carried(
    folder: Path,
    targets: Iterable[Target],
    indicators: Iterable[Indicator],
    projects: Iterable[PlanProject],
    tasks: Iterable[PlanTask],
    faults: Faults,
) -> None:
    """A fault for every row that carries a row that is not there, or says another number than it."""
    packs: dict[str, Mapping[str, Any]] = {}
    for target in targets:
        _check(folder, packs, "targets.csv", target.key, target, faults)
    sheets: tuple[tuple[str, Iterable[Any]], ...] = (("indicators.csv", indicators), ("projects.csv", projects), ("tasks.csv", tasks))
    for file, rows in sheets:
        for row in rows:
            _check(folder, packs, file, row.id, row, faults)


def _check(folder: Path, packs: dict[str, Mapping[str, Any]], file: str, name: str, row: Any, faults: Faults) -> None:
    pack, _, key = row.carries.partition(":")
    if not pack:
        return
    cache = f"{file} {pack}"
    if cache not in packs:
        packs[cache] = _rows_of(folder, pack, file)
    said = packs[cache].get(key)
    if said is None:
        faults.say(file, f"{row.carries!r} of {name} is not a row of a known pack", column="carries")
        return
    column, number, words = NUMBERS[file]
    if number(said) != number(row):
        faults.say(file, f"{name} {words(row)} is not the {words(said)} of {row.carries}", column=column)


def _goal(row: Indicator) -> str:
    return f"{row.target_text if row.target is None else repr(row.target)} {row.unit}".strip()


def _saving(row: PlanProject) -> str:
    return "without a saving" if row.expected_tce is None else f"{row.expected_tce!r} tce"


def _percent(row: Target) -> str:
    return f"{row.reduction:.2%}"


# file -> (column at fault, what has to be the same, how it is said)
NUMBERS: Mapping[str, tuple[str, Callable[[Any], object], Callable[[Any], str]]] = {
    "targets.csv": ("reduction", attrgetter("reduction"), _percent),
    "indicators.csv": ("target", _goal, _goal),
    "projects.csv": ("expected_tce", _saving, _saving),
    "tasks.csv": ("content", attrgetter("content"), attrgetter("content")),
}


def _rows_of(folder: Path, pack: str, file: str) -> Mapping[str, Any]:
    """Row by key of another pack's sheet; empty when that pack is not at hand."""
    other = next((place / pack for place in (folder.parent, PACKS) if (place / pack / "plan.toml").is_file()), None)
    if other is None or other == folder:
        return {}
    unsaid = Faults()  # they are told when that pack is checked
    head = read_toml(other / "plan.toml", unsaid)
    known = head_of(other, head, read_departments(other, str(head.get("status", "")), unsaid))
    if file == "targets.csv":
        return {row.key: row for row in read_targets(other, known.base_year, known.last_year, known.status, unsaid)}
    sheets: Mapping[str, Callable[[PackHead, Faults], Sequence[Any]]] = {
        "indicators.csv": read_indicators, "projects.csv": read_projects, "tasks.csv": read_tasks,
    }  # fmt: skip
    return {row.id: row for row in sheets[file](known, unsaid)}
