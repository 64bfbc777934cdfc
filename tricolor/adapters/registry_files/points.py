"""What must fit together within one point: unit, quantity, kind, carrier, plate, validity."""

from collections.abc import Iterator, Mapping
from typing import Any

from tricolor.adapters.registry_files.cells import suggestion
from tricolor.adapters.registry_files.model import Fault
from tricolor.domain.factors import Carrier
from tricolor.domain.meters import MATERIAL_ROLES, POINT_ROLES, PointKind, Role
from tricolor.domain.units import UNITS, dimension

# what a rate becomes when it is integrated over time
INTEGRAL: Mapping[str, str] = {"power": "energy", "mass_flow": "mass", "volume_flow": "volume"}
STATES = frozenset({*INTEGRAL, "temperature", "pressure", "ratio"})  # never counted up by a register

Told = tuple[str, str, str]  # column, zh, en


def check_point(values: Mapping[str, Any], carriers: Mapping[str, Carrier], row: int, word: str) -> list[Fault]:
    """Faults of one row of points; values that could not be read are not looked at."""
    return [
        Fault("points", row, column, zh, en, word) for check in (_unit, _carrier, _plate, _validity) for column, zh, en in check(values, carriers)
    ]


def _unit(v: Mapping[str, Any], _carriers: Mapping[str, Carrier]) -> Iterator[Told]:
    unit, quantity, kind, role = v.get("unit"), v.get("quantity"), v.get("kind"), v.get("role")
    if unit is None:
        return
    measured = dimension(unit)
    if quantity and quantity != measured:
        yield (
            "quantity",
            f"物理量 {quantity} 与单位 {unit}（{measured}）不符，可留空",
            f"{quantity} does not fit unit {unit}, which is {measured}; may be blank",
        )
    if kind == PointKind.VIRTUAL and measured in STATES:
        yield "unit", f"虚拟测点算出的是用量，单位不能是 {unit}", f"a virtual point gives amounts: its unit cannot be {unit} ({measured})"
    if kind in (PointKind.REGISTER, PointKind.DELTA) and measured in STATES:
        yield "unit", f"{unit} 是瞬时量的单位，读数类型应为 gauge", f"{unit} measures a state ({measured}): its kind must be gauge"
    if kind == PointKind.GAUGE and role not in (None, Role.NONE) and measured not in INTEGRAL:
        yield (
            "unit", f"瞬时量按时间积分，计入用能的单位应为功率或流量，不是 {unit}；否则用途填 none",
            f"a gauge is integrated over time: to count it must be a power or a flow, not {unit}; else its role is none",
        )  # fmt: skip


def _carrier(v: Mapping[str, Any], carriers: Mapping[str, Carrier]) -> Iterator[Told]:
    code, role, unit = v.get("carrier"), v.get("role"), v.get("unit")
    if code is None or role is None:
        return
    if not code:
        if role != Role.NONE:
            yield "carrier", f"用途为 {role} 时必填能源品种", f"is required when the role is {role}"
        return
    carrier = carriers.get(code)
    if carrier is None:
        zh, en = suggestion(code, carriers)
        yield "carrier", f'能源品种 "{code}" 未知{zh}', f'carrier "{code}" is not known{en}'
        return
    if role != Role.NONE and carrier.is_material != (role in MATERIAL_ROLES):
        roles = [r for r in POINT_ROLES if r != Role.NONE and (r in MATERIAL_ROLES) == carrier.is_material]
        kind_zh, kind_en = ("物料", "a material") if carrier.is_material else ("能源", "energy")
        yield (
            "role", f"{carrier.name_cn}是{kind_zh}，用途不能是 {role}；可用：{'、'.join(roles)} 或 none",
            f"{carrier.name_en} is {kind_en}: its role cannot be {role}; use one of {', '.join(roles)} or none",
        )  # fmt: skip
    if unit is None or role == Role.NONE:
        return
    measured, wanted = INTEGRAL.get(dimension(unit), dimension(unit)), dimension(carrier.unit)
    if measured != wanted:
        rates = {rate for rate, amount in INTEGRAL.items() if amount == wanted}
        usable = ", ".join(name for name, (of, _) in UNITS.items() if of == wanted or (of in rates and v.get("kind") == PointKind.GAUGE))
        yield (
            "unit", f"{carrier.name_cn}按 {wanted} 计量，不能用 {unit}；可用：{usable}",
            f"{carrier.name_en} is counted as {wanted}, not in {unit} ({dimension(unit)}); use one of {usable}",
        )  # fmt: skip


def _plate(v: Mapping[str, Any], _carriers: Mapping[str, Carrier]) -> Iterator[Told]:
    capacity, resolution, kind = v.get("capacity"), v.get("resolution"), v.get("kind")
    if v.get("is_net") and "max_rate" in v and v["max_rate"] is None:
        yield "max_rate", "净计量表须填最大速率，否则分不清倒走与误读", "is required of a net meter, to tell running backwards from a misread"
    if capacity is None:
        return
    if kind in (PointKind.DELTA, PointKind.GAUGE, PointKind.VIRTUAL):
        yield "capacity", f"只有累计读数（register）有量程，{kind} 请留空", f"only a register wraps: leave it blank for a {kind}"
    elif resolution is not None and resolution >= capacity:
        yield "resolution", f"分辨率 {resolution:g} 应小于量程 {capacity:g}", f"{resolution:g} must be below the capacity {capacity:g}"


def _validity(v: Mapping[str, Any], _carriers: Mapping[str, Carrier]) -> Iterator[Told]:
    start, end = v.get("valid_from"), v.get("valid_to")
    if start is not None and end is not None and end <= start:
        yield "valid_to", "停用时间必须晚于启用时间", "must be later than valid_from"
