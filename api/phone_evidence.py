"""Why: the one chart on the phone page of an alert, by its rule; a value beside its limit where a rule has none of its own."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from api.board_budgets import burn_down_of
from api.board_charts import Chart, Line, Slot
from api.board_emissions import hours_figure, outlet_name
from api.board_energy import activity_of, consumption, fall_figure
from api.board_heat import heat_figure
from api.board_words import Words
from api.deps import Dependencies
from api.emission_figures import outlet_hours, outlets_inside
from api.indicators import excluded_from_intensity
from api.phone_charts import Drawn, against, draw
from tricolor.analysis.heat_sections import layout
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, from_us
from tricolor.domain.lights import Verdict
from tricolor.domain.meters import Measure, Point
from tricolor.ports import AlertRecord

HOURS: Final = 24
SHOWN_POINTS: Final = 20  # silent points whose readings are counted


def evidence(deps: Dependencies, registry: Registry, alert: AlertRecord, verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    """None where nothing can be drawn: the entity is gone, or there is neither a history nor a value."""
    own = OWN.get(alert.rule)
    if own is not None and alert.entity in registry.entities:
        found = own(deps, registry, alert, verdict, now, t)
        if found is not None:
            return found
    if verdict is None or verdict.value is None or verdict.limit is None:
        return None
    return against(
        verdict.value,
        verdict.limit,
        (t("实际与要求", "Actual against limit"), t("实际", "actual"), t("要求", "limit")),
        "1" if verdict.unit == "1" else t.unit(verdict.unit),
    )


def _pace(deps: Dependencies, registry: Registry, alert: AlertRecord, _verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    if alert.indicator.startswith("carbon:"):
        return None  # the drawing is of energy
    entity = registry.entities[alert.entity]
    out = excluded_from_intensity(deps, registry, entity) if deps.exclusions is not None else {}
    used = consumption(deps, registry, entity, now)
    chart = fall_figure(used, activity_of(deps, registry, entity), entity, deps.plan, now, t, out)
    return None if chart is None else draw(chart, "lines", t("等价值，不变价，扣减后", "equal value, constant prices, net of exclusions"))


def _budget(deps: Dependencies, registry: Registry, alert: AlertRecord, _verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    used = consumption(deps, registry, registry.entities[alert.entity], now)
    chart = burn_down_of(deps, alert.entity, used.months, now, t)
    return None if chart is None else draw(chart, "bars", t("每月末剩余", "left at each month's end"))


def _heat_loss(deps: Dependencies, registry: Registry, alert: AlertRecord, _verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    if alert.indicator:
        return None  # the months are the whole network's
    used = consumption(deps, registry, registry.entities[alert.entity], now)
    chart = heat_figure(used.accounts, used.year, now, t)
    return None if chart is None else draw(chart, "bars", t("柱为输入，线为供出", "bars: fed in; line: delivered"))


def _concentration(deps: Dependencies, registry: Registry, alert: AlertRecord, _verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    outlets = [o for o in outlets_inside(registry, [alert.entity]) if o.outlet in alert.indicator and o.factor in alert.indicator]
    end = now - now % HOUR_US
    for found in outlet_hours(deps, outlets[:1], Interval(end - 3 * DAY_US, end), now):
        chart = hours_figure(found, outlet_name(registry, found.outlet, t), t)
        if chart is not None:
            return draw(chart, "steps", t("近 3 天小时均值", "hourly means of 3 days"))
    return None


def _silent(deps: Dependencies, registry: Registry, alert: AlertRecord, verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    """Readings an hour: until when they came. The window ends now, or a while after the last reading where that lies further back."""
    named = () if verdict is None else verdict.evidence.get("silent")
    wanted = {str(each) for each in named} if isinstance(named, (list, tuple)) else set()
    points = [p for p in registry.points_of(alert.entity) if p.id in wanted or not wanted]
    points = [p for p in points if p.is_valid_at(now)][:SHOWN_POINTS]
    latest = deps.readings.latest()
    heard = [latest[p.key] for p in points if p.key in latest]
    if not heard:
        return None
    end = (min(now, max(heard) + HOURS // 2 * HOUR_US) // HOUR_US + 1) * HOUR_US
    span = Interval(end - HOURS * HOUR_US, end)
    batch = deps.readings.read([p.key for p in points], span)
    counts = np.bincount(np.asarray((batch.at - span.start) // HOUR_US, dtype=np.int64), minlength=HOURS)
    slots = [Slot(_hour(span.start + i * HOUR_US), float(n) if n else None) for i, n in enumerate(counts)]
    last = from_us(max(heard)).strftime("%m-%d %H:%M")
    desc = t(f"最后一条读数 {last}", f"last reading {last}")
    title = t(f"每小时收到的读数（{len(points)} 个测点）", f"Readings each hour ({len(points)} points)")
    return draw(Chart(title, desc, t("条/小时", "per hour"), slots), "bars", desc)


def _supply_temperature(deps: Dependencies, registry: Registry, alert: AlertRecord, verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    meters = {p.meter_id for p in layout(registry, alert.entity).sources}
    points = [p for p in registry.points.values() if p.meter_id in meters and p.measure is Measure.SUPPLY_TEMPERATURE]
    limit = None if verdict is None else verdict.limit
    return _gauges(
        deps, points[:1], limit, now, (t("热源供热温度，近 24 小时", "Supply temperature, last 24 h"), t("实测", "measured"), t("要求", "limit")), t
    )


def _instant(deps: Dependencies, registry: Registry, alert: AlertRecord, verdict: Verdict | None, now: int, t: Words) -> Drawn | None:
    point = registry.points.get(alert.indicator)
    if point is None or point.entity_id != alert.entity:
        return None
    name = t(point.name_cn, point.name_en) or point.id
    limit = None if verdict is None else verdict.limit
    return _gauges(deps, [point], limit, now, (t(f"{name}，近 24 小时", f"{name}, last 24 h"), t("实测", "measured"), t("限值", "limit")), t)


def _gauges(deps: Dependencies, points: Sequence[Point], limit: float | None, now: int, words: tuple[str, str, str], t: Words) -> Drawn | None:
    """Half-hourly means of a gauge over the last day, with the limit."""
    if not points:
        return None
    step, end = HOUR_US // 2, (now // (HOUR_US // 2) + 1) * (HOUR_US // 2)
    count = HOURS * 2
    batch = deps.readings.read([points[0].key], Interval(end - count * step, end))
    if not len(batch.at):
        return None
    place = np.asarray((batch.at - (end - count * step)) // step, dtype=np.int64)
    sums, counts = np.bincount(place, weights=batch.value, minlength=count), np.bincount(place, minlength=count)
    means = [float(s / n) if n else None for s, n in zip(sums, counts, strict=True)]
    slots = [Slot(_hour(end - (count - i) * step), None) for i in range(count)]
    lines = (Line(words[1], means, "data"), *(() if limit is None else (Line(words[2], [limit] * count, "basic"),)))
    return draw(Chart(words[0], words[0], t.unit(points[0].unit), slots, lines), "lines")


def _hour(at: int) -> str:
    when = from_us(at)
    return when.strftime("%H:%M") if when.minute == 0 and when.hour % 4 == 0 else ""


Own = Callable[[Dependencies, Registry, AlertRecord, Verdict | None, int, Words], Drawn | None]
OWN: Final[dict[str, Own]] = {
    "pace": _pace, "budget": _budget, "heat_loss": _heat_loss, "concentration": _concentration, "silent": _silent,
    "supply_temperature": _supply_temperature, "instant": _instant,
}  # fmt: skip
