"""Facts of the rule on silence, from the registry and the newest readings. Pure: all of it is handed in."""

from collections.abc import Iterator, Mapping

from alerting.facts import PointSilence, SilentFacts
from tricolor.domain.entities import Registry
from tricolor.domain.meters import Measure


def silent_facts(registry: Registry, latest: Mapping[int, int], moving: frozenset[int], is_filling: bool, now: int) -> Iterator[SilentFacts]:
    """One for each entity that has points of its own valid now. moving: keys of the points whose newest reading just moved."""
    by_entity: dict[str, list[PointSilence]] = {}
    for p in registry.points.values():
        if p.is_valid_at(now) and p.measure is not Measure.CALCULATED_HEAT and not p.formula:  # nobody sends what is worked out
            meter = registry.meters.get(p.meter_id)
            silence = PointSilence(
                p.id, p.name_cn, p.name_en, p.plate.interval_s, max(p.valid_from, p.registered_at), latest.get(p.key), p.key in moving,
                meter.gateway if meter else "",
            )  # fmt: skip
            by_entity.setdefault(p.entity_id, []).append(silence)
    for entity_id, points in by_entity.items():
        yield SilentFacts(entity_id, now, tuple(points), is_filling)
