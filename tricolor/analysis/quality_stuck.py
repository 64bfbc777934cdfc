"""Registers that stand still while the power of the same meter, its sub-meters, its parent or its neighbours say otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from tricolor.analysis.quality_flows import CellBook, Series, Tree, added, at, factor
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import CELL_US, Interval, day
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.stuck import NEIGHBOUR_CELLS, STUCK_CELLS, stuck_cells

StuckDays = Mapping[tuple[int, str], tuple[int, str]]  # (point, day) -> cells, on whose word


def stuck_days(
    registry: Registry, tree: Tree, points: Mapping[int, Point], days: Sequence[date], book: CellBook
) -> dict[tuple[int, str], tuple[int, str]]:
    """Stuck cells of the registers by day. Within a day only: a stop over midnight counts on each side by itself."""
    found: dict[tuple[int, str], tuple[int, str]] = {}
    for point in points.values():
        if point.plate.kind is not PointKind.REGISTER or not point.carrier:
            continue
        for on in days:
            span = day(on)
            own = book.of(point.key, span.start, span.end)
            if int((own.amount == 0).sum()) < STUCK_CELLS:
                continue
            told = _first_word(registry, tree, point, own, span, book)
            if told is not None:
                found[point.key, on.isoformat()] = told
    return found


def _first_word(registry: Registry, tree: Tree, point: Point, own: Series, span: Interval, book: CellBook) -> tuple[int, str] | None:
    digit = point.plate.resolution * point.plate.multiplier
    for witness, reference, whole, least in _witnesses(registry, tree, point, span, book):
        cells = stuck_cells(_cells(own), _cells(reference), digit, least, None if whole is None else _cells(whole))
        if len(cells):
            return len(cells), witness
    neighbours = _neighbours(tree, point, span, book)
    if len(neighbours) < 2 or not (own.amount > 0).any():  # a register that never moves that day may belong to a machine at rest
        return None
    still = [set(stuck_cells(_cells(own), _cells(each), digit, NEIGHBOUR_CELLS).tolist()) for each in neighbours]
    agreed = set.intersection(*still)
    return (len(agreed), "neighbours") if agreed else None


def _witnesses(registry: Registry, tree: Tree, point: Point, span: Interval, book: CellBook) -> Iterator[tuple[str, Series, Series | None, int]]:
    """Who else saw the flow, the surest first: (who, its series, the parent when it is a residual, least cells)."""
    power = tree.powers.get(point.key)
    if power is not None:
        share = factor(power, point) or 0.0
        seen = book.of(power.key, span.start, span.end)
        yield "power", Series(seen.start, seen.amount * share), None, STUCK_CELLS
    below = [tree.flows[child, point.carrier] for child in tree.children.get(point.meter_id, ()) if (child, point.carrier) in tree.flows]
    if below:
        parts = [flow for parts in below if (flow := book.flow(parts, point, span.start, span.end)) is not None]
        yield "children", added(parts), None, STUCK_CELLS
    meter = registry.meters.get(point.meter_id)
    above = meter.parent_id if meter else ""
    if (above, point.carrier) in tree.flows:
        parent = book.flow(tree.flows[above, point.carrier], point, span.start, span.end)
        siblings = [s for s in tree.children.get(above, ()) if s != point.meter_id and (s, point.carrier) in tree.flows]
        others = [book.flow(tree.flows[s, point.carrier], point, span.start, span.end) for s in siblings]
        if parent is not None and all(o is not None for o in others):
            known = [parent, *(Series(o.start, -o.amount) for o in others if o is not None)]
            left = added(known)
            yield "parent", left, Series(left.start, at(parent, left.start)), STUCK_CELLS


def _neighbours(tree: Tree, point: Point, span: Interval, book: CellBook) -> list[Series]:
    found = []
    for other in tree.peers.get((point.entity_id, point.carrier, point.role), ()):
        if other.meter_id != point.meter_id and other.plate.kind is PointKind.REGISTER and (share := factor(other, point)) is not None:
            seen = book.of(other.key, span.start, span.end)
            if len(seen.start):
                found.append(Series(seen.start, seen.amount * share))
    return found


def _cells(series: Series) -> EnergyCells:
    n = len(series.start)
    return EnergyCells(np.zeros(n, dtype=np.int64), series.start, series.amount, np.full(n, CELL_US, dtype=np.int64), np.zeros(n, dtype=np.uint8))
