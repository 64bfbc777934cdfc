"""Permits in the ledger: every entry and every revocation stays, what is in force counts."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, RowMapping, insert, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.ledger.schema_pollutants import pollutant_permit
from tricolor.domain.emissions import Permit, PermitEntry, require_permit
from tricolor.domain.errors import NotFound, Refused

_CHUNK = 400


class PermitBookSql:
    """PermitBook over the table pollutant_permit."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.PERMITS)

    def entries(self, entities: Sequence[str]) -> list[PermitEntry]:
        place, found = pollutant_permit.c, []
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                query = select(pollutant_permit).where(place.entity.in_(entities[begin : begin + _CHUNK]))
                found += [_entry(r) for r in connection.execute(query).mappings()]
        return sorted(found, key=lambda e: e.id)

    def add(self, permit: Permit, by: str, at: int) -> PermitEntry:
        require_permit(permit)
        with self._ledger.writing() as connection:
            if connection.execute(select(entity.c.id).where(entity.c.id == permit.entity)).first() is None:
                raise NotFound(f"there is no entity {permit.entity!r} in the registry")
            for held in _of_same(connection, permit):
                if held.permit == permit:
                    return held
                if _overlap(held.permit, permit):
                    raise Refused(
                        f"许可 {held.id}（{held.permit.document}）在同一时段已有效，请先撤销或给出失效日 / permit {held.id} "
                        f"({held.permit.document}) holds on the same days: revoke it first, or let one end before the other begins"
                    )
            values = {
                "entity": permit.entity, "outlet": permit.outlet, "factor": permit.factor, "limit_value": permit.limit, "unit": permit.unit,
                "mass_t": permit.mass_t, "document": permit.document, "valid_from": str(permit.valid_from),
                "valid_to": None if permit.valid_to is None else str(permit.valid_to), "entered_by": by, "entered_at": at, "revoked_by": "",
            }  # fmt: skip
            number = connection.execute(insert(pollutant_permit).values(**values).returning(pollutant_permit.c.id)).scalar_one()
            connection.execute(insert(audit).values(at=at, who=by, action="permit.add", target=permit.entity, detail={"id": number, **values}))
            versions.bump(connection, versions.PERMITS)
            return PermitEntry(number, permit, by, at)

    def revoke(self, entry: int, by: str, at: int) -> PermitEntry:
        place = pollutant_permit.c
        with self._ledger.writing() as connection:
            in_force = update(pollutant_permit).where(place.id == entry, place.revoked_at.is_(None))
            if connection.execute(in_force.values(revoked_at=at, revoked_by=by)).rowcount:
                connection.execute(insert(audit).values(at=at, who=by, action="permit.revoke", target=str(entry), detail={}))
                versions.bump(connection, versions.PERMITS)
            found = connection.execute(select(pollutant_permit).where(place.id == entry)).mappings().first()
        if found is None:
            raise NotFound(f"there is no permit {entry}; GET /v1/permits lists them")
        return _entry(found)


def _of_same(connection: Connection, permit: Permit) -> list[PermitEntry]:
    place = pollutant_permit.c
    same = (place.entity == permit.entity, place.outlet == permit.outlet, place.factor == permit.factor, place.revoked_at.is_(None))
    return [_entry(r) for r in connection.execute(select(pollutant_permit).where(*same)).mappings()]


def _overlap(one: Permit, other: Permit) -> bool:
    """Whether both hold on one day and speak of the same (a limit and a year's mass may stand in two documents)."""
    is_same_matter = (one.limit is not None and other.limit is not None) or (one.mass_t is not None and other.mass_t is not None)
    ends_before = (one.valid_to is not None and one.valid_to <= other.valid_from) or (other.valid_to is not None and other.valid_to <= one.valid_from)
    return is_same_matter and not ends_before


def _entry(r: RowMapping) -> PermitEntry:
    permit = Permit(
        r["entity"], r["outlet"], r["factor"], r["limit_value"], r["unit"], r["mass_t"], r["document"], date.fromisoformat(r["valid_from"]),
        None if r["valid_to"] is None else date.fromisoformat(r["valid_to"]),
    )  # fmt: skip
    return PermitEntry(r["id"], permit, r["entered_by"], r["entered_at"], r["revoked_by"], r["revoked_at"])
