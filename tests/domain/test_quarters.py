"""The calendar quarter of Asia/Shanghai as a step: worked by hand."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tricolor.analysis.rollup import roll_up
from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import CELL_US, Interval, Step, iso, local_midnight, step_edges

YEAR = Interval(local_midnight(date(2026, 1, 1)), local_midnight(date(2027, 1, 1)))


def test_a_quarter_begins_at_midnight_in_shanghai_on_the_first_of_january_april_july_and_october():
    span = Interval(local_midnight(date(2025, 11, 15)), local_midnight(date(2026, 8, 2)))
    found = [iso(int(edge))[:16] for edge in step_edges(span, Step.QUARTER_YEAR)]
    # midnight of the first of January in Shanghai is 16:00 UTC of New Year's Eve: 1 767 225 600 s - 8 h
    assert int(step_edges(span, Step.QUARTER_YEAR)[1]) == (1_767_225_600 - 8 * 3_600) * 1_000_000
    # from the middle of Q4 2025 to the second day of Q3 2026
    assert found == ["2025-11-15T00:00", "2026-01-01T00:00", "2026-04-01T00:00", "2026-07-01T00:00", "2026-08-02T00:00"]


def test_the_quarters_of_2026_have_90_91_92_and_92_days_of_cells():
    start = np.arange(YEAR.start, YEAR.end, CELL_US, dtype=np.int64)
    count = len(start)
    cells = EnergyCells(np.ones(count, np.int64), start, np.ones(count), np.full(count, CELL_US), np.zeros(count, np.uint8))
    # 96 cells a day, 1 each: 90 x 96 = 8640, 91 x 96 = 8736, 92 x 96 = 8832 twice
    assert [step.amount for step in roll_up(cells, YEAR, Step.QUARTER_YEAR)] == [8640, 8736, 8832, 8832]


@given(st.integers(0, 3 * 365), st.integers(1, 3 * 365))
def test_every_edge_of_a_quarter_is_an_edge_of_a_month_and_every_edge_of_a_year_one_of_a_quarter(first, days):
    start = YEAR.start + first * 96 * CELL_US
    span = Interval(start, start + days * 96 * CELL_US)
    months, quarters, years = (set(step_edges(span, s).tolist()) for s in (Step.MONTH, Step.QUARTER_YEAR, Step.YEAR))
    assert years <= quarters <= months
