"""The points of the registry as columns, for whoever needs 100,000 of them quickly and not as objects."""

import math

from sqlalchemy import select

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import entity, meter, point
from tricolor.domain.entities import PointColumns
from tricolor.domain.meters import PointKind


class PointColumnsSql:
    """The points, read with SQLAlchemy."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.REGISTRY)

    def load(self) -> PointColumns:
        """The points of one moment."""
        wanted = select(point.c.key, point.c.id, meter.c.entity_id, point.c.kind, point.c.capacity, point.c.is_net).join(
            meter, meter.c.id == point.c.meter_id
        )
        keys: list[int] = []
        ids: list[str] = []
        owners: list[int] = []
        registers: list[bool] = []
        capacities: list[float] = []
        with self._ledger.reading() as connection:
            version = versions.version(connection, versions.REGISTRY)
            code_of = {name: code for code, name in enumerate(connection.execute(select(entity.c.id).order_by(entity.c.id)).scalars())}
            for key, name, owner, kind, capacity, is_net in connection.execute(wanted):
                keys.append(key)
                ids.append(name)
                owners.append(code_of[owner])
                registers.append(kind == PointKind.REGISTER.value and (not is_net or capacity is not None))
                capacities.append(math.inf if capacity is None else capacity)
        return PointColumns(version, keys, ids, owners, registers, capacities, list(code_of))
