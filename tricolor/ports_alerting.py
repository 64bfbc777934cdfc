"""Ports of alerts beyond the state itself: notices and messages, receipts, alarms of the platform to those who run it, links for phones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.delivery import Answer, Receipt
from tricolor.domain.lights import Verdict
from tricolor.domain.notices import Ended, Hold, Notice, NoticeRow
from tricolor.domain.notifications import Draft, Recipient
from tricolor.ports import AlertChange, AlertRecord, Outgoing

Notices = Callable[[AlertChange, Sequence[Recipient]], Sequence[Notice]]  # of a told step, given who was told of the alert before


@dataclass(frozen=True, slots=True)
class GroupMessage:
    """One message for a group of notices. owner: "*" for a summary over several; rank: 0 red … 3; link_key: of its page on a phone; after_id: the
    newest message to the address that was seen when this one was made."""

    owner: str
    notices: Sequence[NoticeRow]
    draft: Draft
    rank: int
    link_key: str
    after_id: int = 0
    lang: str = "zh"


class NoticeBook(Protocol):
    """Who is to be told of what, from the step to the message."""

    def due(self, now: int, limit: int) -> list[NoticeRow]:
        """Waiting notices whose time has come, red first, then the oldest."""
        ...

    def grouped(self, messages: Sequence[GroupMessage], at: int) -> list[int | None]:
        """The messages, queued, in one transaction; their ids in the outbox. None where a notice is not waiting any more, or another dispatcher
        wrote to that group meanwhile: then that group is left as it was. A less urgent message of the same alerts to the same address that nobody
        tried to send yet is superseded."""
        ...

    def held(self, holds: Sequence[Hold], at: int) -> None:
        """One transaction; those that are in a message already stay there."""
        ...

    def ended(self, ended: Sequence[Ended], at: int) -> None:
        """They make no message; a notice that is in one already stays there."""
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
    """A channel whose provider posts receipts to us. answer: the JSON by which it knows that we have them."""

    channel: str
    answer: Mapping[str, object]

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


@dataclass(frozen=True, slots=True)
class LinkedMessage:
    """A message of the outbox as its link opens it. alerts: what it tells of, in the message's order; recipient: the contact's id; at [µs]."""

    id: int
    alerts: tuple[int, ...]
    recipient: str
    channel: str
    light: str
    created_at: int


class LinkedMessages(Protocol):
    """Messages by the key in their link."""

    def find(self, key: str) -> LinkedMessage | None: ...


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts a list shows; "" and () mean every one. state: open | resolved | all; entities: None for every one, empty for none; owner: the
    department (or unit) for which somebody was to be told; is_muted: somebody was not told, by a silence, a window or an inhibition."""

    state: str = "open"
    levels: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    entities: tuple[str, ...] | None = None
    handling: str = ""
    owner: str = ""
    is_stale: bool = False
    is_muted: bool = False


class AlertPages(Protocol):
    """Alerts as long lists are read."""

    def newest(self, wanted: AlertFilter, limit: int, before_id: int | None) -> list[AlertRecord]:
        """The newest first; before_id: only ids below it."""
        ...

    def urgent(self, wanted: AlertFilter, limit: int, offset: int) -> list[AlertRecord]:
        """Red before orange before yellow, unacknowledged before acknowledged, the oldest first."""
        ...

    def count(self, wanted: AlertFilter) -> int: ...


class AlertDesk(Protocol):
    """What a person does with an alert beyond acknowledging it; told by the next round of the judge. who: as the timeline names them. NotFound;
    Refused where the alert is over or words are missing."""

    def comment(self, alert_id: int, who: str, text: str, at: int) -> AlertRecord:
        """What was found or done; also after the end. The same words of the same person twice running are one comment."""
        ...

    def forward(self, alert_id: int, who: str, to: str, text: str, at: int) -> AlertRecord:
        """Handed to the contact `to`, who is told; to whom it is handed already changes nothing."""
        ...

    def close(self, alert_id: int, who: str, reason: str, at: int) -> AlertRecord:
        """Ended by a person, with a reason; what is still bad opens again only after it was green once, or worse than the level closed."""
        ...


class AuditLog(Protocol):
    """Who changed what, by which way."""

    def note(self, who: str, action: str, target: str, detail: Mapping[str, object], at: int) -> None: ...


class AlertFollower(Protocol):
    """Where verdicts become standing verdicts, alerts and messages, all in one transaction."""

    def follow(
        self,
        verdicts: Sequence[Verdict],
        rules: Sequence[str],
        at: int,
        is_followed: Callable[[Verdict], bool],
        notices: Notices,
        withdrawn: Sequence[str] = (),
        confirmed: Sequence[str] = (),
    ) -> list[AlertChange]:
        """What became other verdicts, and everything that `rules` say now: matters of these that are not judged any more are withdrawn, as are those
        named by fingerprint, and their alerts resolved. confirmed: rules whose other verdicts still stand. Only what `is_followed` opens alerts;
        notices: who is to be told of a told step, given who was told of the alert before. All or nothing; TryAgain."""
        ...


class AlertTimers(Protocol):
    """What time alone does to alerts: holds that end, time-outs, reminders, steps of the escalation."""

    def tick(self, now: int, limit: int, notices: Notices, judged: Collection[str] | None = None) -> list[AlertChange]:
        """The alerts whose time has come, at most `limit` of them, each step with its notices in one transaction, and the notices of what people
        did since. judged: rules whose lights are known to be those of now, None: all; of others only time-outs, reminders and escalation move on.
        TryAgain."""
        ...

    def shift(self, by_us: int, now: int) -> int:
        """The clock jumped by so much and shows `now`: what counts from a moment counts on; how many alerts. The same jump seen by another process
        counts once."""
        ...
