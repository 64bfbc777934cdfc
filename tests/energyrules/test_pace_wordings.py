"""Both official wordings of the warning, at their boundaries. NDRC publishes labels without figures (first half of 2021), so the cases are by hand.

Required T = 4 % throughout, so that a reduction A completes A/4 % and misses 1 − A/4 %.
"""

from dataclasses import replace

import pytest

from alerting.rules.pace import Thresholds, light_of
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.lights import Light
from tricolor.domain.targets import annual_rate, cumulative_reduction, progress

QUARTER = Thresholds(**{row.name: row.settled(row.value) for row in defaults("pace").values()})  # type: ignore[arg-type]
HALF_YEAR = replace(QUARTER, red_gap=1.0)  # 发改办环资〔2021〕629号: rose is red, fell but missed is yellow however far
COLOURS = replace(QUARTER, scheme="completion")
G, Y, ORANGE, R = Light.GREEN, Light.YELLOW, Light.ORANGE, Light.RED

CASES = [  # A, first quarter of 2021, first half of 2021, four colours
    (0.0500, G, G, G),  # 125 %
    (0.0400, G, G, G),  # 100 %: met
    (0.0399, Y, Y, Y),  # 99.75 %, gap 0.25 %
    (0.0360, Y, Y, Y),  # exactly 90 %, gap exactly 10 %
    (0.0359, R, Y, ORANGE),  # 89.75 %, gap 10.25 %
    (0.0240, R, Y, ORANGE),  # 60 %: the contradiction of STANDARDS §1.1
    (0.0201, R, Y, ORANGE),  # 50.25 %
    (0.0200, R, Y, R),  # exactly 50 %
    (0.0001, R, Y, R),  # 0.25 %: it fell
    (0.0000, R, Y, R),  # stood still: neither fell nor rose, gap exactly 100 %
    (-0.0001, R, R, R),  # 不降反升
    (-0.0500, R, R, R),
]


@pytest.mark.parametrize(("achieved", "quarter", "half", "colours"), CASES)
def test_each_wording_gives_its_own_light(achieved: float, quarter: Light, half: Light, colours: Light) -> None:
    assert [light_of(achieved, 0.04, at) for at in (QUARTER, HALF_YEAR, COLOURS)] == [quarter, half, colours]


@pytest.mark.parametrize("required", [0.0230372, 0.1, 0.3, 1 / 3, 0.0279])
def test_shares_without_an_exact_binary_form_stay_on_their_side(required: float) -> None:
    assert light_of(required * 0.9, required, QUARTER) is Y and light_of(required * 0.8999, required, QUARTER) is R
    assert light_of(required * 0.9, required, COLOURS) is Y and light_of(required * 0.5, required, COLOURS) is R
    assert light_of(required * 0.5001, required, COLOURS) is ORANGE


@pytest.mark.parametrize("at", [QUARTER, HALF_YEAR, COLOURS])
def test_where_nothing_has_to_fall_there_is_no_share_and_a_rise_beyond_what_is_allowed_is_red(at: Thresholds) -> None:
    assert light_of(0.0, 0.0, at) is G and light_of(0.01, 0.0, at) is G
    assert light_of(-0.001, 0.0, at) is R
    assert light_of(-0.010, -0.010, at) is G  # may rise by 1 %, and did
    assert light_of(-0.011, -0.010, at) is R
    assert light_of(-0.011, -0.010, replace(at, red_on_rise=False)) is Y


def test_the_worked_oracles_of_the_statistics_bureau() -> None:
    # STANDARDS §7.1: −1.51 %, +2.20 %, +4.18 % against 17 %: P = 26.8 %; 20 % in five years is 4.3648 % a year
    assert progress(cumulative_reduction((-0.0151, 0.0220, 0.0418)), 0.17) == pytest.approx(0.26811, abs=5e-6)
    assert annual_rate(0.20) == pytest.approx(0.043648, abs=5e-7)
