"""Exclusions (扣减): feedstock leaves intensity and total, new renewables leave the total alone, listed projects stand apart; gross is kept beside net."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of


def county(city: City) -> City:
    """1 000 tce and 1 000 of GDP in every month, in 2020 and in January 2021: without exclusions nothing moves."""
    city.register(QINBEI + unit("refinery", "enterprise", "石化厂", region="qinbei") + scale("refinery", "2020-01-01"))
    city.burn("refinery", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    return city


def enter(city: City, kind: str, month: str, tce: float) -> int:
    order = {"entity": "refinery", "kind": kind, "first_month": month, "tce": tce, "document": f"台账 {month}", "reason": "见台账"}
    return int(city.send("POST", "/v1/exclusions", order, expect=201)["id"])


def revoke(city: City, number: int) -> None:
    city.send("POST", f"/v1/exclusions/{number}/revoke", {"reason": "数量有误"})


def test_feedstock_leaves_the_intensity_of_both_years(make_city) -> None:
    """「原料用能不纳入县（区）能耗双控考核」 钦政办〔2022〕43号 第一篇第四章一. T = 2.3037 % (钦北区, basic 11 %)."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    assert city.light("pace", "qinbei", "basic")["light"] == "grey"  # no GDP yet
    city.gdp("qinbei", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    enter(city, "feedstock", "2020-01", 10.0)
    entry = enter(city, "feedstock", "2021-01", 40.0)
    green = city.light("pace", "qinbei", "basic")  # 960 of 990
    assert (green["light"], green["value"]) == ("green", pytest.approx(100 * 30 / 990)) and "扣减后；扣减前下降0.00%" in green["reason"]["zh"]
    revoke(city, entry)
    entry = enter(city, "feedstock", "2021-01", 32.0)
    yellow = city.light("pace", "qinbei", "basic")  # 968 of 990: 2.222 %, 3.5 % short
    assert (yellow["light"], yellow["value"]) == ("yellow", pytest.approx(100 * 22 / 990))
    revoke(city, entry)
    red = city.light("pace", "qinbei", "basic")  # 1 000 of 990: a rise, for only the base year has any
    assert (red["light"], red["value"]) == ("red", pytest.approx(-100 * 10 / 990)) and "仅一年有扣减" in red["reason"]["zh"]
    enter(city, "feedstock", "2021-01", 40.0)
    assert city.light("pace", "qinbei", "basic")["light"] == "green"


def test_new_renewables_leave_the_total_and_not_the_intensity(make_city) -> None:
    """「“十四五”时期新增可再生能源电力消费量不纳入能耗总量考核」 第一篇第四章一. The total of 11 880 tce asks −1 % of the 12 000 of 2020."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    city.gdp("qinbei", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    city.state({"entity": "qinbei", "indicator": "energy_total_target_tce", "period": "2021", "value": 11_880.0, "unit": "tce"})
    assert city.light("total", "qinbei")["light"] == "red"  # 0 % instead of −1 %: all of it is missing
    entry = enter(city, "new_renewable", "2021-01", 9.5)
    yellow = city.light("total", "qinbei")  # 990.5: −0.95 %, 5 % of it is missing
    assert (yellow["light"], yellow["value"]) == ("yellow", pytest.approx(-0.95))
    revoke(city, entry)
    enter(city, "new_renewable", "2021-01", 12.0)
    assert city.light("total", "qinbei")["light"] == "green"  # 988: −1.2 %
    assert city.light("pace", "qinbei", "basic")["value"] == pytest.approx(0.0)  # of the intensity nothing was left out


def test_a_listed_project_leaves_both(make_city) -> None:
    """「深入落实自治区重大项目能耗单列政策」 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    city.gdp("qinbei", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    city.state({"entity": "qinbei", "indicator": "energy_total_target_tce", "period": "2021", "value": 11_880.0, "unit": "tce"})
    enter(city, "national_project", "2021-01", 30.0)
    assert city.light("total", "qinbei")["value"] == pytest.approx(-3.0)
    assert city.light("pace", "qinbei", "basic")["value"] == pytest.approx(3.0)
