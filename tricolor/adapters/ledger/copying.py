"""A PostgreSQL ledger as files and back: one CSV a table, by COPY inside one REPEATABLE READ transaction, so that no client program is needed."""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from alembic.util import CommandError
from numpy.typing import NDArray
from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import dirty_span, intake_applied, intake_lag, intake_pending, meta, point, superseded
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import EARLIEST_US
from tricolor.domain.readings import ReadingBatch

FOLDER, INDEX = "ledger", "ledger/ledger.json"
UNFINISHED = "restore_unfinished"  # in the table meta while a restore is under way: the digest of the backup's manifest
NEVER_FRESH = ("api_key", "audit", "entity", "point", "intake_count", "intake_applied")  # one row in any of them: the ledger is in use
RECENT_US = 60_000_000  # what is counted is received, spooled and loaded within this, or was pending
LIVING_US = 600_000_000  # a worker tells how far it is every second
CATCH_UP_S = 30.0
SKEW_US = 2_000_000  # between the clocks of several workers
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the intake stood at the moment of the snapshot: which readings its counts hold. Times [µs].

    last_seq: the highest spool position that a living worker had counted; since: nothing received earlier was waiting then; workers: how many live;
    superseded: the last row of that table; points: keys and ids; intervals_s: how often each point is expected; newest: the time of every point's
    newest reading.
    """

    at: int
    since: int
    last_seq: int
    workers: int
    superseded: int
    points: dict[int, str]
    intervals_s: dict[int, int]
    newest: Mapping[int, int] = field(default_factory=dict)


def cut_of(connection: Connection, at: int) -> Cut:
    """The cut as this transaction sees it."""
    oldest = connection.execute(select(func.min(intake_pending.c.oldest_at))).scalar()
    applied = {row.worker: int(row.last_seq) for row in connection.execute(select(intake_applied))}
    living = set(connection.execute(select(intake_lag.c.worker).where(intake_lag.c.told_at > at - LIVING_US)).scalars()) & set(applied)
    last_seq = max((seq for worker, seq in applied.items() if worker in living or not living), default=0)
    since = min(at, int(oldest) if oldest is not None else at) - RECENT_US
    rows = connection.execute(select(point.c.key, point.c.id, point.c.interval_s).order_by(point.c.key)).all()
    last_superseded = int(connection.execute(select(func.coalesce(func.max(superseded.c.id), 0))).scalar_one())
    return Cut(at, since, last_seq, len(living), last_superseded, {r.key: r.id for r in rows}, {r.key: r.interval_s for r in rows})


def write_tables(connection: Connection, folder: Path, tell: Tell) -> list[str]:
    """Every table of the transaction's snapshot as CSV below the folder; the names of the files. NULL is an empty field, an empty text is quoted."""
    (folder / FOLDER).mkdir()
    tables = _tables(connection)
    names, columns = [], {}
    for done, table in enumerate(tables):
        tell("ledger", done, len(tables))
        columns[table.name] = [column.name for column in table.columns]
        names.append(f"{FOLDER}/{table.name}.csv.gz")
        with (
            gzip.open(folder / names[-1], "wb", compresslevel=3) as file,
            _cursor(connection) as cursor,
            cursor.copy(f"COPY {_named(table)} TO STDOUT WITH (FORMAT csv, HEADER)") as rows,
        ):
            for chunk in rows:
                file.write(chunk)
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    index = {"revision": revision, "tables": columns, "sequences": {t.name: s for t in tables if (s := _sequence(connection, t)) is not None}}
    (folder / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
    tell("ledger", len(tables), len(tables))
    return [*names, INDEX]


def require_fresh(ledger: LedgerEngine, digest: str) -> bool:
    """Whether a restore of this same backup was cut off here; Refused when the ledger is in use otherwise."""
    with ledger.reading() as connection:
        there = set(inspect(connection).get_table_names())
        if meta.name in there:
            unfinished = connection.execute(select(meta.c.value).where(meta.c.key == UNFINISHED)).scalar()
            if unfinished == digest:
                return True
        used = [name for name in NEVER_FRESH if name in there and connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()]  # noqa: S608
    if used:
        raise Refused(
            f"the ledger {ledger.url!r} is in use (there are rows in {used[0]}): restore into an empty database, named in TRICOLOR_LEDGER_URL"
        )
    return False


def load_tables(ledger: LedgerEngine, folder: Path, digest: str, tell: Tell) -> None:
    """All tables in one transaction, then the newest schema; marked as unfinished until `finish`. Refused for a backup of a newer Tricolor."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    try:
        ledger.migrate(index["revision"])
    except CommandError as error:
        raise Refused(
            f"the backup's ledger has schema {index['revision']}, which this version does not know: restore it with the newer one"
        ) from error
    with ledger.writing() as connection:
        tables = _tables(connection)
        if {t.name for t in tables} != set(index["tables"]):
            raise Refused(f"the backup's tables are not those of schema {index['revision']}")
        connection.execute(text("TRUNCATE " + ", ".join(map(_named, tables)) + " CASCADE"))
        for done, table in enumerate(tables):
            tell("ledger", done, len(tables))
            columns = ", ".join(f'"{name}"' for name in index["tables"][table.name])
            with (
                gzip.open(folder / FOLDER / f"{table.name}.csv.gz", "rb") as file,
                _cursor(connection) as cursor,
                cursor.copy(f"COPY {_named(table)} ({columns}) FROM STDIN WITH (FORMAT csv, HEADER)") as rows,
            ):
                while chunk := file.read(1024 * 1024):
                    rows.write(chunk)
        for name, (sequence, value, is_called) in index["sequences"].items():
            connection.execute(text("SELECT setval(CAST(:s AS regclass), :v, :c)"), {"s": sequence, "v": value, "c": is_called})
            assert name in index["tables"]
        connection.execute(meta.delete().where(meta.c.key == UNFINISHED))
        connection.execute(meta.insert().values(key=UNFINISHED, value=digest))
    ledger.migrate()
    tell("ledger", len(tables), len(tables))


def replaced_since(ledger: LedgerEngine, cut: Cut, highest: int) -> ReadingBatch:
    """What readings were at the cut, of those that the intake replaced since. Waits until the batch that stored the position `highest` is counted.

    When the replaced value came is not kept: received_at is the reading's own time, seq 0. One later than its point's newest reading at the cut was
    not there yet; late ones that came and were replaced after the cut are among them, and count as duplicates when their messages are loaded again.
    """
    until = time.monotonic() + CATCH_UP_S
    while True:
        with ledger.reading() as connection:
            applied = int(connection.execute(select(func.coalesce(func.max(intake_applied.c.last_seq), 0))).scalar_one())
            if applied < highest and time.monotonic() < until:
                time.sleep(0.2)
                continue
            query = select(superseded).where(superseded.c.id > cut.superseded).order_by(superseded.c.id)
            first: dict[tuple[int, int], Any] = {}
            for row in connection.execute(query):
                if row.point in cut.points and row.at <= cut.newest.get(row.point, EARLIEST_US):
                    first.setdefault((row.point, row.at), row)
        break
    rows = [first[key] for key in sorted(first)]
    point, at, quality = (np.array([getattr(row, name) for row in rows], dtype=np.int64) for name in ("point", "at", "quality"))
    return ReadingBatch(point, at, np.array([row.value for row in rows], dtype=np.float64), quality.astype(np.uint8), np.zeros_like(at), at)


def add_dirty(ledger: LedgerEngine, point: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """Have these stretches settled again."""
    if not len(point):
        return
    packed = {"points": point.astype("<i8").tobytes(), "starts": start.astype("<i8").tobytes(), "ends": end.astype("<i8").tobytes()}
    with ledger.writing() as connection:
        connection.execute(dirty_span.insert().values(**packed, readings=0, source="restore"))


def finish(ledger: LedgerEngine) -> None:
    """The restore is whole."""
    with ledger.writing() as connection:
        connection.execute(meta.delete().where(meta.c.key == UNFINISHED))


def _tables(connection: Connection) -> list[Table]:
    """Every table of ours as the database has it, those that others refer to first."""
    reflected = MetaData()
    reflected.reflect(connection)
    return [table for table in reflected.sorted_tables if table.name != "alembic_version"]


def _sequence(connection: Connection, table: Table) -> tuple[str, int, bool] | None:
    """(name, last value, whether it was given out) of the sequence that numbers the table's rows."""
    for column in table.primary_key.columns:
        name = connection.execute(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": _named(table), "c": column.name}).scalar()
        if name is not None:
            value, is_called = connection.execute(text(f"SELECT last_value, is_called FROM {name}")).one()  # noqa: S608 - PostgreSQL's own name
            return str(name), int(value), bool(is_called)
    return None


def _named(table: Table) -> str:
    return f'"{table.name}"'


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """psycopg's own cursor inside our transaction: SQLAlchemy has no COPY."""
    cursor: Any = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()
