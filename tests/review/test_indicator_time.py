"""The rule indicator and time: values that grow old, the base year's own value, what was known when a period closed."""

from dataclasses import replace

import pytest

from alerting.corrections import as_of
from alerting.rules import indicator as rule
from tests.submissions.test_rule_indicator import CITY, RATE, material, said
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.plans.register import Direction, Path
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.periods import period_of

AT = rule.Thresholds(**dict(load_plan("illustrative-2026-2030").thresholds_of("indicator")))
MONTHLY, QUARTERLY = replace(RATE, every="month"), replace(RATE, every="quarter")


def verdict(of, *values, now: str):
    (facts,) = rule.facts_of(material(of, *values, now=parse_us(f"{now}+08:00")), CITY)
    return rule.judge(facts, AT)


def light(of, *values, now: str) -> Light:
    return verdict(of, *values, now=now).light


@pytest.mark.parametrize(
    ("of", "period", "fresh", "old"),
    [  # two of its periods and three months after its own end, in whole months; the next month it is old
        (MONTHLY, "2026-03", "2026-09-30T23:59:59", "2026-10-01T00:00:00"),  # 2 + 3 months after March: August; old once six have gone
        (QUARTERLY, "2026-Q1", "2027-01-31T23:59:59", "2027-02-01T00:00:00"),  # 6 + 3 months after March: December
        (RATE, "2026", "2029-04-30T23:59:59", "2029-05-01T00:00:00"),  # 24 + 3 months after 2026: March 2029
    ],
)
def test_a_value_older_than_two_of_its_periods_and_the_grace_is_grey_and_says_so(of, period: str, fresh: str, old: str) -> None:
    value = said(period, 100.0)
    assert light(of, value, now=fresh) is Light.GREEN
    found = verdict(of, value, now=old)
    assert (found.light, found.value, found.period) == (Light.GREY, None, period)
    assert "过期" in found.reason_zh and period in found.reason_zh and "out of date" in found.reason_en
    assert found.evidence["submitted"][0]["value"] == 100.0
    assert light(of, value, said("2026-04" if of is MONTHLY else "2026-Q2" if of is QUARTERLY else "2027", 100.0), now=old) is Light.GREEN


def test_words_grow_old_as_numbers_do_and_the_last_word_of_the_target_year_never_does() -> None:
    words = replace(RATE, direction=Direction.TEXT, target=None, target_text="全覆盖")
    assert light(words, said("2026", text="达到"), now="2029-05-01T00:00:00") is Light.GREY
    assert light(RATE, said("2030", 100.0), now="2039-01-01T00:00:00") is Light.GREEN  # nobody is asked for anything later
    assert light(MONTHLY, said("2030-06", 100.0), now="2032-01-01T00:00:00") is Light.GREY  # December 2030 is still lacking


def test_the_base_years_submitted_value_is_the_start_where_the_plan_prints_none() -> None:
    bare = replace(RATE, baseline=None, baseline_text="——")
    # 40 in 2025 to 100 in 2030: 52 by the end of 2026; 12 of change asked, a tenth of it 1.2
    base = said("2025", 40.0)
    assert [light(bare, base, said("2026", v), now="2027-02-01T00:00:00") for v in (52.0, 50.8, 50.7)] == [Light.GREEN, Light.YELLOW, Light.RED]
    found = verdict(bare, base, said("2026", 52.0), now="2027-02-01T00:00:00")
    assert found.limit == pytest.approx(52.0) and found.evidence["baseline"] == 40.0
    assert found.evidence["baseline_set_by"]["period"] == "2025"
    assert verdict(RATE, base, said("2026", 60.0), now="2027-02-01T00:00:00").limit == 60.0  # the plan's own baseline comes first
    assert verdict(RATE, base, said("2026", 60.0), now="2027-02-01T00:00:00").evidence["baseline_set_by"] is None
    stepped = replace(bare, path=Path.STEPPED)
    assert "规划未给基数" in verdict(stepped, base, said("2026", 39.0), now="2027-02-01T00:00:00").reason_zh
    december = verdict(bare, said("2025-12", 40.0), said("2026", 52.0), now="2027-02-01T00:00:00")
    assert december.limit == pytest.approx(52.0)  # the year to date at the end of December is the year
    assert light(bare, said("2025-11", 40.0), said("2026", 52.0), now="2027-02-01T00:00:00") is Light.YELLOW  # a part of the year is not


def test_zero_growth_without_a_printed_baseline_holds_to_the_base_years_value_and_asks_for_it() -> None:
    hold = replace(RATE, direction=Direction.HOLD, baseline=None, target=None, target_text="零增长")
    grey = verdict(hold, said("2026", 50.0), now="2027-02-01T00:00:00")
    assert grey.light is Light.GREY and "2025" in grey.reason_zh and "上级" not in grey.reason_zh
    values = [light(hold, said("2025", 50.0), said("2026", v), now="2027-02-01T00:00:00") for v in (50.0, 55.0, 55.1)]
    assert values == [Light.GREEN, Light.YELLOW, Light.RED]


def test_a_yearly_goal_of_the_first_year_stands_against_the_printed_baseline() -> None:
    yearly = replace(RATE, path=Path.YEARLY, target=None, target_text="逐年提高")
    assert light(yearly, said("2026", 50.1), now="2027-02-01T00:00:00") is Light.GREEN
    assert light(yearly, said("2026", 50.0), now="2027-02-01T00:00:00") is Light.YELLOW
    assert light(yearly, said("2026-Q2", 60.0), now="2026-08-01T00:00:00") is Light.GREY  # half a year is not the year


def test_a_closed_period_is_judged_again_on_what_had_ended_by_then() -> None:
    values = said("2026-Q2", 40.0), said("2026-Q4", 60.0)
    of = material(QUARTERLY, *values, now=parse_us("2027-02-01T00:00:00+08:00"))
    (facts,) = rule.facts_of(as_of(of, period_of("2026-Q2").span.end), CITY)
    again = rule.judge(facts, AT)
    assert (again.period, again.light, again.value) == ("2026-Q2", Light.RED, 40.0)
