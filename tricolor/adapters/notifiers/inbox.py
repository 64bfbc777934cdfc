"""Channel "inbox": the built-in phone page."""

from collections.abc import Callable
from typing import Protocol

from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed, MessageState
from tricolor.domain.errors import TryAgain
from tricolor.ports import Outgoing


class Deliverable(Protocol):
    """Where messages of the built-in phone are kept."""

    def deliver(self, message: Outgoing, at: int) -> int: ...


class InboxNotifier:
    """Channel that writes to the phone inbox; the same message twice is there once, and what is there is delivered."""

    channel = "inbox"

    def __init__(self, book: Deliverable, clock: Callable[[], int]) -> None:
        self._book = book
        self._clock = clock

    def send(self, message: Outgoing) -> Answer:
        """The message's id in the inbox; RETRY when the ledger is busy."""
        try:
            return Accepted(str(self._book.deliver(message, self._clock())), MessageState.DELIVERED)
        except TryAgain as error:
            return Failed(ErrorClass.RETRY, "ledger", str(error))
