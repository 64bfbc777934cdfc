"""benchmark: energy per unit of product against 标杆 and 基准 (《工业重点领域能效标杆水平和基准水平（2023年版）》, STANDARDS §4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from alerting.facts import BenchmarkFacts, BenchmarkLimit
from alerting.material import Input, Material
from alerting.rules.words import REPORTING_LAG_MONTHS, floored, months_zh, percent, period_of, unknown
from tricolor.analysis.intensity import complete_months, output_by_month
from tricolor.catalogue import benchmarks
from tricolor.domain.accounts import factor_ids_of
from tricolor.domain.activities import Activity
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.units import UNITS, convert

RULE = "benchmark"
NAME_ZH, NAME_EN = "单位产品能效", "Product benchmark"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.MONTH})
CERTAIN = "xcheck"  # a status that needs no remark


@dataclass(frozen=True, slots=True)
class Thresholds:
    coverage_min: float  # 0..1


class NotComparable(ValueError):
    """The limit's unit cannot be reached from standard coal over this output."""


def facts_of(of: Material, entity: Entity) -> Iterator[BenchmarkFacts]:
    """Of an enterprise that makes a product, over the year's months that are over and have an output."""
    if entity.kind is EntityKind.ENTERPRISE and entity.product:
        yield of.once(RULE, entity.id, lambda: _facts(of, entity, catalogue_limit(entity.product)))


def outputs_of(of: Material, entity: Entity) -> Mapping[str, Activity]:
    """Month -> output of the entity's product."""
    return of.once("outputs", entity.id, lambda: output_by_month(of.figures.get(entity.id, ()), entity.id, entity.product))


@cache
def catalogue_limit(product: str) -> BenchmarkLimit | None:
    """Benchmark and baseline of a product from the shipped catalogue; None where the table has no row or no values for it."""
    row = benchmarks.benchmark(product)
    if row is None or row.benchmark is None or row.baseline is None:
        return None
    return BenchmarkLimit(row.name_cn, row.name_en, row.unit, row.benchmark, row.baseline, f"{row.source} {row.metric_standard}".strip(), row.status)


def _facts(of: Material, entity: Entity, limit: BenchmarkLimit | None) -> BenchmarkFacts:
    outputs = outputs_of(of, entity)
    year = from_us(of.now).year
    months = [m for m in complete_months(year, of.now) if m in outputs]
    if not months and from_us(of.now).month <= REPORTING_LAG_MONTHS:
        year -= 1
        months = [m for m in complete_months(year, of.now) if m in outputs]
    units = {outputs[m].unit for m in months}
    if len(units) > 1:  # a sum of unlike things is none: take the months of the newest unit
        months = [m for m in months if outputs[m].unit == outputs[months[-1]].unit]
    energy = of.energy.get(entity.id, {})
    used = [energy[m] for m in months if m in energy]
    is_known = bool(used) and len(used) == len(months)
    values = [e.tce_calorific for e in used if e.tce_calorific is not None]
    return BenchmarkFacts(
        entity=entity.id,
        product=entity.product,
        year=year,
        months=tuple(months),
        energy_tce=sum(values) if is_known and len(values) == len(used) else None,
        output=sum([outputs[m].value for m in months]),
        output_unit=outputs[months[-1]].unit if months else "",
        coverage=min([e.coverage or 0.0 for e in used]) if is_known else 0.0 if months else None,  # of the worst month: an output counts whole
        limit=limit,
        unfactored=tuple(sorted({c for e in used if e.tce_calorific is None for c in e.unfactored})),
        factor_ids=factor_ids_of(used),
        incomplete=tuple([e.month for e in used if not e.is_complete]),
    )


def judge(facts: BenchmarkFacts, thresholds: Thresholds) -> Verdict:
    """Green at or under the benchmark (标杆), yellow at or under the baseline (基准), red above. Limits may be negative: nothing is divided by them.

    value and limit (the baseline) in the limit's unit; the benchmark stands in the evidence.
    """
    period, limit = period_of(facts.months, facts.year), facts.limit
    if limit is None:
        reason = (f"目录中没有产品“{facts.product}”的标杆和基准水平", f"the catalogue has no benchmark for product {facts.product!r}")
        return unknown(facts.entity, RULE, facts.product, period, "", reason)
    evidence = _evidence(facts, limit)
    why = _why_unknown(facts, thresholds)
    if why is None:
        try:
            value = per_product(facts.energy_tce or 0.0, facts.output, facts.output_unit, limit.unit)
        except NotComparable as error:
            why = (f"限值单位{limit.unit}与标准煤/{facts.output_unit}不可比", str(error))
    if why is not None:
        return unknown(facts.entity, RULE, facts.product, period, limit.unit, why, limit.baseline, facts.coverage, evidence)
    light = _light(value, limit)
    zh, en = _reason(facts, limit, value, light)
    return Verdict(facts.entity, RULE, facts.product, period, light, value, limit.baseline, limit.unit, zh, en, facts.coverage, evidence)


