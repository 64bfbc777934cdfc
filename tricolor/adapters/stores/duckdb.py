"""Readings and energy cells in one DuckDB file: the embedded store.

Commits are in the write-ahead log and fdatasync'ed before `put` returns (watched with strace). Readings are only ever appended; of several rows for
one (point, instant) the highest seq counts, the later row when equal, and `compact` removes the others.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tricolor.adapters.stores import arrow
from tricolor.adapters.stores.columns import Extent, in_order, merged, require_inside, wanted, winners, with_neighbours
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval, month_of, month_text
from tricolor.domain.readings import ReadingBatch

_SCHEMA = """
CREATE TABLE IF NOT EXISTS readings (point BIGINT NOT NULL, at_us BIGINT NOT NULL, value DOUBLE NOT NULL, quality UTINYINT NOT NULL,
    seq BIGINT NOT NULL, received_us BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS energy15 (point BIGINT NOT NULL, start_us BIGINT NOT NULL, amount DOUBLE NOT NULL, covered_us BIGINT NOT NULL,
    flag UTINYINT NOT NULL);
"""
_CHECKPOINT_BYTES = "16MB"  # of write-ahead log; what it holds lies in memory too, and is read again after a crash
_MEMORY_BYTES = "2GB"  # of DuckDB's cache and sorts; beyond it, it spills to a folder beside the file
_REACH_US = (HOUR_US, DAY_US, 31 * DAY_US, 1 << 60)  # how far around() looks for a neighbour, step by step
_SLICE_US = 31 * DAY_US  # retain() works in slices so that put() gets its turn between them
_SORT_ROWS = 3_000_000  # sorted at once: 120 MB of rows, and about 1 s in which put() waits
_FEW_RUNS = 100  # late rows, one by one, that are not worth writing the slice anew
_BETWEEN = "at_us >= $1 AND at_us < $2"
_DROP = f"DELETE FROM readings WHERE {_BETWEEN}"  # noqa: S608
_COUNT = f"SELECT count(*) FROM readings WHERE {_BETWEEN}"  # noqa: S608 - our own words, here and below
_RANKED = (
    "SELECT *, rowid AS row, row_number() OVER (PARTITION BY point, at_us ORDER BY seq DESC, rowid DESC) AS place"  # noqa: S608
    f" FROM readings WHERE {_BETWEEN}"
)
_DROP_SUPERSEDED = f"DELETE FROM readings WHERE rowid IN (SELECT row FROM ({_RANKED}) WHERE place > 1)"  # noqa: S608
_KEEP_WINNERS = f"CREATE TEMP TABLE kept AS SELECT * EXCLUDE (row, place) FROM ({_RANKED}) WHERE place = 1"  # noqa: S608
_COUNT_FALLS = (
    "SELECT count(*) FROM (SELECT point, at_us, lag(point) OVER () AS point_before, lag(at_us) OVER () AS at_before"  # noqa: S608
    f" FROM readings WHERE {_BETWEEN}) WHERE point < point_before OR (point = point_before AND at_us <= at_before)"
)
_INVALIDATED = "invalidated"
Result = TypeVar("Result")


class DuckStore:
    """ReadingStore and EnergyStore in the file `path` (created when missing). Any number of threads may read and write; writers queue.

    Raises Misconfigured when the file is locked by another process or is not ours, TryAgain when the disk is full or the system refuses.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._writer = threading.Lock()
        self._guard = threading.Lock()  # of _root and _extent
        self._extent = Extent.empty()
        self._root: duckdb.DuckDBPyConnection | None = None
        self._is_closed = False
        with self._guard:
            self._open()

    def put(self, batch: ReadingBatch) -> None:
        """Append; on disk when it returns."""
        if not len(batch):
            return
        rows = arrow.table(
            {"point": batch.point, "at": batch.at, "value": batch.value, "quality": batch.quality, "seq": batch.seq, "received": batch.received_at}
        )

        def append(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.from_arrow(rows).insert_into("readings")

        self._write(append)
        with self._guard:
            self._extent.add(batch)

    def read(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Sorted by (point, at), one row per instant."""
        return self._winners(wanted(points), span) if len(points) else ReadingBatch.empty()

    def around(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Like read, and beside it each point's nearest reading before and after the span that is neither bad nor of a calibration."""
        keys = wanted(points)
        if not len(keys):
            return ReadingBatch.empty()
        near = with_neighbours(self._winners(keys, Interval(span.start - _REACH_US[0], span.end + _REACH_US[0])), span)
        with self._guard:
            missing_before = self._extent.begun_before(keys, span.start)
            missing_after = self._extent.going_on(keys, span.end)
        parts = [near]
        missing_before = np.setdiff1d(missing_before, near.point[near.at < span.start])
        missing_after = np.setdiff1d(missing_after, near.point[near.at >= span.end])
        for nearer, reach in pairwise(_REACH_US):
            if len(missing_before):
                found = with_neighbours(
                    self._winners(missing_before, Interval(span.start - reach, span.start - nearer)), Interval(span.start, span.start)
                )
                parts.append(found)
                missing_before = np.setdiff1d(missing_before, found.point)
            if len(missing_after):
                found = with_neighbours(self._winners(missing_after, Interval(span.end + nearer, span.end + reach)), Interval(span.end, span.end))
                parts.append(found)
                missing_after = np.setdiff1d(missing_after, found.point)
        return near if len(parts) == 1 else winners(ReadingBatch.concat(parts))

    def latest(self) -> Mapping[int, int]:
        """Time [µs] of the newest reading of every point."""
        with self._guard:
            return self._extent.latest()

    def replace(self, spans: Sequence[tuple[int, Interval]], cells: EnergyCells) -> None:
        """In one transaction, for each (point, span): the stored cells whose start lies in it become those among `cells`."""
        point, start, end = merged(spans)
        require_inside(cells, point, start, end)
        if not len(point):
            return
        gone = pa.table({"point": point, "low": start, "high": end})
        come = pa.table({"point": cells.point, "start": cells.start, "amount": cells.amount, "covered": cells.covered_us, "flag": cells.flag})
        limits = (int(start.min()), int(end.max()))

        def swap(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.register("gone", gone)
            cursor.register("come", come)
            try:
                cursor.execute("BEGIN")
                cursor.execute(
                    "DELETE FROM energy15 USING gone WHERE energy15.point = gone.point AND start_us >= low AND start_us < high"
                    " AND start_us >= $1 AND start_us < $2",
                    limits,
                )
                cursor.execute("INSERT INTO energy15 SELECT * FROM come")
                cursor.execute("COMMIT")
            finally:
                cursor.unregister("gone")
                cursor.unregister("come")

        self._write(swap)

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        """Sorted by (point, start)."""
        if not len(points):
            return EnergyCells.empty()
        found = self._select("energy15", "point, start_us, amount, covered_us, flag", "start_us", wanted(points), span)
        return in_order(EnergyCells(found["point"], found["start_us"], found["amount"], found["covered_us"], found["flag"]))

    def compact(self) -> int:
        """Remove superseded rows, sort past months by point, and shrink the log; how many superseded rows went. Readers are not held up.

        By months of the calendar or parts of them, each in its own transaction, so that put() gets its turn between them.
        """
        low, high = self._read(lambda cursor: cursor.execute("SELECT min(at_us), max(at_us) FROM readings").fetchone() or (None, None))
        gone = 0
        while low is not None and low <= high:
            month = month_of(month_text(low))  # as people ask for it
            gone += self._compact(month.start, month.end, is_past=month.end <= high)
            low = month.end
        self._write(lambda cursor: cursor.execute("CHECKPOINT"))
        return gone

    def _compact(self, start: int, end: int, is_past: bool) -> int:
        rows = self._read(lambda cursor: (cursor.execute(_COUNT, (start, end)).fetchone() or (0,))[0])
        if rows > _SORT_ROWS and end - start > HOUR_US:
            middle = (start + end) // 2
            return self._compact(start, middle, is_past) + self._compact(middle, end, is_past)
        return self._write(partial(_tidy, start=start, end=end, is_past=is_past)) if rows else 0

    def retain(self, since: int) -> int:
        """Delete readings older than the instant [µs], month by month from the oldest on; how many. Energy cells stay."""
        low = self._read(lambda cursor: (cursor.execute("SELECT min(at_us) FROM readings").fetchone() or (None,))[0])
        if low is None or low >= since:
            return 0
        gone = 0
        for start in range(low, since, _SLICE_US):
            gone += self._write(partial(_drop_between, start=start, end=min(since, start + _SLICE_US)))

        def measure(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("CHECKPOINT")
            extent = _extent(cursor)
            with self._guard:  # a put adds its own after it was written: nothing is missed between the two
                self._extent = extent

        self._write(measure)
        return gone

    @contextmanager
    def snapshot(self, target: Path) -> Iterator[Callable[[], None]]:
        """Fix the state of the file as it is at entry; the call that is given writes that state to a new file, while others read and write."""
        name = f"copy_{abs(hash(target)):x}"
        with self._cursor() as cursor:
            cursor.execute(f"ATTACH '{str(target).replace(chr(39), chr(39) * 2)}' AS {name}")
            try:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT (SELECT count(*) FROM (SELECT 1 FROM readings LIMIT 1)), (SELECT count(*) FROM (SELECT 1 FROM energy15 LIMIT 1))"
                )

                def copy() -> None:
                    for statement in _SCHEMA.split(";"):
                        if statement.strip():
                            cursor.execute(statement.replace("IF NOT EXISTS ", f"IF NOT EXISTS {name}."))
                    cursor.execute(f"INSERT INTO {name}.readings SELECT * FROM readings")  # noqa: S608 - our own names
                    cursor.execute(f"INSERT INTO {name}.energy15 SELECT * FROM energy15")  # noqa: S608
                    cursor.execute("COMMIT")
                    cursor.execute(f"CHECKPOINT {name}")

                yield copy
            finally:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                cursor.execute(f"DETACH {name}")

    def close(self) -> None:
        """Fold the log into the file and let it go; further calls raise TryAgain."""
        with self._writer, self._guard:
            self._is_closed = True
            if self._root is not None:
                self._root.close()
                self._root = None

    def _winners(self, points: NDArray[np.int64], span: Interval) -> ReadingBatch:
        found = self._select("readings", "point, at_us, value, quality, seq, received_us", "at_us", points, span)
        return winners(ReadingBatch(found["point"], found["at_us"], found["value"], found["quality"], found["seq"], found["received_us"]))

    def _select(self, table: str, columns: str, time: str, points: NDArray[np.int64], span: Interval) -> dict[str, NDArray[Any]]:
        """Columns in order of arrival."""

        query = f"SELECT {columns} FROM {table} WHERE {time} >= $1 AND {time} < $2 AND "  # noqa: S608 - our own names

        def of_one(cursor: duckdb.DuckDBPyConnection) -> dict[str, NDArray[Any]]:
            cursor.execute(query + "point = $3", (span.start, span.end, int(points[0])))
            rows: dict[str, Any] = cursor.fetchnumpy()
            return rows

        def of_many(cursor: duckdb.DuckDBPyConnection) -> dict[str, NDArray[Any]]:
            low, high = int(points[0]), int(points[-1])
            where = "point BETWEEN $3 AND $4"
            if high - low >= len(points):  # between them lie points that nobody asked for
                cursor.register("wanted", arrow.table({"point": points}))
                where += " AND point IN (SELECT point FROM wanted)"
            found: Any = cursor.sql(query + where, params=[span.start, span.end, low, high]).to_arrow_table()
            return arrow.columns(found)

        return self._read(of_one if len(points) == 1 else of_many)

    def _read(self, run: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        with self._cursor() as cursor:
            return run(cursor)

    def _write(self, run: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        with self._writer, self._cursor() as cursor:
            return run(cursor)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of this use; what DuckDB complains of becomes TryAgain, and a broken database is opened anew next time."""
        with self._guard:
            if self._root is None:
                self._open()
            root = self._root
            assert root is not None
            cursor = root.cursor()
        try:
            yield cursor
        except duckdb.Error as error:
            hint = ""
            if isinstance(error, duckdb.FatalException | duckdb.InternalException) or _INVALIDATED in str(error):
                self._abandon(root)
                hint = " (opened anew next time; is the disk full?)"
            raise TryAgain(f"readings file {self.path}: {_first_line(error)}{hint}") from error
        finally:
            cursor.close()  # rolls back what was not committed

    def _abandon(self, root: duckdb.DuckDBPyConnection) -> None:
        with self._guard:
            if self._root is root:
                self._root = None
                root.close()

    def _open(self) -> None:
        if self._is_closed:
            raise TryAgain(f"readings file {self.path} is closed")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            config: dict[str, str | bool | int | float | list[str]] = {
                "checkpoint_threshold": _CHECKPOINT_BYTES,
                "memory_limit": _MEMORY_BYTES,
                "autoinstall_known_extensions": "false",
            }
            root = duckdb.connect(str(self.path), config=config)
            root.execute(_SCHEMA)
            extent = _extent(root)
        except OSError as error:
            raise Misconfigured(f"TRICOLOR_DATA: cannot make the folder {self.path.parent}: {error}") from error
        except duckdb.Error as error:
            raise _not_opened(self.path, error) from error
        self._root = root
        self._extent = extent


def _tidy(cursor: duckdb.DuckDBPyConnection, start: int, end: int, is_past: bool) -> int:
    """Leave one row per (point, instant); sort the rows by point when the slice is past and more than a few lie out of order. How many rows went.

    Sorted, the rows of one point lie in one or two row groups, however many points there are, and a query for all of them needs no sort.
    """
    limits = (start, end)
    (falls,) = cursor.execute(_COUNT_FALLS, limits).fetchone() or (0,)
    if not falls:
        return 0
    (rows,) = cursor.execute(_COUNT, limits).fetchone() or (0,)
    if not is_past or falls <= _FEW_RUNS:
        return int(cursor.execute(_DROP_SUPERSEDED, limits).fetchall()[0][0])
    cursor.execute("BEGIN")
    cursor.execute(_KEEP_WINNERS, limits)
    cursor.execute(_DROP, limits)
    (kept,) = cursor.execute("INSERT INTO readings SELECT * FROM kept ORDER BY point, at_us").fetchone() or (0,)
    cursor.execute("DROP TABLE kept")
    cursor.execute("COMMIT")
    return int(rows) - int(kept)


def _drop_between(cursor: duckdb.DuckDBPyConnection, start: int, end: int) -> int:
    gone = cursor.execute(_DROP, (start, end)).fetchall()
    return int(gone[0][0])


def _extent(cursor: duckdb.DuckDBPyConnection) -> Extent:
    seen: dict[str, Any] = cursor.execute("SELECT point, min(at_us) AS first, max(at_us) AS last FROM readings GROUP BY point").fetchnumpy()
    return Extent(seen["point"], seen["first"], seen["last"])


def _not_opened(path: Path, error: duckdb.Error) -> Exception:
    text = str(error)
    if "lock" in text.lower():
        holder = re.search(r"PID (\d+)", text)
        who = f" (process {holder[1]})" if holder else ""
        return Misconfigured(f"the readings file {path} is in use by another Tricolor{who}: stop that one, or set TRICOLOR_DATA to another folder")
    if isinstance(error, duckdb.IOException) and ("No space left" in text or "Cannot allocate" in text):
        return TryAgain(f"readings file {path}: {_first_line(error)}")
    return Misconfigured(f"the readings file {path} cannot be opened, check TRICOLOR_DATA: {_first_line(error)}")


def _first_line(error: duckdb.Error) -> str:
    return str(error).split("\n", 1)[0]
