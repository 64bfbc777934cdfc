"""The spool's upkeep, once a second: tell the ledger what waits, raise the alarm, carry out replays, delete what was kept long enough."""

import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Protocol

import structlog

from ingest_service.commit import Committer
from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame
from tricolor.ports import IntakeLedger, WorkerLag

log = structlog.get_logger()
ROUND_S = 1.0
TELL_S = 10.0  # told at least so often, so that a worker that died is seen by its silence
REMIND_S = 60.0
REPLAY_FRAMES = 500


class SpoolKeeping(Protocol):
    """The upkeep of a spool: what waits, what is kept, what is to be loaded again."""

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of payload that wait for the store, and that are kept after it."""
        ...

    def pending(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Messages per source that wait, and when the oldest of them came [µs]."""
        ...

    def tend(self) -> None:
        """Delete what was kept long enough; TryAgain when the disk is full."""
        ...

    def replays(self, limit: int) -> list[Frame]:
        """The next frames that are asked for again, as new ones (seq 0) whose replay_of names the old."""
        ...

    def replayed(self, count: int) -> None:
        """The first `count` frames that were asked for again are in the spool anew."""
        ...


class Keeper:
    """Upkeep of one worker's spool. alarm_age_s: how long a message may wait for the store before somebody must look; also: further
    duties of every round."""

    def __init__(
        self, worker: str, store: str, spool: SpoolKeeping, ledger: IntakeLedger, alarm_age_s: float, clock: Callable[[], int],
        also: Sequence[Callable[[], None]] = (),
    ) -> None:  # fmt: skip
        self._also = also
        self._worker, self._store, self._spool, self._ledger = worker, store, spool, ledger
        self._alarm_age_s, self._clock = alarm_age_s, clock
        self._told: object = None
        self._told_at = 0.0
        self._warned_at: float | None = None
        self._telling = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._committer: Committer | None = None
        self._safe = 0
        self._all_safe = threading.Event()
        self._replaying = 0
        self.alarm = ""

    def start(self, committer: Committer) -> None:
        self._committer = committer
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def tell(self) -> None:
        """Tell the ledger what waits, when it changed or was not told for a while. TryAgain when the ledger is down."""
        with self._telling:
            pending, oldest = self._spool.pending()
            now = self._clock()
            first = min(oldest.values(), default=None)
            self.alarm = self._alarm(sum(pending.values()), first, now)
            waiting, kept = self._spool.sizes
            state = (pending, oldest, self.alarm)
            if state == self._told and monotonic() - self._told_at < TELL_S:
                return
            lag = WorkerLag(self._worker, self._store, sum(pending.values()), first, waiting, kept, self.alarm, now)
            self._ledger.put_pending(self._worker, pending, oldest, lag)
            self._told, self._told_at = state, monotonic()

    def safe(self, tokens: Sequence[object]) -> None:
        """The committer's word that replayed frames are in the spool anew."""
        self._safe += len(tokens)
        if self._safe >= self._replaying:
            self._all_safe.set()

    def replay_once(self) -> int:
        """Hand the next frames that were asked for again to the committer and wait until they are safe; how many."""
        frames = self._spool.replays(REPLAY_FRAMES)
        if not frames or self._committer is None or not self._committer.has_room():
            return 0
        self._safe, self._replaying = 0, len(frames)
        self._all_safe.clear()
        for place, frame in enumerate(frames):
            self._committer.submit(frame, self, place)
        while not self._all_safe.wait(1.0):
            if self._stop.is_set() or not self._committer.is_alive:
                return 0  # asked for again after the restart; what did get in is recognised as repeated
        self._spool.replayed(len(frames))
        log.info("frames replayed", frames=len(frames), first_seq=frames[0].replay_of, last_seq=frames[-1].replay_of)
        return len(frames)

    def _alarm(self, messages: int, oldest_at: int | None, now: int) -> str:
        trouble = self._committer.trouble if self._committer is not None else ""
        age_s = 0.0 if oldest_at is None else (now - oldest_at) / 1e6
        words = trouble
        if age_s > self._alarm_age_s:
            late = f"{messages} messages wait for the store {self._store}, the oldest for {age_s:.0f} s"
            words = f"{late}; {trouble}" if trouble else late
        if words and (self._warned_at is None or monotonic() - self._warned_at > REMIND_S):
            log.error("the spool is not emptied", alarm=words, oldest_s=round(age_s), limit_s=self._alarm_age_s, store=self._store)
            self._warned_at = monotonic()
        if not words and self._warned_at is not None:
            log.info("the spool is emptied again", store=self._store)
            self._warned_at = None
        return words

    def _run(self) -> None:
        while not self._stop.wait(ROUND_S):
            for duty in (self.tell, self._spool.tend, self._replay, *self._also):
                try:
                    duty()
                except TryAgain as error:
                    log.warning("upkeep of the spool waits", reason=str(error))
                except Exception:  # the outer loop of a service
                    log.exception("upkeep of the spool failed")

    def _replay(self) -> None:
        while not self._stop.is_set() and self.replay_once():
            pass
