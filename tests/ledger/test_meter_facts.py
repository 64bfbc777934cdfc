"""Declared exchanges and multipliers: who said so is kept, what is touched is settled again, and a revocation undoes it all but the record."""

import numpy as np
import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exchanges import Exchange, MeterFacts, MultiplierChange
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.ports import MeterFactsBook

AT = parse_us("2026-05-01T10:00:00+08:00")
NOW = parse_us("2026-11-20T12:00:00+08:00")
EXCHANGE = Exchange(7, AT, 8_120.5, 12.0)
CHANGE = MultiplierChange(7, AT, 4_000.0)


@pytest.fixture
def book(ledger: LedgerEngine) -> MeterFactsBookSql:
    return MeterFactsBookSql(ledger, now_us=lambda: NOW)


def spans(ledger: LedgerEngine) -> list[tuple[int, ...]]:
    return [tuple(int(np.frombuffer(b, dtype="<i8")[0]) for b in (r.points, r.starts, r.ends)) for r in SettleLedgerSql(ledger).dirty(10)]


def test_a_declaration_holds_until_it_is_revoked_and_the_record_stays(book: MeterFactsBookSql) -> None:
    port: MeterFactsBook = book
    assert (port.version(), port.load()) == (0, MeterFacts())
    declared = book.declare(EXCHANGE, "Wang", "meter failed its test")
    assert (port.version(), port.load()) == (1, MeterFacts.of([EXCHANGE]))
    book.revoke_exchange(declared, "Li")
    assert (port.version(), port.load()) == (2, MeterFacts())
    (kept,) = book.history(7)
    assert (kept.fact, kept.person, kept.reason, kept.declared_at, kept.revoked_at, kept.revoked_by) == (
        EXCHANGE, "Wang", "meter failed its test", NOW, NOW, "Li",
    )  # fmt: skip
    with pytest.raises(NotFound):
        book.revoke_exchange(declared, "Li")


def test_what_a_declaration_touches_is_marked_to_be_settled_again(ledger: LedgerEngine, book: MeterFactsBookSql) -> None:
    declared = book.declare(EXCHANGE, "Wang")
    book.declare(CHANGE, "Wang")
    book.revoke_exchange(declared, "Wang")
    assert spans(ledger) == [(7, AT, AT + 1), (7, AT, NOW + DAY_US), (7, AT, AT + 1)]
    with ledger.reading() as connection:
        actions = connection.execute(select(audit.c.action, audit.c.who, audit.c.target).order_by(audit.c.id)).all()
    assert actions == [("meter_exchange.declare", "Wang", "7"), ("point_multiplier.declare", "Wang", "7"), ("meter_exchange.revoke", "Wang", "7")]


def test_a_second_declaration_for_the_same_moment_is_refused(book: MeterFactsBookSql) -> None:
    book.declare(EXCHANGE, "Wang")
    with pytest.raises(Refused, match="already holds"):
        book.declare(Exchange(7, AT, 1.0, 0.0), "Wang")
    book.declare(Exchange(8, AT, 1.0, 0.0), "Wang")
    book.declare(CHANGE, "Wang")
    assert book.load() == MeterFacts.of([EXCHANGE, Exchange(8, AT, 1.0, 0.0)], [CHANGE])


@pytest.mark.parametrize(
    ("fact", "person", "says"),
    [
        (Exchange(7, AT, -1.0, 0.0), "Wang", "final"),
        (Exchange(7, AT, 1.0, float("nan")), "Wang", "start"),
        (MultiplierChange(7, AT, 0.0), "Wang", "multiplier"),
        (MultiplierChange(7, 5, 1.0), "Wang", "time"),
        (EXCHANGE, " ", "person"),
    ],
)
def test_numbers_that_cannot_be_are_refused_and_nothing_is_kept(ledger: LedgerEngine, book: MeterFactsBookSql, fact, person, says) -> None:
    with pytest.raises(Problems, match=says):
        book.declare(fact, person)
    assert (book.version(), spans(ledger)) == (0, [])
