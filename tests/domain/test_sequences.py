"""Message numbers: a jump is a gap, what comes later fills it, a small new number begins anew."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.sequences import MAX_GAPS, Numbering, noted


def after(*runs: tuple[int, int, bool]) -> Numbering:
    return noted(Numbering(), runs)


def test_numbers_without_a_jump_miss_nothing() -> None:
    assert after((7, 20, True), (21, 21, True)) == Numbering(21)


def test_a_jump_is_a_gap_and_what_comes_later_fills_it() -> None:
    gap = after((1, 3, True), (8, 9, True))
    assert (gap.gaps, gap.missing) == (((4, 7),), 4)
    part = noted(gap, [(5, 6, True)])
    assert (part.gaps, part.missing, part.filled) == (((4, 4), (7, 7)), 2, 2)
    assert noted(part, [(1, 9, False)]) == Numbering(9, (), 0, 4)


def test_a_message_sent_again_is_no_restart() -> None:
    assert after((1, 100, True), (1, 60, False), (101, 101, True)) == Numbering(101)


def test_a_small_number_with_new_readings_begins_anew_and_what_was_missing_stays_missing() -> None:
    known = after((1, 100, True), (104, 110, True), (1, 5, True), (7, 7, True))
    assert (known.high, known.restarts, known.gaps, known.missing) == (7, 1, ((6, 6),), 4)  # 101 to 103 of the first, 6 of the second


def test_a_large_number_with_a_new_reading_is_a_late_delivery_of_another_worker() -> None:
    assert after((1, 1_000, True), (990, 995, True)).restarts == 0


def test_another_numbering_is_not_a_gap_of_millions() -> None:
    known = after((1, 10, True), (1_700_000_000, 1_700_000_001, True))
    assert (known.missing, known.restarts, known.high) == (0, 1, 1_700_000_001)


def test_the_memory_is_bounded_and_the_count_is_kept() -> None:
    known = noted(Numbering(), [(2 * n, 2 * n, True) for n in range(MAX_GAPS + 501)])
    assert len(known.gaps) == MAX_GAPS
    assert known.missing == MAX_GAPS + 500


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_whatever_order_numbers_come_in_none_is_missing_at_the_end(count: int, seed: int) -> None:
    numbers = list(range(100, 100 + count))  # far from the small numbers that begin anew
    random.Random(seed).shuffle(numbers)
    numbers.sort(key=lambda n: n != 100)  # the first known number comes first
    assert noted(Numbering(), [(n, n, True) for n in numbers]) == Numbering(99 + count, (), 0, sum(_late(numbers)))


def _late(numbers: list[int]) -> list[bool]:
    high = -1
    late = []
    for n in numbers:
        late.append(n < high)
        high = max(high, n)
    return late


@given(st.lists(st.integers(50, 90), min_size=1, max_size=80))
def test_missing_is_what_lies_between_and_was_not_seen(numbers: list[int]) -> None:
    known = noted(Numbering(), [(n, n, False) for n in numbers])
    seen = set(numbers)
    assert known.missing == len([n for n in range(numbers[0], max(numbers)) if n not in seen])
