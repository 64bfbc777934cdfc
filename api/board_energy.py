"""Energy and intensity of a unit as drawings and rows: months, the last week, carriers, the fall against both targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from api.board_charts import Chart, Line, Slot, area_steps, bars, lines
from api.board_reference import carrier_name
from api.board_views import CarrierRow, MonthRow
from api.board_words import ROLES, Words, exact, number, share
from api.deps import Dependencies
from tricolor.analysis.accounts import SeriesRow, entity_series
from tricolor.analysis.intensity import (
    NOTHING_EXCLUDED,
    MonthActivity,
    activity_kind,
    compare_years,
    intensity_series,
    money_by_month,
)
from tricolor.analysis.monthly import ELECTRICITY, monthly_energy
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.plans.model import Level, Plan
from tricolor.domain.accounts import TOTAL_SIGN, DayAccount, MonthEnergy
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import Excluded
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, Step, from_us, iso, local_day, month_of
from tricolor.domain.targets import cumulative_reduction, required_reduction

ESTIMATED_FROM = 0.01  # share of a month's energy that is estimated, from which its bar is hatched


@dataclass(frozen=True, slots=True)
class Consumption:
    """Accounts of a unit and its members from the year before last needed one to today, and their months."""

    year: int
    accounts: Sequence[DayAccount]
    months: Mapping[str, MonthEnergy]


def consumption(deps: Dependencies, registry: Registry, entity: Entity, now: int) -> Consumption:
    """First year read: the year before the plan's first (for the pace), or last year, whichever is earlier."""
    today = local_day(now)
    first_year = min(deps.plan.base_year if deps.plan.plan_year(today.year) else today.year - 1, today.year - 1)
    members = [e.id for e in registry.members(entity.id)]
    accounts = deps.settle.accounts(members, f"{first_year}-01-01", today.isoformat())
    return Consumption(today.year, accounts, monthly_energy(registry, accounts, [entity.id], now)[entity.id])


def months_chart(used: Consumption, now: int, t: Words) -> tuple[Markup | None, tuple[MonthRow, ...]]:
    """Months of this year as bars [tce, equal value], last year as a thin line; a month that is not known is a gap."""
    if not used.months:
        return None, ()
    estimated = _estimated_shares(used.accounts)
    slots, before, rows = [], [], []
    for number_of in range(1, 13):
        text, earlier = f"{used.year}-{number_of:02d}", f"{used.year - 1}-{number_of:02d}"
        month, last = used.months.get(text), used.months.get(earlier)
        value, value_before = (month.tce_equivalent if month else None), (last.tce_equivalent if last else None)
        is_estimated = estimated.get(text, 0.0) >= ESTIMATED_FROM
        is_future = month_of(text).start > now
        before.append(value_before)
        slots.append(
            Slot(
                month_label(number_of, t),
                value,
                is_estimated,
                _month_tip(text, month, value_before, is_estimated, t),
                is_future,
                month_of(text).end > now,
            )
        )
        if not is_future or value_before is not None:
            rows.append(MonthRow(text, value, value_before, month.coverage if month else None, is_estimated))
    known = [s.value for s in slots if s.value is not None]
    desc = t(
        f"{used.year} 年已知 {len(known)} 个月，合计 {number(sum(known))} tce",
        f"{len(known)} months of {used.year} known, {number(sum(known))} tce in all",
    )
    chart = Chart(t("逐月能源消费", "Energy by month"), desc, "tce", slots, (Line(str(used.year - 1), before, "last-year"),))
    return bars(chart), tuple(rows)


def month_label(number_of: int, t: Words) -> str:
    return t(f"{number_of}月", date(2000, number_of, 1).strftime("%b"))


def _month_tip(text: str, month: MonthEnergy | None, before: float | None, is_estimated: bool, t: Words) -> str:
    if month is None or month.tce_equivalent is None:
        lacking = ", ".join(carrier_name(c, t) for c in month.unfactored) if month else ""
        return f"{text}: " + (t(f"无折标系数: {lacking}", f"no factor: {lacking}") if lacking else t("无数据", "no data"))
    parts = [f"{text}: {exact(month.tce_equivalent, 1)} tce", t("覆盖率 ", "coverage ") + share(month.coverage)]
    if is_estimated:
        parts.append(t("含估算", "part estimated"))
    if before is not None:
        parts.append(t("去年 ", "last year ") + f"{exact(before, 1)} tce")
    return ", ".join(parts)


