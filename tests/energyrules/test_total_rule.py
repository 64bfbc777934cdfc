"""Rule total. The district used 1000 tce a month in 2025 (12,000) and is judged after ten months of 2026; its yearly rate is that of 11 % (annex 1).

1 − 0.89^(1/5) = 2.30372 %. GDP growth target 6 %: 12,000 × 1.06 × (1 − 0.0230372) = 12,426.97, so energy may grow by 3.5581 %.
"""

from dataclasses import replace
from typing import Any

import pytest

from alerting.material import Material
from alerting.rules import total
from alerting.rules.total import TotalFacts, judge
from tests.energyrules.conftest import DISTRICT, MILL, at, month, months, thresholds
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.exclusions import Excluded
from tricolor.domain.lights import Light
from tricolor.domain.submissions import ENERGY_TOTAL_TARGET, GDP_GROWTH_TARGET, Statistic

AT = thresholds(total)
GROWTH = Statistic("qinbei", GDP_GROWTH_TARGET, "2026", 6.0, "%")
TOTAL = Statistic("qinbei", ENERGY_TOTAL_TARGET, "2026", 12_600.0, "tce", document="示例〔2026〕2号")  # 5 % more than 12,000


def facts(of: Material, a_month: float, *statistics: Statistic, **changes: Any) -> TotalFacts:
    energy = {**months(2025, [1_000.0] * 12), **months(2026, [a_month] * 10)}
    there = replace(of, energy={"qinbei": energy}, statistics={"qinbei": statistics}, **changes)
    (found,) = total.facts_of(there, DISTRICT)
    return found


def gdp(year: int, value: float) -> list[Activity]:
    return [Activity("qinbei", ActivityKind.GDP, f"{year}-{n:02d}", value, "1e4CNY", 2020) for n in range(1, 11)]


def test_the_light_goes_green_yellow_red_green_as_energy_grows(material: Material) -> None:
    # 5 % allowed: 4 % green; 5.4 % is over by 8 % of it: yellow; 6 % by 20 %: red; 4.9 % green again
    lights = [judge(facts(material, v, TOTAL), AT).light for v in (1_040.0, 1_054.0, 1_060.0, 1_049.0)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]


def test_exactly_the_allowed_growth_is_green_and_exactly_a_tenth_more_is_yellow(material: Material) -> None:
    assert [judge(facts(material, v, TOTAL), AT).light for v in (1_050.0, 1_055.0, 1_055.01)] == [Light.GREEN, Light.YELLOW, Light.RED]


def test_without_a_submitted_total_it_follows_from_growth_and_the_basic_target(material: Material) -> None:
    found = judge(facts(material, 1_035.0, GROWTH), AT)
    assert found.limit == pytest.approx(3.5581, abs=1e-4) and found.value == pytest.approx(3.5) and found.light is Light.GREEN
    assert found.evidence["target_tce"] == pytest.approx(12_426.97, abs=0.01) and found.evidence["target_is"] == "derived"
    assert judge(facts(material, 1_038.0, GROWTH), AT).light is Light.YELLOW  # 3.8: over by 6.8 %


def test_gdp_that_outgrows_its_target_lifts_the_total_and_slower_gdp_does_not_lower_it(material: Material) -> None:
    # GDP grew 10 % where 6 % was expected: 12,600 × 1.10/1.06 = 13,075.47, 8.962 % more than last year
    fast = facts(material, 1_080.0, TOTAL, GROWTH, figures={"qinbei": [*gdp(2025, 100.0), *gdp(2026, 110.0)]})
    found = judge(fast, AT)
    assert found.limit == pytest.approx(8.9623, abs=1e-4) and found.light is Light.GREEN and "相应调整" in found.reason_zh
    slow = facts(material, 1_080.0, TOTAL, GROWTH, figures={"qinbei": [*gdp(2025, 100.0), *gdp(2026, 102.0)]})
    assert judge(slow, AT).limit == pytest.approx(5.0) and judge(slow, AT).light is Light.RED


def test_the_reason_says_growth_total_and_by_how_much_it_is_passed(material: Material) -> None:
    found = judge(facts(material, 1_060.0, TOTAL), AT)
    assert found.reason_zh == "2026年1—10月能源消费同比增长6.00%，全年总量目标12,600吨标准煤，允许增长5.00%，超出20.0%（10%以上）"
    assert found.reason_en == (
        "Energy grew 6.00% in 2026-01..2026-10; by the year's total of 12,600 tce it may grow 5.00%, over by 20.0% of that (beyond 10%)"
    )
    assert found.period == "2026-01..2026-10" and found.evidence["document"] == "示例〔2026〕2号"


