"""The audit in the ledger, for writers that have no transaction of their own at hand."""

from collections.abc import Mapping

from sqlalchemy import insert

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit


class AuditLogSql:
    """AuditLog over the table audit."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def note(self, who: str, action: str, target: str, detail: Mapping[str, object], at: int) -> None:
        with self._ledger.writing() as connection:
            connection.execute(insert(audit).values(at=at, who=who, action=action, target=target, detail=dict(detail)))
