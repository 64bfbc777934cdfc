"""What a person needs to decide about an open item: the readings around the jump, the steps as they are counted now, and what the plate allows."""

from dataclasses import dataclass

from api.deps import Dependencies
from tricolor.analysis.explain import Explanation, explain
from tricolor.domain.entities import Registry
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.intervals import DAY_US, EARLIEST_US, HOUR_US, LATEST_US, SECOND_US, Interval
from tricolor.domain.items import OpenItem, Parked
from tricolor.domain.meters import Point

READINGS_A_SIDE = 24
MAX_WITHIN = 200


@dataclass(frozen=True, slots=True)
class ReadingAround:
    """A reading near the jump [meter's own unit]; at [µs]; place: "before", "within" (skipped between the two) or "after", both ends in it."""

    at: int
    value: float
    quality: int
    place: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """limit: what the plate allows in the step's time [meter's own unit], None where it does not say; explanation: of the cell in which it ends."""

    readings: tuple[ReadingAround, ...]
    explanation: Explanation
    limit: float | None


def evidence(deps: Dependencies, registry: Registry, point: Point, item: OpenItem) -> Evidence:
    """Read anew from the stores, so that it shows what came since."""
    facts = deps.meter_facts.load() if deps.meter_facts is not None else MeterFacts()
    siblings = [p for p in registry.points.values() if p.meter_id == point.meter_id and p.key != point.key]
    last_instant = max(item.parked.start, item.parked.end - 1)
    found = explain(point, last_instant, deps.readings, facts, siblings)
    return Evidence(_readings(deps, point, item.parked), found, limit_of(point, item.parked))


def limit_of(point: Point, parked: Parked) -> float | None:
    rate = point.plate.max_rate
    return None if rate is None else rate * (parked.end - parked.start) / HOUR_US


def _readings(deps: Dependencies, point: Point, parked: Parked) -> tuple[ReadingAround, ...]:
    margin = max(READINGS_A_SIDE * point.plate.interval_s * SECOND_US, min(parked.end - parked.start, 7 * DAY_US))
    span = Interval(max(EARLIEST_US, parked.start - margin), min(LATEST_US, parked.end + margin + 1))
    batch = deps.readings.around([point.key], span)
    rows = list(zip(batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True))
    before = [r for r in rows if r[0] <= parked.start][-READINGS_A_SIDE:]
    within = [r for r in rows if parked.start < r[0] < parked.end][:MAX_WITHIN]
    after = [r for r in rows if r[0] >= parked.end and r[0] > parked.start][:READINGS_A_SIDE]
    named = (("before", before), ("within", within), ("after", after))
    return tuple(ReadingAround(at, value, quality, place) for place, found in named for at, value, quality in found)
