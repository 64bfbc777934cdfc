"""From the spool to the store: decode, check, tell new from repeated, store, count. One loader a worker.

What a stretch of the spool comes to is noted in the spool first, then stored, then counted in the ledger; each of the three may be repeated, so a
kill at any moment loses nothing and counts nothing twice (docs/decisions/0002-outcome-before-store.md).
"""

import gc
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from time import monotonic

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from ingest_service.checks import Checked, Limits, check, listed
from ingest_service.claims import Claims
from ingest_service.dead_letters import dead_lettered
from ingest_service.dirty import dirty_spans
from ingest_service.duplicates import sort_out
from ingest_service.fresh import Fresh
from ingest_service.gaps import seen_numbers
from ingest_service.index import PointBook, PointIndex
from ingest_service.replays import without_outdated, yield_to_newer
from tricolor.domain.errors import RowsRefused, TryAgain, Unreadable
from tricolor.domain.readings import Decoded, Frame, ReadingBatch, Reject, Rejection
from tricolor.ports import Codec, IntakeLedger, Outcome, Quarantined, ReadingStore, SourceCounts, Spool, Superseded

log = structlog.get_logger()
BATCH_BYTES = 3 * 1024 * 1024
REGISTRY_LOOK_S = 2.0
Reply = Callable[[Frame, int, tuple[Rejection, ...], int | None], None]


