"""The contract of EnergyStore, over the memory fake, DuckDB and a real InfluxDB 1.6.7."""

from typing import Any

import numpy as np
import pytest

from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US, Interval, parse_us

T0 = parse_us("2026-11-20T08:00:00+08:00")
NAN = float("nan")


def at(k: int) -> int:
    return T0 + k * CELL_US


def span(first: int, beyond: int) -> Interval:
    return Interval(at(first), at(beyond))


def cells(*rows: tuple[int, int, float]) -> EnergyCells:
    """Rows of (point, number of the cell, amount)."""
    n = len(rows)
    return EnergyCells(
        np.array([r[0] for r in rows], dtype=np.int64), np.array([at(r[1]) for r in rows], dtype=np.int64), np.array([r[2] for r in rows], dtype=float),
        np.full(n, CELL_US, dtype=np.int64), np.zeros(n, dtype=np.uint8),
    )  # fmt: skip


def rows(found: EnergyCells) -> list[tuple[int, int, float]]:
    return [(p, (s - T0) // CELL_US, a) for p, s, a in zip(found.point.tolist(), found.start.tolist(), found.amount.tolist(), strict=True)]


def test_cells_are_read_back_exactly_in_order(opened: Any) -> None:
    put = EnergyCells(
        np.array([2, 1, 1, 1]), np.array([at(0), at(1), at(0), at(2)]), np.array([0.1, NAN, 1 / 3, NAN]),
        np.array([CELL_US, 0, 123_457, 5]), np.array([0, CellFlag.OPEN, CellFlag.ESTIMATED | CellFlag.DIP, CellFlag.SUSPECT], dtype=np.uint8),
    )  # fmt: skip
    opened.store.replace([(1, span(0, 4)), (2, span(0, 4))], put)
    for find in (lambda: opened.store, opened.reopen):
        got = find().cells([2, 1], span(0, 4))
        assert got.point.tolist() == [1, 1, 1, 2]
        assert got.start.tolist() == [at(0), at(1), at(2), at(0)]
        assert np.array_equal(got.amount, np.array([1 / 3, NAN, NAN, 0.1]), equal_nan=True)
        assert got.covered_us.tolist() == [123_457, 0, 5, CELL_US]
        assert got.flag.tolist() == [5, 8, 64, 0]
        assert (got.flag.dtype, got.covered_us.dtype) == (np.uint8, np.int64)


def test_the_span_is_half_open(store: Any) -> None:
    store.replace([(1, span(0, 4))], cells((1, 0, 1.0), (1, 1, 2.0), (1, 2, 3.0), (1, 3, 4.0)))
    assert rows(store.cells([1], span(1, 3))) == [(1, 1, 2.0), (1, 2, 3.0)]


def test_replace_removes_what_is_gone_and_nothing_else(store: Any) -> None:
    store.replace([(1, span(0, 5)), (2, span(0, 5))], cells(*((p, k, 10.0 * p + k) for p in (1, 2) for k in range(5))))
    store.replace([(1, span(1, 4)), (2, span(4, 5))], cells((1, 2, 99.0)))
    assert rows(store.cells([1, 2], span(0, 9))) == [(1, 0, 10.0), (1, 2, 99.0), (1, 4, 14.0), (2, 0, 20.0), (2, 1, 21.0), (2, 2, 22.0), (2, 3, 23.0)]


def test_a_cell_that_was_taken_away_can_come_back(opened: Any) -> None:
    opened.store.replace([(1, span(0, 2))], cells((1, 0, 1.0), (1, 1, 2.0)))
    opened.store.replace([(1, span(0, 2))], EnergyCells.empty())
    assert rows(opened.store.cells([1], span(0, 2))) == []
    opened.store.replace([(1, span(0, 2))], cells((1, 1, 3.0)))
    assert rows(opened.reopen().cells([1], span(0, 2))) == [(1, 1, 3.0)]


def test_replacing_twice_changes_nothing(store: Any) -> None:
    for _ in range(2):
        store.replace([(1, span(0, 3))], cells((1, 0, 1.0), (1, 2, 2.0)))
    assert rows(store.cells([1], span(0, 3))) == [(1, 0, 1.0), (1, 2, 2.0)]


def test_overlapping_and_touching_spans_of_one_point_are_one(store: Any) -> None:
    store.replace([(1, span(0, 6))], cells(*((1, k, 1.0) for k in range(6))))
    store.replace([(1, span(2, 4)), (1, span(1, 3)), (1, span(4, 5)), (1, span(5, 5))], cells((1, 2, 7.0), (1, 4, 8.0)))
    assert rows(store.cells([1], span(0, 6))) == [(1, 0, 1.0), (1, 2, 7.0), (1, 4, 8.0), (1, 5, 1.0)]


@pytest.mark.parametrize(
    "stray",
    [cells((1, 2, 1.0)), cells((2, 0, 1.0)), cells((1, -1, 1.0)), cells((1, 0, 1.0), (1, 0, 2.0))],
    ids=["after", "other point", "before", "twice"],
)
def test_a_cell_outside_the_spans_or_given_twice_is_refused_and_nothing_is_done(store: Any, stray: EnergyCells) -> None:
    store.replace([(1, span(0, 2))], cells((1, 0, 5.0)))
    with pytest.raises(ValueError, match=r"outside|same start"):
        store.replace([(1, span(0, 2))], stray)
    with pytest.raises(ValueError, match="no span"):
        store.replace([], stray)
    assert rows(store.cells([1], span(0, 2))) == [(1, 0, 5.0)]


def test_nothing_to_do_and_nothing_known(store: Any) -> None:
    store.replace([], EnergyCells.empty())
    assert len(store.cells([1, 2], span(0, 9))) == 0
    assert len(store.cells([], span(0, 9))) == 0
    store.replace([(1, span(0, 1))], cells((1, 0, 1.0)))
    assert len(store.cells([2], span(0, 9))) == 0


def test_many_points_and_months_settle_in_one_call(store: Any) -> None:
    n = 96
    point, start = np.repeat(np.arange(1, 501), n), np.tile(T0 + np.arange(n) * CELL_US, 500)
    put = EnergyCells(point, start, np.arange(len(point)) / 3, np.full(len(point), CELL_US), np.zeros(len(point), dtype=np.uint8))
    for _ in range(2):
        store.replace([(p, span(0, n)) for p in range(1, 501)], put)
    got = store.cells(range(1, 501), span(0, n))
    assert got.point.tolist() == point.tolist()
    assert got.start.tolist() == start.tolist()
    assert got.amount.tolist() == put.amount.tolist()
