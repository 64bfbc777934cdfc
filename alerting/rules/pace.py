"""pace: is the intensity falling as fast as the plan's target needs (能耗强度双控进度; STANDARDS §1.1 and §7.1, DESIGN §7)?

Energy intensity and carbon intensity (碳排放强度) alike. The wording of the warning is the plan's choice: by the gap (NDRC, three colours; a
red_gap of 1 is the wording of the first half of 2021: fell but missed is yellow however far) or by the completion rate (four colours).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from alerting.facts import CARBON, PaceFacts
from alerting.material import Input, Material
from alerting.rules.words import REPORTING_LAG_MONTHS, months_zh, percent, period_of, unknown
from tricolor.analysis.indicators import MonthCo2
from tricolor.analysis.intensity import STANDARD_COAL, MonthActivity, YearToDate, activity_kind, compare_years, money_by_month, own_money
from tricolor.catalogue.plans import CARBON_INTENSITY, ENERGY_INTENSITY, Target
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.targets import cumulative_reduction, gap_share, progress, remaining_annual_need, required_reduction

RULE = "pace"
NAME_ZH, NAME_EN = "能耗强度进度", "Intensity pace"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.EXCLUSIONS, Input.MONTH})
LEVELS = {"basic": ("基本目标", "basic target"), "incentive": ("激励目标", "incentive target")}
PREFIX = {ENERGY_INTENSITY: "", CARBON_INTENSITY: CARBON}  # of the verdict's indicator
COMPLETION = "completion"
CO2_FACTOR = ("二氧化碳排放因子", "CO2 factor")
TOLERANCE = 1e-9  # a gap of exactly red_gap is yellow, and 0.1 has no exact binary form


@dataclass(frozen=True, slots=True)
class Thresholds:
    """scheme: gap or completion; red_gap: share of the required reduction that may be missing before yellow turns red; red_on_rise: a rise alone is
    red; green_, yellow_, red_completion: shares of the required reduction (at least: green, yellow; at most: red); coverage_min: 0..1."""

    scheme: str
    red_gap: float
    red_on_rise: bool
    green_completion: float
    yellow_completion: float
    red_completion: float
    coverage_min: float


def facts_of(of: Material, entity: Entity) -> Iterator[PaceFacts]:
    """One for each intensity target of the entity, once the plan has begun."""
    targets = [t for t in of.targets(entity.id) if t.indicator in PREFIX]
    if not targets or from_us(of.now).year < of.plan.first_year:
        return
    activity, energy = activity_of(of, entity), of.energy.get(entity.id, {})
    for target in targets:
        if target.indicator == CARBON_INTENSITY:
            yield _facts(of, target, _as_co2(energy, of.co2.get(entity.id, {})), activity)
        else:
            yield _facts(of, target, energy, activity)


def _facts(of: Material, target: Target, amounts: Mapping[str, MonthEnergy], activity: Mapping[str, MonthActivity]) -> PaceFacts:
    """amounts: energy, or CO2 in its place. What dual control leaves out is energy: nothing is left out of CO2."""
    plan, year_now, is_carbon = of.plan, from_us(of.now).year, target.indicator == CARBON_INTENSITY
    floor, out = float(of.thresholds_of(RULE)["coverage_min"]), {} if is_carbon else of.left_out(target.entity)

    def compared(year: int) -> YearToDate:
        return compare_years(amounts, activity, year, floor, of.now, out, CO2_FACTOR if is_carbon else STANDARD_COAL)

    year = min(year_now, plan.last_year)
    current = compared(year)
    if not current.months and year == year_now and year > plan.first_year and from_us(of.now).month <= REPORTING_LAG_MONTHS:
        year -= 1
        current = compared(year)
    counted_from = plan.base_year + 1  # reductions are against the base year, also of a plan that begins later
    return PaceFacts(
        entity=target.entity, indicator=f"{PREFIX[target.indicator]}{target.level}", reduction_target=target.reduction, first_year=counted_from,
        last_year=plan.last_year, finished=tuple(compared(y) for y in range(counted_from, year)), current=current,
        document=f"{target.source} {target.place}".strip(), is_illustrative=target.status == "illustrative",
    )  # fmt: skip


def activity_of(of: Material, entity: Entity) -> Mapping[str, MonthActivity]:
    """Month -> GDP or value added of the entity; a city's may be the sum of its regions."""
    figures = list(of.figures.get(entity.id, ()))
    if entity.kind is not EntityKind.CITY:
        return own_money(figures, activity_kind(entity.kind)).get(entity.id, {})
    figures += [f for e in of.registry.entities.values() if e.kind is EntityKind.REGION for f in of.figures.get(e.id, ())]
    return money_by_month(of.registry, figures, activity_kind(entity.kind)).get(entity.id, {})


