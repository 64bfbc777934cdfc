"""What a spool holds, counted in memory as it changes: messages and bytes that wait for the store, and those kept for a replay."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tricolor.domain.readings import Frame

GROUP_FRAMES = 1_000
Waiting = dict[str, tuple[int, int]]  # source -> messages, when the oldest came [µs]


@dataclass(slots=True)
class Group:
    """Up to GROUP_FRAMES messages in a row. sources: messages and oldest received_at [µs] of each; released_at [µs]: when all were stored."""

    last_seq: int
    frames: int = 0
    size: int = 0
    sources: dict[str, list[int]] = field(default_factory=dict)
    released_at: int = 0


class Tally:
    """Groups in the order of their seq: first the kept ones, then the waiting ones. Not thread-safe: the spool holds a lock around it."""

    def __init__(self, released: int) -> None:
        self.released = released
        self.waiting: deque[Group] = deque()
        self.kept: deque[Group] = deque()
        self.waiting_bytes = self.kept_bytes = 0

    def add(self, frames: Sequence[Frame], last_seq: int, now: int) -> None:
        """Frames that were appended, numbered up to last_seq without a hole. A replayed one waits since now, not since it was first received."""
        seq = last_seq - len(frames)
        for start in range(0, len(frames), GROUP_FRAMES):
            some = frames[start : start + GROUP_FRAMES]
            seq += len(some)
            if not self.waiting or self.waiting[-1].frames + len(some) > GROUP_FRAMES:
                self.waiting.append(Group(seq))
            group = self.waiting[-1]
            size = sum([len(f.payload) for f in some])
            group.last_seq = seq
            group.frames += len(some)
            group.size += size
            self.waiting_bytes += size
            since = {f.source: now if f.replay_of else f.received_at for f in reversed(some)}
            for source, n in Counter([f.source for f in some]).items():
                row = group.sources.setdefault(source, [0, since[source]])
                row[0] += n
                row[1] = min(row[1], since[source])

    def settle(self, now: int) -> None:
        """Move the groups that are released from waiting to kept."""
        while self.waiting and self.waiting[0].last_seq <= self.released:
            group = self.waiting.popleft()
            group.released_at = now
            group.sources.clear()
            self.waiting_bytes -= group.size
            self.kept_bytes += group.size
            self.kept.append(group)

    def pending(self, count: Callable[[int, int], Waiting]) -> Waiting:
        """Messages that wait, per source. count(after, last): asked for the group that is released in part."""
        total: Waiting = {}
        for place, group in enumerate(self.waiting):
            is_cut = place == 0 and group.last_seq - group.frames < self.released
            rows = count(self.released, group.last_seq) if is_cut else {s: (n, oldest) for s, (n, oldest) in group.sources.items()}
            for source, (n, oldest) in rows.items():
                held = total.get(source, (0, oldest))
                total[source] = (held[0] + n, min(held[1], oldest))
        return total

    def expire(self, released_before: int, max_bytes: int) -> int:
        """Forget the kept groups that were released before the instant [µs], or that exceed max_bytes; the last seq of them, 0 when none."""
        last = 0
        while self.kept and (self.kept[0].released_at < released_before or self.kept_bytes > max_bytes):
            group = self.kept.popleft()
            self.kept_bytes -= group.size
            last = group.last_seq
        return last
