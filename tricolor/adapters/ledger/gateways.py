"""The gateways' accounts in the ledger (never their passwords), what each broker says of itself, and the audit of changes."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, broker_state, entity, gateway
from tricolor.domain.errors import NotFound
from tricolor.domain.gateways import BrokerState, Gateway, gateway_username


class GatewayBookSql:
    """The table gateway."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def require_entity(self, enterprise: str) -> None:
        """NotFound when the registry has no such unit: its gateways could send nothing that is taken."""
        with self._ledger.reading() as connection:
            if connection.execute(select(entity.c.id).where(entity.c.id == enterprise)).first() is None:
                raise NotFound(f"there is no entity {enterprise!r} in the registry; `tricolor import registry FILE` adds it")

    def added(self, enterprise: str, name: str, who: str, at: int) -> Gateway:
        """Note a new account; one that was revoked earlier begins anew."""
        found = Gateway(enterprise, name, gateway_username(enterprise, name), at)
        with self._ledger.writing() as connection:
            connection.execute(delete(gateway).where(_is(enterprise, name)))
            connection.execute(insert(gateway).values(**asdict(found)))
            _audit(connection, at, who, "gateway.add", found.username)
        return found

    def rotated(self, enterprise: str, name: str, who: str, at: int) -> Gateway:
        return self._changed(enterprise, name, who, at, "rotated_at", "gateway.rotate")

    def revoked(self, enterprise: str, name: str, who: str, at: int) -> Gateway:
        return self._changed(enterprise, name, who, at, "revoked_at", "gateway.revoke")

    def list(self, enterprise: str = "") -> "list[Gateway]":
        """All accounts, revoked ones too."""
        query = select(gateway).order_by(gateway.c.enterprise, gateway.c.name)
        with self._ledger.reading() as connection:
            rows = connection.execute(query.where(gateway.c.enterprise == enterprise) if enterprise else query).mappings()
            return [Gateway(**dict(row)) for row in rows]

    def get(self, enterprise: str, name: str) -> Gateway:
        """NotFound when there is none."""
        found = next((g for g in self.list(enterprise) if g.name == name), None)
        if found is None:
            raise NotFound(f"there is no gateway {enterprise}/{name}; `tricolor gateway list` shows them")
        return found

    def _changed(self, enterprise: str, name: str, who: str, at: int, column: str, action: str) -> Gateway:
        with self._ledger.writing() as connection:
            done = connection.execute(update(gateway).where(_is(enterprise, name)).values(**{column: at})).rowcount
            if done:
                _audit(connection, at, who, action, f"{enterprise}/{name}")
        return self.get(enterprise, name)


class BrokerStateSql:
    """The table broker_state: the intake writes it, everybody reads it."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, state: BrokerState) -> None:
        with self._ledger.writing() as connection:
            connection.execute(delete(broker_state).where(broker_state.c.broker == state.broker))
            connection.execute(insert(broker_state).values(**asdict(state)))

    def list(self) -> Sequence[BrokerState]:
        with self._ledger.reading() as connection:
            rows = connection.execute(select(broker_state).order_by(broker_state.c.broker)).mappings()
            return [BrokerState(**dict(row)) for row in rows]


def _is(enterprise: str, name: str) -> ColumnElement[bool]:
    return (gateway.c.enterprise == enterprise) & (gateway.c.name == name)


def _audit(connection: Connection, at: int, who: str, action: str, target: str) -> None:
    connection.execute(insert(audit).values(at=at, who=who, action=action, target=target, detail={}))
