"""indicator: does an indicator of the plan stand where its way from baseline to target asks (规划指标; any direction, path and kind)?

What counts as the value: of a measure the year to date of the metered flows; else the newest reported period that is over. A level reported by month
or quarter is the level of the year to date at its end; a cumulative one is the sum since the base year, unless its unit says a year (t/a, 吨/年):
then the years are added up; a change is against the base year, positive in the direction asked. Judged at the end of that period; a value that has
grown old says nothing any more. Where the plan prints no baseline, the base year's submitted value is it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alerting.material import Input, Material
from alerting.rules.indicator_words import grey_reason, judged_reason, words_reason
from alerting.rules.words import period_of as months_period
from alerting.rules.words import unknown
from tricolor.catalogue.materials import flow_carriers
from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, Path
from tricolor.domain.entities import Entity
from tricolor.domain.formulas import BadFormula
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.measures import Measured, measure_of, worked_out
from tricolor.domain.periods import LENGTH, Period, period_of
from tricolor.domain.submissions import TARGET_PREFIX, PeriodKind, Statistic, is_reached
from tricolor.domain.ways import LINEAR, TOLERANCE, Way

RULE = "indicator"
NAME_ZH, NAME_EN = "规划指标", "Plan indicator"
INPUTS = frozenset({Input.STATISTICS, Input.ENERGY, Input.MONTH})
_YEARLY = re.compile(r"(/a|/年|/year|每年)$")
OFTEN = {"month": ("每月", "monthly"), "quarter": ("每季", "quarterly"), "year": ("每年", "yearly")}
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """yellow_gap: share of the change required by now that may be missing before yellow turns red; stale_periods, grace_months: so many of its
    periods, and months besides, after its period's end a value is old."""

    yellow_gap: float
    stale_periods: int
    grace_months: int


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """One indicator of one entity. value: None while not known (why); period: judged, "" when there is none; elapsed: years from the base year to its
    end; target_by, base_by: the statistic that set the target, the baseline, where the plan does not; used: reported values it was made of; flows:
    metered amounts; age_months: whole months since the period's end."""

    indicator: Indicator
    plan_id: str
    document: str
    year_now: int
    value: float | None
    text: str
    period: str
    elapsed: float
    target: float | None
    why: Words | None
    used: tuple[Statistic, ...] = ()
    target_by: Statistic | None = None
    flows: Mapping[str, float] = field(default_factory=dict)
    base_by: Statistic | None = None
    age_months: int = 0


@dataclass(frozen=True, slots=True)
class _Value:
    """What is known of the value, and until when."""

    value: float | None = None
    text: str = ""
    period: str = ""
    end: float = 0.0  # year and share of it
    why: Words | None = None
    used: tuple[Statistic, ...] = ()
    flows: Mapping[str, float] = field(default_factory=dict)


def facts_of(of: Material, entity: Entity) -> Iterator[IndicatorFacts]:
    """One for each indicator of the entity, in the plan and those beside it."""
    reported: dict[str, list[Statistic]] = {}
    for each in of.statistics.get(entity.id, ()):
        reported.setdefault(each.indicator, []).append(each)
    for plan, indicator in of.indicators(entity.id):
        yield _facts(of, entity, plan, indicator, reported)


def _facts(of: Material, entity: Entity, plan: Plan, indicator: Indicator, reported: Mapping[str, Sequence[Statistic]]) -> IndicatorFacts:
    mine = [v for v in reported.get(indicator.id, ()) if period_of(v.period).is_over(of.now)]
    base_by = _base_of(indicator, mine)
    if base_by is not None:
        indicator = replace(indicator, baseline=base_by.value)
    known = _reported(indicator, mine)
    if indicator.measure:
        known = _measured(of, entity, indicator, known)
    target_by = _newest(reported.get(TARGET_PREFIX + indicator.id, ()))
    target = indicator.target
    if target is None and target_by is not None:
        target = target_by.value
    elif target is None and indicator.direction is Direction.HOLD:
        target = indicator.baseline
    if indicator.path is Path.YEARLY:
        target, target_by = _year_before(indicator, known.period, mine), None
    if indicator.target is not None:
        target_by = None
    document = " ".join(part for part in (indicator.source, indicator.place) if part)
    return IndicatorFacts(
        indicator, plan.id, document, from_us(of.now).year, known.value, known.text, known.period, known.end - indicator.baseline_year - 1, target,
        known.why, known.used, target_by, known.flows, base_by, _age(known.end, of.now),
    )  # fmt: skip


