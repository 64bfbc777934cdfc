"""Ports of alerts beyond the state itself: notices and messages, receipts, alarms of the platform to those who run it, links for phones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.delivery import Answer, Receipt
from tricolor.domain.notices import NoticeRow
from tricolor.domain.notifications import Draft
from tricolor.ports import Outgoing


class NoticeBook(Protocol):
    """Who is to be told of what, from the step to the message."""

    def due(self, now: int, limit: int) -> list[NoticeRow]:
        """Waiting notices whose time has come, red first, then the oldest."""
        ...

    def grouped(self, notices: Sequence[NoticeRow], draft: Draft, at: int) -> int:
        """The message of these notices, queued; its id in the outbox. One transaction; a notice that is not waiting any more is left out."""
        ...

    def held(self, notices: Sequence[NoticeRow], why: str, at: int, until: int | None) -> None:
        """They wait until then, or for good (None): muted, with why."""
        ...

    def of_alert(self, alert_id: int) -> list[NoticeRow]: ...


@dataclass(frozen=True, slots=True)
class OperatorAlarm:
    """Something of the platform itself that a person who runs it must know, e.g. a red that reached nobody. subject: what it is about, one open alarm
    each; times [µs]."""

    id: int
    kind: str
    subject: str
    text_zh: str
    text_en: str
    raised_at: int
    seen_at: int
    cleared_at: int | None = None


class OperatorAlarms(Protocol):
    """Alarms to those who run Tricolor."""

    def raise_alarm(self, kind: str, subject: str, text_zh: str, text_en: str, at: int) -> None:
        """Raising it again only moves seen_at."""
        ...

    def clear(self, kind: str, subject: str, at: int) -> None: ...
    def standing(self) -> list[OperatorAlarm]:
        """Open ones, the newest first."""
        ...


class Channel(Protocol):
    """One way to people. Answers are values: a refusal inside HTTP 200 is Failed, no exception; secrets never stand in code, detail or receipt."""

    channel: str

    def send(self, message: Outgoing) -> Answer: ...


class Polled(Protocol):
    """A channel whose provider is asked for receipts."""

    channel: str

    def poll(self, sent: Sequence[Outgoing], now: int) -> list[Receipt]: ...


class CalledBack(Protocol):
    """A channel whose provider posts receipts to us."""

    channel: str

    def receipts(self, headers: Sequence[tuple[str, str]], body: bytes) -> list[Receipt]:
        """Unreadable when the body is none of this provider's."""
        ...


class ReceiptBook(Protocol):
    """Receipts of providers, applied to the messages they are about."""

    def put(self, receipts: Sequence[Receipt]) -> int:
        """How many changed a message; the same one again changes nothing, a receipt that is ahead of its message is kept for it."""
        ...

    def awaited(self, channel: str, since: int, limit: int) -> list[Outgoing]:
        """Accepted messages of the channel without a receipt."""
        ...


class PhoneLinks(Protocol):
    """Links that open one message's alerts on the phone of the person it went to, without a password."""

    def sign(self, key: str) -> str:
        """The path of the page of a message, e.g. "/a/…"; key: the message's own (outbox.link_key)."""
        ...

    def key_of(self, token: str) -> str:
        """The message's key; Refused when the token is not ours."""
        ...
