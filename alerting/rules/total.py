"""total: does an area's energy grow no faster than its yearly total allows (能源消费总量控制; 第一篇第四章一, STANDARDS §1.1)?

The total is the one submitted for the year; without one it is last year's energy × (1 + GDP growth target) × (1 − yearly rate of the basic
intensity target). GDP that grows faster than its target lifts the total accordingly. Feedstock, new renewables and national projects are left out
of both years. An area that keeps up with its incentive target is exempt (发改环资〔2021〕1310号).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules import pace
from alerting.rules.words import floored, months_zh, percent, period_of, unknown
from tricolor.analysis.intensity import Missing, a_year_before, complete_months
from tricolor.catalogue.plans import Level
from tricolor.domain.accounts import MonthEnergy, factor_ids_of
from tricolor.domain.budgets import months_of
from tricolor.domain.entities import AREAS, Entity
from tricolor.domain.exclusions import Excluded
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import ENERGY_TOTAL_TARGET, GDP_GROWTH_TARGET, Statistic
from tricolor.domain.units import UNITS, convert

RULE = "total"
NAME_ZH, NAME_EN = "能源消费总量", "Energy total"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.EXCLUSIONS, Input.STATISTICS, Input.MONTH})
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """red_gap: share of the allowed growth by which it may be passed before yellow turns red; least_growth: the least an allowed growth counts as
    in that share; coverage_min: 0..1."""

    red_gap: float
    least_growth: float
    coverage_min: float


@dataclass(frozen=True, slots=True)
class TotalFacts:
    """An area's energy [tce, equal value, net of what the total leaves out] over the year's months that are over, and over the same months of the
    year before. target_tce: submitted, else None and annual_rate (yearly reduction of the basic target) is there; last_year_tce: the whole year
    before; gdp_growth_target, gdp_growth: shares, None where not known; is_exempt: it keeps up with the incentive target; why_not: first reason
    why a month is not known."""

    entity: str
    year: int
    months: tuple[str, ...]
    energy_now_tce: float | None
    energy_base_tce: float | None
    gross_now_tce: float | None
    gross_base_tce: float | None
    last_year_tce: float | None
    target_tce: float | None
    annual_rate: float | None
    gdp_growth_target: float | None
    gdp_growth: float | None
    is_exempt: bool
    coverage: float | None
    why_not: Missing | None
    document: str = ""
    factor_ids: tuple[str, ...] = ()


def facts_of(of: Material, entity: Entity) -> Iterator[TotalFacts]:
    """Nothing for an area without a total or a GDP growth target of the year, and for what is no area."""
    if entity.kind not in AREAS:
        return
    statistics, year = of.statistics.get(entity.id, ()), from_us(of.now).year
    if not complete_months(year, of.now):
        year -= 1  # in January the year before is judged, as a whole
    total, growth = (_of_year(statistics, name, year) for name in (ENERGY_TOTAL_TARGET, GDP_GROWTH_TARGET))
    rate = _annual_rate(of, entity.id)
    if (total is None and (growth is None or rate is None)) or not of.plan.first_year <= year <= of.plan.last_year:
        return
    yield _facts(of, entity, year, total, None if growth is None or growth.value is None else growth.value / 100, rate)


def _facts(of: Material, entity: Entity, year: int, total: Statistic | None, growth: float | None, rate: float | None) -> TotalFacts:
    energy, out = of.energy.get(entity.id, {}), of.left_out_of_total(entity.id)
    months = tuple(complete_months(year, of.now))
    before, whole = tuple(a_year_before(m) for m in months), months_of(year - 1)
    floor = float(of.thresholds_of(RULE)["coverage_min"])
    used = [energy[m] for m in (*months, *whole) if m in energy]
    faults = (fault for m in (*months, *whole) if (fault := _fault(m, energy.get(m), floor)) is not None)
    return TotalFacts(
        entity=entity.id, year=year, months=months, energy_now_tce=_net(energy, out, months), energy_base_tce=_net(energy, out, before),
        gross_now_tce=_net(energy, {}, months), gross_base_tce=_net(energy, {}, before), last_year_tce=_net(energy, out, whole),
        target_tce=_tce(total), annual_rate=rate,
        gdp_growth_target=growth, gdp_growth=_gdp_growth(of, entity, months), is_exempt=_is_exempt(of, entity, year),
        coverage=min((e.coverage or 0.0 for e in used), default=None), why_not=next(faults, None),
        document="" if total is None else total.document, factor_ids=factor_ids_of(used),
    )  # fmt: skip


def _of_year(statistics: Sequence[Statistic], name: str, year: int) -> Statistic | None:
    return next((s for s in statistics if s.indicator == name and s.period == str(year) and s.value is not None), None)


def _tce(stated: Statistic | None) -> float | None:
    """None where the unit is no amount of standard coal."""
    if stated is None or stated.value is None or UNITS.get(stated.unit, ("",))[0] != UNITS["tce"][0]:
        return None
    return convert(stated.value, stated.unit, "tce")


def _annual_rate(of: Material, entity: str) -> float | None:
    """The yearly reduction that compounds to the basic target; negative where the intensity may rise."""
    target = of.plan.target(entity, Level.BASIC)
    return None if target is None or target.reduction >= 1 else -math.expm1(math.log1p(-target.reduction) / of.plan.years)


def _gdp_growth(of: Material, entity: Entity, months: Sequence[str]) -> float | None:
    """Growth over the months against last year, at one price year, of what the rule pace divides by: a city's may be the sum of its regions, a
    park has value added. None where a month is not stated or the prices differ."""
    stated = pace.activity_of(of, entity)
    now, base = ([stated[m] for m in span if m in stated] for span in (months, [a_year_before(m) for m in months]))
    known = [*now, *base]
    if not months or len(known) < 2 * len(months) or len({f.price_year for f in known}) != 1 or known[0].price_year is None:
        return None
    before = math.fsum(f.value_cny_10k for f in base)
    return math.fsum(f.value_cny_10k for f in now) / before - 1 if before > 0 else None


def _is_exempt(of: Material, entity: Entity, year: int) -> bool:
    """Whether the incentive target is kept up with in the very year: until its first figures the rule pace speaks of the year before."""
    at = pace.Thresholds(**of.thresholds_of(pace.RULE))  # type: ignore[arg-type]
    return any(pace.judge(f, at).light is Light.GREEN for f in pace.facts_of(of, entity) if (f.indicator, f.current.year) == (Level.INCENTIVE, year))


def _net(energy: Mapping[str, MonthEnergy], out: Mapping[str, Excluded], months: Sequence[str]) -> float | None:
    values = [e.tce_equivalent for m in months if (e := energy.get(m)) is not None and e.tce_equivalent is not None]
    if not months or len(values) < len(months):
        return None
    return math.fsum(values) - math.fsum(out[m].tce_equivalent for m in months if m in out)


def _fault(month: str, e: MonthEnergy | None, floor: float) -> Missing | None:
    if e is None or e.coverage is None:
        return Missing(month, f"{month}无能耗数据", f"no energy data for {month}", 0.0)
    if e.coverage < floor - TOLERANCE:
        known, least = floored(e.coverage), percent(floor, 0)
        return Missing(month, f"{month}覆盖率{known}，低于{least}", f"coverage of {month} is {known}, below {least}", e.coverage)
    if not e.is_complete:
        return Missing(month, f"{month}缺{e.days_missing}天能耗数据", f"{e.days_missing} day(s) of {month} without energy data", e.coverage)
    if e.tce_equivalent is None:
        carriers = "、".join(e.unfactored)
        return Missing(month, f"{month}能源品种{carriers}无折标系数", f"no standard-coal factor for {', '.join(e.unfactored)} in {month}", e.coverage)
    return None


def judge(facts: TotalFacts, thresholds: Thresholds) -> Verdict:
    """value: growth year to date against the same months of last year [%]; limit: the growth that the year's total allows [%].

    Green at or under it, or exempt; yellow when passed by at most `red_gap` of it, else red. The gap is a share of the allowed growth without its
    sign (an area that must shrink by 2 % and shrinks by 1.9 % misses by 5 %), and of `least_growth` where the allowed growth is nearer to zero.
    Grey when a month of the year or of the year before is not known well enough.
    """
    period, target = period_of(facts.months, facts.year), target_of(facts)
    why, allowed, growth = _why_unknown(facts, target), None, None
    if target is not None and facts.last_year_tce is not None and facts.last_year_tce > 0:
        allowed = target / facts.last_year_tce - 1
    if facts.energy_now_tce is not None and facts.energy_base_tce is not None and facts.energy_base_tce > 0:
        growth = facts.energy_now_tce / facts.energy_base_tce - 1
    evidence = _evidence(facts, target, allowed, growth)
    limit = None if allowed is None else allowed * 100
    if facts.is_exempt:
        zh, en = "达到激励目标进度，能源消费总量免予考核", "keeps up with the incentive target: the total is exempt from assessment"
        shown = None if why or growth is None else growth * 100
        return Verdict(facts.entity, RULE, "", period, Light.GREEN, shown, limit, "%", zh, en[0].upper() + en[1:], facts.coverage, evidence)
    if why is not None or allowed is None or growth is None:
        reason = why or ("上年能源消费总量不大于零", "the energy of last year is not above zero")
        return unknown(facts.entity, RULE, "", period, "%", reason, limit, facts.coverage, evidence)
    gap = (growth - allowed) / max(abs(allowed), thresholds.least_growth)
    light = Light.GREEN if gap <= TOLERANCE else Light.YELLOW if gap <= thresholds.red_gap + TOLERANCE else Light.RED
    zh, en = _reason(facts, target or 0.0, growth, allowed, gap, light, thresholds)
    return Verdict(facts.entity, RULE, "", period, light, growth * 100, allowed * 100, "%", zh, en, facts.coverage, {**evidence, "gap": gap})


def target_of(facts: TotalFacts) -> float | None:
    """The year's total [tce]: as submitted or as derived, and more by as much as GDP outgrew its target; None where it cannot be worked out."""
    expected, actual = facts.gdp_growth_target, facts.gdp_growth
    lift = (1 + actual) / (1 + expected) if expected is not None and actual is not None and actual > expected > -1 else 1.0
    if facts.target_tce is not None:
        return facts.target_tce * lift
    if facts.last_year_tce is None or expected is None or facts.annual_rate is None:
        return None
    return facts.last_year_tce * (1 + expected) * (1 - facts.annual_rate) * lift


