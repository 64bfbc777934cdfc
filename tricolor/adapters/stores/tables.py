"""Readings and energy as Arrow tables, with point ids and local times: what exports are made of. Numbers are not copied."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.readings import QUALITY_NAMES, ReadingBatch

_LOCAL = pa.timestamp("us", tz="Asia/Shanghai")
_TEXT = pa.dictionary(pa.int32(), pa.string())
READINGS = pa.schema([("point", _TEXT), ("at", _LOCAL), ("value", pa.float64()), ("unit", _TEXT), ("quality", _TEXT), ("received_at", _LOCAL)])
ENERGY = pa.schema(
    [("point", _TEXT), ("start", _LOCAL), ("amount", pa.float64()), ("unit", _TEXT), ("covered_s", pa.float64()), ("flag", pa.uint8())]
)
_QUALITIES = [name for name, _ in sorted(QUALITY_NAMES.items(), key=lambda item: item[1])]


class PointNames:
    """Point ids and units by key, as dictionaries that all tables share."""

    def __init__(self, registry: Registry) -> None:
        points = sorted(registry.points.values(), key=lambda p: p.key)
        self._keys = np.array([p.key for p in points], dtype=np.int64)
        self._ids = pa.array([p.id for p in points], pa.string())
        units = sorted({p.unit for p in points})
        self._units = pa.array(units, pa.string())
        self._unit_of = np.array([units.index(p.unit) for p in points], dtype=np.int32)

    def groups(self, size: int) -> Iterator[list[int]]:
        """The keys, `size` at a time."""
        for start in range(0, len(self._keys), size):
            yield self._keys[start : start + size].tolist()

    def columns(self, keys: NDArray[np.int64]) -> tuple[pa.Array, pa.Array]:
        """Id and unit of every row. keys: of the registry, those of one point together."""
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        place = np.searchsorted(self._keys, keys[begins]).astype(np.int32)
        lengths = np.diff(np.append(begins, len(keys)))
        ids = pa.DictionaryArray.from_arrays(pa.array(np.repeat(place, lengths)), self._ids)
        return ids, pa.DictionaryArray.from_arrays(pa.array(np.repeat(self._unit_of[place], lengths)), self._units)


def readings_table(found: ReadingBatch, names: PointNames) -> pa.Table:
    """The readings by the schema READINGS, in the meters' own units."""
    points, units = names.columns(found.point)
    quality = pa.DictionaryArray.from_arrays(pa.array(found.quality.astype(np.int32)), pa.array(_QUALITIES))
    columns = [points, _local(found.at), pa.array(found.value), units, quality, _local(found.received_at)]
    return pa.table(columns, schema=READINGS)


def energy_table(found: EnergyCells, names: PointNames) -> pa.Table:
    """The cells by the schema ENERGY; amount is null where nothing is known."""
    points, units = names.columns(found.point)
    amount = pa.array(found.amount, mask=np.isnan(found.amount))
    columns = [points, _local(found.start), amount, units, pa.array(found.covered_us / 1e6), pa.array(found.flag)]
    return pa.table(columns, schema=ENERGY)


def _local(times: NDArray[np.int64]) -> pa.Array:
    return pa.array(times).view(_LOCAL)
