"""budget: does an enterprise or an area use its energy budget (用能预算) no faster than the year goes by (STANDARDS §7.4)?

The share used stands against the share of the year that is over by the budget's own months (its profile, else last year's months, else days).
Energy is bought minus sold, equal value, gross: a budget is set on what is used. Only days with accounts count, on both sides.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from alerting.material import Input, Material
from alerting.rules.words import floored, percent, unknown
from tricolor.domain.accounts import MonthEnergy, factor_ids_of
from tricolor.domain.budgets import Spread, burn_down, days_in, months_of, shares_of
from tricolor.domain.entities import Entity
from tricolor.domain.intervals import DAY_US, from_us, month_of
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import Budget

RULE = "budget"
NAME_ZH, NAME_EN = "用能预算", "Energy budget"
INPUTS = frozenset({Input.ENERGY, Input.BUDGETS, Input.DAY})
LAG_MONTHS = 3  # until the end of March last year's budget is judged where this year's is not set yet
TOLERANCE = 1e-9
SPREAD_WORDS = {
    Spread.OWN: ("预算月度分解", "its monthly profile"),
    Spread.LAST_YEAR: ("上年各月用能", "last year's months"),
    Spread.DAYS: ("日历天数", "calendar days"),
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Projected end over budget above which it is yellow, red; shares used: note (said), late (a projected overrun is red), red (used up);
    projected_from_days [d]; coverage_min: 0..1."""

    yellow_projected: float
    red_projected: float
    note_used: float
    late_used: float
    red_used: float
    projected_from_days: int
    coverage_min: float


class BudgetMonth(NamedTuple):
    """A month of the budget's year. share: of the budget; used_tce: of its known days, None where not known or to come; known_days: with accounts,
    a part of a day for today; days: of the month; unfactored: carriers without a factor."""

    month: str
    share: float
    used_tce: float | None
    known_days: float
    days: int
    unfactored: tuple[str, ...] = ()
    is_blind: bool = False  # covered under the floor: left out on both sides, else a dead meter would be a saving


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """A budget [tce] and its year's months. last_day: the last known day; coverage: covered over due time of the months so far."""

    entity: str
    year: int
    budget_tce: float
    spread: Spread
    document: str
    revision: int
    months: tuple[BudgetMonth, ...]
    last_day: str
    coverage: float | None
    missing: tuple[str, ...] = ()  # months that are over and have no account at all
    factor_ids: tuple[str, ...] = ()


def facts_of(of: Material, entity: Entity) -> Iterator[BudgetFacts]:
    """The budget of this year; in its first quarter last year's where this year has none, or no account of anybody yet (the first days)."""
    by_year, today = {b.year: b for b in of.budgets.get(entity.id, ())}, from_us(of.now)
    before, held = by_year.get(today.year - 1), by_year.get(today.year)
    is_empty = not any(m in of.energy.get(entity.id, {}) for m in months_of(today.year))
    if before is not None and today.month <= LAG_MONTHS and (held is None or is_empty):
        held = before
    if held is not None:
        yield budget_facts(held, of.energy.get(entity.id, {}), of.now, float(of.thresholds_of(RULE)["coverage_min"]))


def budget_facts(budget: Budget, energy: Mapping[str, MonthEnergy], now: int, floor: float) -> BudgetFacts:
    """The facts of one budget from the entity's months of its year and of the year before. floor: of a month's coverage."""
    shares, calendar = shares_of(budget, {} if budget.profile else _last_year(energy, budget.year)), _calendar(budget.year, now)
    months = tuple([_month(on, share, energy.get(on.month), floor) for on, share in zip(calendar, shares.values, strict=True)])
    begun = [on for on in calendar if on.passed > 0]
    used = [energy[on.month] for on in begun if on.month in energy]
    expected = math.fsum([e.expected_s for e in used])
    return BudgetFacts(
        entity=budget.entity, year=budget.year, budget_tce=budget.tce, spread=shares.spread, document=budget.document, revision=budget.revision,
        months=months, last_day=_last_day(months), coverage=min(1.0, math.fsum([e.covered_s for e in used]) / expected) if expected > 0 else None,
        missing=tuple([on.month for on in begun if on.month not in energy and on.passed >= on.days]), factor_ids=factor_ids_of(used),
    )  # fmt: skip


