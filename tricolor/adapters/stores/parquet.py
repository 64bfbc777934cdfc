"""Readings and energy as Parquet, with point ids and local times: for spreadsheets' big sisters and for keeping."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import DAY_US, Interval
from tricolor.domain.readings import QUALITY_NAMES, ReadingBatch
from tricolor.ports import EnergyStore, ReadingStore

SLICE_US = 7 * DAY_US
POINTS = 2_000  # asked for at once: a week of 15-minute data of them is 1.3 M rows
_LOCAL = pa.timestamp("us", tz="Asia/Shanghai")
_TEXT = pa.dictionary(pa.int32(), pa.string())
READINGS = pa.schema([("point", _TEXT), ("at", _LOCAL), ("value", pa.float64()), ("unit", _TEXT), ("quality", _TEXT), ("received_at", _LOCAL)])
ENERGY = pa.schema(
    [("point", _TEXT), ("start", _LOCAL), ("amount", pa.float64()), ("unit", _TEXT), ("covered_s", pa.float64()), ("flag", pa.uint8())]
)
_QUALITIES = [name for name, _ in sorted(QUALITY_NAMES.items(), key=lambda item: item[1])]


def write_readings(store: ReadingStore, registry: Registry, span: Interval, path: Path) -> int:
    """Every reading of the span in the meters' own units, sorted by point and time within a week; how many rows."""
    names = _Names(registry)

    def table(part: Interval, keys: list[int]) -> pa.Table:
        found: ReadingBatch = store.read(keys, part)
        points, units = names.columns(found.point)
        quality = pa.DictionaryArray.from_arrays(pa.array(found.quality.astype(np.int32)), pa.array(_QUALITIES))
        columns = [points, _local(found.at), pa.array(found.value), units, quality, _local(found.received_at)]
        return pa.table(columns, schema=READINGS)

    return _write(path, READINGS, (table(part, keys) for part in _slices(span) for keys in names.groups()))


def write_energy(store: EnergyStore, registry: Registry, span: Interval, path: Path) -> int:
    """Every settled 15-minute cell of the span; amount is null where nothing is known; how many rows."""
    names = _Names(registry)

    def table(part: Interval, keys: list[int]) -> pa.Table:
        found: EnergyCells = store.cells(keys, part)
        points, units = names.columns(found.point)
        amount = pa.array(found.amount, mask=np.isnan(found.amount))
        columns = [points, _local(found.start), amount, units, pa.array(found.covered_us / 1e6), pa.array(found.flag)]
        return pa.table(columns, schema=ENERGY)

    return _write(path, ENERGY, (table(part, keys) for part in _slices(span) for keys in names.groups()))


class _Names:
    """Point ids and units by key, as dictionaries that all tables share."""

    def __init__(self, registry: Registry) -> None:
        points = sorted(registry.points.values(), key=lambda p: p.key)
        self._keys = np.array([p.key for p in points], dtype=np.int64)
        self._ids = pa.array([p.id for p in points], pa.string())
        units = sorted({p.unit for p in points})
        self._units = pa.array(units, pa.string())
        self._unit_of = np.array([units.index(p.unit) for p in points], dtype=np.int32)

    def groups(self) -> Iterator[list[int]]:
        for start in range(0, len(self._keys), POINTS):
            yield self._keys[start : start + POINTS].tolist()

    def columns(self, keys: NDArray[np.int64]) -> tuple[pa.Array, pa.Array]:
        place = np.searchsorted(self._keys, keys).astype(np.int32)
        ids = pa.DictionaryArray.from_arrays(pa.array(place), self._ids)
        return ids, pa.DictionaryArray.from_arrays(pa.array(self._unit_of[place]), self._units)


def _local(times: NDArray[np.int64]) -> pa.Array:
    return pa.array(times).cast(pa.timestamp("us", tz="UTC")).cast(_LOCAL)


def _slices(span: Interval) -> Iterator[Interval]:
    for start in range(span.start, span.end, SLICE_US):
        yield Interval(start, min(span.end, start + SLICE_US))


def _write(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> int:
    """All of it or no file."""
    partial = path.with_name(path.name + ".partial")
    rows = 0
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for table in tables:
                rows += table.num_rows
                if table.num_rows:
                    writer.write_table(table)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise TryAgain(f"{path} could not be written: {error}") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return rows
