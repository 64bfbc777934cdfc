"""reported: does what a unit states agree with its meters (practice of online monitoring: at most 5 % apart, STANDARDS §2.3)?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.words import floored, percent, unknown
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import AREAS, Entity
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Role
from tricolor.domain.periods import Period, period_of
from tricolor.domain.submissions import REPORTED_PREFIX, REPORTED_TCE, Statistic
from tricolor.domain.units import convert

RULE = "reported"
NAME_ZH, NAME_EN = "填报与计量", "Reported against metered"
INPUTS = frozenset({Input.STATISTICS, Input.ENERGY, Input.MONTH})
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """green_max, yellow_max: |reported − metered| ÷ metered, shares; coverage_min 0..1: under it grey."""

    green_max: float
    yellow_max: float
    coverage_min: float


@dataclass(frozen=True, slots=True)
class ReportedFacts:
    """One stated amount and the same of the meters [unit], None where it is not known, with the reason; coverage of the meters' time."""

    entity: str
    indicator: str
    names: tuple[str, str]
    period: str
    reported: float
    metered: float | None
    unit: str
    coverage: float | None
    revision: int
    why_not: tuple[str, str] | None = None


def facts_of(of: Material, entity: Entity) -> Iterable[ReportedFacts]:
    """One for each stated energy figure: of each kind of period (month, quarter, year) the newest that is over and reported."""
    newest: dict[tuple[str, str], tuple[Period, Statistic]] = {}
    for s in of.statistics.get(entity.id, ()):
        if s.value is None or not (s.indicator == REPORTED_TCE or s.indicator.startswith(REPORTED_PREFIX)):
            continue
        if s.indicator != REPORTED_TCE and entity.kind in AREAS:  # flows are those of an entity's own points
            continue
        period = period_of(s.period)
        held = newest.get((s.indicator, period.kind))
        if period.is_over(of.now) and (held is None or held[0].span.end < period.span.end):
            newest[s.indicator, period.kind] = (period, s)
    energy, flows = of.energy.get(entity.id, {}), of.flows.get(entity.id, {})
    for _, (period, s) in sorted(newest.items()):
        yield _tce_facts(s, period, energy) if s.indicator == REPORTED_TCE else _flow_facts(s, period, energy, flows)


def judge(facts: ReportedFacts, thresholds: Thresholds) -> Verdict:
    """Green within green_max, yellow within yellow_max, red beyond; grey where the meters know too little. value: the difference ÷ metered [%],
    negative where too little was reported. The indicator names the kind of period: a year's report does not hide a month's."""
    kind = period_of(facts.period).kind
    indicator, limit = f"{facts.indicator}:{kind}", thresholds.green_max * 100
    why = facts.why_not or _coverage_fault(facts, thresholds)
    evidence: dict[str, object] = {"reported": facts.reported, "metered": facts.metered, "unit": facts.unit, "revision": facts.revision}
    if why is not None or facts.metered is None:
        reason = why or ("没有计量数据", "nothing was metered")
        return unknown(facts.entity, RULE, indicator, facts.period, "%", reason, limit, facts.coverage, evidence)
    lead = facts.reported - facts.metered
    if facts.metered == 0:
        share, light = None, Light.GREEN if facts.reported == 0 else Light.RED
    else:
        share = lead / abs(facts.metered)
        light = _light(abs(share), thresholds)
    zh, en = _reason(facts, lead, share, light, thresholds)
    value = None if share is None else share * 100
    return Verdict(facts.entity, RULE, indicator, facts.period, light, value, limit, "%", zh, en, facts.coverage, evidence)


def _light(share: float, at: Thresholds) -> Light:
    if share <= at.green_max + TOLERANCE:
        return Light.GREEN
    return Light.YELLOW if share <= at.yellow_max + TOLERANCE else Light.RED


