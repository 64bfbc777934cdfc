"""View-models of one unit and of one point."""

import numpy as np
from markupsafe import Markup

from api.board_charts import Chart, Slot, area_steps
from api.board_emissions import emissions_part
from api.board_energy import (
    Consumption,
    activity_of,
    carrier_rows,
    consumption,
    day_label,
    fall_chart,
    intensity_chart,
    months_chart,
    week_chart,
)
from api.board_facts import Snapshot, alert_line, alerts_of, entity_name, sorted_units, unit_of, units_of
from api.board_heat import heat_months, heat_week
from api.board_network import heat_part
from api.board_quality_parts import entity_part, point_part
from api.board_reference import carrier_name
from api.board_views import CellLine, EntityPage, MonthRead, PointLine, PointPage, ReadingLine, Unit
from api.board_words import FLAGS, POINT_KINDS, QUALITIES, ROLES, Words, exact, moment, number, share
from api.deps import Dependencies
from api.indicators import excluded_from_intensity
from tricolor.analysis.accounts import is_energy
from tricolor.analysis.read_difference import read_differences_of
from tricolor.analysis.rollup import StepCell, roll_up
from tricolor.catalogue.benchmarks import benchmark
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import NotFound
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, Step, ceil_cell, from_us, month_of, month_text
from tricolor.domain.items import ItemState
from tricolor.domain.meters import Point

MAX_READS = 64
LAST_READINGS = 24
RECENT_ALERTS = 10


def entity_page(deps: Dependencies, snapshot: Snapshot, entity_id: str, t: Words, used: Consumption | None = None) -> EntityPage:
    """One unit; NotFound when there is none or it is not the reader's to see."""
    registry = snapshot.registry
    entity = registry.entities.get(entity_id)
    if entity is None:
        raise NotFound(f"entity {entity_id}")
    used = used or consumption(deps, registry, entity, snapshot.now)
    out = excluded_from_intensity(deps, registry, entity) if deps.exclusions is not None else {}
    is_network = entity.kind is EntityKind.NETWORK
    months, month_rows = (heat_months(used.accounts, used.year, snapshot.now, t), ()) if is_network else months_chart(used, snapshot.now, t)
    rows, total = carrier_rows(used, t)
    activity = activity_of(deps, registry, entity)
    fall = fall_chart(used, activity, entity, deps.plan, snapshot.now, t, out)
    by_month = intensity_chart(used, activity, t, out)
    found = [a for a in alerts_of(deps, snapshot.view, "all", 200, None) if a.entity == entity_id]
    return EntityPage(
        unit=unit_of(snapshot, entity, t),
        crumbs=_crumbs(snapshot, entity, t, with_self=False),
        product=_product_name(entity.product, t),
        months=months,
        month_rows=month_rows,
        week=(heat_week if is_network else week_chart)(deps, registry, entity, snapshot.now, t),
        intensity=fall,
        intensity_months=by_month,
        intensity_note=_intensity_note(entity, fall is not None or by_month is not None, t),
        carriers=rows,
        total=total,
        carriers_period=t(f"{used.year} 年初至今", f"{used.year} to date"),
        members=_members(snapshot, entity, t),
        points=point_lines(deps, snapshot, entity_id, t),
        alerts=tuple(alert_line(a, snapshot, t) for a in found[:RECENT_ALERTS]),
        quality=entity_part(deps, snapshot, entity_id, t),
        heat=heat_part(deps, registry, entity, snapshot.now, t) if is_network else None,
        open_items=_open_items(deps, snapshot, entity_id),
        emissions=emissions_part(deps, registry, entity, snapshot.now, t),
    )


def _crumbs(snapshot: Snapshot, entity: Entity, t: Words, *, with_self: bool) -> tuple[tuple[str, str], ...]:
    above = [i for i in dict.fromkeys((entity.region_id, entity.park_id)) if i in snapshot.registry.entities and i != entity.id]
    return tuple((i, entity_name(snapshot.registry, i, t)) for i in [*above, *([entity.id] if with_self else [])])


