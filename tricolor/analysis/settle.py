"""Settling: readings of many points at once become 15-minute energy by each point's kind, plate and declared facts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.cells import spread
from tricolor.domain.decided import Confirmed, confirm, state_amounts, substituted
from tricolor.domain.energy import EnergyCells
from tricolor.domain.exchanges import MeterFacts, multiply, name_exchanges, with_edges
from tricolor.domain.gauges import HOLD_INTERVALS, INTEGRALS, gauge_steps, is_integrated
from tricolor.domain.intervals import CELL_US, DAY_US, SECOND_US, Interval, ceil_cell, floor_cell
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.plates import PlateColumns
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.domain.registers import Steps, delta_steps, is_same_register, plain, register_steps
from tricolor.domain.windows import settled_from, settled_to

ROWS_AT_ONCE = 100_000  # readings settled in one stroke; bounds the memory and stays near the cache
CLOCK_AHEAD_US = DAY_US  # a reading stamped later than this after its arrival has a wrong clock (intake turns away most of them)
NO_FACTS = MeterFacts()
Number = TypeVar("Number", bound=np.generic)


class _Plates(NamedTuple):
    key: NDArray[np.int64]  # sorted
    kind: NDArray[np.uint8]
    interval_us: NDArray[np.int64]
    per_hour: NDArray[np.float64]
    columns: PlateColumns
    base: Mapping[int, float]  # multiplier before the first declared change, of the points that have one
    confirmed: Mapping[int, Sequence[Confirmed]]
    own: Mapping[int, float]  # multiplier in the columns, of the points with something confirmed


_REGISTER, _DELTA, _GAUGE, _STATE = 1, 2, 3, 0  # _STATE: a gauge without an integral (temperature, pressure)


def settle(points: Mapping[int, Point], batch: ReadingBatch, facts: MeterFacts = NO_FACTS) -> EnergyCells:
    """Cells of the batch, sorted by (point, start). batch: sorted by (point, at), one reading per instant; unknown points and gauges of a state
    (temperature) give none.

    Left out, as if the meter had been silent: readings of quality BAD or CALIBRATION, and those stamped more than a day after they arrived.
    """
    plates = _plates(points, facts)
    given = {key: facts.substitutes[key] for key in facts.substitutes.keys() & points.keys() if _kind_code(points[key]) != _STATE}
    if given:
        bare = MeterFacts(facts.exchanges, facts.multipliers, facts.confirmed)
        return substituted(settle(points, batch, bare), given)
    if not len(batch) or not len(plates.key):
        return EnergyCells.empty()
    point, start, amount, covered_us, flag = [], [], [], [], []
    for part in _strokes(batch):
        cells = _cells(part, plates, facts)
        point.append(cells.point)
        start.append(cells.start)
        amount.append(cells.amount)
        covered_us.append(cells.covered_us)
        flag.append(cells.flag)
    del cells, part
    return EnergyCells(_joined(point), _joined(start), _joined(amount), _joined(covered_us), _joined(flag))


def _joined(parts: list[NDArray[Number]]) -> NDArray[Number]:
    """The parts as one array; the list is emptied, so that no column is held twice while the next is joined."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def steps_of(points: Mapping[int, Point], batch: ReadingBatch, facts: MeterFacts = NO_FACTS) -> Steps:
    """The steps behind the cells, sorted by (point, start)."""
    plates = _plates(points, facts)
    if not len(batch) or not len(plates.key):
        return Steps.empty()
    return Steps.concat(_steps(batch, plates, facts)).in_order()


def window(point: Point, mine: ReadingBatch, facts: MeterFacts, dirty: Interval, read: Interval) -> Interval | None:
    """The cells that a change of the point's readings in `dirty` may touch and that `mine` tells exactly; None: read more around it.

    mine: the point's readings of the span `read` with its neighbours on both sides, if it has any. What the window leaves out stays as it was.
    """
    if point.plate.kind is not PointKind.REGISTER:
        reach = HOLD_INTERVALS * point.plate.interval_s * SECOND_US
        return Interval(floor_cell(dirty.start - reach), ceil_cell(dirty.end + reach))
    at, is_plain = _plain_of(point, mine.take(usable(mine)), facts)
    is_first = not len(mine) or int(mine.at[0]) >= read.start
    is_last = not len(mine) or int(mine.at[-1]) < read.end
    start, end = settled_from(at, is_plain, dirty.start), settled_to(at, is_plain, dirty.end)
    if start is None and is_first:
        start = floor_cell(min(int(mine.at[0]) if len(mine) else dirty.start, dirty.start))
    if end is None and is_last:
        end = ceil_cell(max(int(mine.at[-1]) if len(mine) else dirty.end, dirty.end) + 1)
    return None if start is None or end is None else Interval(start, max(start, end))


def usable(batch: ReadingBatch) -> NDArray[np.bool_]:
    """Which readings count."""
    is_usable: NDArray[np.bool_] = (batch.quality < Quality.CALIBRATION) & np.isfinite(batch.value)
    return is_usable & ~is_ahead(batch)


def is_ahead(batch: ReadingBatch) -> NDArray[np.bool_]:
    """Which readings are stamped impossibly long after they arrived (received_at 0: arrival not known)."""
    found: NDArray[np.bool_] = (batch.received_at > 0) & (batch.at - batch.received_at > CLOCK_AHEAD_US)
    return found


def rows_of(batch: ReadingBatch, begin: int, end: int) -> ReadingBatch:
    """Rows begin..end as views."""
    return ReadingBatch(
        batch.point[begin:end],
        batch.at[begin:end],
        batch.value[begin:end],
        batch.quality[begin:end],
        batch.seq[begin:end],
        batch.received_at[begin:end],
    )


