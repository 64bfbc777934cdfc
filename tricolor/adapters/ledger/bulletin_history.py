"""What the ledger says of a time that is over: verdicts as they stood, alerts as their events tell them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event, verdict
from tricolor.adapters.ledger.verdicts import NOW, verdict_of
from tricolor.domain.alerts import Why
from tricolor.domain.intervals import DAY_US, Interval
from tricolor.domain.lights import SEVERITY, Light
from tricolor.ports_bulletins import AlertLife
from tricolor.ports_judging import Word

_CHUNK = 400  # bound values of one statement
GONE_AFTER_US = DAY_US  # a withdrawn word without a later one counts so long after it was last judged
_LEVELS = frozenset({Why.OPENED.value, Why.WORSENED.value, Why.EASED.value})
_ENDS = frozenset({Why.RESOLVED.value, Why.CLOSED.value})


class PeriodHistorySql:
    """PeriodHistory over the tables verdict, alert and alert_event."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def last_words(self, periods: Collection[str], entities: Sequence[str]) -> list[Word]:
        c, found = verdict.c, list[Word]()
        with self._ledger.reading() as connection:
            for chunk in _chunks(entities):
                for some in _chunks(sorted(set(periods) - {NOW})):
                    mine = select(verdict).where(c.is_last, c.period.in_(some), c.entity.in_(chunk)).order_by(c.id)
                    found += [_word(row) for row in connection.execute(mine).mappings()]
        return found

    def words_at(self, entities: Sequence[str], at: int) -> list[Word]:
        c, found = verdict.c, list[RowMapping]()
        with self._ledger.reading() as connection:
            for chunk in _chunks(entities):
                rows: dict[str, list[RowMapping]] = defaultdict(list)
                for row in connection.execute(select(verdict).where(c.period == NOW, c.entity.in_(chunk)).order_by(c.id)).mappings():
                    rows[row["fingerprint"]].append(row)
                found += [stood for each in rows.values() if (stood := _standing_at(each, at)) is not None]
        return [_word(row) for row in found]

    def alerts(self, entities: Sequence[str], span: Interval) -> list[AlertLife]:
        """Those that opened, by their events: one that was only pending is none."""
        found: list[AlertLife] = []
        with self._ledger.reading() as connection:
            for chunk in _chunks(entities):
                rows = connection.execute(select(alert).where(_open_within(span), alert.c.entity.in_(chunk)).order_by(alert.c.id)).mappings().all()
                events: dict[int, list[RowMapping]] = defaultdict(list)
                for some in _chunks([row["id"] for row in rows]):
                    wanted = select(alert_event).where(alert_event.c.alert_id.in_(some), alert_event.c.at < span.end).order_by(alert_event.c.id)
                    for event in connection.execute(wanted).mappings():
                        events[event["alert_id"]].append(event)
                found += [life for row in rows if (life := _life(row, events[row["id"]], span)) is not None]
        return sorted(found, key=lambda life: (life.opened_at, life.id))


def _open_within(span: Interval) -> ColumnElement[bool]:
    return and_(alert.c.opened_at < span.end, or_(alert.c.resolved_at.is_(None), alert.c.resolved_at >= span.start))


def _life(row: RowMapping, events: Sequence[RowMapping], span: Interval) -> AlertLife | None:
    opened = next((e for e in events if e["why"] == Why.OPENED), None)
    if opened is None:
        return None
    ended = next((e for e in reversed(events) if e["why"] in _ENDS), None)
    if ended is not None and ended["at"] < span.start:
        return None
    acked = next((e for e in events if e["why"] == Why.ACKED), None)
    level = max((Light(e["light"]) for e in events if e["why"] in _LEVELS), key=lambda light: SEVERITY[light])
    told = [e for e in events if e["why"] in _LEVELS][-1]
    return AlertLife(
        row["id"], row["entity"], row["rule"], row["indicator"], level.value, opened["at"], None if ended is None else ended["at"],
        None if acked is None else acked["at"], "" if acked is None else acked["by"], told["text_zh"], told["text_en"],
    )  # fmt: skip


def _standing_at(rows: Sequence[RowMapping], at: int) -> RowMapping | None:
    """Of one matter, oldest first: the row in force at the moment. One that was withdrawn does not say when: it counts until a day after it was last
    judged."""
    begun = [n for n, row in enumerate(rows) if row["since"] <= at]
    if not begun:
        return None
    row = rows[begun[-1]]
    is_replaced_later = begun[-1] + 1 < len(rows)
    return row if row["is_current"] or is_replaced_later or row["judged_at"] >= at - GONE_AFTER_US else None


def _chunks(names: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(names), _CHUNK):
        yield names[begin : begin + _CHUNK]


def _word(row: RowMapping) -> Word:
    return Word(row["id"], verdict_of(row), row["since"], row["judged_at"], row["as_of"], row["is_current"], row["corrects"])
