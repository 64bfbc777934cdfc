"""Readings and energy as Parquet, with point ids and local times: for spreadsheets' big sisters and for keeping."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tricolor.adapters.stores.tables import ENERGY, READINGS, PointNames, energy_table, readings_table
from tricolor.domain.entities import Registry
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import DAY_US, Interval
from tricolor.ports import EnergyStore, ReadingStore

SLICE_US = 7 * DAY_US
POINTS = 2_000  # asked for at once: a week of 15-minute data of them is 1.3 M rows


def write_readings(store: ReadingStore, registry: Registry, span: Interval, path: Path) -> int:
    """Every reading of the span in the meters' own units, sorted by point and time within a week; how many rows."""
    names = PointNames(registry)
    tables = (readings_table(store.read(keys, part), names) for part in _slices(span) for keys in names.groups(POINTS))
    return _write(path, READINGS, tables)


def write_energy(store: EnergyStore, registry: Registry, span: Interval, path: Path) -> int:
    """Every settled 15-minute cell of the span; amount is null where nothing is known; how many rows."""
    names = PointNames(registry)
    tables = (energy_table(store.cells(keys, part), names) for part in _slices(span) for keys in names.groups(POINTS))
    return _write(path, ENERGY, tables)


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
