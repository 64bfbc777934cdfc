"""benchmark_share: how much of an area's output is made at the benchmark level (达到能效标杆水平的产能比例), against the plan's goal.

A submitted share counts; without one it is worked out from the area's makers: by output within a product, by standard coal between products, since
tonnes of unlike things do not add up.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules import benchmark
from alerting.rules.words import percent, unknown
from tricolor.domain.entities import AREAS, Entity, EntityKind
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import CAPACITY_SHARE, Statistic

RULE = "benchmark_share"
NAME_ZH, NAME_EN = "达标产能比例", "Share at benchmark"
INPUTS = frozenset({Input.ENERGY, Input.FIGURES, Input.STATISTICS, Input.MONTH})
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """goal: share at the plan's end, is_inclusive: itself is enough; start: share at the base year; red_gap: share of the requirement that may be
    missing before red; known_min: share of the makers that has to be known; stale_months: after its period's end a submitted share is old."""

    goal: float
    is_inclusive: bool
    start: float
    red_gap: float
    known_min: float
    stale_months: int


@dataclass(frozen=True, slots=True)
class Maker:
    """An enterprise with a product that has a benchmark. is_at: None where its unit energy is not known; output in unit; energy [tce, calorific]."""

    entity: str
    product: str
    is_at: bool | None
    output: float
    unit: str
    energy_tce: float


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """An area's makers, or the share that was submitted (0..1). year: of what is known; plan_year: n of plan_years, the last one after the plan's
    end; age_months: whole months since the end of the submitted period, 0 where nothing newer is asked for."""

    entity: str
    year: int
    plan_year: int
    plan_years: int
    submitted: float | None
    submitted_period: str
    document: str
    makers: tuple[Maker, ...]
    age_months: int = 0


def facts_of(of: Material, entity: Entity) -> Iterator[ShareFacts]:
    """Of an area with a submitted share, else of the city with a maker that stated its output of a product with a benchmark; from the plan's first
    year on."""
    if entity.kind not in AREAS or from_us(of.now).year < of.plan.first_year:
        return
    stated = _newest(of.statistics.get(entity.id, ()), of.now)
    if stated is not None:
        yield _stated(of, entity, stated)
        return
    if entity.kind is not EntityKind.CITY:  # a share of a district's one maker says nothing
        return
    found = tuple(_makers(of, entity))
    if any(m.output > 0 for m, _ in found):  # else nobody stated anything: nothing to be behind of
        year = max(year for m, year in found if m.output > 0)
        yield ShareFacts(entity.id, year, _plan_year(of, year), of.plan.years, None, "", "", tuple(m for m, _ in found))


def _stated(of: Material, entity: Entity, stated: Statistic) -> ShareFacts:
    period, today = period_of(stated.period), from_us(of.now)
    age = (today.year - period.year) * 12 + today.month - 1 - period.last_month
    is_last = (period.year, period.last_month) >= (of.plan.last_year, 12)
    return ShareFacts(
        entity.id, period.year, _plan_year(of, period.year), of.plan.years, (stated.value or 0.0) / 100, stated.period, stated.document, (),
        0 if is_last else age,
    )  # fmt: skip


def _plan_year(of: Material, year: int) -> int:
    """Not before the base year, nor after the plan's end."""
    return max(0, min(year, of.plan.last_year) - of.plan.base_year)


def _newest(statistics: Sequence[Statistic], now: int) -> Statistic | None:
    """The one whose period ended last, of those that ended together the longest."""
    mine = [(period_of(s.period), s) for s in statistics if s.indicator == CAPACITY_SHARE and s.value is not None]
    over = [(p.span.end, -p.span.start, s) for p, s in mine if p.is_over(now)]
    return max(over, key=lambda each: each[:2])[2] if over else None


def _makers(of: Material, area: Entity) -> Iterator[tuple[Maker, int]]:
    """Each with the year of its months."""
    at = benchmark.Thresholds(**of.thresholds_of(benchmark.RULE))  # type: ignore[arg-type]
    for member in of.members(area.id):
        for facts in benchmark.facts_of(of, of.registry.entities[member]):
            if facts.limit is not None:
                light = benchmark.judge(facts, at).light
                is_at = None if light is Light.GREY else light is Light.GREEN
                yield Maker(facts.entity, facts.product, is_at, facts.output, facts.output_unit, facts.energy_tce or 0.0), facts.year


