"""Whether the day accounts changed: the version that every write of them raises."""

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine


class AccountsMarkSql:
    """AccountsMark over the table account_day."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def mark(self) -> str:
        with self._ledger.reading() as connection:
            return str(versions.version(connection, versions.ACCOUNTS))
