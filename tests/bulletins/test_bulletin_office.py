"""The office: what is issued is rendered with its number, frozen, and comes out the same again."""

import hashlib

import pytest

from alerting.bulletin_office import BulletinOffice, period_in
from alerting.bulletin_sources import Sources
from tests.alerting.conftest import Town
from tests.bulletins.conftest import MADE_AT, Words
from tricolor.adapters.ledger.bulletins import BulletinBookSql, digest_of
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinState, SomebodyWasFaster
from tricolor.domain.bulletins import BulletinFacts
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.frozen_json import thawed
from tricolor.ports_bulletins import BulletinMove

A = BulletinAction


@pytest.fixture
def book(tmp_path) -> BulletinBookSql:
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.migrate()
    yield BulletinBookSql(ledger)
    ledger.close()


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def office(book: BulletinBookSql, sources: Sources, words: Words) -> BulletinOffice:
    return BulletinOffice(book, lambda: sources, (words,))


def do(office: BulletinOffice, b: Bulletin, action: BulletinAction, text: str = "") -> Bulletin:
    return office.step(BulletinMove(b.id, b.revision, action, "乙", MADE_AT, text))


def issued(office: BulletinOffice, period: str = "2026-10") -> Bulletin:
    b = office.make("town", period, "甲", MADE_AT)
    return do(office, do(office, b, A.REVIEWED), A.ISSUED)


def test_a_period_is_read_as_people_write_it() -> None:
    assert [str(period_in(text)) for text in ("2026-10", "2026Q3", "2026-q3", " 2026-Q3 ")] == ["2026-10", "2026-Q3", "2026-Q3", "2026-Q3"]
    with pytest.raises(Refused, match="请写成"):
        period_in("2026-13")


def test_the_frozen_file_holds_its_number_and_comes_out_the_same_again(office: BulletinOffice, words: Words) -> None:
    done = issued(office)
    frozen = office.file(done.id, "txt")
    assert "能预警〔2026〕1号" in frozen.data.decode()
    assert frozen.name == "能预警〔2026〕1号 某市2026年10月用能预警通报.txt"
    assert (frozen.sha256, frozen.data) == (hashlib.sha256(frozen.data).hexdigest(), words.write(office.document(done.id)))
    assert done.digest == digest_of(done.facts)


def test_the_town_changes_and_the_issued_one_does_not(office: BulletinOffice, mill_town: Town) -> None:
    done = issued(office)
    before = office.file(done.id, "txt").data
    mill_town.use("mill", "2026-10", 9_000.0)
    do(office, done, A.COMMENTED, "已抄送")
    assert (office.shelf.get(done.id).facts, office.file(done.id, "txt").data) == (done.facts, before)


def test_a_draft_is_rendered_with_its_mark_and_refreshed_from_the_books(office: BulletinOffice, mill_town: Town) -> None:
    draft = office.make("town", "2026-10", "甲", MADE_AT)
    assert "草稿" in office.file(draft.id, "txt").data.decode()
    mill_town.use("mill", "2026-10", 9_000.0)
    fresh = do(office, draft, A.REFRESHED)
    assert fresh.digest != draft.digest
    assert thawed(BulletinFacts, fresh.facts).own.tce == pytest.approx(9_000)


def test_a_number_taken_meanwhile_makes_the_next_one_and_the_file_says_so(office: BulletinOffice, book: BulletinBookSql, monkeypatch) -> None:
    other = do(office, office.make("town", "2026-09", "甲", MADE_AT), A.REVIEWED)
    mine = do(office, office.make("town", "2026-10", "甲", MADE_AT), A.REVIEWED)
    real, told = book.next_serial, list[int]()

    def overtaken(year: int) -> int:
        told.append(real(year))
        if len(told) == 1:
            do(office, other, A.ISSUED)  # takes the number that was just read
        return told[0] if len(told) == 1 else real(year)

    monkeypatch.setattr(book, "next_serial", overtaken)
    done = do(office, mine, A.ISSUED)
    assert (office.shelf.get(other.id).number, done.number) == ("能预警〔2026〕1号", "能预警〔2026〕2号")
    assert "能预警〔2026〕2号" in office.file(done.id, "txt").data.decode()


def test_nothing_is_rendered_for_who_looks_at_an_old_revision(office: BulletinOffice, words: Words) -> None:
    draft = office.make("town", "2026-10", "甲", MADE_AT)
    do(office, draft, A.REVIEWED)
    with pytest.raises(SomebodyWasFaster):
        office.step(BulletinMove(draft.id, 1, A.ISSUED, "乙", MADE_AT))
    assert words.written == 0


def test_a_correction_says_so_in_its_document(office: BulletinOffice) -> None:
    done = issued(office)
    correction = office.make("town", "2026-10", "甲", MADE_AT, corrects=done.id)
    assert (correction.edition, correction.state) == (2, BulletinState.DRAFT)
    assert "本通报更正能预警〔2026〕1号" in repr(office.document(correction.id).blocks[0])


def test_a_file_that_nobody_writes_is_not_found(office: BulletinOffice) -> None:
    draft = office.make("town", "2026-10", "甲", MADE_AT)
    with pytest.raises(NotFound, match=r"没有 \.odt"):
        office.file(draft.id, "odt")
