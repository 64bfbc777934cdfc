"""What only the DuckDB file can be asked: it survives kill -9 and a full disk, tells who holds it, and shrinks while it is used."""

import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tricolor.adapters.stores import duckdb as duckdb_store
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.intervals import CELL_US, DAY_US, Interval, parse_us
from tricolor.domain.readings import ReadingBatch

T0 = parse_us("2026-01-01T00:00:00+08:00")
YEAR = Interval(T0, T0 + 366 * DAY_US)

PUT_AND_TELL = """
import sys
import numpy as np
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.readings import ReadingBatch

store, n = DuckStore(sys.argv[1]), 1000
for k in range(1_000_000):
    at = {t0} + (k * n + np.arange(n)) * 1000
    store.put(ReadingBatch(np.full(n, 1), at, at * 0.5, np.zeros(n, dtype=np.uint8), np.full(n, k), at))
    print(k, flush=True)
"""

FILL_THE_DISK = """
import resource, signal, sys
import numpy as np
from tricolor.adapters.stores import duckdb
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import ReadingBatch

duckdb._CHECKPOINT_BYTES = sys.argv[2]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store, n, k, refusals = DuckStore(sys.argv[1]), 20_000, 0, 0
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
random = np.random.default_rng(1)
while k < 40:
    at = {t0} + (k * n + np.arange(n)) * 1000
    try:
        store.put(ReadingBatch(np.full(n, 1), at, random.random(n), np.zeros(n, dtype=np.uint8), np.full(n, k), at))
        k += 1
    except TryAgain as error:
        refusals += 1
        if refusals == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert refusals < 10, error
print(refusals)
"""


def readings(point: int, n: int, value: float, seq: int) -> ReadingBatch:
    at = T0 + np.arange(n) * CELL_US
    return ReadingBatch(np.full(n, point), at, np.full(n, value), np.zeros(n, dtype=np.uint8), np.full(n, seq), at)


def test_what_put_returned_for_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    writer = subprocess.Popen([sys.executable, "-c", PUT_AND_TELL.format(t0=T0), path], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(60)][-1]
    writer.send_signal(signal.SIGKILL)
    told = max([told, *(int(line) for line in writer.stdout.read().splitlines())])
    writer.wait(20)
    store = DuckStore(path)
    kept = store.read([1], YEAR)
    assert len(kept) >= (told + 1) * 1000
    assert len(kept) % 1000 == 0, "a put is there whole or not at all"
    assert (kept.value == kept.at * 0.5).all()
    store.close()


@pytest.mark.parametrize("checkpoint", ["64MB", "1MB"], ids=["in the log", "in a checkpoint"])  # the second breaks DuckDB until it is opened anew
def test_a_full_disk_says_try_again_and_heals_without_loss(tmp_path: Path, checkpoint: str) -> None:
    path = tmp_path / "readings.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK.format(t0=T0), path, checkpoint], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3
    store = DuckStore(path)
    assert len(store.read([1], YEAR)) == 40 * 20_000
    store.close()


