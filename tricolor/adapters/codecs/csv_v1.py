"""Push contract v1 as CSV: a header naming point, at, value and perhaps quality, then a reading a line."""

import csv
import io
import math

from tricolor.adapters.codecs.times import Times
from tricolor.domain.errors import Unreadable
from tricolor.domain.readings import QUALITY_NAMES, Decoded, Frame, Reject, Rejection


class CsvV1:
    """Codec of text/csv. A line's index counts from 0 after the header."""

    def __init__(self, max_readings: int = 200_000) -> None:
        self._times = Times()
        self._max = max_readings

    def decode(self, frame: Frame) -> Decoded:
        """Readings of the frame; raises Unreadable when it has no usable header."""
        try:
            text = frame.payload.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unreadable(Reject.NOT_TEXT, f"the file is not UTF-8 at byte {error.start}; save it as UTF-8") from None
        lines = csv.reader(io.StringIO(text))
        header = [name.strip().lower() for name in next(lines, [])]
        missing = [name for name in ("point", "at", "value") if name not in header]
        if missing:
            raise Unreadable(Reject.NOT_CSV, f"the first line must name point,at,value; missing: {', '.join(missing)}")
        grades: list[int] = []
        places: list[int] = []
        points: list[str] = []
        moments: list[int] = []
        values: list[float] = []
        good = Decoded(points, moments, values, grades, places)
        rejections: list[Rejection] = []
        try:
            rows = [row for row in lines if row]
        except csv.Error as error:
            raise Unreadable(Reject.NOT_CSV, f"line {lines.line_num}: {error}") from None
        if len(rows) > self._max:
            raise Unreadable(Reject.TOO_MANY, f"{len(rows)} readings in one file; send at most {self._max}")
        for index, row in enumerate(rows):
            fields = dict(zip(header, row, strict=False))
            try:
                point, at, value, quality = self._reading(fields)
            except Unreadable as error:
                rejections.append(Rejection(index, Reject(error.reason), f"line {index + 2}: {error.detail}", fields.get("point", "")))
                continue
            points.append(point)
            moments.append(at)
            values.append(value)
            grades.append(quality)
            places.append(index)
        good.rejections = tuple(rejections)
        return good

    def _reading(self, fields: dict[str, str]) -> tuple[str, int, float, int]:
        point = fields.get("point", "").strip()
        if not point:
            raise Unreadable(Reject.NO_POINT, "the line names no point")
        text = fields.get("value", "").strip()
        try:
            value = float(text)
        except ValueError:
            raise Unreadable(Reject.NOT_NUMBER, f"value is {text[:60]!r}, not a number") from None
        if not math.isfinite(value):
            raise Unreadable(Reject.NOT_FINITE, f"value is {text[:60]!r}, not a finite number")
        quality = fields.get("quality", "").strip().lower() or "good"
        if quality not in QUALITY_NAMES:
            raise Unreadable(Reject.BAD_QUALITY, f"quality is {quality[:60]!r}; use one of {', '.join(QUALITY_NAMES)}")
        return point, self._times(fields.get("at", "").strip()), value, int(QUALITY_NAMES[quality])
