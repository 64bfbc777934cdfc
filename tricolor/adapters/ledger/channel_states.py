"""How each channel has fared lately, out of the outbox and its attempts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import attempt, outbox


@dataclass(frozen=True, slots=True)
class ChannelState:
    """messages: how many by state, of those made since then; accepted_at: when the other side took the newest [µs]; failed_at, fault: of the newest
    attempt that failed [µs], "" when none did."""

    messages: Mapping[str, int] = field(default_factory=dict)
    accepted_at: int | None = None
    failed_at: int | None = None
    fault: str = ""


class ChannelStatesSql:
    """Over the tables outbox and attempt."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def states(self, since: int) -> dict[str, ChannelState]:
        """Of every channel that ever had a message; since [µs]."""
        o, a = outbox.c, attempt.c
        counts: dict[str, dict[str, int]] = {}
        with self._ledger.reading() as connection:
            for row in connection.execute(select(o.channel, o.state, func.count()).where(o.created_at >= since).group_by(o.channel, o.state)):
                counts.setdefault(row[0], {})[row[1]] = int(row[2])
            newest_ok = select(o.channel, func.max(o.accepted_at).label("at")).group_by(o.channel)
            taken = {str(row.channel): row.at for row in connection.execute(newest_ok)}
            newest = select(func.max(a.id)).join(outbox, o.id == a.outbox_id).where(a.result != "accepted").group_by(o.channel)
            query = select(o.channel, a.at, a.detail).join(outbox, o.id == a.outbox_id).where(a.id.in_(newest))
            failed = {row.channel: (int(row.at), str(row.detail)) for row in connection.execute(query)}
        return {name: ChannelState(counts.get(name, {}), at, *failed.get(name, (None, ""))) for name, at in taken.items()}
