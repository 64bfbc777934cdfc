"""Beside our own counts: what the broker says of itself. A message that it drops was acknowledged to a gateway and never reaches us."""

import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Protocol

import structlog

from tricolor.domain.errors import TryAgain
from tricolor.domain.gateways import BrokerState

log = structlog.get_logger()
LOOK_S = 2.0
TELL_S = 30.0  # at least that often, so that everybody sees that the broker is still watched


class Listener(Protocol):
    """A connection that hears what the broker says."""

    refusal: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def is_connected(self) -> bool: ...


class BrokerWatch:
    """A thread that keeps the ledger's word on the broker fresh. now_says: the state heard last; tell: write it down."""

    def __init__(self, listener: Listener, now_says: Callable[[], BrokerState], tell: Callable[[BrokerState], None], look_s: float = LOOK_S) -> None:
        self._listener, self._now_says, self._tell, self._look_s = listener, now_says, tell, look_s
        self._told: BrokerState | None = None
        self._told_at = 0.0
        self._is_refusal_told = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-watch", daemon=True)

    def start(self) -> None:
        self._listener.start()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self._listener.stop()

    def look(self) -> None:
        """Write down what changed; an alarm in the log when the broker dropped messages."""
        if self._listener.refusal and not self._is_refusal_told:
            log.warning("the broker does not let us watch it", reason=self._listener.refusal, mend="let the intake's account read $SYS/#")
        self._is_refusal_told = bool(self._listener.refusal)
        if not self._listener.is_connected:
            return
        says, before = self._now_says(), self._told
        if not says.version:
            return
        dropped = (says.dropped or 0) - (before.dropped or 0 if before is not None else 0)
        if dropped > 0:
            log.error(
                "the broker dropped messages that it had acknowledged", messages=dropped, since_its_start=says.dropped, broker=says.broker,
                mend="raise max_queued_messages; `tricolor doctor --broker-config FILE` looks at its configuration",
            )  # fmt: skip
        if before is None or replace(says, told_at=before.told_at) != before or monotonic() - self._told_at > TELL_S:
            self._tell(says)
            self._told, self._told_at = says, monotonic()

    def _run(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self.look()
            except TryAgain as error:
                log.warning("the broker's state could not be written down", reason=str(error))
            except Exception:  # the outer loop of a thread: watching the broker must not end because of one odd word
                log.exception("watching the broker failed")
