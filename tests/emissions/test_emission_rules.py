"""Rules concentration and mass: the light at its exact boundaries, its sentence, and what is never green."""

from dataclasses import replace

import pytest

from alerting.facts import ConcentrationFacts, MassFacts
from alerting.rules import concentration, mass
from tricolor.catalogue.plans import load_plan
from tricolor.domain.lights import Light

HIGH_AT = concentration.ConcentrationThresholds(0.90, 2, 0.75)
HIGH = ConcentrationFacts(
    "mill", "st", "a21002", "氮氧化物", "nitrogen oxides", 100.0, "mg/m3", "示例证001", "11-19 08:00", "11-20 08:00", 24, 24, 80.0, "11-20 03:00", ()
)
YEAR_AT = mass.MassThresholds(0.80, 1.0, 60, 0.90)
YEAR = MassFacts("mill", "w01018", "化学需氧量", "chemical oxygen demand", 2026, 100.0, ("示例证001",), 20.0, 1.0, 0.0, 100.0, 365)


def high(**changes):
    return concentration.judge(replace(HIGH, **changes), HIGH_AT)


def year(**changes):
    return mass.judge(replace(YEAR, **changes), YEAR_AT)


def test_the_concentration_goes_green_yellow_red_at_its_limits():
    one, two = ("11-20 03:00",), ("11-20 03:00", "11-20 04:00")
    lights = [
        high(peak=90.0).light,
        high(peak=90.1).light,
        high(peak=100.0).light,
        high(peak=101.0, over=one).light,
        high(peak=101.0, over=two).light,
    ]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.YELLOW, Light.RED]


@pytest.mark.parametrize(("valid", "light"), [(18, Light.GREEN), (17, Light.GREY), (0, Light.GREY)])
def test_under_three_quarters_of_the_hours_it_is_grey(valid, light):
    verdict = high(valid=valid, peak=80.0 if valid else None)
    assert verdict.light is light and verdict.coverage == valid / 24


def test_an_hour_over_the_limit_is_not_hidden_by_switching_the_instrument_off():
    assert high(valid=2, peak=130.0, over=("11-20 03:00", "11-20 04:00")).light is Light.RED
    assert high(valid=1, peak=130.0, over=("11-20 03:00",)).light is Light.YELLOW


def test_the_sentence_names_hours_limit_and_unit_and_the_verdict_its_permit():
    verdict = high(peak=131.26, over=("11-20 03:00", "11-20 04:00"))
    assert verdict.reason_zh == "st 氮氧化物近24小时有2小时均值超过许可限值100 mg/m3，最高131.3（11-20 03:00、11-20 04:00）"
    assert verdict.reason_en == "nitrogen oxides at st: 2 of 24 hourly means above the permit's 100 mg/m3, highest 131.3 (11-20 03:00, 11-20 04:00)"
    assert (verdict.indicator, verdict.value, verdict.limit, verdict.unit) == ("st:a21002", 131.26, 100.0, "mg/m3")
    assert verdict.evidence["document"] == "示例证001"
    assert "17小时（70.8%），低于75%" in high(valid=17).reason_zh


def test_an_outlet_of_which_nothing_was_due_has_no_light():
    assert high(expected=0, valid=0, peak=None) is None


def test_the_mass_goes_green_yellow_red_at_its_limits():
    # day 100 of 365: 27.39 t project to 99.99 t; 27.40 t to 100.01 t
    assert [year(mass_t=m).light for m in (27.39, 27.40)] == [Light.GREEN, Light.YELLOW]
    late = {"day": 364.0}
    assert [year(mass_t=m, **late).light for m in (80.0, 80.01, 100.0, 100.01)] == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]


def test_the_projection_waits_for_its_days_and_counts_the_known_time_only():
    assert year(mass_t=20.0, day=59.0).light is Light.GREEN and year(mass_t=20.0, day=60.0).light is Light.YELLOW  # 121.7 t
    assert mass.projected_t(replace(YEAR, mass_t=18.0, coverage=0.9), YEAR_AT) == pytest.approx(73.0)  # 18 / 0.9 / 100 × 365


@pytest.mark.parametrize(("coverage", "light"), [(0.90, Light.GREEN), (0.899, Light.GREY)])
def test_what_was_not_measured_was_not_saved(coverage, light):
    verdict = year(mass_t=20.0, coverage=coverage)
    assert verdict.light is light
    if light is Light.GREY:
        assert verdict.value is None and verdict.reason_zh == "无法判定：化学需氧量今年以来有效监测时间占89.9%，低于90%；已知部分20 t"


def test_known_mass_above_the_permit_is_red_at_any_coverage_and_unknown_mass_is_grey():
    verdict = year(mass_t=100.5, coverage=0.4)
    assert verdict.light is Light.RED and "监测覆盖40.0%" in verdict.reason_zh and "40.0% of the time is known" in verdict.reason_en
    assert year(mass_t=None, coverage=0.0).light is Light.GREY


def test_the_sentence_of_the_year_names_mass_permit_share_and_projection():
    verdict = year(mass_t=30.0)
    assert verdict.reason_zh == "2026年化学需氧量累计排放30 t，占年许可量100 t的30.0%，按目前速度全年约109.5 t"
    assert verdict.reason_en == "chemical oxygen demand in 2026 so far 30 t, 30.0% of the permitted 100 t; at this rate 109.5 t in the year"
    assert (verdict.value, verdict.limit, verdict.unit, verdict.indicator) == (30.0, 100.0, "t", "w01018")


def test_annex_2_is_in_the_pack_as_it_is_printed():
    """钦政办〔2022〕43号 附件2, the row 全市, and the same numbers in 第一篇第二章 (主要目标): 2925, 189, 200, 660 t."""
    targets = {t.pollutant: t for t in load_plan("qinzhou-2021-2025").pollutant_targets}
    assert {name: t.reduction_t for name, t in targets.items()} == {"nox": 200.0, "voc": 660.0, "cod": 2925.0, "nh3n": 189.0}
    assert {(t.entity, t.source, t.place, t.status) for t in targets.values()} == {("qinzhou", "钦政办〔2022〕43号", "附件2 全市", "official")}
    carried = load_plan("illustrative-2026-2030").pollutant_targets
    assert {t.pollutant: t.reduction_t for t in carried} == {name: t.reduction_t for name, t in targets.items()}
    assert {t.status for t in carried} == {"illustrative"} and all(t.carries == f"qinzhou-2021-2025:qinzhou:{t.pollutant}" for t in carried)


def test_the_outlet_is_called_by_its_name_and_by_its_mn_only_without_one():
    named = high(over=("11-20 03:00",), peak=120.0, name=("一号烟囱", "stack one"))
    assert named.reason_zh.startswith("一号烟囱 氮氧化物") and " at stack one:" in named.reason_en and "st " not in named.reason_zh
    assert high(over=("11-20 03:00",), peak=120.0).reason_zh.startswith("st 氮氧化物")
