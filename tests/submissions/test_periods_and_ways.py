"""Periods written 2026-10, 2026-Q3, 2026; the way from baseline to target."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.intervals import parse_us
from tricolor.domain.periods import Period, last_over, over_in_year, period_at, period_of
from tricolor.domain.submissions import PeriodKind, is_reached
from tricolor.domain.targets import required_reduction
from tricolor.domain.ways import Way

periods = st.one_of(
    st.builds(Period, st.just(PeriodKind.MONTH), st.integers(1993, 2098), st.integers(1, 12)),
    st.builds(Period, st.just(PeriodKind.QUARTER), st.integers(1993, 2098), st.integers(1, 4)),
    st.builds(Period, st.just(PeriodKind.YEAR), st.integers(1993, 2098)),
)


@given(periods)
def test_a_period_reads_back_as_it_is_written(period):
    assert period_of(str(period)) == period


@given(periods)
def test_the_next_period_begins_where_one_ends_and_going_back_returns(period):
    following = period.shifted(1)
    assert following.span.start == period.span.end
    assert following.shifted(-1) == period


@given(periods)
def test_months_tile_a_period_and_its_parts_tile_it_too(period):
    assert period_of(period.months[0]).span.start == period.span.start
    assert period_of(period.months[-1]).span.end == period.span.end
    assert sum(period_of(m).span.length_us for m in period.months) == period.span.length_us
    assert [m for part in period.parts(PeriodKind.MONTH) for m in part.months] == list(period.months)


@given(periods)
def test_the_instant_inside_finds_its_period_and_it_is_over_at_its_end(period):
    assert period_at(period.kind, period.span.start) == period == period_at(period.kind, period.span.end - 1)
    assert period.is_over(period.span.end) and not period.is_over(period.span.end - 1)
    assert last_over(period.kind, period.span.end) == period


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-Q5", "2026-1", "26", "2026-10 ", "", "1991", "2100", "２０２６", "2026Q1"])
def test_what_is_no_period_is_refused_in_both_languages(text):
    with pytest.raises(ValueError, match=" · "):
        period_of(text)


def test_the_quarters_that_are_over_in_november_are_three():
    now = parse_us("2026-11-20T12:00:00+08:00")
    assert [str(p) for p in over_in_year(PeriodKind.QUARTER, 2026, now)] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert str(period_of("2026-Q3").year_before()) == "2025-Q3" and period_of("2026-Q3").months == ("2026-07", "2026-08", "2026-09")


def test_words_of_a_goal_say_yes_no_or_nothing():
    assert is_reached("达到，全部完成") is True and is_reached("未达到") is False and is_reached("not reached") is False
    assert is_reached("推进中") is None and is_reached("") is None and is_reached("全覆盖") is True


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


@given(numbers, numbers, st.integers(1, 10), st.sampled_from(["linear", "compound", "stepped"]))
def test_a_way_begins_at_the_baseline_and_ends_at_the_target(start, target, years, path):
    way = Way(start, target, float(years), path, target >= start)
    assert way.required(0.0) == pytest.approx(start)
    assert way.required(float(years)) == target == way.required(years + 3.0)


@given(numbers, numbers, st.integers(1, 10), st.sampled_from(["linear", "compound", "stepped"]), st.floats(0, 12), st.floats(0, 12))
def test_a_way_never_turns_back(start, target, years, path, one, other):
    way, size = Way(start, target, float(years), path, target >= start), 1e-6 * max(1.0, abs(start), abs(target))
    first, second = way.required(min(one, other)), way.required(max(one, other))
    assert first <= second + size if target >= start else first >= second - size


def test_linear_compound_and_stepped_worked_by_hand():
    # from 50 to 100 in five years; after two: 50 + 2/5 of 50 = 70; 50 * 2^(2/5) = 65.975...; stepped: still the 50
    assert Way(50, 100, 5, "linear", True).required(2) == 70
    assert Way(50, 100, 5, "compound", True).required(2) == pytest.approx(50 * 2**0.4)
    assert Way(50, 100, 5, "stepped", True).required(2) == 50
    assert Way(50, 100, 5, "stepped", True).required(4) == 50 and Way(50, 100, 5, "stepped", True).required(4.25) == 100
    assert Way(-10, 10, 5, "compound", True).required(2) == -2  # no ratio joins them: equal steps


def test_falls_and_rises_in_percent_compound_as_the_rule_pace_asks_it():
    # 20 % in five years is 4.3648 % a year; 12.5 % asks 2.6353 % of the first; a rise of 20 % asks 3.7137 %; amounts go in equal steps
    assert Way(0, 20, 5, "compound", True, of_base=-1).required(1) == pytest.approx(4.3648, abs=5e-5)
    assert Way(0, 12.5, 5, "compound", True, of_base=-1).required(1) == pytest.approx(100 * required_reduction(0.125, 1, 5))
    assert Way(0, 20, 5, "compound", True, of_base=1).required(1) == pytest.approx(3.7137, abs=5e-5)
    assert Way(0, 20, 5, "compound", True).required(1) == Way(0, 100, 5, "compound", True, of_base=-1).required(1) / 5 == 4


def test_the_gap_is_the_missing_share_of_the_change():
    way = Way(50, 100, 5, "linear", True)  # 70 after two years, 20 of change
    assert way.gap(68, 2) == pytest.approx(0.1)  # 2 of 20
    assert way.gap(75, 2) == 0
    flat = Way(40, 40, 5, "linear", False)  # nothing has to change: share of the required value
    assert flat.gap(44, 3) == pytest.approx(0.1)
    assert math.isinf(Way(0, 0, 5, "linear", False).gap(1, 3)) and Way(0, 0, 5, "linear", False).gap(0, 3) == 0


def test_where_the_target_itself_is_not_enough_it_must_be_passed_at_the_end():
    strict = Way(50, 100, 5, "linear", True, is_inclusive=False)
    assert strict.is_met(70, 2) and not strict.is_met(100, 5) and strict.is_met(100.1, 5)
    assert Way(50, 100, 5, "linear", True).is_met(100, 5)
