"""report_duty: have the statistics that a unit owes come in (能源利用状况报告, 月报)? What is due and when stands in the pack's report_duties.csv."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from alerting.material import Input, Material
from alerting.rules.days_of_data import EVIDENCE_MAX, named, share_light
from alerting.rules.words import percent
from tricolor.analysis.quality_words import percent as floored
from tricolor.catalogue.indicators import plans_of
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.register import ReportDuty
from tricolor.domain.entities import AREAS, Entity
from tricolor.domain.intervals import local_day
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.periods import Period, period_of
from tricolor.domain.submissions import is_reached

RULE = "report_duty"
NAME_ZH, NAME_EN = "报送义务", "Reports due"
INPUTS = frozenset({Input.STATISTICS, Input.DAY})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Days late that are still yellow; months after which a report is not asked for any more; shares of an area's units that owe nothing."""

    red_after_days: int
    months_back: int
    units_min: float
    units_red_below: float


@dataclass(frozen=True, slots=True)
class Owed:
    """One report: of a period, until a day (included); is_in: it has come."""

    duty: str
    names: tuple[str, str]
    period: str
    due: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """Reports of a unit that were due before today or have come."""

    entity: str
    today: str
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """Reports of the units inside an area that owe any: (id, names, reports)."""

    entity: str
    today: str
    units: tuple[tuple[str, tuple[str, str], tuple[Owed, ...]], ...]


def facts_of(of: Material, entity: Entity) -> Iterable[DutyFacts | AreaFacts]:
    """One for whoever owes a report, and for an area with units that do. The area's own reports are its own matter."""
    today = local_day(of.now)
    owed = _owed(of, entity, today)
    if owed:
        yield DutyFacts(entity.id, str(today), owed)
    if entity.kind in AREAS:
        inside = (of.registry.entities[m] for m in of.members(entity.id) if m != entity.id)
        units = tuple(
            (m.id, (m.name_cn, m.name_en or m.name_cn), reports) for m in inside if m.kind not in AREAS and (reports := _owed(of, m, today))
        )
        if units:
            yield AreaFacts(entity.id, str(today), units)


def due_day(duty: ReportDuty, period: Period) -> date:
    """The last day on which the report of the period is in time."""
    number = period.year * 12 + period.last_month - 1 + duty.due_months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(duty.due_day, monthrange(year, month)[1]))


def _owed(of: Material, entity: Entity, today: date) -> tuple[Owed, ...]:
    duties = [(plan, duty) for plan in plans_of(of.plan) for duty in plan.report_duties if duty.binds(entity)]
    if not duties:
        return ()
    since = min((local_day(p.registered_at) for p in of.points(entity.id)), default=date.min)
    has = {(s.indicator, s.period) for s in of.statistics.get(entity.id, ()) if s.value is not None or (s.text and is_reached(s.text) is not False)}
    return tuple(report for plan, duty in duties for report in _reports(plan, duty, has, since, today))


def _reports(plan: Plan, duty: ReportDuty, has: set[tuple[str, str]], since: date, today: date) -> Iterator[Owed]:
    """Those due since the unit is known here, and those after the first that it ever sent: what went to others before is not asked again."""
    period, has_begun = period_of(duty.first), False
    while period.year <= plan.last_year:  # at most twelve a year of the plan
        due = due_day(duty, period)
        is_in = (duty.indicator, str(period)) in has
        has_begun = has_begun or is_in
        if is_in or (due < today and (has_begun or due >= since)):
            yield Owed(duty.id, (duty.name_cn, duty.name_en), str(period), str(due), is_in)
        elif due >= today:
            return
        period = period.shifted(1)


def judge(facts: DutyFacts | AreaFacts, thresholds: Thresholds) -> Verdict | None:
    """Of a unit: yellow from the day after the due day, red when it is more than red_after_days late, green when all is in; None where nothing was
    due yet. value: days that the latest report is late; limit: days that are still yellow. Of an area: the share of its units that owe nothing."""
    return _judge_area(facts, thresholds) if isinstance(facts, AreaFacts) else _judge_unit(facts, thresholds)


def _asked(owed: Iterable[Owed], today: str, at: Thresholds) -> list[Owed]:
    """Those that fell due within the last months."""
    since = str(period_of(today[:7]).shifted(-at.months_back))
    return [o for o in owed if o.due[:7] >= since]


def _late(owed: Iterable[Owed], today: str) -> list[tuple[int, Owed]]:
    """Days late, the latest first."""
    on = date.fromisoformat(today)
    late = [((on - date.fromisoformat(o.due)).days, o) for o in owed if not o.is_in]
    return sorted((each for each in late if each[0] > 0), key=lambda d: (-d[0], d[1].duty))


def _judge_unit(facts: DutyFacts, at: Thresholds) -> Verdict | None:
    asked = _asked(facts.owed, facts.today, at)
    if not asked:
        return None
    late = _late(asked, facts.today)
    evidence: dict[str, object] = {
        "due": len(asked),
        "received": sum(o.is_in for o in asked),
        "overdue": [f"{o.duty} {o.period}" for _, o in late[:EVIDENCE_MAX]],
    }
    period = facts.today[:7]
    if not late:
        zh, en = f"应报{len(asked)}期，均已报送", f"All {len(asked)} reports due are in"
        return Verdict(facts.entity, RULE, "", period, Light.GREEN, 0, at.red_after_days, "d", zh, en, None, evidence)
    days, first = late[0]
    light = Light.RED if days > at.red_after_days else Light.YELLOW
    rest = named([(f"{o.names[0]}{o.period}", f"{o.names[1]} of {o.period}") for _, o in late[1:]], "期")
    zh = f"{first.names[0]}（{first.period}）应于{first.due}前报送，已逾期{days}天（{at.red_after_days}天以内为黄）"
    en = f"{first.names[1]} of {first.period} was due by {first.due} and is {days} days late (yellow up to {at.red_after_days})"
    if len(late) > 1:
        zh, en = f"{zh}；另有{rest[0]}", f"{en}; also {rest[1]}"
    return Verdict(facts.entity, RULE, "", period, light, days, at.red_after_days, "d", zh, en, None, evidence)


def _judge_area(facts: AreaFacts, at: Thresholds) -> Verdict | None:
    days = {
        unit: max((d for d, _ in _late(asked, facts.today)), default=0) for unit, _, owed in facts.units if (asked := _asked(owed, facts.today, at))
    }
    late = {unit: count > 0 for unit, count in days.items()}
    if not late:
        return None
    good = sum(not is_late for is_late in late.values())
    share = good / len(late)
    light = share_light(share, at.units_min, at.units_red_below)
    if light is Light.RED and max(days.values()) <= at.red_after_days:  # an area is not worse than the latest of its units
        light = Light.YELLOW
    owing = [(unit, names) for unit, names, _ in facts.units if late.get(unit)]
    zh = f"{len(late)}家有报送义务的单位中{good}家已报齐，占{floored(share)}（要求{percent(at.units_min, 0)}）"
    en = f"{good} of {len(late)} units that owe reports have sent all: {floored(share)}, asked {percent(at.units_min, 0)}"
    if owing:
        told = named([names for _, names in owing], "家单位")
        zh, en = f"{zh}；未报齐的有{told[0]}", f"{en}; owing: {told[1]}"
    evidence: dict[str, object] = {"units": len(late), "complete": good, "owing": [unit for unit, _ in owing[:EVIDENCE_MAX]]}
    return Verdict(facts.entity, RULE, "units", facts.today[:7], light, share * 100, at.units_min * 100, "%", zh, en, None, evidence)