def _as_co2(energy: Mapping[str, MonthEnergy], co2: Mapping[str, MonthCo2]) -> dict[str, MonthEnergy]:
    """The months with CO2 [t] in the place of energy: the same days, coverage and completeness."""
    nothing = MonthCo2(None)
    return {m: replace(e, tce_equivalent=co2.get(m, nothing).co2_t, unfactored=co2.get(m, nothing).unfactored) for m, e in energy.items()}


def judge(facts: PaceFacts, thresholds: Thresholds) -> Verdict:
    """One target of one entity. value: the reduction since the plan began [%], negative when the intensity rose; limit: the one required by now [%].

    By the gap: green when achieved; red when the intensity rose (if `red_on_rise`) or more than `red_gap` of the requirement is missing; else yellow.
    By completion: green, yellow, orange, red by the share of the requirement that came. Grey when a compared month
    is not known well enough, the two years stand at different prices, or a finished year of the plan is not known.
    """
    ytd, period = facts.current, period_of(facts.current.months, facts.current.year)
    required = required_by(facts)
    why = _why_unknown(facts)
    reductions = [] if why else [r for year in (*facts.finished, ytd) if (r := year.reduction) is not None]
    achieved = cumulative_reduction(reductions) if reductions else None
    evidence = _evidence(facts, required, achieved)
    if why is not None or achieved is None:
        reason = why or ("没有可比较的能耗强度", "there is no intensity to compare")
        return unknown(facts.entity, RULE, facts.indicator, period, "%", reason, required * 100, ytd.coverage, evidence)
    light = light_of(achieved, required, thresholds)
    zh, en = _reason(facts, achieved, required, light, thresholds)
    return Verdict(facts.entity, RULE, facts.indicator, period, light, achieved * 100, required * 100, "%", zh, en, ytd.coverage, evidence)


def required_by(facts: PaceFacts) -> float:
    """T = 1 − (1 − R5)^(n/N), a share. A target of zero or less (the intensity may rise) gives T ≤ 0 by the same formula."""
    if facts.reduction_target > 0:
        return required_reduction(facts.reduction_target, facts.plan_year, facts.plan_years)
    return -math.expm1(math.log1p(-facts.reduction_target) * facts.plan_year / facts.plan_years)


def light_of(achieved: float, required: float, thresholds: Thresholds) -> Light:
    """The light of a reduction against the required one (shares). Where nothing has to fall (required ≤ 0) there is no share of it, neither of the
    gap nor of the completion: not worse than required is green, else red if `red_on_rise` (then it rose) or yellow."""
    if required > 0 and thresholds.scheme == COMPLETION:
        return light_of_completion(achieved / required, thresholds)
    if achieved >= required - TOLERANCE:
        return Light.GREEN
    if achieved < 0 and thresholds.red_on_rise:
        return Light.RED
    return Light.RED if required > 0 and gap_share(achieved, required) > thresholds.red_gap + TOLERANCE else Light.YELLOW


