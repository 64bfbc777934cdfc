"""Statistics in the ledger, on SQLite and on PostgreSQL: revisions, authors, all or none, and whom a change concerns."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.api.conftest import REGISTRY
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.domain.errors import Problems
from tricolor.domain.submissions import Statistic

OCTOBER = Statistic("mill", "reported_energy_tce", "2026-10", 120.5, "tce", document="报表")


@pytest.fixture
def book(ledger: LedgerEngine) -> StatisticsBookSql:
    RegistryBookSql(ledger).replace_from(REGISTRY, "test", 1)
    ticks = iter(range(100, 10_000))
    return StatisticsBookSql(ledger, lambda: next(ticks))


def test_a_new_value_is_a_revision_and_the_same_one_is_none(book):
    (first,) = book.submit([OCTOBER], "ann")
    assert (first.revision, first.author, first.submitted_at) == (1, "ann", 100)
    assert book.submit([OCTOBER], "bob") == [first]
    (second,) = book.submit([replace(OCTOBER, value=130.0)], "bob")
    assert (second.revision, second.author) == (2, "bob")
    assert book.current(["mill"]) == [second]
    assert book.history("mill", "reported_energy_tce", "2026-10") == [first, second]
    assert book.current(["kiln"]) == [] and book.current(None) == [second] and book.history("kiln", "x", "2026") == []


def test_a_value_taken_back_no_longer_counts_and_its_revisions_stay(book):
    book.submit([OCTOBER], "ann")
    book.submit([replace(OCTOBER, value=None)], "ann")
    assert book.current(None) == []
    assert [s.value for s in book.history("mill", "reported_energy_tce", "2026-10")] == [120.5, None]
    (again,) = book.submit([OCTOBER], "ann")
    assert again.revision == 3 and book.current(None) == [again]


def test_one_bad_value_and_none_is_stored_with_every_fault_told(book, ledger):
    bad = [OCTOBER, replace(OCTOBER, entity="nobody"), replace(OCTOBER, period="2026-13"), OCTOBER]
    with pytest.raises(Problems) as error:
        book.submit(bad, "ann")
    assert [p[:3] for p in error.value.problems] == ["[1]", "[2]", "[3]"]
    assert book.current(None) == [] and book.changes(0) == (0, frozenset())
    with ledger.reading() as connection:
        assert connection.execute(select(audit).where(audit.c.action == "statistic")).all() == []


def test_changes_name_the_entities_after_a_mark_and_only_those(book):
    book.submit([OCTOBER], "ann")
    mark, who = book.changes(0)
    assert who == {"mill"}
    assert book.changes(mark) == (mark, frozenset())
    book.submit([OCTOBER], "ann")  # says the same: nothing changed
    assert book.changes(mark) == (mark, frozenset())
    book.submit([replace(OCTOBER, entity="kiln"), replace(OCTOBER, value=1.0)], "ann")
    later, who = book.changes(mark)
    assert later > mark and who == {"kiln", "mill"}
    assert book.changes(0)[1] == {"kiln", "mill"}


def test_every_write_stands_in_the_audit(book, ledger):
    book.submit([OCTOBER], "ann")
    with ledger.reading() as connection:
        (row,) = connection.execute(select(audit).where(audit.c.action == "statistic")).mappings()
    assert (row["who"], row["target"], row["detail"]["value"], row["detail"]["period"]) == ("ann", "mill", 120.5, "2026-10")
