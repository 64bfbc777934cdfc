"""What is done once a night: superseded readings are folded away, and those past the retention deleted."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from tricolor.domain.errors import TricolorError
from tricolor.domain.intervals import DAY_US, HOUR_US, SHANGHAI_OFFSET_US

log = structlog.get_logger()
LOOK_S = 30.0
AT_US = 2 * HOUR_US + HOUR_US // 2  # 02:30 in Asia/Shanghai


class Tended(Protocol):
    """A store that can be tidied while it is used."""

    def compact(self) -> int: ...
    def retain(self, since: int) -> int: ...


def tend(store: Tended, retention_days: int, now: int) -> tuple[int, int]:
    """Compact and delete what is older than the retention; how many superseded and how many old readings went."""
    folded = store.compact()
    deleted = store.retain(now - retention_days * DAY_US)
    log.info("the store was tidied", superseded=folded, past_retention=deleted, retention_days=retention_days)
    return folded, deleted


def next_night(now: int) -> int:
    """The next 02:30 of Asia/Shanghai [us]."""
    today = (now + SHANGHAI_OFFSET_US) // DAY_US * DAY_US - SHANGHAI_OFFSET_US + AT_US
    return today if today > now else today + DAY_US


class Nightly:
    """A thread that tends the store every night."""

    def __init__(self, store: Tended, retention_days: int, clock: Callable[[], int] = lambda: time.time_ns() // 1000, look_s: float = LOOK_S) -> None:
        self._store, self._retention_days, self._clock, self._look_s = store, retention_days, clock, look_s
        self._next = next_night(clock())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def look(self) -> bool:
        """Tend the store when it is time; whether it was."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = next_night(now)
        tend(self._store, self._retention_days, now)
        return True

    def _run(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self.look()
            except TricolorError as error:
                log.warning("the store could not be tidied, trying again tomorrow", reason=str(error))
            except Exception:  # the outer loop of a thread
                log.exception("tidying the store failed")
