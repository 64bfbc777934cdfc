"""The record of open items and the desk, on SQLite and on PostgreSQL."""

import numpy as np
import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.items import ItemDeskSql, ItemRecordSql, OpenItemsBookSql
from tricolor.adapters.ledger.schema import audit, dirty_span
from tricolor.domain.decided import Confirmed, Substitute
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exchanges import Exchange, MeterFacts
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, Interval, parse_us
from tricolor.domain.items import Decision, DecisionKind, ItemEventKind, ItemFilter, ItemState, Parked
from tricolor.domain.steps import StepKind
from tricolor.ports_items import ItemDesk, ItemRecord, OpenItemsBook

START = parse_us("2026-03-01T00:00:00+08:00")
NOW = START + 30 * DAY_US
LEAP = Parked(7, START, START + CELL_US, StepKind.LEAP, 101.0, 9000.1, 8899.1, 8899.1)
DROP = Parked(8, START + HOUR_US, START + 2 * HOUR_US, StepKind.OPEN, 501.0, 3.0, -498.0, -498.0)
DELTA = Parked(9, START, START + CELL_US, StepKind.LEAP, None, 900.0, 900.0, 900.0)


@pytest.fixture
def record(ledger: LedgerEngine) -> ItemRecord:
    kept = ItemRecordSql(ledger)
    kept.write([LEAP, DROP, DELTA], [], [], NOW)
    return kept


@pytest.fixture
def book(ledger: LedgerEngine) -> OpenItemsBook:
    return OpenItemsBookSql(ledger)


@pytest.fixture
def desk(ledger: LedgerEngine) -> ItemDesk:
    return ItemDeskSql(ledger)


def work(ledger: LedgerEngine) -> list[tuple[int, int, int]]:
    with ledger.reading() as connection:
        rows = connection.execute(select(dirty_span).order_by(dirty_span.c.id)).all()
    return [tuple(int(np.frombuffer(b, dtype="<i8")[0]) for b in (r.points, r.starts, r.ends)) for r in rows]  # type: ignore[misc]


def test_a_page_is_newest_first_and_filtered_by_state_and_points(record: ItemRecord, book: OpenItemsBook, desk: ItemDesk) -> None:
    desk.dismiss(2, "Wang", "reset", NOW)
    assert [i.parked for i in book.page(ItemFilter(), 10)] == [DELTA, DROP, LEAP]
    assert [i.id for i in book.page(ItemFilter(), 2)] == [3, 2]
    assert [i.id for i in book.page(ItemFilter(), 2, before_id=2)] == [1]
    assert [i.id for i in book.page(ItemFilter(ItemState.OPEN), 10)] == [3, 1]
    assert [i.id for i in book.page(ItemFilter(points=frozenset({7, 8})), 10)] == [2, 1]
    assert book.page(ItemFilter(points=frozenset()), 10) == []
    many = frozenset(range(8, 2_000))  # more than one statement may name
    assert [i.id for i in book.page(ItemFilter(ItemState.OPEN, many), 10)] == [3]
    assert book.counts() == {ItemState.OPEN: 2, ItemState.SETTLED: 1, ItemState.GONE: 0}
    assert book.counts(many) == {ItemState.OPEN: 1, ItemState.SETTLED: 1, ItemState.GONE: 0}
    assert book.counts(frozenset()) == {ItemState.OPEN: 0, ItemState.SETTLED: 0, ItemState.GONE: 0}


def test_a_page_reaches_beyond_what_is_looked_at_in_one_go(ledger: LedgerEngine, record: ItemRecord, book: OpenItemsBook) -> None:
    rows = [Parked(1, START + n, START + n + 1, StepKind.LEAP, None, 1.0, 1.0, 1.0) for n in range(4_100)]
    record.write(rows, [], [], NOW)
    many = frozenset(range(7, 2_000))
    assert [i.id for i in book.page(ItemFilter(points=many), 2)] == [3, 2]
    assert book.counts(many | {1})[ItemState.OPEN] == 4_103


def test_a_confirmation_is_a_fact_with_its_author_and_marks_its_step_to_be_settled(
    ledger: LedgerEngine, record: ItemRecord, book: OpenItemsBook, desk: ItemDesk
) -> None:
    facts = MeterFactsBookSql(ledger)
    made = desk.confirm(1, None, "Wang", "test run", NOW)
    assert made == Decision(1, DecisionKind.CONFIRM, 7, 1, START, START + CELL_US, None, None, "Wang", "test run", NOW)
    assert (facts.version(), facts.load()) == (1, MeterFacts.of(confirmed=[Confirmed(7, START, START + CELL_US, 8899.1)]))
    (confirmed,) = facts.load().confirmed[7]
    assert (confirmed.amount, confirmed.decision, confirmed.person, confirmed.reason) == (None, 1, "Wang", "test run")
    assert work(ledger) == [(7, START, START + CELL_US)]
    assert book.get(1).item.decision == made == book.decision(1)
    desk.undo(1, "Li", "no proof", NOW + 1)
    assert (facts.version(), facts.load(), len(work(ledger))) == (2, MeterFacts(), 2)
    assert [(d.undone_by, d.undone_reason) for d in book.decisions(7)] == [("Li", "no proof")]
    with ledger.reading() as connection:
        assert connection.execute(select(audit.c.who, audit.c.action, audit.c.target).order_by(audit.c.id)).all() == [
            ("Wang", "item.confirm", "7"), ("Li", "item.undo", "7"),
        ]  # fmt: skip


