"""What people decided, by hand-worked answers: jumps over a change of the multiplier, substitutes that meet."""

import numpy as np
import pytest

from tests.settle.conftest import START, make_batch, make_point
from tricolor.analysis.parked import bare_steps, parked_of
from tricolor.analysis.settle import settle
from tricolor.domain.decided import Confirmed, Substitute
from tricolor.domain.energy import CellFlag
from tricolor.domain.exchanges import MeterFacts, MultiplierChange
from tricolor.domain.intervals import CELL_US, HOUR_US, Interval
from tricolor.domain.meters import PointKind

AT = START + np.arange(5) * HOUR_US
LEAPT = make_batch(AT, [100.0, 101.0, 1001.0, 1002.0, 1003.0])  # 900 in the second hour, where 40 may be
CHANGE = MultiplierChange(1, START + HOUR_US + CELL_US, 40.0)  # a quarter into that hour; two hours of 1 are left after it


def total(facts: MeterFacts) -> float:
    return float(np.nansum(settle({1: make_point(1, max_rate=40.0)}, LEAPT, facts).amount))


@pytest.mark.parametrize(
    ("confirmed", "expected"),
    [
        ([], 1 + 2 * 40),
        ([Confirmed(1, START + HOUR_US, START + 2 * HOUR_US, 900.0)], 1 + 225 + 675 * 40 + 2 * 40),
        ([Confirmed(1, START + HOUR_US, START + 2 * HOUR_US, 900.0, 50.0)], 1 + 50 + 2 * 40),  # as the person states it, multiplier and all
        ([Confirmed(1, START + HOUR_US, START + 2 * HOUR_US, 899.0)], 1 + 2 * 40),  # that was another jump
    ],
)
def test_a_confirmed_jump_over_a_change_of_the_multiplier(confirmed, expected):
    assert total(MeterFacts.of((), [CHANGE], confirmed)) == pytest.approx(expected)


def test_a_parked_step_that_a_multiplier_cuts_is_one_question_with_the_amount_of_both_parts():
    point, facts = make_point(1, max_rate=40.0), MeterFacts.of((), [CHANGE])
    (found,) = parked_of(point, LEAPT, facts, bare_steps(point, LEAPT, facts), Interval(START, START + 5 * HOUR_US))
    assert (found.start, found.end, found.jump, found.amount) == (START + HOUR_US, START + 2 * HOUR_US, 900.0, 225 + 675 * 40)


def test_a_parked_step_across_a_multiplier_is_not_flagged_as_estimated():
    cells = settle({1: make_point(1, max_rate=40.0)}, LEAPT, MeterFacts.of((), [CHANGE]))
    assert set(cells.flag[4:8].tolist()) == {int(CellFlag.OPEN)}


def test_substitutes_side_by_side_each_share_their_own_amount():
    given = [Substitute(1, START, START + 2 * CELL_US, 6.0), Substitute(1, START + 2 * CELL_US, START + 3 * CELL_US, 1.0)]
    cells = settle({1: make_point(1)}, make_batch([], []), MeterFacts.of(substitutes=given))
    assert cells.amount.tolist() == [3.0, 3.0, 1.0]
    assert cells.start.tolist() == [START, START + CELL_US, START + 2 * CELL_US]


def test_a_gauge_of_a_state_takes_no_substitute():
    given = MeterFacts.of(substitutes=[Substitute(1, START, START + CELL_US, 6.0)])
    assert len(settle({1: make_point(1, PointKind.GAUGE, "°C")}, make_batch([], []), given)) == 0
