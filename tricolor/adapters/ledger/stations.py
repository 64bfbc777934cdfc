"""Stations of HJ 212 in the ledger; of their keys only salted digests are stored."""

import secrets
from dataclasses import asdict

from sqlalchemy import delete, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.ledger.schema_emissions import hj212_station
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.stations import Station, key_digest, require_mn, require_pw

KEY_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are read as another
KEY_LENGTH = 6


class StationBookSql:
    """The table hj212_station."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def add(self, mn: str, enterprise: str, pw: str, label: str, who: str, at: int) -> tuple[Station, str]:
        """The station and its key, a new one when pw is "". A revoked one may begin anew; Refused while it is in force, NotFound without the unit."""
        key = require_pw(pw or "".join(secrets.choice(KEY_LETTERS) for _ in range(KEY_LENGTH)))
        name, salt = require_mn(mn).lower(), secrets.token_bytes(16)
        found = Station(name, enterprise, salt, key_digest(key, salt), label, at)
        with self._ledger.writing() as connection:
            if connection.execute(select(entity.c.id).where(entity.c.id == enterprise)).first() is None:
                raise NotFound(f"there is no entity {enterprise!r} in the registry; `tricolor import registry FILE` adds it")
            held = connection.execute(select(hj212_station.c.revoked_at).where(hj212_station.c.mn == name)).first()
            if held is not None and held.revoked_at is None:
                raise Refused(f"station {name} is there already; `tricolor station revoke {name}` first to give it another key or unit")
            connection.execute(delete(hj212_station).where(hj212_station.c.mn == name))
            connection.execute(insert(hj212_station).values(**asdict(found)))
            connection.execute(insert(audit).values(at=at, who=who, action="station.add", target=name, detail={"enterprise": enterprise}))
        return found, key

    def revoke(self, mn: str, who: str, at: int) -> Station:
        """NotFound when there is no such station; revoking twice keeps the first time."""
        name = mn.lower()
        with self._ledger.writing() as connection:
            in_force = update(hj212_station).where(hj212_station.c.mn == name, hj212_station.c.revoked_at.is_(None))
            if connection.execute(in_force.values(revoked_at=at)).rowcount:
                connection.execute(insert(audit).values(at=at, who=who, action="station.revoke", target=name, detail={}))
        found = next((station for station in self.list() if station.mn == name), None)
        if found is None:
            raise NotFound(f"there is no station {mn!r}; `tricolor station list` shows them")
        return found

    def list(self, enterprise: str = "") -> "list[Station]":
        """All of them, revoked ones too."""
        query = select(hj212_station).order_by(hj212_station.c.enterprise, hj212_station.c.mn)
        with self._ledger.reading() as connection:
            rows = connection.execute(query.where(hj212_station.c.enterprise == enterprise) if enterprise else query).mappings()
            return [Station(**dict(row)) for row in rows]
