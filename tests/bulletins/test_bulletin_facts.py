"""Facts of a bulletin of a small town, worked by hand, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.bulletin_facts import gather, period_zh
from alerting.bulletin_sources import Sources, is_closed
from tests.alerting.conftest import Town
from tests.bulletins.conftest import MADE_AT, Past
from tricolor.domain.bulletins import BulletinFacts, Cause, Mover, UnitLine, counted_zh, median
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.frozen_json import frozen, thawed
from tricolor.domain.intervals import MINUTE_US, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import Budget
from tricolor.ports_bulletins import AlertLife
from tricolor.ports_judging import Word

OCTOBER = period_of("2026-10")


def test_the_lines_say_what_a_hand_works_out(sources: Sources) -> None:
    facts = gather(sources, "town", OCTOBER, MADE_AT)
    assert [u.id for u in facts.units] == ["town", "north", "south", "mill"]
    north = facts.units[1]
    # 1 100 ÷ 1 120 against 1 000 ÷ 1 000: down 1.7857 %; asked for 1 − 0.89^(1/5) = 2.3037 %: 22.5 % of it is missing, red
    assert (north.light, north.rule, north.indicator) == (Light.RED, "pace", "basic")
    assert north.reduction == pytest.approx(1 - 1100 / 1120)
    assert north.required == pytest.approx(1 - 0.89 ** (1 / 5))
    assert (north.tce, north.before_tce) == (pytest.approx(1_100), pytest.approx(1_000))
    assert (north.year_tce, north.year_before_tce) == (pytest.approx(11_000), pytest.approx(10_000))
    assert facts.own.tce == pytest.approx(1_100)
    assert facts.months[0] == ("2026-01", pytest.approx(1_100), pytest.approx(1_000))


def test_energy_of_later_months_does_not_count_in_a_budget_of_then(sources: Sources, mill_town: Town) -> None:
    budget = Budget("mill", 2026, 13_200.0, tuple([1 / 12] * 12), "预算1号", "tester", 1, MADE_AT)

    class Budgets:
        def changes(self, _since: int) -> tuple[int, frozenset[str]]:
            return 1, frozenset({"mill"})

        def current(self, _entities: object) -> list[Budget]:
            return [budget]

    mill_town.use("mill", "2026-11", 1_000.0)  # the bulletin is made while November runs
    sources = replace(sources, books=replace(sources.books, budgets=Budgets()))
    mill = next(u for u in gather(sources, "town", OCTOBER, MADE_AT).units if u.id == "mill")
    # ten months of 1 100 of 13 200: five sixths, and ten twelfths are due
    assert (mill.budget_used, mill.budget_due) == (pytest.approx(10 / 12), pytest.approx(10 / 12))


def test_a_mover_is_explained_by_its_carrier_and_its_product(sources: Sources) -> None:
    (mill,) = gather(sources, "town", OCTOBER, MADE_AT).risers
    assert (mill.id, mill.delta_tce, mill.share) == ("mill", pytest.approx(100), pytest.approx(0.1))
    carrier, product = mill.causes
    assert (carrier.kind, carrier.name, carrier.tce) == ("carrier", "电力", pytest.approx(100))
    assert (product.kind, product.now, product.before) == ("product", 1_500, 1_200)


def test_what_the_ledger_said_of_the_period_comes_before_judging_again(sources: Sources, past: Past) -> None:
    said = Verdict("north", "pace", "basic", "2026-01..2026-10", Light.YELLOW, 2.2, 2.3037, "%", "当时的话", "said then", 1.0)
    past.closed.append(Word(7, said, MADE_AT, MADE_AT, MADE_AT, True))
    north = gather(sources, "town", OCTOBER, MADE_AT).units[1]
    assert (north.light, north.reason, north.basis, north.reduction) == (Light.YELLOW, "当时的话", "ledger", pytest.approx(0.022))


@pytest.mark.parametrize(
    ("period", "closed"),
    [
        ("2026-10", True), ("2026-11", False), ("2025", True), ("2026", False), ("2026-Q3", True), ("2026-Q4", False), ("2026-01..2026-10", True),
        ("2026-10-25..2026-10-31", True), ("2026-10-26..2026-11-01", False), ("now", False), ("10-31 00:00..11-01 00:00", False),
    ],
)  # fmt: skip
def test_only_of_a_period_that_was_over_the_ledger_s_last_word_is_one_of_then(period: str, closed: bool) -> None:
    """At the end of October: what ran on, or does not name its year, was said of later days under the same name."""
    assert is_closed(period, OCTOBER.span.end) is closed


def test_a_state_of_then_counts_and_one_of_later_does_not(sources: Sources, past: Past) -> None:
    dark = Verdict("mill", "silent", "", "now", Light.RED, 30, 1, "h", "数据中断", "silent", None)
    past.states.append(Word(9, dark, parse_us("2026-10-31T12:00:00+08:00"), MADE_AT, MADE_AT, True))
    facts = gather(sources, "town", OCTOBER, MADE_AT)
    assert (facts.units[3].light, facts.units[3].rule) == (Light.RED, "silent")
    assert facts.quality[0].silent == "数据中断"
    past.states[:] = [replace(past.states[0], since=parse_us("2026-11-02T12:00:00+08:00"))]
    assert gather(sources, "town", OCTOBER, MADE_AT).units[3].rule != "silent"


def test_alerts_are_counted_and_their_answers_timed(sources: Sources, past: Past) -> None:
    start, end = OCTOBER.span.start, OCTOBER.span.end
    past.lives += [
        AlertLife(1, "mill", "pace", "", "yellow", start - 9, start + 5, start + 1, "李", "甲", "a"),  # of before, resolved in it
        AlertLife(2, "mill", "silent", "", "red", start + 9, None, start + 9 + 10 * MINUTE_US, "王", "乙", "b"),
        AlertLife(3, "north", "pace", "basic", "red", end - 9, None, None, "", "丙", "c"),
    ]
    facts = gather(sources, "town", OCTOBER, MADE_AT)
    assert (facts.opened, facts.resolved, facts.still_open, facts.unanswered) == (2, 1, 2, 1)
    # 10 s (10 µs) and 600 s: half-way between is 300.000005 s
    assert (facts.answer_median_s, facts.answer_worst_s) == (pytest.approx(300.000005), 600)
    assert [a.id for a in facts.alerts] == [2, 3, 1]  # red before yellow, then the oldest
    assert facts.alerts[1].owner == "发改委"


def test_what_is_red_is_asked_of_whom_the_plan_names(sources: Sources) -> None:
    measures = gather(sources, "town", OCTOBER, MADE_AT).measures
    of_north = next(m for m in measures if m.unit == "北区")
    # red pace: 15 days from 2026-11-16
    assert (of_north.department, of_north.light, of_north.due) == ("发改委", Light.RED, "2026-12-01")


def test_what_is_not_known_is_said(sources: Sources) -> None:
    provisional = "".join(gather(sources, "town", OCTOBER, parse_us("2026-11-03T09:00:00+08:00")).provisional)
    assert "距期末仅2天" in provisional
    assert "复算" in provisional


@pytest.mark.parametrize(
    ("area", "period", "made_at", "error", "words"),
    [
        ("nowhere", "2026-10", MADE_AT, NotFound, "没有地区"),
        ("mill", "2026-10", MADE_AT, Refused, "不是市、县区或园区"),
        ("town", "2026-11", MADE_AT, Refused, "尚未结束"),
        ("town", "2026", MADE_AT, Refused, "2026-Q3"),
        ("town", "2023-10", MADE_AT, Refused, "没有完整的能耗数据"),
    ],
)
def test_what_cannot_be_made_says_why(sources: Sources, area: str, period: str, made_at: int, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        gather(sources, area, period_of(period), made_at)


def test_facts_come_back_from_json_exactly(sources: Sources) -> None:
    facts = gather(sources, "town", OCTOBER, MADE_AT)
    assert thawed(BulletinFacts, frozen(facts)) == facts
    assert frozen(thawed(BulletinFacts, frozen(facts))) == frozen(facts)


def test_the_same_books_give_the_same_facts(sources: Sources) -> None:
    assert frozen(gather(sources, "town", OCTOBER, MADE_AT)) == frozen(gather(sources, "town", OCTOBER, MADE_AT))


_floats = st.floats(allow_nan=False, allow_infinity=False)
_causes = st.builds(Cause, st.just("carrier"), st.text(), st.text(), st.none() | _floats, st.none() | _floats, st.none() | _floats)


@given(st.builds(Mover, st.text(), st.text(), _floats, _floats, st.lists(_causes, max_size=3).map(tuple)))
def test_whatever_is_frozen_thaws_to_the_same(mover: Mover) -> None:
    assert thawed(Mover, frozen(mover)) == mover


@given(st.sampled_from(Light), st.none() | st.sampled_from(Light), st.none() | _floats)
def test_lights_and_unknowns_survive_freezing(light: Light, before: Light | None, tce: float | None) -> None:
    line = UnitLine("a", "甲", "region", "", light, before, "", "", "", "", tce=tce)
    back = thawed(UnitLine, frozen(line))
    assert back == line
    assert isinstance(back.light, Light)


def test_what_is_no_number_is_not_frozen() -> None:
    with pytest.raises(ValueError, match="JSON"):
        frozen(Mover("a", "甲", float("nan"), 1.0, ()))


def test_counts_and_medians() -> None:
    assert counted_zh([Light.RED, Light.GREEN, Light.GREEN, None]) == "红1、绿2"
    assert (median([]), median([3.0]), median([4.0, 1.0, 2.0, 3.0])) == (None, 3.0, 2.5)
    assert (period_zh(OCTOBER), period_zh(period_of("2026-Q3"))) == ("2026年10月", "2026年第三季度")
