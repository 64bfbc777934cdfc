"""Jumps of the clock: several processes see the same one, and it counts once."""

import json

from sqlalchemy import Connection, insert, select, update

from tricolor.adapters.ledger.schema import meta
from tricolor.domain.intervals import MINUTE_US, SECOND_US

SAME_JUMP_US = 15 * SECOND_US  # two processes measure one jump a little differently
SAME_TIME_US = 5 * MINUTE_US  # and see it within this time


def is_counted(connection: Connection, key: str, by_us: int, now: int) -> bool:
    """Whether this jump was taken into account before; it is from now on. key: in the table meta, what counted it."""
    held = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
    last = json.loads(held) if held is not None else {"at": 0, "by": 0}
    if abs(last["by"] - by_us) <= SAME_JUMP_US and abs(now - last["at"]) <= SAME_TIME_US:
        return True
    value = json.dumps({"at": now, "by": by_us})
    if connection.execute(update(meta).where(meta.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(meta).values(key=key, value=value))
    return False
