"""Rule pace. With a target of 11 % in five years, the first year needs T = 1 − 0.89^(1/5): ln 0.89 = −0.1165338, a fifth −0.0233068, T = 0.0230372."""

from dataclasses import replace

import pytest

from alerting.facts import PaceFacts
from alerting.rules.pace import Thresholds, judge, light_of
from tricolor.analysis.intensity import Missing, YearToDate
from tricolor.domain.lights import Light

AT = Thresholds(
    scheme="gap", red_gap=0.10, red_on_rise=True, green_completion=1.0, yellow_completion=0.9, red_completion=0.5, coverage_min=0.95
)  # fmt: skip
T = 0.0230372


def year(number: int, now: float, base: float = 10_000.0, months: int = 10) -> YearToDate:
    """Energy now and base [tce] over a GDP of 10 000 (1e4CNY) in both years, so r = 1 − now/base."""
    names = tuple(f"{number}-{m:02d}" for m in range(1, months + 1))
    return YearToDate(number, names, (), (), now, base, 10_000.0, 10_000.0, 2020, 2020, 0.99, ("f1",))


def facts(now: float, **changes: object) -> PaceFacts:
    return replace(PaceFacts("north", "basic", 0.11, 2026, 2030, (), year(2026, now)), **changes)  # type: ignore[arg-type]


