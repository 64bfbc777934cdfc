"""Ports of the bulletin (预警通报): its book, where its facts come from, and the writers of its files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinFile
from tricolor.domain.documents import Document
from tricolor.domain.intervals import Interval
from tricolor.ports_judging import Word


class BulletinWriter(Protocol):
    """Makes a file of a document; the same document gives the same bytes."""

    suffix: str  # "docx", "pdf", "xlsx"
    media_type: str

    def write(self, document: Document) -> bytes:
        """Misconfigured when a font or a program it needs is missing, and says which."""
        ...


@dataclass(frozen=True, slots=True)
class NewBulletin:
    """A draft to be. facts: canonical JSON; corrects: the issued bulletin that it puts right; at [µs]."""

    area: str
    period: str
    facts: str
    who: str
    at: int
    corrects: int | None = None
    key: str = ""  # by which it came, for the audit


@dataclass(frozen=True, slots=True)
class BulletinMove:
    """A step of the sign-off. revision: of the bulletin as the one who steps has seen it; text: reason or comment; facts: of a draft gathered again;
    number, serial_year, serial, files: of one being issued, rendered with that number; at [µs]."""

    bulletin_id: int
    revision: int
    action: BulletinAction
    who: str
    at: int
    text: str = ""
    facts: str = ""
    number: str = ""
    serial_year: int | None = None
    serial: int | None = None
    files: tuple[BulletinFile, ...] = ()
    key: str = ""  # by which it came, for the audit


@dataclass(frozen=True, slots=True)
class BulletinsWanted:
    """Which bulletins a page is of; "" or None: all."""

    state: str = ""
    period: str = ""
    areas: frozenset[str] | None = None


class BulletinShelf(Protocol):
    """Bulletins as they are read."""

    def get(self, bulletin_id: int) -> Bulletin:
        """With its steps; NotFound."""
        ...

    def page(self, wanted: BulletinsWanted, limit: int, before_id: int | None) -> list[Bulletin]:
        """Newest first, without their facts and steps."""
        ...

    def files(self, bulletin_id: int) -> list[BulletinFile]:
        """The frozen files, by suffix; none before it is issued."""
        ...


class BulletinBook(BulletinShelf, Protocol):
    """Bulletins as they are made. An issued one never changes again."""

    def draft(self, new: NewBulletin) -> Bulletin:
        """Refused where one of the area and period stands that is not withdrawn, unless it is issued and this one corrects it."""
        ...

    def step(self, move: BulletinMove) -> Bulletin:
        """NotFound; SomebodyWasFaster when the revision is another one, or the serial is not the next; Refused where the step cannot follow."""
        ...

    def next_serial(self, year: int) -> int:
        """The number that the next bulletin issued in the year gets: without gaps, never given twice."""
        ...


class BulletinDesk(Protocol):
    """Bulletins with all that making one takes: facts gathered, documents composed, files rendered."""

    def make(self, area: str, period: str, who: str, at: int, corrects: int | None = None, key: str = "") -> Bulletin:
        """A draft from the facts of the period. NotFound, Refused, Problems in words that say what to mend; at [µs]."""
        ...

    def step(self, move: BulletinMove) -> Bulletin:
        """Raises as BulletinBook.step; number and files of one that is issued are made here, as are the facts of one that is refreshed."""
        ...

    def document(self, bulletin_id: int) -> Document:
        """As it now stands; NotFound."""
        ...

    def file(self, bulletin_id: int, suffix: str) -> BulletinFile:
        """The frozen file of an issued bulletin, else one rendered now with its mark. NotFound; Misconfigured where a program or font is missing."""
        ...

    @property
    def shelf(self) -> BulletinShelf: ...


@dataclass(frozen=True, slots=True)
class AlertLife:
    """An alert as its events tell it up to a moment. level: the worst, told by then; acked_at, acked_by: of the first answer; times [µs]."""

    id: int
    entity: str
    rule: str
    indicator: str
    level: str
    opened_at: int
    resolved_at: int | None
    acked_at: int | None
    acked_by: str
    reason_zh: str
    reason_en: str


class PeriodHistory(Protocol):
    """What the ledger says of a time that is over."""

    def last_words(self, periods: Collection[str], entities: Sequence[str]) -> list[Word]:
        """The last word on every matter of these periods; "now" has none."""
        ...

    def words_at(self, entities: Sequence[str], at: int) -> list[Word]:
        """Of states of now ("now"), the word that stood at the moment [µs]."""
        ...

    def alerts(self, entities: Sequence[str], span: Interval) -> list[AlertLife]:
        """Alerts that were open at some moment of the span, as known at its end, the oldest first."""
        ...