@pytest.mark.parametrize(
    ("total_tce", "a_month", "light"),
    [
        (12_000.0, 1_000.0, Light.GREEN),  # nothing may be added, and nothing was
        (12_000.0, 1_001.0, Light.YELLOW),  # g_T = 0: the gap is made a share of 1 %: 0.1 / 1 = 10 %
        (12_000.0, 1_001.1, Light.RED),
        (11_760.0, 980.0, Light.GREEN),  # must fall by 2 %, and did
        (11_760.0, 981.5, Light.YELLOW),  # fell by 1.85 %: misses 7.5 % of it
        (11_760.0, 983.0, Light.RED),  # fell by 1.7 %: misses 15 %
        (11_760.0, 1_000.0, Light.RED),
    ],
)
def test_an_allowed_growth_of_zero_or_less_has_its_own_shares(material: Material, total_tce: float, a_month: float, light: Light) -> None:
    assert judge(facts(material, a_month, replace(TOTAL, value=total_tce)), AT).light is light


def test_what_the_total_leaves_out_is_left_out_of_both_years(material: Material) -> None:
    # 80 tce a month of feedstock in 2026 at the mill, which lies in the district: 1060 − 80 = 980 against 1000 − 30 = 970: 1.03 %
    out = {f"{y}-{n:02d}": Excluded(v, v) for y, v in ((2025, 30.0), (2026, 80.0)) for n in range(1, 13)}
    found = judge(facts(material, 1_060.0, TOTAL, excluded_total={"mill": out}), AT)
    assert found.value == pytest.approx(1.0309, abs=1e-4) and found.light is Light.GREEN
    assert found.evidence["gross_now_tce"] == 10_600.0 and found.evidence["energy_now_tce"] == 9_800.0
    # what only the intensity leaves out stays in
    assert judge(facts(material, 1_060.0, TOTAL, excluded={"mill": out}), AT).light is Light.RED


def test_an_area_that_keeps_up_with_its_incentive_target_is_exempt(material: Material) -> None:
    # incentive 14.5 %: T = 1 − 0.855^0.2 = 3.0847 %; energy +20 % with GDP +30 %: intensity fell by 7.7 %
    figures = {"qinbei": [*gdp(2025, 100.0), *gdp(2026, 130.0)]}
    found = judge(facts(material, 1_200.0, TOTAL, figures=figures), AT)
    assert found.light is Light.GREEN and "免予考核" in found.reason_zh and found.evidence["is_exempt"] is True
    slower = {"qinbei": [*gdp(2025, 100.0), *gdp(2026, 123.0)]}  # fell by 2.44 %: the basic target only
    assert judge(facts(material, 1_200.0, TOTAL, figures=slower), AT).light is Light.RED


def test_grey_when_a_month_is_not_known_and_it_says_which(material: Material) -> None:
    energy = {**months(2025, [1_000.0] * 12), **months(2026, [1_000.0] * 10)}
    for bad, words in (
        (month("2026-05", 1.0, covered=0.61), "2026-05覆盖率61.0%"),
        (month("2026-05", 1.0, days_missing=2), "2026-05缺2天"),
        (month("2026-05", None, unfactored=("raw_coal",)), "raw_coal无折标系数"),
    ):
        there = replace(material, energy={"qinbei": {**energy, "2026-05": bad}}, statistics={"qinbei": [TOTAL]})
        (found,) = total.facts_of(there, DISTRICT)
        assert judge(found, AT).light is Light.GREY and words in judge(found, AT).reason_zh
    del energy["2025-12"]  # of last year's whole, though not among the months compared
    (found,) = total.facts_of(replace(material, energy={"qinbei": energy}, statistics={"qinbei": [TOTAL]}), DISTRICT)
    assert judge(found, AT).light is Light.GREY and "2025-12无能耗数据" in judge(found, AT).reason_zh
    assert judge(facts(material, 1_000.0, replace(TOTAL, value=0.0)), AT).light is Light.GREY


def test_no_total_no_light_and_only_areas_have_one(material: Material) -> None:
    assert list(total.facts_of(material, DISTRICT)) == []
    assert list(total.facts_of(replace(material, statistics={"mill": [replace(TOTAL, entity="mill")]}), MILL)) == []
    early = at(material, "2026-01-20", statistics={"qinbei": [TOTAL]})  # January judges the year before, which this plan does not
    assert list(total.facts_of(early, DISTRICT)) == []
