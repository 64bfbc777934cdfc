"""Which points of which meters say the same thing: the flow of a meter by carrier, and the tree of parents and sub-meters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.accounts import is_energy
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.gauges import amount_unit, is_integrated
from tricolor.domain.intervals import CELL_US
from tricolor.domain.meters import Point, PointKind, Role
from tricolor.domain.units import UnitMismatch, conversion

_RANK = {PointKind.REGISTER: 0, PointKind.DELTA: 1, PointKind.GAUGE: 2, PointKind.VIRTUAL: 3}
FULL_US = CELL_US - 1_000_000  # a cell known but for a second is known


class Series(NamedTuple):
    """Cells that are known whole: start [µs], amount."""

    start: NDArray[np.int64]
    amount: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tree:
    """flows: (meter, carrier) -> points with their sign, the first the main one; carriers: of a meter; children: meter -> sub-meters; powers: key of
    a register or delta -> the gauge of the same meter and carrier; peers: (entity, carrier, role) -> its registers and deltas."""

    flows: Mapping[tuple[str, str], tuple[tuple[Point, float], ...]]
    carriers: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]
    powers: Mapping[int, Point]
    peers: Mapping[tuple[str, str, Role], tuple[Point, ...]]


def tree_of(registry: Registry) -> Tree:
    by_flow: dict[tuple[str, str], dict[Role, list[Point]]] = {}
    for point in registry.points.values():
        if is_energy(point):
            by_flow.setdefault((point.meter_id, point.carrier), {}).setdefault(point.role, []).append(point)
    flows: dict[tuple[str, str], tuple[tuple[Point, float], ...]] = {}
    powers: dict[int, Point] = {}
    for place, roles in by_flow.items():
        chosen = [min(points, key=lambda p: (_RANK[p.plate.kind], p.id)) for points in roles.values()]
        chosen.sort(key=lambda p: (p.role is Role.SOLD, _RANK[p.plate.kind], p.id))
        flows[place] = tuple((p, -1.0 if p.role is Role.SOLD else 1.0) for p in chosen)
        for points in roles.values():
            gauges = sorted((p for p in points if is_integrated(p)), key=lambda p: p.id)
            for point in points:
                if gauges and point.plate.kind is not PointKind.GAUGE and factor(gauges[0], point) is not None:
                    powers[point.key] = gauges[0]
    children: dict[str, list[str]] = {}
    for meter in registry.meters.values():
        if meter.parent_id in registry.meters:
            children.setdefault(meter.parent_id, []).append(meter.id)
    carriers: dict[str, list[str]] = {}
    for meter_id, carrier in sorted(flows):
        carriers.setdefault(meter_id, []).append(carrier)
    below = {parent: tuple(sorted(found)) for parent, found in children.items()}
    return Tree(flows, {m: tuple(c) for m, c in carriers.items()}, below, powers, _peers(registry))


def _peers(registry: Registry) -> dict[tuple[str, str, Role], tuple[Point, ...]]:
    found: dict[tuple[str, str, Role], list[Point]] = {}
    for point in sorted(registry.points.values(), key=lambda p: p.id):
        if is_energy(point) and point.plate.kind is not PointKind.GAUGE:
            found.setdefault((point.entity_id, point.carrier, point.role), []).append(point)
    return {place: tuple(points) for place, points in found.items()}


def factor(source: Point, target: Point) -> float | None:
    """What one unit of the source's cells is in the target's; None where they measure different things."""
    try:
        return conversion(amount_unit(source), amount_unit(target))
    except UnitMismatch:
        return None


def links_of(registry: Registry) -> dict[str, frozenset[str]]:
    """Entity -> others whose meters stand directly before or behind its own: a change in one changes what is said of the other.

    A meter whose sibling changes is told by their parent, so the children of one parent are linked as well.
    """
    families: dict[str, set[str]] = {}
    for meter in registry.meters.values():
        if meter.parent_id in registry.meters:
            families.setdefault(meter.parent_id, {registry.meters[meter.parent_id].entity_id}).add(meter.entity_id)
    found: dict[str, set[str]] = {}
    for family in families.values():
        if len(family) > 1:
            for entity in family:
                found.setdefault(entity, set()).update(family - {entity})
    return {entity: frozenset(others) for entity, others in found.items()}


class CellBook:
    """Known cells by point and day. Cells with an open item hold part of the truth only, so no comparison uses them."""

    def __init__(self, cells: EnergyCells) -> None:
        is_whole = (cells.covered_us >= FULL_US) & np.isfinite(cells.amount) & (cells.flag & CellFlag.OPEN == 0)
        self._cells = cells.take(is_whole)

    def of(self, key: int, start: int, end: int) -> Series:
        low, high = np.searchsorted(self._cells.point, [key, key + 1]).tolist()
        first, last = (np.searchsorted(self._cells.start[low:high], [start, end]) + low).tolist()
        return Series(self._cells.start[first:last], self._cells.amount[first:last])

    def flow(self, parts: Iterable[tuple[Point, float]], unit_of: Point, start: int, end: int) -> Series | None:
        """The signed sum in the unit of a point, where every part is known; None where units do not go together."""
        series = []
        for point, sign in parts:
            share = factor(point, unit_of)
            if share is None:
                return None
            mine = self.of(point.key, start, end)
            series.append(Series(mine.start, mine.amount * (sign * share)))
        return added(series)


def common(series: Iterable[Series]) -> NDArray[np.int64]:
    """Starts of the cells that all of them know."""
    found: NDArray[np.int64] | None = None
    for each in series:
        is_same = found is None or np.array_equal(found, each.start)  # mostly all of them know the whole day
        found = each.start if found is None or is_same else np.intersect1d(found, each.start, assume_unique=True)
    return np.empty(0, dtype=np.int64) if found is None else found


def at(series: Series, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Amounts at starts that the series holds."""
    amounts: NDArray[np.float64] = series.amount[np.searchsorted(series.start, starts)]
    return amounts


def added(series: list[Series]) -> Series:
    starts = common(series)
    total = np.zeros(len(starts))
    for each in series:
        total += at(each, starts)
    return Series(starts, total)
