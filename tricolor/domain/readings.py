"""What comes from the field: frames of bytes, batches of readings, and the reasons for turning one away."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray


class Quality(IntEnum):
    """Quality of a reading as its sender states it; HJ 212 flags map to it in their codec."""

    GOOD = 0
    UNCERTAIN = 1
    MANUAL = 2
    CALIBRATION = 3
    BAD = 4


QUALITY_NAMES: dict[str, Quality] = {q.name.lower(): q for q in Quality}


class Reject(StrEnum):
    """Why a message or one reading of it went to quarantine; stable codes of the push contract."""

    NOT_TEXT = "not_utf8"
    NOT_JSON = "not_json"
    NOT_CSV = "not_csv"
    NOT_GZIP = "not_gzip"
    BAD_SHAPE = "bad_shape"
    BAD_TOPIC = "bad_topic"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many_readings"
    NO_POINT = "point_missing"
    UNKNOWN_POINT = "unknown_point"
    FOREIGN_POINT = "foreign_point"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "time_without_offset"
    FUTURE = "time_in_future"
    TOO_OLD = "time_too_old"
    NOT_NUMBER = "value_not_a_number"
    NOT_FINITE = "value_not_finite"
    NEGATIVE_REGISTER = "negative_register"
    BEYOND_CAPACITY = "beyond_capacity"
    BAD_QUALITY = "bad_quality"
    NOT_HJ212 = "not_hj212"
    BAD_LENGTH = "bad_length"
    BAD_CRC = "bad_crc"
    PARTS_MISSING = "parts_missing"
    STORE_REFUSED = "store_refused"


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes as they came. seq: place in the spool (0 before it is spooled); received_at [µs UTC]; source: "mqtt:enterprise/gateway",
    "http:key" or "hj212:enterprise/mn"."""

    topic: str
    payload: bytes
    received_at: int
    source: str
    seq: int = 0
    content_type: str = "application/json"
    enterprise: str = ""  # whose points the sender may write; "" = any (admin push)
    replay_of: int = 0  # the seq under which it was first spooled, when it is a replay


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reading (index >= 0) or a whole message (index -1) that was turned away."""

    index: int
    reason: Reject
    detail: str
    point: str = ""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Layout:
    """The points of a message in their order; messages that hold the same points share one, so that they are looked up once."""

    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Decoded:
    """A frame's readings before they are checked, as lists of equal length (they are joined over many frames before they become arrays).

    point: names as sent; at [µs]; value; quality: Quality codes, None when all are GOOD; index: places in the message, None for 0, 1, 2 …;
    rejections: the readings of the message that could not be used; layout: of `point`, and then all share one instant and are GOOD; None: not known.
    """

    point: Sequence[str]
    at: Sequence[int]
    value: Sequence[float]
    quality: list[int] | None = None
    index: list[int] | None = None
    rejections: tuple[Rejection, ...] = ()
    gateway_seq: int | None = None
    layout: Layout | None = None

    @property
    def received(self) -> int:
        """How many readings the message held, good and bad."""
        return len(self.at) + len(self.rejections)


@dataclass(frozen=True, slots=True, eq=False)
class ReadingBatch:
    """Columns of equal length: point (registry key), at [µs UTC], value (meter's own unit), quality, seq (place in the spool; the larger wins),
    received_at [µs UTC]."""

    point: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    seq: NDArray[np.int64]
    received_at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "ReadingBatch":
        return ReadingBatch(self.point[rows], self.at[rows], self.value[rows], self.quality[rows], self.seq[rows], self.received_at[rows])

    @staticmethod
    def empty() -> "ReadingBatch":
        none = np.empty(0, dtype=np.int64)
        return ReadingBatch(none, none, np.empty(0), np.empty(0, dtype=np.uint8), none, none)

    @staticmethod
    def concat(parts: "list[ReadingBatch]") -> "ReadingBatch":
        if not parts:
            return ReadingBatch.empty()
        return ReadingBatch(
            np.concatenate([p.point for p in parts]), np.concatenate([p.at for p in parts]),
            np.concatenate([p.value for p in parts]), np.concatenate([p.quality for p in parts]),
            np.concatenate([p.seq for p in parts]), np.concatenate([p.received_at for p in parts]),
        )  # fmt: skip


def last_wins(batch: ReadingBatch) -> ReadingBatch:
    """The batch sorted by (point, at) with one reading per instant: the one of the highest seq, the later row when equal."""
    order = np.lexsort((np.arange(len(batch)), batch.seq, batch.at, batch.point))
    point, at = batch.point[order], batch.at[order]
    keep = np.ones(len(order), dtype=bool)
    keep[:-1] = (point[1:] != point[:-1]) | (at[1:] != at[:-1])
    return batch.take(order[keep])