def share_of(makers: Sequence[Maker]) -> float | None:
    """Share 0..1 of the known makers; None when there is none. Products weigh by their standard coal, equally where that is not above zero."""
    groups: dict[tuple[str, str], list[Maker]] = {}
    for maker in makers:
        if maker.is_at is not None and maker.output > 0:
            groups.setdefault((maker.product, maker.unit), []).append(maker)
    if not groups:
        return None
    shares = [math.fsum(m.output for m in group if m.is_at) / math.fsum(m.output for m in group) for group in groups.values()]
    weights = [math.fsum(m.energy_tce for m in group) for group in groups.values()]
    if min(weights) <= 0:
        weights = [1.0] * len(shares)
    return math.fsum(s * w for s, w in zip(shares, weights, strict=True)) / math.fsum(weights)


def judge(facts: ShareFacts, thresholds: Thresholds) -> Verdict:
    """value: share at the benchmark [%]; limit: share required by now [%], straight from `start` to `goal`.

    Green above it (at it too, where the goal is inclusive); yellow when at most `red_gap` of it is missing; else red. A requirement of nothing is
    met. Grey when fewer than `known_min` of the makers are known, or the submitted share is older than `stale_months`.
    """
    required = thresholds.start + (thresholds.goal - thresholds.start) * facts.plan_year / facts.plan_years
    known = [m for m in facts.makers if m.is_at is not None]
    share = facts.submitted if facts.submitted is not None else share_of(facts.makers)
    evidence: dict[str, object] = {
        "share": share, "share_required": required, "goal": thresholds.goal, "makers": len(facts.makers), "makers_known": len(known),
        "at_benchmark": [m.entity for m in known if m.is_at], "document": facts.document,
    }  # fmt: skip
    period, coverage = facts.submitted_period or str(facts.year), len(known) / len(facts.makers) if facts.makers else None
    if facts.submitted is None and (share is None or (coverage or 0.0) < thresholds.known_min - TOLERANCE):
        lacking = len(facts.makers) - len(known)
        why = (f"{len(facts.makers)}家企业中{lacking}家单位产品能耗不明", f"unit energy of {lacking} of {len(facts.makers)} makers is not known")
        return unknown(facts.entity, RULE, "", period, "%", why, required * 100, coverage, evidence)
    if facts.age_months > thresholds.stale_months:
        why = (
            f"最近填报的达标产能比例属于{period}，已结束{facts.age_months}个月，过期；请补报",
            f"the newest share submitted is of {period}, which ended {facts.age_months} months ago: out of date, submit it",
        )
        return unknown(facts.entity, RULE, "", period, "%", why, required * 100, coverage, evidence)
    light = light_of(share or 0.0, required, thresholds)
    is_beyond = not thresholds.is_inclusive and required > 0
    zh, en = _reason(facts, share or 0.0, required, light, len(known), is_beyond)
    return Verdict(facts.entity, RULE, "", period, light, (share or 0.0) * 100, required * 100, "%", zh, en, coverage, evidence)


def light_of(share: float, required: float, at: Thresholds) -> Light:
    is_met = share >= required - TOLERANCE if at.is_inclusive or required <= 0 else share > required + TOLERANCE
    if is_met:
        return Light.GREEN
    return Light.YELLOW if (required - share) / required <= at.red_gap + TOLERANCE else Light.RED


def _reason(facts: ShareFacts, share: float, required: float, light: Light, known: int, is_beyond: bool) -> tuple[str, str]:
    """is_beyond: the requirement itself is not enough (超过)."""
    state_zh, state_en = ("达到", "meets") if light is Light.GREEN else ("未达到", "misses")
    if is_beyond:
        state_zh, state_en = ("超过", "is over") if light is Light.GREEN else ("未超过", "is not over")
    if facts.submitted is not None:
        from_zh, from_en = f"{facts.submitted_period}填报", f"as submitted for {facts.submitted_period}"
    else:
        from_zh, from_en = f"按{known}家企业产量折算", f"by the output of {known} makers"
    zh = f"达到能效标杆水平的产能占{percent(share, 1)}（{from_zh}），{state_zh}{facts.year}年应达比例{percent(required, 1)}"
    due = f"{percent(required, 1)} due in {facts.year}"
    return zh, f"{percent(share, 1)} of the output is made at the benchmark level ({from_en}); this {state_en} the {due}"