def _base_of(indicator: Indicator, values: Sequence[Statistic]) -> Statistic | None:
    """The base year's value where the plan prints none and one is of use: a stepped way asks nothing on the way, only 零增长 holds to it."""
    is_hold = indicator.direction is Direction.HOLD and indicator.target is None
    is_wanted = indicator.kind is Kind.LEVEL and indicator.direction is not Direction.TEXT and (indicator.path is not Path.STEPPED or is_hold)
    if indicator.baseline is not None or not is_wanted:
        return None
    end = indicator.baseline_year + 1
    return _newest([v for v in values if v.value is not None and _end(period_of(v.period)) == end])


def _age(end: float, now: int) -> int:
    """Whole months from the end of a period (a year and its share) to now."""
    moment = from_us(now)
    return moment.year * 12 + moment.month - 1 - round(end * 12) if end else 0


def _year_before(indicator: Indicator, period: str, values: Sequence[Statistic]) -> float | None:
    """The value of the same period a year earlier, which a goal of 逐年提高 asks to pass; of the whole base year the plan's own."""
    before = f"{int(period[:4]) - 1}{period[4:]}" if period else ""
    found = next((v.value for v in values if v.period == before), None)
    return indicator.baseline if found is None and before == str(indicator.baseline_year) else found


def _end(period: Period) -> float:
    return period.year + period.share_of_plan_year


def _newest(values: Sequence[Statistic]) -> Statistic | None:
    """The one whose period ends last, of those that end together the longest."""
    return max(values, key=lambda v: (_end(period_of(v.period)), v.period == str(period_of(v.period).year)), default=None)


def _reported(indicator: Indicator, values: Sequence[Statistic]) -> _Value:
    later = [v for v in values if period_of(v.period).year > indicator.baseline_year]
    newest = _newest(later)
    if newest is None:
        return _Value(why=_not_reported(indicator))
    period, end = newest.period, _end(period_of(newest.period))
    if indicator.direction is Direction.TEXT:
        return _Value(None, newest.text, period, end, None, (newest,))
    if indicator.kind is Kind.CUMULATIVE and _YEARLY.search(indicator.unit):
        return _added_up(indicator, later)
    return _Value(newest.value, newest.text, period, end, None if newest.value is not None else _not_reported(indicator), (newest,))


def _added_up(indicator: Indicator, values: Sequence[Statistic]) -> _Value:
    """Amounts of whole years since the base year; none may be missing."""
    years = {period_of(v.period).year: v for v in values if period_of(v.period).kind is PeriodKind.YEAR and v.value is not None}
    if not years:
        return _Value(why=_not_reported(indicator))
    last = max(years)
    missing = [str(y) for y in range(indicator.baseline_year + 1, last) if y not in years]
    used = tuple(years[y] for y in sorted(years))
    if missing:
        why = f"缺少{'、'.join(missing)}年的数值，请补报", f"the values of {', '.join(missing)} are missing: submit them"
        return _Value(None, "", str(last), last + 1.0, why, used)
    return _Value(sum(v.value or 0.0 for v in used), "", str(last), last + 1.0, None, used)


def _not_reported(indicator: Indicator) -> Words:
    often_zh, often_en = OFTEN[indicator.every]
    return (
        f"尚未填报，请{often_zh}填报“{indicator.name_cn}”[{indicator.unit}]（{indicator.baseline_year}年之后的数值）",
        f"nothing is submitted: submit {indicator.name_en} [{indicator.unit}] {often_en}, for periods after {indicator.baseline_year}",
    )


