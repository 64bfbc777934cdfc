"""Sections of a bulletin beside the lights: alerts and answers, heat networks, pollutants, forecasts, what is due, data quality, measures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from alerting import gather_emissions
from alerting.bulletin_sources import Moment, Sources, loss_verdict, period_heat
from alerting.bulletin_units import coverage_of, net_tce
from alerting.rules import heat_loss, mass, pace, rule_names, silent, supply_temperature
from tricolor.analysis.emission_sums import hour_means, mass_cells
from tricolor.catalogue.bulletins import measure_for
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.bulletins import (
    AlertLine,
    DueLine,
    ForecastLine,
    MeasureLine,
    NetworkLine,
    PollutantLine,
    QualityLine,
    UnitLine,
)
from tricolor.domain.emissions import in_force, year_budget
from tricolor.domain.entities import AREAS, Entity, EntityKind, Registry
from tricolor.domain.forecasts import Forecast, needed_words
from tricolor.domain.intervals import DAY_US, Interval, Step, local_day
from tricolor.domain.items import ItemFilter, ItemState
from tricolor.domain.lights import SEVERITY, Light
from tricolor.domain.periods import Period
from tricolor.ports_bulletins import AlertLife

MAX_ITEMS = 10_000  # open items looked at
MAX_FORECASTS = 60  # of the history of one area and target
ASKED = frozenset({Light.RED, Light.ORANGE, Light.YELLOW})
NO_ENERGY = (*AREAS, EntityKind.NETWORK)  # wholes, and pipes that buy nothing
DUE_RULES = ("indicator", "project", "audit")


def alert_lines(plan: Plan, registry: Registry, lives: Iterable[AlertLife]) -> tuple[AlertLine, ...]:
    """The worst first, then the oldest. owner: the department that leads for the rule there."""
    found = []
    for life in lives:
        entity = registry.entities.get(life.entity)
        places = (life.entity,) if entity is None else (entity.id, entity.region_id, entity.park_id)
        departments = plan.departments_for(life.rule, *places)
        found.append(AlertLine(
            life.id, life.entity if entity is None else entity.name_cn, rule_name(life.rule), life.level, life.opened_at, life.resolved_at,
            life.acked_at, life.acked_by, departments[0].name_cn if departments else "", life.reason_zh,
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda a: (-SEVERITY[Light(a.level)], a.opened_at, a.id)))


def rule_name(rule: str) -> str:
    return rule_names().get(rule, (rule, rule))[0]


def network_lines(of: Sources, then: Moment, members: Sequence[Entity], period: Period) -> tuple[NetworkLine, ...]:
    """Over the period from the store; where that is not at hand, what the ledger's verdicts of its last days say."""
    ids, at = {e.id: e for e in members}, of.plan.rules.heat_loss
    minima = of.plan.rules.supply_temperature
    supply = {f.entity: f for f in then.supply}
    found = []
    for f in period_heat(of, then.registry, period):
        if f.entity not in ids:
            continue
        verdict, warm = loss_verdict(of.plan, f), supply.get(f.entity) if not f.branch else None
        found.append(NetworkLine(
            f.entity, ids[f.entity].name_cn, f.branch, f.first_day, f.last_day, f.fed_in_gj, f.delivered_gj, f.loss_gj, f.loss_rate, f.coverage,
            at.yellow_rate, at.red_rate, Light.GREY if verdict is None else verdict.light, None if warm is None else warm.supply_c,
            None if warm is None else warm.return_c, None if warm is None else minima.steam_min_c if warm.is_steam else minima.water_min_c,
            "" if verdict is None else verdict.reason_zh,
        ))  # fmt: skip
    return tuple(found) or _networks_by_verdict(of, then, ids)


