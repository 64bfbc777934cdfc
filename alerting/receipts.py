"""Asking a provider for receipts that it has not posted: soon after a message was taken, then less and less often."""

from typing import Final

import structlog

from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import DAY_US, SECOND_US
from tricolor.ports import Outgoing
from tricolor.ports_alerting import Polled, ReceiptBook

AWAITED_MAX: Final = 500  # messages of one look into the ledger
ASKED_MAX: Final = 50  # messages of one round
BACK_US: Final = 3 * DAY_US  # a carrier reports within three days, or never
FIRST_S: Final = 30.0  # after the acceptance; posted receipts come sooner
LONGEST_S: Final = 6 * 3600.0
PAUSE_S: Final = 60.0  # after a provider did not answer
REFUSED_S: Final = 3600.0  # after it said that we may not ask
log = structlog.get_logger("alerting")


def ask_again_s(age_s: float) -> float:
    """How long after asking about a message it is asked about again: half its age, from half a minute to six hours [s]."""
    return min(LONGEST_S, max(FIRST_S, age_s / 2))


class ReceiptPoller:
    """Asks one channel's provider. What it remembers lasts as long as the process: after a restart everything awaited is asked for once."""

    def __init__(self, book: ReceiptBook, polled: Polled) -> None:
        self._book, self._polled = book, polled
        self._next: dict[int, int] = {}
        self._not_before = 0

    @property
    def channel(self) -> str:
        return self._polled.channel

    def run_once(self, now: int) -> int:
        """How many messages changed; TryAgain when the ledger is down."""
        if now < self._not_before - round(REFUSED_S * SECOND_US):
            self._not_before, self._next = 0, {}  # the clock was set back
        if now < self._not_before:
            return 0
        awaited = self._book.awaited(self._polled.channel, now - BACK_US, AWAITED_MAX)
        self._next = {each.id: self._next[each.id] for each in awaited if each.id in self._next}  # bounded by what is awaited
        due = [each for each in awaited if self._due_at(each, now) <= now][:ASKED_MAX]
        return self._ask(due, now) if due else 0

    def _ask(self, due: list[Outgoing], now: int) -> int:
        try:
            receipts = self._polled.poll(due, now)
        except (TryAgain, Refused) as error:
            pause_s = PAUSE_S if isinstance(error, TryAgain) else REFUSED_S
            log.warning("provider gives no receipts", channel=self.channel, asked=len(due), reason=str(error), pause_s=pause_s)
            self._not_before = now + round(pause_s * SECOND_US)
            return 0
        for each in due:
            age_s = max(0, now - (each.accepted_at or now)) / SECOND_US
            self._next[each.id] = now + round(ask_again_s(age_s) * SECOND_US)
        return self._book.put(receipts)

    def _due_at(self, message: Outgoing, now: int) -> int:
        at = self._next.get(message.id, (message.accepted_at or now) + round(FIRST_S * SECOND_US))
        # a clock that was set back must not silence a message for as long
        return at if at <= now + round(LONGEST_S * SECOND_US) else now
