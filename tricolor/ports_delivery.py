"""Ports of what is known of messages: what an address has had, who was told of an alert, and deliveries as the API lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.channel_ways import Ways
from tricolor.domain.delivery import MessageState, Receipt
from tricolor.domain.grouping import Past
from tricolor.domain.notices import NoticeRow


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an alert stands. told: for each (channel, address) the newest event that a message tells of, there or on its way;
    unsent: where such a message has not gone out yet."""

    is_open: bool
    is_acked: bool
    told: Mapping[tuple[str, str], int]
    unsent: frozenset[tuple[str, str]] = frozenset()


class Tellings(Protocol):
    """What grouping must know of the messages before."""

    def past(self, addresses: Sequence[tuple[str, str]], since: int) -> Mapping[tuple[str, str], Past]:
        """By (channel, address); messages made since then [µs]."""
        ...

    def company(self, addresses: Sequence[tuple[str, str]], known: Sequence[int]) -> list[NoticeRow]:
        """Notices at the addresses that wait for their group, but those of these ids."""
        ...

    def stands(self, alerts: Sequence[int]) -> Mapping[int, Stand]: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send. result: accepted | retry | refused; kind, code: of a failure; at [µs]."""

    at: int
    result: str
    kind: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A message with everything that is known of its way; times [µs]. alerts: ids of those it is about."""

    id: int
    alerts: tuple[int, ...]
    owner: str
    recipient: str
    channel: str
    address: str
    why: str
    light: str
    state: MessageState
    title: str
    created_at: int
    next_at: int
    accepted_at: int | None
    delivered_at: int | None
    is_possible_repeat: bool
    why_not: str
    waits_for: str
    attempts: tuple[Attempt, ...] = ()
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The outbox in numbers. by_state: (channel, state) -> messages; oldest_queued_at [µs] by channel; attempts: (channel, class or "accepted") ->
    how many; waiting: (channel, quota|address) -> messages held up; notices: by state; alarms: standing ones by kind."""

    by_state: Mapping[tuple[str, str], int]
    oldest_queued_at: Mapping[str, int]
    attempts: Mapping[tuple[str, str], int]
    waiting: Mapping[tuple[str, str], int]
    notices: Mapping[str, int]
    alarms: Mapping[str, int]


class DeliveryBook(Protocol):
    """Deliveries for people."""

    def of_alert(self, alert_id: int) -> tuple[list[DeliveryRecord], list[NoticeRow]]:
        """Messages about the alert with attempts and receipts, oldest first, and all its notices."""
        ...

    def page(self, state: str, channel: str, limit: int, before_id: int | None) -> list[DeliveryRecord]:
        """The newest first, without attempts and receipts; "" is every state, every channel."""
        ...

    def get(self, delivery_id: int) -> DeliveryRecord:
        """NotFound."""
        ...

    def retry(self, delivery_id: int, by: str, at: int) -> DeliveryRecord:
        """A dead or undelivered message goes into the queue again, with an entry in the audit; NotFound; Refused in any other state but queued."""
        ...

    def figures(self) -> QueueFigures: ...


@dataclass(frozen=True, slots=True)
class Unreached:
    """A red alert whose messages all failed, or that has none. recipients: (name, channel, state, code, detail); muted: why nobody is told."""

    alert_id: int
    entity: str
    rule: str
    since: int
    recipients: tuple[tuple[str, str, str, str, str], ...]
    muted: tuple[str, ...]
    is_waiting: bool


class RedBook(Protocol):
    """Red alerts that fire and have reached nobody."""

    def unreached(self) -> list[Unreached]: ...


class StrayBook(Protocol):
    """What waits at addresses that no configured channel reaches."""

    def rescue(self, ways: Ways, at: int) -> list[tuple[str, str, int]]:
        """Moves it to the inbox of whom it is for: recipient, channel and how many. What is for no person ends with its reason."""
        ...
