"""What must fit together at a heat meter: what its points measure, and whether its heat can be worked out from them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tricolor.adapters.registry_files.model import Fault
from tricolor.domain.entities import Registry
from tricolor.domain.meters import HEAT_INPUTS, HEAT_NEEDS, Measure, Medium, PointKind, Role
from tricolor.domain.units import dimension

# measure -> dimensions that its unit may have
MEASURED: Mapping[Measure, tuple[str, ...]] = {
    Measure.FLOW: ("mass_flow", "volume_flow"), Measure.RETURN_FLOW: ("mass_flow", "volume_flow"),
    Measure.CONDENSATE_FLOW: ("mass_flow", "volume_flow"), Measure.SUPPLY_TEMPERATURE: ("temperature",),
    Measure.RETURN_TEMPERATURE: ("temperature",), Measure.CONDENSATE_TEMPERATURE: ("temperature",), Measure.PRESSURE: ("pressure",),
    Measure.GAUGE_PRESSURE: ("pressure",), Measure.CALCULATED_HEAT: ("energy",), Measure.MAKE_UP: ("mass", "volume", "mass_flow", "volume_flow"),
    Measure.PUMP: ("energy", "power"),
}  # fmt: skip


class Row(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


def check_heat(rows: Mapping[str, Sequence[Row]], existing: Registry, word: str) -> Iterator[Fault]:
    """Faults of the points that measure something in a heat network; the meters' other points may be those of the ledger."""
    medium: dict[str, str] = {m.id: m.medium for m in existing.meters.values()}
    medium |= {row.values["id"]: row.values["medium"] for row in rows["meters"] if {"id", "medium"} <= row.values.keys()}
    place = {p.id: (p.meter_id, str(p.measure)) for p in existing.points.values()}
    told = [row for row in rows["points"] if {"id", "meter", "measure"} <= row.values.keys()]
    place |= {row.values["id"]: (row.values["meter"], row.values["measure"]) for row in told}
    measured: dict[str, list[str]] = {}
    for meter, measure in place.values():
        if measure:
            measured.setdefault(meter, []).append(measure)
    counted = {p.id: (p.meter_id, p.carrier, str(p.role)) for p in existing.points.values()}
    counted |= {row.values["id"]: (row.values["meter"], row.values.get("carrier") or "", str(row.values.get("role"))) for row in told}
    for row in told:
        if row.values["measure"] == Measure.CALCULATED_HEAT:
            mine = counted[row.values["id"]]
            twice = sorted(name for name, other in counted.items() if other == mine and name != row.values["id"])
            if twice:
                zh, en = f"同一表计已有热量测点 {twice[0]}，热量会算两次", f"the meter already counts its heat by {twice[0]}: keep one of the two"
                yield Fault("points", row.number, "measure", zh, en, word)
        if row.values["measure"]:
            meter = row.values["meter"]
            for column, zh, en in _check(row.values, medium.get(meter, ""), measured[meter]):
                yield Fault("points", row.number, column, zh, en, word)


def _check(v: Mapping[str, Any], medium: str, measured: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    measure, unit, kind, role = Measure(v["measure"]), v.get("unit"), v.get("kind"), v.get("role")
    wanted = MEASURED.get(measure)
    if wanted and unit is not None and dimension(unit) not in wanted:
        yield "unit", f"{measure} 不能用 {unit}（{dimension(unit)}）", f"{measure} is {' or '.join(wanted)}, and {unit} is {dimension(unit)}"
    if measure in HEAT_INPUTS and kind not in (None, PointKind.GAUGE):
        yield "kind", f"{measure} 是瞬时量，应为 gauge", f"{measure} is a state: its kind must be gauge"
    if measure in (*HEAT_INPUTS, Measure.CALCULATED_HEAT) and measured.count(measure) > 1:
        yield "measure", f"同一表计有多个 {measure}，只能有一个", f"the meter has {measure} more than once: keep one"
    if measure is Measure.CALCULATED_HEAT:
        yield from _check_calculated(kind, role, medium, measured)


def _check_calculated(kind: object, role: object, medium: str, measured: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    if kind not in (None, PointKind.DELTA):
        yield "kind", "计算热量的读数类型应为 delta", "calculated heat is an amount per interval: its kind must be delta"
    if role == Role.NONE:
        yield "role", "计算热量应有用途，如 delivered", "calculated heat counts: give it a role, e.g. delivered"
    if not medium:
        yield "measure", "计算热量需要其表计的介质：hot_water 或 steam", "its meter names no medium: write hot_water or steam in meters"
        return
    for group in HEAT_NEEDS[Medium(medium)]:
        if not set(group) & set(measured):
            names = " / ".join(group)
            yield "measure", f"其表计缺少测点 {names}", f"its meter has no point that measures {names}: heat of {medium} cannot be worked out"