def _open_items(deps: Dependencies, snapshot: Snapshot, entity_id: str) -> int:
    """How many of the points inside the unit's boundary wait for a person."""
    inside = {e.id for e in snapshot.registry.members(entity_id)}
    keys = frozenset(p.key for p in snapshot.registry.points.values() if p.entity_id in inside)
    return deps.items.counts(keys).get(ItemState.OPEN, 0) if deps.items is not None and keys else 0


def _product_name(product: str, t: Words) -> str:
    known = benchmark(product) if product else None
    return product if known is None else t(known.name_cn, known.name_en)


def _intensity_note(entity: Entity, has_chart: bool, t: Words) -> str:
    if entity.kind not in (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK):
        return ""
    if has_chart:
        return t("不变价，等价值，扣减后", "constant prices, equal value, net of exclusions")
    return t(
        "缺少可比的活动水平数据或完整月份。下一步，上报两年的地区生产总值或增加值（POST /v1/activities）。",
        "No comparable months yet: activity figures or whole months are missing. Next, submit those of both years (POST /v1/activities).",
    )


def _members(snapshot: Snapshot, entity: Entity, t: Words) -> tuple[Unit, ...]:
    if entity.kind not in (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK):
        return ()
    inside = {e.id for e in snapshot.registry.members(entity.id)} - {entity.id}
    return sorted_units(list(units_of(snapshot, t, inside).values()), "light")


def point_lines(deps: Dependencies, snapshot: Snapshot, entity_id: str, t: Words) -> tuple[PointLine, ...]:
    points = sorted(snapshot.registry.points_of(entity_id), key=lambda p: p.id)
    values = _last_values(deps, snapshot, points)
    return tuple(
        PointLine(
            id=p.id,
            name=t(p.name_cn, p.name_en) or p.id,
            meter=meter_name(snapshot, p, t),
            carrier=carrier_name(p.carrier, t) if p.carrier else t("非能源", "not energy"),
            role=t.pair(ROLES, p.role.value),
            kind=t.pair(POINT_KINDS, p.plate.kind.value),
            unit=p.unit,
            last_at=snapshot.latest.get(p.key),
            last_value=values.get(p.key),
        )
        for p in points
    )


def _last_values(deps: Dependencies, snapshot: Snapshot, points: list[Point]) -> dict[int, float]:
    """Newest value of each point; points heard at the same instant are read together, at most MAX_READS instants."""
    by_instant: dict[int, list[int]] = {}
    for p in points:
        if p.key in snapshot.latest:
            by_instant.setdefault(snapshot.latest[p.key], []).append(p.key)
    values: dict[int, float] = {}
    for at, keys in sorted(by_instant.items(), reverse=True)[:MAX_READS]:
        batch = deps.readings.read(keys, Interval(at, at + 1))
        values.update(zip(batch.point.tolist(), batch.value.tolist(), strict=True))
    return values


def meter_name(snapshot: Snapshot, point: Point, t: Words) -> str:
    meter = snapshot.registry.meters.get(point.meter_id)
    return t(meter.name_cn, meter.name_en) or meter.id if meter else point.meter_id


def point_crumbs(snapshot: Snapshot, point: Point, t: Words) -> tuple[tuple[str, str], ...]:
    """Area, park and unit above a point."""
    return _crumbs(snapshot, snapshot.registry.entities[point.entity_id], t, with_self=True)


