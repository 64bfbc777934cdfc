"""All readings and cells of a store as Parquet by month, and back: through the store port, so that it works for every store.

Copying takes a while and holds nobody up. What the intake stored after the ledger's snapshot is left out, and where it had replaced a reading
that one is put back from the ledger, so that counts and readings are of one moment; the stretches it touched are noted, to be settled again
after a restore.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tricolor.adapters.ledger.copying import SKEW_US, Cut, Tell
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import DAY_US, EARLIEST_US, SECOND_US, Interval, Step, month_text, step_edges
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import EnergyStore, ReadingStore

POINTS = 200  # asked for at once
ROWS = 2_000_000  # about so many at once, by how often the points are expected
TRIES = 6
CELL_S = 900
READINGS_FOLDER, ENERGY_FOLDER, REPLACED, UNSETTLED = "readings", "energy", "readings/replaced.parquet", "readings/unsettled.parquet"
_LOCAL = pa.timestamp("us", tz="Asia/Shanghai")
_TEXT = pa.dictionary(pa.int32(), pa.string())
_READINGS = pa.schema(
    [("point", _TEXT), ("at", _LOCAL), ("value", pa.float64()), ("quality", pa.uint8()), ("seq", pa.int64()), ("received_at", _LOCAL)]
)
_CELLS = pa.schema([("point", _TEXT), ("start", _LOCAL), ("amount", pa.float64()), ("covered_us", pa.int64()), ("flag", pa.uint8())])
_SPANS = pa.schema([("point", pa.string()), ("start", _LOCAL), ("end", _LOCAL)])
T = TypeVar("T")
Replaced = Callable[[int], ReadingBatch]


class Kept(ReadingStore, EnergyStore, Protocol):
    """A store of readings and cells."""


def write_store(store: Kept, cut: Cut, folder: Path, replaced_since: Replaced, tell: Tell) -> list[str]:
    """Files below the folder, cells first: whatever they were made from is seen when the readings are read. Their names.

    replaced_since(highest spool position left out): what readings were, before the intake replaced them after the cut.
    """
    newest = max(_patiently(store.latest).values(), default=EARLIEST_US)
    end = max(newest, cut.at) + DAY_US
    names_of = _Names(cut)
    later = _Later(cut)

    def cells(points: list[int], span: Interval) -> tuple[NDArray[np.int64], pa.Table]:
        found = _patiently(lambda: store.cells(points, span))
        return found.start, _cells_table(found, names_of)

    def readings(points: list[int], span: Interval) -> tuple[NDArray[np.int64], pa.Table]:
        found = later.without(_patiently(lambda: store.read(points, span)))
        return found.at, _readings_table(found, names_of)

    names = _write_months(folder, ENERGY_FOLDER, _CELLS, _strokes(cut, Interval(EARLIEST_US, end), CELL_S), cells, tell)
    first = _first_reading(store, cut, end)
    names += _write_months(folder, READINGS_FOLDER, _READINGS, _strokes(cut, Interval(first, end), 0), readings, tell)
    spans = later.spans(cut.points)
    if _write(folder / REPLACED, _readings_table(replaced_since(later.highest), names_of)):
        names.append(REPLACED)
    if _write(folder / UNSETTLED, spans):
        names.append(UNSETTLED)
    return names


def read_store(store: Kept, folder: Path, names: list[str], key_of: Mapping[str, int], tell: Tell) -> None:
    """Put what `write_store` wrote into an empty store; safe to repeat. Refused for a point that the ledger does not have."""
    order = sorted(names, key=lambda name: (name != REPLACED, name))  # the months' own readings go over those put back
    for done, name in enumerate(order):
        tell("readings and energy", done, len(order))
        if name == UNSETTLED:
            continue
        for batch in pq.ParquetFile(folder / name).iter_batches(500_000):
            table = pa.table(batch)
            points = _keys_of(table, key_of, name)
            if name.startswith(ENERGY_FOLDER):
                _put_cells(store, points, table)
            else:
                columns = (_plain(table, c) for c in ("at", "value", "quality", "seq", "received_at"))
                reading = ReadingBatch(points, *columns)
                _patiently(lambda reading=reading: store.put(reading))  # type: ignore[misc]
    tell("readings and energy", len(order), len(order))


def unsettled_spans(folder: Path, names: list[str], key_of: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Point keys, starts and ends [µs] of what must be settled again after a restore."""
    if UNSETTLED not in names:
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    table = pq.read_table(folder / UNSETTLED)
    return _keys_of(table, key_of, UNSETTLED), _plain(table, "start"), _plain(table, "end")