def _measured(of: Material, entity: Entity, indicator: Indicator, reported: _Value) -> _Value:
    """From the flows of the newest year with a month that is over; where they are lacking the reported value stands in."""
    try:
        measure = measure_of(indicator.measure, indicator.unit, flow_carriers())
    except BadFormula as error:
        return _Value(why=(f"指标公式有误：{error.zh}", f"the formula is wrong: {error.en}"))
    now = from_us(of.now)
    year, last = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    months = [f"{year}-{number:02d}" for number in range(1, last + 1)]
    flows = [of.flows[member] for member in of.members(entity.id) if member in of.flows]
    found = worked_out(measure, flows, months)
    if found.value is None:
        return reported if reported.value is not None else _Value(why=_lacking(found))
    period, end = months_period(found.months, year), year + int(found.months[-1][5:]) / 12
    if end <= indicator.baseline_year + 1:
        return reported
    named = {f"{role}({carrier})": amount for (carrier, role), amount in found.amounts.items()}
    return _Value(found.value, "", period, end, None, (), named)


def _lacking(found: Measured) -> Words:
    if not found.lacking:
        return "分母为零，算不出数值", "it cannot be worked out: nothing stands below the line"
    (carrier, role), months = found.lacking[0]
    which = f"{role}({carrier})"
    if not months:
        return f"没有计量流量 {which}，请登记该品种与用途的测点", f"the flow {which} is not metered: register a point of that carrier and role"
    return f"流量 {which} 缺少{'、'.join(months)}的数据", f"the flow {which} has no data for {', '.join(months)}"


def way_of(indicator: Indicator, target: float) -> Way:
    """Where more is better: up, and everything that counts in the direction asked. What counts from the base year on starts at its baseline or 0."""
    is_level = indicator.kind is Kind.LEVEL
    start = indicator.baseline if is_level or indicator.baseline is not None else 0.0
    is_up = indicator.direction is Direction.UP if is_level else indicator.direction is not Direction.HOLD
    if indicator.kind is Kind.CHANGE:
        start = 0.0
    if indicator.path is Path.YEARLY:  # from the year before's value, here as target, and beyond it
        return Way(target, target, 1.0, LINEAR, is_up, is_inclusive=False)
    years = max(1, indicator.target_year - indicator.baseline_year)
    return Way(start, target, float(years), str(indicator.path), is_up, indicator.is_inclusive, _of_base(indicator))


def _of_base(indicator: Indicator) -> int:
    """Whether its percentages are falls or rises on the base year."""
    if indicator.kind is Kind.LEVEL or indicator.unit != "%":
        return 0
    return -1 if indicator.direction is Direction.DOWN else 1


def judge(facts: IndicatorFacts, thresholds: Thresholds) -> Verdict:
    """Green at or beyond what is required by the end of the period; yellow when at most `yellow_gap` of the required change is missing, or nothing is
    asked yet and it got worse; red beyond. In words: reached is green, not reached is red from the target year on and yellow before it.

    value and limit in the indicator's unit. Grey without a value or a target, and with a value that has grown old, with what to submit.
    """
    indicator, evidence = facts.indicator, _evidence(facts)
    why = facts.why or _why_old(facts, thresholds)
    if why is not None:
        return _grey(facts, why, evidence)
    if indicator.direction is Direction.TEXT:
        return _in_words(facts, evidence)
    if facts.target is None:
        return _grey(facts, _no_target(indicator), evidence)
    if facts.value is None or facts.elapsed <= 0:
        return _grey(facts, _not_reported(indicator), evidence)
    way = way_of(indicator, facts.target)
    light = light_of(way, facts.value, facts.elapsed, thresholds)
    zh, en = judged_reason(facts, way, light, thresholds.yellow_gap)
    limit = way.required(facts.elapsed)
    path = {str(indicator.baseline_year + n): way.required(float(n)) for n in range(int(way.years) + 1)}
    if indicator.path is Path.YEARLY:
        path = {facts.period[:4]: limit}
    more = {"required": limit, "gap": _finite(way.gap(facts.value, facts.elapsed)), "path_points": path, "is_due": way.is_due(facts.elapsed)}
    return _verdict(facts, light, facts.value, limit, (zh, en), evidence | more)


def light_of(way: Way, value: float, elapsed: float, thresholds: Thresholds) -> Light:
    if way.is_met(value, elapsed):
        return Light.GREEN
    if not way.is_due(elapsed):  # a stepped way asks only that it does not get worse; one without a start asks nothing yet
        return Light.YELLOW
    return Light.YELLOW if way.gap(value, elapsed) <= thresholds.yellow_gap + TOLERANCE else Light.RED


