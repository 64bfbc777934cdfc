"""Messages of the outbox by the key in their link."""

from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import outbox
from tricolor.ports_alerting import LinkedMessage


class LinkedMessagesSql:
    """LinkedMessages over the table outbox."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def find(self, key: str) -> LinkedMessage | None:
        if not key:
            return None
        with self._ledger.reading() as connection:
            row = connection.execute(select(outbox).where(outbox.c.link_key == key)).mappings().first()
        if row is None:
            return None
        alerts = dict.fromkeys([*(int(each) for each in row["items"]), row["alert_id"]])  # the first one stands in the list as well
        return LinkedMessage(row["id"], tuple(alerts), row["recipient"], row["channel"], row["light"], row["created_at"])
