"""Notices: somebody is to be told of a step of an alert. They are written with the step and grouped into messages later (DESIGN §8)."""

from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.notifications import Matter, Recipient


class NoticeState(StrEnum):
    """What became of a notice. Muted, superseded and dropped ones say why; none is ever deleted unsaid."""

    WAITING = "waiting"  # for its time or its group
    MUTED = "muted"  # held by a silence, a maintenance window, an inhibition or the storm cap
    SUPERSEDED = "superseded"  # a worse step of the same alert goes to the same place
    DROPPED = "dropped"  # good news to somebody who never had the bad
    GROUPED = "grouped"  # in a message of the outbox


@dataclass(frozen=True, slots=True)
class Notice:
    """One address that is to be told of one step. owner: the department or entity for which it is told, whose notices are grouped; due_at [µs]:
    not before; muted: "" or why nobody is told, e.g. "silence:12"; step: of the escalation, 0 before any; reason_zh, reason_en: how the way led
    there."""

    to: Recipient
    owner: str
    matter: Matter
    due_at: int
    muted: str = ""
    step: int = 0
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as the ledger holds it. outbox_id: the message it went into."""

    id: int
    event_id: int
    notice: Notice
    state: NoticeState
    created_at: int
    outbox_id: int | None = None
    why_not: str = ""
    settled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Notices that make no message, and why: superseded or dropped."""

    notices: tuple[NoticeRow, ...]
    state: NoticeState
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Notices that wait until then [µs]: for their group (why ""), or muted with why; for good where until is None."""

    notices: tuple[NoticeRow, ...]
    why: str
    until: int | None
