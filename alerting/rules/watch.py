"""watch: units on the 两高一低 list keep what is asked of them: product energy within the baseline (基准值), energy not rising faster than output."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerting.facts import BenchmarkFacts
from alerting.material import Input, Material
from alerting.rules import benchmark
from alerting.rules.words import UNKNOWN_EN, UNKNOWN_ZH, floored, percent, period_of, unknown
from tricolor.analysis.intensity import a_year_before, complete_months
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.activities import ActivityKind
from tricolor.domain.entities import Entity
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import ANNUAL_TCE
from tricolor.domain.units import convert

RULE = "watch"
NAME_ZH, NAME_EN = "两高一低监督", "Watch list"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.STATISTICS, Input.MONTH})
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """guidance_tce: from this yearly energy on a unit is specially guided; rise_max: share by which energy per output may rise; coverage_min 0..1."""

    guidance_tce: float
    rise_max: float
    coverage_min: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Energy and output (or value added) of the same months of two years. coverage: the lesser of both; why_not: why they cannot be compared."""

    months: tuple[str, ...]
    energy_now: float = 0.0
    energy_base: float = 0.0
    output_now: float = 0.0
    output_base: float = 0.0
    coverage: float | None = None
    why_not: Words | None = None


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """A unit on the list. product: what the rule benchmark knows of it, None where the unit makes no product of the catalogue; annual_tce: stated for
    year, else None."""

    entity: str
    year: int
    product: BenchmarkFacts | None
    growth: Growth
    annual_year: str
    annual_tce: float | None


def facts_of(of: Material, entity: Entity) -> Iterable[WatchFacts]:
    """One for an entity on the list."""
    if not entity.is_two_high:
        return
    product = next((f for f in benchmark.facts_of(of, entity) if f.limit is not None), None)
    stated = ((s.period, s.value) for s in of.statistics.get(entity.id, ()) if s.indicator == ANNUAL_TCE and s.value is not None)
    year, annual = max(stated, default=("", None))
    yield WatchFacts(entity.id, from_us(of.now).year, product, _growth(of, entity), year, annual)


def _growth(of: Material, entity: Entity) -> Growth:
    """Months of the newest reported year that are over and whose output (else value added) is reported in both years."""
    figures_by_month = _amounts(of, entity)
    year_now = from_us(of.now).year
    for year in (year_now, year_now - 1):
        months = tuple([m for m in complete_months(year, of.now) if m in figures_by_month and a_year_before(m) in figures_by_month])
        if months:
            return _compared(of.energy.get(entity.id, {}), figures_by_month, months)
    return Growth((), why_not=("没有两年同月的产量或增加值", "no output or value added of the same months of two years is reported"))


def _amounts(of: Material, entity: Entity) -> dict[str, float]:
    """Month -> output of its product, in the unit of the newest figure; else value added where all is at the prices of one year."""
    outputs = benchmark.outputs_of(of, entity) if entity.product else {}
    if outputs:
        unit = outputs[max(outputs)].unit
        return {m: f.value for m, f in outputs.items() if f.unit == unit}
    added = [f for f in of.figures.get(entity.id, ()) if f.kind is ActivityKind.VALUE_ADDED and f.price_year is not None]
    newest = max((f.price_year for f in added if f.price_year is not None), default=None)
    return {f.month: convert(f.value, f.unit, "1e4CNY") for f in added if f.price_year == newest}


def _compared(energy: Mapping[str, MonthEnergy], amounts: Mapping[str, float], months: tuple[str, ...]) -> Growth:
    before = tuple([a_year_before(m) for m in months])
    used = {m: e for m in (*before, *months) if (e := energy.get(m)) is not None and e.is_complete and e.tce_equivalent is not None}
    lacking = [m for m in (*before, *months) if m not in used]
    if lacking:
        return Growth(months, why_not=(f"{'、'.join(lacking)}能耗不完整", f"the energy of {', '.join(lacking)} is not complete"))
    totals = [sum([used[m].tce_equivalent or 0.0 for m in each]) for each in (months, before)]
    made = [sum([amounts[m] for m in each]) for each in (months, before)]
    if made[0] <= 0 or made[1] <= 0 or totals[1] <= 0:
        return Growth(months, why_not=("产量、增加值或上年能耗不大于零", "output, value added or last year's energy is not above zero"))
    coverage = min([e.coverage or 0.0 for e in used.values()])
    return Growth(months, totals[0], totals[1], made[0], made[1], coverage)