def _networks_by_verdict(of: Sources, then: Moment, ids: Mapping[str, Entity]) -> tuple[NetworkLine, ...]:
    at, found = of.plan.rules.heat_loss, []
    for entity in ids.values():
        told = [t.verdict for t in then.told.get(entity.id, ())]
        warm = next((v for v in told if v.rule == supply_temperature.RULE), None)
        for v in (v for v in told if v.rule == heat_loss.RULE):
            first, _, last = v.period.partition("..")
            e = v.evidence
            found.append(NetworkLine(
                entity.id, entity.name_cn, v.indicator, first, last, _number(e.get("fed_in_gj")), _number(e.get("delivered_gj")),
                _number(e.get("loss_gj")), v.value, v.coverage, at.yellow_rate, at.red_rate, v.light,
                None if warm is None or v.indicator else warm.value, None, None if warm is None or v.indicator else warm.limit, v.reason_zh,
            ))  # fmt: skip
    return tuple(found)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def pollutant_lines(of: Sources, then: Moment, members: Sequence[Entity], period: Period) -> tuple[PollutantLine, ...]:
    """Of every unit inside and factor with a permit in the year."""
    if of.emissions is None or of.permits is None:
        return ()
    limited, ids = gather_emissions.limited(then.registry, of.permits), {e.id: e for e in members}
    span, year_start = period.span, Period(period.kind, period.year, 1).span.start
    names_held = sorted(set(limited.permits) & set(ids))
    first, last = str(local_day(year_start)), str(local_day(span.end - 1))
    rows = of.emissions.months(names_held, first, last) if names_held else []
    hours = of.emissions.hours(names_held, str(local_day(span.start)), last) if names_held else []
    said = [t.verdict for e in names_held for t in then.told.get(e, ()) if t.verdict.rule == mass.RULE]
    lights = {(v.entity, v.indicator): v.light for v in said}
    found, least = [], of.plan.rules.concentration.valid_minutes
    for entity in names_held:
        permits = limited.permits[entity]
        mine = [o for o in limited.outlets if o.entity == entity]
        of_year = {c.factor: c for c in mass_cells(rows, mine, Interval(year_start, span.end), Step.TOTAL, span.end)}
        of_period = {c.factor: c for c in mass_cells(rows, mine, span, Step.TOTAL, span.end)}
        for factor in sorted({p.factor for p in permits}):
            means = [m for o in mine if o.factor == factor for m in hour_means(hours, o, permits, span, least, span.end)]
            bounded = [m for m in means if m.limit is not None and m.mean is not None]
            budget, cell, part = year_budget(permits, factor, period.year), of_year.get(factor), of_period.get(factor)
            if budget is None and not any(in_force([p], p.outlet, factor, local_day(span.end - 1)) for p in permits if p.factor == factor):
                continue
            found.append(PollutantLine(
                entity, ids[entity].name_cn, factor, all_pollutants()[factor].name_cn, _tonnes(None if part is None else part.mass_kg),
                _tonnes(None if cell is None else cell.mass_kg), None if budget is None else budget[0], None if cell is None else cell.coverage,
                sum(m.is_over for m in bounded), len(bounded), lights.get((entity, factor), Light.GREY),
            ))  # fmt: skip
    return tuple(found)


def _tonnes(mass_kg: float | None) -> float | None:
    return None if mass_kg is None else mass_kg / 1000


def forecast_lines(of: Sources, areas: Iterable[Entity], period: Period) -> tuple[ForecastLine, ...]:
    """Of each area and target the newest forecast that knew no more than the period."""
    book = of.books.forecasts
    if book is None:
        return ()
    last_month, found = period.months[-1], []
    for area in areas:
        for now in sorted(book.current([area.id]), key=lambda f: (f.quantity, f.indicator)):
            if now.quantity not in ("intensity", "carbon_intensity") or not now.indicator:
                continue
            past = book.history(area.id, now.quantity, now.indicator, MAX_FORECASTS)
            past = [f for f in past if f.year == period.year and f.last_month <= last_month]
            if past:
                found.append(_forecast(area, max(past, key=lambda f: (f.last_month, f.made_at))))
    return tuple(found)


def _forecast(area: Entity, f: Forecast) -> ForecastLine:
    chance = {name: f.lights.get(name, 0.0) for name in ("red", "yellow", "green")} if f.is_known and f.lights else {}
    needed = needed_words(f.needed)[0] if f.is_known else ""
    return ForecastLine(
        area.id, area.name_cn, f.indicator, f.year, f.last_month, f.reduction, f.required, chance.get("red"), chance.get("yellow"),
        chance.get("green"), needed, f.why_not_zh,
    )  # fmt: skip


def due_lines(then: Moment, members: Sequence[Entity]) -> tuple[DueLine, ...]:
    """Indicators, projects and audits that are yellow or worse; of projects each one, not their sum."""
    found = [
        DueLine(e.id, e.name_cn, rule_name(v.rule), v.light, v.reason_zh)
        for e in members
        for v in (t.verdict for t in then.told.get(e.id, ()))
        if v.rule in DUE_RULES and v.light in ASKED and (v.rule, v.indicator) != ("project", "total")
    ]
    return tuple(sorted(found, key=lambda d: (-SEVERITY[d.light], d.rule, d.id, d.reason)))


