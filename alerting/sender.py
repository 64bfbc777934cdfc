"""Sending what waits in the outbox: at least once, red first, within the limits; one channel a sender, so that a slow one holds up only its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import wait_s
from tricolor.ports import Outbox, Outgoing
from tricolor.ports_alerting import Channel

BATCH: Final = 10
LEASE_S: Final = 300.0
LONGEST_S: Final = 240.0  # one message: a mail at the largest timeout of 20 s for each of 12 steps; channel_settings bounds the others below it
WAIT_MAX_S: Final = 24 * 3600.0  # whatever a provider says
TOO_SLOW: Final = "not tried: the messages before it took so long that the lease might have ended"
NOT_TRIED: Final = "not tried: the provider had just asked to leave this address alone"
log = structlog.get_logger("alerting")


class Sender:
    """Sends one channel's messages. jitter: a number 0..1, new each time, so that retries of many do not come together; clock: now [µs], for the time
    of each answer (without one the round's)."""

    def __init__(self, outbox: Outbox, channel: Channel, jitter: Callable[[], float], clock: Callable[[], int] | None = None) -> None:
        self._outbox, self._channel, self._jitter, self._clock = outbox, channel, jitter, clock
        self._size = BATCH

    @property
    def channel(self) -> str:
        return self._channel.channel

    def run_once(self, now: int) -> int:
        """How many messages were tried; TryAgain when the ledger is down: what was claimed comes back when its lease ends."""
        began = self._at(now)
        claimed = self._outbox.claim(now, self._size, LEASE_S, [self._channel.channel])
        asked_to_wait: dict[str, Failed] = {}
        self._size = BATCH
        for message in claimed:
            if self._is_late(began):  # another sender could claim it while this one sends it
                self._size = 1  # what is left goes one by one until the other side answers faster
                self._outbox.retry(message, self._at(now), self._at(now), TOO_SLOW)
                continue
            waiting = asked_to_wait.get(message.address)
            answer = self._try(message) if waiting is None else waiting
            if isinstance(answer, Failed) and answer.kind is ErrorClass.WAIT:
                asked_to_wait[message.address] = replace(answer, detail=NOT_TRIED)
            self._note(message, answer, self._at(now))
        if self._is_late(began):
            self._size = 1
        return len(claimed)

    def _at(self, began: int) -> int:
        return began if self._clock is None else self._clock()

    def _is_late(self, began: int) -> bool:
        return self._at(began) - began >= round((LEASE_S - LONGEST_S) * SECOND_US)

    def _try(self, message: Outgoing) -> Answer:
        try:
            return self._channel.send(message)
        except Exception as error:  # a fault of ours in one message must not hold up the next one; how far it came nobody knows
            log.exception("message failed", message=message.id, channel=message.channel)
            return Failed(ErrorClass.UNKNOWN, type(error).__name__, f"{type(error).__name__}: see the log of this process")

    def _note(self, message: Outgoing, answer: Answer, at: int) -> None:
        if isinstance(answer, Accepted):
            self._outbox.accepted(message, at, answer.receipt, answer.state)
            return
        said = f"{answer.code}: {answer.detail}" if answer.detail else answer.code
        if answer.kind is ErrorClass.FINAL:
            log.error("message refused", message=message.id, channel=message.channel, code=answer.code, reason=answer.detail)
            self._outbox.refused(message, at, said, answer)
            return
        wait = self._wait_s(message, answer)
        log.warning(
            "message to be tried again", message=message.id, channel=message.channel, attempts=message.attempts, wait_s=wait, kind=answer.kind,
            code=answer.code, reason=answer.detail,
        )  # fmt: skip
        self._outbox.retry(message, at, at + round(wait * SECOND_US), said, answer)

    def _wait_s(self, message: Outgoing, failed: Failed) -> float:
        """Growing waits with jitter; where a limit names its time, that time and a little of the jitter."""
        if failed.kind is ErrorClass.WAIT and failed.wait_s is not None:
            return min(WAIT_MAX_S, max(1.0, failed.wait_s)) * (1.0 + 0.05 * self._jitter())
        return wait_s(message.attempts, self._jitter())
