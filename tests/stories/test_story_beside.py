"""Plans beside (TRICOLOR_PLANS_BESIDE): a city stands under its own plan and under its province's; both have lights, one registry feeds them."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI
from tricolor.domain.errors import Problems

WATER = "gxc-reclaimed-water-qinzhou"
BESIDE = "guangxi-circular-2021-2025, guangxi-cleaner-2021-2025"


def rate(city: City, year: int, value: float) -> dict:
    """Submitted in the February after the year."""
    city.at(f"{year + 1}-02-10T09:00").state({"entity": "qinzhou", "indicator": WATER, "period": str(year), "value": value, "unit": "%"})
    return city.light("indicator", "qinzhou", WATER)


def test_the_provinces_goal_for_our_city_is_judged_beside_our_own(make_city) -> None:
    """「其余11个设区市的城市再生水利用率达到15%以上」 广西循环经济发展“十四五”规划 重点任务（一）6. No baseline and no way is printed: asked in 2025."""
    city = make_city("qinzhou-2021-2025", "2024-02-10T09:00", beside=BESIDE)
    city.register(QINBEI)
    assert city.light("indicator", "qinzhou", WATER)["light"] == "grey"
    assert rate(city, 2023, 9.0)["light"] == "yellow"  # not yet asked, not yet there
    assert rate(city, 2024, 15.2)["light"] == "green"  # there before its time
    assert rate(city, 2025, 13.0)["light"] == "red"  # asked now, 2 short of 15
    met = rate(city, 2025, 15.0)
    assert (met["light"], met["value"], met["limit"]) == ("green", 15.0, 15.0)


def test_our_own_indicators_stay_and_a_city_alone_does_not_know_the_provinces(make_city) -> None:
    """「到2025年，全市万元生产总值能耗比2020年下降12.5%」 钦政办〔2022〕43号 第一篇第二章."""
    city = make_city("qinzhou-2021-2025", "2025-02-10T09:00")
    city.register(QINBEI)
    city.judge()
    known = {each["indicator"] for each in city.lights("indicator", "qinzhou", limit="200")}
    assert "gdp-energy-fall" in known and WATER not in known


def test_a_plan_named_twice_or_unknown_is_refused_in_words(make_city) -> None:
    """「认真组织实施」 钦政办〔2022〕43号: which plans a city stands under is the operator's word, and it is checked at the start."""
    with pytest.raises(Problems, match="TRICOLOR_PLANS_BESIDE") as refused:
        make_city("qinzhou-2021-2025", "2025-02-10T09:00", beside="qinzhou-2021-2025, nowhere-2021-2025")
    assert len(refused.value.problems) >= 2