def _estimated_shares(accounts: Sequence[DayAccount]) -> dict[str, float]:
    """Month -> share of the counted energy that is estimated in its split."""
    whole: dict[str, float] = {}
    part: dict[str, float] = {}
    for a in accounts:
        if a.role in TOTAL_SIGN:
            tce = abs(a.tce_equivalent if a.tce_equivalent is not None else a.tce_calorific or 0.0)
            whole[a.day[:7]] = whole.get(a.day[:7], 0.0) + tce
            part[a.day[:7]] = part.get(a.day[:7], 0.0) + tce * a.estimated_share
    return {m: part[m] / whole[m] for m in whole if whole[m] > 0}


def week_chart(deps: Dependencies, registry: Registry, entity: Entity, now: int, t: Words) -> Markup | None:
    """The last seven days by the hour [tce/h]; hours of which a counted carrier is not wholly known are hatched, unknown ones stay open."""
    end = now - now % HOUR_US
    span = Interval(end - 7 * DAY_US, end)
    rows = entity_series(registry, entity.id, span, Step.HOUR, deps.energy, deps.factors.now(), carriers())
    by_hour: dict[int, list[SeriesRow]] = {}
    for row in rows:
        if row.role in TOTAL_SIGN:
            by_hour.setdefault(row.start, []).append(row)
    slots = [_hour_slot(start, by_hour.get(start, []), deps.plan.rules.pace.coverage_min, t) for start in range(span.start, span.end, HOUR_US)]
    if all(s.value is None for s in slots):
        return None
    total = sum(s.value for s in slots if s.value is not None)
    unknown = sum(s.value is None for s in slots)
    desc = t(f"合计 {number(total)} tce，{unknown} 小时无数据", f"{number(total)} tce in all, {unknown} hours without data")
    return area_steps(Chart(t("最近 7 天逐时能源消费", "Energy of the last 7 days by the hour"), desc, "tce/h", slots))


def _hour_slot(start: int, rows: Sequence[SeriesRow], coverage_min: float, t: Words) -> Slot:
    when = from_us(start)
    label = when.strftime("%m-%d") if when.hour == 12 else ""
    known = [(TOTAL_SIGN[r.role], v) for r in rows if (v := _equal_value(r)) is not None]
    stamp = when.strftime("%m-%d %H:%M")
    if not known:
        return Slot(label, None, tip=f"{stamp} " + t("无数据", "no data"))
    total = sum(sign * value for sign, value in known)
    doubtful = len(known) < len(rows) or any(r.estimated or r.coverage < coverage_min for r in rows)
    return Slot(label, total, doubtful, f"{stamp} {number(total)} tce/h" + (t("，含估算或不全", ", part estimated or missing") if doubtful else ""))


def _equal_value(row: SeriesRow) -> float | None:
    """[tce]; what is not electricity and has no equal value of its own counts at its calorific value."""
    if row.tce_equivalent is None and row.carrier != ELECTRICITY:
        return row.tce_calorific
    return row.tce_equivalent


def carrier_rows(used: Consumption, t: Words) -> tuple[tuple[CarrierRow, ...], CarrierRow | None]:
    """The year to date by carrier and role, and the total of what counts; a sum with an unknown part is not known."""
    groups: dict[tuple[str, str], list[DayAccount]] = {}
    for a in used.accounts:
        if a.day.startswith(str(used.year)):
            groups.setdefault((a.carrier, a.role), []).append(a)
    rows, counted = [], []
    for (carrier, role), days in sorted(groups.items()):
        sign = TOTAL_SIGN.get(days[0].role)
        equivalents = [d.tce_equivalent if d.tce_equivalent is not None or carrier == ELECTRICITY else d.tce_calorific for d in days]
        row = CarrierRow(
            carrier=carrier_name(carrier, t),
            role=t.pair(ROLES, role),
            is_counted=sign is not None,
            amount=sum(d.amount for d in days) if any(d.covered_s > 0 for d in days) else None,
            unit=days[0].unit,
            tce_calorific=_whole([d.tce_calorific for d in days]),
            tce_equivalent=_whole(equivalents),
            co2_t=_whole([d.co2_t for d in days]),
            coverage=_coverage(days),
        )
        rows.append(row)
        if sign is not None:
            counted.append((sign, row, days))
    if not counted:
        return tuple(rows), None
    total = CarrierRow(
        carrier="", role="", is_counted=True, amount=None, unit="",
        tce_calorific=_whole([None if r.tce_calorific is None else s * r.tce_calorific for s, r, _ in counted]),
        tce_equivalent=_whole([None if r.tce_equivalent is None else s * r.tce_equivalent for s, r, _ in counted]),
        co2_t=_whole([None if r.co2_t is None else s * r.co2_t for s, r, _ in counted]),
        coverage=_coverage([d for _, _, days in counted for d in days]),
    )  # fmt: skip
    return tuple(rows), total