class _MonthNow(NamedTuple):
    """A month with its days; passed: days of it that are over, negative before it."""

    month: str
    days: int
    passed: float


@lru_cache(64)
def _calendar(year: int, now: int) -> tuple[_MonthNow, ...]:
    return tuple(_MonthNow(m, days_in(m), (now - month_of(m).start) / DAY_US) for m in months_of(year))


def _last_year(energy: Mapping[str, MonthEnergy], year: int) -> dict[str, float]:
    """The known months of the year before."""
    found = [e for m in months_of(year - 1) if (e := energy.get(m)) is not None and e.is_complete]
    return {e.month: e.tce_equivalent for e in found if e.tce_equivalent is not None}


def _month(on: _MonthNow, share: float, e: MonthEnergy | None, floor: float) -> BudgetMonth:
    month, days, passed = on
    if e is None:
        return BudgetMonth(month, share, None, 0.0, days)
    known = float(days - e.days_missing)
    if passed < days and known > passed:  # today has an account, and is not over; at midnight nothing of it is
        known = max(0.0, passed)
    is_blind = e.coverage is not None and e.coverage < floor - TOLERANCE
    return BudgetMonth(month, share, e.tce_equivalent, known, days, e.unfactored if e.tce_equivalent is None else (), is_blind)


def _last_day(months: tuple[BudgetMonth, ...]) -> str:
    """The last day with an account, taking those of a month as its first ones; "" when there is none."""
    known = [m for m in months if m.known_days > 0]
    if not known:
        return ""
    year, number = int(known[-1].month[:4]), int(known[-1].month[5:])
    return date(year, number, math.ceil(known[-1].known_days)).isoformat()


def used_tce(facts: BudgetFacts) -> float:
    """Of the months that are known well enough."""
    return math.fsum([m.used_tce for m in facts.months if m.used_tce is not None and not m.is_blind])


def passed_share(facts: BudgetFacts) -> float:
    """Share of the budget that its months give to the days that are known."""
    return math.fsum([m.share * m.known_days / m.days for m in facts.months if not m.is_blind])


def known_days(facts: BudgetFacts) -> float:
    return math.fsum([m.known_days for m in facts.months if not m.is_blind])


def left_out(facts: BudgetFacts) -> list[str]:
    """Months covered too little to count."""
    return [m.month for m in facts.months if m.is_blind]


def judge(facts: BudgetFacts, thresholds: Thresholds) -> Verdict:
    """value: share of the budget used [%]; limit: share that the known days may have used [%]; the projected end = used ÷ that share.

    Red: the budget is used up, the projected end is above `red_projected`, or above `yellow_projected` with `late_used` gone; yellow: the projected
    end is above `yellow_projected`; else green. Exactly at a threshold is the better light. Grey without a budget above zero, under the coverage
    floor, with a month or a factor missing, and before `projected_from_days`. A single month under the floor is left out of both sides. Energy of
    zero or less (sold more than bought) is green.
    """
    period, why = str(facts.year), _why_unknown(facts, thresholds)
    passed, used = passed_share(facts), used_tce(facts)
    share = used / facts.budget_tce if facts.budget_tce > 0 else 0.0
    projected = share / passed if passed > 0 else None
    known = known_days(facts)
    evidence = _evidence(facts, used, passed, projected, known)
    limit = passed * 100
    seen = math.fsum([m.used_tce for m in facts.months if m.used_tce is not None])  # what was used is used, also of a month known in part
    is_used_up = why is None and seen > (thresholds.red_used + TOLERANCE) * facts.budget_tce
    if why is None and not is_used_up and (projected is None or known < thresholds.projected_from_days - TOLERANCE):
        days = thresholds.projected_from_days
        why = f"本年仅{known:.0f}天有数据，满{days}天后判定", f"only {known:.0f} days of the year are known: judged from {days} on"
    if why is not None:
        return unknown(facts.entity, RULE, "", period, "%", why, limit, facts.coverage, evidence)
    if is_used_up:
        used, share = seen, seen / facts.budget_tce
    light = _light(share, projected or 0.0, is_used_up, thresholds)
    zh, en = _reason(facts, used, share, passed, projected or 0.0, thresholds)
    return Verdict(facts.entity, RULE, "", period, light, share * 100, limit, "%", zh, en, facts.coverage, evidence)