def quality_lines(of: Sources, then: Moment, members: Sequence[Entity], period: Period) -> tuple[QualityLine, ...]:
    """Every unit with points, the least covered first."""
    open_items = _open_items(of, then.registry)
    found = []
    for entity in members:
        if entity.kind in AREAS or not then.material.points(entity.id):
            continue
        energy, out = then.material.energy.get(entity.id, {}), then.material.left_out_of_total(entity.id)
        dark = next((t.verdict for t in then.told.get(entity.id, ()) if t.verdict.rule == silent.RULE and t.verdict.light in ASKED), None)
        missing = sum(energy[m].days_missing if m in energy else 0 for m in period.months)
        excluded = math.fsum(out[m].tce_equivalent for m in period.months if m in out)
        found.append(QualityLine(
            entity.id, entity.name_cn, coverage_of(energy, period.months), missing, excluded, open_items.get(entity.id, 0),
            "" if dark is None else dark.reason_zh,
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda q: (1.0 if q.coverage is None else q.coverage, q.id)))


def _open_items(of: Sources, registry: Registry) -> dict[str, int]:
    found: dict[str, int] = {}
    if of.items is not None:
        for item in of.items.page(ItemFilter(ItemState.OPEN), MAX_ITEMS):
            point = registry.by_key.get(item.parked.point)
            if point is not None:
                found[point.entity_id] = found.get(point.entity_id, 0) + 1
    return found


def measure_lines(plan: Plan, then: Moment, members: Sequence[Entity], made_at: int) -> tuple[MeasureLine, ...]:
    """For each unit and rule that is yellow or worse and counts: the worst verdict of the rule, who leads, what is asked and by when."""
    found = []
    for entity in members:
        worst: dict[str, Light] = {}
        for verdict in (t.verdict for t in then.told.get(entity.id, ())):
            if verdict.counts and verdict.light in ASKED and SEVERITY[verdict.light] > SEVERITY[worst.get(verdict.rule, Light.GREEN)]:
                worst[verdict.rule] = verdict.light
        for rule, light in worst.items():
            asked = measure_for(rule, light.value)
            if asked is None:
                continue
            departments = plan.departments_for(rule, entity.id, entity.region_id, entity.park_id)
            who = "、".join(d.name_cn for d in departments[:3]) or "值班室"
            due = (local_day(made_at) + timedelta(days=asked.within)).isoformat()
            found.append(MeasureLine(who, entity.name_cn, light, rule_name(rule), asked.what, due, asked.source, asked.status))
    return tuple(sorted(found, key=lambda m: (-SEVERITY[m.light], m.due, m.department, m.unit, m.rule)))


def provisional_words(of: Sources, then: Moment, lines: Sequence[UnitLine], period: Period, made_at: int) -> tuple[str, ...]:
    """What may still change, in words."""
    found = list(then.faults)
    floor = float(of.plan.thresholds_of(pace.RULE)["coverage_min"])
    thin = [u.name for u in lines if u.coverage is not None and u.coverage < floor]
    if thin:
        found.append(f"计量覆盖率低于{floor:.0%}的{len(thin)}家：{_named(thin)}，其能耗为暂定数")
    unknown = [u.name for u in lines if u.kind not in NO_ENERGY and u.tce is None]
    if unknown:
        found.append(f"本期能耗不明的{len(unknown)}家：{_named(unknown)}")
    late = {u.name for u in lines for t in then.told.get(u.id, ()) if t.verdict.rule == pace.RULE and t.verdict.evidence.get("not_reported")}
    if late:
        found.append(f"本期生产总值或增加值尚未报齐：{_named(sorted(late))}，其能耗强度按已报月份计算")
    if any(t.basis != "ledger" for u in lines for t in then.told.get(u.id, ())):
        found.append("部分判定系按期末口径复算（当时尚未判定，或当时的判定不含补报数据）")
    days = (made_at - period.span.end) / DAY_US
    if days < 15:
        found.append(f"取数时距期末仅{max(0, math.floor(days))}天，补传、补报数据可能使各数变动")
    return tuple(found)


def _named(names_of: Sequence[str], most: int = 5) -> str:
    return "、".join(names_of[:most]) + (f"等{len(names_of)}家" if len(names_of) > most else "")


def month_bars(then: Moment, area: str, period: Period) -> tuple[tuple[str, float | None, float | None], ...]:
    """January to the period's end: month, energy now and a year before [tce, net]."""
    months = [date(period.year, n, 1).isoformat()[:7] for n in range(1, period.last_month + 1)]
    return tuple((m, net_tce(then, area, [m]), net_tce(then, area, [f"{int(m[:4]) - 1}{m[4:]}"])) for m in months)