class Pipeline:
    """load_once() takes the next stretch of the spool; recover() finishes what a stop interrupted."""

    def __init__(
        self, worker: str, spool: Spool, store: ReadingStore, ledger: IntakeLedger, book: PointBook,
        codecs: Mapping[str, Codec], limits: Limits, clock: Callable[[], int], reply: Reply | None = None, fresh: Fresh | None = None,
        claims: Claims | None = None,
    ) -> None:  # fmt: skip
        self._worker, self._spool, self._store, self._ledger, self._book = worker, spool, store, ledger, book
        self._codecs, self._limits, self._clock, self._reply = codecs, limits, clock, reply
        self._fresh, self._claims = fresh, claims
        self._position: int | None = None
        self._index: PointIndex | None = None
        self._looked_at = 0.0

    def recover(self) -> None:
        """Finish the noted outcome of an earlier run, so that it is stored and counted exactly once."""
        applied = self._ledger.applied(self._worker)
        noted = self._spool.decided()
        if noted is not None:
            last_seq, blob = noted
            outcome = msgspec.msgpack.decode(blob, type=Outcome)
            frames = [f for f in self._frames_up_to(last_seq) if f.seq <= last_seq]
            dropped = {(q.frame.seq, q.rejection.index) for q in outcome.quarantined}
            checked, decoded = self._decode(frames, _seqs(frames), dropped)
            if not outcome.is_stored:
                batch = without_outdated(checked.batch, checked.frame_of, frames, self._store)
                outcome = self._put(batch, outcome, np.ones(len(checked.batch), dtype=bool), frames, _seqs(frames), decoded, checked)
            self._note_newest(checked.batch)
            self._ledger.apply(outcome)
            self._spool.release(last_seq)
            log.info("finished what the last stop interrupted", frames=len(frames), last_seq=last_seq)
            self._position = last_seq
            return
        self._position = applied
        self._spool.release(applied)

    def warm_up(self) -> None:
        """Load the registry before the first frame comes."""
        self._index_now()

    def index_of(self, version: int) -> PointIndex | None:
        """The registry's columns of this version when they are at hand."""
        index = self._index
        return index if index is not None and index.version == version else None

    def load_once(self) -> int:
        """Load the next stretch; how many frames it held. TryAgain when the store or the ledger is down: nothing is lost, call again."""
        if self._position is None:
            self.recover()
        assert self._position is not None
        frames, seqs = self._next(self._position)
        if not frames:
            return 0
        if self._claims is not None and self._claims.is_stale:
            self._index = None  # others may have stored what we never heard of
        checked, decoded = self._decode(frames, seqs)
        index = self._index_now()
        suspects = self._claims.suspects(checked.batch, index.newest) if self._claims is not None else None
        found = yield_to_newer(sort_out(checked.batch, index, self._store, suspects), checked.batch, checked.frame_of, frames, self._store)
        batch = checked.batch if found.is_new.all() else checked.batch.take(found.is_new)
        outcome = self._outcome(frames, seqs, checked, found.is_new, found.old_value, found.old_quality)
        outcome = replace(outcome, numbers=seen_numbers(frames, decoded, checked.frame_of[found.is_new]))
        self._spool.decide(outcome.last_seq, msgspec.msgpack.encode(outcome))
        try:
            outcome = self._put(batch, outcome, found.is_new, frames, seqs, decoded, checked)
            self._ledger.apply(outcome)
        except TryAgain:
            self._position = None  # the noted outcome is carried out by recover() at the next call
            raise
        self._spool.release(outcome.last_seq)
        self._position = outcome.last_seq
        self._note_newest(batch)
        self._answer(frames, decoded, checked)
        return len(frames)

    def _put(
        self, batch: ReadingBatch, outcome: Outcome, among: NDArray[np.bool_],
        frames: Sequence[Frame], seqs: NDArray[np.int64], decoded: Sequence[Decoded], checked: Checked,
    ) -> Outcome:  # fmt: skip
        """Store; what the store will never take is noted as quarantined, in place of the outcome noted before, so that it is counted once."""
        try:
            self._store.put(batch)
        except RowsRefused as error:
            log.error("the store refuses readings for good, they are in quarantine", readings=len(error.refused), reason=str(error)[:300],
                      mend="mend the cause, then `tricolor quarantine replay --reason store_refused`")  # fmt: skip
            outcome = dead_lettered(outcome, error.refused, among, frames, seqs, decoded, checked)
            self._spool.decide(outcome.last_seq, msgspec.msgpack.encode(outcome))
        return outcome

    def _next(self, position: int) -> tuple[list[Frame], NDArray[np.int64]]:
        """The frames behind the position and their seqs: those handed over in memory, else those of the spool."""
        frames = self._fresh.after(position, BATCH_BYTES) if self._fresh is not None else []
        if frames:
            return frames, np.arange(position + 1, position + 1 + len(frames))
        frames = self._spool.after(position, BATCH_BYTES)
        return frames, _seqs(frames)

    def _note_newest(self, batch: ReadingBatch) -> None:
        """What was stored is known from now on: what is not later is compared with the store."""
        if len(batch):
            np.maximum.at(self._index_now().newest, batch.point, batch.at)

    def _frames_up_to(self, last_seq: int) -> list[Frame]:
        frames: list[Frame] = []
        position = self._ledger.applied(self._worker)
        if position >= last_seq:  # counted already; only its frames may be missing in the store of a fresh disk
            return frames
        while position < last_seq:
            more = self._spool.after(position, BATCH_BYTES)
            if not more:
                break
            frames += more
            position = more[-1].seq
        return frames

    def _decode(self, frames: Sequence[Frame], seqs: NDArray[np.int64], dropped: Collection[tuple[int, int]] = ()) -> tuple[Checked, list[Decoded]]:
        index = self._index_now()
        decoded: list[Decoded] = []
        json = self._codecs["application/json"]
        for frame in frames:
            try:
                codec = json if frame.content_type == "application/json" else self._codecs[frame.content_type]
                decoded.append(codec.decode(frame))
            except Unreadable as error:
                decoded.append(Decoded([], [], [], rejections=(Rejection(-1, Reject(error.reason), error.detail),)))
            except Exception as error:  # a fault of a decoder must not block the spool: the message is kept and can be replayed after a fix
                log.exception("a decoder failed", topic=frame.topic, seq=frame.seq)
                decoded.append(Decoded([], [], [], rejections=(Rejection(-1, Reject.BAD_SHAPE, f"our decoder failed: {error!r}"),)))
        if dropped:
            decoded = [_without(part, int(seq), dropped) for part, seq in zip(decoded, seqs, strict=True)]
        checked = check(frames, seqs, decoded, index, self._limits, self._clock())
        if any(r.reason is Reject.UNKNOWN_POINT for found in checked.rejections for r in found):
            newer = self._index_now(is_forced=True)  # perhaps it was registered a moment ago
            if newer is not index:
                checked = check(frames, seqs, decoded, newer, self._limits, self._clock())
        return checked, decoded

    def _index_now(self, is_forced: bool = False) -> PointIndex:
        """The registry's columns, looked up again when the registry's version moved."""
        now = monotonic()
        if self._index is not None and not is_forced and now - self._looked_at < REGISTRY_LOOK_S:
            return self._index
        self._looked_at = now
        if self._index is None or self._book.version() != self._index.version:
            index = PointIndex(self._book.load())
            if self._claims is not None:
                self._claims.reload()
            latest = self._store.latest()
            known = [(key, at) for key, at in latest.items() if key < len(index.newest)]
            if known:
                index.newest[[key for key, _ in known]] = [at for _, at in known]
            self._index = index
        return self._index

    def _outcome(
        self, frames: Sequence[Frame], seqs: NDArray[np.int64], checked: Checked, is_new: NDArray[np.bool_],
        old_value: NDArray[np.float64], old_quality: NDArray[np.uint8],
    ) -> Outcome:  # fmt: skip
        codes: dict[str, int] = {}
        source_code = np.fromiter((codes.setdefault(f.source, len(codes)) for f in frames), dtype=np.int64, count=len(frames))
        names = list(codes)
        of_row = source_code[checked.frame_of]
        turned_away = np.fromiter(map(len, checked.rejections), dtype=np.int64, count=len(frames))
        received, rejected = (np.bincount(source_code, column, len(names)).astype(np.int64) for column in (checked.received, turned_away))
        stored, total = np.bincount(of_row[is_new], minlength=len(names)), np.bincount(of_row, minlength=len(names))
        quarantined = [
            Quarantined(kept, rejection)
            for place in np.flatnonzero(turned_away).tolist() for found in (checked.rejections[place],)
            for kept in (replace(frames[place], seq=int(seqs[place])),)
            for rejection in listed(found)
        ]  # fmt: skip
        batch = checked.batch
        replaced = np.flatnonzero(is_new & ~np.isnan(old_value))
        superseded = tuple(
            Superseded(int(batch.point[i]), int(batch.at[i]), float(old_value[i]), int(old_quality[i]), int(batch.seq[i]),
                       frames[int(checked.frame_of[i])].source, int(batch.received_at[i]))
            for i in replaced.tolist()
        )  # fmt: skip
        new, of_new = (batch, of_row) if is_new.all() else (batch.take(is_new), of_row[is_new])
        dirty = dirty_spans(new, of_new, names)
        figures = (column.tolist() for column in (received, stored, total - stored, rejected))
        counts = tuple(SourceCounts(*row) for row in zip(names, *figures, strict=True))
        return Outcome(self._worker, int(seqs[-1]), counts, dirty, tuple(quarantined), superseded)

    def _answer(self, frames: Sequence[Frame], decoded: Sequence[Decoded], checked: Checked) -> None:
        if self._reply is None:
            return
        for i, found in enumerate(checked.rejections):
            if found:
                self._reply(frames[i], int(checked.received[i]), found, decoded[i].gateway_seq)


