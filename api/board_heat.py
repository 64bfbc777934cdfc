"""A heat network's heat as drawings: fed in as bars or area, delivered as a line; what lies between is lost or not measured."""

from collections.abc import Sequence

from markupsafe import Markup

from api.board_charts import Chart, Line, Slot, area_steps, bars
from api.board_energy import month_label
from api.board_words import Words, exact, number
from api.deps import Dependencies
from tricolor.analysis.accounts import SeriesRow, entity_series
from tricolor.catalogue.factors import carriers
from tricolor.domain.accounts import DayAccount
from tricolor.domain.entities import Entity, Registry
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, Step, from_us, month_of
from tricolor.domain.meters import Role


def heat_months(accounts: Sequence[DayAccount], year: int, now: int, t: Words) -> Markup | None:
    figure = heat_figure(accounts, year, now, t)
    return None if figure is None else bars(figure)


def heat_figure(accounts: Sequence[DayAccount], year: int, now: int, t: Words) -> Chart | None:
    """Heat fed in by month of the year, delivered as a line, in the accounts' unit; None when nothing was fed in."""
    fed, delivered = _by_month(accounts, Role.FED_IN), _by_month(accounts, Role.DELIVERED)
    if not fed:
        return None
    unit = t.unit(next(a.unit for a in accounts if a.role is Role.FED_IN))
    slots = []
    for month in range(1, 13):
        text = f"{year}-{month:02d}"
        value, out = fed.get(text), delivered.get(text)
        tip = f"{text}: " + (t("无数据", "no data") if value is None else f"{exact(value, 1)} {unit}")
        if out is not None:
            tip += t("，供出 ", ", delivered ") + f"{exact(out, 1)} {unit}"
        span = month_of(text)
        slots.append(Slot(month_label(month, t), value, tip=tip, future=span.start > now, running=span.end > now))
    line = Line(t("供出", "delivered"), [delivered.get(f"{year}-{m:02d}") for m in range(1, 13)], "last-year")
    desc = t(f"合计 {number(sum(v for m, v in fed.items() if m.startswith(str(year))))} {unit}", "fed in and delivered")
    return Chart(t("逐月热量", "Heat by month"), desc, unit, slots, (line,))


def _by_month(accounts: Sequence[DayAccount], role: Role) -> dict[str, float]:
    sums: dict[str, float] = {}
    for a in accounts:
        if a.role is role and a.covered_s > 0:
            sums[a.day[:7]] = sums.get(a.day[:7], 0.0) + a.amount
    return sums


def heat_week(deps: Dependencies, registry: Registry, entity: Entity, now: int, t: Words) -> Markup | None:
    """Heat fed in over the last seven days by the hour, delivered as a line; hours that are not known stay open."""
    end = now - now % HOUR_US
    span = Interval(end - 7 * DAY_US, end)
    rows = entity_series(registry, entity.id, span, Step.HOUR, deps.energy, deps.factors.now(), carriers())
    fed = {r.start: r for r in rows if r.role is Role.FED_IN}
    out = {r.start: r for r in rows if r.role is Role.DELIVERED}
    if all(r.amount is None for r in fed.values()):
        return None
    unit = t.unit(next(iter(fed.values())).unit)
    starts = range(span.start, span.end, HOUR_US)
    slots = [_slot(start, fed.get(start), out.get(start), unit, t) for start in starts]
    line = Line(t("供出", "delivered"), [r.amount if (r := out.get(s)) is not None else None for s in starts], "last-year")
    title = t("最近 7 天逐时热量", "Heat of the last 7 days by the hour")
    return area_steps(Chart(title, t("输入与供出", "fed in and delivered"), f"{unit}/h", slots, (line,)))


def _slot(start: int, fed: SeriesRow | None, out: SeriesRow | None, unit: str, t: Words) -> Slot:
    when = from_us(start)
    label = when.strftime("%m-%d") if when.hour == 12 else ""
    if fed is None or fed.amount is None:
        return Slot(label, None, tip=when.strftime("%m-%d %H:%M ") + t("无数据", "no data"))
    tip = f"{when:%m-%d %H:%M} " + t("输入 ", "fed in ") + f"{number(fed.amount)} {unit}/h"
    if out is not None and out.amount is not None:
        tip += t("，供出 ", ", delivered ") + f"{number(out.amount)} {unit}/h"
    return Slot(label, fed.amount, fed.estimated, tip)
