"""Activity figures: a revision for every change of value, the last one counts, all of a submission or nothing."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import activity
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.errors import Problems
from tricolor.ports import ActivityBook

GDP = Activity("city", ActivityKind.GDP, "2026-10", 12.5, "1e8CNY", 2025, author="statistics")
PAPER = Activity("mill", ActivityKind.OUTPUT, "2026-10", 900.0, "t", product="paper")


@pytest.fixture
def book(ledger: LedgerEngine) -> ActivityBookSql:
    entities = (Entity("city", EntityKind.CITY, "示例市", ""), Entity("mill", EntityKind.ENTERPRISE, "造纸厂", ""))
    RegistryBookSql(ledger).replace_from(RegistryFile(entities), "tester", 1)
    return ActivityBookSql(ledger, now_us=lambda: 42)


def test_a_figure_comes_back_as_submitted(book: ActivityBookSql) -> None:
    port: ActivityBook = book
    assert port.version() == 0
    assert port.submit([GDP, PAPER]) == [GDP, PAPER]
    assert port.current(["mill", "city"]) == [GDP, PAPER]
    assert port.current(["mill"]) == [PAPER]
    assert port.current([]) == []
    assert port.version() == 1


def test_only_a_different_value_makes_a_revision(book: ActivityBookSql, ledger: LedgerEngine) -> None:
    book.submit([GDP])
    assert book.submit([replace(GDP, author="somebody else")]) == [GDP]
    assert book.version() == 1
    corrected = replace(GDP, value=12.75)
    assert book.submit([corrected]) == [replace(corrected, revision=2)]
    assert book.submit([GDP]) == [replace(GDP, revision=3)]  # back to the first value: a belief of its own
    assert book.current(["city"]) == [replace(GDP, revision=3)]
    assert book.version() == 3
    with ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(activity)).scalar_one() == 3  # every revision is kept


def test_month_product_and_kind_tell_figures_apart(book: ActivityBookSql) -> None:
    figures = [
        PAPER,
        replace(PAPER, month="2026-11"),
        replace(PAPER, product="pulp"),
        Activity("mill", ActivityKind.VALUE_ADDED, "2026-10", -3.0, "1e4CNY"),
    ]
    assert book.submit(figures) == figures
    assert len(book.current(["mill"])) == 4


def test_a_bad_figure_keeps_the_whole_submission_out_and_every_fault_is_told(book: ActivityBookSql) -> None:
    bad = [GDP, replace(GDP, entity="nowhere"), replace(GDP, unit="t"), replace(GDP, month="2026-13"), replace(GDP, value=math.nan)]
    with pytest.raises(Problems) as told:
        book.submit(bad)
    assert [problem.split("]")[0] for problem in told.value.problems] == ["[1", "[2", "[3", "[4"]
    assert book.current(["city"]) == [] and book.version() == 0


def test_revisions_of_submitters_at_the_same_time_are_all_kept(book: ActivityBookSql, ledger: LedgerEngine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda value: book.submit([replace(GDP, value=float(value))]), range(20)))
    assert book.current(["city"])[0].revision == 20
