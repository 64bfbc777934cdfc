"""The contract of ReadingStore, over the memory fake, DuckDB and a real InfluxDB 1.6.7."""

import threading
from typing import Any

import numpy as np
import pytest

from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, Interval, parse_us
from tricolor.domain.readings import Quality, ReadingBatch

T0 = parse_us("2026-11-20T08:00:00+08:00")
DAY = Interval(T0, T0 + DAY_US)
GOOD, BAD, CALIBRATION = Quality.GOOD, Quality.BAD, Quality.CALIBRATION


def batch(*rows: tuple[int, int, float], seq: int = 1, quality: int = GOOD) -> ReadingBatch:
    """Rows of (point, at, value)."""
    point, at, value = zip(*rows, strict=True) if rows else ((), (), ())
    n = len(rows)
    return ReadingBatch(
        np.array(point, dtype=np.int64), np.array(at, dtype=np.int64), np.array(value, dtype=np.float64),
        np.full(n, quality, dtype=np.uint8), np.full(n, seq, dtype=np.int64), np.full(n, T0 + seq, dtype=np.int64),
    )  # fmt: skip


def rows(found: ReadingBatch) -> list[tuple[int, int, float]]:
    return list(zip(found.point.tolist(), found.at.tolist(), found.value.tolist(), strict=True))


def test_what_is_put_is_read_back_exactly(store: Any) -> None:
    put = ReadingBatch(
        np.array([3, 3, 7, 1301]), np.array([T0, T0 + 1, T0 + 123_457, T0 + 999_999]), np.array([0.1, -0.0, 1e300, 123456789.123456789]),
        np.array([0, 4, 2, 1], dtype=np.uint8), np.array([9_007_199_254_740_993, 1, 2, 3]), np.array([T0 + 5, T0 + 6, T0 + 7, T0 + 8]),
    )  # fmt: skip
    store.put(put)
    got = store.read([1301, 7, 3, 3], Interval(T0, T0 + 1_000_000))
    for column in ("point", "at", "value", "quality", "seq", "received_at"):
        assert getattr(got, column).tolist() == getattr(put, column).tolist(), column
        assert getattr(got, column).dtype == getattr(put, column).dtype, column


def test_an_answer_is_sorted_by_point_and_time_and_the_span_is_half_open(store: Any) -> None:
    store.put(batch((2, T0 + 2, 5.0), (1, DAY.end, 9.0), (2, T0 + 1, 4.0), (1, DAY.end - 1, 3.0), (1, T0 - 1, 1.0), (1, T0, 2.0)))
    assert rows(store.read([2, 1], DAY)) == [(1, T0, 2.0), (1, DAY.end - 1, 3.0), (2, T0 + 1, 4.0), (2, T0 + 2, 5.0)]


def test_putting_twice_changes_nothing(store: Any) -> None:
    for _ in range(2):
        store.put(batch((1, T0, 2.0), (2, T0, 3.0)))
    assert rows(store.read([1, 2], DAY)) == [(1, T0, 2.0), (2, T0, 3.0)]


def test_a_later_seq_replaces_the_value_of_the_same_instant(store: Any) -> None:
    store.put(batch((1, T0, 2.0), (1, T0 + 1, 2.5), seq=4))
    store.put(batch((1, T0, 7.0), seq=5))
    assert rows(store.read([1], DAY)) == [(1, T0, 7.0), (1, T0 + 1, 2.5)]


def test_within_a_batch_the_highest_seq_counts_and_the_later_row_when_equal(store: Any) -> None:
    put = batch((1, T0, 1.0), (1, T0, 2.0), (1, T0, 3.0), (2, T0, 4.0), (2, T0, 5.0))
    put.seq[:] = [7, 9, 8, 3, 3]
    store.put(put)
    assert rows(store.read([1, 2], DAY)) == [(1, T0, 2.0), (2, T0, 5.0)]


def test_the_order_of_puts_is_irrelevant(opened: Any) -> None:
    if not opened.orders_by_seq:
        return  # InfluxDB keeps what was written last; its docstring asks for puts in the order of seq
    opened.store.put(batch((1, T0, 7.0), seq=5))
    opened.store.put(batch((1, T0, 2.0), seq=4))
    assert rows(opened.store.read([1], DAY)) == [(1, T0, 7.0)]
    assert rows(opened.reopen().read([1], DAY)) == [(1, T0, 7.0)]


def test_time_order_of_arrival_is_irrelevant(store: Any) -> None:
    instants = [T0 + k * CELL_US for k in range(96)]
    shuffled = np.random.default_rng(4).permutation(96)
    for k in shuffled.tolist():
        store.put(batch((1, instants[k], float(k))))
    assert rows(store.read([1], DAY)) == [(1, at, float(k)) for k, at in enumerate(instants)]


