"""Shapes of the answers about data quality; null means not known, never 0."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from api.schemas import Shape, Words, when, words
from tricolor.analysis.quality_words import reason
from tricolor.domain.meters import Point
from tricolor.domain.quality import Check, EntityQuality, Finding, PointDay, PointQuality


class FindingShape(Shape):
    fault: str = Field(examples=["incomplete"])
    value: float | None
    limit: float | None
    reason: Words


class PointQualityShape(Shape):
    point: str
    entity: str
    days: int = Field(description="days asked for within its validity")
    days_known: int = Field(description="of them looked at; the others are not known yet")
    heard: bool | None
    since: str | None = Field(description="heard, or silent, since then")
    last_at: str | None
    expected: int = Field(description="readings due")
    filled: int = Field(description="intervals with a usable reading")
    received: int = Field(description="distinct instants")
    unusable: int
    completeness: float | None = Field(ge=0, le=1)
    estimated_share: float | None = Field(ge=0, le=1)
    stuck_hours: float
    negative: int
    open_cells: int
    equal_share: float | None = Field(description="of the smoothest day: advances exactly equal to the one before")
    variation: float | None = Field(description="of that day: standard deviation / mean of the advances")
    delay_s: float | None = Field(description="median of received − at over live data")
    spread_s: float | None = Field(description="interquartile range of it")
    backfilled: int = Field(description="readings that came afterwards; they tell nothing of the clock")
    quarantined: int
    findings: list[FindingShape]


class EntityQualityShape(Shape):
    entity: str
    name: Words
    points_total: int
    heard: int
    silent: int
    unknown: int = Field(description="points not looked at yet")
    expected: int
    filled: int
    completeness: float | None
    estimated_share: float | None
    faults: dict[str, int] = Field(description="fault -> points that show it")
    points: list[PointQualityShape]
    left_out: int = Field(description="points without findings that a long answer leaves out: ask for the entity")


class QualityList(Shape):
    first_day: str
    last_day: str
    entities: list[EntityQualityShape]
    next: str | None


class DayShape(Shape):
    day: str
    expected: int
    filled: int
    completeness: float | None
    estimated_share: float | None
    stuck_hours: float
    negative: int
    open_cells: int
    delay_s: float | None


class CheckShape(Shape):
    kind: str
    day: str
    value: float | None
    against: float | None
    unit: str
    cells: int = Field(description="15-minute cells known to all sides")
    others: list[str]


class PointQualityDetail(PointQualityShape):
    by_day: list[DayShape]
    checks: list[CheckShape]


def finding_shape(finding: Finding) -> dict[str, Any]:
    zh, en = reason(finding)
    return {"fault": finding.fault.value, "value": finding.value, "limit": finding.limit, "reason": words(zh, en)}


def point_quality_shape(point: Point, q: PointQuality) -> dict[str, Any]:
    t = q.totals
    return {
        "point": point.id, "entity": point.entity_id, "days": q.days, "days_known": q.known, "heard": q.heard, "since": when(q.since),
        "last_at": when(t.last_at), "expected": q.expected, "filled": q.filled, "received": t.received, "unusable": t.unusable,
        "completeness": q.completeness, "estimated_share": q.estimated_share, "stuck_hours": t.stuck * 0.25, "negative": t.negative,
        "open_cells": t.open, "equal_share": t.equal_share, "variation": t.variation, "delay_s": t.delay_s, "spread_s": t.spread_s,
        "backfilled": t.backfilled, "quarantined": q.quarantined, "findings": [finding_shape(f) for f in q.findings],
    }  # fmt: skip


def entity_quality_shape(q: EntityQuality, name: dict[str, str], points: Iterable[dict[str, Any]], left_out: int) -> dict[str, Any]:
    return {
        "entity": q.entity, "name": name, "points_total": q.points, "heard": q.heard, "silent": q.silent, "unknown": q.unknown,
        "expected": q.expected, "filled": q.filled, "completeness": q.completeness, "estimated_share": q.estimated_share,
        "faults": {fault.value: n for fault, n in q.faults.items()}, "points": list(points), "left_out": left_out,
    }  # fmt: skip


def day_shape(row: PointDay) -> dict[str, Any]:
    whole = min(1.0, row.filled / row.expected) if row.expected else None
    return {
        "day": row.day, "expected": row.expected, "filled": row.filled, "completeness": whole,
        "estimated_share": row.estimated / row.cells if row.cells else None, "stuck_hours": row.stuck * 0.25, "negative": row.negative,
        "open_cells": row.open, "delay_s": row.delay_s,
    }  # fmt: skip


def check_shape(check: Check) -> dict[str, Any]:
    return {
        "kind": check.kind.value, "day": check.day, "value": check.value, "against": check.against, "unit": check.unit, "cells": check.cells,
        "others": list(check.others),
    }  # fmt: skip
