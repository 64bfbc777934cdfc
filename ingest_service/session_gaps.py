"""A session that the broker forgot is a gap: noted on disk at once, written into the ledger as soon as that answers."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import structlog

from tricolor.domain.intake import SessionLoss

log = structlog.get_logger()
MAX_NOTED = 1_000  # while the ledger is down; the oldest go first


class LossBook(Protocol):
    """Where losses are kept for everybody."""

    def put(self, losses: Sequence[SessionLoss]) -> None: ...
    def last_word(self, worker: str) -> int | None: ...


class SessionGaps:
    """lost() from the MQTT thread, tell() from the upkeep's. note: a file that outlives us while the ledger is down."""

    def __init__(self, worker: str, broker: str, book: LossBook, note: Path, clock: Callable[[], int]) -> None:
        self._worker, self._broker, self._book, self._note, self._clock = worker, broker, book, note, clock
        self._lock = threading.Lock()
        self._pending = _read(note)
        self._before = book.last_word(worker)  # the last sign of life of an earlier run

    def lost(self, gone_at: int | None) -> None:
        """The broker has no session of ours. gone_at [µs]: when this process lost the connection, None when it never had one."""
        since = gone_at if gone_at is not None else self._before
        with self._lock:
            self._pending = [*self._pending, SessionLoss(self._worker, self._broker, since, self._clock())][-MAX_NOTED:]
            self._keep()

    def tell(self) -> None:
        """Write into the ledger what it does not have. TryAgain when it is down: what was noted stays."""
        with self._lock:
            losses = list(self._pending)
        if not losses:
            return
        self._book.put(losses)
        with self._lock:
            self._pending = [loss for loss in self._pending if loss not in losses]
            self._keep()

    def _keep(self) -> None:
        try:
            if not self._pending:
                self._note.unlink(missing_ok=True)
                return
            fresh = self._note.with_suffix(".new")
            with fresh.open("w", encoding="utf-8") as file:
                json.dump([asdict(loss) for loss in self._pending], file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._note)
        except OSError as error:
            log.warning("the lost session could not be noted on disk", path=str(self._note), reason=str(error))


def _read(note: Path) -> list[SessionLoss]:
    with suppress(OSError, ValueError, TypeError):
        return [SessionLoss(**each) for each in json.loads(note.read_text(encoding="utf-8"))]
    return []
