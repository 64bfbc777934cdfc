"""The book of bulletins, on SQLite and on PostgreSQL: sign-off, numbers without gaps, what is issued never changes."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.bulletins import BulletinBookSql, digest_of
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinFile, BulletinState, SomebodyWasFaster, number_text, state_after
from tricolor.domain.errors import NotFound, Refused
from tricolor.ports_bulletins import BulletinMove, BulletinsWanted, NewBulletin

AT = 1_800_000_000_000_000
A = BulletinAction
FILE = BulletinFile("pdf", "a.pdf", "application/pdf", b"\x00%PDF\xff", "c" * 64)


@pytest.fixture
def book(ledger: LedgerEngine) -> BulletinBookSql:
    return BulletinBookSql(ledger)


def drafted(book: BulletinBookSql, period: str = "2026-10", corrects: int | None = None) -> Bulletin:
    return book.draft(NewBulletin("qz", period, '{"a":1}', "甲", AT, corrects, key="k1"))


def move(b: Bulletin, action: BulletinAction, text: str = "", who: str = "乙") -> BulletinMove:
    return BulletinMove(b.id, b.revision, action, who, AT + b.revision, text)


def issued(book: BulletinBookSql, b: Bulletin, year: int = 2026) -> Bulletin:
    if b.state is BulletinState.DRAFT:
        b = book.step(move(b, A.REVIEWED))
    serial = book.next_serial(year)
    number = number_text("能预警〔{year}〕{serial}号", year, serial)
    return book.step(replace(move(b, A.ISSUED), number=number, serial_year=year, serial=serial, files=(FILE,)))


def test_from_draft_to_issue_with_who_and_when(book: BulletinBookSql, ledger: LedgerEngine) -> None:
    done = issued(book, drafted(book))
    assert (done.state, done.number, done.revision, done.digest) == (BulletinState.ISSUED, "能预警〔2026〕1号", 3, digest_of('{"a":1}'))
    assert [(s.action, s.who, s.revision) for s in done.steps] == [(A.DRAFTED, "甲", 1), (A.REVIEWED, "乙", 2), (A.ISSUED, "乙", 3)]
    assert book.files(done.id) == [FILE]
    with ledger.reading() as connection:
        rows = connection.execute(select(audit.c.action, audit.c.who, audit.c.target).order_by(audit.c.id)).all()
    assert [tuple(row) for row in rows] == [
        ("bulletin.drafted", "甲 (key k1)", str(done.id)), ("bulletin.reviewed", "乙", str(done.id)), ("bulletin.issued", "乙", str(done.id)),
    ]  # fmt: skip


def test_numbers_have_no_gaps_and_are_never_given_twice(book: BulletinBookSql) -> None:
    first, second = issued(book, drafted(book, "2026-08")), issued(book, drafted(book, "2026-09"))
    book.step(move(first, A.WITHDRAWN, "取数有误"))
    third = issued(book, drafted(book, "2026-08"))
    assert [first.serial, second.serial, third.serial] == [1, 2, 3]
    assert issued(book, drafted(book, "2026-10"), year=2027).number == "能预警〔2027〕1号"


def test_a_number_that_somebody_took_is_refused_and_nothing_is_issued(book: BulletinBookSql) -> None:
    one, other = (book.step(move(drafted(book, period), A.REVIEWED)) for period in ("2026-08", "2026-09"))
    issued(book, one)
    late = replace(move(other, A.ISSUED), number="能预警〔2026〕1号", serial_year=2026, serial=1, files=(FILE,))
    with pytest.raises(SomebodyWasFaster, match="下一号为 2"):
        book.step(late)
    assert (book.get(other.id).state, book.files(other.id)) == (BulletinState.REVIEWED, [])


def test_two_people_at_once_do_one_step(book: BulletinBookSql) -> None:
    b, done, late = drafted(book), list[Bulletin](), list[str]()
    start = threading.Barrier(2)

    def review(who: str) -> None:
        start.wait()
        try:
            done.append(book.step(move(b, A.REVIEWED, who=who)))
        except SomebodyWasFaster as error:
            late.append(str(error))

    threads = [threading.Thread(target=review, args=(who,)) for who in ("乙", "丙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(late)) == (1, 1)
    assert "已被他人改动" in late[0]
    assert len(book.get(b.id).steps) == 2


@pytest.mark.parametrize("action", [A.REFRESHED, A.REVIEWED, A.RETURNED, A.ISSUED])
def test_what_is_issued_never_changes(book: BulletinBookSql, action: BulletinAction) -> None:
    done = issued(book, drafted(book))
    with pytest.raises(Refused):
        book.step(replace(move(done, action, "理由"), facts="{}", number="x", serial_year=2026, serial=2, files=(FILE,)))
    after = book.get(done.id)
    assert (after.facts, after.number, after.revision, book.files(done.id)) == (done.facts, done.number, done.revision, [FILE])


def test_a_comment_and_a_withdrawal_leave_facts_and_files(book: BulletinBookSql) -> None:
    done = issued(book, drafted(book))
    said = book.step(move(done, A.COMMENTED, "已抄送"))
    gone = book.step(move(said, A.WITHDRAWN, "口径有误"))
    assert (gone.state, gone.number, gone.facts, book.files(done.id)) == (BulletinState.WITHDRAWN, done.number, done.facts, [FILE])


def test_a_return_needs_its_reason_and_leads_back_to_draft(book: BulletinBookSql) -> None:
    reviewed = book.step(move(drafted(book), A.REVIEWED))
    with pytest.raises(Refused, match="理由"):
        book.step(move(reviewed, A.RETURNED, "  "))
    back = book.step(move(reviewed, A.RETURNED, "表1有误"))
    fresh = book.step(replace(move(back, A.REFRESHED), facts='{"a":2}'))
    assert (fresh.state, fresh.facts, fresh.digest) == (BulletinState.DRAFT, '{"a":2}', digest_of('{"a":2}'))


def test_one_draft_at_a_time_and_a_correction_names_the_issued_one(book: BulletinBookSql) -> None:
    first = drafted(book)
    with pytest.raises(Refused, match=f"已有通报草稿 {first.id}"):
        drafted(book)
    with pytest.raises(Refused, match=f"已有通报草稿 {first.id}"):
        drafted(book, corrects=first.id)
    done = issued(book, first)
    with pytest.raises(Refused, match="更正请另拟一份"):
        drafted(book)
    with pytest.raises(Refused, match="没有已签发的通报 999"):
        drafted(book, corrects=999)
    correction = drafted(book, corrects=done.id)
    assert (correction.edition, correction.corrects) == (2, done.id)


def test_a_withdrawn_draft_makes_room(book: BulletinBookSql) -> None:
    first = drafted(book)
    book.step(move(first, A.WITHDRAWN, "数据未齐"))
    assert drafted(book).edition == 2


def test_pages_are_newest_first_and_sifted(book: BulletinBookSql) -> None:
    one, two = drafted(book, "2026-08"), issued(book, drafted(book, "2026-09"))
    assert [b.id for b in book.page(BulletinsWanted(), 10, None)] == [two.id, one.id]
    assert [b.id for b in book.page(BulletinsWanted(state="issued"), 10, None)] == [two.id]
    assert [b.id for b in book.page(BulletinsWanted(period="2026-08", areas=frozenset({"qz"})), 10, None)] == [one.id]
    assert book.page(BulletinsWanted(areas=frozenset({"elsewhere"})), 10, None) == []
    assert [b.id for b in book.page(BulletinsWanted(), 10, two.id)] == [one.id]


def test_what_is_not_there_is_not_found(book: BulletinBookSql) -> None:
    with pytest.raises(NotFound, match="没有通报 5"):
        book.get(5)
    assert book.files(5) == []


@pytest.mark.parametrize(
    ("state", "action", "text", "who"),
    [
        (BulletinState.DRAFT, A.ISSUED, "", "乙"), (BulletinState.DRAFT, A.RETURNED, "x", "乙"), (BulletinState.WITHDRAWN, A.REVIEWED, "", "乙"),
        (BulletinState.DRAFT, A.REVIEWED, "", " "), (BulletinState.DRAFT, A.REVIEWED, "", "乙" * 65), (BulletinState.DRAFT, A.WITHDRAWN, "", "乙"),
        (BulletinState.DRAFT, A.COMMENTED, "字" * 2_001, "乙"),
    ],
)  # fmt: skip
def test_steps_that_cannot_follow_say_why(state: BulletinState, action: BulletinAction, text: str, who: str) -> None:
    with pytest.raises(Refused, match="· "):
        state_after(state, action, who, text)