def _in_words(facts: IndicatorFacts, evidence: dict[str, object]) -> Verdict:
    reached = is_reached(facts.text)
    if reached is None:
        words = f"填报“{facts.text}”未说明是否达到，请写 达到 或 未达到", f"{facts.text!r} does not say whether it is reached: write 达到 or 未达到"
        return _grey(facts, words, evidence)
    is_due = facts.elapsed > facts.indicator.target_year - facts.indicator.baseline_year - 1 + TOLERANCE
    light = Light.GREEN if reached else Light.RED if is_due else Light.YELLOW
    return _verdict(facts, light, None, None, words_reason(facts, light), evidence)


def _why_old(facts: IndicatorFacts, at: Thresholds) -> Words | None:
    """Why the value says nothing of today; None while it does, and of the target year's end, after which nothing is asked."""
    indicator = facts.indicator
    if not facts.period or facts.elapsed >= indicator.target_year - indicator.baseline_year - TOLERANCE:
        return None
    if facts.age_months <= at.stale_periods * LENGTH[PeriodKind(indicator.every)] + at.grace_months:
        return None
    often_zh, often_en = OFTEN[indicator.every]
    return (
        f"最近的数值属于{facts.period}，已结束{facts.age_months}个月，过期；请{often_zh}填报",
        f"the newest value is of {facts.period}, which ended {facts.age_months} months ago: out of date, submit it {often_en}",
    )


def _no_target(indicator: Indicator) -> Words:
    if indicator.path is Path.YEARLY:
        return f"目标为{indicator.target_text}，缺少上年同期的数值，请补报", "each year has to pass the one before, whose value is missing: submit it"
    if indicator.direction is Direction.HOLD:
        zh = f"目标为{indicator.target_text}，缺少基年{indicator.baseline_year}年的数值，请补报"
        return zh, f"it is to stay as in {indicator.baseline_year}, whose value is missing: submit it"
    name = TARGET_PREFIX + indicator.id
    return (
        f"目标值由上级下达（{indicator.target_text or '规划未给出数值'}），尚未录入，请填报 {name}",
        f"the target is set by another level ({indicator.target_text or 'no number in the plan'}) and not entered: submit {name}",
    )


def _grey(facts: IndicatorFacts, why: Words, evidence: dict[str, object]) -> Verdict:
    period = facts.period or str(facts.year_now)
    return unknown(
        facts.indicator.entity, RULE, facts.indicator.id, period, facts.indicator.unit, grey_reason(facts, why), facts.target, None, evidence
    )


def _verdict(
    facts: IndicatorFacts, light: Light, value: float | None, limit: float | None, reason: Words, evidence: dict[str, object]
) -> Verdict:  # fmt: skip
    indicator = facts.indicator
    return Verdict(indicator.entity, RULE, indicator.id, facts.period, light, value, limit, indicator.unit, *reason, None, evidence)


def _finite(share: float) -> float | None:
    return share if share < float("inf") else None


def _evidence(facts: IndicatorFacts) -> dict[str, object]:
    indicator = facts.indicator
    return {
        "name_zh": indicator.name_cn, "name_en": indicator.name_en, "plan": facts.plan_id, "document": indicator.source, "place": indicator.place,
        "status": indicator.status, "is_illustrative": indicator.status == "illustrative", "is_starred": indicator.is_starred,
        "direction": str(indicator.direction), "path": str(indicator.path), "kind": str(indicator.kind), "baseline_year": indicator.baseline_year,
        "baseline": indicator.baseline, "target_year": indicator.target_year, "target": facts.target, "target_text": indicator.target_text,
        "target_set_by": _told(facts.target_by) if facts.target_by is not None else None,
        "baseline_set_by": _told(facts.base_by) if facts.base_by is not None else None,
        "text": facts.text, "measure": indicator.measure, "flows": dict(facts.flows), "submitted": [_told(s) for s in facts.used],
    }  # fmt: skip


def _told(s: Statistic) -> dict[str, object]:
    return {
        "period": s.period, "value": s.value, "text": s.text, "revision": s.revision, "author": s.author, "submitted_at": s.submitted_at,
        "document": s.document,
    }  # fmt: skip


__all__ = ["INPUTS", "NAME_EN", "NAME_ZH", "RULE", "IndicatorFacts", "Thresholds", "facts_of", "judge", "light_of", "way_of"]
