"""Checking decoded frames against the registry and the clock, as columns over all frames of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ingest_service.index import PointIndex
from tricolor.domain.intervals import DAY_US, EARLIEST_US, SECOND_US, iso
from tricolor.domain.readings import Decoded, Frame, ReadingBatch, Reject, Rejection

MAX_LISTED = 1_000  # rejections kept one by one for a message; what exceeds it is summed up in one more (the raw message is kept whole)


@dataclass(frozen=True, slots=True)
class Limits:
    """future_s: how far ahead of us a device's clock may be; retention_days: how old a reading may be."""

    future_s: int = 300
    retention_days: int = 3660


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """batch: the good rows; frame_of: for each the place of its frame in the list; rejections: per frame; rows: for each good row its place among all
    decoded ones, None when all were good."""

    batch: ReadingBatch
    frame_of: NDArray[np.int64]
    received: NDArray[np.int64]
    rejections: list[tuple[Rejection, ...]]
    rows: NDArray[np.int64] | None = None


def check(frames: Sequence[Frame], seqs: NDArray[np.int64], decoded: Sequence[Decoded], index: PointIndex, limits: Limits, now: int) -> Checked:
    """Rows of all frames with known, own points, believable times and register values; the rest as rejections with reasons.
    seqs: the frames' places in the spool."""
    counts = np.fromiter((len(d.at) for d in decoded), dtype=np.int64, count=len(decoded))
    total = int(counts.sum())
    keys, at = _keys_and_times(decoded, counts, index)
    value = np.fromiter(chain.from_iterable(d.value for d in decoded), dtype=np.float64, count=total)
    frame_of = np.repeat(np.arange(len(frames)), counts)
    quality = _qualities(decoded, counts, total)
    owners = np.array([index.code_of.get(f.enterprise, -2) if f.enterprise else -1 for f in frames], dtype=np.int64)
    reason = _reasons(keys, at, value, owners[frame_of], index, limits, now)
    bad = np.flatnonzero(reason)
    rejections = [d.rejections for d in decoded]
    if len(bad):
        offsets = np.cumsum(counts) - counts
        more: dict[int, list[Rejection]] = {}
        for row in bad.tolist():
            place = int(frame_of[row])
            local = row - int(offsets[place])
            indices = decoded[place].index
            where = local if indices is None else indices[local]
            name, code = decoded[place].point[local], _CODES[int(reason[row])]
            more.setdefault(place, []).append(_explain(code, where, name, int(at[row]), float(value[row]), index, frames[place]))
        for place, found in more.items():
            rejections[place] += tuple(found)
    rows = np.flatnonzero(reason == 0) if len(bad) else None
    good = slice(None) if rows is None else rows
    frame_of = frame_of[good]
    heard = np.fromiter((f.received_at for f in frames), dtype=np.int64, count=len(frames))
    batch = ReadingBatch(keys[good], at[good], value[good], quality[good], seqs[frame_of], heard[frame_of])
    received = counts + np.fromiter((len(d.rejections) for d in decoded), dtype=np.int64, count=len(decoded))
    return Checked(batch, frame_of, received, rejections, rows)


def _keys_and_times(decoded: Sequence[Decoded], counts: NDArray[np.int64], index: PointIndex) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Key (-1: not known) and instant [µs] of every row; the points of messages of a known layout are not looked up one by one."""
    others = [d for d in decoded if d.layout is None]
    keys = index.keys([name for d in others for name in d.point])
    at = np.array([moment for d in others for moment in d.at], dtype=np.int64)
    if len(others) == len(decoded):
        return keys, at
    alike = [index.keys_of(d.layout) for d in decoded if d.layout is not None]
    is_alike = np.fromiter((d.layout is not None for d in decoded), dtype=bool, count=len(decoded))
    moments = np.repeat(np.array([d.at[0] for d in decoded if d.layout is not None], dtype=np.int64), counts[is_alike])
    if not others:
        return np.concatenate(alike), moments
    rows = np.repeat(is_alike, counts)
    all_keys, all_at = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    all_keys[rows], all_keys[~rows] = np.concatenate(alike), keys
    all_at[rows], all_at[~rows] = moments, at
    return all_keys, all_at


def listed(rejections: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
    """At most MAX_LISTED of them, the rest summed up in one."""
    if len(rejections) <= MAX_LISTED:
        return rejections
    rest = len(rejections) - MAX_LISTED
    return (*rejections[:MAX_LISTED], Rejection(-1, rejections[MAX_LISTED].reason, f"and {rest} more readings of this message; see its raw bytes"))


_CODES = [Reject.BAD_SHAPE, Reject.UNKNOWN_POINT, Reject.FOREIGN_POINT, Reject.TOO_OLD, Reject.FUTURE, Reject.NOT_FINITE,
          Reject.NEGATIVE_REGISTER, Reject.BEYOND_CAPACITY]  # fmt: skip


def _reasons(
    keys: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], owner: NDArray[np.int64],
    index: PointIndex, limits: Limits, now: int,
) -> NDArray[np.uint8]:  # fmt: skip
    """0 for a good row, else the place of its reason in _CODES; the first that applies wins."""
    oldest = max(EARLIEST_US, now - limits.retention_days * DAY_US)
    known = np.maximum(keys, 0)
    is_register = index.is_register[known]
    reason = np.zeros(len(keys), dtype=np.uint8)
    for code, is_bad in (
        (7, is_register & (value >= index.capacity[known])),
        (6, is_register & (value < 0)),
        (5, ~np.isfinite(value)),
        (4, at > now + limits.future_s * SECOND_US),
        (3, at < oldest),
        (2, (owner != -1) & (owner != index.owner[known])),
        (1, keys < 0),
    ):
        reason[is_bad] = code
    return reason


def _explain(reason: Reject, where: int, name: str, at: int, value: float, index: PointIndex, frame: Frame) -> Rejection:
    point = name[:80]
    if not name:
        reason, detail = Reject.NO_POINT, "the reading names no point"
    elif reason is Reject.UNKNOWN_POINT:
        detail = f"point {point!r} is not in the registry; import it, then replay this message"
    elif reason is Reject.FOREIGN_POINT:
        detail = f"point {point!r} does not belong to {frame.enterprise!r}; push it under its own enterprise"
    elif reason is Reject.TOO_OLD:
        detail = f"at {_when(at)} is older than the retention; check the device's clock"
    elif reason is Reject.FUTURE:
        detail = f"at {_when(at)} lies in the future; check the device's clock"
    elif reason is Reject.NOT_FINITE:
        detail = f"value is {value}"
    elif reason is Reject.NEGATIVE_REGISTER:
        detail = f"register {point!r} cannot read {value}"
    else:
        detail = f"register {point!r} wraps at {index.capacity[index.key_of[name]]:g} and cannot read {value}"
    return Rejection(where, reason, detail, name[:200])


def _when(at: int) -> str:
    """The instant for people; bare µs where the calendar cannot write it."""
    try:
        return iso(at)
    except (OverflowError, ValueError):
        return f"{at} µs"


def _qualities(decoded: Sequence[Decoded], counts: NDArray[np.int64], total: int) -> NDArray[np.uint8]:
    if all(d.quality is None for d in decoded):
        return np.zeros(total, dtype=np.uint8)
    parts = [
        np.zeros(int(n), dtype=np.uint8) if d.quality is None else np.array(d.quality, dtype=np.uint8) for d, n in zip(decoded, counts, strict=True)
    ]
    return np.concatenate(parts)
