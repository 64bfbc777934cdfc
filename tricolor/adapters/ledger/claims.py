"""What the workers of a shared subscription are about to store, and stored a moment ago: so that they see each other's readings."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Update, delete, insert, or_, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema_intake import intake_claim
from tricolor.domain.intake import Claim

KEPT_US = 15 * 60 * 1_000_000  # how long a claim outlives its batch; a worker that was idle longer asks the store what is there


class ClaimBookSql:
    """The table intake_claim. Claims are numbered in the order of their transactions (the ledger has one writer at a time)."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def take(self, worker: str, points: NDArray[np.int64], instants: NDArray[np.int64], seen: int, since: int, at: int) -> list[Claim]:
        """Claim a batch, in place of one that the worker never stored. The earlier claims of the others: those numbered above `seen` that were done
        since then [µs], and all that are on their way."""
        c = intake_claim.c
        with self._ledger.writing() as connection:
            connection.execute(delete(intake_claim).where(c.worker == worker, c.done_at.is_(None)))
            connection.execute(delete(intake_claim).where(c.done_at < at - KEPT_US))
            query = select(intake_claim).where(c.worker != worker, or_(c.done_at.is_(None), (c.id > seen) & (c.done_at >= since))).order_by(c.id)
            others = [
                Claim(row.id, row.worker, np.frombuffer(row.points, "<i8"), np.frombuffer(row.instants, "<i8"), row.done_at is not None)
                for row in connection.execute(query)
            ]
            row = {"worker": worker, "points": points.astype("<i8").tobytes(), "instants": instants.astype("<i8").tobytes(), "claimed_at": at}
            connection.execute(insert(intake_claim).values(**row))
        return others

    def on_their_way(self, claims: Collection[int]) -> Sequence[int]:
        """Those of the claims that are not stored yet."""
        query = select(intake_claim.c.id).where(intake_claim.c.id.in_(list(claims)), intake_claim.c.done_at.is_(None))
        with self._ledger.reading() as connection:
            return [int(found) for found in connection.execute(query).scalars()]


def claim_done(worker: str, at: int) -> Update:
    """The worker's batch is stored and counted; part of the transaction that counts it."""
    return update(intake_claim).where(intake_claim.c.worker == worker, intake_claim.c.done_at.is_(None)).values(done_at=at)
