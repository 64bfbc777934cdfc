"""The ports: what the services need of the outside, in our own words. Each has at most five verbs; adapters implement them, tests fake them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import Interval
from tricolor.domain.lights import Verdict
from tricolor.domain.readings import Decoded, Frame, ReadingBatch, Rejection


class Codec(Protocol):
    """Turns the bytes of one protocol into readings; raises Unreadable when nothing of the message can be used."""

    def decode(self, frame: Frame) -> Decoded: ...


class Source(Protocol):
    """A transport that delivers frames and can be told that they are safe."""

    def start(self, accept: Callable[[Frame], None]) -> None: ...
    def stop(self) -> None: ...


class Spool(Protocol):
    """Durable queue of frames between the acknowledgement and the store."""

    def append(self, frames: Sequence[Frame]) -> int:
        """Commit and fsync; the seq of the last frame. TryAgain when the disk is full or the bound is reached."""
        ...

    def after(self, seq: int, limit_bytes: int) -> list[Frame]: ...
    def release(self, up_to_seq: int) -> None: ...


class ReadingStore(Protocol):
    """Readings by point and time; one value per (point, at), the later seq wins."""

    def put(self, batch: ReadingBatch) -> None:
        """All or nothing and idempotent; TryAgain when the store is down or busy."""
        ...

    def read(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Sorted by (point, at), one row per instant."""
        ...

    def around(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Like read, and beside it the nearest reading of each point before the span and the nearest after it."""
        ...

    def latest(self) -> Mapping[int, int]:
        """Time [µs] of the newest reading of every point."""
        ...


class EnergyStore(Protocol):
    """Settled 15-minute cells."""

    def replace(self, point: int, span: Interval, cells: EnergyCells) -> None:
        """The cells of one point whose start lies in the span become these. TryAgain when the store is down."""
        ...

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        """Sorted by (point, start)."""
        ...


class RegistryBook(Protocol):
    """The registry in the ledger."""

    def load(self) -> Registry: ...
    def version(self) -> int: ...


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


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """received = stored + duplicate + quarantined, for one source of one batch or since the beginning. Counted in readings (an unreadable message counts 1)."""

    source: str
    received: int
    stored: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class DirtySpan:
    """A stretch of one point whose readings changed. id orders them; readings: how many changed."""

    point: int
    span: Interval
    readings: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one loaded stretch of the spool came to. (worker, last_seq) makes applying it twice harmless."""

    worker: str
    last_seq: int
    counts: tuple[SourceCounts, ...]
    dirty: tuple[DirtySpan, ...]
    quarantined: tuple[Quarantined, ...]
    superseded: tuple[Superseded, ...]


class IntakeLedger(Protocol):
    """Counts, quarantine, superseded readings and dirty spans."""

    def apply(self, outcome: Outcome) -> None:
        """All or nothing; an outcome already applied changes nothing."""
        ...

    def counts(self) -> list[SourceCounts]: ...


class SettleLedger(Protocol):
    """The work list of settling and the accounts it leads to."""

    def dirty(self, limit: int) -> list[DirtySpan]: ...
    def settled(self, ids: Sequence[int]) -> None: ...
    def put_accounts(self, days: Sequence[tuple[str, str]], accounts: Sequence[DayAccount]) -> None:
        """The accounts of these (entity, day) become exactly these."""
        ...

    def accounts(self, entities: Sequence[str], first_day: str, last_day: str) -> list[DayAccount]: ...


class ActivityBook(Protocol):
    """Submitted activity figures; every revision is kept, the last one counts."""

    def submit(self, figures: Sequence[Activity]) -> list[Activity]: ...
    def current(self, entities: Sequence[str]) -> list[Activity]: ...
    def version(self) -> int: ...


class VerdictBook(Protocol):
    """Verdicts: the current one per fingerprint, and every earlier one."""

    def put(self, verdicts: Sequence[Verdict], judged_at: int) -> None: ...
    def current(self) -> list[Verdict]: ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message claimed from the outbox. channel names a notifier; address is what it needs (a URL, a contact id)."""

    id: int
    channel: str
    address: str
    title: str
    text: str
    why: str
    light: str
    payload: Mapping[str, object]
    attempts: int


class Notifier(Protocol):
    """One channel to people. Returns the provider's receipt id; TryAgain to be retried, Refused for never."""

    channel: str

    def send(self, message: Outgoing) -> str: ...
