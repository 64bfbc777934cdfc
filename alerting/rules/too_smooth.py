"""too_smooth: advances that hardly differ from each other, as invented figures do (防范弄虚作假: a sign, never a proof)."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.days_of_data import Persistence, PointRows, PointSigns, Sign, first_day, judge_signs, unit_days
from tricolor.analysis.quality_words import reason
from tricolor.domain.entities import Entity
from tricolor.domain.lights import Verdict
from tricolor.domain.quality import is_smooth_judged, smooth_finding

RULE = "too_smooth"
NAME_ZH, NAME_EN = "数据过于平滑", "Too smooth"
INPUTS = frozenset({Input.QUALITY, Input.DAY})
MATTER = ("增量过于一致", "advances that hardly differ")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of tricolor.domain.quality.SmoothLimits; days looked at, days without the sign until green, days with it until red; known_min: share
    of the days that green needs."""

    equal_share_max: float
    variation_min: float
    smooth_deltas_min: int
    smooth_digits_min: float
    days: int
    recent_days: int
    red_days: int
    known_min: float


@dataclass(frozen=True, slots=True)
class SmoothFacts:
    """Points of an entity that measure energy."""

    entity: str
    last_day: str
    points: tuple[PointRows, ...]


def facts_of(of: Material, entity: Entity) -> Iterable[SmoothFacts]:
    """One for an entity with points that measure energy."""
    points = tuple(p for p in unit_days(of, entity.id).points if p.carrier)
    if points:
        yield SmoothFacts(entity.id, of.quality[entity.id].last_day, points)


def judge(facts: SmoothFacts, thresholds: Thresholds) -> Verdict | None:
    """The point that was too smooth on most days; None where the meters are too coarse or too slow for anyone to tell."""
    at = Persistence(thresholds.days, thresholds.recent_days, thresholds.red_days, thresholds.known_min)
    first = first_day(facts.last_day, at.days)
    return judge_signs(facts.entity, RULE, MATTER, [_signs(p, first, thresholds) for p in facts.points], facts.last_day, at)


def _signs(point: PointRows, first: str, thresholds: Thresholds) -> PointSigns:
    rows = [r for r in point.rows if r.day >= first]
    judged = [r for r in rows if is_smooth_judged(r.deltas, r.digits, thresholds)]
    unknown = sum(r.received == 0 < r.expected for r in rows)
    found = ((r, smooth_finding(r.deltas, r.equal_share, r.variation, r.digits, thresholds)) for r in judged)
    signs = tuple(Sign(r.day, r.equal_share or 0.0, reason(f)) for r, f in found if f is not None)
    return PointSigns(point.id, point.names, len(judged), unknown, signs)
