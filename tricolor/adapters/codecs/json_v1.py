"""Push contract v1 in JSON (docs/protocol.md): {"readings":[…]}, {"at":…,"values":{…}} or {"at":[…],"point":[…],"value":[…]}.

The usual message goes through msgspec's typed decoder, a few tens of nanoseconds a reading. Where that refuses, the message is read again reading by
reading, so that one bad reading never costs its neighbours.
"""

import json
import math
from typing import Any, Union

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tricolor.adapters.codecs.layouts import Layouts
from tricolor.adapters.codecs.times import Times
from tricolor.domain.errors import Unreadable
from tricolor.domain.readings import QUALITY_NAMES, Decoded, Frame, Reject, Rejection

SHORT_BYTES = 120  # a message of this size holds a reading or two: nothing to gain by knowing them


class _Reading(Struct):
    point: str
    at: str
    value: float
    quality: str = "good"


class _Message(Struct):
    at: Union[str, list[str], UnsetType] = UNSET  # noqa: UP007 - msgspec reads it at run time
    values: Union[dict[str, float], UnsetType] = UNSET  # noqa: UP007
    point: Union[list[str], UnsetType] = UNSET  # noqa: UP007
    value: Union[list[float], UnsetType] = UNSET  # noqa: UP007
    quality: Union[str, list[str], UnsetType] = UNSET  # noqa: UP007
    readings: Union[list[_Reading], UnsetType] = UNSET  # noqa: UP007
    seq: Union[int, None] = None  # noqa: UP007


