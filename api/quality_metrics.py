"""Data quality for Prometheus: points by state and completeness, per area; at most once a minute, however often it is scraped."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.datastructures import State

from api.deps import Dependencies
from tricolor.analysis.quality_report import quality_report
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.entities import EntityKind
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import MINUTE_US, local_day
from tricolor.domain.quality import EntityQuality

AREAS = (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK)


@dataclass(frozen=True, slots=True)
class _Kept:
    at: int
    areas: tuple[EntityQuality, ...]


def quality_metrics(deps: Dependencies, state: State) -> Iterator[Metric]:
    """Today's gauges; a completeness that is not known has no sample. state: of the app, where the last figures are kept."""
    points = GaugeMetricFamily(
        "tricolor_quality_points", "points of an area today: heard, silent, unknown (not looked at yet)", labels=["area", "state"]
    )
    whole = GaugeMetricFamily("tricolor_quality_completeness", "share of the readings due today that came", labels=["area"])
    faults = GaugeMetricFamily("tricolor_quality_faults", "points of an area that show a fault today", labels=["area", "fault"])
    for q in _areas(deps, state):
        for name in ("heard", "silent", "unknown"):
            points.add_metric([q.entity, name], getattr(q, name))
        if q.completeness is not None:
            whole.add_metric([q.entity], q.completeness)
        for fault, count in q.faults.items():
            faults.add_metric([q.entity, fault.value], count)
    yield from (points, whole, faults)


def _areas(deps: Dependencies, state: State) -> tuple[EntityQuality, ...]:
    if deps.quality is None:
        return ()
    now = deps.clock()
    kept: _Kept | None = getattr(state, "quality_kept", None)
    if kept is None or not 0 <= now - kept.at < MINUTE_US:
        registry, today = state.registry.get(), local_day(now)
        areas = [e.id for e in registry.entities.values() if e.kind in AREAS]
        limits = quality_limits(deps.plan.rules.thresholds)
        try:
            found = quality_report(deps.quality, registry, areas, today, today, now, limits, deps.readings.latest())
        except TryAgain:  # the store is down: whoever watches needs the other figures all the more
            return ()
        kept = _Kept(now, tuple(found.entities.values()))
        state.quality_kept = kept
    return kept.areas
