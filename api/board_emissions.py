"""View of a unit's emissions: hourly means against permits, the year's mass against what is permitted, annex 2 of the plan for an area."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from api.board_charts import Chart, Line, Slot, area_steps, bars
from api.board_energy import month_label
from api.board_views_emissions import Drawing, EmissionsPart, HoursLine, TargetLine, YearLine
from api.board_words import Words, exact, number
from api.board_words_emissions import HOUR_FLAGS
from api.deps import Dependencies
from api.emission_figures import (
    OutletHours,
    TargetProgress,
    YearMass,
    mass_series,
    outlet_hours,
    outlets_inside,
    permits_of,
    target_progress,
    year_masses,
)
from tricolor.analysis.emission_sums import HourMean
from tricolor.analysis.emissions import Outlet
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.emissions import HourFlag
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, Step, from_us, local_day, local_midnight, month, year
from tricolor.domain.lights import Light

WEEK_US = 7 * DAY_US
DRAWN = 4  # outlets' factors drawn; the table holds all
AREAS = (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK)


def emissions_part(deps: Dependencies, registry: Registry, entity: Entity, now: int, t: Words) -> EmissionsPart | None:
    """None where the unit has neither outlet nor permit nor target."""
    members = [m.id for m in registry.members(entity.id)]
    outlets = outlets_inside(registry, members)
    targets = target_progress(deps, registry, entity.id, now)
    if not outlets and not targets and not permits_of(deps, members):
        return None
    is_area = entity.kind in AREAS
    end = now - now % HOUR_US
    found = [] if is_area else outlet_hours(deps, outlets, Interval(end - WEEK_US, end), now)
    found.sort(key=_urgency)
    masses = year_masses(deps, outlets, members, now)
    named = [(o, outlet_name(registry, o.outlet, t)) for o in found]
    drawn = [Drawing(_week_title(o, name, t), c) for o, name in named[:DRAWN] if (c := _week(o, name, t)) is not None]
    return EmissionsPart(
        from_us(now).year, tuple(_year_line(m, deps, t) for m in masses), tuple(_hours_line(o, name, t) for o, name in named), tuple(drawn),
        tuple(_budgets(deps, outlets, masses, now, t)), tuple(_target_line(p, t) for p in targets),
        " ".join(dict.fromkeys(f"{p.target.source} {p.target.place.split()[0]}" for p in targets)), _missing(outlets, masses, t),
    )  # fmt: skip


def _name(code: str, t: Words) -> str:
    known = all_pollutants()[code]
    return t(known.name_cn, known.name_en)


def outlet_name(registry: Registry, outlet: Outlet, t: Words) -> str:
    """What the registry calls the meter whose points the outlet's are; its MN where that has no name, or several meters share it."""
    names = {t(m.name_cn, m.name_en) for p in outlet.points.values() if (m := registry.meters.get(p.meter_id)) is not None}
    return names.pop() or outlet.outlet if len(names) == 1 else outlet.outlet


def _urgency(found: OutletHours) -> tuple[int, int, str, str]:
    return -sum(h.is_over for h in found.hours), -(found.permit is not None), found.outlet.outlet, found.outlet.factor


def _hours_line(found: OutletHours, name: str, t: Words) -> HoursLine:
    known = [h for h in found.hours if h.mean is not None]
    peak = max(known, key=lambda h: h.mean or 0.0, default=None)
    permit = found.permit
    return HoursLine(
        found.outlet.outlet, name, _name(found.outlet.factor, t), t.unit(found.unit), None if permit is None else permit.limit,
        "" if permit is None else permit.document, len(found.hours), len(known), sum(h.is_over for h in found.hours),
        None if peak is None else found.shown(peak.mean), "" if peak is None else _hour(peak.start), _words(found.hours, t),
    )  # fmt: skip


def _words(hours: Sequence[HourMean], t: Words) -> tuple[str, ...]:
    """What was seen in the hours, each with how many."""
    found = []
    for flag in HourFlag:
        count = sum(bool(flag and flag in h.flags) for h in hours)
        if count and flag.name:
            found.append(t(f"{t.pair(HOUR_FLAGS, flag.name.lower())} {count} 小时", f"{t.pair(HOUR_FLAGS, flag.name.lower())}: {count} h"))
    silent = sum(h.mean is None and not h.flags for h in hours)
    return (*found, t(f"数据不足 {silent} 小时", f"too little data: {silent} h")) if silent else tuple(found)


def _year_line(found: YearMass, deps: Dependencies, t: Words) -> YearLine:
    rule = deps.plan.rules.mass
    share = found.mass_t / found.budget_t if found.mass_t is not None and found.budget_t else None
    is_known = found.coverage >= rule.coverage_min - 1e-9
    light = Light.GREY
    if share is not None:
        light = Light.RED if share > 1 + 1e-9 else Light.YELLOW if share > rule.yellow_share else Light.GREEN if is_known else Light.GREY
    notes = []
    if found.budget_t is None:
        notes.append(t("没有登记年许可量", "no permitted mass entered"))
    elif found.limited < found.units:
        notes.append(t(f"{found.units} 家中 {found.limited} 家有年许可量", f"{found.limited} of {found.units} units have a permitted mass"))
    if not is_known:
        notes.append(t("监测不全，实际排放不少于此数", "not all was measured: the true mass is no less"))
    if found.estimated_t > 0:
        notes.append(t(f"其中估算 {number(found.estimated_t)} t", f"of it estimated {number(found.estimated_t)} t"))
    return YearLine(_name(found.factor, t), found.mass_t, found.budget_t, share, found.coverage, found.documents, light, t("；", "; ").join(notes))