def per_product(energy_tce: float, output: float, output_unit: str, unit: str) -> float:
    """Unit energy in the limit's unit, e.g. kgce/t; kgoe by heat content. NotComparable for another dimension; a denominator that is no unit of
    measure (weight case, energy-factor tonne) must be the output's own."""
    above, _, below = unit.partition("/")
    below = below.strip("()")
    try:
        energy = convert(energy_tce, "tce", above)
        per = output if below == output_unit.strip("()") else convert(output, output_unit, below)
    except ValueError as error:
        raise NotComparable(f"a limit in {unit} cannot be compared with standard coal per {output_unit}: {error}") from error
    return energy / per


def _why_unknown(facts: BenchmarkFacts, thresholds: Thresholds) -> tuple[str, str] | None:
    if not facts.months:
        return f"{facts.year}年没有已结束且报送了产量的月份", f"no month of {facts.year} is over and has an output"
    if facts.coverage is None or facts.coverage < thresholds.coverage_min - 1e-9:
        known = facts.coverage or 0.0
        floor = percent(thresholds.coverage_min, 0)
        return f"覆盖率{floored(known)}，低于{floor}", f"coverage {floored(known)} is below {floor}"
    if facts.incomplete:
        return f"{'、'.join(facts.incomplete)}缺若干天能耗数据", f"days of {', '.join(facts.incomplete)} are without energy data"
    if facts.unfactored:
        return f"能源品种{'、'.join(facts.unfactored)}无折标系数", f"no standard-coal factor for {', '.join(facts.unfactored)}"
    if facts.energy_tce is None:
        return "没有能耗数据", "there is no energy data"
    if facts.output <= 0:
        return f"产量为{facts.output:g}", f"the output is {facts.output:g}"
    return None


def _light(value: float, limit: BenchmarkLimit) -> Light:
    tolerance = 1e-9 * max(1.0, abs(value))
    if value <= limit.benchmark + tolerance:
        return Light.GREEN
    return Light.YELLOW if value <= limit.baseline + tolerance else Light.RED


def _reason(facts: BenchmarkFacts, limit: BenchmarkLimit, value: float, light: Light) -> tuple[str, str]:
    shown = f"{value:.4g}"
    months = period_of(facts.months, facts.year)
    state_zh, state_en = _states(limit)[light]
    doubt_zh, doubt_en = ("", "") if limit.status == CERTAIN else ("（限值未经官方文本核实）", f" (limits: {limit.status})")
    zh = f"{months_zh_of(facts.months)}{limit.product_zh}单位产品能耗{shown} {limit.unit}，{state_zh}{doubt_zh}"
    return zh, f"{limit.product_en or facts.product}: {shown} {limit.unit} in {months}, {state_en}{doubt_en}"


@cache
def _states(limit: BenchmarkLimit) -> dict[Light, tuple[str, str]]:
    at, over = f"{limit.benchmark:g}", f"{limit.baseline:g}"
    return {
        Light.GREEN: (f"达到标杆水平{at}", f"at the benchmark of {at}"),
        Light.YELLOW: (f"未达到标杆水平{at}，在基准水平{over}以内", f"above the benchmark of {at}, within the baseline of {over}"),
        Light.RED: (f"超过基准水平{over}", f"above the baseline of {over}"),
    }


def months_zh_of(months: tuple[str, ...]) -> str:
    """Months as words; a hole among them is said ("2026年1—10月中8个月")."""
    whole = int(months[-1][5:]) - int(months[0][5:]) + 1
    if len(months) == whole:
        return months_zh(months)
    return f"{months[0][:4]}年{int(months[0][5:])}—{int(months[-1][5:])}月中{len(months)}个月"


def _evidence(facts: BenchmarkFacts, limit: BenchmarkLimit) -> dict[str, object]:
    return {
        "product": facts.product,
        "months": list(facts.months),
        "energy_tce_calorific": facts.energy_tce,
        "output": facts.output,
        "output_unit": facts.output_unit,
        "benchmark": limit.benchmark,
        "baseline": limit.baseline,
        "limit_unit": limit.unit,
        "limit_source": limit.source,
        "limit_status": limit.status,
        "factor_ids": list(facts.factor_ids),
        "kgce_per_kgoe": UNITS["kgoe"][1] if "kgoe" in limit.unit else None,
    }
