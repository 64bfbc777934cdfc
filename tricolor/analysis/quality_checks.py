"""Checks between meters by day: a parent against its children, a register against its power, a point against its neighbours."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import numpy as np

from tricolor.analysis.quality_flows import CellBook, Series, Tree, at, common, factor
from tricolor.domain.entities import Registry
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import Interval, day
from tricolor.domain.meters import Point
from tricolor.domain.quality import Check, CheckKind

NEIGHBOURS_MIN = 3  # a median of fewer says nothing


def checks_of(registry: Registry, tree: Tree, entities: Collection[str], days: Sequence[date], book: CellBook) -> list[Check]:
    """The checks whose subject belongs to the entities. What is not known to all sides is left out of both, never taken as zero."""
    found: list[Check] = []
    points = [p for p in registry.points.values() if p.entity_id in entities]
    groups = [g for (owner, _, _), g in tree.peers.items() if owner in entities and len({p.meter_id for p in g}) >= NEIGHBOURS_MIN]
    for on in days:
        span, name = day(on), on.isoformat()
        found += _balances(registry, tree, entities, book, span, name)
        found += _powers(tree, points, book, span, name)
        for group in groups:
            found += _neighbours(group, book, span, name)
    return found


def _compared(kind: CheckKind, point: Point, on: str, value: Series, against: Series, digit: float, others: Sequence[str]) -> Check:
    starts = common((value, against))
    n = len(starts)
    sums = (float(at(value, starts).sum()), float(at(against, starts).sum())) if n else (None, None)
    return Check(kind, point.key, on, sums[0], sums[1], amount_unit(point), n, digit, tuple(others))


def _balances(registry: Registry, tree: Tree, entities: Collection[str], book: CellBook, span: Interval, on: str) -> Iterator[Check]:
    for meter, below in tree.children.items():
        if registry.meters[meter].entity_id not in entities:
            continue
        for carrier in tree.carriers.get(meter, ()):
            parts = tree.flows[meter, carrier]
            main = parts[0][0]
            children = [c for c in below if (c, carrier) in tree.flows]
            flows = [book.flow(tree.flows[c, carrier], main, span.start, span.end) for c in children]
            parent = book.flow(parts, main, span.start, span.end)
            if not children or parent is None or any(f is None for f in flows):
                continue
            known = [f for f in flows if f is not None]
            starts = common(known)
            total = (
                Series(starts, np.sum([at(f, starts) for f in known], axis=0)) if len(starts) else known[0]._replace(start=starts, amount=np.empty(0))
            )
            digits = sum(_digit(p, main) for c in [meter, *children] for p, _ in tree.flows[c, carrier])
            yield _compared(CheckKind.BALANCE, main, on, total, parent, digits, children)


def _powers(tree: Tree, points: Sequence[Point], book: CellBook, span: Interval, on: str) -> Iterator[Check]:
    for point in points:
        gauge = tree.powers.get(point.key)
        if gauge is None:
            continue
        share = factor(gauge, point) or 0.0
        seen = book.of(gauge.key, span.start, span.end)
        own = book.of(point.key, span.start, span.end)
        yield _compared(CheckKind.POWER, point, on, own, Series(seen.start, seen.amount * share), _digit(point, point), (gauge.id,))


def _neighbours(group: Sequence[Point], book: CellBook, span: Interval, on: str) -> Iterator[Check]:
    """Each point against the median of the others: it moves only when most of them do, so one busy neighbour is no evidence."""
    series = [book.of(p.key, span.start, span.end) for p in group]
    totals = [float(s.amount.sum()) if len(s.start) else None for s in series]
    for place, point in enumerate(group):
        sums = [
            total * share
            for i, total in enumerate(totals)
            if i != place and total is not None and group[i].meter_id != point.meter_id and (share := factor(group[i], point)) is not None
        ]
        value, unit, digit = totals[place], amount_unit(point), _digit(point, point)
        if value is None or len(sums) < NEIGHBOURS_MIN - 1:
            yield Check(CheckKind.NEIGHBOURS, point.key, on, None, None, unit, 0, digit, ())
        else:
            yield Check(CheckKind.NEIGHBOURS, point.key, on, value, float(np.median(sums)), unit, len(series[place].start), digit, ())


def _digit(point: Point, target: Point) -> float:
    return point.plate.resolution * point.plate.multiplier * (factor(point, target) or 0.0)