class _Later:
    """Tells readings that were stored after the cut, and notes the stretch of each point that they touch."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._touched: dict[int, tuple[int, int]] = {}
        self.highest = 0

    def without(self, found: ReadingBatch) -> ReadingBatch:
        cut = self._cut
        is_later = (found.received_at >= cut.since) & (found.seq > cut.last_seq)
        if cut.workers > 1:  # positions of several spools say nothing of each other
            is_later |= found.received_at > cut.at + SKEW_US
        if not is_later.any():
            return found
        later = found.take(is_later)
        self.highest = max(self.highest, int(later.seq.max()))
        for key in np.unique(later.point).tolist():
            at = later.at[later.point == key]
            low, high = self._touched.get(key, (int(at.min()), 0))
            self._touched[key] = min(low, int(at.min())), max(high, int(at.max()) + 1)
        return found.take(~is_later)

    def spans(self, names: Mapping[int, str]) -> pa.Table:
        rows = [(names[key], start, end) for key, (start, end) in sorted(self._touched.items())]
        starts, ends = (np.array([row[place] for row in rows], dtype=np.int64) for place in (1, 2))
        return pa.table([pa.array([row[0] for row in rows], pa.string()), pa.array(starts).view(_LOCAL), pa.array(ends).view(_LOCAL)], schema=_SPANS)


class _Names:
    """Point ids as one dictionary that all tables share."""

    def __init__(self, cut: Cut) -> None:
        self._keys = np.array(list(cut.points), dtype=np.int64)
        self._ids = pa.array(list(cut.points.values()), pa.string())

    def __call__(self, points: NDArray[np.int64]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(np.searchsorted(self._keys, points).astype(np.int32)), self._ids)


def _first_reading(store: Kept, cut: Cut, end: int) -> int:
    """Time [µs] of the oldest reading, so that empty years need not be asked for; `end` when there is none. Cells may be older than any reading."""
    first = end
    for some in _groups(cut):
        usable = _patiently(lambda some=some: store.around(some, Interval(EARLIEST_US, EARLIEST_US)))  # type: ignore[misc]
        first = min(first, int(usable.at.min())) if len(usable) else first
        bad = _patiently(lambda some=some, up_to=first: store.read(some, Interval(EARLIEST_US, up_to)))  # type: ignore[misc]
        first = min(first, int(bad.at.min())) if len(bad) else first
    return first


def _groups(cut: Cut) -> list[list[int]]:
    keys = list(cut.points)
    return [keys[first : first + POINTS] for first in range(0, len(keys), POINTS)]


def _strokes(cut: Cut, span: Interval, interval_s: int) -> list[tuple[list[int], Interval]]:
    """(points, part of the span) of about ROWS rows each, in the order of time. interval_s: of every point, 0: as each is expected."""
    strokes = []
    for some in _groups(cut):
        rows_per_s = sum(1 / max(1, interval_s or cut.intervals_s[key]) for key in some)
        width = max(3600 * SECOND_US, int(ROWS / rows_per_s) * SECOND_US)
        strokes += [(some, Interval(start, min(span.end, start + width))) for start in range(span.start, span.end, width)]
    return sorted(strokes, key=lambda stroke: stroke[1].start)


def _write_months(
    folder: Path, what: str, schema: pa.Schema, strokes: list[tuple[list[int], Interval]],
    read: Callable[[list[int], Interval], tuple[NDArray[np.int64], pa.Table]], tell: Tell,
) -> list[str]:  # fmt: skip
    """One file a month that holds anything; their names."""
    (folder / what).mkdir(exist_ok=True)
    files: dict[str, pq.ParquetWriter] = {}
    with ExitStack() as closing:
        for done, (points, span) in enumerate(strokes):
            tell(what, done, len(strokes))
            at, table = read(points, span)
            if not len(at):
                continue
            edges = step_edges(Interval(int(at.min()), int(at.max()) + 1), Step.MONTH)
            month = np.searchsorted(edges, at, side="right")
            for number in np.unique(month).tolist():
                name = f"{what}/{month_text(int(edges[number - 1]))}.parquet"
                if name not in files:
                    files[name] = closing.enter_context(pq.ParquetWriter(folder / name, schema, compression="zstd"))
                files[name].write_table(table.filter(pa.array(month == number)))
    tell(what, len(strokes), len(strokes))
    return sorted(files)


def _readings_table(found: ReadingBatch, ids: _Names) -> pa.Table:
    columns = [ids(found.point), _local(found.at), pa.array(found.value), pa.array(found.quality.astype(np.uint8)), pa.array(found.seq)]
    return pa.table([*columns, _local(found.received_at)], schema=_READINGS)


def _cells_table(found: EnergyCells, ids: _Names) -> pa.Table:
    columns = [ids(found.point), _local(found.start), pa.array(found.amount, from_pandas=False), pa.array(found.covered_us)]
    return pa.table([*columns, pa.array(found.flag.astype(np.uint8))], schema=_CELLS)


def _local(times: NDArray[np.int64]) -> pa.Array:
    return pa.array(times.astype(np.int64)).view(_LOCAL)


def _plain(table: pa.Table, name: str) -> NDArray[Any]:
    column = table[name].combine_chunks()
    return np.asarray((column.view(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_numpy(zero_copy_only=False))


def _keys_of(table: pa.Table, key_of: Mapping[str, int], name: str) -> NDArray[np.int64]:
    column = table["point"].combine_chunks()
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = column.dictionary.to_pylist()
    used = np.unique(column.indices.to_numpy(zero_copy_only=False)).tolist()
    unknown = [texts[place] for place in used if texts[place] not in key_of]
    if unknown:
        raise Refused(f"{name} holds readings of the point {unknown[0]!r}, which the ledger of the backup does not have")
    keys = np.array([key_of.get(each, -1) for each in texts], dtype=np.int64)
    return np.asarray(keys[column.indices.to_numpy(zero_copy_only=False)])


def _put_cells(store: Kept, points: NDArray[np.int64], table: pa.Table) -> None:
    cells = EnergyCells(points, *(_plain(table, c) for c in ("start", "amount", "covered_us", "flag")))
    spans = []
    for key in np.unique(points).tolist():
        starts = cells.start[points == key]
        spans.append((key, Interval(int(starts.min()), int(starts.max()) + 1)))
    _patiently(lambda: store.replace(spans, cells))


def _write(path: Path, table: pa.Table) -> bool:
    """Whether there was anything to write; an empty file is not left."""
    if not table.num_rows:
        return False
    pq.write_table(table, path, compression="zstd")
    return True


def _patiently(ask: Callable[[], T]) -> T:
    """A store that is busy is asked again, TRIES times in all."""
    for wait_s in (0.5, 1, 2, 4, 8)[: TRIES - 1]:
        try:
            return ask()
        except TryAgain:
            time.sleep(wait_s)
    return ask()
