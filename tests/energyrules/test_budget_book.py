"""Energy budgets in the ledger: a revision for every change, all of a submission or nothing, and whom changes concern."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import Problems
from tricolor.domain.submissions import Budget
from tricolor.ports_submissions import BudgetBook

EVEN = (0.08,) * 11 + (0.12,)  # 0.88 + 0.12 = 1
MILL = Budget("mill", 2026, 12_000.0, EVEN, "示例〔2026〕1号")
CITY = Budget("city", 2026, 90_000.0)


@pytest.fixture
def book(ledger: LedgerEngine) -> BudgetBookSql:
    entities = (Entity("city", EntityKind.CITY, "示例市", ""), Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""))
    RegistryBookSql(ledger).replace_from(RegistryFile(entities), "tester", 1)
    return BudgetBookSql(ledger, now_us=lambda: 42)


def counted(budget: Budget, revision: int = 1) -> Budget:
    return replace(budget, author="desk", revision=revision, submitted_at=42)


def test_a_budget_comes_back_as_set(book: BudgetBookSql) -> None:
    port: BudgetBook = book
    assert port.set([MILL, CITY], "desk") == [counted(MILL), counted(CITY)]
    assert port.current(None) == [counted(CITY), counted(MILL)]
    assert port.current(["mill"]) == [counted(MILL)]
    assert port.current([]) == []


def test_only_a_different_budget_makes_a_revision_and_every_one_is_kept(book: BudgetBookSql, ledger: LedgerEngine) -> None:
    book.set([MILL], "desk")
    assert book.set([MILL], "somebody else") == [counted(MILL)]  # said already: by desk
    cut = replace(MILL, tce=11_000.0)
    assert book.set([cut], "desk") == [counted(cut, 2)]
    assert book.history("mill", 2026) == [counted(MILL), counted(cut, 2)]
    assert book.current(["mill"]) == [counted(cut, 2)]
    with ledger.reading() as connection:
        written = connection.execute(select(audit.c.who, audit.c.target).where(audit.c.action == "budget.set")).all()
    assert [tuple(row) for row in written] == [("desk", "mill"), ("desk", "mill")]


def test_changes_name_whom_they_concern_since_a_mark(book: BudgetBookSql) -> None:
    assert book.changes(0) == (0, frozenset())
    book.set([MILL], "desk")
    first, named = book.changes(0)
    assert named == {"mill"}
    book.set([CITY, MILL], "desk")  # the mill's is the same: only the city changed
    second, named = book.changes(first)
    assert named == {"city"}
    book.set([CITY, MILL], "desk")
    assert book.changes(second) == (second, frozenset())


def test_a_budget_of_zero_takes_it_back_and_stays_in_the_history(book: BudgetBookSql) -> None:
    book.set([MILL], "desk")
    book.set([replace(MILL, tce=0.0)], "desk")
    assert book.current(None) == []
    assert [b.tce for b in book.history("mill", 2026)] == [12_000.0, 0.0]
    assert book.set([MILL], "desk") == [counted(MILL, 3)]


def test_one_bad_budget_keeps_all_out_and_every_fault_is_named(book: BudgetBookSql) -> None:
    bad = [CITY, Budget("ghost", 1900, -1.0), replace(MILL, profile=(0.5, 0.6)), replace(MILL, profile=(0.1,) * 12)]
    with pytest.raises(Problems) as caught:
        book.set(bad, "desk")
    text = "\n".join(caught.value.problems)
    for word in ("[1]", "year", "tce", "ghost", "[2]", "现有 2 个", "[3]", "现为 1.2", "出现两次"):
        assert word in text
    assert book.current(None) == []
    assert book.changes(0) == (0, frozenset())


def test_without_a_person_nothing_is_set(book: BudgetBookSql) -> None:
    with pytest.raises(Problems, match="author"):
        book.set([MILL], " ")
