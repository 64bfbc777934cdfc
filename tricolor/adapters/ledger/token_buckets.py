"""Limits of channels, spent in the ledger in the transaction that claims: however many senders, a provider sees no more than it allows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tricolor.adapters.ledger.schema import outbox
from tricolor.adapters.ledger.schema_notices import token_bucket
from tricolor.domain.buckets import Bucket, admitted, names_of
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.intervals import SECOND_US

QUEUED = "queued"
QUOTA, ADDRESS = "quota", "address"


class Quota:
    """The limits during one claim. What is not admitted is put off in the queue, with everything behind the same limit."""

    def __init__(self, connection: Connection, limits: Mapping[str, Sequence[ChannelLimit]], now: int) -> None:
        self._connection, self._limits, self._now = connection, limits, now
        self._buckets: dict[str, Bucket] = {}
        self._known: set[str] = set()
        self._touched: set[str] = set()
        self._closed: set[tuple[str, str, bool]] = set()
        self._holds: dict[tuple[str, str], int | None] = {}

    def admits(self, channel: str, address: str, *, for_red: bool) -> bool:
        """Whether a message to the address may go now; then it is counted."""
        if {(channel, address, for_red), (channel, "", for_red)} & self._closed:
            return False
        until = self._hold(channel, address)
        if until is not None and until > self._now:
            self._put_off(channel, address, until, ADDRESS, is_for_all=True)
            return False
        limits = names_of(channel, address, self._limits.get(channel, ()))
        self._load(limits)
        buckets, at, name = admitted(self._buckets, limits, self._now, for_red=for_red)
        self._buckets |= buckets
        self._touched |= set(buckets)
        if not name:
            return True
        self._put_off(channel, address if limits[name].per_address else "", at, QUOTA, is_for_all=for_red)
        return False

    def keep(self) -> None:
        """Writes what was spent."""
        if not self._touched:
            return
        self._connection.execute(delete(token_bucket).where(token_bucket.c.name.in_(self._touched)))
        rows = [
            {"name": name, "spent": [list(entry) for entry in self._buckets[name].spent], "seen_at": self._buckets[name].seen_at, "held_until": None}
            for name in sorted(self._touched)
        ]
        self._connection.execute(insert(token_bucket), rows)

    def _load(self, limits: Mapping[str, ChannelLimit]) -> None:
        missing = set(limits) - self._known
        if missing:
            self._known |= missing
            for row in self._connection.execute(select(token_bucket).where(token_bucket.c.name.in_(missing))):
                self._buckets[row.name] = Bucket(tuple((at, n) for at, n in row.spent), row.seen_at)

    def _hold(self, channel: str, address: str) -> int | None:
        key = (channel, address)
        if key not in self._holds:
            query = select(token_bucket.c.held_until).where(token_bucket.c.name == _hold_name(channel, address))
            row = self._connection.execute(query).first()
            self._holds[key] = None if row is None else row.held_until
        return self._holds[key]

    def _put_off(self, channel: str, address: str, until: int, what: str, *, is_for_all: bool) -> None:
        """address: "" for the whole channel; a reserve for red puts off only the others."""
        c = outbox.c
        self._closed |= {(channel, address, False)} | ({(channel, address, True)} if is_for_all else set())
        where = [c.channel == channel, c.state == QUEUED, c.next_at < until]
        where += [c.address == address] if address else []
        where += [] if is_for_all else [c.rank > 0]
        self._connection.execute(update(outbox).where(*where).values(next_at=until, set_at=self._now, waits_for=what))


def hold_address(connection: Connection, channel: str, address: str, until: int, at: int) -> None:
    """The provider wants no more messages to the address until then."""
    name, c = _hold_name(channel, address), outbox.c
    connection.execute(delete(token_bucket).where(token_bucket.c.name == name))
    connection.execute(insert(token_bucket).values(name=name, spent=[], seen_at=at, held_until=until))
    waiting = (c.channel == channel, c.address == address, c.state == QUEUED, c.next_at < until)
    connection.execute(update(outbox).where(*waiting).values(next_at=until, set_at=at, waits_for=ADDRESS))


def is_ahead(connection: Connection, now: int) -> bool:
    """Whether a bucket was looked at by a clock that has gone back since."""
    return connection.execute(select(token_bucket.c.name).where(token_bucket.c.seen_at > now + SECOND_US).limit(1)).first() is not None


def follow_clock_back(connection: Connection, now: int) -> None:
    """What was spent, and the holds of addresses, keep their ages on the clock that went back."""
    c = token_bucket.c
    for row in connection.execute(select(token_bucket).where(c.seen_at > now + SECOND_US)).all():
        _move(connection, row, now - row.seen_at)


def shift_forward(connection: Connection, by_us: int, now: int) -> None:
    """The same for a clock that was put forward: it frees no tokens."""
    for row in connection.execute(select(token_bucket).where(token_bucket.c.seen_at <= now - by_us)).all():
        _move(connection, row, by_us)


def _move(connection: Connection, row: Any, by_us: int) -> None:
    held = None if row.held_until is None else row.held_until + by_us
    spent = [[at + by_us, n] for at, n in row.spent]
    values = {"spent": spent, "seen_at": row.seen_at + by_us, "held_until": held}
    connection.execute(update(token_bucket).where(token_bucket.c.name == row.name).values(values))


def _hold_name(channel: str, address: str) -> str:
    return f"{channel}>{address}/hold"
