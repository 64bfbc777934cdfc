"""What must fit together at virtual points: the formula, the points it names, their units, and no circle."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tricolor.adapters.registry_files.cells import suggestion
from tricolor.adapters.registry_files.model import Fault
from tricolor.domain.entities import Registry
from tricolor.domain.formulas import BadFormula, Formula, check, order, parse
from tricolor.domain.gauges import INTEGRALS
from tricolor.domain.meters import PointKind


class Row(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


def check_virtual(rows: Mapping[str, Sequence[Row]], existing: Registry, word: str) -> Iterator[Fault]:
    """Faults of the virtual points of the file, and of what it changes under those that the ledger holds."""
    told = [row for row in rows["points"] if {"id", "kind", "unit", "formula"} <= row.values.keys()]
    units = {p.id: _amount_unit(p.plate.kind, p.unit) for p in existing.points.values()}
    units |= {row.values["id"]: _amount_unit(row.values["kind"], row.values["unit"]) for row in told}
    unread = {row.values["id"] for row in rows["points"] if "id" in row.values} - {row.values["id"] for row in told}
    formulas: dict[str, Formula] = {}
    numbers: dict[str, int] = {}
    faults: list[Fault] = []
    for row in told:
        numbers[row.values["id"]] = row.number
        formula = _of_row(row, existing, word, faults)
        if formula is None:
            continue
        formulas[row.values["id"]] = formula
        faults += _names(row, formula, units, unread, word)
    named_in_file = set(numbers)
    for point in existing.points.values():
        if point.formula and point.id not in named_in_file:
            formulas[point.id] = parse(point.formula)
            faults += _pulled(point.id, formulas[point.id], point.unit, units, numbers, word)
    yield from faults
    if not faults:
        yield from _circle(formulas, numbers, word)


def _of_row(row: Row, existing: Registry, word: str, faults: list[Fault]) -> Formula | None:
    kind, text, identity = row.values["kind"], row.values["formula"], row.values["id"]
    before = existing.points.get(identity)
    is_virtual = kind == PointKind.VIRTUAL
    if before is not None and (before.plate.kind is PointKind.VIRTUAL) != is_virtual:
        zh, en = "测点不能在虚拟与实测之间改换，请停用旧的、另立新编号", "a point cannot turn virtual or real: end this one and give a new id"
        faults.append(Fault("points", row.number, "kind", zh, en, word))
        return None
    if not is_virtual:
        if text:
            zh, en = "只有 virtual 测点有公式，请留空", "only a virtual point has a formula: leave it blank, or make its kind virtual"
            faults.append(Fault("points", row.number, "formula", zh, en, word))
        return None
    if not text:
        zh, en = "虚拟测点必填公式，如 mill.main - mill.export", "a virtual point needs a formula, e.g. mill.main - mill.export"
        faults.append(Fault("points", row.number, "formula", zh, en, word))
        return None
    try:
        return parse(text)
    except BadFormula as bad:
        faults.append(Fault("points", row.number, "formula", bad.zh, bad.en, word))
        return None


def _names(row: Row, formula: Formula, units: Mapping[str, str | None], unread: set[str], word: str) -> Iterator[Fault]:
    usable = [name for name, unit in units.items() if unit is not None]
    unknown = [name for name in formula.names if name not in units and name not in unread]
    for name in unknown:
        zh, en = suggestion(name, usable)
        hint_zh, hint_en = ("；减号两边要有空格", "; a minus needs a space on both sides") if "-" in name else ("", "")
        told = f'公式里的测点 "{name}" 不存在{zh}{hint_zh}', f'point "{name}" of the formula does not exist{en}{hint_en}'
        yield Fault("points", row.number, "formula", *told, word)
    states = [name for name in formula.names if name in units and units[name] is None]
    for name in states:
        zh, en = f'"{name}" 是瞬时量，没有 15 分钟用量', f'"{name}" is a state without an amount per 15 minutes'
        yield Fault("points", row.number, "formula", zh, en, word)
    if not unknown and not states and not unread.intersection(formula.names):
        try:
            check(formula, _known(units), row.values["unit"])
        except BadFormula as bad:
            yield Fault("points", row.number, "formula", bad.zh, bad.en, word)


def _pulled(identity: str, formula: Formula, unit: str, units: Mapping[str, str | None], numbers: Mapping[str, int], word: str) -> Iterator[Fault]:
    """A row of the file may not pull the ground from under a virtual point of the ledger."""
    changed = [name for name in formula.names if name in numbers]
    if not changed:
        return
    try:
        states = [name for name in changed if units[name] is None]
        if states:
            raise BadFormula(f'"{states[0]}" 成了瞬时量', f'"{states[0]}" becomes a state')
        check(formula, _known(units), unit)
    except BadFormula as bad:
        zh, en = f"虚拟测点 {identity} 的公式用到它：{bad.zh}", f"the formula of the virtual point {identity} reads it: {bad.en}"
        yield Fault("points", numbers[changed[0]], "unit", zh, en, word)


def _circle(formulas: Mapping[str, Formula], numbers: Mapping[str, int], word: str) -> Iterator[Fault]:
    try:
        order({name: formula.names for name, formula in formulas.items()})
    except BadFormula as bad:
        inside = bad.en.split(": ")[-1].split(" -> ")
        yield Fault("points", next((numbers[name] for name in inside if name in numbers), None), "formula", bad.zh, bad.en, word)


def _known(units: Mapping[str, str | None]) -> dict[str, str]:
    return {name: unit for name, unit in units.items() if unit is not None}


def _amount_unit(kind: object, unit: str) -> str | None:
    """Unit of a point's cells; None for a state, which has none."""
    if kind == PointKind.GAUGE:
        return INTEGRALS[unit][0] if unit in INTEGRALS else None
    return unit