def judge(facts: WatchFacts, thresholds: Thresholds) -> Verdict:
    """Red above the baseline; yellow where energy rose faster than output; green when neither; grey where one that could be judged is not known.
    value: change of energy per output against last year [%]; limit: the largest allowed [%]. Above guidance_tce the reason asks for guidance."""
    over = _over_baseline(facts, thresholds)
    rise = _rise(facts.growth, thresholds)
    period = period_of(facts.growth.months, facts.year)
    limit = thresholds.rise_max * 100
    value = None if rise is None else rise * 100
    coverage = facts.growth.coverage
    evidence = _evidence(facts, thresholds, over, rise)
    guided_zh, guided_en = _guidance(facts, thresholds)
    says = [s for s in (_says_product(over), _says_growth(facts, thresholds, rise)) if s is not None]
    is_rising = rise is not None and rise > thresholds.rise_max + 1e-9
    if is_rising and (over is None or over.light is not Light.RED):
        says.reverse()  # what the light is for comes first: a text message is cut
    zh, en = "；".join(s[0] for s in says) + guided_zh, "; ".join(s[1] for s in says) + guided_en
    if over is not None and over.light is Light.RED:
        light = Light.RED
    elif is_rising:
        light = Light.YELLOW
    elif rise is None or (over is not None and over.light is Light.GREY):
        return unknown(facts.entity, RULE, "", period, "%", (zh, en), limit, coverage, evidence)
    else:
        light = Light.GREEN
    return Verdict(facts.entity, RULE, "", period, light, value, limit, "%", f"两高一低单位：{zh}", f"On the watch list: {en}", coverage, evidence)


def _over_baseline(facts: WatchFacts, at: Thresholds) -> Verdict | None:
    """What the rule benchmark says of the product; None where the catalogue has no baseline for it."""
    return None if facts.product is None else benchmark.judge(facts.product, benchmark.Thresholds(at.coverage_min))


def _rise(growth: Growth, at: Thresholds) -> float | None:
    """Share by which energy per output changed; None where it is not known well enough."""
    if growth.why_not is not None or growth.coverage is None or growth.coverage < at.coverage_min - 1e-9:
        return None
    return growth.energy_now / growth.output_now / (growth.energy_base / growth.output_base) - 1


def _says_product(over: Verdict | None) -> Words | None:
    if over is None:
        return None
    return over.reason_zh.removeprefix(UNKNOWN_ZH), over.reason_en.removeprefix(UNKNOWN_EN)


def _says_growth(facts: WatchFacts, at: Thresholds, rise: float | None) -> Words:
    g = facts.growth
    if g.why_not is not None:
        return g.why_not
    if rise is None:
        known, floor = floored(g.coverage or 0.0), percent(at.coverage_min, 0)
        return f"能耗覆盖率{known}，低于{floor}", f"coverage of the energy is {known}, below {floor}"
    energy, output = g.energy_now / g.energy_base - 1, g.output_now / g.output_base - 1
    zh = f"能耗同比{_signed(energy)}，产出同比{_signed(output)}"
    en = f"energy changed by {_signed(energy)} and output by {_signed(output)} against the same months of last year"
    if rise > at.rise_max + 1e-9:
        return f"{zh}，能耗增速高于产出", f"{en}: energy rose faster"
    return f"{zh}，能耗增速不高于产出", f"{en}: energy did not rise faster"


def _signed(share: float) -> str:
    text = percent(share, 1)
    return text if share < 0 or text == "0.0%" else f"+{text}"


def _guidance(facts: WatchFacts, at: Thresholds) -> Words:
    if facts.annual_tce is None or facts.annual_tce < at.guidance_tce:
        return "", ""
    tce = f"{facts.annual_tce:,.0f} tce"
    floor = f"{at.guidance_tce:,.0f} tce"
    return (
        f"；{facts.annual_year}年综合能耗{tce}，达到{floor}，须加强工作指导",
        f"; {tce} in {facts.annual_year}, at least {floor}: to be specially guided",
    )


def _evidence(facts: WatchFacts, at: Thresholds, over: Verdict | None, rise: float | None) -> dict[str, object]:
    g = facts.growth
    return {
        "annual_tce": facts.annual_tce,
        "annual_year": facts.annual_year,
        "guidance_tce": at.guidance_tce,
        "is_guided": facts.annual_tce is not None and facts.annual_tce >= at.guidance_tce,
        "product": None if facts.product is None else facts.product.product,
        "product_value": None if over is None else over.value,
        "product_baseline": None if over is None else over.limit,
        "months": list(g.months),
        "energy_now_tce": g.energy_now,
        "energy_base_tce": g.energy_base,
        "output_now": g.output_now,
        "output_base": g.output_base,
        "change_of_energy_per_output": rise,
    }
