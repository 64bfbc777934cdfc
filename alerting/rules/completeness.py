"""completeness: did the readings that were due arrive (received over expected; practice of NECC online monitoring, STANDARDS §2.3)?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.days_of_data import (
    EVIDENCE_MAX,
    DayCounts,
    PointRows,
    enterprises_in,
    first_day,
    named,
    period_of_days,
    share_light,
    unit_days,
)
from alerting.rules.words import percent, unknown
from tricolor.analysis.quality_words import percent as floored
from tricolor.domain.entities import AREAS, Entity
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.quality import completeness

RULE = "completeness"
NAME_ZH, NAME_EN = "数据完整率", "Completeness"
INPUTS = frozenset({Input.QUALITY, Input.DAY})
MEMBERS = "units"  # indicator of an area's enterprises: the area's own points have the empty one


@dataclass(frozen=True, slots=True)
class Thresholds:
    """completeness_min: share of the readings due that is green, red_below: under it red; days judged together. Of an area: known_min: share of its
    units looked at, units_min: share that complies, units_red_below: under it red."""

    completeness_min: float
    red_below: float
    days: int
    known_min: float
    units_min: float
    units_red_below: float


@dataclass(frozen=True, slots=True)
class CompletenessFacts:
    """Points of an entity from which readings were due."""

    entity: str
    last_day: str
    points: tuple[PointRows, ...]


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """Readings due and intervals filled of an area's enterprises that have points (id, names, days); without days: not looked at yet."""

    entity: str
    last_day: str
    units: tuple[tuple[str, tuple[str, str], tuple[DayCounts, ...]], ...]


def facts_of(of: Material, entity: Entity) -> Iterable[CompletenessFacts | AreaFacts]:
    """One for an entity with points of its own, and for an area with enterprises that have some."""
    points = tuple(p for p in unit_days(of, entity.id).points if any(r.expected for r in p.rows))
    if points:
        yield CompletenessFacts(entity.id, of.quality[entity.id].last_day, points)
    if entity.kind in AREAS:
        units = tuple(_unit(of, m) for m in enterprises_in(of, entity) if m.id in of.quality and of.points(m.id))
        if units:
            yield AreaFacts(entity.id, max(of.quality[unit].last_day for unit, _, _ in units), units)


def _unit(of: Material, unit: Entity) -> tuple[str, tuple[str, str], tuple[DayCounts, ...]]:
    return unit.id, (unit.name_cn, unit.name_en or unit.name_cn), unit_days(of, unit.id).sums


def judge(facts: CompletenessFacts | AreaFacts, thresholds: Thresholds) -> Verdict | None:
    """Of an entity: green from completeness_min on, red under red_below. Of an area: the share of its enterprises that are green. None where no
    reading was due. value and limit in %."""
    return _judge_area(facts, thresholds) if isinstance(facts, AreaFacts) else _judge_entity(facts, thresholds)


def _share(days: Iterable[DayCounts], since: str) -> tuple[int, int, float | None]:
    counted = [(expected, filled) for day, expected, filled in days if day >= since]
    expected, filled = sum([e for e, _ in counted]), sum([f for _, f in counted])
    return expected, filled, completeness(filled, expected)


def _judge_entity(facts: CompletenessFacts, at: Thresholds) -> Verdict | None:
    since, period = first_day(facts.last_day, at.days), period_of_days(facts.last_day, at.days)
    limit = at.completeness_min
    by_point = {p.id: (p.names, _share([(r.day, r.expected, min(r.filled, r.expected)) for r in p.rows], since)) for p in facts.points}
    expected, filled = sum([s[0] for _, s in by_point.values()]), sum([s[1] for _, s in by_point.values()])
    whole = completeness(filled, expected)
    if whole is None:
        return None
    short = sorted((s[2], key, names) for key, (names, s) in by_point.items() if s[2] is not None and s[2] < limit - 1e-9)
    light = share_light(whole, limit, at.red_below)
    zh = f"最近{at.days}天应收{expected}次，收到{filled}次，完整率{floored(whole)}"
    en = f"{filled} of {expected} readings due in the last {at.days} days came: {floored(whole)}"
    if light is Light.GREEN:
        zh, en = f"{zh}，达到{percent(limit, 0)}", f"{en}, at least {percent(limit, 0)}"
    else:
        zh, en = f"{zh}，低于{percent(limit, 0)}", f"{en}, below {percent(limit, 0)}"
    if short:
        worst = named([names for _, _, names in short])
        zh, en = f"{zh}；不足的有{worst[0]}", f"{en}; too few: {worst[1]}"
    evidence = {"expected": expected, "filled": filled, "points": {key: share for share, key, _ in short[:EVIDENCE_MAX]}}
    return Verdict(facts.entity, RULE, "", period, light, whole * 100, limit * 100, "%", zh, en, None, evidence)


def _judge_area(facts: AreaFacts, at: Thresholds) -> Verdict | None:
    since, period = first_day(facts.last_day, at.days), period_of_days(facts.last_day, at.days)
    shares: Mapping[str, float | None] = {unit: _share(days, since)[2] for unit, _, days in facts.units}
    blind = [unit for unit, _, days in facts.units if not any(day >= since for day, _, _ in days)]
    known = {unit: share for unit, share in shares.items() if share is not None}
    total = len(known) + len(blind)
    if total == 0:
        return None
    good = sum(share >= at.completeness_min - 1e-9 for share in known.values())
    coverage, limit = len(known) / total, at.units_min * 100
    short = sorted((share, unit) for unit, share in known.items() if share < at.completeness_min - 1e-9)
    evidence = {"units": total, "complying": good, "not_looked_at": blind[:EVIDENCE_MAX], "short": {u: s for s, u in short[:EVIDENCE_MAX]}}
    if coverage < at.known_min - 1e-9:
        why = f"{total}家有测点的企业中{len(blind)}家的数据尚未检查", f"{len(blind)} of {total} metered enterprises were not looked at yet"
        return unknown(facts.entity, RULE, MEMBERS, period, "%", why, limit, coverage, evidence)
    share = good / len(known)
    light = share_light(share, at.units_min, at.units_red_below)
    names = {unit: names for unit, names, _ in facts.units}
    worst = named([names[unit] for _, unit in short], "家企业")
    floor = percent(at.completeness_min, 0)
    zh = f"{len(known)}家企业中{good}家最近{at.days}天完整率达到{floor}，占{floored(share)}（要求{percent(at.units_min, 0)}）"
    en = f"{good} of {len(known)} enterprises ({floored(share)}, asked: {percent(at.units_min, 0)}) have {floor} of their readings of {at.days} days"
    if short:
        zh, en = f"{zh}；不足的有{worst[0]}", f"{en}; too few: {worst[1]}"
    return Verdict(facts.entity, RULE, MEMBERS, period, light, share * 100, limit, "%", zh, en, coverage, evidence)
