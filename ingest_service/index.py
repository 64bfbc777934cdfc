"""The registry as columns: point names to keys in one dict, and per key what a reading is checked against."""

import math
from collections.abc import Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.entities import PointColumns, Registry
from tricolor.domain.meters import PointKind
from tricolor.domain.readings import Layout


class PointBook(Protocol):
    """What the intake asks of the registry."""

    def load(self) -> PointColumns | Registry: ...
    def version(self) -> int: ...


class PointIndex:
    """key_of: point id -> key. The arrays are indexed by key: owner (entity code), is_register, capacity (inf when the plate has none),
    newest (time of the newest reading known [µs])."""

    def __init__(self, points: PointColumns | Registry) -> None:
        if isinstance(points, Registry):
            points = _columns(points)
        self.version = points.version
        self.key_of: dict[str, int] = dict(zip(points.id, points.key, strict=True))
        self.code_of: dict[str, int] = {entity: code for code, entity in enumerate(points.entities)}
        size = max(points.key, default=0) + 1
        self.owner: NDArray[np.int64] = np.full(size, -1, dtype=np.int64)
        self.is_register: NDArray[np.bool_] = np.zeros(size, dtype=bool)
        self.capacity: NDArray[np.float64] = np.full(size, np.inf)
        if points.key:
            self.owner[points.key] = points.owner
            self.is_register[points.key] = points.is_register
            self.capacity[points.key] = np.where(points.is_register, points.capacity, np.inf)
        self.newest: NDArray[np.int64] = np.full(size, np.iinfo(np.int64).min, dtype=np.int64)
        self._keys: WeakKeyDictionary[Layout, NDArray[np.int64]] = WeakKeyDictionary()

    def keys(self, names: Sequence[str]) -> NDArray[np.int64]:
        """The keys of the names, -1 where there is none."""
        return np.fromiter(map(self.key_of.get, names, [-1] * len(names)), dtype=np.int64, count=len(names))

    def keys_of(self, layout: Layout) -> NDArray[np.int64]:
        """The keys of a layout's points, looked up once."""
        found = self._keys.get(layout)
        if found is None:
            found = self._keys[layout] = self.keys(layout.names)
        return found


def _columns(registry: Registry) -> PointColumns:
    code_of = {entity: code for code, entity in enumerate(registry.entities)}
    points = list(registry.points.values())
    return PointColumns(
        registry.version, [p.key for p in points], [p.id for p in points], [code_of[p.entity_id] for p in points],
        [p.plate.kind is PointKind.REGISTER for p in points],
        [math.inf if p.plate.capacity is None else p.plate.capacity for p in points], list(registry.entities),
    )  # fmt: skip
