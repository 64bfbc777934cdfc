"""Readings and energy cells in InfluxDB: the server-mode store. Works with 1.x, 2.x (with a DBRP mapping) and 3.x through the same two doors.

Measurement `readings`: tag point; fields value, quality, seq, received_us. Measurement `energy15`: tag point; fields amount, covered_us, flag.
InfluxDB keeps one row per (point, instant), the one written last: puts must come in the order of their seq, as the spool's single loader does.
A cell that is gone, and one with nothing known, stay as rows with covered_us 0: every other reader filters on `covered_us > 0`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tricolor.adapters.stores.columns import USABLE_UP_TO, in_order, merged, require_inside, wanted, winners, with_neighbours
from tricolor.adapters.stores.influx_wire import LINES_PER_REQUEST, InfluxWire
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import Refused, RowsRefused, TryAgain
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval
from tricolor.domain.readings import ReadingBatch

RefusedLines = Callable[[list[tuple[str, str]]], None]
_POINTS_PER_QUERY = 200
_NEAR_US = HOUR_US
_FAR_US = (31 * DAY_US, 200 * 366 * DAY_US)
_UNKNOWN, _GONE = 0x100, 0x200  # beside CellFlag in the stored flag: amount is NaN; the cell was taken away


class InfluxStore:
    """ReadingStore and EnergyStore in one database (bucket) of an InfluxDB.

    point_names: the registry's point id of every key, asked at each call. on_refused: told (line, reason) of the cells' lines that the server will
    never take, the others are stored; without it replace raises Refused after storing the others. TryAgain when the server is down or busy,
    Misconfigured naming the setting.
    """

    def __init__(
        self, url: str, org: str, bucket: str, token: str, username: str, password: str,
        point_names: Callable[[], Mapping[int, str]], on_refused: RefusedLines | None = None,
    ) -> None:  # fmt: skip
        self._wire = InfluxWire(url, org, bucket, token, username, password)
        self._point_names = point_names
        self._on_refused = on_refused

    def put(self, batch: ReadingBatch) -> None:
        """Written and acknowledged by the server when it returns. RowsRefused when the others are written and these never will be."""
        batch = winners(batch)
        head = self._heads("readings", batch.point, "value")
        columns = (batch.point, batch.value, batch.quality, batch.seq, batch.received_at, batch.at)

        def lines(start: int) -> list[str]:
            some = (column[start : start + LINES_PER_REQUEST].tolist() for column in columns)
            return [
                f"{head[point]}{value!r},quality={quality}i,seq={seq}i,received_us={received}i {at}"
                for point, value, quality, seq, received, at in zip(*some, strict=True)
            ]

        refused = self._wire.write_parts(map(lines, range(0, len(batch), LINES_PER_REQUEST)))
        if refused:
            words = f"InfluxDB will not take {len(refused)} of {len(batch)} lines, the first: {refused[0][0]} ({refused[0][1]})"
            raise RowsRefused(_instants(refused, head), words)

    def read(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Sorted by (point, at)."""
        return self._read("SELECT value, quality, seq, received_us", wanted(points), span, counted="value")

    def around(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Like read, and beside it each point's nearest reading before and after the span that is neither bad nor of a calibration."""
        keys = wanted(points)
        near = with_neighbours(self.read(points, Interval(span.start - _NEAR_US, span.end + _NEAR_US)), span)
        before = np.setdiff1d(keys, near.point[near.at < span.start])
        after = np.setdiff1d(keys, near.point[near.at >= span.end])
        parts = [near]
        for reach in _FAR_US:
            for selector, missing, window in (
                ("last", before, Interval(span.start - reach, span.start)),
                ("first", after, Interval(span.end, span.end + reach)),
            ):
                parts.append(
                    self._read(f"SELECT {selector}(value) AS value, quality, seq, received_us", missing, window, f"quality <= {USABLE_UP_TO:d}")
                )
            before, after = np.setdiff1d(before, parts[-2].point), np.setdiff1d(after, parts[-1].point)
        return winners(ReadingBatch.concat(parts))

    def latest(self) -> Mapping[int, int]:
        """Time [µs] of the newest reading of every point, asked of the server each time (several workers may write)."""
        names = self._point_names()
        newest: dict[int, int] = {}
        for table in self._wire.query('SELECT last(value) AS value FROM "readings" GROUP BY point'):
            point, known = _keys(table, names)
            newest.update(zip(point.tolist(), _column(table, "time")[known].tolist(), strict=True))
        return newest

    def replace(self, spans: Sequence[tuple[int, Interval]], cells: EnergyCells) -> None:
        """The new cells are written and the stored ones that are not among them blotted out; not one transaction, but safe to repeat."""
        point, start, end = merged(spans)
        require_inside(cells, point, start, end)
        if not len(point):
            return
        stored, flag = self._stored(np.unique(point), Interval(int(start.min()), int(end.max())))
        gone = stored.take((flag & _GONE == 0) & _inside(stored, point, start, end) & ~_among(stored, cells))
        unknown = np.isnan(cells.amount)
        lines = self._cell_lines(cells, np.where(unknown, 0.0, cells.amount), cells.covered_us, cells.flag | np.where(unknown, _UNKNOWN, 0))
        nothing = np.zeros(len(gone), dtype=np.int64)
        self._write(lines + self._cell_lines(gone, nothing.astype(np.float64), nothing, nothing + (_GONE | _UNKNOWN)))

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        """Sorted by (point, start)."""
        found, flag = self._stored(wanted(points), span)
        return in_order(found.take(flag & _GONE == 0))

    def compact(self) -> int:
        """Nothing to do: the server compacts by itself."""
        return 0

    def retain(self, since: int) -> int:
        """Have the server delete readings older than the instant [µs]; it does not say how many, so 0. Energy cells stay."""
        self._wire.delete("readings", since)
        return 0

    def close(self) -> None:
        self._wire.close()

    def _write(self, lines: list[str]) -> None:
        self._settle(self._wire.write(lines), len(lines))

    def _settle(self, refused: list[tuple[str, str]], count: int) -> None:
        if not refused:
            return
        if self._on_refused is None:
            raise Refused(f"InfluxDB will not take {len(refused)} of {count} lines, the first: {refused[0][0]} ({refused[0][1]})")
        self._on_refused(refused)

    def _cell_lines(self, cells: EnergyCells, amount: NDArray[Any], covered: NDArray[Any], flag: NDArray[Any]) -> list[str]:
        head = self._heads("energy15", cells.point, "amount")
        columns = (cells.point, amount, covered, flag, cells.start)
        return [
            f"{head[point]}{value!r},covered_us={cover}i,flag={code}i {start}"
            for point, value, cover, code, start in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _heads(self, measurement: str, points: NDArray[np.int64], field: str) -> dict[int, str]:
        names = self._point_names()
        try:
            return {key: f"{measurement},point={_tag(names[key])} {field}=" for key in np.unique(points).tolist()}
        except KeyError as error:
            raise TryAgain(f"the registry has no point with the key {error} yet") from error

    def _read(self, select: str, points: NDArray[np.int64], span: Interval, also: str = "", counted: str = "") -> ReadingBatch:
        parts = [
            ReadingBatch(
                point, _column(t, "time")[known], _column(t, "value")[known], _column(t, "quality")[known].astype(np.uint8),
                _column(t, "seq")[known], _column(t, "received_us")[known],
            )
            for t, point, known in self._tables(select, "readings", points, span, also, counted)
        ]  # fmt: skip
        return winners(ReadingBatch.concat(parts))

    def _stored(self, points: NDArray[np.int64], span: Interval) -> tuple[EnergyCells, NDArray[np.int64]]:
        """The cells as they are stored, those taken away among them, and their stored flags."""
        parts, flags = [EnergyCells.empty()], [np.empty(0, dtype=np.int64)]
        for t, point, known in self._tables("SELECT amount, covered_us, flag", "energy15", points, span, "", "flag"):
            flag = _column(t, "flag")[known]
            amount = np.where(flag & _UNKNOWN, np.nan, _column(t, "amount")[known])
            parts.append(EnergyCells(point, _column(t, "time")[known], amount, _column(t, "covered_us")[known], (flag & 0xFF).astype(np.uint8)))
            flags.append(flag)
        return EnergyCells.concat(parts), np.concatenate(flags)

    def _tables(
        self, select: str, measurement: str, points: NDArray[np.int64], span: Interval, also: str, counted: str
    ) -> list[tuple[pa.Table, NDArray[np.int64], NDArray[np.bool_]]]:
        """Tables with the point key of their rows. counted: a field whose count is asked first, since a server may cut an answer short silently."""
        names = self._point_names()
        out = []
        for start in range(0, len(points), _POINTS_PER_QUERY):
            some = {int(k): names[int(k)] for k in points[start : start + _POINTS_PER_QUERY] if int(k) in names}
            if not some:
                continue
            which = " OR ".join(f"point = '{_literal(name)}'" for name in some.values())
            where = f'FROM "{measurement}" WHERE time >= {span.start * 1000} AND time < {span.end * 1000} AND ({which})' + (
                f" AND {also}" if also else ""
            )
            count = [f"SELECT count({counted}) AS count {where}"] if counted else []
            tables = self._wire.query(*count, f"{select} {where} GROUP BY point")
            expected = sum(int(_column(t, "count").sum()) for t in tables if "count" in t.column_names)
            tables = [t for t in tables if "count" not in t.column_names]
            if sum(t.num_rows for t in tables) < expected:
                raise TryAgain(f"InfluxDB gave fewer than the {expected} rows that it counted: is max-row-limit set, or max-select-point?")
            out += [(t, *_keys(t, some)) for t in tables]
        return out


def _column(table: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(table[name].to_numpy())


def _keys(table: pa.Table, names: Mapping[int, str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The point keys of the rows that belong to a named point, and which rows those are."""
    key_of = {f"point={_tag(name)}": key for key, name in names.items()}
    tags = table["tags"].unify_dictionaries().combine_chunks()
    keys = np.array([key_of.get(text, -1) for text in tags.dictionary.to_pylist()], dtype=np.int64)
    known = np.array([text in key_of for text in tags.dictionary.to_pylist()], dtype=bool)
    codes = tags.indices.to_numpy()
    return keys[codes][known[codes]], known[codes]


def _inside(cells: EnergyCells, point: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(cells), dtype=bool)
    order = np.lexsort((cells.start, cells.point))
    low = _places(cells.point[order], cells.start[order], point, start)
    high = _places(cells.point[order], cells.start[order], point, end)
    for first, last in zip(low, high, strict=True):
        inside[order[first:last]] = True
    return inside


def _places(point: NDArray[np.int64], at: NDArray[np.int64], of_point: NDArray[np.int64], of_at: NDArray[np.int64]) -> list[int]:
    """Where each (of_point, of_at) would be put into the sorted (point, at)."""
    low, high = np.searchsorted(point, of_point, "left").tolist(), np.searchsorted(point, of_point, "right").tolist()
    return [a + int(np.searchsorted(at[a:b], t)) for a, b, t in zip(low, high, of_at.tolist(), strict=True)]


def _among(stored: EnergyCells, cells: EnergyCells) -> NDArray[np.bool_]:
    pair = np.dtype([("point", np.int64), ("start", np.int64)])
    ours, theirs = np.empty(len(stored), dtype=pair), np.empty(len(cells), dtype=pair)
    ours["point"], ours["start"], theirs["point"], theirs["start"] = stored.point, stored.start, cells.point, cells.start
    return np.isin(ours, theirs)


def _instants(refused: list[tuple[str, str]], head: Mapping[int, str]) -> dict[tuple[int, int], str]:
    """(point, at) of refused lines of readings; an id cannot hold ` value=`, since its = is escaped."""
    point_of = {text.rpartition(" value=")[0]: point for point, text in head.items()}
    return {(point_of[line.partition(" value=")[0]], int(line.rpartition(" ")[2])): reason for line, reason in refused}


def _tag(text: str) -> str:
    """A tag value of line protocol; Refused for what it has no way to write."""
    if not text or "\\" in text or "\n" in text:
        raise Refused(f"point id {text!r} cannot be written to InfluxDB")
    return text.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _literal(text: str) -> str:
    """A text within InfluxQL's single quotes."""
    return text.replace("'", "\\'")