def test_a_file_held_by_another_process_is_named_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    DuckStore(path).close()
    holder = subprocess.Popen([sys.executable, "-c", PUT_AND_TELL.format(t0=T0), path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(Misconfigured, match=rf"in use by another Tricolor \(process {holder.pid}\)"):
        DuckStore(path)
    holder.kill()
    holder.communicate(timeout=20)
    DuckStore(path).close()


def test_a_file_that_is_not_ours_is_named(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    path.write_bytes(b"nothing of a database" * 1000)
    with pytest.raises(Misconfigured, match="TRICOLOR_DATA"):
        DuckStore(path)


def test_a_closed_store_says_try_again(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "readings.duckdb")
    store.close()
    store.close()
    with pytest.raises(TryAgain, match="closed"):
        store.put(readings(1, 1, 1.0, 1))


def test_compacting_removes_superseded_rows_and_only_those_while_others_read_and_write(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "readings.duckdb")
    for seq in (3, 1, 2):
        store.put(readings(1, 20_000, float(seq), seq))  # 208 days
    store.put(readings(2, 1000, 5.0, 1))
    stop, seen = threading.Event(), []

    def use() -> None:
        k = 10
        while not stop.is_set():
            store.put(readings(3, 10, float(k), k))
            seen.append(store.read([1], YEAR).value.tolist() == [3.0] * 20_000)
            k += 1

    user = threading.Thread(target=use)
    user.start()
    gone = store.compact()
    stop.set()
    user.join()
    assert gone >= 40_000
    assert seen and all(seen)
    assert store.compact() < 1000  # what the user's last puts superseded
    assert store.compact() == 0
    assert store.read([1], YEAR).value.tolist() == [3.0] * 20_000
    assert len(store.read([2], YEAR)) == 1000
    assert len(store.read([3], YEAR)) == 10
    store.close()
    again = DuckStore(tmp_path / "readings.duckdb")
    assert again.read([1], YEAR).value.tolist() == [3.0] * 20_000
    again.close()


def by_time(points: int, start: int, end: int, value: float, seq: int) -> ReadingBatch:
    """Every quarter of an hour of all the points, in the order of arrival: by time, all points together."""
    at = np.repeat(np.arange(start, end, CELL_US), points)
    point = np.tile(np.arange(1, points + 1), len(at) // points)
    return ReadingBatch(point, at, np.full(len(at), value), np.zeros(len(at), dtype=np.uint8), np.full(len(at), seq), at)


def stored_order(store: DuckStore, span: Interval) -> list[tuple[int, int]]:
    with store._cursor() as cursor:
        return cursor.execute("SELECT point, at_us FROM readings WHERE at_us >= $1 AND at_us < $2", (span.start, span.end)).fetchall()


def test_compacting_sorts_past_months_by_point_and_answers_as_before(tmp_path: Path) -> None:
    january, february = Interval(T0, T0 + 31 * DAY_US), Interval(T0 + 31 * DAY_US, T0 + 34 * DAY_US)
    store = DuckStore(tmp_path / "readings.duckdb")
    store.put(by_time(3, january.start, february.end, 1.0, seq=5))
    store.put(by_time(3, T0 + 4 * DAY_US, T0 + 5 * DAY_US, 2.0, seq=6))  # a day corrected: 288 rows are superseded
    store.put(by_time(3, T0 + 6 * DAY_US, T0 + 7 * DAY_US, 9.0, seq=4))  # what came later with a lower seq does not count
    before = [store.read([1, 2, 3], YEAR), store.read([2], january)]
    assert store.compact() == 2 * 288
    assert stored_order(store, january) == sorted(stored_order(store, january))
    assert stored_order(store, february) != sorted(stored_order(store, february)), "the month under way is left as it arrives"
    store.put(by_time(3, T0 + 8 * DAY_US, T0 + 9 * DAY_US, 3.0, seq=7))  # a correction of a sorted month
    after = [store.read([1, 2, 3], YEAR), store.read([2], january)]
    for old, new in zip(before, after, strict=True):
        corrected = (new.at >= T0 + 8 * DAY_US) & (new.at < T0 + 9 * DAY_US)
        assert (new.at == old.at).all() and (new.point == old.point).all()
        assert (new.value[corrected] == 3.0).all() and (new.value[~corrected] == old.value[~corrected]).all()
    assert store.compact() == 288
    store.close()


def test_a_large_month_is_sorted_in_parts_none_of_which_loses_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_store, "_SORT_ROWS", 1000)
    store = DuckStore(tmp_path / "readings.duckdb")
    store.put(by_time(3, T0, T0 + 40 * DAY_US, 1.0, seq=1))  # 3 points x 96 x 31 = 8 928 rows of January
    before = store.read([1, 2, 3], YEAR)
    assert store.compact() == 0
    after = store.read([1, 2, 3], YEAR)
    assert (after.point == before.point).all() and (after.at == before.at).all() and len(after) == 3 * 96 * 40
    assert len(stored_order(store, YEAR)) == 3 * 96 * 40
    order = stored_order(store, YEAR)
    falls = sum(after <= before for before, after in pairwise(order))
    assert falls < 16 + 9 * 96  # at most one between the 16 parts of January; February's nine days lie by time
    store.close()
