"""The book of exclusions on both databases: all or none, never removed, the same twice changes nothing."""

import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exclusions import ExclusionEntry, ExclusionKind
from tricolor.ports_accounts import ExclusionBook


@pytest.fixture
def book(ledger: LedgerEngine, rules) -> ExclusionBook:
    RegistryBookSql(ledger).replace_from(RegistryFile((Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""),)), "tester", 1)
    return ExclusionBookSql(ledger, rules, now_us=lambda: 42)


def test_an_entry_comes_back_as_it_was_made(book, fact):
    made = fact(carrier="raw_coal", amount=140.0, unit="t", factor_ids=("a", "b"), is_metered=True, tce_calorific=None)
    assert book.add([made], "li") == [ExclusionEntry(1, made, "li", 42)]
    assert book.entries() == [ExclusionEntry(1, made, "li", 42)] and book.version() == 1


def test_the_same_twice_changes_nothing_and_another_amount_is_refused(book, fact):
    (first,) = book.add([fact()], "li")
    assert book.add([fact()], "wang") == [first] and book.version() == 1
    with pytest.raises(Refused, match="entry 1 already"):
        book.add([fact(tce_equivalent=120.0)], "li")
    with pytest.raises(Refused):
        book.add([fact(first_month="2025-12", last_month="2026-02")], "li")
    book.add([fact(first_month="2026-02", last_month="2026-02"), fact(document="另一文号"), fact(kind=ExclusionKind.NATIONAL_PROJECT)], "li")
    assert len(book.entries()) == 4


def test_a_revoked_entry_stays_on_record_and_its_months_are_free_again(book, fact, ledger):
    book.add([fact()], "li")
    gone = book.revoke(1, "wang", "台账有误")
    assert (gone.revoked_at, gone.revoked_by, gone.revoked_reason) == (42, "wang", "台账有误") and not gone.is_in_force
    assert book.version() == 2 and book.revoke(1, "zhao", "再次") == gone and book.version() == 2
    book.add([fact(tce_equivalent=90.0)], "li")
    assert [(e.id, e.is_in_force) for e in book.entries()] == [(1, False), (2, True)]
    with ledger.reading() as connection:
        actions = connection.execute(select(audit.c.action).where(audit.c.target == "mill").order_by(audit.c.id)).scalars().all()
    assert actions == ["exclusion.add", "exclusion.revoke", "exclusion.add"]


def test_what_replaces_an_entry_revokes_it_in_the_same_moment(book, fact):
    book.add([fact(is_metered=True)], "li")
    (made,) = book.add([fact(is_metered=True, tce_equivalent=101.0)], "li", [1])
    assert [(e.id, e.is_in_force) for e in book.entries()] == [(1, False), (made.id, True)]
    with pytest.raises(NotFound):
        book.add([fact(is_metered=True, tce_equivalent=102.0)], "li", [1])
    assert len(book.entries()) == 2  # all or none


def test_every_fault_is_told_and_nothing_is_written(book, fact):
    with pytest.raises(Problems) as told:
        book.add([fact(), fact(entity="nowhere", document="第2号"), fact(first_month="2019-01", last_month="2019-01", reason="")], " ")
    assert len(told.value.problems) == 6  # by ×3, the entity, the month, the reason
    assert book.entries() == [] and book.version() == 0


def test_revoking_needs_an_entry_a_person_and_a_reason(book, fact):
    book.add([fact()], "li")
    with pytest.raises(NotFound, match="no exclusion 9"):
        book.revoke(9, "li", "误")
    with pytest.raises(Problems) as told:
        book.revoke(1, "", " ")
    assert len(told.value.problems) == 2 and book.entries()[0].is_in_force
