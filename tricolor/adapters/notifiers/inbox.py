"""Channel "inbox": the built-in phone page."""

from collections.abc import Callable
from typing import Protocol

from tricolor.ports import Outgoing


class Deliverable(Protocol):
    """Where messages of the built-in phone are kept."""

    def deliver(self, message: Outgoing, at: int) -> int: ...


class InboxNotifier:
    """Notifier that writes to the phone inbox; the same message twice is there once."""

    channel = "inbox"

    def __init__(self, book: Deliverable, clock: Callable[[], int]) -> None:
        self._book = book
        self._clock = clock

    def send(self, message: Outgoing) -> str:
        """The message's id in the inbox; TryAgain when the ledger is busy."""
        return str(self._book.deliver(message, self._clock()))