def light_of_completion(share: float, thresholds: Thresholds) -> Light:
    """Exactly 100 % is green, exactly 90 % yellow, exactly 50 % red; between them orange. A rise completes less than nothing: red."""
    if share >= thresholds.green_completion - TOLERANCE:
        return Light.GREEN
    if share >= thresholds.yellow_completion - TOLERANCE:
        return Light.YELLOW
    return Light.ORANGE if share > thresholds.red_completion + TOLERANCE else Light.RED


def _why_unknown(facts: PaceFacts) -> tuple[str, str] | None:
    """Why no light can be given, or None."""
    for year in facts.finished:
        why = _why_not_compared(year) if not year.is_whole_year else _why_year_unknown(year)
        if why is not None:
            return f"规划年{year.year}年的降幅不明：{why[0]}", f"the reduction of plan year {year.year} is not known: {why[1]}"
    return _why_year_unknown(facts.current)


def _why_not_compared(year: YearToDate) -> tuple[str, str]:
    if year.not_reported:
        return year.not_reported[0].reason_zh, year.not_reported[0].reason_en
    return f"{year.year}年还没有完整月份", f"no month of {year.year} is over yet"


def _why_year_unknown(year: YearToDate) -> tuple[str, str] | None:
    if not year.months:
        return _why_not_compared(year)
    if year.faults:
        fault, more = year.faults[0], len(year.faults) - 1
        return fault.reason_zh + (f"（另有{more}个月）" if more else ""), fault.reason_en + (f" (and {more} more months)" if more else "")
    if year.price_year_now is None or year.price_year_base is None:
        return "生产总值未注明或混用了不变价基期", "the figures state no price year, or several: intensity needs constant prices"
    if year.price_year_now != year.price_year_base:
        zh = f"两年价格基期不同（{year.price_year_now}年与{year.price_year_base}年不变价）"
        return zh, f"the two years stand at different prices ({year.price_year_now} and {year.price_year_base})"
    if year.activity_now_cny_10k <= 0 or year.activity_base_cny_10k <= 0:
        return "生产总值不大于零", "the activity figure is not positive"
    if year.reduction is None or year.reduction >= 1:
        return "净能耗不大于零（购入减外供减扣减；碳排放同）", "the energy (or CO2) bought minus sold minus what is excluded is not positive"
    return None


def _reason(facts: PaceFacts, achieved: float, required: float, light: Light, thresholds: Thresholds) -> tuple[str, str]:
    ytd = facts.current
    level = facts.indicator.removeprefix(CARBON)
    level_zh, level_en = LEVELS.get(level, (level, level))
    what_zh, what_en = ("碳排放强度", "Carbon intensity") if facts.is_carbon else ("能耗强度", "Energy intensity")
    r = ytd.reduction or 0.0
    moved_zh, moved_en = (f"同比下降{percent(r)}", f"fell {percent(r)}") if r >= 0 else (f"同比上升{percent(-r)}", f"rose {percent(-r)}")
    zh = f"{months_zh(ytd.months)}{what_zh}{moved_zh}"
    en = f"{what_en} {moved_en} in {period_of(ytd.months, ytd.year)} against the same months of last year"
    if facts.finished:
        since = facts.first_year
        total_zh, total_en = ("下降", "down") if achieved >= 0 else ("上升", "up")
        zh += f"，{since}年以来累计{total_zh}{percent(abs(achieved))}"
        en += f", {total_en} {percent(abs(achieved))} in total since {since}"
    without_zh, without_en = _without_exclusions(ytd)
    zh, en = zh + without_zh, en + without_en
    end_zh, end_en = _against(achieved, required, light, thresholds)
    late_zh, late_en = _late(ytd)
    return (
        f"{zh}，{end_zh[0]}{level_zh}进度要求{percent(required)}{end_zh[1]}{late_zh}",
        f"{en}; {end_en} of {percent(required)} ({level_en}){late_en}",
    )