class JsonV1:
    """Codec of the JSON shapes. max_readings bounds one message."""

    def __init__(self, max_readings: int = 200_000) -> None:
        self._decoder = msgspec.json.Decoder(_Message)
        self._layouts = Layouts()
        self._times = Times()
        self._max = max_readings

    def decode(self, frame: Frame) -> Decoded:
        """Readings of the frame; raises Unreadable when nothing of it can be used."""
        try:
            payload = frame.payload
            known = self._layouts.decode(payload, self._times) if len(payload) > SHORT_BYTES else None
            fast = self._fast(self._decoder.decode(payload)) if known is None else known
        except (msgspec.MsgspecError, Unreadable, UnicodeDecodeError, RecursionError):
            fast = None
        decoded = self._slow(frame.payload) if fast is None else fast
        if decoded.received > self._max:
            raise Unreadable(Reject.TOO_MANY, f"{decoded.received} readings in one message; send at most {self._max}")
        return decoded

    def _fast(self, message: _Message) -> Decoded | None:
        """The message when every reading of it is well formed, else None."""
        at, quality = message.at, message.quality
        if isinstance(message.values, dict) and isinstance(at, str) and message.readings is UNSET and message.point is UNSET:
            count = len(message.values)
            grade = None if quality is UNSET else _same_quality(quality, count)
            if grade is None and count > 1:
                self._layouts.learn(message.values)
            return Decoded(list(message.values), [self._times(at)] * count, list(message.values.values()), grade, gateway_seq=message.seq)
        if isinstance(message.readings, list) and at is UNSET and message.values is UNSET:
            rows, times = message.readings, self._times
            grades = None if all(r.quality == "good" for r in rows) else [QUALITY_NAMES.get(r.quality, -1) for r in rows]
            if grades is not None and -1 in grades:
                return None
            return Decoded([r.point for r in rows], [times(r.at) for r in rows], [r.value for r in rows],
                           None if grades is None else [int(g) for g in grades], gateway_seq=message.seq)  # fmt: skip
        if isinstance(message.point, list) and isinstance(message.value, list) and at is not UNSET and message.values is UNSET:
            count = len(message.value)
            moments = [self._times(at)] * count if isinstance(at, str) else list(map(self._times, at))
            if len(message.point) != count or len(moments) != count:
                return None
            grade = None if quality is UNSET else _same_quality(quality, count)
            return Decoded(message.point, moments, message.value, grade, gateway_seq=message.seq)
        return None

    def _slow(self, payload: bytes) -> Decoded:
        message = _parse(payload)
        if not isinstance(message, dict):
            raise Unreadable(Reject.BAD_SHAPE, f"the message is a JSON {_kind(message)}, not an object with readings, values or value")
        seq = message.get("seq")
        rows = _rows(message)
        if len(rows) > self._max:
            raise Unreadable(Reject.TOO_MANY, f"{len(rows)} readings in one message; send at most {self._max}")
        grades: list[int] = []
        places: list[int] = []
        points: list[str] = []
        moments: list[int] = []
        values: list[float] = []
        good = Decoded(points, moments, values, grades, places, (), seq if isinstance(seq, int) and not isinstance(seq, bool) else None)
        rejections: list[Rejection] = []
        for index, row in enumerate(rows):
            try:
                point, at, value, quality = self._reading(row)
            except Unreadable as error:
                name = row.get("point") if isinstance(row, dict) else ""
                rejections.append(Rejection(index, Reject(error.reason), error.detail, name if isinstance(name, str) else ""))
                continue
            points.append(point)
            moments.append(at)
            values.append(value)
            grades.append(quality)
            places.append(index)
        good.rejections = tuple(rejections)
        return good

    def _reading(self, row: object) -> tuple[str, int, float, int]:
        if not isinstance(row, dict):
            raise Unreadable(Reject.BAD_SHAPE, f"the reading is a JSON {_kind(row)}, not an object with point, at and value")
        point = row.get("point")
        if not isinstance(point, str) or not point:
            raise Unreadable(Reject.NO_POINT, "the reading names no point")
        value = row.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unreadable(Reject.NOT_NUMBER, f"value is {_show(value)}, not a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise Unreadable(Reject.NOT_FINITE, f"value is {_show(value)}, not a finite number")
        if "at" not in row:
            raise Unreadable(Reject.BAD_TIME, "the reading has no time; add at, like 2026-11-20T08:00:00+08:00")
        quality = row.get("quality", "good")
        if not isinstance(quality, str) or quality not in QUALITY_NAMES:
            raise Unreadable(Reject.BAD_QUALITY, f"quality is {_show(quality)}; use one of {', '.join(QUALITY_NAMES)}")
        return point, self._times(row["at"]), number, int(QUALITY_NAMES[quality])


def _same_quality(quality: str | list[str] | UnsetType, count: int) -> list[int] | None:
    names = [quality] * count if isinstance(quality, str) else quality
    if not isinstance(names, list) or len(names) != count or any(n not in QUALITY_NAMES for n in names):
        raise Unreadable(Reject.BAD_QUALITY, "quality does not match the readings")
    return [int(QUALITY_NAMES[n]) for n in names]


def _parse(payload: bytes) -> Any:
    """Any JSON, NaN and Infinity included, so that they can be named reading by reading."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(Reject.NOT_TEXT, f"the message is not UTF-8 at byte {error.start}") from None
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable(Reject.NOT_JSON, "the message is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(Reject.NOT_JSON, f"the message is not JSON: {error}") from None


def _rows(message: dict[str, Any]) -> list[Any]:
    """The message as a list of {point, at, value, quality} whatever its shape; Unreadable when it has none of the three."""
    readings, values = message.get("readings"), message.get("values")
    if isinstance(readings, list):
        return readings
    at, quality = message.get("at"), message.get("quality", "good")
    if isinstance(values, dict):
        return [{"point": p, "at": at, "value": v, "quality": quality} for p, v in values.items()]
    points, column = message.get("point"), message.get("value")
    if isinstance(points, list) and isinstance(column, list):
        if len(points) != len(column) or (isinstance(at, list) and len(at) != len(column)):
            lengths = f"at {len(at)}, " if isinstance(at, list) else ""
            raise Unreadable(Reject.BAD_SHAPE, f"columns differ in length: {lengths}point {len(points)}, value {len(column)}")
        times = at if isinstance(at, list) else [at] * len(column)
        grades = quality if isinstance(quality, list) and len(quality) == len(column) else [quality] * len(column)
        return [{"point": p, "at": t, "value": v, "quality": q} for p, t, v, q in zip(points, times, column, grades, strict=True)]
    raise Unreadable(Reject.BAD_SHAPE, 'the message has neither "readings", nor "at" with "values", nor "at" with "point" and "value" columns')


def _kind(value: object) -> str:
    return {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")


def _show(value: object) -> str:
    return repr(value)[:60] if value is not None else "null"
