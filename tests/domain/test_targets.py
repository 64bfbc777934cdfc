"""Pace arithmetic: the published oracles, and laws that hold for every plan."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.targets import annual_rate, cumulative_reduction, gap_share, progress, remaining_annual_need, required_reduction

targets = st.floats(0.001, 0.9)
rates = st.lists(st.floats(-0.3, 0.5), max_size=10)
years = st.integers(1, 10)


def test_the_oracle_of_2006_to_2008() -> None:
    """-1.51 %, 2.20 %, 4.18 % against 17 %: 1.0151 × 0.978 × 0.9582 = 0.95127, so 4.87 %; ln 0.95127 / ln 0.83 = 26.811 %;
    the last two years each 1 - (0.83 / 0.95127)^(1/2) = 6.59 %; schedule 1 - 0.83^(1/5) = 3.66 %."""
    reduction = cumulative_reduction([-0.0151, 0.0220, 0.0418])
    assert reduction == pytest.approx(0.0487, abs=5e-5)
    assert progress(reduction, 0.17) == pytest.approx(0.26811, abs=5e-6)
    assert remaining_annual_need(reduction, 0.17, 3) == pytest.approx(0.0659, abs=5e-5)
    assert annual_rate(0.17) == pytest.approx(0.0366, abs=5e-5)
    assert 1 - (1 - 0.17) / (1 - reduction) == pytest.approx(0.1275, abs=5e-5)


@pytest.mark.parametrize(("target", "rate"), [(0.20, 0.043648), (0.13, 0.02747), (0.135, 0.02859), (0.145, 0.03085), (0.15, 0.03198)])
def test_yearly_rates_of_five_year_targets(target: float, rate: float) -> None:
    assert annual_rate(target) == pytest.approx(rate, abs=5e-6)


def test_the_yearly_targets_that_were_said_to_make_20_percent() -> None:
    assert cumulative_reduction([0.04, 0.041, 0.042, 0.045, 0.05]) == pytest.approx(0.1998, abs=5e-4)


def test_the_city_by_the_end_of_its_second_year() -> None:
    # 12.5 % over five years: 1 - exp(0.4 × ln 0.875) = 1 - exp(-0.0534126) = 0.0520112; nine tenths of it is 0.0468101
    assert required_reduction(0.125, 2) == pytest.approx(0.0520112, abs=5e-8)
    assert gap_share(0.0468101, required_reduction(0.125, 2)) == pytest.approx(0.10, abs=1e-6)


def test_no_year_has_passed_yet() -> None:
    assert cumulative_reduction([]) == 0
    assert progress(0, 0.145) == 0
    assert remaining_annual_need(0, 0.145, 0) == pytest.approx(annual_rate(0.145))


@pytest.mark.parametrize("target", [0, -0.1, 1, 1.5, 12.5, math.nan, math.inf])
def test_a_target_that_is_no_fraction_is_refused(target: float) -> None:
    for call in (
        lambda: annual_rate(target),
        lambda: required_reduction(target, 1),
        lambda: progress(0.01, target),
        lambda: remaining_annual_need(0.01, target, 1),
        lambda: gap_share(0.01, target),
    ):
        with pytest.raises(ValueError, match="between 0 and 1"):
            call()


@pytest.mark.parametrize("value", [1, 1.2, math.nan, math.inf, -math.inf])
def test_a_reduction_that_leaves_no_energy_is_refused(value: float) -> None:
    for call in (
        lambda: cumulative_reduction([0.01, value]),
        lambda: progress(value, 0.1),
        lambda: remaining_annual_need(value, 0.1, 1),
        lambda: gap_share(value, 0.1),
    ):
        with pytest.raises(ValueError, match="below 1"):
            call()


@pytest.mark.parametrize("n", [0, -1, 5.5, math.nan])
def test_a_year_outside_the_plan_is_refused(n: float) -> None:
    with pytest.raises(ValueError, match="plan year"):
        required_reduction(0.1, n)


@pytest.mark.parametrize("n", [5, 6, -1, math.nan])
def test_nothing_can_be_brought_when_no_year_is_left(n: float) -> None:
    with pytest.raises(ValueError, match="none is left"):
        remaining_annual_need(0.05, 0.1, n)


@pytest.mark.parametrize("count", [0, -5, math.nan, math.inf])
def test_a_plan_without_years_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="no pace"):
        annual_rate(0.1, count)


@given(targets, years)
def test_the_yearly_rate_compounds_to_the_target(target: float, count: int) -> None:
    assert cumulative_reduction([annual_rate(target, count)] * count) == pytest.approx(target)


@given(targets, years)
def test_the_last_year_requires_the_whole_target_and_more_each_year(target: float, count: int) -> None:
    required = [required_reduction(target, n, count) for n in range(1, count + 1)]
    assert required[-1] == pytest.approx(target)
    assert required == sorted(required)


@given(targets, st.integers(1, 5))
def test_on_schedule_is_n_fifths_of_the_way(target: float, n: int) -> None:
    assert progress(required_reduction(target, n), target) == pytest.approx(n / 5)


@given(rates, targets, st.integers(0, 4))
def test_what_remains_ends_at_the_target(past: list[float], target: float, n: int) -> None:
    reduction = cumulative_reduction(past)
    need = remaining_annual_need(reduction, target, n)
    whole = 1 - (1 - reduction) * (1 - need) ** (5 - n)
    assert whole == pytest.approx(target, abs=1e-9)


@given(rates, st.randoms(use_true_random=False))
def test_the_order_of_the_years_does_not_matter(past: list[float], random: object) -> None:
    shuffled = list(past)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cumulative_reduction(shuffled) == pytest.approx(cumulative_reduction(past), abs=1e-12)


@given(rates, rates, targets)
def test_progress_adds_over_years(first: list[float], second: list[float], target: float) -> None:
    parts = progress(cumulative_reduction(first), target) + progress(cumulative_reduction(second), target)
    assert progress(cumulative_reduction(first + second), target) == pytest.approx(parts, abs=1e-6)


@given(st.floats(-0.5, 0.9), targets)
def test_the_gap_says_whether_the_requirement_is_met(reduction: float, required: float) -> None:
    assert (gap_share(reduction, required) <= 0) == (reduction >= required)