def _whole(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if known and len(known) == len(values) else None


def _coverage(days: Sequence[DayAccount]) -> float | None:
    expected = sum(d.expected_s for d in days)
    return min(1.0, sum(d.covered_s for d in days) / expected) if expected > 0 else None


def fall_chart(
    used: Consumption, activity: Mapping[str, MonthActivity], entity: Entity, plan: Plan, now: int, t: Words,
    out: Mapping[str, Excluded] = NOTHING_EXCLUDED,
) -> Markup | None:  # fmt: skip
    """As fall_figure, drawn."""
    found = fall_figure(used, activity, entity, plan, now, t, out)
    return None if found is None else lines(found)


def fall_figure(
    used: Consumption, activity: Mapping[str, MonthActivity], entity: Entity, plan: Plan, now: int, t: Words,
    out: Mapping[str, Excluded] = NOTHING_EXCLUDED,
) -> Chart | None:  # fmt: skip
    """The fall of the intensity since the plan began [%], month by month of this year, against what both targets require by now. out: month -> what
    is left out of the intensity."""
    plan_year = plan.plan_year(used.year)
    targets = {level: plan.target(entity.id, level) for level in Level}
    if plan_year is None or not any(targets.values()):
        return None
    floor = plan.rules.pace.coverage_min
    finished = [compare_years(used.months, activity, y, floor, now, out).reduction for y in range(plan.base_year + 1, used.year)]
    achieved: list[float | None] = []
    for number_of in range(1, 13):
        span = month_of(f"{used.year}-{number_of:02d}")
        seen = compare_years(used.months, activity, used.year, floor, min(span.end, now), out)
        is_known = span.end <= now and len(seen.months) == number_of and not seen.faults and None not in finished
        r = seen.reduction if is_known else None
        achieved.append(None if r is None or r >= 1 else 100 * cumulative_reduction([*(f for f in finished if f is not None), r]))
    if all(a is None for a in achieved):
        return None
    drawn = [Line(t("实际", "actual"), achieved, "data")]
    for level, style, name in ((Level.BASIC, "basic", t("基本", "basic")), (Level.INCENTIVE, "incentive", t("激励", "incentive"))):
        target = targets[level]
        if target is not None and target.reduction > 0:
            required = 100 * required_reduction(target.reduction, plan_year, plan.years)
            drawn.append(Line(name, [required] * 12, style))
    slots = [Slot(month_label(m, t), None) for m in range(1, 13)]
    last = next(a for a in reversed(achieved) if a is not None)
    desc = t(f"最近为 {number(last)} %", f"lately {number(last)} %")
    return Chart(t("能耗强度累计下降率", "Cumulative fall of energy intensity"), desc, "%", slots, drawn)


def intensity_chart(
    used: Consumption, activity: Mapping[str, MonthActivity], t: Words, out: Mapping[str, Excluded] = NOTHING_EXCLUDED
) -> Markup | None:
    """Intensity of each month [tce/1e4CNY], net of what is left out, last year's as a thin line."""
    months = [f"{used.year}-{m:02d}" for m in range(1, 13)]
    series = intensity_series(used.months, activity, months, out)
    if all(m.intensity is None for m in series):
        return None
    slots = [Slot(month_label(m, t), None) for m in range(1, 13)]
    drawn = (
        Line(str(used.year), [m.intensity for m in series], "data"),
        Line(str(used.year - 1), [m.intensity_last_year for m in series], "last-year"),
    )
    title = t("逐月能耗强度", "Energy intensity by month")
    return lines(Chart(title, t("低为好", "lower is better"), t.unit("tce/1e4CNY"), slots, drawn))


def activity_of(deps: Dependencies, registry: Registry, entity: Entity) -> Mapping[str, MonthActivity]:
    """Month -> GDP or value added; a city without its own figures takes its regions'."""
    wanted = [entity.id]
    if entity.kind is EntityKind.CITY:
        wanted += [e.id for e in registry.entities.values() if e.kind is EntityKind.REGION]
    return money_by_month(registry, deps.activities.current(wanted), activity_kind(entity.kind)).get(entity.id, {})


def day_label(span: Interval) -> str:
    return f"{iso(span.start)[:16].replace('T', ' ')} — {iso(span.end)[:16].replace('T', ' ')}"
