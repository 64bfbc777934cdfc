"""Which notices go into one message, and when: pure, over what is due and what went before.

A group is what one address is told for one owner. Red does not wait for its first message; yellow waits for company. Further notices of a group come
as one message an interval. An address that got many messages in an hour gets summaries over all its owners instead, at long intervals: no notice is
left out of them, and a red of the rest is in the next one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tricolor.domain.alerts import Why
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light
from tricolor.domain.notices import Hold, NoticeRow

RANK: Final[Mapping[Light, int]] = {Light.RED: 0, Light.ORANGE: 1, Light.YELLOW: 2}
REST: Final = 3
RETRY_S: Final = 2.0  # a group whose message still waits in the queue is looked at again so soon
STORM: Final = "*"  # owner of a summary over all the owners of an address


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of one light: the first message of a group waits `wait_s` for others, and `interval_s` lie between two of its messages [s]."""

    wait_s: float
    interval_s: float


@dataclass(frozen=True, slots=True)
class GroupingPolicy:
    """waits: by rank (0 red … 3 the rest). storm_count messages to one address within storm_per_s [s] make the next ones summaries, at most one every
    storm_interval_s [s]; burst: so many groups of one address go at once, of more there is a summary; scarce_share: of what a channel lets through to
    an address in the span, so much is for messages of single groups."""

    waits: Mapping[int, Waiting]
    storm_count: int
    storm_per_s: float
    storm_interval_s: float
    burst: int = 12
    scarce_share: float = 0.4

    def within(self, limits: Sequence[ChannelLimit]) -> "GroupingPolicy":
        """The same for a channel with these limits: where few messages go through, groups share one, and some are left for the rest of the span."""
        rates = [limit.count * self.storm_per_s / limit.per_s for limit in limits if limit.per_address and limit.per_s <= self.storm_per_s]
        allowed = min(rates, default=math.inf)
        if allowed >= self.storm_count + self.storm_per_s / self.storm_interval_s:
            return self
        count = max(1, math.floor(allowed * self.scarce_share))
        return replace(self, storm_count=count, storm_interval_s=self.storm_per_s / max(1.0, allowed - count), burst=1)


@dataclass(frozen=True, slots=True, order=True)
class GroupKey:
    """What is told together: owner "*" is everyone's, in a storm."""

    channel: str
    address: str
    owner: str


