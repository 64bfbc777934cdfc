"""A spool in memory: the stand-in of tests for the SQLite one. It forgets everything with its process."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tricolor.adapters.spool.sqlite import now_us
from tricolor.adapters.spool.tally import Tally, Waiting
from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame


class MemorySpool:
    """Spool and SpoolKeeping over a list. is_full: every append raises TryAgain, as on a full disk."""

    def __init__(self, max_bytes: int, keep_s: float = 0.0, keep_bytes: int = 0, clock: Callable[[], int] = now_us) -> None:
        self._max_bytes, self._keep_s, self._keep_bytes, self._clock = max_bytes, keep_s, keep_bytes, clock
        self._frames: list[Frame] = []
        self._last_seq = 0
        self._decision: tuple[int, bytes] | None = None
        self._tally = Tally(0)
        self._wanted: list[int] = []
        self.is_full = False

    def append(self, frames: Sequence[Frame]) -> int:
        if self.is_full:
            raise TryAgain("spool: database or disk is full")
        held = self.sizes[0]
        if held + sum(len(f.payload) for f in frames) > self._max_bytes:
            raise TryAgain(f"the spool holds {held} bytes, its bound is {self._max_bytes} (TRICOLOR_SPOOL_MAX_BYTES)")
        for frame in frames:
            self._last_seq += 1
            self._frames.append(replace(frame, seq=self._last_seq))
        self._tally.add(frames, self._last_seq, self._clock())
        return self._last_seq

    def after(self, seq: int, limit_bytes: int) -> list[Frame]:
        found: list[Frame] = []
        size = 0
        for frame in self._frames:
            if frame.seq > seq and (not found or size < limit_bytes):
                found.append(frame)
                size += len(frame.payload)
        return found

    def decide(self, last_seq: int, outcome: bytes) -> None:
        self._decision = (last_seq, outcome)

    def decided(self) -> tuple[int, bytes] | None:
        return self._decision if self._decision and self._decision[0] > self.released else None

    def release(self, up_to_seq: int) -> None:
        self._tally.released = up_to_seq

    @property
    def released(self) -> int:
        return self._tally.released

    @property
    def sizes(self) -> tuple[int, int]:
        self._tally.settle(self._clock())
        return self._tally.waiting_bytes, self._tally.kept_bytes

    def pending(self) -> tuple[dict[str, int], dict[str, int]]:
        self._tally.settle(self._clock())
        waiting = self._tally.pending(self._count_between)
        return {s: n for s, (n, _) in waiting.items()}, {s: oldest for s, (_, oldest) in waiting.items()}

    def tend(self) -> None:
        now = self._clock()
        self._tally.settle(now)
        room = min(self._keep_bytes if self._keep_s > 0 else 0, max(0, self._max_bytes - self._tally.waiting_bytes))
        up_to = self._tally.expire(now - int(self._keep_s * 1e6), room)
        up_to = min([up_to, *(seq - 1 for seq in self._wanted)])
        self._frames = [f for f in self._frames if f.seq > up_to]

    def plan_replay(self, first: int, last: int) -> int:
        """Ask for the kept frames with these seqs again; how many there are."""
        wanted = [f.seq for f in self._frames if first <= f.seq <= last and f.seq <= self.released]
        self._wanted = sorted({*self._wanted, *wanted})
        return len(wanted)

    def replays(self, limit: int) -> list[Frame]:
        wanted = set(self._wanted[:limit])
        return [replace(f, seq=0, replay_of=f.replay_of or f.seq) for f in self._frames if f.seq in wanted]

    def replayed(self, count: int) -> None:
        del self._wanted[:count]

    def close(self) -> None:
        pass

    def _count_between(self, after: int, last: int) -> Waiting:
        found: Waiting = {}
        for frame in self._frames:
            if after < frame.seq <= last:
                n, oldest = found.get(frame.source, (0, frame.received_at))
                found[frame.source] = (n + 1, min(oldest, self._clock() if frame.replay_of else frame.received_at))
        return found
