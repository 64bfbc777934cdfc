"""What is asked of the quarantine and what it answers, beside its entries."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which entries are meant; what is empty restricts nothing. since [µs]: received then or later."""

    reason: str = ""
    source: str = ""
    since: int | None = None
    ids: Collection[int] = ()

    def words(self) -> dict[str, object]:
        """For the audit."""
        return {"reason": self.reason, "source": self.source, "since": self.since, "ids": len(self.ids)}


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """Entries of one source (gateway or key), reason and state; times [µs]."""

    source: str
    reason: str
    state: str
    entries: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class UnknownPoint:
    """A point id that readings came for and no registry names. samples: ids of entries that hold some of its readings, the newest first."""

    enterprise: str
    point: str
    readings: int
    first_at: int
    last_at: int
    samples: tuple[int, ...]
