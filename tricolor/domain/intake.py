"""What comes of taking readings in: counts, quarantined and replaced readings, stretches to settle again, gaps, and how far a worker is behind."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.readings import Frame, Rejection
from tricolor.domain.sequences import Run


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message or one reading of it that could not be used, with the bytes it came in."""

    frame: Frame
    rejection: Rejection


@dataclass(frozen=True, slots=True)
class Superseded:
    """A reading that a later one for the same instant replaced."""

    point: int
    at: int
    value: float
    quality: int
    by_seq: int
    source: str
    recorded_at: int


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """received = stored + duplicate + quarantined, for one source of one batch or since the beginning; readings (an unreadable message counts 1)."""

    source: str
    received: int
    stored: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class DirtySpans:
    """Stretches of points whose readings changed in one batch of one source, packed (100,000 points must not make 100,000 rows).

    points, starts, ends: int64 little-endian columns (registry key; [start, end) in µs), starts and ends as long as points or one value for all of
    them; readings: how many changed; id orders them.
    """

    points: bytes
    starts: bytes
    ends: bytes
    readings: int
    source: str
    id: int = 0

    def spread(self) -> "DirtySpans":
        """The same with columns of equal length."""
        count = len(self.points) // len(self.starts or b" ")
        return self if count <= 1 else replace(self, starts=self.starts * count, ends=self.ends * count)


@dataclass(frozen=True, slots=True)
class SeenNumbers:
    """Message numbers of one gateway in one batch, as runs in the order of arrival (tricolor.domain.sequences)."""

    source: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class WorkerLag:
    """How far the store of an ingest worker is behind its spool. unwritten: messages; oldest_at [µs]: when the oldest of them came; spool_bytes: of
    them; kept_bytes: of stored messages that are kept for a replay; alarm: what an operator must know, "" when all is well; told_at [µs]."""

    worker: str
    store: str
    unwritten: int
    oldest_at: int | None
    spool_bytes: int
    kept_bytes: int
    alarm: str
    told_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one loaded stretch of the spool came to. (worker, last_seq) makes applying it twice harmless. is_stored: noted after the store took what
    it would take, so that a restart has nothing to store again."""

    worker: str
    last_seq: int
    counts: tuple[SourceCounts, ...]
    dirty: tuple[DirtySpans, ...]
    quarantined: tuple[Quarantined, ...]
    superseded: tuple[Superseded, ...]
    numbers: tuple[SeenNumbers, ...] = ()
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """The counts of a source, what of it waits in a spool (unwritten, messages) and what is stored and not yet settled (unsettled, readings);
    missing, filled: messages that the gateway numbered and that never came, and that came later; oldest_at [µs]: of the oldest unwritten one."""

    counts: SourceCounts
    unwritten: int
    unsettled: int
    missing: int = 0
    filled: int = 0
    oldest_at: int | None = None


@dataclass(frozen=True, slots=True)
class SessionLoss:
    """The broker forgot the session of a worker (its client id): what it held between since (when the worker last had the session, None when nobody
    knows) and at [µs] is missing until the gateways send it again."""

    worker: str
    broker: str
    since: int | None
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A batch that a worker stores, or stored: its readings by point and instant. is_done: stored and counted."""

    id: int
    worker: str
    points: NDArray[np.int64]
    instants: NDArray[np.int64]
    is_done: bool
