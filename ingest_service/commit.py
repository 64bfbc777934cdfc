"""Group commit: frames of all transports go to the spool together, and only then are their senders told that they are safe.

A commit starts when the previous one ends, never on a timer: one frame alone is not kept waiting, and under load the groups grow by themselves.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

import structlog

from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame
from tricolor.ports import Spool

log = structlog.get_logger()
GROUP_FRAMES = 20_000
GROUP_BYTES = 4 * 1024 * 1024
WAITING_BYTES = 128 * 1024 * 1024  # what may wait for a commit; past it, HTTP is refused and MQTT is not read


class Sender(Protocol):
    """Whoever handed frames in and waits to hear that they are safe."""

    def safe(self, tokens: Sequence[object]) -> None: ...


_Entry = tuple[Sequence[Frame], int, Sender, object]  # frames, bytes of their payloads, who handed them in, what to tell it


class Committer:
    """submit() from any thread; the sender's safe(tokens) is called once its frames are fsynced.
    on_frames hears of every commit: the last seq, the frames."""

    def __init__(self, spool: Spool, on_commit: Callable[[], None], on_frames: Callable[[int, Sequence[Frame]], None] | None = None) -> None:
        self._spool, self._on_commit, self._on_frames = spool, on_commit, on_frames
        self._queue: deque[_Entry] = deque()
        self._waiting_bytes = 0
        self._count = threading.Lock()  # of _waiting_bytes
        self._ready, self._room = threading.Event(), threading.Event()
        self._room.set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.trouble = ""  # why the last commit failed, "" when it did not

    def start(self) -> None:
        self._thread.start()

    def submit(self, frame: Frame, sender: Sender, token: object) -> None:
        self.submit_many((frame,), sender, token)

    def submit_many(self, frames: Sequence[Frame], sender: Sender, token: object) -> None:
        """Frames that are safe together: one token stands for all of them."""
        size = sum([len(f.payload) for f in frames])
        with self._count:
            self._waiting_bytes += size
            if self._waiting_bytes > WAITING_BYTES:
                self._room.clear()
        self._queue.append((frames, size, sender, token))
        self._ready.set()

    def has_room(self, timeout_s: float = 0.0) -> bool:
        """Whether more may be handed in; waits up to timeout_s for it."""
        return self._room.wait(timeout_s)

    def stop(self) -> None:
        """Commit what was handed in, then end; frames that cannot be committed were never acknowledged."""
        self._stop.set()
        self._ready.set()
        self._thread.join(timeout=30)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not (self._stop.is_set() and not self._queue):
            if not self._queue:
                self._ready.wait(1.0)
                self._ready.clear()
                continue
            entries, frames, size = self._take()
            if not self._commit(frames):
                return
            with self._count:
                self._waiting_bytes -= size
                if self._waiting_bytes <= WAITING_BYTES // 2:
                    self._room.set()
            by_sender: dict[int, tuple[Sender, list[object]]] = {}
            for _, _, sender, token in entries:
                by_sender.setdefault(id(sender), (sender, []))[1].append(token)
            for sender, tokens in by_sender.values():
                try:
                    sender.safe(tokens)
                except Exception:  # an outer loop: a broken sender must not stop the others' commits
                    log.exception("a sender could not be told that its frames are safe")
            self._on_commit()

    def _take(self) -> tuple[list[_Entry], list[Frame], int]:
        """The next group: what waits, within the bounds."""
        entries: list[_Entry] = []
        frames: list[Frame] = []
        size = 0
        while self._queue and len(frames) < GROUP_FRAMES and size < GROUP_BYTES:
            entry = self._queue.popleft()
            entries.append(entry)
            frames += entry[0]
            size += entry[1]
        return entries, frames, size

    def _commit(self, frames: list[Frame]) -> bool:
        """Spool the frames, waiting as long as the disk is full or the spool at its bound; False when stopped meanwhile."""
        pause, told = 0.1, 0.0
        while True:
            try:
                last_seq = self._spool.append(frames)
            except TryAgain as error:
                self.trouble = str(error)
                if monotonic() - told > 10:
                    log.error("frames cannot be made safe and are not acknowledged", reason=self.trouble, frames=len(frames))
                    told = monotonic()
                if self._stop.wait(pause):
                    return False
                pause = min(5.0, pause * 2)
                continue
            self.trouble = ""
            if self._on_frames is not None:
                self._on_frames(last_seq, frames)
            return True
