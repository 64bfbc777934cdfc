"""How much of a limit is spent: at most so many messages in any span of so many seconds, the last of them kept for red.

A plain token bucket lets twice its count through within one span (a full bucket, then what flows in); a provider that allows 5 an hour counts
every hour. So each message that went is remembered until its span has passed, rounded up to a 64th of the span so that a large count stays small.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.intervals import SECOND_US

GRAINS: Final = 64  # a message counts until its 64th of the span is over


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was spent of one limit. spent: (time [µs], how many), oldest first; seen_at [µs]: the clock when it was last looked at."""

    spent: tuple[tuple[int, int], ...] = ()
    seen_at: int = 0

    def shifted(self, by_us: int) -> "Bucket":
        """The same spendings on a clock that was moved."""
        return Bucket(tuple((at + by_us, n) for at, n in self.spent), self.seen_at + by_us)


def span_us(limit: ChannelLimit) -> int:
    return max(1, round(limit.per_s * SECOND_US))


def at_now(bucket: Bucket, limit: ChannelLimit, now: int) -> Bucket:
    """The bucket without what has passed. A clock that went back takes its spendings along: their ages stay, nothing is won or lost."""
    if now < bucket.seen_at:
        bucket = bucket.shifted(now - bucket.seen_at)
    oldest = now - span_us(limit)
    return Bucket(bucket.spent[bisect_right(bucket.spent, oldest, key=lambda entry: entry[0]) :], now)


def free(bucket: Bucket, limit: ChannelLimit, *, for_red: bool) -> int:
    """How many more messages may go; bucket: as `at_now` gives it."""
    return limit.count - (0 if for_red else min(limit.red_reserve, limit.count)) - sum(n for _, n in bucket.spent)


def free_at(bucket: Bucket, limit: ChannelLimit, *, for_red: bool) -> int:
    """When the next message may go [µs]: now, or when enough has passed."""
    missing = 1 - free(bucket, limit, for_red=for_red)
    if missing <= 0:
        return bucket.seen_at
    for at, n in bucket.spent:
        missing -= n
        if missing <= 0:
            return at + span_us(limit)
    return bucket.seen_at + span_us(limit)  # the reserve leaves nothing to others at all


def spend(bucket: Bucket, limit: ChannelLimit) -> Bucket:
    """One more message went at the bucket's time."""
    grain = max(1, span_us(limit) // GRAINS)
    counts_from = -(-bucket.seen_at // grain) * grain if limit.count > GRAINS else bucket.seen_at
    spent = bucket.spent
    if spent and spent[-1][0] >= counts_from:
        return Bucket((*spent[:-1], (spent[-1][0], spent[-1][1] + 1)), bucket.seen_at)
    return Bucket((*spent, (counts_from, 1)), bucket.seen_at)


def names_of(channel: str, address: str, limits: Sequence[ChannelLimit]) -> dict[str, ChannelLimit]:
    """The buckets that a message to the address takes from."""
    return {f"{channel}{f'>{address}' if limit.per_address else ''}/{limit.count}:{limit.per_s:g}": limit for limit in limits}


def admitted(buckets: Mapping[str, Bucket], limits: Mapping[str, ChannelLimit], now: int, *, for_red: bool) -> tuple[dict[str, Bucket], int, str]:
    """Takes one message from every bucket or from none: the buckets afterwards, when it may go [µs], and the name of the one that says so."""
    found = {name: at_now(buckets.get(name, Bucket(seen_at=now)), limit, now) for name, limit in limits.items()}
    latest, name = max(((free_at(found[name], limit, for_red=for_red), name) for name, limit in limits.items()), default=(now, ""))
    if latest > now:
        return found, latest, name
    return {name: spend(bucket, limits[name]) for name, bucket in found.items()}, now, ""
