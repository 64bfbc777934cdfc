"""Alarms to those who run Tricolor, in the ledger: one open row a kind and subject."""

from sqlalchemy import insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema_notices import operator_alarm
from tricolor.ports_alerting import OperatorAlarm


class OperatorAlarmsSql:
    """OperatorAlarms over the table operator_alarm."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def raise_alarm(self, kind: str, subject: str, text_zh: str, text_en: str, at: int) -> None:
        c = operator_alarm.c
        words = {"text_zh": text_zh, "text_en": text_en, "seen_at": at}
        with self._ledger.writing() as connection:
            standing = (c.kind == kind, c.subject == subject, c.cleared_at.is_(None))
            if not connection.execute(update(operator_alarm).where(*standing).values(**words)).rowcount:
                connection.execute(insert(operator_alarm).values(kind=kind, subject=subject, raised_at=at, **words))

    def clear(self, kind: str, subject: str, at: int) -> None:
        c = operator_alarm.c
        with self._ledger.writing() as connection:
            connection.execute(update(operator_alarm).where(c.kind == kind, c.subject == subject, c.cleared_at.is_(None)).values(cleared_at=at))

    def standing(self) -> list[OperatorAlarm]:
        return self.page(is_standing=True)

    def page(self, *, is_standing: bool, limit: int = 1_000) -> list[OperatorAlarm]:
        """The newest first; also those that were cleared where is_standing is False."""
        c = operator_alarm.c
        query = select(operator_alarm).order_by(c.id.desc()).limit(limit)
        if is_standing:
            query = query.where(c.cleared_at.is_(None))
        with self._ledger.reading() as connection:
            return [OperatorAlarm(**dict(row)) for row in connection.execute(query).mappings()]
