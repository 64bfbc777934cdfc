"""The rule forecast: the light that the year is expected to end in."""

from dataclasses import replace

import pytest

from alerting.rules.forecast import ForecastFacts, Thresholds, judge
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.forecasts import needed_words
from tricolor.domain.lights import Light, overall

THRESHOLDS = Thresholds(**{name: row.value for name, row in defaults("forecast").items()})
FACTS = ForecastFacts(
    "r1", "basic", 2026, 6, "2026-06", "ets / electricity", "tce/1e4CNY", (("green", 0.9), ("yellow", 0.1)), (("green", 1.0),), 0.03, 0.025, 0.012,
    0.50, 0.51, 0.52, 0.515,
)  # fmt: skip


def light(**chances: float) -> Light:
    return judge(replace(FACTS, lights=tuple(chances.items())), THRESHOLDS).light


def test_the_story_of_a_year_goes_green_yellow_red_and_green_again():
    assert light(green=0.9, yellow=0.1) is Light.GREEN
    assert light(green=0.6, yellow=0.3, red=0.1) is Light.YELLOW
    assert light(green=0.1, yellow=0.2, red=0.7) is Light.RED
    assert light(green=1.0) is Light.GREEN


def test_exactly_the_threshold_counts_and_orange_counts_with_red():
    assert light(green=0.8, yellow=0.2) is Light.GREEN
    assert light(green=0.799, yellow=0.201) is Light.YELLOW
    assert light(green=0.5, red=0.5) is Light.RED
    assert light(green=0.501, red=0.499) is Light.YELLOW
    assert light(green=0.3, orange=0.3, red=0.2, yellow=0.2) is Light.RED


def test_without_a_forecast_the_light_is_grey_and_the_reason_is_the_forecasts():
    found = judge(replace(FACTS, why_not=("历史只有5个月", "only 5 months are known")), THRESHOLDS)
    assert found.light is Light.GREY
    assert "历史只有5个月" in found.reason_zh and "only 5 months are known" in found.reason_en


def test_a_year_of_which_no_month_is_known_is_grey():
    found = judge(replace(FACTS, known_months=0), THRESHOLDS)
    assert found.light is Light.GREY and "0" in found.reason_zh
    assert judge(replace(FACTS, known_months=1), THRESHOLDS).light is Light.GREEN


def test_the_reason_says_the_chances_what_is_expected_and_what_each_month_left_must_bring():
    found = judge(FACTS, THRESHOLDS)
    assert found.reason_zh == ("按截至2026-06的数据预测，2026年底基本目标：绿90%、黄10%；预计累计下降3.00%，要求2.50%；剩余每月强度须同比下降1.20%")
    assert found.reason_en.endswith("each month left must bring the intensity down by 1.20% against last year")
    assert (found.value, found.limit, found.unit) == (pytest.approx(3.0), pytest.approx(2.5), "%")


@pytest.mark.parametrize(
    ("needed", "words"),
    [(None, ""), (-0.02, "剩余每月强度同比上升不超过2.00%即可"), (1.0, "剩余月份无论如何已不能达到"), (0.0, "剩余每月强度同比上升不超过0.00%即可")],
)
def test_what_is_needed_is_said_in_words(needed: float | None, words: str):
    assert needed_words(needed)[0] == words


def test_a_forecast_pages_nobody_unless_the_plan_says_so_and_an_incentive_never():
    red = replace(FACTS, lights=(("red", 1.0),))
    assert not judge(red, THRESHOLDS).is_binding
    assert overall([judge(red, THRESHOLDS)]) is Light.GREY
    asked = replace(THRESHOLDS, opens_alerts=True)
    assert judge(red, asked).is_binding
    assert not judge(replace(red, indicator="incentive"), asked).is_binding
