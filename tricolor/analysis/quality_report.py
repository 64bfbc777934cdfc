"""What people read of data quality: points, enterprises and areas over a span of days, from the stored rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tricolor.domain.entities import Registry
from tricolor.domain.intervals import Interval, day
from tricolor.domain.meters import Point
from tricolor.domain.quality import Check, EntityQuality, PointDay, PointQuality, QualityLimits, as_of, entity_quality, point_quality
from tricolor.ports_quality import QualityBook


@dataclass(frozen=True, slots=True)
class QualityReport:
    """first, last: days (inclusive); points by key; entities by id, areas rolled up over what lies inside them; checks as stored."""

    first: date
    last: date
    points: Mapping[int, PointQuality]
    entities: Mapping[str, EntityQuality]
    checks: Sequence[Check]


def quality_report(
    book: QualityBook, registry: Registry, entities: Sequence[str], first: date, last: date, now: int, limits: QualityLimits,
    latest: Mapping[int, int],
) -> QualityReport:  # fmt: skip
    """The entities, each rolled up over its members, and the points of all of them."""
    inside = {e: [m.id for m in registry.members(e)] for e in entities}
    owners = sorted({m for members in inside.values() for m in members})
    keys: dict[str, list[int]] = {}
    for point in registry.points.values():
        keys.setdefault(point.entity_id, []).append(point.key)
    rows = _by_point(book.days(owners, str(first), str(last)))
    checks = book.checks(owners, str(first), str(last))
    of_point: dict[int, list[Check]] = {}
    for check in checks:
        of_point.setdefault(check.point, []).append(check)
    quarantined = book.quarantined(Interval(day(first).start, day(last).end))
    wanted = [registry.by_key[key] for owner in owners for key in keys.get(owner, ())]
    points = {
        p.key: quality_of(p, rows.get(p.key, []), first, last, of_point.get(p.key, []), limits, now, quarantined.get(p.id, 0), latest.get(p.key))
        for p in wanted
    }
    rolled = {e: entity_quality(e, [points[key] for m in members for key in keys.get(m, ())]) for e, members in inside.items()}
    return QualityReport(first, last, points, rolled, checks)


def quality_of(
    point: Point, rows: Sequence[PointDay], first: date, last: date, checks: Sequence[Check], limits: QualityLimits, now: int, quarantined: int,
    latest: int | None,
) -> PointQuality:  # fmt: skip
    """One point over first..last as of now."""
    due = sum(_is_due(point, first + timedelta(days=n), now) for n in range((last - first).days + 1))
    return point_quality(point, [as_of(row, point, now) for row in rows], due, checks, limits, now, quarantined, latest)


def _is_due(point: Point, on: date, now: int) -> bool:
    span = day(on)
    return span.start < now and span.end > point.valid_from and (point.valid_to is None or span.start < point.valid_to)


def _by_point(rows: Sequence[PointDay]) -> dict[int, list[PointDay]]:
    found: dict[int, list[PointDay]] = {}
    for row in rows:
        found.setdefault(row.point, []).append(row)
    return found
