"""The registers in the ledger, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.domain.projects import AuditState, CpAudit, Project, ProjectState

NOW = parse_us("2026-11-21T08:00:00+08:00")
PLANNED = Project("qinzhou/annex3-01", "qinzhou", "plant", "煤气回收", due="2025-12", expected_tce=4000.0)
LISTED = CpAudit("2026-01", "plant", True, AuditState.LISTED, "2026-03-01")


@pytest.fixture
def clock() -> list[int]:
    return [NOW]


@pytest.fixture
def ground(ledger: LedgerEngine) -> LedgerEngine:
    rows = [("city", "city", "", ""), ("north", "region", "", ""), ("plant", "enterprise", "north", ""), ("mill", "enterprise", "", "")]
    with ledger.writing() as connection:
        for identity, kind, region, park in rows:
            connection.execute(insert(entity).values(id=identity, kind=kind, name_cn=identity, region_id=region, park_id=park))
    return ledger


@pytest.fixture
def book(ground: LedgerEngine, clock: list[int]) -> ProjectBookSql:
    return ProjectBookSql(ground, _clock(clock))


def _clock(clock: list[int]) -> Callable[[], int]:
    return lambda: clock[0]


def test_every_revision_is_kept_with_who_why_and_when(book: ProjectBookSql, clock: list[int]) -> None:
    first = book.put(PLANNED, "王", "")
    clock[0] += DAY_US
    running = replace(PLANNED, state=ProjectState.COMMISSIONED, commissioned="2025-11-30")
    second = book.put(running, "李", "竣工验收")
    assert first == replace(PLANNED, author="王", changed_at=NOW)
    assert second == replace(running, author="李", reason="竣工验收", revision=2, changed_at=NOW + DAY_US)
    assert book.history(PLANNED.id) == [first, second]
    assert book.current(None) == [second]
    assert book.current(["plant", "mill"]) == [second]
    assert book.current(["mill"]) == []
    with pytest.raises(NotFound, match="nothing"):
        book.history("nothing")


def test_the_same_again_makes_no_revision_and_no_change(book: ProjectBookSql) -> None:
    kept = book.put(PLANNED, "王", "")
    mark, _ = book.changes(0)
    assert book.put(PLANNED, "李", "再登记") == kept
    assert book.changes(mark) == (mark, frozenset())


def test_changes_name_who_is_concerned_and_both_when_a_project_passes_on(book: ProjectBookSql) -> None:
    assert book.changes(0) == (0, frozenset())
    book.put(PLANNED, "王", "")
    mark, concerned = book.changes(0)
    assert (mark, concerned) == (1, {"plant"})
    book.put(replace(PLANNED, entity="mill"), "王", "转给纸厂")
    assert book.changes(mark) == (2, {"plant", "mill"})
    assert book.current(["plant"]) == []
    assert [p.entity for p in book.current(None)] == ["mill"]


def test_a_refused_or_faulty_entry_leaves_the_register_as_it_was(book: ProjectBookSql) -> None:
    kept = book.put(PLANNED, "王", "")
    with pytest.raises(Refused, match="after commissioning"):
        book.put(replace(PLANNED, state=ProjectState.VERIFIED, commissioned="2025-11-30", verified_tce=1.0), "王", "核定")
    with pytest.raises(Problems) as raised:
        book.put(replace(PLANNED, entity="nowhere", due="x", plan="other", saving_entity="gone"), " ", "")
    assert [p.split(" · ")[1].split(":")[0] for p in raised.value.problems] == ["due", "author", "plan", "entity", "saving_entity"]
    assert book.history(PLANNED.id) == [kept]


def test_a_saving_is_measured_inside_the_one_that_answers(book: ProjectBookSql) -> None:
    with pytest.raises(Problems, match="mill is not inside plant"):
        book.put(replace(PLANNED, saving_entity="mill"), "王", "")
    with pytest.raises(Problems, match="mill is not inside north"):
        book.put(replace(PLANNED, entity="north", saving_entity="mill"), "王", "")
    assert book.put(replace(PLANNED, entity="north", saving_entity="plant"), "王", "").saving_entity == "plant"
    assert book.put(replace(PLANNED, entity="city", saving_entity="mill"), "王", "").saving_entity == "mill"


def test_several_are_taken_all_or_none_and_each_fault_has_its_place(book: ProjectBookSql) -> None:
    good, bad = replace(PLANNED, id="a"), replace(PLANNED, id="b", due="x")
    with pytest.raises(Problems) as raised:
        book.put_all([good, bad, good], "王", "")
    assert [p[:3] for p in raised.value.problems] == ["[1]", "[2]"]
    assert book.current(None) == []
    assert [p.id for p in book.put_all([good, replace(bad, due="2025-01")], "王", "")] == ["a", "b"]


def test_an_entry_is_told_in_the_audit(book: ProjectBookSql, ground: LedgerEngine) -> None:
    book.put(PLANNED, "王", "列入规划")
    with ground.reading() as connection:
        row = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).mappings().one()
    assert (row["who"], row["action"], row["target"], row["detail"]["reason"], row["at"]) == ("王", "project.put", PLANNED.id, "列入规划", NOW)


def test_audits_keep_revisions_and_tell_their_changes(ground: LedgerEngine, clock: list[int]) -> None:
    book = CpAuditBookSql(ground, _clock(clock))
    first = book.put(LISTED, "王", "")
    second = book.put(replace(LISTED, state=AuditState.STARTED, started_on="2026-04-20"), "王", "")
    assert book.history("2026-01") == [first, second]
    assert book.changes(1) == (2, {"plant"})
    assert book.put(replace(second, author="", reason="x"), "李", "y") == second
    with pytest.raises(Refused, match="reason"):
        book.put(LISTED, "王", "")
    with pytest.raises(Problems) as raised:
        book.put(replace(LISTED, id="x", entity="nowhere", listed_on="2026-11-22"), "", "")
    assert [p.split(" · ")[1].split(":")[0] for p in raised.value.problems] == ["listed_on", "author", "entity"]
    assert book.current(["plant"]) == [second]
    with pytest.raises(NotFound):
        book.history("none")
