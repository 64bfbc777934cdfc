"""Readings that the store will never take: their messages go to quarantine, and they count as quarantined instead of stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest_service.checks import Checked, listed
from tricolor.domain.intervals import iso
from tricolor.domain.readings import Decoded, Frame, Reject, Rejection
from tricolor.ports import Outcome, Quarantined, SourceCounts

MAX_REASON = 300


def dead_lettered(
    outcome: Outcome, refused: Mapping[tuple[int, int], str], among: NDArray[np.bool_],
    frames: Sequence[Frame], seqs: NDArray[np.int64], decoded: Sequence[Decoded], checked: Checked,
) -> Outcome:  # fmt: skip
    """The outcome once everything but the refused (point, at) is stored. among: the rows of the batch that were handed to the store.

    The rejections are added to `checked` as well, for the answer to the gateway.
    """
    found: dict[int, list[Rejection]] = {}
    for row in _rows(checked, refused, among):
        place = int(checked.frame_of[row])
        found.setdefault(place, []).append(_rejection(row, place, refused, decoded, checked))
    counts, entries = {c.source: c for c in outcome.counts}, list(outcome.quarantined)
    kept = {q.frame.seq: q.frame for q in outcome.quarantined}
    for place, rejections in found.items():
        source, seq = frames[place].source, int(seqs[place])
        counts[source] = _moved(counts[source], len(rejections))
        frame = kept.get(seq) or replace(frames[place], seq=seq)
        entries += [Quarantined(frame, rejection) for rejection in listed(tuple(rejections))]
        checked.rejections[place] = (*checked.rejections[place], *rejections)
    superseded = tuple(s for s in outcome.superseded if (s.point, s.at) not in refused)
    return replace(outcome, counts=tuple(counts.values()), quarantined=tuple(entries), superseded=superseded, is_stored=True)


def _rows(checked: Checked, refused: Mapping[tuple[int, int], str], among: NDArray[np.bool_]) -> list[int]:
    times = np.fromiter({at for _, at in refused}, dtype=np.int64)
    near = np.flatnonzero(among & np.isin(checked.batch.at, times))
    keys = zip(checked.batch.point[near].tolist(), checked.batch.at[near].tolist(), strict=True)
    return [row for row, key in zip(near.tolist(), keys, strict=True) if key in refused]


def _rejection(row: int, place: int, refused: Mapping[tuple[int, int], str], decoded: Sequence[Decoded], checked: Checked) -> Rejection:
    batch, part = checked.batch, decoded[place]
    before = sum(len(d.at) for d in decoded[:place])
    local = (row if checked.rows is None else int(checked.rows[row])) - before
    where = local if part.index is None else part.index[local]
    at = int(batch.at[row])
    detail = f"value {batch.value[row]:g} at {iso(at)}: {refused[int(batch.point[row]), at][:MAX_REASON]}"
    return Rejection(where, Reject.STORE_REFUSED, detail, part.point[local][:200])


def _moved(counts: SourceCounts, rows: int) -> SourceCounts:
    """From stored to quarantined; from duplicate where that does not suffice, which only a repeated note can bring about."""
    stored = min(rows, counts.stored)
    duplicate = min(rows - stored, counts.duplicate)
    return replace(counts, stored=counts.stored - stored, duplicate=counts.duplicate - duplicate, quarantined=counts.quarantined + stored + duplicate)
