"""Sending what waits in the outbox: at least once, one channel a sender, so that a slow address holds up only its own."""

from collections.abc import Callable

import structlog

from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import wait_s
from tricolor.ports import Notifier, Outbox, Outgoing

BATCH = 10
LEASE_S = 300.0  # longer than a batch can take: 10 messages at a 5 s timeout for each of connecting, writing and reading
log = structlog.get_logger("alerting")


class Sender:
    """Sends one channel's messages. jitter: a number 0..1, new each time, so that retries of many do not come together."""

    def __init__(self, outbox: Outbox, notifier: Notifier, jitter: Callable[[], float]) -> None:
        self._outbox, self._notifier, self._jitter = outbox, notifier, jitter

    @property
    def channel(self) -> str:
        return self._notifier.channel

    def run_once(self, now: int) -> int:
        """How many messages were tried; TryAgain when the ledger is down: what was claimed comes back when its lease ends."""
        claimed = self._outbox.claim(now, BATCH, LEASE_S, [self._notifier.channel])
        for message in claimed:
            self._send(message, now)
        return len(claimed)

    def _send(self, message: Outgoing, now: int) -> None:
        try:
            receipt = self._notifier.send(message)
        except Refused as error:
            log.error("message refused", message=message.id, channel=message.channel, reason=str(error))
            self._outbox.refused(message, now, str(error))
        except TryAgain as error:
            self._try_later(message, now, str(error))
        except Exception as error:  # a fault of ours in one message must not hold up the next one
            log.exception("message failed", message=message.id, channel=message.channel)
            self._try_later(message, now, f"{type(error).__name__}: {error}")
        else:
            self._outbox.accepted(message, now, receipt)

    def _try_later(self, message: Outgoing, now: int, reason: str) -> None:
        wait = wait_s(message.attempts, self._jitter())
        log.warning("message to be tried again", message=message.id, channel=message.channel, attempts=message.attempts, wait_s=wait, reason=reason)
        self._outbox.retry(message, now, now + round(wait * SECOND_US), reason)