def point_page(deps: Dependencies, snapshot: Snapshot, point_id: str, t: Words) -> PointPage:
    """One point with its plate, last readings and the cells of its last day; NotFound when there is none."""
    registry = snapshot.registry
    point = registry.points.get(point_id)
    if point is None:
        raise NotFound(f"point {point_id}")
    last = snapshot.latest.get(point.key, snapshot.now)
    end = ceil_cell(min(snapshot.now, last))
    span = Interval(end - DAY_US, end)
    batch = deps.readings.read([point.key], Interval(min(span.start, last - DAY_US), max(snapshot.now, last) + 1))
    rows = list(zip(batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), batch.received_at.tolist(), strict=True))
    readings = [ReadingLine(at, v, t(*QUALITIES[q]) if q < len(QUALITIES) else str(q), came) for at, v, q, came in rows[: -LAST_READINGS - 1 : -1]]
    cells = roll_up(deps.energy.cells([point.key], span), span, Step.QUARTER) if is_energy(point) else []
    lines = tuple(CellLine(c.start, c.end, c.amount, c.coverage, tuple(t.pair(FLAGS, f) for f in c.flags), c.estimated) for c in cells)
    name = t(point.name_cn, point.name_en) or point.id
    return PointPage(
        point=point,
        name=name,
        meter=meter_name(snapshot, point, t),
        carrier=carrier_name(point.carrier, t) if point.carrier else "",
        crumbs=point_crumbs(snapshot, point, t),
        plate=plate_lines(point, t),
        readings=tuple(readings),
        day=_day_chart(cells, point, t),
        day_label=day_label(span),
        cells=lines,
        quality=point_part(deps, snapshot, point, t),
        months=_months(deps, point, snapshot.now),
    )


def _months(deps: Dependencies, point: Point, now: int) -> tuple[MonthRead, ...]:
    """This month so far and the one before, of a register."""
    this = month_of(month_text(now))
    edges = np.array([month_of(month_text(this.start - 1)).start, this.start, max(this.start + CELL_US, ceil_cell(now))], dtype=np.int64)
    reads = read_differences_of(point, edges, deps.readings, deps.meter_facts.load() if deps.meter_facts is not None else MeterFacts())
    if reads is None:
        return ()
    span = Interval(int(edges[0]), int(edges[-1]))
    cells = roll_up(deps.energy.cells([point.key], span), span, Step.MONTH)
    lines = [MonthRead(month_text(c.start), c.amount, read) for c, read in zip(cells, reads, strict=True)]
    return tuple(line for line in reversed(lines) if line.clock_difference is not None or line.read.amount is not None)


def _day_chart(cells: list[StepCell], point: Point, t: Words) -> Markup | None:
    if all(c.amount is None for c in cells):
        return None
    slots = []
    for c in cells:
        when = from_us(c.start)
        unit = t.unit(point.unit)
        tip = when.strftime("%H:%M ") + (f"{number(c.amount)} {unit}, {share(c.coverage)}" if c.amount is not None else t("无数据", "no data"))
        slots.append(Slot(when.strftime("%H:%M") if when.hour % 3 == 0 and when.minute == 0 else "", c.amount, c.estimated, tip))
    known = [c.amount for c in cells if c.amount is not None]
    desc = f"{number(sum(known))} {t.unit(point.unit)}, {len(known)}/{len(cells)}"
    return area_steps(Chart(t("每 15 分钟能量", "Energy per 15 minutes"), desc, f"{t.unit(point.unit)}/15 min", slots))


def plate_lines(point: Point, t: Words) -> tuple[tuple[str, str], ...]:
    plate, unit = point.plate, t.unit(point.unit)
    unknown = t("未登记", "not registered")
    return (
        (t("类型", "kind"), t.pair(POINT_KINDS, plate.kind.value)),
        (t("用途", "role"), t.pair(ROLES, point.role.value)),
        (t("单位", "unit"), unit),
        (t("倍率", "multiplier"), exact(plate.multiplier, 6)),
        (t("满码值", "capacity"), f"{exact(plate.capacity, 6)} {unit}" if plate.capacity is not None else unknown),
        (t("最大速率", "maximum rate"), f"{exact(plate.max_rate, 6)} {unit}/h" if plate.max_rate is not None else unknown),
        (t("分辨力", "resolution"), f"{exact(plate.resolution, 6)} {unit}" if plate.resolution else unknown),
        *(((t("净计量", "net meter"), t("可倒走，后退计为负值", "may run backwards: a fall is a negative amount")),) if plate.is_net else ()),
        (t("读数间隔", "interval"), f"{plate.interval_s:g} s"),
        (t("有效期", "valid"), f"{moment(point.valid_from)} → {moment(point.valid_to) if point.valid_to else ''}".strip()),
        (t("网关", "gateway"), point.gateway or unknown),
        *(((t("公式", "formula"), point.formula),) if point.formula else ()),
    )
