"""Several workers on one point: each batch is claimed in the ledger before it is decided, and what another worker claimed is compared with the store.

A gateway's messages are split among the workers of a shared subscription, so a repeat or a correction may come to another worker than the first.
Claims are numbered by the ledger; a worker waits for earlier claims of the same readings, so the two decide one after the other, as one would.
Readings claimed within the last minutes are known one by one, older ones by the newest instant of their point.
"""

from collections.abc import Callable, Collection, Sequence
from time import monotonic, sleep
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from tricolor.domain.intake import Claim
from tricolor.domain.readings import ReadingBatch

log = structlog.get_logger()
WINDOW_US = 60_000_000
SKEW_US = 60_000_000  # between the clocks of two hosts
IDLE_US = 5 * 60_000_000  # after it the store is asked anew; the ledger keeps claims three times as long
WAIT_S = 10.0  # for a worker that claimed and does not store: it died, or its store is down as ours will be
LOOK_S = 0.02
MERGED = 16


class ClaimBook(Protocol):
    """Claims as all workers see them."""

    def take(self, worker: str, points: NDArray[np.int64], instants: NDArray[np.int64], seen: int, since: int, at: int) -> list[Claim]: ...
    def on_their_way(self, claims: Collection[int]) -> Sequence[int]: ...


class Claims:
    """The claims of one worker. reload() before the store is asked for its newest instants; suspects() before every decision."""

    def __init__(self, worker: str, book: ClaimBook, clock: Callable[[], int], wait_s: float = WAIT_S) -> None:
        self._worker, self._book, self._clock, self._wait_s = worker, book, clock, wait_s
        self._given_up: set[int] = set()
        self.reload()

    def reload(self) -> None:
        """From now on what was stored before counts as known from the store."""
        now = self._clock()
        self._seen, self._since, self._looked_at, self._turned_at = 0, now - SKEW_US, now, now
        self._young, self._old = _Generation(), _Generation()

    @property
    def is_stale(self) -> bool:
        """Whether claims may have been forgotten since the last look."""
        return self._clock() - self._looked_at > IDLE_US

    def suspects(self, batch: ReadingBatch, newest: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Claim the batch; which of its rows another worker claimed before. newest: [µs] per point key, raised by what leaves the window."""
        now = self._clock()
        if now - self._turned_at > WINDOW_US:
            self._old.raise_newest(newest)
            self._old, self._young, self._turned_at = self._young, _Generation(), now
        others = self._book.take(self._worker, batch.point, batch.at, self._seen, self._since, now)
        keys = _keys(batch.point, batch.at)
        blocking: list[int] = []
        for claim in others:
            theirs = _keys(claim.points, claim.instants)
            if claim.id > self._seen:
                self._young.add(claim, np.sort(theirs))
            if not claim.is_done and claim.id not in self._given_up and np.isin(keys, theirs).any():
                blocking.append(claim.id)
        self._seen, self._looked_at = max([self._seen, *(c.id for c in others)]), now
        self._wait(blocking)
        return self._old.holds(keys) | self._young.holds(keys)

    def _wait(self, blocking: Sequence[int]) -> None:
        until = monotonic() + self._wait_s
        while blocking:
            blocking = self._book.on_their_way(blocking)
            if blocking and monotonic() > until:
                log.warning("another worker claimed these readings and does not store them, going on", claims=len(blocking), waited_s=self._wait_s)
                self._given_up.update(blocking)
                return
            if blocking:
                sleep(LOOK_S)


class _Generation:
    """Readings claimed within one window: their keys, and the claims to raise the newest instants by when it ends."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = []
        self._claims: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def add(self, claim: Claim, keys: NDArray[np.uint64]) -> None:
        self._parts.append(keys)
        self._claims.append((claim.points, claim.instants))
        if len(self._parts) >= MERGED:
            self._parts = [np.sort(np.concatenate(self._parts), kind="stable")]

    def holds(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(len(keys), dtype=bool)
        for part in self._parts:
            if len(part):
                place = np.minimum(np.searchsorted(part, keys), len(part) - 1)
                found |= part[place] == keys
        return found

    def raise_newest(self, newest: NDArray[np.int64]) -> None:
        for points, instants in self._claims:
            known = points < len(newest)
            np.maximum.at(newest, points[known], instants[known])


def _keys(points: NDArray[np.int64], instants: NDArray[np.int64]) -> NDArray[np.uint64]:
    """One number a reading; two readings that share it cost a look into the store and nothing else."""
    mixed = points.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + instants.astype(np.uint64)
    mixed ^= mixed >> np.uint64(32)
    return mixed * np.uint64(0xD6E8FEB86659FD93)
