"""HJ 212-2017 (and packets in the manner of 2005) as a codec: one or several packets a frame, each factor and field a reading.

A point's id is `{mn}.{factor}.{field}` for real-time data and `{mn}.{factor}.{minute|hour|day}.{field}` for a period, all lower case. A period's
reading carries the END of the period, as deltas do everywhere; the packet names its start.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tricolor.domain.errors import Unreadable
from tricolor.domain.hj212 import DATA_CN, SILENT_CN, Fault, Packet, Piece, Scanner, joined, parse
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, SHANGHAI, to_us
from tricolor.domain.readings import Decoded, Frame, Quality, Reject, Rejection

MAX_BYTES = 256 * 1024
PERIODS = {"2051": ("minute.", 10 * MINUTE_US), "2061": ("hour.", HOUR_US), "2031": ("day.", DAY_US), "2041": ("day.", DAY_US)}
FIELDS = {name.lower(): name for name in ("Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "RS", "RT")}
BESIDE = frozenset({"flag", "eflag", "sampletime", "info"})  # say something of a reading and are none
TIMES = frozenset({"datatime", "begintime", "endtime", "restarttime", "polid"})
# N normal, F stopped, M maintenance, S set by hand, D fault, C calibration, T over the range, B no contact with the instrument (HJ 212-2017 table 8)
FLAGS = {
    "N": Quality.GOOD, "T": Quality.UNCERTAIN, "S": Quality.MANUAL, "C": Quality.CALIBRATION, "M": Quality.CALIBRATION,
    "D": Quality.BAD, "B": Quality.BAD, "F": Quality.BAD,
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_DIGITS = re.compile(r"\d{14}(\d{3})?")
_NOT_SLUG = re.compile(r"[^a-z0-9_-]")
_FAULTS = {Fault.GARBAGE: Reject.NOT_HJ212, Fault.LENGTH: Reject.BAD_LENGTH, Fault.CRC: Reject.BAD_CRC}


@dataclass(slots=True)
class _Rows:
    """The columns as they grow; each reading, good or bad, has the next place."""

    points: list[str] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    grades: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.points) + len(self.rejections)

    def add(self, point: str, at: int, value: float, quality: int) -> None:
        self.places.append(self.count)
        self.points.append(point)
        self.moments.append(at)
        self.values.append(value)
        self.grades.append(quality)

    def refuse(self, reason: Reject, detail: str, point: str = "") -> None:
        self.rejections.append(Rejection(self.count, reason, detail, point))


class Hj212:
    """Codec of application/x-hj212. current: factor code of 2005 -> code of 2017, so that a station keeps its points when it is renewed."""

    def __init__(self, max_readings: int = 200_000, current: Mapping[str, str] | None = None) -> None:
        self._max, self._current = max_readings, dict(current or {})

    def decode(self, frame: Frame) -> Decoded:
        """Readings of all packets of the frame; raises Unreadable when there is no packet in it."""
        if len(frame.payload) > MAX_BYTES:
            raise Unreadable(Reject.TOO_LARGE, f"the message has {len(frame.payload)} bytes; send at most {MAX_BYTES} at once")
        scanner = Scanner()
        pieces = [*scanner.feed(frame.payload), *scanner.end()]
        rows = _Rows()
        for found in _messages(pieces):
            if isinstance(found, Piece):
                rows.refuse(_FAULTS[found.fault], f"{found.detail}")
            else:
                self._message(found, rows)
            if rows.count > self._max:
                raise Unreadable(Reject.TOO_MANY, f"more than {self._max} readings in one message; send at most that many")
        if not pieces:
            raise Unreadable(Reject.NOT_HJ212, "the message holds no packet; one begins with ## and four digits")
        if not any(piece.fault is Fault.NONE for piece in pieces) and len(rows.rejections) == 1:
            raise Unreadable(rows.rejections[0].reason, rows.rejections[0].detail)
        return Decoded(rows.points, rows.moments, rows.values, rows.grades, rows.places, tuple(rows.rejections))

    def _message(self, packets: Sequence[Packet], rows: _Rows) -> None:
        first = packets[0]
        if first.cn in SILENT_CN:
            return
        if first.cn not in DATA_CN:
            known = ", ".join(sorted(DATA_CN))
            rows.refuse(Reject.BAD_SHAPE, f"CN={first.cn[:20]} is no data that we know; known: {known}")
            return
        if not first.mn:
            rows.refuse(Reject.NO_POINT, "the packet names no MN")
            return
        text = joined([packet.cp for packet in packets])
        groups = [[item.partition("=")[::2] for item in part.split(",")] for part in text.split(";") if part.strip()]
        said = {name.strip().lower(): value.strip() for group in groups for name, value in group if name.strip().lower() in TIMES}
        prefix, span = PERIODS.get(first.cn, ("", 0))
        try:
            at = _local(said.get("endtime", "")) if span and said.get("endtime") else _local(said.get("datatime", "")) + span
        except Unreadable as error:
            is_part = first.is_split and len(packets) < first.pnum and "datatime" not in said
            reason = Reject.PARTS_MISSING if is_part else Reject(error.reason)
            rows.refuse(reason, f"{len(packets)} of {first.pnum} parts came, the one with DataTime did not" if is_part else error.detail)
            return
        mn = _NOT_SLUG.sub("-", first.mn.lower())[:40]
        for group in groups:
            self._group(group, f"{mn}.", prefix, at, rows)

    def _group(self, group: Sequence[Sequence[str]], mn: str, prefix: str, at: int, rows: _Rows) -> None:
        """One factor's sub-fields (more than one factor in a group is taken too)."""
        split = [(*name.strip().rpartition("-")[::2], value.strip()) for name, value in group if name.strip().lower() not in TIMES and name.strip()]
        flags = {code.lower(): value for code, kind, value in split if kind.lower() == "flag"}
        times = {code.lower(): value for code, kind, value in split if kind.lower() == "sampletime"}
        for code, kind, value in split:
            if code and kind.lower() in BESIDE:
                continue
            factor = self._current.get(code.upper(), code).lower()
            point = f"{mn}{_NOT_SLUG.sub('-', factor)[:24]}.{prefix}{kind.lower()}"
            if not code or kind.lower() not in FIELDS:
                rows.refuse(Reject.BAD_SHAPE, f"{(code + '-' + kind)[:60]!r} is not FACTOR-FIELD with a field of {', '.join(FIELDS.values())}")
                continue
            if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
                rows.refuse(Reject.NOT_NUMBER, f"{code[:24]}-{kind} is {value[:60]!r}, not a number", point)
                continue
            try:
                moment = _local(times[code.lower()]) if kind.lower() in ("rtd", "zsrtd") and times.get(code.lower()) else at
            except Unreadable as error:
                rows.refuse(Reject.BAD_TIME, error.detail, point)
                continue
            flag = flags.get(code.lower(), "N").upper()
            rows.add(point, moment, float(value), int(FLAGS.get(flag, Quality.UNCERTAIN)))


