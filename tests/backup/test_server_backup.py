"""Backups of PostgreSQL and InfluxDB: under load, then everything dies, and fresh servers get all of it back, with what came later from the spool."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.backup.conftest import Fresh
from tests.e2e.conftest import REGISTRY, TRICOLOR
from tricolor.adapters.backup import back_up, silent, verify
from tricolor.adapters.backup_servers import restore_servers
from tricolor.adapters.ledger.copying import Cut, load_tables, replaced_since, write_tables
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import audit, intake_applied, metadata, quarantine_raw, superseded
from tricolor.adapters.spool.rewind import Rewound, rewind
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.adapters.stores.keeping import read_store, unsettled_spans, write_store
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import Misconfigured, Refused
from tricolor.domain.intervals import CELL_US, DAY_US, EARLIEST_US, Interval, parse_us
from tricolor.domain.readings import Frame, ReadingBatch

T0 = parse_us("2026-11-01T00:00:00+08:00")
EVER = Interval(EARLIEST_US, T0 + 400 * DAY_US)
NAMES = {1: "a", 2: "b, c=d", 7: "七"}


def cut(**changed: Any) -> Cut:
    return Cut(**{"at": T0, "since": T0 - 60_000_000, "last_seq": 100, "workers": 1, "superseded": 0, "points": NAMES,
                  "intervals_s": dict.fromkeys(NAMES, 900), **changed})  # fmt: skip


def batch(rows: list[tuple[int, int, float, int, int]]) -> ReadingBatch:
    """Rows of point, at, value, seq, received_at."""
    point, at, value, seq, received = (np.array(column) for column in zip(*rows, strict=True))
    return ReadingBatch(point, at, value.astype(np.float64), np.zeros(len(at), dtype=np.uint8), seq, received)


def nothing(highest: int) -> ReadingBatch:
    none = np.empty(0, dtype=np.int64)
    return ReadingBatch(none, none, np.empty(0), none.astype(np.uint8), none, none)


def copied(store: Any, into: Any, folder: Path, at: Cut, replaced: Callable[[int], ReadingBatch] = nothing) -> list[str]:
    folder.mkdir()
    names = write_store(store, at, folder, replaced, silent)
    read_store(into, folder, names, {name: key for key, name in NAMES.items()}, silent)
    return names


@pytest.fixture(params=["duckdb", pytest.param("influxdb", marks=pytest.mark.servers)])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """A store and an empty one."""
    if request.param == "duckdb":
        pair: list[Any] = [DuckStore(tmp_path / f"{n}.duckdb") for n in range(2)]
    else:
        url = request.getfixturevalue("influxd").url
        pair = [InfluxStore(url, "", f"k{uuid4().hex}", "", "", "", lambda: NAMES) for _ in range(2)]
    yield pair[0], pair[1]
    for store in pair:
        store.close()


def test_a_store_comes_back_as_it_was_month_by_month(stores: tuple[Any, Any], tmp_path: Path) -> None:
    store, empty = stores
    rows = [(key, T0 + day * DAY_US + key, float(day) / 3, 1 + day, T0 - DAY_US) for key in NAMES for day in (-400, -32, -1, 0, 30)]
    store.put(batch(rows))
    starts = np.array([T0 - CELL_US, T0, T0 + CELL_US])
    cells = EnergyCells(np.full(3, 2), starts, np.array([1.25, np.nan, -3.0]), np.array([CELL_US, 0, 17]), np.array([1, 8, 255], dtype=np.uint8))
    store.replace([(2, Interval(T0 - DAY_US, T0 + DAY_US))], cells)
    names = copied(store, empty, tmp_path / "b", cut())
    months = ("2025-09", "2026-09", "2026-10", "2026-11", "2026-12")  # days -400, -32, -1, 0, 30 from 1 November 2026
    assert [n for n in names if n.startswith("readings/")] == [f"readings/{month}.parquet" for month in months]
    assert [n for n in names if n.startswith("energy/")] == ["energy/2026-10.parquet", "energy/2026-11.parquet"]
    before, after = (each.read(list(NAMES), EVER) for each in (store, empty))
    for column in ("point", "at", "value", "quality", "seq", "received_at"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    kept = empty.cells([2], EVER)
    for column in ("point", "start", "amount", "covered_us", "flag"):
        assert np.array_equal(getattr(cells, column), getattr(kept, column), equal_nan=column == "amount"), column


def test_what_was_stored_after_the_ledgers_moment_is_left_out_and_what_it_replaced_is_put_back(stores: tuple[Any, Any], tmp_path: Path) -> None:
    store, empty = stores
    late = T0 + 5_000_000
    store.put(batch([(1, T0 - 3, 1.0, 90, T0 - 9), (1, T0 - 2, 2.5, 101, late), (2, T0 + 1, 8.0, 102, late), (7, T0 - 2, 4.0, 900, T0 - 2 * DAY_US)]))
    asked = []

    def replaced(highest: int) -> ReadingBatch:
        asked.append(highest)
        return batch([(1, T0 - 3, 9.0, 0, T0 - 3), (1, T0 - 2, 2.0, 0, T0 - 2)])  # T0 - 3 was read as it stood

    names = copied(store, empty, tmp_path / "b", cut(), replaced)
    kept = empty.read(list(NAMES), EVER)
    # 101 and 102 came after position 100; 900 is of an earlier spool, two days before anything that was waiting
    assert list(zip(kept.point.tolist(), kept.at.tolist(), kept.value.tolist(), strict=True)) == [
        (1, T0 - 3, 1.0),
        (1, T0 - 2, 2.0),
        (7, T0 - 2, 4.0),
    ]
    assert asked == [102]
    spans = unsettled_spans(tmp_path / "b", names, {name: key for key, name in NAMES.items()})
    assert [column.tolist() for column in spans] == [[1, 2], [T0 - 2, T0 + 1], [T0 - 1, T0 + 2]]


def test_with_several_workers_the_time_of_arrival_decides_since_positions_are_each_workers_own(tmp_path: Path) -> None:
    store, empty = (DuckStore(tmp_path / f"{n}.duckdb") for n in range(2))
    store.put(batch([(1, T0 + n, float(n), seq, T0 + age) for n, (seq, age) in enumerate([(5, -1), (50, 3_000_000), (101, -1), (101, 3_000_000)])]))
    copied(store, empty, tmp_path / "b", cut(workers=2))
    assert empty.read([1], EVER).value.tolist() == [0.0]  # 50 is below the other worker's 100, and came after the moment all the same
    store.close()
    empty.close()


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(-120, 120)), min_size=1, max_size=40))
def test_every_reading_is_either_kept_or_in_a_stretch_that_is_settled_again(
    tmp_path_factory: pytest.TempPathFactory, arrivals: list[tuple[int, int]]
) -> None:
    from tricolor.adapters.stores.keeping import _Later

    found = batch([(1, T0 + n, float(n), seq, T0 + age * 1_000_000) for n, (seq, age) in enumerate(arrivals)])
    later = _Later(cut())
    kept = set(later.without(found).at.tolist())
    table = later.spans(NAMES)
    inside = [(a.value, b.value) for a, b in zip(table["start"], table["end"], strict=True)]
    for at, seq in zip(found.at.tolist(), found.seq.tolist(), strict=True):
        assert (at in kept) or any(start <= at < end for start, end in inside)
        assert seq > 100 or at in kept, "what the ledger has counted is never left out"


def test_the_first_value_replaced_after_the_moment_is_what_stood_then_unless_the_reading_itself_came_later(sqlite_ledger: LedgerEngine) -> None:
    def noted(point: int, at: int, value: float) -> dict[str, Any]:
        return {"point": point, "at": at, "value": value, "quality": 1, "by_seq": 1, "source": "s", "recorded_at": 1}

    with sqlite_ledger.writing() as connection:
        before = connection.execute(superseded.insert().values(noted(1, T0, 9.0))).inserted_primary_key
        later = [noted(1, T0, 1.0), noted(1, T0, 2.0), noted(1, T0 + 1, 3.0), noted(2, T0, 4.0), noted(99, T0, 5.0)]
        connection.execute(superseded.insert(), later)
        connection.execute(intake_applied.insert().values(worker="w", last_seq=7))
    assert before is not None
    found = replaced_since(sqlite_ledger, cut(superseded=before[0], newest={1: T0, 99: T0}), 7)
    # of (1, T0) the first; T0 + 1 is later than point 1's newest reading; point 2 had none; 99 is not in the backup's registry
    assert list(zip(found.point.tolist(), found.at.tolist(), found.value.tolist(), found.quality.tolist(), strict=True)) == [(1, T0, 1.0, 1)]


def test_a_spool_that_outlived_its_ledger_is_wound_back_and_says_what_it_no_longer_holds(tmp_path: Path, sqlite_ledger: LedgerEngine) -> None:
    spool = SqliteSpool(tmp_path / "spool.sqlite", 10**9, keep_s=86_400, keep_bytes=10**9)
    spool.append([Frame("t", b"{}", T0 + n, "mqtt:a/b") for n in range(20)])
    with sqlite_ledger.writing() as connection:
        connection.execute(intake_applied.insert().values(worker=f"tricolor-ingest#{spool.identity:x}", last_seq=12))
        connection.execute(intake_applied.insert().values(worker="tricolor-ingest#1", last_seq=19))
    spool.decide(14, b"of the backup")
    spool.close()
    shutil.copyfile(tmp_path / "spool.sqlite", tmp_path / "backup.sqlite")
    spool = SqliteSpool(tmp_path / "spool.sqlite", 10**9, keep_s=86_400, keep_bytes=10**9)
    spool.release(19)
    spool.decide(20, b"of the last moment")
    spool.close()
    assert rewind(tmp_path / "spool.sqlite", sqlite_ledger) == Rewound(position=12, waiting=8, missing=0)
    wound = SqliteSpool(tmp_path / "spool.sqlite", 10**9)
    assert (wound.released, wound.decided()) == (12, None)
    wound.close()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection, connection:
        connection.execute("DELETE FROM frame WHERE seq < 16")
    assert rewind(tmp_path / "spool.sqlite", sqlite_ledger, tmp_path / "backup.sqlite") == Rewound(12, 5, 3)  # 13, 14 and 15 are gone
    again = SqliteSpool(tmp_path / "spool.sqlite", 10**9)
    assert (again.released, again.decided()) == (12, (14, b"of the backup"))
    assert [frame.seq for frame in again.after(again.released, 10**6)] == [16, 17, 18, 19, 20]
    again.close()
    with pytest.raises(Refused, match="no spool"):
        rewind(tmp_path / "nothing.sqlite", sqlite_ledger)


def rows_of(ledger: LedgerEngine) -> dict[str, list[Any]]:
    with ledger.reading() as connection:
        return {t.name: connection.execute(select(t).order_by(*t.primary_key.columns)).all() for t in metadata.sorted_tables}


@pytest.mark.servers
def test_every_table_comes_back_with_every_value_and_goes_on_numbering(fresh: Fresh, tmp_path: Path) -> None:
    ledger, copy = LedgerEngine(fresh()), LedgerEngine(fresh())
    ledger.migrate()
    (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    environment = {**os.environ, "TRICOLOR_LEDGER_URL": ledger.url.render_as_string(hide_password=False), "TRICOLOR_DATA": str(tmp_path)}
    subprocess.run([*TRICOLOR, "import", "registry", str(tmp_path / "registry.toml")], env=environment, check=True, capture_output=True, timeout=60)
    awkward = ['say "hi", 你好\nnext line', "", "\\N", "NULL", " \t"]
    with ledger.writing() as connection:
        for word in awkward:
            connection.execute(audit.insert().values(at=1, who=word, action="a", target=word, detail={"text": word, "none": None}))
        connection.execute(quarantine_raw.insert().values(payload=bytes(range(256))))
        last = connection.execute(audit.insert().values(at=2, who="gone", action="a", target="", detail={})).inserted_primary_key
        connection.execute(audit.delete().where(audit.c.who == "gone"))
    with ledger.reading() as connection:
        write_tables(connection, tmp_path, silent)
    load_tables(copy, tmp_path, "digest", silent)
    was, now = rows_of(ledger), rows_of(copy)
    marks = [row for row in now["meta"] if row.key == "restore_unfinished"]
    assert [row.value for row in marks] == ["digest"]
    now["meta"] = [row for row in now["meta"] if row not in marks]
    assert now == was
    assert len(was["point"]) == 2 and {row.who for row in was["audit"]} >= set(awkward)
    with copy.writing() as connection:
        following = connection.execute(audit.insert().values(at=3, who="new", action="a", target="", detail={})).inserted_primary_key
    assert last is not None and following is not None
    assert following[0] == last[0] + 1, "a number that was given out is never given out again"
    ledger.close()
    copy.close()


@pytest.mark.servers
def test_a_server_in_use_is_refused_and_a_restore_that_was_cut_off_goes_on(fresh: Fresh, influxd: Any, tmp_path: Path) -> None:
    def store_in(bucket: str) -> Callable[..., InfluxStore]:
        return lambda names: InfluxStore(influxd.url, "", bucket, "", "", "", names)

    first, second = f"s{uuid4().hex}", f"s{uuid4().hex}"
    ledger, copy = LedgerEngine(fresh()), LedgerEngine(fresh())
    ledger.migrate()
    (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    environment = {**os.environ, "TRICOLOR_LEDGER_URL": ledger.url.render_as_string(hide_password=False), "TRICOLOR_DATA": str(tmp_path)}
    subprocess.run([*TRICOLOR, "import", "registry", str(tmp_path / "registry.toml")], env=environment, check=True, capture_output=True, timeout=60)
    names = {key: point.id for point in RegistryBookSql(ledger).load().points.values() for key in [point.key]}
    store = store_in(first)(lambda: names)
    store.put(batch([(key, T0 + n, 1.0, 1, T0) for key in names for n in range(50)]))
    parts = back_up(tmp_path / "b", tmp_path, [], ledger, store, T0)
    assert {part.what for part in parts} == {"ledger", "readings"}
    assert verify(tmp_path / "b") == parts
    with pytest.raises(Refused, match="in use"):
        restore_servers(tmp_path / "b", parts, ledger, store_in(second), lambda: ledger, silent)
    with pytest.raises(Refused, match="holds readings"):
        restore_servers(tmp_path / "b", parts, copy, store_in(first), lambda: copy, silent)
    with pytest.raises(Misconfigured, match="TRICOLOR_LEDGER_URL"):
        restore_servers(tmp_path / "b", parts, None, store_in(second), lambda: copy, silent)

    def cut_off() -> LedgerEngine:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_servers(tmp_path / "b", parts, copy, store_in(second), cut_off, silent)
    restore_servers(tmp_path / "b", parts, copy, store_in(second), lambda: copy, silent)  # the same again goes on
    assert len(store_in(second)(lambda: names).read(list(names), EVER)) == 50 * len(names)
    assert rows_of(copy) == rows_of(ledger)
    with pytest.raises(Refused, match="in use"):
        restore_servers(tmp_path / "b", parts, copy, store_in(second), lambda: copy, silent)
    ledger.close()
    copy.close()