def test_the_light_goes_green_yellow_red_green_as_the_intensity_moves():
    # 3.00 % ≥ 2.30 %; 2.20 % misses by (2.30372 − 2.20)/2.30372 = 4.5 %; 2.00 % misses by 13.2 %; 2.40 % is enough again
    lights = [judge(facts(now), AT).light for now in (9_700.0, 9_780.0, 9_800.0, 9_760.0)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_reason_says_the_numbers_in_both_languages():
    verdict = judge(facts(9_780.0), AT)
    assert verdict.reason_zh == "2026年1—10月能耗强度同比下降2.20%，未达到基本目标进度要求2.30%，差距4.5%（10%以内）"
    assert verdict.reason_en == (
        "Energy intensity fell 2.20% in 2026-01..2026-10 against the same months of last year; "
        "short by 4.5% (within 10%) of the requirement of 2.30% (basic target)"
    )
    assert (verdict.period, verdict.unit, verdict.indicator) == ("2026-01..2026-10", "%", "basic")
    assert verdict.value == pytest.approx(2.20) and verdict.limit == pytest.approx(100 * T, abs=1e-4)


def test_a_rise_is_red_and_says_so_unless_the_plan_switches_that_off():
    verdict = judge(facts(10_120.0), AT)
    assert verdict.light is Light.RED and "同比上升1.20%，不降反升" in verdict.reason_zh and verdict.value == pytest.approx(-1.2)
    # a hair of a rise, judged by the gap alone: the gap is above 100 %, so it is red all the same
    assert light_of(-0.0001, T, replace(AT, red_on_rise=False)) is Light.RED


def test_a_gap_of_exactly_ten_percent_is_yellow():
    for required in (0.0230372, 0.1, 0.3, 1 / 3, 0.0279):
        assert light_of(required * 0.9, required, AT) is Light.YELLOW
        assert light_of(required * 0.8999, required, AT) is Light.RED
    assert light_of(T, T, AT) is Light.GREEN


def test_a_requirement_of_nothing_is_met_by_standing_still():
    # R5 = 0: T = 0; a rise is red by red_on_rise; R5 = −5 %: T = 1 − 1.05^(1/5) = −0.98 %, a rise of 0.5 % stays within it
    assert judge(facts(10_000.0, reduction_target=0.0), AT).light is Light.GREEN
    assert judge(facts(10_001.0, reduction_target=0.0), AT).light is Light.RED
    assert judge(facts(10_001.0, reduction_target=0.0), replace(AT, red_on_rise=False)).light is Light.YELLOW
    allowed = judge(facts(10_050.0, reduction_target=-0.05), AT)
    assert allowed.light is Light.GREEN and allowed.limit == pytest.approx(-0.9806, abs=1e-3)


def test_finished_years_are_chained_with_the_current_one():
    # Qinghai 2006-2008 (STANDARDS §7.1): −1.51 %, 2.20 %, 4.18 % against 17 %: 4.87 % so far, P = 26.8 %, and 6.59 % a year for the two years left
    past = (year(2026, 10_151.0, months=12), year(2027, 9_780.0, months=12))
    verdict = judge(facts(0, reduction_target=0.17, finished=past, current=year(2028, 9_582.0, months=12)), AT)
    assert verdict.value == pytest.approx(4.87, abs=0.005)
    assert verdict.evidence["progress"] == pytest.approx(0.268, abs=5e-4)
    assert verdict.evidence["remaining_annual_need"] == pytest.approx(0.0659, abs=5e-5)
    assert verdict.limit == pytest.approx(100 * (1 - 0.83**0.6), abs=1e-6)  # n = 3
    assert verdict.light is Light.RED and verdict.period == "2028"
    assert "2026年以来累计下降4.87%" in verdict.reason_zh


def test_grey_when_coverage_is_under_the_floor_even_if_the_numbers_look_good():
    fault = Missing("2026-05", "2026-05覆盖率61.0%，低于95%", "coverage of 2026-05 is 61.0 %, below 95 %", 0.61)
    verdict = judge(facts(0, current=replace(year(2026, 5_000.0), faults=(fault,), coverage=0.61)), AT)
    assert verdict.light is Light.GREY and verdict.value is None and verdict.coverage == 0.61
    assert "覆盖率61.0%" in verdict.reason_zh


def test_grey_when_the_years_stand_at_different_prices():
    verdict = judge(facts(0, current=replace(year(2026, 9_000.0), price_year_base=2015)), AT)
    assert verdict.light is Light.GREY and "2020年与2015年" in verdict.reason_zh
    assert judge(facts(0, current=replace(year(2026, 9_000.0), price_year_now=None)), AT).light is Light.GREY


def test_grey_when_a_finished_year_is_not_known():
    verdict = judge(facts(0, finished=(year(2026, 9_000.0, months=9),), current=year(2027, 9_000.0)), AT)
    assert verdict.light is Light.GREY and "2026" in verdict.reason_zh


def test_grey_when_nothing_is_reported_or_nothing_is_used():
    assert judge(facts(0, current=year(2026, 9_000.0, months=0)), AT).light is Light.GREY
    assert judge(facts(0.0), AT).light is Light.GREY  # no energy at all: intensity 0, r = 1
    assert judge(facts(0, current=replace(year(2026, 9_000.0), activity_base_cny_10k=0.0)), AT).light is Light.GREY


def test_the_evidence_holds_what_the_number_was_made_of():
    evidence = judge(facts(9_780.0), AT).evidence
    assert evidence["energy_now_tce"] == 9_780.0 and evidence["activity_now_cny_10k"] == 10_000.0 and evidence["factor_ids"] == ["f1"]
    assert evidence["e_now_tce_per_cny_10k"] == pytest.approx(0.978) and evidence["r"] == pytest.approx(0.022) and evidence["plan_year"] == 1
    assert evidence["progress"] == pytest.approx(0.19090, abs=1e-4)  # ln 0.978 / ln 0.89 = 0.0222456 / 0.1165338


def test_the_net_is_judged_and_the_reason_says_both_numbers():
    # net: (9700 − 400)/(10000 − 500) = 0.97895, a fall of 2.11 %, 8.6 % short of 2.30 %: yellow; the gross fell by 3.00 % and would be green
    ytd = replace(year(2026, 9_700.0), excluded_now_tce=400.0, excluded_base_tce=500.0)
    verdict = judge(facts(9_700.0, current=ytd), AT)
    assert verdict.light is Light.YELLOW and verdict.value == pytest.approx(2.105, abs=1e-3)
    assert "下降2.11%（扣减后；扣减前下降3.00%）" in verdict.reason_zh and "net of exclusions; gross: a fall of 3.00%" in verdict.reason_en
    assert verdict.evidence["excluded_now_tce"] == 400.0 and verdict.evidence["r_gross"] == pytest.approx(0.03)
    assert "扣减" not in judge(facts(9_700.0), AT).reason_zh


def test_an_exclusion_of_one_year_only_is_said():
    ytd = replace(year(2026, 10_100.0), excluded_now_tce=600.0)
    verdict = judge(facts(10_100.0, current=ytd), AT)
    assert verdict.light is Light.GREEN and "扣减前上升1.00%，仅一年有扣减" in verdict.reason_zh and "only one of the years" in verdict.reason_en


def test_more_excluded_than_was_used_is_not_known():
    verdict = judge(facts(9_700.0, current=replace(year(2026, 9_700.0), excluded_now_tce=9_800.0)), AT)
    assert verdict.light is Light.GREY and "净能耗不大于零" in verdict.reason_zh
