"""Faults put on purpose: each does what its name says, to the chosen readings only, and the same ones however the run is cut."""

import numpy as np
import pytest

from simulators.faults import KINDS, dip, duplicate, fault_of, gap, reorder, spike, swap, victims

AT = np.arange(6, dtype=np.int64) * 900_000_000
VALUE = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
HIT = np.array([False, True, False, False, True, False])


@pytest.mark.parametrize(
    ("fault", "at", "value"),
    [
        (dip, [0, 1, 2, 3, 4, 5], [1, 0, 3, 4, 0, 6]),
        (spike, [0, 1, 2, 3, 4, 5], [1, 21, 3, 4, 51, 6]),  # ten times and one
        (swap, [0, 1, 2, 3, 4, 5], [1, 3, 2, 4, 6, 5]),
        (gap, [0, 2, 3, 5], [1, 3, 4, 6]),
        (duplicate, [0, 1, 1, 2, 3, 4, 4, 5], [1, 2, 2, 3, 4, 5, 5, 6]),
        (reorder, [0, 2, 3, 5, 1, 4], [1, 3, 4, 6, 2, 5]),
    ],
)
def test_a_fault_hits_the_chosen_readings(fault, at, value) -> None:  # type: ignore[no-untyped-def]
    before = VALUE.copy()
    got_at, got_value = fault(AT, VALUE, HIT)
    assert (got_at // 900_000_000).tolist() == at
    assert got_value.tolist() == value
    assert (before == VALUE).all()  # the meter itself stays as it is


def test_victims_are_a_share_of_all_and_do_not_depend_on_the_cut() -> None:
    at = np.arange(100_000, dtype=np.int64) * 900_000_000
    hit = victims(at, 1, 0.02)
    assert hit.mean() == pytest.approx(0.02, abs=0.002)
    assert np.array_equal(np.concatenate([victims(at[:777], 1, 0.02), victims(at[777:], 1, 0.02)]), hit)


def test_a_gap_lasts_its_run() -> None:
    at = np.arange(100_000, dtype=np.int64) * 900_000_000
    hit = victims(at[:99_996], 1, 0.02, run_min=180).reshape(-1, 12)  # 180 min are 12 quarters, all or none
    assert set(hit.sum(axis=1).tolist()) == {0, 12}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for_by_name(kind: str) -> None:
    point, fault = fault_of(f"{kind}:a.elec", 1)
    at = np.arange(2_000, dtype=np.int64) * 900_000_000
    value = np.arange(2_000, dtype=np.float64) + 1
    got = fault(at, value)
    assert point == "a.elec"
    assert not (np.array_equal(got[0], at) and np.array_equal(got[1], value))
    assert fault(at[:0], value[:0])[0].size == 0


@pytest.mark.parametrize("text", ["dip", "dip:", "melt:a.elec", ""])
def test_an_unknown_fault_is_told_the_kinds(text: str) -> None:
    with pytest.raises(ValueError, match="dip, spike, swap, gap, duplicate, reorder"):
        fault_of(text, 1)