def _strokes(batch: ReadingBatch) -> Iterator[ReadingBatch]:
    """The batch in parts of whole points, of about ROWS_AT_ONCE rows each."""
    begin = 0
    while begin < len(batch):
        end = min(len(batch), begin + ROWS_AT_ONCE)
        if end < len(batch):
            end = int(np.searchsorted(batch.point, batch.point[end - 1], side="right"))
        yield rows_of(batch, begin, end)
        begin = end


def _cells(batch: ReadingBatch, plates: _Plates, facts: MeterFacts) -> EnergyCells:
    cells = [spread(part, _gap_us(part, plates)) for part in _steps(batch, plates, facts) if len(part)]
    merged = EnergyCells.concat(cells)
    return merged if len(cells) < 2 else merged.take(np.lexsort((merged.start, merged.point)))


def _steps(batch: ReadingBatch, plates: _Plates, facts: MeterFacts) -> list[Steps]:
    """Steps of the registers, of the deltas and of the gauges."""
    slot = np.minimum(np.searchsorted(plates.key, batch.point), len(plates.key) - 1)
    kind = np.where((plates.key[slot] == batch.point) & usable(batch), plates.kind[slot], np.uint8(_STATE))
    found: list[Steps] = []
    for code in (_REGISTER, _DELTA, _GAUGE):
        rows = kind == code
        if not rows.any():
            continue
        mine, place = (batch, slot) if rows.all() else (batch.take(rows), slot[rows])
        steps = _of_kind(code, mine, place, plates, facts)
        if plates.confirmed:
            steps = confirm(steps, plates.confirmed, plates.own)
        steps = multiply(steps, plates.base, {key: facts.multipliers[key] for key in plates.base})
        found.append(state_amounts(steps, plates.confirmed) if plates.confirmed else steps)
    return found


def _of_kind(code: int, mine: ReadingBatch, place: NDArray[np.int64], plates: _Plates, facts: MeterFacts) -> Steps:
    if code == _REGISTER:
        rows = with_edges(mine.point, mine.at, mine.value, facts.exchanges) if facts.exchanges else None
        if rows is None:
            return register_steps(mine.point, mine.at, mine.value, _columns(plates, place))
        steps = register_steps(rows.point, rows.at, rows.value, _columns(plates, place[rows.source]), rows.edge)
        return name_exchanges(steps, facts.exchanges)
    if code == _DELTA:
        return delta_steps(mine.point, mine.at, mine.value, plates.interval_us[place], _columns(plates, place), mine.seq)
    return gauge_steps(mine.point, mine.at, mine.value, plates.interval_us[place], _columns(plates, place), plates.per_hour[place])


def _plain_of(point: Point, mine: ReadingBatch, facts: MeterFacts) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Times of one register's rows (declared values among them), and which steps between them are as the plate allows."""
    if len(mine) < 2:
        return mine.at, np.zeros(max(0, len(mine) - 1), dtype=bool)
    rows = with_edges(mine.point, mine.at, mine.value, {point.key: facts.exchanges[point.key]}) if point.key in facts.exchanges else None
    at, value, edge = (mine.at, mine.value, None) if rows is None else (rows.at, rows.value, rows.edge)
    columns = _columns(_plates({point.key: point}, facts), np.zeros(len(at), dtype=np.int64))
    is_same = is_same_register(np.full(len(at), point.key), edge)
    return at, plain(is_same, at, value[1:] - value[:-1], columns)


def _plates(points: Mapping[int, Point], facts: MeterFacts) -> _Plates:
    rows = sorted(points.values(), key=lambda p: p.key)
    nan = float("nan")
    base = {p.key: p.plate.multiplier for p in rows if p.key in facts.multipliers}
    return _Plates(
        np.array([p.key for p in rows], dtype=np.int64),
        np.array([_kind_code(p) for p in rows], dtype=np.uint8),
        np.array([p.plate.interval_s * SECOND_US for p in rows], dtype=np.int64),
        np.array([INTEGRALS[p.unit][1] if is_integrated(p) else nan for p in rows]),
        PlateColumns(
            np.array([nan if p.plate.capacity is None else p.plate.capacity for p in rows]),
            np.array([nan if p.plate.max_rate is None else p.plate.max_rate for p in rows]),
            np.array([p.plate.resolution for p in rows]),
            np.array([1.0 if p.key in base else p.plate.multiplier for p in rows]),
            np.array([p.plate.is_net for p in rows]) if any(p.plate.is_net for p in rows) else None,
        ),
        base,
        {p.key: facts.confirmed[p.key] for p in rows if p.key in facts.confirmed},
        {p.key: 1.0 if p.key in base else p.plate.multiplier for p in rows if p.key in facts.confirmed},
    )


def _kind_code(point: Point) -> int:
    if point.plate.kind is PointKind.VIRTUAL:
        return _STATE  # its cells come from its formula, whatever somebody sends in its name
    if point.plate.kind is PointKind.GAUGE:
        return _GAUGE if is_integrated(point) else _STATE
    return _REGISTER if point.plate.kind is PointKind.REGISTER else _DELTA


def _columns(plates: _Plates, place: NDArray[np.int64]) -> PlateColumns:
    return plates.columns.take(place)


def _gap_us(steps: Steps, plates: _Plates) -> NDArray[np.int64]:
    """Longest step whose split over the cells still counts as measured: one and a half intervals, at least one cell."""
    interval = plates.interval_us[np.searchsorted(plates.key, steps.point)]
    longest: NDArray[np.int64] = np.maximum(interval + interval // 2, CELL_US + CELL_US // 2)
    return longest
