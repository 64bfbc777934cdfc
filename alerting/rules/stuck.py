"""stuck: registers that stand still while power, sub-meters, the parent or neighbours move (防范弄虚作假: a sign, never a proof)."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.days_of_data import Persistence, PointRows, PointSigns, Sign, first_day, judge_signs, known_days, unit_days
from tricolor.analysis.quality_words import reason
from tricolor.domain.entities import Entity
from tricolor.domain.intervals import CELL_US, HOUR_US
from tricolor.domain.lights import Verdict
from tricolor.domain.quality import Fault, Finding

RULE = "stuck"
NAME_ZH, NAME_EN = "读数不动", "Stuck registers"
INPUTS = frozenset({Input.QUALITY, Input.DAY})
CELL_H = CELL_US / HOUR_US
MATTER = ("读数停住而用能仍在进行", "registers that stand still while energy is used")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Days looked at, days without a stop until green, days with a stop until red; known_min: share of the days that green needs."""

    days: int
    recent_days: int
    red_days: int
    known_min: float


@dataclass(frozen=True, slots=True)
class StuckFacts:
    """Registers of an entity that measure energy."""

    entity: str
    last_day: str
    points: tuple[PointRows, ...]


def facts_of(of: Material, entity: Entity) -> Iterable[StuckFacts]:
    """One for an entity with registers that measure energy."""
    points = tuple(p for p in unit_days(of, entity.id).points if p.is_register and p.carrier)
    if points:
        yield StuckFacts(entity.id, of.quality[entity.id].last_day, points)


def judge(facts: StuckFacts, thresholds: Thresholds) -> Verdict | None:
    """The register that stood still on most days. value: those days; limit: days that are red."""
    at = Persistence(thresholds.days, thresholds.recent_days, thresholds.red_days, thresholds.known_min)
    first = first_day(facts.last_day, at.days)
    return judge_signs(facts.entity, RULE, MATTER, [_signs(p, first) for p in facts.points], facts.last_day, at)


def _signs(point: PointRows, first: str) -> PointSigns:
    rows = [r for r in point.rows if r.day >= first]
    known, unknown = known_days(rows)
    signs = tuple(Sign(r.day, r.stuck, reason(Finding(Fault.STUCK, r.stuck * CELL_H, None, r.stuck_by))) for r in rows if r.stuck > 0)
    return PointSigns(point.id, point.names, known, unknown, signs)
