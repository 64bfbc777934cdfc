"""Rule benchmark: kgce of calorific energy per tonne."""

from dataclasses import replace

import pytest

from alerting.facts import BenchmarkFacts, BenchmarkLimit
from alerting.rules.benchmark import Thresholds, judge, per_product
from tricolor.domain.lights import Light

AT = Thresholds(0.95)
LIMIT = BenchmarkLimit("电石", "calcium carbide", "kgce/t", 805.0, 940.0, "发改产业〔2023〕723号", "memory, unverified")
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 11))


def facts(tce: float | None, **changes: object) -> BenchmarkFacts:
    return replace(BenchmarkFacts("mill", "calcium_carbide", 2026, MONTHS, tce, 10_000.0, "t", 0.99, LIMIT), **changes)  # type: ignore[arg-type]


def test_the_light_goes_green_yellow_red_green():
    # over 10 000 t: 8 050 tce are 805 kgce/t (at the benchmark), 8 060 above it, 9 400 at the baseline, 9 410 above that
    lights = [judge(facts(tce), AT).light for tce in (8_050.0, 8_060.0, 9_400.0, 9_410.0, 8_000.0)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_sentence_holds_the_numbers_and_the_doubt_about_the_limit():
    verdict = judge(facts(9_410.0), AT)
    assert verdict.reason_zh == "2026年1—10月电石单位产品能耗941 kgce/t，超过基准水平940（限值未经官方文本核实）"
    assert "memory, unverified" in verdict.reason_en and verdict.evidence["limit_status"] == "memory, unverified"
    assert (verdict.value, verdict.limit, verdict.unit) == (pytest.approx(941.0), 940.0, "kgce/t")


def test_negative_limits_are_compared_and_never_divided_by():
    # a converter that gives energy back: 标杆 −30, 基准 −10 kgce/t; over 10 000 t: −320 tce are −32 kgce/t, −200 are −20, −50 are −5
    converter = replace(LIMIT, benchmark=-30.0, baseline=-10.0)
    lights = [judge(facts(tce, limit=converter), AT).light for tce in (-320.0, -200.0, -50.0)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED]


def test_kgoe_is_converted_by_heat_content():
    # 1 kgoe = 41 868 kJ = 1.428571 kgce: 1 000 tce over 100 000 t are 10 kgce/t = 7 kgoe/t
    assert per_product(1_000.0, 100_000.0, "t", "kgoe/t") == pytest.approx(7.0, rel=1e-4)
    assert per_product(1_000.0, 100_000_000.0, "kg", "kgce/t") == pytest.approx(10.0)


def test_a_limit_of_another_kind_is_grey_with_the_reason():
    for unit in ("kWh/t", "kgce/m2", "kgce/重量箱"):
        verdict = judge(facts(8_000.0, limit=replace(LIMIT, unit=unit)), AT)
        assert verdict.light is Light.GREY and unit in verdict.reason_zh


def test_not_known_is_grey():
    assert judge(facts(8_000.0, coverage=0.61), AT).reason_zh == "无法判定：覆盖率61.0%，低于95%"
    assert judge(facts(None), AT).light is Light.GREY
    assert judge(facts(8_000.0, months=(), output=0.0), AT).light is Light.GREY
    assert judge(facts(8_000.0, limit=None), AT).light is Light.GREY
    assert "coke_oven_gas" in judge(facts(None, unfactored=("coke_oven_gas",)), AT).reason_en
