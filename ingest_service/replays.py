"""A replayed message must not undo what came after it: its readings yield to newer values of the same instant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest_service.duplicates import Sorted
from tricolor.domain.intervals import Interval
from tricolor.domain.readings import Frame, ReadingBatch
from tricolor.ports import ReadingStore


def yield_to_newer(found: Sorted, batch: ReadingBatch, frame_of: NDArray[np.int64], frames: Sequence[Frame], store: ReadingStore) -> Sorted:
    """Like found, but a row of a replayed frame is not new where the store, or the batch before it, has a value that was spooled after the original,
    or that very value."""
    if not any(f.replay_of for f in frames):
        return found
    origin = np.fromiter((f.replay_of for f in frames), dtype=np.int64, count=len(frames))[frame_of]
    rows = np.flatnonzero((origin > 0) & found.is_new)
    if not len(rows):
        return found
    span = Interval(int(batch.at[rows].min()), int(batch.at[rows].max()) + 1)
    known = store.read(np.unique(batch.point[rows]).tolist(), span)
    rows_known = zip(known.seq.tolist(), known.value.tolist(), known.quality.tolist(), strict=True)
    now = dict(zip(zip(known.point.tolist(), known.at.tolist(), strict=True), rows_known, strict=True))
    is_new, old_value, old_quality = found.is_new.copy(), found.old_value.copy(), found.old_quality.copy()
    points, times, seqs, values, grades = (c.tolist() for c in (batch.point, batch.at, batch.seq, batch.value, batch.quality))
    replayed = dict(zip(rows.tolist(), origin[rows].tolist(), strict=True))
    for row in range(int(rows[-1]) + 1):
        key = (points[row], times[row])
        seq, value, grade = now.get(key, (0, np.nan, 0))
        if row in replayed:
            is_new[row] = seq <= replayed[row] and (value, grade) != (values[row], grades[row])
            old_value[row], old_quality[row] = value, grade
        if is_new[row]:
            now[key] = (replayed.get(row, seqs[row]), values[row], grades[row])
    return Sorted(is_new, old_value, old_quality)


def without_outdated(batch: ReadingBatch, frame_of: NDArray[np.int64], frames: Sequence[Frame], store: ReadingStore) -> ReadingBatch:
    """The rows to store again when a stop is made good: all but those of replayed frames that yield to newer values."""
    if not any(f.replay_of for f in frames):
        return batch
    count = len(batch)
    everything = Sorted(np.ones(count, dtype=bool), np.full(count, np.nan), np.zeros(count, dtype=np.uint8))
    return batch.take(yield_to_newer(everything, batch, frame_of, frames, store).is_new)