def _messages(pieces: Sequence[Piece]) -> Iterator[Piece | list[Packet]]:
    """Faulty pieces, packets, and the parts of split ones together in their order."""
    groups: dict[tuple[str, str, str, int], dict[int, Packet]] = {}
    for piece in pieces:
        if piece.fault is not Fault.NONE:
            yield piece
            continue
        packet = parse(piece.data)
        if not packet.is_split:
            yield [packet]
            continue
        parts = groups.setdefault(packet.group, {})
        if packet.pno in parts and parts[packet.pno] != packet:  # another message of a station that numbers none
            yield [parts[n] for n in sorted(parts)]
            parts.clear()
        parts[packet.pno] = packet
    for parts in groups.values():
        yield [parts[n] for n in sorted(parts)]


def _local(text: str) -> int:
    """µs of YYYYMMDDhhmmss(zzz) in Asia/Shanghai; Unreadable(bad_time)."""
    if not text.isascii() or not _DIGITS.fullmatch(text):
        raise Unreadable(Reject.BAD_TIME, f"DataTime is {text[:40]!r}; write it YYYYMMDDhhmmss, in local time")
    try:
        numbers = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, 14, 2))]
        return to_us(datetime(*numbers, int(text[14:] or 0) * 1000, tzinfo=SHANGHAI))  # type: ignore[arg-type, misc]
    except (ValueError, OverflowError) as error:
        raise Unreadable(Reject.BAD_TIME, f"DataTime is {text[:40]!r}: {error}") from None
