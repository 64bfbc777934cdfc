"""Data quality on the wallboard: a page by enterprise, the worst first, and a part on the pages of a unit and of a point."""

from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot
from api.board_quality_parts import check_line, entity_line, point_line
from api.board_views_quality import QualityPage
from api.board_words import Words
from api.deps import Dependencies
from tricolor.analysis.quality_report import quality_report
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.entities import EntityKind
from tricolor.domain.intervals import local_day
from tricolor.domain.quality import badness

__all__ = ["add_quality_page", "check_line", "point_line", "quality_page", "quality_shown"]

SPANS: Final = (
    ("today", "今天", "Today"),
    ("yesterday", "昨天", "Yesterday"),
    ("week", "近 7 天", "Last 7 days"),
    ("month", "近 30 天", "Last 30 days"),
)
AREAS = (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK)


def add_quality_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/quality")
    def quality(request: Request, span: str = "today") -> Response:
        snapshot = desk.snapshot(request)
        return desk.page(request, snapshot, quality_shown(desk, snapshot, preferences(request).t, span))


def quality_shown(desk: Desk, snapshot: Snapshot, t: Words, span: str) -> Shown:
    view = quality_page(desk.deps, snapshot, t, span)
    return Shown("quality.html", "quality", t("数据质量", "Data quality"), view, "quality", f"/board/live.json?page=quality&to={view.span}")


def quality_page(deps: Dependencies, snapshot: Snapshot, t: Words, span: str) -> QualityPage:
    span = span if span in {key for key, _, _ in SPANS} else "today"
    first, last = _days(span, local_day(snapshot.now))
    spans = tuple((key, t(zh, en)) for key, zh, en in SPANS)
    label = str(first) if first == last else f"{first} {t('至', 'to')} {last}"
    registry = snapshot.registry
    if not registry.points or deps.quality is None:
        return QualityPage("no_points" if registry.entities else "no_registry", span, spans, label, (), ())
    wanted = [e.id for e in registry.entities.values()]
    found = quality_report(deps.quality, registry, wanted, first, last, snapshot.now, quality_limits(deps.plan.rules.thresholds), snapshot.latest)
    if not any(p.known for p in found.points.values()):
        return QualityPage("not_yet", span, spans, label, (), ())
    ranked = sorted((q for q in found.entities.values() if q.points), key=lambda q: (badness(q), q.entity))
    owners: dict[str, list[int]] = {}
    for key in found.points:
        owners.setdefault(registry.by_key[key].entity_id, []).append(key)
    lines = [(registry.entities[q.entity].kind, entity_line(snapshot, q, [found.points[k] for k in owners.get(q.entity, [])], t)) for q in ranked]
    return QualityPage(
        "ready", span, spans, label, tuple(line for kind, line in lines if kind in AREAS), tuple(line for kind, line in lines if kind not in AREAS)
    )


def _days(span: str, today: date) -> tuple[date, date]:
    back = {"today": 0, "yesterday": 1, "week": 6, "month": 29}[span]
    first = today - timedelta(days=back)
    return first, first if span == "yesterday" else today
