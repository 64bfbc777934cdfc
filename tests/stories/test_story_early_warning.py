"""Early warning (用能预警): a county's intensity by month, from the coal scale of its mill to the light and to the phone of who answers."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of

# 钦北区, basic target 11 % in five years: 2021 alone has to bring T = 1 − 0.89^(1/5) = 2.3037 %; a tenth short of it is 2.0733 %
T = 2.3037


def county(city: City) -> City:
    """A mill with a coal scale; 2020 took 1 000 tce and earned 10 million yuan a month."""
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    city.burn("mill", year_of(2020, 1_000.0))
    city.gdp("qinbei", year_of(2020, 1_000.0))
    return city


def report(city: City, month: str, tce: float | None) -> None:
    """The month's energy and GDP; None: the scale is dead."""
    if tce is not None:
        city.burn("mill", {month: tce})
    city.gdp("qinbei", {month: 1_000.0})


def test_a_county_is_warned_month_by_month_in_red_yellow_and_green(make_city) -> None:
    """「做好月度、季度能源消费强度执行情况的分析和预测预警，实行“红、黄、绿”用能预警制度」 钦政办〔2022〕43号 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    told = []
    for month, day, tce, light, fall in (
        ("2021-01", "2021-02-10T09:00", 970.0, "green", 3.0),  # 970 of 1 000
        ("2021-02", "2021-03-10T09:00", 986.0, "yellow", 2.2),  # 1 956 of 2 000: 4.5 % short of T
        ("2021-03", "2021-04-10T09:00", 1_000.0, "red", 100 * 44 / 3_000),  # 2 956 of 3 000: 1.467 %, 36 % short
        ("2021-04", "2021-05-10T09:00", 949.0, "green", 100 * 95 / 4_000),  # 3 905 of 4 000: 2.375 %
    ):
        report(city.at(day), month, tce)
        found = city.light("pace", "qinbei", "basic")
        assert (found["light"], found["value"], found["limit"]) == (light, pytest.approx(fall), pytest.approx(T, abs=1e-4)), month
        told.append((found["period"], found["reason"]["zh"]))
    assert told[1] == ("2021-01..2021-02", "2021年1—2月能耗强度同比下降2.20%，未达到基本目标进度要求2.30%，差距4.5%（10%以内）")
    alerts = city.client.get("/v1/alerts", params={"state": "all"}, headers=city.headers("read", "")).json()["alerts"]
    [alert] = [a for a in alerts if (a["rule"], a["entity"], a["indicator"]) == ("pace", "qinbei", "basic")]
    assert alert["handling"] is not None


def test_a_quarter_is_read_back_as_it_was_judged(make_city) -> None:
    """「根据各县（区）月度和季度的用电量与用能量、工业增加值与地区生产总值的内在关系，测算和评价各地用能总量和能耗强度变化情况」 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-04-10T09:00"))
    for month in ("2021-01", "2021-02", "2021-03"):
        report(city, month, 980.0)
    city.judge()
    for month in ("2021-04", "2021-05", "2021-06"):
        report(city.at("2021-07-10T09:00"), month, 950.0)
    city.judge()
    # 2 940 of 3 000 is 2.0 %, 13 % short of T: red; 5 790 of 6 000 is 3.5 %
    by = {w["indicator"]: w for w in city.lights("pace", "qinbei", period="2021-01..2021-03")}
    assert (by["basic"]["light"], by["basic"]["is_current"]) == ("red", False)
    half = city.light("pace", "qinbei", "basic", period="2021-01..2021-06")
    assert (half["light"], half["value"], half["is_current"]) == ("green", pytest.approx(3.5), True)


def test_a_dead_scale_saves_nothing_it_is_grey_until_it_speaks(make_city) -> None:
    """「健全实时、动态的用能监测和评价体系」 第一篇第四章一: what is not known is never green."""
    city = county(make_city("qinzhou-2021-2025", "2021-03-10T09:00"))
    report(city, "2021-01", 970.0)
    report(city, "2021-02", None)
    grey = city.light("pace", "qinbei", "basic")
    assert (grey["light"], grey["value"]) == ("grey", None) and "2021-02" in grey["reason"]["zh"]
    city.burn("mill", {"2021-02": 970.0})
    assert city.light("pace", "qinbei", "basic")["light"] == "green"
