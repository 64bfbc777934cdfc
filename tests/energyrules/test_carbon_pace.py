"""Carbon intensity is judged by the same rule as energy intensity, from CO2. Target 18 % in five years: T = 1 − 0.82^(1/5) = 3.8913 % in the first."""

from dataclasses import replace

import pytest

from alerting.material import Material
from alerting.rules import pace
from tests.energyrules.conftest import DISTRICT, month, months, thresholds
from tricolor.analysis.indicators import MonthCo2
from tricolor.catalogue.plans import Level
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.exclusions import Excluded
from tricolor.domain.lights import Light, Verdict

AT = thresholds(pace)


@pytest.fixture
def carbon(material: Material) -> Material:
    """1000 tce and 100 (1e4CNY) a month in both years; a carbon target beside the two of energy."""
    target = material.plan.target("qinbei", Level.BASIC)
    assert target is not None
    others = [t for t in material.plan.targets if t.indicator == "energy_intensity"]
    mine = [replace(target, indicator="carbon_intensity", level=level, reduction=r) for level, r in ((Level.BASIC, 0.18), (Level.INCENTIVE, 0.20))]
    gdp = [Activity("qinbei", ActivityKind.GDP, f"{y}-{n:02d}", 100.0, "1e4CNY", 2020) for y in (2025, 2026) for n in range(1, 11)]
    energy = {**months(2025, [1_000.0] * 12), **months(2026, [1_000.0] * 10)}
    plan = replace(material.plan, targets=(*others, *mine))
    return replace(material, plan=plan, energy={"qinbei": energy}, figures={"qinbei": gdp})


def judged(of: Material, co2_now: float) -> dict[str, Verdict]:
    co2 = {f"{y}-{n:02d}": MonthCo2(v) for y, v in ((2025, 2_000.0), (2026, co2_now)) for n in range(1, 13)}
    there = replace(of, co2={"qinbei": co2})
    return {f.indicator: pace.judge(f, AT) for f in pace.facts_of(there, DISTRICT)}


def test_the_light_of_carbon_goes_green_yellow_red_green_while_that_of_energy_stays(carbon: Material) -> None:
    # 2000 → 1920 is 4 %; 1926 is 3.7 %, 4.9 % short; 1940 is 3 %, 22.9 % short; 1910 is 4.5 %
    seen = [judged(carbon, v) for v in (1_920.0, 1_926.0, 1_940.0, 1_910.0)]
    assert [v["carbon:basic"].light for v in seen] == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]
    assert {v["basic"].light for v in seen} == {Light.RED}  # energy stood still
    assert seen[0]["carbon:basic"].limit == pytest.approx(3.8913, abs=1e-4)


def test_it_says_carbon_and_its_incentive_target_does_not_bind(carbon: Material) -> None:
    found = judged(carbon, 1_940.0)
    assert found["carbon:basic"].reason_zh.startswith("2026年1—10月碳排放强度同比下降3.00%，未达到基本目标进度要求3.89%")
    assert found["carbon:basic"].reason_en.startswith("Carbon intensity fell 3.00%")
    assert found["carbon:basic"].evidence["co2_now_t"] == 19_400.0 and "energy_now_tce" not in found["carbon:basic"].evidence
    assert found["carbon:basic"].fingerprint == "pace/qinbei/carbon:basic" and found["basic"].fingerprint == "pace/qinbei/basic"
    assert [found[i].is_binding for i in ("basic", "incentive", "carbon:basic", "carbon:incentive")] == [True, False, True, False]


def test_grey_names_the_carrier_without_a_co2_factor(carbon: Material) -> None:
    co2 = {f"{y}-{n:02d}": MonthCo2(2_000.0) for y in (2025, 2026) for n in range(1, 13)}
    co2["2026-04"] = MonthCo2(None, ("biogas",))
    there = replace(carbon, co2={"qinbei": co2})
    found = {f.indicator: pace.judge(f, AT) for f in pace.facts_of(there, DISTRICT)}
    assert found["carbon:basic"].light is Light.GREY and "2026-04能源品种biogas无二氧化碳排放因子" in found["carbon:basic"].reason_zh
    assert found["basic"].light is not Light.GREY
    thin = {**carbon.energy["qinbei"], "2026-04": month("2026-04", 1_000.0, covered=0.61)}
    grey = next(f for f in pace.facts_of(replace(carbon, co2={"qinbei": co2}, energy={"qinbei": thin}), DISTRICT) if f.is_carbon)
    assert "2026-04覆盖率61.0%" in pace.judge(grey, AT).reason_zh  # the meters of energy are those of carbon


def test_what_dual_control_leaves_out_is_energy_and_nothing_is_left_out_of_carbon(carbon: Material) -> None:
    out = {"qinbei": {f"2026-{n:02d}": Excluded(500.0, 500.0) for n in range(1, 11)}}
    with_out, without = judged(replace(carbon, excluded=out), 1_940.0), judged(carbon, 1_940.0)
    assert with_out["carbon:basic"] == without["carbon:basic"]
    assert with_out["basic"].value == pytest.approx(50.0) and without["basic"].value == pytest.approx(0.0)
