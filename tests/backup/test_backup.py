"""A backup of a running system, restored elsewhere, answers the same; a damaged one is refused."""

import json
import shutil
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Tricolor
from tricolor.adapters.backup import back_up, restore, verify
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, local_midnight, parse_us
from tricolor.domain.readings import ReadingBatch
from tricolor_cli.nightly import Nightly, next_night

T0 = parse_us("2026-01-01T00:00:00+08:00")
ASKED = (
    "/v1/points/steel.elec/readings?from=2026-11-19&to=2026-11-22&limit=1000",
    "/v1/entities/steel/energy?from=2026-11-19&to=2026-11-22&step=hour",
)


def batch(point: int, n: int, start: int = T0, seq: int = 1, value: float = 1.0) -> ReadingBatch:
    at = start + np.arange(n, dtype=np.int64) * CELL_US
    return ReadingBatch(np.full(n, point), at, np.full(n, value), np.zeros(n, dtype=np.uint8), np.full(n, seq), at)


@pytest.mark.e2e
@pytest.mark.servers
def test_a_backup_of_a_running_system_answers_the_same_when_it_is_restored(make_tricolor: Callable[..., Tricolor], tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    tricolor = make_tricolor(TRICOLOR_BACKUP_FOLDER=str(backups))
    tricolor.environment["TRICOLOR_HTTP"] = tricolor.http
    tricolor.environment["TRICOLOR_ADMIN_KEY"] = tricolor.key("admin")
    push, stop, sent = tricolor.key("push", "--enterprise", "steel"), threading.Event(), []

    def keep_pushing() -> None:
        while not stop.is_set():
            k = len(sent)
            at = f"2026-11-{20 + k // 1440:02d}T{k // 60 % 24:02d}:{k % 60:02d}:00+08:00"
            if tricolor.push({"at": at, "values": {"steel.elec": float(k), "steel.nothing": 1.0}}, push).status == 200:
                sent.append(k)

    pusher = threading.Thread(target=keep_pushing)
    pusher.start()
    try:
        tricolor.wait_for(lambda: len(sent) > 60, 30, "under way")
        for n in range(3):  # while readings come in
            safe = len(sent)
            parts = json.loads(tricolor.run("backup", str(backups / f"b{n}"), "--json").stdout)
            assert {part["what"] for part in parts} == {"ledger", "spool", "readings"}
    finally:
        stop.set()
        pusher.join()
    refused = tricolor.run("backup", str(tmp_path / "elsewhere"), is_checked=False)
    assert refused.returncode == 1 and "TRICOLOR_BACKUP_FOLDER" in refused.stderr
    tricolor.wait_settled(2 * len(sent))
    assert tricolor.stop() == 0

    copy = Tricolor(tmp_path / "restored")
    tricolor.run("restore", str(backups / "b2"), "--data", str(copy.folder))
    copy.keys = tricolor.keys
    copy.start()
    try:
        total = copy.wait_settled(2 * safe)
        assert total["received"] == total["stored"] + total["duplicate"] + total["quarantined"]
        # all that was answered 200 before the backup began is there, and counted as stored exactly once
        readings = copy.get(ASKED[0]).json()["readings"]
        values = [reading["value"] for reading in readings]
        assert len(values) >= safe and len(values) == len(set(values)) == total["stored"]
        assert (total["duplicate"], total["quarantined"]) == (0, total["stored"])
        for at in range(len(values), len(sent)):  # what came later is sent again: then both are one
            when = f"2026-11-{20 + at // 1440:02d}T{at // 60 % 24:02d}:{at % 60:02d}:00+08:00"
            copy.push({"at": when, "values": {"steel.elec": float(at), "steel.nothing": 1.0}}, push)
        copy.wait_settled(2 * len(sent))
        theirs = [copy.get(path).json() for path in ASKED]
    finally:
        assert copy.stop() == 0
    tricolor.start()
    assert [tricolor.get(path).json() for path in ASKED] == theirs
    assert len(theirs[0]["readings"]) == min(1000, len(sent))


@pytest.mark.e2e
@pytest.mark.servers
def test_a_stopped_system_is_backed_up_by_the_command_and_exported(make_tricolor: Callable[..., Tricolor], tmp_path: Path) -> None:
    tricolor = make_tricolor()
    rows = [{"point": "steel.elec", "at": f"2026-11-20T{h:02d}:15:00+08:00", "value": 10.0 + h} for h in range(4)]
    tricolor.push({"readings": rows})
    tricolor.wait_settled(4)
    held = tricolor.run("export", "readings", "--from", "2026-11-20", "--to", "2026-11-21", "--out", str(tmp_path / "x.parquet"), is_checked=False)
    assert held.returncode == 1 and "TRICOLOR_ADMIN_KEY" in held.stderr and not (tmp_path / "x.parquet").exists()
    tricolor.environment |= {"TRICOLOR_ADMIN_KEY": tricolor.key("admin"), "TRICOLOR_HTTP": tricolor.http}
    said = tricolor.run("export", "readings", "--from", "2026-11-20", "--to", "2026-11-21", "--out", str(tmp_path / "x.parquet"))
    assert said.stdout.startswith("4 →")
    assert pq.read_table(tmp_path / "x.parquet").column("value").to_pylist() == [10.0, 11.0, 12.0, 13.0]
    tricolor.run("export", "energy", "--from", "2026-11-20", "--to", "2026-11-21", "--out", str(tmp_path / "y.parquet"))
    assert sum(pq.read_table(tmp_path / "y.parquet").column("amount").to_pylist()) == pytest.approx(46.0)
    assert tricolor.get("/v1/export/readings?from=2026-11-20&to=2026-11-21", tricolor.key("read")).status == 403
    assert tricolor.get("/v1/export/readings?from=2026-11-21&to=2026-11-20").status == 422
    assert list(tricolor.folder.glob(".export*")) == []
    assert tricolor.ask("POST", "/v1/backup", b'{"folder": "x"}', Content_Type="application/json").status == 409
    assert tricolor.ask("POST", "/v1/backup", b'{"folder": "../x"}', Content_Type="application/json").status == 422
    assert tricolor.stop() == 0
    tricolor.run("backup", str(tmp_path / "b"))
    tricolor.run("restore", str(tmp_path / "b"), "--data", str(tmp_path / "again"))
    tricolor.folder = tmp_path / "again"
    tricolor.run("export", "readings", "--from", "2026-11-20", "--to", "2026-11-21", "--out", str(tmp_path / "r.parquet"))
    table = pq.read_table(tmp_path / "r.parquet")
    assert table.column("point").to_pylist() == ["steel.elec"] * 4
    assert table.column("value").to_pylist() == [10.0, 11.0, 12.0, 13.0]
    assert table.column("unit").to_pylist() == ["kWh"] * 4
    assert next(at.isoformat() for at in table.column("at").to_pylist()) == "2026-11-20T00:15:00+08:00"
    tricolor.run("export", "energy", "--from", "2026-11-20", "--to", "2026-11-21", "--out", str(tmp_path / "e.parquet"))
    assert sum(pq.read_table(tmp_path / "e.parquet").column("amount").to_pylist()) == pytest.approx(46.0)
    before = tricolor.run("export", "energy", "--from", "2026-11-21", "--to", "2026-11-20", "--out", str(tmp_path / "n.parquet"), is_checked=False)
    assert before.returncode == 1 and not (tmp_path / "n.parquet").exists()


@pytest.fixture
def made(tmp_path: Path, sqlite_ledger: LedgerEngine) -> Path:
    """A backup of a small store."""
    data = tmp_path / "data"
    store = DuckStore(data / "readings.duckdb")
    store.put(batch(1, 100))
    back_up(tmp_path / "b", data, [], sqlite_ledger, store, T0)
    store.close()
    return tmp_path / "b"


def test_a_damaged_part_is_named_and_nothing_is_restored(made: Path, tmp_path: Path) -> None:
    for name in ("readings.duckdb", "ledger.sqlite"):
        folder = tmp_path / f"damaged-{name}"
        shutil.copytree(made, folder)
        raw = bytearray((folder / name).read_bytes())
        raw[len(raw) // 2] ^= 1
        (folder / name).write_bytes(raw)
        with pytest.raises(Refused, match=f"{name} is not what the manifest says"):
            restore(folder, tmp_path / "new")
        assert not (tmp_path / "new").exists()
    (made / "ledger.sqlite").unlink()
    with pytest.raises(Refused, match="manifest"):
        verify(made)
    with pytest.raises(Refused, match="holds no backup"):
        verify(tmp_path / "damaged-nothing")


def test_a_manifest_that_reaches_outside_is_refused(made: Path, tmp_path: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text())
    manifest["parts"][0]["name"] = "../data/readings.duckdb"
    (made / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Refused, match="outside"):
        restore(made, tmp_path / "new")


def test_a_target_that_holds_anything_is_refused(made: Path, tmp_path: Path, sqlite_ledger: LedgerEngine) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "precious").write_text("x")
    with pytest.raises(Refused, match="not empty"):
        restore(made, tmp_path / "used")
    with pytest.raises(Refused, match="not empty"):
        back_up(tmp_path / "used", tmp_path, [], sqlite_ledger, None, T0)
    assert (tmp_path / "used" / "precious").read_text() == "x"
    (tmp_path / "empty").mkdir()
    restore(made, tmp_path / "empty")
    store = DuckStore(tmp_path / "empty" / "readings.duckdb")
    assert len(store.read([1], Interval(T0, T0 + 2 * DAY_US))) == 100
    store.close()


def test_a_snapshot_is_of_the_moment_it_was_taken_whatever_is_written_while_it_is_copied(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "readings.duckdb")
    store.put(batch(1, 50))
    with store.snapshot(tmp_path / "copy.duckdb") as copy:
        store.put(batch(2, 70))
        store.compact()
        copy()
        store.put(batch(3, 70))
    store.close()
    copied = DuckStore(tmp_path / "copy.duckdb")
    assert dict(copied.latest()).keys() == {1}
    copied.put(batch(4, 5))
    copied.close()


def test_retention_deletes_what_is_older_and_nothing_else(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "readings.duckdb")
    store.put(batch(1, 96 * 70))  # 70 days
    store.put(batch(2, 96))  # the first day only
    limit = T0 + 40 * DAY_US
    assert store.retain(limit) == 96 * 40 + 96
    assert store.retain(limit) == 0
    left = store.read([1, 2], Interval(T0, T0 + 100 * DAY_US))
    assert (len(left), int(left.at.min())) == (96 * 30, limit)
    assert dict(store.latest()) == {1: T0 + 70 * DAY_US - CELL_US}
    store.put(batch(2, 1, T0 + 50 * DAY_US))
    assert dict(store.latest())[2] == T0 + 50 * DAY_US
    store.close()


def test_influxdb_deletes_what_is_past_the_retention(influxd) -> None:  # type: ignore[no-untyped-def]
    from uuid import uuid4

    from tricolor.adapters.stores.influxdb import InfluxStore

    store = InfluxStore(influxd.url, "", f"r{uuid4().hex}", "", "", "", lambda: {1: "a", 2: "b"})
    store.put(batch(1, 96 * 4))
    store.retain(T0 + 2 * DAY_US)
    left = store.read([1], Interval(T0, T0 + 9 * DAY_US))
    assert (len(left), int(left.at.min())) == (96 * 2, T0 + 2 * DAY_US)
    store.close()


def test_the_store_is_tended_once_a_night_at_half_past_two() -> None:
    class Store:
        calls: list[object] = []  # noqa: RUF012

        def compact(self) -> int:
            self.calls.append("compact")
            return 0

        def retain(self, since: int) -> int:
            self.calls.append(since)
            return 0

    now = [parse_us("2026-11-20T12:00:00+08:00")]
    assert next_night(now[0]) == parse_us("2026-11-21T02:30:00+08:00")
    assert next_night(local_midnight(date(2026, 11, 20))) == parse_us("2026-11-20T02:30:00+08:00")
    nightly = Nightly(Store(), 10, lambda: now[0])
    seen = []
    for _ in range(96):  # a day of quarter hours
        seen.append(nightly.look())
        now[0] += CELL_US
    assert seen.count(True) == 1
    assert Store.calls == ["compact", parse_us("2026-11-11T02:30:00+08:00")]
