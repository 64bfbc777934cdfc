"""The office that makes bulletins: gathers facts, composes documents, renders files, and freezes them when one is issued."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from alerting.bulletin import document_of, title_of
from alerting.bulletin_facts import gather
from alerting.bulletin_sources import Sources
from tricolor.domain.bulletin_states import (
    Bulletin,
    BulletinAction,
    BulletinFile,
    BulletinState,
    BulletinStep,
    SomebodyWasFaster,
    number_text,
    state_after,
)
from tricolor.domain.bulletins import BulletinFacts
from tricolor.domain.documents import Document
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.frozen_json import frozen, thawed
from tricolor.domain.intervals import from_us
from tricolor.domain.periods import Period, period_of
from tricolor.ports_bulletins import BulletinBook, BulletinMove, BulletinShelf, BulletinWriter, NewBulletin

TRIES = 5  # for a number that somebody else takes meanwhile
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


class BulletinOffice:
    """BulletinDesk over a book, the sources of facts and the writers of files. sources: made when facts are gathered, as the store may be away."""

    def __init__(self, book: BulletinBook, sources: Callable[[], Sources], writers: Sequence[BulletinWriter]) -> None:
        self._book, self._sources = book, sources
        self._writers = {writer.suffix: writer for writer in writers}

    @property
    def shelf(self) -> BulletinShelf:
        return self._book

    def make(self, area: str, period: str, who: str, at: int, corrects: int | None = None, key: str = "") -> Bulletin:
        facts = gather(self._sources(), area, period_in(period), at)
        return self._book.draft(NewBulletin(area, facts.period, frozen(facts), who, at, corrects, key))

    def step(self, move: BulletinMove) -> Bulletin:
        if move.action is BulletinAction.REFRESHED:
            return self._refresh(move)
        return self._issue(move) if move.action is BulletinAction.ISSUED else self._book.step(move)

    def document(self, bulletin_id: int) -> Document:
        return self._document(self._book.get(bulletin_id))

    def file(self, bulletin_id: int, suffix: str) -> BulletinFile:
        bulletin = self._book.get(bulletin_id)
        if suffix not in self._writers:
            raise NotFound(f"没有 .{suffix} 文件；有：{'、'.join(self._writers)} · there is no .{suffix}; there are: {', '.join(self._writers)}")
        held = next((f for f in self._book.files(bulletin_id) if f.suffix == suffix), None)
        return self._rendered(bulletin, self._document(bulletin), suffix) if held is None else held

    def _refresh(self, move: BulletinMove) -> Bulletin:
        before = self._book.get(move.bulletin_id)
        _require(before, move)
        facts = gather(self._sources(), before.area, period_of(before.period), move.at)
        return self._book.step(replace(move, facts=frozen(facts)))

    def _issue(self, move: BulletinMove) -> Bulletin:
        """The files are rendered before the ledger is locked; when another one takes the number meanwhile, again with the next."""
        before = self._book.get(move.bulletin_id)
        _require(before, move)
        year = from_us(move.at).year
        form = thawed(BulletinFacts, before.facts).form.number
        for _ in range(TRIES):
            serial = self._book.next_serial(year)
            number = number_text(form, year, serial)
            step = BulletinStep(move.at, move.action, move.who.strip(), move.text.strip(), before.revision + 1)
            issued = replace(before, state=BulletinState.ISSUED, number=number, issued_at=move.at, steps=(*before.steps, step))
            document = self._document(issued)
            files = tuple(self._rendered(issued, document, suffix) for suffix in self._writers)
            try:
                return self._book.step(replace(move, number=number, serial_year=year, serial=serial, files=files))
            except SomebodyWasFaster:
                if self._book.get(move.bulletin_id).revision != before.revision:
                    raise
        raise SomebodyWasFaster("文号一再被占用，请稍后再签发 · the number was taken again and again: issue it a little later")

    def _document(self, bulletin: Bulletin) -> Document:
        corrected = "" if bulletin.corrects is None else self._book.get(bulletin.corrects).number
        return document_of(bulletin, corrected)

    def _rendered(self, bulletin: Bulletin, document: Document, suffix: str) -> BulletinFile:
        writer = self._writers[suffix]
        data = writer.write(document)
        return BulletinFile(suffix, file_name(bulletin, suffix), writer.media_type, data, hashlib.sha256(data).hexdigest())


def period_in(text: str) -> Period:
    """2026-10, or 2026-Q3 (2026Q3 too); Refused otherwise."""
    written = re.sub(r"^(\d{4})[-]?[qQ]([1-4])$", r"\1-Q\2", text.strip())
    try:
        return period_of(written)
    except ValueError as error:
        raise Refused(str(error)) from error


def file_name(bulletin: Bulletin, suffix: str) -> str:
    """E.g. 能预警〔2026〕10号 钦州市2026年10月用能预警通报.pdf; of one that is not issued: 草稿3 …"""
    head = bulletin.number or f"草稿{bulletin.id}"
    return f"{_NO_NAME.sub('', f'{head} {title_of(thawed(BulletinFacts, bulletin.facts))}')}.{suffix}"


def _require(before: Bulletin, move: BulletinMove) -> None:
    """Refused, before anything costly is done, what the book would refuse after."""
    state_after(before.state, move.action, move.who, move.text)
    if before.revision != move.revision:
        raise SomebodyWasFaster(
            f"通报 {before.id} 已被他人改动（现为第 {before.revision} 稿），请刷新后再办 · bulletin {before.id} was changed by somebody else "
            f"(revision {before.revision}): look again, then step"
        )
