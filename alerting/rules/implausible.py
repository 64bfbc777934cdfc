"""implausible: negative amounts, jumps beyond the plate, sub-meters above their parent, a register unlike its own power (防范弄虚作假)."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.days_of_data import Persistence, PointRows, PointSigns, Sign, first_day, judge_signs, known_days, unit_days
from tricolor.analysis.quality_words import reason
from tricolor.domain.entities import Entity
from tricolor.domain.lights import Verdict
from tricolor.domain.quality import Check, CheckKind, Fault, Finding, check_finding

RULE = "implausible"
NAME_ZH, NAME_EN = "数据不合理", "Implausible data"
INPUTS = frozenset({Input.QUALITY, Input.DAY})
MATTER = (
    "负值、超出铭牌的跳变、总分表倒挂或电量与功率不符",
    "negative amounts, jumps beyond the plate, sub-meters above their parent, registers unlike their power",
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of tricolor.domain.quality.CheckLimits; days looked at, days without the sign until green, days with it until red; known_min: share
    of the days that green needs."""

    balance_loss_max: float
    balance_excess_max: float
    power_difference_max: float
    check_cells_min: int
    days: int
    recent_days: int
    red_days: int
    known_min: float


@dataclass(frozen=True, slots=True)
class PlausibleFacts:
    """Points of an entity that measure energy, and comparisons of their meters with a parent's children or with their own power."""

    entity: str
    last_day: str
    points: tuple[tuple[PointRows, tuple[Check, ...]], ...]


def facts_of(of: Material, entity: Entity) -> Iterable[PlausibleFacts]:
    """One for an entity with points that measure energy."""
    quality = of.quality.get(entity.id)
    checks: dict[int, list[Check]] = {}
    for check in quality.checks if quality is not None else ():
        if check.kind in (CheckKind.BALANCE, CheckKind.POWER):
            checks.setdefault(check.point, []).append(check)
    keys = {p.id: p.key for p in of.points(entity.id)} if checks else {}
    points = tuple((p, tuple(checks.get(keys.get(p.id, 0), ()))) for p in unit_days(of, entity.id).points if p.carrier)
    if quality is not None and points:
        yield PlausibleFacts(entity.id, quality.last_day, points)


def judge(facts: PlausibleFacts, thresholds: Thresholds) -> Verdict | None:
    """The point that was implausible on most days. value: those days; limit: days that are red."""
    at = Persistence(thresholds.days, thresholds.recent_days, thresholds.red_days, thresholds.known_min)
    first = first_day(facts.last_day, at.days)
    points = [_signs(point, checks, first, thresholds) for point, checks in facts.points]
    return judge_signs(facts.entity, RULE, MATTER, points, facts.last_day, at)


def _signs(point: PointRows, checks: tuple[Check, ...], first: str, thresholds: Thresholds) -> PointSigns:
    rows = [r for r in point.rows if r.day >= first]
    found: dict[str, list[Finding]] = {}
    for r in rows:
        if r.negative or r.open:
            found[r.day] = [Finding(fault, count, 0) for fault, count in ((Fault.NEGATIVE, r.negative), (Fault.OPEN, r.open)) if count]
    for check in checks:
        finding = check_finding(check, thresholds) if check.day >= first else None
        # less at the sub-meters than at their parent is unmetered use: the page shows it, it is no sign
        if finding is not None and not (finding.fault is Fault.BALANCE and (finding.value or 0.0) < 0):
            found.setdefault(check.day, []).append(finding)
    known, unknown = known_days(rows)
    return PointSigns(point.id, point.names, known, unknown, tuple(_sign(day, found[day]) for day in sorted(found)))


def _sign(day: str, found: list[Finding]) -> Sign:
    said = [reason(f) for f in found]
    return Sign(day, max(abs(f.value or 0.0) for f in found), ("；".join(zh for zh, _ in said), "; ".join(en for _, en in said)))