def _reason(facts: ReportedFacts, lead: float, share: float | None, light: Light, at: Thresholds) -> tuple[str, str]:
    unit, (name_zh, name_en) = facts.unit, facts.names
    zh = f"{facts.period}填报{name_zh}{facts.reported:,.6g} {unit}，计量{facts.metered:,.6g} {unit}"
    en = f"{name_en} of {facts.period}: reported {facts.reported:,.6g} {unit}, metered {facts.metered:,.6g} {unit}"
    if lead == 0:
        return f"{zh}，一致", f"{en}; they agree"
    way_zh, way_en = ("少报", "under-reported") if lead < 0 else ("多报", "over-reported")
    if share is None:
        return f"{zh}，{way_zh}（无计量而有填报）", f"{en}; {way_en}: a figure without anything metered"
    gap = percent(abs(share))
    if light is Light.GREEN:
        return f"{zh}，{way_zh}{gap}，在{at.green_max * 100:g}%以内", f"{en}; {way_en} by {gap}, within {at.green_max * 100:g}%"
    passed = at.green_max if light is Light.YELLOW else at.yellow_max
    return f"{zh}，{way_zh}{gap}，超过{passed * 100:g}%", f"{en}; {way_en} by {gap}, more than {passed * 100:g}%"


def _coverage_fault(facts: ReportedFacts, at: Thresholds) -> tuple[str, str] | None:
    if facts.coverage is not None and facts.coverage >= at.coverage_min - TOLERANCE:
        return None
    known, floor = floored(facts.coverage or 0.0), percent(at.coverage_min, 0)
    return f"{facts.period}计量覆盖率{known}，低于{floor}", f"coverage of {facts.period} is {known}, below {floor}"


def _tce_facts(s: Statistic, period: Period, energy: Mapping[str, MonthEnergy]) -> ReportedFacts:
    names = ("综合能耗（等价值）", "Energy (equal value)")
    coverage, why = _known_months(period, energy)
    values = [energy[m].tce_equivalent for m in period.months if m in energy]
    lacking = sorted({c for m in period.months if m in energy and energy[m].tce_equivalent is None for c in energy[m].unfactored})
    if why is None and lacking:
        why = f"能源品种{'、'.join(lacking)}无折标系数", f"no standard-coal factor for {', '.join(lacking)}"
    known = [v for v in values if v is not None]
    metered = sum(known) if why is None and len(known) == len(period.months) else None
    return _in_unit(s, names, str(period), metered, "tce", coverage, why)


def _flow_facts(
    s: Statistic, period: Period, energy: Mapping[str, MonthEnergy], flows: Mapping[tuple[str, Role], Mapping[str, float]]
) -> ReportedFacts:  # fmt: skip
    code = s.indicator.removeprefix(REPORTED_PREFIX)
    carrier = carriers().get(code)
    names = (f"购入{carrier.name_cn}", f"{carrier.name_en} purchased") if carrier else (code, code)
    coverage, why = _known_months(period, energy)
    amounts = flows.get((code, Role.PURCHASED), {})
    lacking = [m for m in period.months if m not in amounts]
    if lacking:
        why = f"{'、'.join(lacking)}没有{names[0]}的计量", f"nothing was metered of {names[1]} in {', '.join(lacking)}"
    metered = None if why else sum(amounts[m] for m in period.months)
    return _in_unit(s, names, str(period), metered, carrier.unit if carrier else s.unit, coverage, why)


def _in_unit(
    s: Statistic, names: tuple[str, str], period: str, metered: float | None, unit: str, coverage: float | None, why: tuple[str, str] | None
) -> ReportedFacts:  # fmt: skip
    """Both in the unit of the report."""
    try:
        metered = None if metered is None else convert(metered, unit, s.unit)
    except ValueError:
        metered, why = None, (f"填报单位{s.unit}与计量单位{unit}不可比", f"reported in {s.unit}, metered in {unit}: not comparable")
    return ReportedFacts(s.entity, s.indicator, names, period, s.value or 0.0, metered, s.unit, coverage, s.revision, why)


def _known_months(period: Period, energy: Mapping[str, MonthEnergy]) -> tuple[float | None, tuple[str, str] | None]:
    """Coverage of the period's months together, and why they cannot be compared."""
    missing = [m for m in period.months if m not in energy or energy[m].coverage is None]
    if missing:
        return None, (f"{'、'.join(missing)}没有计量数据", f"nothing was metered in {', '.join(missing)}")
    used = [energy[m] for m in period.months]
    coverage = min(1.0, sum(e.covered_s for e in used) / sum(e.expected_s for e in used))
    holes = [e.month for e in used if not e.is_complete]
    if holes:
        return coverage, (f"{'、'.join(holes)}缺若干天的计量", f"days of {', '.join(holes)} are missing")
    return coverage, None