def _seqs(frames: Sequence[Frame]) -> NDArray[np.int64]:
    return np.fromiter((f.seq for f in frames), dtype=np.int64, count=len(frames))


def _without(part: Decoded, seq: int, dropped: Collection[tuple[int, int]]) -> Decoded:
    """The readings that the noted outcome did not quarantine: what was decided once is not decided anew by a registry that changed meanwhile."""
    gone = {index for frame, index in dropped if frame == seq}
    if not gone:
        return part
    if gone == {-1}:  # the message as a whole
        return Decoded([], [], [])
    places = range(len(part.at)) if part.index is None else part.index
    keep = [i for i, place in enumerate(places) if place not in gone]
    quality = None if part.quality is None else [part.quality[i] for i in keep]
    where = [i if part.index is None else part.index[i] for i in keep]
    return Decoded([part.point[i] for i in keep], [part.at[i] for i in keep], [part.value[i] for i in keep], quality, where)


class Loader:
    """The thread that keeps the pipeline going; wake() after frames were spooled."""

    def __init__(self, pipeline: Pipeline, tell_pending: Callable[[], None]) -> None:
        self._pipeline, self._tell_pending = pipeline, tell_pending
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=60)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        pause, told, is_warm = 0.2, 0.0, False
        while not self._stop.is_set():
            try:
                if not is_warm:
                    self._pipeline.warm_up()
                    gc.collect()
                    gc.freeze()  # what is there now stays: the collector need not walk through it again and again
                    is_warm = True
                loaded = self._pipeline.load_once()
                pause = 0.2
                if monotonic() - told >= 0.5:
                    self._tell_pending()
                    told = monotonic()
            except TryAgain as error:
                log.warning("loading waits", reason=str(error), retry_s=pause)
                self._stop.wait(pause)
                pause = min(30.0, pause * 2)
                continue
            except Exception:  # the outer loop of a service: what is not understood must be seen and must not stop the intake
                log.exception("loading failed, trying again", retry_s=pause)
                self._stop.wait(pause)
                pause = min(30.0, pause * 2)
                continue
            if loaded == 0:
                self._wake.wait(0.5)
                self._wake.clear()
