"""The ledger of counts as it is answered."""

from typing import Any

from pydantic import Field

from api.broker_shapes import BrokerShape, SessionLossShape
from api.schemas import Shape
from tricolor.domain.intervals import iso
from tricolor.ports import SourceFigures, WorkerLag


class Counts(Shape):
    """received = stored + duplicate + quarantined, in readings. unwritten: messages in a spool; unsettled: readings stored and not yet energy."""

    received: int
    stored: int
    duplicate: int
    quarantined: int
    unwritten: int
    unsettled: int
    missing: int = Field(description="messages that gateways numbered and that never came")
    filled: int = Field(description="messages that were missing and came later")


class SourceShape(Counts):
    source: str
    oldest_unwritten_s: float | None = Field(description="age of the oldest message that waits for the store; null: none waits")


class WorkerShape(Shape):
    """How far the store of an ingest worker is behind. alarm: what somebody must look at, "" when all is well; told_at: when the worker said so."""

    worker: str
    store: str
    unwritten: int
    oldest_unwritten_s: float | None
    spool_bytes: int
    kept_bytes: int
    alarm: str
    told_at: str


class LedgerShape(Shape):
    sources: list[SourceShape]
    total: Counts
    workers: list[WorkerShape]
    brokers: list[BrokerShape] = Field(description="the broker's own words; none for a key bound to an entity")
    session_losses: list[SessionLossShape] = Field(description="gaps: what the broker held then is missing until the gateways send it again")


def source_shape(figures: SourceFigures, now: int) -> dict[str, Any]:
    c = figures.counts
    return {
        "source": c.source, "received": c.received, "stored": c.stored, "duplicate": c.duplicate, "quarantined": c.quarantined,
        "unwritten": figures.unwritten, "unsettled": figures.unsettled, "missing": figures.missing, "filled": figures.filled,
        "oldest_unwritten_s": age_s(figures.oldest_at, now),
    }  # fmt: skip


def worker_shape(lag: WorkerLag, now: int) -> dict[str, Any]:
    return {
        "worker": lag.worker, "store": lag.store, "unwritten": lag.unwritten, "oldest_unwritten_s": age_s(lag.oldest_at, now),
        "spool_bytes": lag.spool_bytes, "kept_bytes": lag.kept_bytes, "alarm": lag.alarm, "told_at": iso(lag.told_at),
    }  # fmt: skip


def age_s(since: int | None, now: int) -> float | None:
    """Seconds from an instant [µs] to now [µs], never below 0; None when there is none."""
    return None if since is None else max(0.0, round((now - since) / 1e6, 3))