def _week_title(found: OutletHours, name: str, t: Words) -> str:
    limit = None if found.permit is None else found.permit.limit
    said = t("，无限值", ", no limit") if limit is None else t("，横线为限值 ", ", the line is the limit ") + f"{limit:g} {t.unit(found.unit)}"
    return f"{name} {_name(found.outlet.factor, t)}{said}"


def _week(found: OutletHours, name: str, t: Words) -> Markup | None:
    figure = hours_figure(found, name, t)
    return None if figure is None else area_steps(figure)


def hours_figure(found: OutletHours, name: str, t: Words) -> Chart | None:
    """Hourly means of the last seven days with the limit; hours without a mean stay open."""
    if not any(h.mean is not None for h in found.hours):
        return None
    unit = t.unit(found.unit)
    slots = []
    for hour in found.hours:
        when = from_us(hour.start)
        value = found.shown(hour.mean)
        words = "、".join(_words([hour], t)) if t.lang == "zh" else ", ".join(_words([hour], t))
        said = t("无有效均值", "no valid mean") if value is None else f"{exact(value, 2)} {unit}"
        beyond = t("，超过限值", ", above the limit") if hour.is_over else ""
        tip = f"{when:%m-%d %H:%M} {said}{beyond}" + (f" ({words})" if words else "")
        slots.append(Slot(when.strftime("%m-%d") if when.hour == 12 else "", value, bool(hour.flags & HourFlag.MANUAL), tip))
    limit = [found.shown(h.limit) for h in found.hours]
    lines = (Line(t("限值", "limit"), limit, "basic"),) if any(v is not None for v in limit) else ()
    over = sum(h.is_over for h in found.hours)
    desc = t(f"近 7 天超限 {over} 小时", f"{over} hours above the limit in 7 days")
    return Chart(f"{name} {_name(found.outlet.factor, t)}", desc, unit, slots, lines)


def _budgets(deps: Dependencies, outlets: Sequence[Outlet], masses: Sequence[YearMass], now: int, t: Words) -> list[Drawing]:
    """Cumulated mass by month of the factors that have a permitted mass, against it."""
    wanted = [m for m in masses if m.budget_t is not None and m.mass_t is not None][:DRAWN]
    end = local_midnight(local_day(now))
    number_of_year = from_us(now).year
    span = Interval(year(number_of_year).start, end)
    if not wanted or not span.length_us:
        return []
    cells = mass_series(deps, outlets, span, Step.MONTH, end)
    found = []
    for mass in wanted:
        by_month = {from_us(c.start).month: c for c in cells if c.factor == mass.factor}
        slots, total = [], 0.0
        for n in range(1, 13):
            part, cell = month(number_of_year, n), by_month.get(n)
            total += (cell.mass_kg or 0.0) / 1000 if cell is not None else 0.0
            is_known = cell is not None and cell.mass_kg is not None
            tip = f"{date(number_of_year, n, 1):%Y-%m}: " + (f"{exact(total, 3)} t" if is_known else t("无数据", "no data"))
            if is_known and cell is not None:
                tip += t(f"，覆盖 {cell.coverage:.0%}", f", {cell.coverage:.0%} known")
            slots.append(Slot(month_label(n, t), total if is_known else None, tip=tip, future=part.start >= end, running=part.end > end))
        line = Line(t("年许可量", "permitted"), [mass.budget_t] * 12, "basic")
        desc = t(f"累计 {number(mass.mass_t)} t，许可 {number(mass.budget_t)} t", f"{number(mass.mass_t)} t of {number(mass.budget_t)} t permitted")
        name, budget = _name(mass.factor, t), number(mass.budget_t)
        title = t(f"{name}年内累计，横线为年许可量 {budget} t", f"{name}, cumulated; the line is the permitted {budget} t")
        found.append(Drawing(title, bars(Chart(title, desc, "t", slots, (line,)))))
    return found


def _target_line(p: TargetProgress, t: Words) -> TargetLine:
    def said(mass: float | None, coverage: float, of_year: int) -> str:
        if mass is None:
            return t(f"{of_year} 年监测不全（{coverage:.0%}）", f"{of_year}: not all measured ({coverage:.0%})")
        return t(f"{of_year} 年 {number(mass)} t", f"{of_year}: {number(mass)} t")

    fall = None if p.base_t is None or p.last_t is None or p.last_year <= p.target.base_year else p.base_t - p.last_t
    return TargetLine(
        t(p.target.name_cn, p.target.name_en), p.target.reduction_t, p.target.target_year, said(p.base_t, p.base_coverage, p.target.base_year),
        said(p.last_t, p.last_coverage, p.last_year), t("未知", "not known") if fall is None else f"{number(fall)} t", p.target.place,
    )  # fmt: skip


def _missing(outlets: Sequence[Outlet], masses: Sequence[YearMass], t: Words) -> str:
    if not outlets:
        return t(
            "没有登记排放监测站的测点。用 tricolor station add 登记监测站，再用 tricolor quarantine unknown --toml 取得测点登记表。",
            "No points of a monitoring station are registered. Let it in by `tricolor station add`, then take the rows for its points from "
            "`tricolor quarantine unknown --toml`.",
        )
    if all(m.mass_t is None for m in masses):
        return t(
            "今年还没有排放数据。检查监测站是否在线、测点单位是否为 mg/m3、mg/L、kg、m3 等。",
            "No emissions of this year yet. Check that the station sends, and that its points' units are mg/m3, mg/L, kg, m3 or the like.",
        )
    return ""


def _hour(at: int) -> str:
    return from_us(at).strftime("%m-%d %H:%M")