@dataclass(frozen=True, slots=True)
class Past:
    """What an address has had. sent: time [µs] and rank of its messages within the storm's span; last_at: newest message of each owner and rank;
    unsent: owner and rank of the messages that still wait in the queue."""

    sent: tuple[tuple[int, int], ...] = ()
    last_at: Mapping[tuple[str, int], int] = field(default_factory=dict)
    unsent: frozenset[tuple[str, int]] = frozenset()
    newest_id: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Notices for one message, worst first. is_storm: a summary."""

    key: GroupKey
    notices: tuple[NoticeRow, ...]
    is_storm: bool = False

    @property
    def rank(self) -> int:
        return rank_of(self.notices[0])


def light_rank(light: Light) -> int:
    return RANK.get(light, REST)


def rank_of(row: NoticeRow) -> int:
    """How early it is told: by its light now; the end of an alert as the rest."""
    return REST if row.notice.matter.why in (Why.RESOLVED, Why.CLOSED) else light_rank(row.notice.matter.light)


def key_of(row: NoticeRow) -> GroupKey:
    return GroupKey(row.notice.to.channel, row.notice.to.address, row.notice.owner)


def worst_first(rows: Iterable[NoticeRow]) -> tuple[NoticeRow, ...]:
    return tuple(sorted(rows, key=lambda row: (rank_of(row), row.created_at, row.id)))


def plan(
    rows: Sequence[NoticeRow], past: Mapping[tuple[str, str], Past], policy_of: Callable[[str], GroupingPolicy], now: int
) -> tuple[list[Group], list[Hold]]:
    """Groups whose time has come, worst first, and the rest with the moment to look again. Every row is in exactly one of them.
    policy_of: of a channel."""
    by_address: dict[tuple[str, str], list[NoticeRow]] = {}
    for row in rows:
        by_address.setdefault((row.notice.to.channel, row.notice.to.address), []).append(row)
    groups: list[Group] = []
    later: list[Hold] = []
    for address, mine in by_address.items():
        _plan_address(address, mine, past.get(address, Past()), policy_of(address[0]), now, groups, later)
    groups.sort(key=lambda group: (group.rank, group.notices[0].created_at, group.notices[0].id))
    return groups, later


def _plan_address(
    address: tuple[str, str], rows: list[NoticeRow], past: Past, policy: GroupingPolicy, now: int, groups: list[Group], later: list[Hold]
) -> None:
    """One address: its owners' groups while they are few, else one summary."""
    by_owner: dict[str, list[NoticeRow]] = {}
    for row in rows:
        by_owner.setdefault(row.notice.owner, []).append(row)
    ready: list[Group] = []
    for owner, mine in by_owner.items():
        until = _ready_at(owner, mine, past, policy, now)
        if until > now:
            later.append(Hold(worst_first(mine), "", until))
        else:
            ready.append(Group(GroupKey(*address, owner), worst_first(mine)))
    ready.sort(key=lambda group: (group.rank, group.notices[0].created_at, group.notices[0].id))
    sent = [(at, rank) for at, rank in past.sent if now - round(policy.storm_per_s * SECOND_US) < at <= now]
    reds = [group for group in ready if group.rank == 0]
    others = [group for group in ready if group.rank > 0]
    single, rest, until = _split(reds, [at for at, rank in sent if rank == 0], policy, now)
    if rest and until <= now:  # a summary goes: what else is ready goes with it
        groups += [*single, _summary(address, [*rest, *others])]
        return
    groups += single
    later += [Hold(worst_first(row for group in rest for row in group.notices), "", until)] if rest else []
    single, rest, until = _split(others, [*(at for at, _ in sent), *(now for _ in single)], policy, now)
    groups += single
    if rest and until <= now:
        groups.append(_summary(address, rest))
    elif rest:
        later.append(Hold(worst_first(row for group in rest for row in group.notices), "", until))


def _split(ready: Sequence[Group], sent: Sequence[int], policy: GroupingPolicy, now: int) -> tuple[list[Group], list[Group], int]:
    """Groups that go by themselves, those for one summary, and when it may go [µs]: yellow never uses up what red may."""
    room = min(max(0, policy.storm_count - len(sent)), policy.burst)
    if len(ready) <= room:
        return list(ready), [], now
    single = max(0, room - 1)  # the last one that is left is the summary
    until = now if room else max(sent, default=0) + round(policy.storm_interval_s * SECOND_US)
    return list(ready[:single]), list(ready[single:]), max(now, until)


def _summary(address: tuple[str, str], groups: Sequence[Group]) -> Group:
    return Group(GroupKey(*address, STORM), worst_first(row for group in groups for row in group.notices), is_storm=True)


def _ready_at(owner: str, rows: Sequence[NoticeRow], past: Past, policy: GroupingPolicy, now: int) -> int:
    """When the group may go [µs]: at first after its wait, then an interval after its last message that was as urgent; not while such a one is
    still in the queue, which only would grow."""
    rank = min(map(rank_of, rows))
    waits = policy.waits[rank]
    interval = round(waits.interval_s * SECOND_US)
    if any(unsent <= rank and (of in (owner, STORM) or policy.burst == 1) for of, unsent in past.unsent):
        return now + round(RETRY_S * SECOND_US)
    last = max((at for (of, urgent), at in past.last_at.items() if of in (owner, STORM) and urgent <= rank and at <= now), default=None)
    if last is not None and now < last + interval:
        return last + interval
    oldest = min((row.created_at for row in rows if rank_of(row) == rank and row.created_at <= now), default=None)
    return now if oldest is None else oldest + round(waits.wait_s * SECOND_US)  # None: the clock went back since; they have waited