def _light(share: float, projected: float, is_used_up: bool, at: Thresholds) -> Light:
    is_over = projected > at.yellow_projected + TOLERANCE
    is_late = share >= at.late_used - TOLERANCE
    if is_used_up or projected > at.red_projected + TOLERANCE or (is_over and is_late):
        return Light.RED
    return Light.YELLOW if is_over else Light.GREEN


def _why_unknown(facts: BudgetFacts, at: Thresholds) -> tuple[str, str] | None:
    if facts.budget_tce <= 0:
        return "预算量不大于零", "the budget is not above zero"
    if not facts.last_day:
        return f"{facts.year}年还没有能耗数据", f"there is no energy data of {facts.year} yet"
    if facts.missing:
        return f"{'、'.join(facts.missing)}无能耗数据", f"no energy data for {', '.join(facts.missing)}"
    for month in facts.months:
        if month.unfactored:
            zh = f"{month.month}能源品种{'、'.join(month.unfactored)}无折标系数"
            return zh, f"no standard-coal factor for {', '.join(month.unfactored)} in {month.month}"
    if facts.coverage is None or facts.coverage < at.coverage_min - TOLERANCE:
        known, floor = floored(facts.coverage or 0.0), percent(at.coverage_min, 0)
        return f"覆盖率{known}，低于{floor}", f"coverage {known} is below {floor}"
    return None


def _reason(facts: BudgetFacts, used: float, share: float, passed: float, projected: float, at: Thresholds) -> tuple[str, str]:
    by_zh, by_en = SPREAD_WORDS[facts.spread]
    end = projected * facts.budget_tce
    mark = at.red_used if share > at.red_used + TOLERANCE else at.late_used if share >= at.late_used - TOLERANCE else at.note_used
    over = share >= mark - TOLERANCE
    mark_zh, mark_en = (f"，已过{percent(mark, 0)}", f", past {percent(mark, 0)}") if over else ("", "")
    gap = end - facts.budget_tce
    end_zh, end_en = (
        (f"，预计超出{gap:,.0f}吨", f", {gap:,.0f} tce over") if gap > facts.budget_tce * TOLERANCE else ("，在预算内", ", within the budget")
    )
    blind = left_out(facts)
    blind_zh, blind_en = (f"（{'、'.join(blind)}未计，覆盖不足）", f" ({', '.join(blind)} left out: covered too little)") if blind else ("", "")
    zh = (
        f"截至{facts.last_day}已用{used:,.0f}吨标准煤，占{facts.year}年预算{facts.budget_tce:,.0f}吨的{percent(share, 1)}{mark_zh}；"
        f"按{by_zh}同期应不超过{percent(passed, 1)}；照此全年预计{end:,.0f}吨{end_zh}{blind_zh}"
    )
    en = (
        f"{used:,.0f} tce used until {facts.last_day}, {percent(share, 1)} of the budget of {facts.budget_tce:,.0f} tce for {facts.year}{mark_en}; "
        f"{percent(passed, 1)} would be due by {by_en}; at this rate the year ends at {end:,.0f} tce{end_en}{blind_en}"
    )
    return zh, en


def burned(facts: BudgetFacts) -> list[dict[str, object]]:
    """What is left of the budget at each month's end [tce]: by plan, and in fact (None: nothing of the month is known)."""
    known = [m.used_tce if m.known_days > 0 and not m.is_blind else None for m in facts.months]
    rows = burn_down(facts.budget_tce, facts.year, [m.share for m in facts.months], known)
    return [{"month": month, "planned_left_tce": planned, "left_tce": left, "used_tce": used} for month, planned, used, left in rows]


def _evidence(facts: BudgetFacts, used: float, passed: float, projected: float | None, known: float) -> dict[str, object]:
    return {
        "budget_tce": facts.budget_tce,
        "used_tce": used,
        "period_share": passed,
        "projected_tce": None if projected is None else projected * facts.budget_tce,
        "spread": str(facts.spread),
        "until": facts.last_day,
        "known_days": known,
        "months_left_out": left_out(facts),
        "burn_down": burned(facts),
        "document": facts.document,
        "revision": facts.revision,
        "factor_ids": list(facts.factor_ids),
    }