def _why_unknown(facts: TotalFacts, target: float | None) -> tuple[str, str] | None:
    if facts.why_not is not None:
        return facts.why_not.reason_zh, facts.why_not.reason_en
    if target is None or target <= 0:
        return "年度总量目标不明或不大于零", "the year's total is not known or not above zero"
    if facts.energy_now_tce is None or facts.energy_base_tce is None or facts.energy_base_tce <= 0:
        return "净能耗不大于零（购入减外供减扣减）", "the energy bought minus sold minus what is excluded is not above zero"
    return None


def _reason(facts: TotalFacts, target: float, growth: float, allowed: float, gap: float, light: Light, at: Thresholds) -> tuple[str, str]:
    moved_zh, moved_en = (
        (f"同比增长{percent(growth)}", f"grew {percent(growth)}") if growth >= 0 else (f"同比下降{percent(-growth)}", f"fell {percent(-growth)}")
    )
    may_zh, may_en = (
        (f"允许增长{percent(allowed)}", f"may grow {percent(allowed)}")
        if allowed >= 0
        else (f"须下降{percent(-allowed)}", f"must fall {percent(-allowed)}")
    )
    inside = {Light.YELLOW: ("以内", "within"), Light.RED: ("以上", "beyond")}
    end_zh, end_en = "，在目标内", ", within the total"
    if light is not Light.GREEN:
        side_zh, side_en = inside[light]
        end_zh, end_en = (
            f"，超出{percent(gap, 1)}（{at.red_gap * 100:g}%{side_zh}）",
            f", over by {percent(gap, 1)} of that ({side_en} {at.red_gap * 100:g}%)",
        )
    is_lifted = facts.gdp_growth is not None and facts.gdp_growth_target is not None and facts.gdp_growth > facts.gdp_growth_target
    lift_zh, lift_en = ("（因生产总值增速超过预期目标已相应调整）", " (lifted: GDP outgrew its target)") if is_lifted else ("", "")
    zh = f"{months_zh(facts.months)}能源消费{moved_zh}，全年总量目标{target:,.0f}吨标准煤{lift_zh}，{may_zh}{end_zh}"
    return zh, f"Energy {moved_en} in {period_of(facts.months, facts.year)}; by the year's total of {target:,.0f} tce{lift_en} it {may_en}{end_en}"


def _evidence(facts: TotalFacts, target: float | None, allowed: float | None, growth: float | None) -> dict[str, object]:
    return {
        "months": list(facts.months),
        "energy_now_tce": facts.energy_now_tce,
        "energy_base_tce": facts.energy_base_tce,
        "gross_now_tce": facts.gross_now_tce,
        "gross_base_tce": facts.gross_base_tce,
        "last_year_tce": facts.last_year_tce,
        "target_tce": target,
        "target_submitted_tce": facts.target_tce,
        "target_is": "submitted" if facts.target_tce is not None else "derived",
        "annual_rate": facts.annual_rate,
        "gdp_growth_target": facts.gdp_growth_target,
        "gdp_growth": facts.gdp_growth,
        "growth": growth,
        "growth_allowed": allowed,
        "is_exempt": facts.is_exempt,
        "document": facts.document,
        "factor_ids": list(facts.factor_ids),
    }