def test_an_item_takes_one_decision_at_a_time(record: ItemRecord, desk: ItemDesk) -> None:
    desk.dismiss(1, "Wang", "reset", NOW)
    with pytest.raises(Refused, match=r"decision 1 \(dismiss\) of Wang"):
        desk.confirm(1, None, "Li", "I think otherwise", NOW)
    desk.undo(1, "Wang", "Li is right", NOW)
    assert desk.confirm(1, None, "Li", "I think otherwise", NOW).id == 2
    with pytest.raises(Refused, match="was undone"):
        desk.undo(1, "Wang", "again", NOW)
    for ask in (lambda: desk.dismiss(99, "a", "b", NOW), lambda: desk.undo(99, "a", "b", NOW)):
        with pytest.raises(NotFound):
            ask()


def test_an_exchange_that_the_ledger_refuses_leaves_no_decision(
    ledger: LedgerEngine, record: ItemRecord, book: OpenItemsBook, desk: ItemDesk
) -> None:
    with pytest.raises(Problems, match="final"):
        desk.exchange(2, DROP.start + 1, -5.0, 0.0, "Wang", "new meter", NOW)
    with pytest.raises(Problems, match="no register"):
        desk.exchange(3, DELTA.start, 5.0, 0.0, "Wang", "new meter", NOW)
    MeterFactsBookSql(ledger).declare(Exchange(8, DROP.start + 1, 501.0, 0.0), "Li")
    with pytest.raises(Refused, match="already holds"):
        desk.exchange(2, DROP.start + 1, 502.0, 0.0, "Wang", "new meter", NOW)
    assert (book.decisions(8), book.get(2).item.state) == ([], ItemState.OPEN)


def test_an_exchange_keeps_its_item_settled_when_the_step_is_gone(record: ItemRecord, book: OpenItemsBook, desk: ItemDesk) -> None:
    made = desk.exchange(2, DROP.start + 1, 501.5, 0.0, "Wang", "new meter", NOW)
    record.write([], [], [(2, "exchanged")], NOW + 1)
    assert (book.get(2).item.state, book.get(2).item.decision) == (ItemState.SETTLED, made)
    record.write([], [], [(1, "dip")], NOW + 1)
    assert (book.get(1).item.state, book.get(1).item.gone_because, book.get(1).item.gone_at) == (ItemState.GONE, "dip", NOW + 1)
    assert record.points() == {9}


def test_a_substitute_settles_the_items_that_it_covers_wholly(ledger: LedgerEngine, record: ItemRecord, book: OpenItemsBook, desk: ItemDesk) -> None:
    half = desk.substitute(8, DROP.start, DROP.start + 2 * CELL_US, 1.5, "Wang", "parent meter", NOW)
    assert (book.get(2).item.state, half.item) == (ItemState.OPEN, None)
    rest = desk.substitute(8, DROP.start + 2 * CELL_US, DROP.end, 2.5, "Wang", "parent meter", NOW)
    assert book.get(2).item.state is ItemState.SETTLED
    given = MeterFactsBookSql(ledger).load().substitutes[8]
    assert given == [Substitute(8, half.start, half.end, 1.5), Substitute(8, rest.start, rest.end, 2.5)]
    with pytest.raises(Refused, match="already substitutes"):
        desk.substitute(8, DROP.start - CELL_US, DROP.start + CELL_US, 9.0, "Li", "x", NOW)
    desk.undo(rest.id, "Wang", "wrong", NOW)
    assert book.get(2).item.state is ItemState.OPEN
    assert work(ledger) == [(8, half.start, half.end), (8, rest.start, rest.end), (8, rest.start, rest.end)]


def test_the_record_tells_each_change_once(record: ItemRecord, book: OpenItemsBook) -> None:
    assert record.held([7, 8], Interval(START, START + 2 * HOUR_US)) == [(1, LEAP, True), (2, DROP, True)]
    assert record.held([7, 8], Interval(START + CELL_US, START + HOUR_US)) == []
    record.write([], [], [(1, "dip")], NOW + 1)
    scaled = Parked(7, LEAP.start, LEAP.end, LEAP.kind, LEAP.before, LEAP.after, LEAP.jump, 40 * LEAP.jump)
    record.write([], [(1, scaled)], [], NOW + 2)
    record.write([], [(1, LEAP)], [], NOW + 3)
    events = [(e.what, e.at, e.reason) for e in book.get(1).events]
    assert events == [(ItemEventKind.APPEARED, NOW, ""), (ItemEventKind.GONE, NOW + 1, "dip"), (ItemEventKind.RETURNED, NOW + 2, "")]
    assert (book.get(1).item.parked, book.get(1).item.gone_at) == (LEAP, None)


@pytest.mark.parametrize(
    ("start", "end", "amount", "who", "says"),
    [
        (START + 1, START + CELL_US, 1.0, "Wang", "quarter"),
        (START, START, 1.0, "Wang", "later than start"),
        (START, START + 401 * DAY_US, 1.0, "Wang", "400 days"),
        (START, NOW + CELL_US, 1.0, "Wang", "to come"),
        (START, START + CELL_US, -1.0, "Wang", "amount"),
        (START, START + CELL_US, float("inf"), "Wang", "amount"),
        (START, START + CELL_US, 1.0, " ", "author"),
        (-5, START, 1.0, "Wang", "cannot be"),
    ],
)
def test_a_substitute_that_cannot_be_is_refused_and_nothing_is_kept(ledger, book, desk, start, end, amount, who, says) -> None:
    with pytest.raises(Problems, match=says):
        desk.substitute(7, start, end, amount, who, "why", NOW)
    assert (book.decisions(7), work(ledger), MeterFactsBookSql(ledger).version()) == ([], [], 0)
