"""Threads that run a round again and again: after a pause, or as soon as somebody rings."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from alerting.bell import Bell
from alerting.sender import BATCH, Sender
from tricolor.domain.errors import TryAgain

STOP_WAIT_S = 20.0
SEND_PAUSE_S = 0.25
BATCHES_MAX = 100  # of one round; a stop waits for it
log = structlog.get_logger("alerting")


class Part(Protocol):
    """Something that is started and stopped with the service."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def is_alive(self) -> bool: ...


def now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a loop rests [s] after a round: `least_s`, and longer after a slow one, so that it works at most `share` of the time; never over
    `most_s`, whatever a round takes."""

    least_s: float
    most_s: float
    share: float

    def pause_s(self, took_s: float) -> float:
        return min(self.most_s, max(self.least_s, took_s * (1.0 / self.share - 1.0)))


LIVE_PACE = Pace(0.2, 1.5, 0.25)  # a reading and its message within 2 s, whatever a look costs up to a quarter of a second


class Loop:
    """Runs a round in a thread of its own. A round that fails is logged and repeated after the pause; a ring of the bell ends the pause. pause_s:
    always so long, or by what a round costs."""

    def __init__(
        self, name: str, round_of: Callable[[int], object], pause_s: float | Pace, clock: Callable[[], int] = now_us, bell: Bell | None = None
    ) -> None:
        self._name, self._round, self._clock = name, round_of, clock
        self._pace = pause_s if isinstance(pause_s, Pace) else Pace(pause_s, pause_s, 1.0)
        self._is_slow = False
        self._bell, self._is_stopping = bell or Bell(), False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round under way."""
        self._is_stopping = True
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(STOP_WAIT_S)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_stopping:
            began = time.monotonic()
            try:
                self._round(self._clock())
            except TryAgain as error:
                log.warning("will try again", loop=self._name, reason=str(error))
            except Exception:  # the outer loop: the service goes on, the log has it all
                log.exception("round failed", loop=self._name)
            if not self._is_stopping:
                self._bell.wait(self._paced(time.monotonic() - began))

    def _paced(self, took_s: float) -> float:
        pause = self._pace.pause_s(took_s)
        is_slow = pause > 2 * self._pace.least_s
        if is_slow is not self._is_slow:  # said once, when it becomes so
            log.info("rounds are spaced out: they take long" if is_slow else "rounds are quick again", loop=self._name, took_s=took_s, pause_s=pause)
        self._is_slow = is_slow
        return pause


class Loops:
    """Several loops as one part, started in order and stopped in it."""

    def __init__(self, loops: Sequence[Part]) -> None:
        self._loops = tuple(loops)

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()

    @property
    def is_alive(self) -> bool:
        return all(loop.is_alive for loop in self._loops)


def sender_loops(senders: Sequence[Sender], pause_s: float = SEND_PAUSE_S, clock: Callable[[], int] = now_us) -> tuple[Loops, Callable[[], None]]:
    """One thread a channel, so that a slow webhook does not hold up the phone inbox; and what wakes them all."""
    bells = [Bell() for _ in senders]
    loops = [Loop(f"send-{s.channel}", _emptied(s, clock), pause_s, clock, bell) for s, bell in zip(senders, bells, strict=True)]

    def ring() -> None:
        for bell in bells:
            bell.ring()

    return Loops(loops), ring


def _emptied(sender: Sender, clock: Callable[[], int]) -> Callable[[int], object]:
    """A round that goes on while whole batches wait, so that two thousand messages do not take a pause each."""

    def round_of(_now: int) -> None:
        for _ in range(BATCHES_MAX):
            if sender.run_once(clock()) < BATCH:
                return

    return round_of
