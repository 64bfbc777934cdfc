"""Gateway accounts in the broker and in the ledger together: the broker first, so that the ledger never names an account that does not exist."""

from tricolor.adapters.broker_admin.dynsec import DynSec
from tricolor.adapters.ledger.gateways import GatewayBookSql
from tricolor.domain.errors import Refused
from tricolor.domain.gateways import Gateway


class GatewayAccounts:
    """add, rotate, revoke and list; the password is given out once and kept nowhere."""

    def __init__(self, book: GatewayBookSql, broker: DynSec) -> None:
        self._book, self._broker = book, broker

    def add(self, enterprise: str, name: str, who: str, at: int) -> tuple[Gateway, str]:
        """The account and its password. NotFound: no such unit; Refused: it has an account already; TryAgain: no broker."""
        self._book.require_entity(enterprise)
        password = self._broker.add(enterprise, name)
        return self._book.added(enterprise, name, who, at), password

    def rotate(self, enterprise: str, name: str, who: str, at: int) -> tuple[Gateway, str]:
        """A new password; whoever is connected with the old one is cut off."""
        if self._book.get(enterprise, name).revoked_at is not None:
            raise Refused(f"the gateway {enterprise}/{name} is revoked; `tricolor gateway add` gives it a new account")
        password = self._broker.rotate(enterprise, name)
        return self._book.rotated(enterprise, name, who, at), password

    def revoke(self, enterprise: str, name: str, who: str, at: int) -> Gateway:
        """Cut off at once. An account that is revoked already is taken from the broker again, if it is there."""
        before = self._book.get(enterprise, name)
        self._broker.revoke(enterprise, name)
        return before if before.revoked_at is not None else self._book.revoked(enterprise, name, who, at)

    def list(self, enterprise: str = "") -> "list[Gateway]":
        return self._book.list(enterprise)
