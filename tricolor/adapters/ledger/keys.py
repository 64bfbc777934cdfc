"""Keys in the ledger: only the SHA-256 of a token is stored."""

import secrets
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import api_key, audit
from tricolor.domain.access import TOKEN_BYTES, Key, KeyKind, token_digest, token_text
from tricolor.domain.errors import NotFound


class KeyBookSql:
    """KeyBook over the table api_key."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def create(self, kind: KeyKind, enterprise: str, label: str, at: int) -> tuple[Key, str]:
        token = token_text(kind, secrets.token_bytes(TOKEN_BYTES))
        key = Key(id=f"k{secrets.token_hex(6)}", kind=kind, enterprise=enterprise, label=label, created_at=at)
        row: dict[str, Any] = {
            "id": key.id, "kind": kind.value, "enterprise": enterprise, "digest": token_digest(token), "label": label, "created_at": at,
        }  # fmt: skip
        with self._ledger.writing() as connection:
            connection.execute(insert(api_key).values(row))
            _audit(connection, at, "key.create", key.id, {"kind": kind.value, "enterprise": enterprise, "label": label})
        return key, token

    def find(self, token: str) -> Key | None:
        # the lookup is by the digest of 256 random bits, so its timing tells nothing about a stored token
        query = select(api_key).where(api_key.c.digest == token_digest(token), api_key.c.revoked_at.is_(None))
        with self._ledger.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _key(row) if row else None

    def list(self) -> "list[Key]":
        with self._ledger.reading() as connection:
            rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.id)).mappings().all()
        return [_key(row) for row in rows]

    def revoke(self, key_id: str, at: int) -> Key:
        with self._ledger.writing() as connection:
            in_force = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            if connection.execute(in_force.values(revoked_at=at)).rowcount:
                _audit(connection, at, "key.revoke", key_id, {})
            row = connection.execute(select(api_key).where(api_key.c.id == key_id)).mappings().first()
        if row is None:
            raise NotFound(f"there is no key {key_id!r}; `tricolor key list` shows them")
        return _key(row)


def _audit(connection: Connection, at: int, action: str, key_id: str, detail: dict[str, str]) -> None:
    connection.execute(insert(audit).values(at=at, who="operator", action=action, target=key_id, detail=detail))


def _key(row: RowMapping) -> Key:
    return Key(row["id"], KeyKind(row["kind"]), row["enterprise"], row["label"], row["created_at"], row["revoked_at"])
