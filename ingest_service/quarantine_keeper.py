"""What happens to the quarantine by itself: what was asked to be replayed goes back into the spool, and it stays within its bounds."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

import structlog

from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame

log = structlog.get_logger()
LOOK_S = 1.0
TRIM_S = 30.0
REPLAY_BYTES = 8 * 1024 * 1024
SAFE_WAIT_S = 10.0


class Desk(Protocol):
    """The quarantine of the ledger."""

    def replay(self, spool: Callable[[list[Frame]], object], limit_bytes: int, at: int) -> int: ...
    def trim(self, max_rows: int, max_bytes: int, at: int) -> int: ...


class Submit(Protocol):
    """How frames get into the spool, in the committer's words."""

    def __call__(self, frames: Sequence[Frame], sender: "Waiting", token: object) -> None: ...


class Waiting:
    """A sender that waits until its frames are fsynced."""

    def __init__(self) -> None:
        self._is_safe = threading.Event()

    def safe(self, tokens: Sequence[object]) -> None:
        self._is_safe.set()

    def wait(self, timeout_s: float) -> bool:
        return self._is_safe.wait(timeout_s)


class QuarantineKeeper:
    """A thread. Replayed messages are received anew: they count in the ledger of counts once more."""

    def __init__(self, desk: Desk, submit: Submit, max_rows: int, max_bytes: int, clock: Callable[[], int]) -> None:
        self._desk, self._submit, self._clock = desk, submit, clock
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._trimmed_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="quarantine-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def look(self) -> None:
        """Replay what is queued; now and then drop what is over the bounds."""
        while not self._stop.is_set() and (replayed := self._desk.replay(self._spool, REPLAY_BYTES, self._clock())):
            log.info("replayed from quarantine", messages=replayed)
        if monotonic() - self._trimmed_at < TRIM_S:
            return
        self._trimmed_at = monotonic()
        gone = self._desk.trim(self._max_rows, self._max_bytes, self._clock())
        if gone:
            log.error(
                "the quarantine is full, its oldest entries were dropped", entries=gone, max_rows=self._max_rows, max_bytes=self._max_bytes,
                mend="see `tricolor quarantine list`, mend the cause, replay or drop; TRICOLOR_QUARANTINE_MAX_ROWS and _MAX_BYTES are the bounds",
            )  # fmt: skip

    def _spool(self, frames: list[Frame]) -> None:
        waiting = Waiting()
        self._submit(frames, waiting, None)
        if not waiting.wait(SAFE_WAIT_S):
            raise TryAgain("the spool takes nothing now")

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
            except TryAgain as error:
                log.warning("the quarantine waits", reason=str(error))
            except Exception:  # the outer loop of a thread
                log.exception("keeping the quarantine failed")
