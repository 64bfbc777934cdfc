"""The registry as columns: point names to keys in one dict, and per key what a reading is checked against."""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.entities import Registry
from tricolor.domain.meters import PointKind


class PointIndex:
    """key_of: point id -> key. The arrays are indexed by key: owner (entity code), is_register, capacity (inf when the plate has none),
    newest (time of the newest reading known [µs])."""

    def __init__(self, registry: Registry) -> None:
        self.version = registry.version
        self.key_of: dict[str, int] = {p.id: p.key for p in registry.points.values()}
        self.name_of: dict[int, str] = {p.key: p.id for p in registry.points.values()}
        self.code_of: dict[str, int] = {entity: code for code, entity in enumerate(registry.entities)}
        size = max(self.key_of.values(), default=0) + 1
        self.owner: NDArray[np.int64] = np.full(size, -1, dtype=np.int64)
        self.is_register: NDArray[np.bool_] = np.zeros(size, dtype=bool)
        self.capacity: NDArray[np.float64] = np.full(size, np.inf)
        for point in registry.points.values():
            self.owner[point.key] = self.code_of[point.entity_id]
            self.is_register[point.key] = point.plate.kind is PointKind.REGISTER
            if point.plate.kind is PointKind.REGISTER and point.plate.capacity is not None:
                self.capacity[point.key] = point.plate.capacity
        self.newest: NDArray[np.int64] = np.full(size, np.iinfo(np.int64).min, dtype=np.int64)
