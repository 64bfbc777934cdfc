"""Gathers the facts of a bulletin (预警通报): as of the end of its period, with what became known until it is made."""

from collections.abc import Sequence

from alerting import bulletin_sections as sections
from alerting.bulletin_sources import Moment, Sources, moment
from alerting.bulletin_units import movers, unit_lines, units_of
from tricolor.catalogue.bulletins import form_with
from tricolor.domain.bulletins import AlertLine, BulletinFacts, BulletinForm, PlanSaid, median
from tricolor.domain.entities import AREAS, Entity, EntityKind, Registry
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import SECOND_US, iso
from tricolor.domain.lights import LIGHT_CN, Light
from tricolor.domain.periods import Period
from tricolor.domain.submissions import PeriodKind
from tricolor.ports_bulletins import AlertLife

LEADS = "pace"  # the rule whose leading department issues the bulletin
PLACE_CN = "一二三四"


def gather(of: Sources, area: str, period: Period, made_at: int) -> BulletinFacts:
    """The facts. NotFound for an unknown area; Refused for a unit that is no area, a year, a period that is not over, or one without any data."""
    registry = of.registry.load()
    entity = _area(registry, area)
    check_period(period, made_at)
    then = moment(of, registry, period.span.end)
    if not any(m in then.material.energy.get(area, {}) and then.material.energy[area][m].days_missing == 0 for m in period.months):
        known = sorted(m for m, e in then.material.energy.get(area, {}).items() if e.tce_equivalent is not None)
        held, have = (f"已有 {known[0]} 至 {known[-1]}", f"{known[0]}..{known[-1]}") if known else ("尚无任何核算", "nothing")
        raise Refused(
            f"{entity.name_cn} {period} 没有完整的能耗数据（{held}）：请检查采集与核算，或补传读数 · "
            f"{area} has no whole month of energy in {period}: look at `tricolor quality`, or send the readings again (known: {have})"
        )
    earlier = moment(of, registry, period.span.start)
    before = earlier if _says_something(earlier, area) else None
    return _facts(of, then, before, entity, period, made_at)


def check_period(period: Period, now: int) -> None:
    """Refused for a year, and for a period that is not over."""
    if period.kind is PeriodKind.YEAR:
        raise Refused(
            f"通报按月或按季：{period} 请写成 {period}-10 或 {period}-Q3 · bulletins are of a month or a quarter: write {period}-10 or {period}-Q3"
        )
    if not period.is_over(now):
        raise Refused(f"{period} 尚未结束（{iso(period.span.end)} 结束）· {period} is not over yet: it ends at {iso(period.span.end)}")


def _area(registry: Registry, area: str) -> Entity:
    entity = registry.entities.get(area)
    areas = [e.id for e in sorted(registry.entities.values(), key=lambda e: (e.order, e.id)) if e.kind in AREAS]
    if entity is None:
        raise NotFound(f"没有地区 {area!r}；有：{'、'.join(areas)} · there is no area {area!r}; there are: {', '.join(areas)}")
    if entity.kind not in AREAS:
        raise Refused(f"{area} 不是市、县区或园区；有：{'、'.join(areas)} · {area} is no city, region or park; there are: {', '.join(areas)}")
    return entity


def _says_something(at: Moment, area: str) -> bool:
    return any(t.verdict.counts and t.verdict.light is not Light.GREY for t in at.told.get(area, ()))


def _facts(of: Sources, then: Moment, before: Moment | None, area: Entity, period: Period, made_at: int) -> BulletinFacts:
    members = units_of(then.registry, area)
    areas, ids = [e for e in members if e.kind in AREAS], [e.id for e in members]
    lines = unit_lines(area, then, before, period)
    form = form_with(of.plan.bulletin_form)
    accounts = [
        row for span in (period, period.year_before()) for row in of.books.months.months(ids, span.months[0], span.months[-1])
    ]  # fmt: skip
    risers, fallers = movers(then, lines, period, accounts, int(form["movers"].value))
    lives = of.history.alerts(ids, period.span)
    alerts = sections.alert_lines(of.plan, then.registry, lives)
    answers = [a.answer_us / SECOND_US for a in alerts if a.answer_us is not None]
    return BulletinFacts(
        area=area.id, area_name=area.name_cn, area_kind=area.kind.value, period=str(period), period_name=period_zh(period),
        period_before=period_zh(period.shifted(-1)), made_at=made_at, ended_at=period.span.end, form=_form(of, then.registry, area, lines[0].light),
        plan=PlanSaid(of.plan.id, of.plan.name_cn, of.plan.document.number, of.plan.status), versions=_versions(of, then, made_at),
        units=lines, risers=risers, fallers=fallers, months=sections.month_bars(then, area.id, period), alerts=alerts,
        **_counts(lives, alerts, period), answer_median_s=median(answers), answer_worst_s=max(answers, default=None),
        networks=sections.network_lines(of, then, members, period), pollutants=sections.pollutant_lines(of, then, members, period),
        forecasts=sections.forecast_lines(of, areas, period), dues=sections.due_lines(then, members),
        quality=sections.quality_lines(of, then, members, period), provisional=sections.provisional_words(of, then, lines, period, made_at),
        measures=sections.measure_lines(of.plan, then, members, made_at),
    )  # fmt: skip


def _counts(lives: Sequence[AlertLife], alerts: Sequence[AlertLine], period: Period) -> dict[str, int]:
    return {
        "opened": sum(period.span.start <= a.opened_at for a in lives),
        "resolved": sum(a.resolved_at is not None for a in lives),
        "still_open": sum(a.resolved_at is None for a in lives),
        "unanswered": sum(a.answered_at is None for a in alerts),
    }


def _form(of: Sources, registry: Registry, area: Entity, light: Light) -> BulletinForm:
    form = form_with(of.plan.bulletin_form)
    leading = of.plan.departments_for(LEADS, area.id)
    issuer = str(form["issuer"].value) or (full_name(leading[0].name_cn, area, registry) if leading else "")
    words = form.get(f"opening_{'yellow' if light is Light.ORANGE else light.value}")
    opening = ("", "", "") if words is None else (str(words.value), words.source, words.status)
    head, copied_to = str(form["head"].value), tuple(form["copied_to"].value)
    return BulletinForm(str(form["title"].value), str(form["number"].value), issuer, tuple(form["to"].value), *opening, head, copied_to)


def full_name(department: str, area: Entity, registry: Registry) -> str:
    """市发展改革委 with its city's name, 钦州市发展改革委: where the area is a city or the registry has just one."""
    cities = [area] if area.kind is EntityKind.CITY else [e for e in registry.entities.values() if e.kind is EntityKind.CITY]
    is_short = department.startswith("市") and len(cities) == 1 and cities[0].name_cn.endswith("市")
    return cities[0].name_cn + department[1:] if is_short else department


def _versions(of: Sources, then: Moment, made_at: int) -> tuple[tuple[str, str], ...]:
    months = of.books.months.changes(0)[0]
    return (
        ("tricolor", of.built), ("registry", str(then.registry.version)), ("accounts", str(months)), ("plan", of.plan.id), ("gathered", iso(made_at)),
    )  # fmt: skip


def period_zh(period: Period) -> str:
    """2026年10月, 2026年第三季度."""
    if period.kind is PeriodKind.MONTH:
        return f"{period.year}年{period.place}月"
    return f"{period.year}年第{PLACE_CN[period.place - 1]}季度" if period.kind is PeriodKind.QUARTER else f"{period.year}年"


def light_zh(light: Light | None) -> str:
    return "—" if light is None else LIGHT_CN[light]
