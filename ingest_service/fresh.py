"""Frames that were committed a moment ago, handed to the loader in memory so that it need not read them back from the spool.

Only a shortcut: bounded, empty after a restart, and wherever it has a gap the loader reads the spool.
"""

import threading
from collections import deque
from collections.abc import Sequence

from tricolor.domain.readings import Frame

HELD_BYTES = 16 * 1024 * 1024
FRAME_BYTES = 300  # what a frame takes beside its payload


class Fresh:
    """put() by the committer in order of seq; after() by the loader."""

    def __init__(self, held_bytes: int = HELD_BYTES) -> None:
        self._bound = held_bytes
        self._groups: deque[tuple[int, Sequence[Frame], int]] = deque()  # seq of the first frame, frames, size
        self._held = 0
        self._lock = threading.Lock()

    def put(self, last_seq: int, frames: Sequence[Frame]) -> None:
        """The frames of one commit, whose seqs end with last_seq without a gap. Past the bound they are left to the spool."""
        size = sum(len(f.payload) for f in frames) + FRAME_BYTES * len(frames)
        with self._lock:
            if self._held + size <= self._bound:
                self._groups.append((last_seq - len(frames) + 1, frames, size))
                self._held += size

    def after(self, seq: int, limit_bytes: int) -> list[Frame]:
        """The frames right behind the position, up to about limit_bytes; nothing when the next one is not held."""
        found: list[Frame] = []
        size = 0
        with self._lock:
            while self._groups and self._groups[0][0] + len(self._groups[0][1]) <= seq + 1:
                self._held -= self._groups.popleft()[2]
            for first, frames, group_size in self._groups:
                if first > seq + 1 or (found and size + group_size > limit_bytes):
                    break
                found += frames[seq + 1 - first :]
                seq, size = first + len(frames) - 1, size + group_size
        return found
