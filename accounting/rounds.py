"""The thread of a part of accounting that works in rounds, each of which says how long to rest."""

import threading
from collections.abc import Callable

import structlog

from tricolor.domain.errors import TryAgain

log = structlog.get_logger()
RETRY_S = 30.0  # after a round that failed
JOIN_S = 60.0


class Rounds:
    """Calls `round_of` until it is stopped, first after first_s. round_of: one round; how long to rest after it [s]. A round that fails is logged and
    tried again after retry_s."""

    def __init__(self, name: str, round_of: Callable[[], float], first_s: float, retry_s: float = RETRY_S) -> None:
        self._name, self._round, self._first_s, self._retry_s = name, round_of, first_s, retry_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round under way."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        pause = self._first_s
        while not self._stop.wait(pause):
            try:
                pause = self._round()
            except TryAgain as error:
                log.warning("waits", part=self._name, reason=str(error))
                pause = RETRY_S
            except Exception:  # the outer loop of a service
                log.exception("failed, trying again", part=self._name)
                pause = self._retry_s


def rest_s(took_s: float, busy_share: float) -> float:
    """Rest after work of took_s, so that it takes at most busy_share of a core."""
    return took_s * (1 / busy_share - 1)