@pytest.mark.parametrize("away", [1, HOUR_US, HOUR_US + 1, DAY_US, 20 * DAY_US, 45 * DAY_US, 900 * DAY_US])
def test_around_adds_the_nearest_reading_on_each_side_however_far(store: Any, away: int) -> None:
    store.put(batch((1, T0 - away - 9, 0.0), (1, T0 - away, 1.0), (1, T0, 2.0), (1, DAY.end + away - 1, 3.0), (1, DAY.end + away + 9, 4.0)))
    store.put(batch((2, T0 - away, 5.0), (3, DAY.end + away, 6.0), (4, T0 + 5, 7.0)))
    assert rows(store.around([1, 2, 3, 4, 5], DAY)) == [
        (1, T0 - away, 1.0), (1, T0, 2.0), (1, DAY.end + away - 1, 3.0), (2, T0 - away, 5.0), (3, DAY.end + away, 6.0), (4, T0 + 5, 7.0),
    ]  # fmt: skip


def test_a_reading_at_the_end_of_the_span_is_its_right_neighbour(store: Any) -> None:
    store.put(batch((1, T0 - 1, 1.0), (1, DAY.end, 2.0), (1, DAY.end + 1, 3.0)))
    assert rows(store.around([1], DAY)) == [(1, T0 - 1, 1.0), (1, DAY.end, 2.0)]


def test_a_bad_or_calibration_reading_is_no_neighbour_but_is_shown_inside(store: Any) -> None:
    store.put(batch((1, T0 - 40 * DAY_US, 1.0), (1, DAY.end + 9, 6.0)))
    store.put(batch((1, T0 - 5, 2.0), (1, T0 + 5, 3.0), quality=BAD))
    store.put(batch((1, DAY.end + 3, 4.0), quality=CALIBRATION))
    assert rows(store.around([1], DAY)) == [(1, T0 - 40 * DAY_US, 1.0), (1, T0 + 5, 3.0), (1, DAY.end + 9, 6.0)]


def test_a_neighbour_that_a_correction_made_bad_is_passed_over(store: Any) -> None:
    store.put(batch((1, T0 - 20, 1.0), (1, T0 - 5, 2.0), seq=1))
    store.put(batch((1, T0 - 5, 9.0), seq=2, quality=BAD))
    assert rows(store.around([1], DAY)) == [(1, T0 - 20, 1.0)]


def test_latest_is_the_newest_instant_of_every_point_however_it_arrived(opened: Any) -> None:
    assert dict(opened.store.latest()) == {}
    opened.store.put(batch((1, T0 + 9, 1.0), (2, T0, 1.0)))
    opened.store.put(batch((1, T0 + 3, 1.0), (7, T0 - 900 * DAY_US, 1.0), (2, T0 + 1, 2.0)))
    expected = {1: T0 + 9, 2: T0 + 1, 7: T0 - 900 * DAY_US}
    assert dict(opened.store.latest()) == expected
    assert dict(opened.reopen().latest()) == expected


def test_nothing_known_is_an_empty_answer(store: Any) -> None:
    store.put(batch())
    for found in (store.read([1, 2], DAY), store.read([], DAY), store.around([1, 2], DAY), store.around([], DAY)):
        assert len(found) == 0
        assert found.point.dtype == np.int64
        assert found.quality.dtype == np.uint8
    store.put(batch((3, T0, 1.0)))
    assert len(store.read([1, 2], DAY)) == 0
    assert len(store.read([3], Interval(T0 + 1, T0 + 1))) == 0


def test_a_thousand_points_are_answered_whole(store: Any) -> None:
    n = 24
    point, at = np.tile(np.arange(1, 1001), n), np.repeat(T0 + np.arange(n) * HOUR_US, 1000)
    value = np.arange(len(point)) / 7
    store.put(ReadingBatch(point, at, value, np.zeros(len(point), dtype=np.uint8), np.ones(len(point), dtype=np.int64), at))
    found = store.read(range(1, 1001), DAY)
    order = np.lexsort((at, point))
    assert found.point.tolist() == point[order].tolist()
    assert found.value.tolist() == value[order].tolist()
    edges = store.around(range(1, 1001), Interval(T0 + HOUR_US, T0 + 2 * HOUR_US))
    assert len(edges) == 3000


def test_what_was_put_is_there_after_a_restart(opened: Any) -> None:
    opened.store.put(batch((1, T0, 2.0), (2, T0, 3.0)))
    assert rows(opened.reopen().read([1, 2], DAY)) == [(1, T0, 2.0), (2, T0, 3.0)]


def test_threads_write_and_read_at_once(store: Any) -> None:
    failures: list[BaseException] = []

    def write(worker: int) -> None:
        for k in range(20):
            store.put(batch(*((worker, T0 + (k * 50 + i) * 1000, float(i)) for i in range(50))))

    def read() -> None:
        for _ in range(20):
            found = store.read([1, 2, 3], DAY)
            assert len(found) % 50 == 0, "a put is seen whole or not at all"
            store.latest()

    def guarded(run: Any, *of: int) -> None:
        try:
            run(*of)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(write, w)) for w in (1, 2, 3)] + [
        threading.Thread(target=guarded, args=(read,)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(store.read([1, 2, 3], DAY)) == 3000