def _against(achieved: float, required: float, light: Light, thresholds: Thresholds) -> tuple[tuple[str, str], str]:
    if light is Light.GREEN:
        return ("达到", ""), "this meets the requirement"
    if achieved < 0:
        return ("不降反升，未达到", ""), "it rose and misses the requirement"
    if required <= 0:
        return ("未达到", ""), "this misses the requirement"
    if thresholds.scheme == COMPLETION:
        done = percent(achieved / required, 1)
        return ("未达到", f"，完成率{done}"), f"completed {done}"
    gap, allowed = gap_share(achieved, required), f"{thresholds.red_gap * 100:g}%"
    inside_zh, inside_en = ("以内", "within") if light is Light.YELLOW else ("以上", "beyond")
    return ("未达到", f"，差距{percent(gap, 1)}（{allowed}{inside_zh}）"), f"short by {percent(gap, 1)} ({inside_en} {allowed}) of the requirement"


def _without_exclusions(ytd: YearToDate) -> tuple[str, str]:
    """What the same comparison says of the gross, where anything is left out of it."""
    gross = ytd.reduction_gross
    if not ytd.has_exclusions or gross is None:
        return "", ""
    moved_zh, moved_en = ("下降", "a fall") if gross >= 0 else ("上升", "a rise")
    doubt_zh, doubt_en = ("，仅一年有扣减", ", only one of the years has exclusions") if ytd.is_one_sided else ("", "")
    return (
        f"（扣减后；扣减前{moved_zh}{percent(abs(gross))}{doubt_zh}）",
        f" (net of exclusions; gross: {moved_en} of {percent(abs(gross))}{doubt_en})",
    )


def _late(ytd: YearToDate) -> tuple[str, str]:
    """The months that are over and could not be compared."""
    if not ytd.not_reported:
        return "", ""
    months = [m.month for m in ytd.not_reported]
    return f"；未计{'、'.join(months)}（未报送）", f"; not compared, not reported: {', '.join(months)}"


def _evidence(facts: PaceFacts, required: float, achieved: float | None) -> dict[str, object]:
    ytd, target, n, years = facts.current, facts.reduction_target, facts.plan_year, facts.plan_years
    is_moving = achieved is not None and 0 < target < 1 and achieved < 1
    return {
        "months": list(ytd.months),
        **_amounts(ytd, facts.is_carbon),
        "activity_now_cny_10k": ytd.activity_now_cny_10k,
        "activity_base_cny_10k": ytd.activity_base_cny_10k,
        "price_year_now": ytd.price_year_now,
        "price_year_base": ytd.price_year_base,
        "r": ytd.reduction,
        "r_gross": ytd.reduction_gross,
        "finished_years": {str(y.year): y.reduction for y in facts.finished},
        "reduction_achieved": achieved,
        "reduction_required": required,
        "completion": achieved / required if achieved is not None and required > 0 else None,
        "reduction_target": target,
        "plan_year": n,
        "plan_years": years,
        "progress": progress(achieved, target) if is_moving and achieved is not None else None,
        "remaining_annual_need": remaining_annual_need(achieved, target, n, years) if is_moving and achieved is not None and n < years else None,
        "not_reported": [m.month for m in ytd.not_reported],
        "faults": [{"month": f.month, "reason": f.reason_en, "coverage": f.coverage} for f in ytd.faults],
        "factor_ids": list(ytd.factor_ids),
        "document": facts.document,
        "is_illustrative": facts.is_illustrative,
    }


def _amounts(ytd: YearToDate, is_carbon: bool) -> dict[str, object]:
    if is_carbon:
        return {
            "co2_now_t": ytd.energy_now_tce,
            "co2_base_t": ytd.energy_base_tce,
            "c_now_t_per_cny_10k": ytd.intensity_now,
            "c_base_t_per_cny_10k": ytd.intensity_base,
        }
    return {
        "energy_now_tce": ytd.energy_now_tce,
        "energy_base_tce": ytd.energy_base_tce,
        "excluded_now_tce": ytd.excluded_now_tce,
        "excluded_base_tce": ytd.excluded_base_tce,
        "e_now_tce_per_cny_10k": ytd.intensity_now,
        "e_base_tce_per_cny_10k": ytd.intensity_base,
    }
