"""Virtual points kept up: whatever changed under a formula is worked out again, in the order in which formulas read each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from tricolor.analysis.virtual import virtual_cells
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.formulas import BadFormula, Formula, check, order, parse
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import CELL_US, DAY_US, EARLIEST_US, LATEST_US, Interval
from tricolor.domain.meters import HEAT_INPUTS, Measure, Point
from tricolor.ports import EnergyStore

log = structlog.get_logger()
CELLS_AT_ONCE = 2_000_000  # rough bound of the input cells read in one go
APART_US = 8 * DAY_US  # windows further apart are worked out one by one


@dataclass(frozen=True, slots=True)
class VirtualBook:
    """The formulas of one registry. levels: points that read none, then those that read only these, and so on; readers: key -> virtual keys."""

    formulas: Mapping[int, Formula]
    levels: tuple[tuple[int, ...], ...]
    readers: Mapping[int, tuple[int, ...]]

    @staticmethod
    def of(registry: Registry) -> "VirtualBook":
        """Formulas that do not fit what the registry holds are left out, and logged; an import refuses them."""
        formulas: dict[str, Formula] = {}
        for point in registry.points.values():
            if point.formula and (formula := _sound(registry, point)) is not None:
                formulas[point.id] = formula
        if not formulas:
            return VirtualBook({}, (), {})
        try:
            in_order = order({name: formula.names for name, formula in formulas.items()})
        except BadFormula as bad:
            log.error("virtual points are not worked out", reason=bad.en)
            return VirtualBook({}, (), {})
        depth: dict[str, int] = {}
        readers: dict[int, list[int]] = {}
        for name in in_order:
            depth[name] = 1 + max((depth.get(n, -1) for n in formulas[name].names), default=-1)
            for read in formulas[name].names:
                readers.setdefault(registry.points[read].key, []).append(registry.points[name].key)
        levels = [tuple(registry.points[n].key for n in in_order if depth[n] == d) for d in range(max(depth.values()) + 1)]
        by_key = {registry.points[name].key: formula for name, formula in formulas.items()}
        return VirtualBook(by_key, tuple(levels), {key: tuple(found) for key, found in readers.items()})

    def leaves(self, registry: Registry, key: int) -> set[int]:
        """Real points that a virtual point comes from at last; of calculated heat, the points that it is calculated from."""
        found: set[int] = set()
        for name in self.formulas[key].names if key in self.formulas else ():
            point = registry.points[name]
            if point.key in self.formulas:
                found |= self.leaves(registry, point.key)
            elif point.measure is Measure.CALCULATED_HEAT:
                found |= {p.key for p in registry.points.values() if p.meter_id == point.meter_id and p.measure in HEAT_INPUTS}
            else:
                found.add(point.key)
        return found


def _sound(registry: Registry, point: Point) -> Formula | None:
    try:
        formula = parse(point.formula)
        missing = [name for name in formula.names if name not in registry.points]
        if missing:
            raise BadFormula(f"测点 {missing[0]} 不存在", f"there is no point {missing[0]}")
        check(formula, {name: amount_unit(registry.points[name]) for name in formula.names}, point.unit)
    except BadFormula as bad:
        log.error("a virtual point is not worked out", point=point.id, reason=bad.en)
        return None
    return formula


class Moved:
    """Which stretches of which points' cells changed in one pass; each joined to one span."""

    def __init__(self) -> None:
        self.spans: dict[int, Interval] = {}

    def add(self, key: int, span: Interval) -> None:
        held = self.spans.get(key)
        self.spans[key] = span if held is None else Interval(min(held.start, span.start), max(held.end, span.end))


def worked_out(
    registry: Registry, book: VirtualBook, energy: EnergyStore, moved: Moved, whole: Mapping[int, Interval]
) -> Iterator[tuple[EnergyCells, dict[int, Interval]]]:
    """Cells of the virtual points above what moved, and the windows in which they replace the stored ones; the caller stores them, and adds to
    `moved` what differed, before it asks for the next. whole: virtual points to be worked out anew over these spans."""
    for level in book.levels:
        windows: dict[int, Interval] = {key: whole[key] for key in level if key in whole}
        for changed, span in moved.spans.items():
            for key in set(book.readers.get(changed, ())) & set(level):
                held = windows.get(key)
                windows[key] = span if held is None else Interval(min(held.start, span.start), max(held.end, span.end))
        for group in _groups(book, windows):
            span = Interval(min(w.start for w in group.values()), max(w.end for w in group.values()))
            keys = sorted({registry.points[name].key for key in group for name in book.formulas[key].names})
            inputs = energy.cells(keys, span)
            yield virtual_cells(registry, {key: book.formulas[key] for key in group}, inputs, group), group


def _groups(book: VirtualBook, windows: Mapping[int, Interval]) -> Iterator[dict[int, Interval]]:
    """Points whose windows nearly agree, within the bound of cells."""
    group: dict[int, Interval] = {}
    rows = 0
    for key, window in sorted(windows.items(), key=lambda item: (item[1].start, item[1].end, item[0])):
        if window.length_us <= 0:
            continue
        more = window.length_us // CELL_US * len(book.formulas[key].names)
        first = next(iter(group.values()), window)
        is_near = abs(first.start - window.start) <= APART_US and abs(first.end - window.end) <= APART_US
        if group and (not is_near or rows + more > CELLS_AT_ONCE):
            yield group
            group, rows = {}, 0
        group[key] = window
        rows += more
    if group:
        yield group


def extent(energy: EnergyStore, keys: Sequence[int]) -> dict[int, Interval]:
    """From the first to the last stored cell of each point that has any."""
    found: dict[int, Interval] = {}
    for begin in range(0, len(keys), 20):
        cells = energy.cells(sorted(keys[begin : begin + 20]), Interval(EARLIEST_US, LATEST_US))
        for key in np.unique(cells.point).tolist():
            low, high = np.searchsorted(cells.point, [key, key + 1]).tolist()
            found[key] = Interval(int(cells.start[low]), int(cells.start[high - 1]) + CELL_US)
    return found


def hull(spans: Iterable[Interval]) -> Interval | None:
    """The span from the first start to the last end, widened to whole cells; None of none."""
    all_of = list(spans)
    if not all_of:
        return None
    start, end = min(s.start for s in all_of), max(s.end for s in all_of)
    return Interval(start - start % CELL_US, -(-end // CELL_US) * CELL_US)
