"""Heat meters without a heat register: the cells of their calculated points, around whatever changed among their flows and temperatures."""

from collections.abc import Iterator, Mapping, Sequence

from tricolor.analysis.heat_meters import calculated_cells, inputs_of, is_complete, reach
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import Interval
from tricolor.domain.meters import HEAT_INPUTS, Measure, Medium
from tricolor.ports import ReadingStore


def calculated(
    registry: Registry, readings: ReadingStore, spans: Sequence[tuple[int, Interval]]
) -> Iterator[tuple[EnergyCells, Mapping[int, Interval]]]:
    """For each calculated point that the changed (point, span) reach: its cells, and the window in which they replace the stored ones."""
    changed: dict[str, Interval] = {}
    for key, span in spans:
        point = registry.by_key[key]
        if point.measure in HEAT_INPUTS or point.measure is Measure.CALCULATED_HEAT:
            before = changed.get(point.meter_id, span)
            changed[point.meter_id] = Interval(min(before.start, span.start), max(before.end, span.end))
    if not changed:
        return
    for point in registry.points.values():
        if point.measure is not Measure.CALCULATED_HEAT or point.meter_id not in changed:
            continue
        medium, inputs = registry.meters[point.meter_id].medium, inputs_of(registry, point.meter_id)
        if not inputs:
            continue
        window = reach(inputs, changed[point.meter_id])
        if not is_complete(Medium(medium), inputs):
            yield EnergyCells.empty(), {point.key: window}
            continue
        batch = readings.around(sorted(p.key for p in inputs.values()), window)
        yield calculated_cells(point, medium, inputs, batch, window), {point.key: window}
