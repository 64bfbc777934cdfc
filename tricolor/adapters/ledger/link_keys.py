"""The secrets that sign phone links, in the ledger: every service that signs or checks has the same ones, and they outlive a restart."""

import base64
import json
import secrets
from typing import Final

from sqlalchemy import Connection, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, meta

NAME: Final = "phone_link_keys"  # in the table meta: JSON list of base64, the newest last
KEY_BYTES: Final = 32
FORMER_MAX: Final = 3  # former secrets that still open links


class LinkKeysSql:
    """Made at the first use; never a default, never shown."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def held(self) -> list[bytes]:
        """The secrets in force, the newest last; the first is made here when there is none."""
        with self._ledger.reading() as connection:
            found = _held(connection)
        if found:
            return found
        with self._ledger.writing() as connection:  # two services at their first start: the second finds the first one's
            found = _held(connection)
            if not found:
                found = [secrets.token_bytes(KEY_BYTES)]
                _keep(connection, found)
        return found

    def rotate(self, at: int, who: str) -> int:
        """New links are signed with a new secret; those signed with the last three still open until they expire. How many secrets are in force."""
        return self._renew(at, who, FORMER_MAX)

    def revoke(self, at: int, who: str) -> None:
        """A new secret, and none of the former: every link that is out is dead at once."""
        self._renew(at, who, 0)

    def _renew(self, at: int, who: str, kept: int) -> int:
        with self._ledger.writing() as connection:
            former = _held(connection)[-kept:] if kept else []
            keys = [*former, secrets.token_bytes(KEY_BYTES)]
            _keep(connection, keys)
            detail = {"former_links_open": bool(kept)}
            connection.execute(insert(audit).values(at=at, who=who, action="phone_link.rotate", target="phone_link", detail=detail))
        return len(keys)


def _held(connection: Connection) -> list[bytes]:
    text = connection.execute(select(meta.c.value).where(meta.c.key == NAME)).scalar_one_or_none()
    return [base64.b64decode(each) for each in json.loads(text)] if text else []


def _keep(connection: Connection, keys: list[bytes]) -> None:
    text = json.dumps([base64.b64encode(key).decode("ascii") for key in keys])
    if connection.execute(update(meta).where(meta.c.key == NAME).values(value=text)).rowcount == 0:
        connection.execute(insert(meta).values(key=NAME, value=text))
