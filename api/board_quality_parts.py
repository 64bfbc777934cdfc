"""Lines of data quality, and the part of it on the pages of a unit and of a point."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from api.board_facts import Snapshot, entity_name
from api.board_views_quality import CheckLine, QualityLine, QualityPart
from api.board_words import Words
from api.deps import Dependencies
from tricolor.analysis.quality_report import quality_report
from tricolor.analysis.quality_words import FAULTS, reason
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.intervals import local_day
from tricolor.domain.meters import Point
from tricolor.domain.quality import ORDER, Check, EntityQuality, Fault, Finding, PointQuality, QualityLimits, check_finding

PART_DAYS = 7
MAX_REASONS = 3
MAX_CHECKS = 14
CHECKS: Final[dict[str, tuple[str, str]]] = {
    "balance": ("总分表平衡", "sub-meter balance"),
    "power": ("电量对功率", "register against power"),
    "neighbours": ("与同类相比", "against its neighbours"),
}


def entity_line(snapshot: Snapshot, q: EntityQuality, points: Sequence[PointQuality], t: Words) -> QualityLine:
    """A unit with the gravest reason of each of its worst points."""
    found = [min(((f, p) for f in p.findings), key=lambda pair: ORDER[pair[0].fault]) for p in points if p.findings]
    found.sort(key=lambda pair: (ORDER[pair[0].fault], -abs(pair[0].value or 0)))
    reasons = [f"{_name(snapshot.registry.by_key[p.point], t)}{t('：', ': ')}{t(*reason(f))}" for f, p in found[:MAX_REASONS]]
    if len(found) > MAX_REASONS:
        reasons.append(t(f"另有 {len(found) - MAX_REASONS} 个测点", f"{len(found) - MAX_REASONS} more points"))
    return QualityLine(
        q.entity, entity_name(snapshot.registry, q.entity, t), q.completeness, q.estimated_share, q.heard, q.points, q.unknown, None,
        tuple(reasons), tuple(f"{t(*FAULTS[fault])} {n}" for fault, n in q.faults.items()), bool(q.faults),
    )  # fmt: skip


def point_line(point: Point, q: PointQuality, t: Words) -> QualityLine:
    return QualityLine(
        point.id, _name(point, t), q.completeness, q.estimated_share, int(q.heard is True), 1, int(q.known == 0), q.since,
        tuple(t(*reason(f)) for f in q.findings), tuple(t(*FAULTS[f.fault]) for f in q.findings), bool(q.findings),
    )  # fmt: skip


def check_line(check: Check, limits: QualityLimits, t: Words) -> CheckLine:
    found: Finding | None = check_finding(check, limits)
    if found is not None:
        verdict = t(*reason(found))
    elif check.value is None or check.cells < limits.check_cells_min:
        verdict = t("共同时段太少，无法比较", "too few cells known to all sides")
    else:
        verdict = t("相符", "fits")
    return CheckLine(check.day, t.pair(CHECKS, check.kind.value), check.value, check.against, check.unit, check.cells, verdict)


def entity_part(deps: Dependencies, snapshot: Snapshot, entity_id: str, t: Words) -> QualityPart | None:
    """A unit's last seven days with its points; None where the services were composed without data quality."""
    if deps.quality is None or not any(snapshot.registry.points_of(e.id) for e in snapshot.registry.members(entity_id)):
        return None
    last = local_day(snapshot.now)
    first = last - timedelta(days=PART_DAYS - 1)
    limits = quality_limits(deps.plan.rules.thresholds)
    found = quality_report(deps.quality, snapshot.registry, [entity_id], first, last, snapshot.now, limits, snapshot.latest)
    whole, by_key = found.entities[entity_id], snapshot.registry.by_key
    own = sorted((q for q in found.points.values() if by_key[q.point].entity_id == entity_id), key=_gravest_first)
    is_known = any(q.known for q in found.points.values())
    return QualityPart(
        f"{first} {t('至', 'to')} {last}",
        entity_line(snapshot, whole, list(found.points.values()), t) if is_known else None,
        tuple(point_line(by_key[q.point], q, t) for q in own) if is_known else (),
    )


def point_part(deps: Dependencies, snapshot: Snapshot, point: Point, t: Words) -> QualityPart | None:
    """A point's last seven days with its checks against other meters, the newest first."""
    if deps.quality is None:
        return None
    last = local_day(snapshot.now)
    first = last - timedelta(days=PART_DAYS - 1)
    limits = quality_limits(deps.plan.rules.thresholds)
    found = quality_report(deps.quality, snapshot.registry, [point.entity_id], first, last, snapshot.now, limits, snapshot.latest)
    q = found.points[point.key]
    mine = sorted((c for c in found.checks if c.point == point.key), key=lambda c: c.day, reverse=True)[:MAX_CHECKS]
    label = f"{first} {t('至', 'to')} {last}"
    return QualityPart(label, point_line(point, q, t) if q.known else None, (), tuple(check_line(c, limits, t) for c in mine))


def _gravest_first(q: PointQuality) -> tuple[int, float, int]:
    worst = min((ORDER[f.fault] for f in q.findings), default=len(Fault))
    return worst, q.completeness if q.completeness is not None else 1.0, q.point


def _name(point: Point, t: Words) -> str:
    return t(point.name_cn, point.name_en) or point.id
