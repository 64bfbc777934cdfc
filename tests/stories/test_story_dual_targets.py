"""Dual targets (双目标) and the total (总量): basic and incentive side by side, and the year's total that follows from GDP and the basic target."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of

# 钦北区: basic 11 % asks 1 − 0.89^(1/5) = 2.3037 % of 2021, incentive 14.5 % asks 1 − 0.855^(1/5) = 3.0847 %


def county(city: City) -> City:
    """2020: 1 000 tce and 1 000 of GDP a month; 2021 is to earn 6 % more."""
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    city.burn("mill", year_of(2020, 1_000.0))
    city.gdp("qinbei", year_of(2020, 1_000.0))
    city.state({"entity": "qinbei", "indicator": "gdp_growth_target", "period": "2021", "value": 6.0, "unit": "%"})
    return city


def month(city: City, number: int, tce: float, gdp: float = 1_060.0) -> City:
    """The month's energy and GDP, on the tenth of the next."""
    city.at(f"2021-{number + 1:02d}-10T09:00").burn("mill", {f"2021-{number:02d}": tce})
    city.gdp("qinbei", {f"2021-{number:02d}": gdp})
    return city


def lights(city: City) -> tuple[str, str, str]:
    city.judge()
    pace = {each["indicator"]: each["light"] for each in city.lights("pace", "qinbei")}
    [total] = city.lights("total", "qinbei")
    return pace["basic"], pace["incentive"], total["light"]


def test_basic_and_incentive_stand_side_by_side_and_the_total_follows_from_the_basic_one(make_city) -> None:
    """「对各县（区）“十四五”能耗强度降低实行基本目标和激励目标双目标管理。各县（区）根据地区生产总值增速目标和能耗强度降低基本目标确定年度能源消费总量目标」 第一篇第四章一.

    Allowed growth of the total: 1.06 × (1 − 0.023037) − 1 = 3.558 %; a tenth more is 3.914 %.
    """
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    month(city, 1, 1_030.0)  # +3.0 %; intensity 1 030/1 060: −2.830 %, 8 % short of the incentive target
    assert lights(city) == ("green", "yellow", "green")
    month(city, 2, 1_044.0)  # 2 074: +3.7 %, 4.0 % beyond; intensity −2.170 %, 5.8 % and 29.7 % short
    assert lights(city) == ("yellow", "red", "yellow")
    month(city, 3, 1_076.0)  # 3 150: +5.0 %, 40 % beyond; intensity −0.943 %
    assert lights(city) == ("red", "red", "red")
    [total] = city.lights("total", "qinbei")
    assert (total["value"], total["limit"]) == (pytest.approx(5.0), pytest.approx(3.558, abs=5e-4))
    month(city, 4, 930.0)  # 4 080: +2.0 %; intensity 1 020/1 060: −3.774 %
    assert lights(city) == ("green", "green", "green")


def test_who_reaches_the_incentive_target_is_exempt_from_the_total(make_city) -> None:
    """「对能耗强度降低达到自治区下达的激励目标的县（区），其能源消费总量在当期能耗双控考核中免予考核」 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    month(city, 1, 1_027.0)  # +2.7 %; intensity 1 027/1 060: −3.113 %, above 3.0847 %
    # the city set 12 120 tce: +1.0 %; 2.7 % would be 170 % beyond it
    city.state({"entity": "qinbei", "indicator": "energy_total_target_tce", "period": "2021", "value": 12_120.0, "unit": "tce"})
    assert lights(city) == ("green", "green", "green")
    assert "免予考核" in city.lights("total", "qinbei")[0]["reason"]["zh"]
    assert lights(month(city, 2, 1_030.0)) == ("green", "yellow", "red")  # 2 057: −2.972 %, and no longer exempt


def test_gdp_that_outgrows_its_target_lifts_the_total(make_city) -> None:
    """「经济增速超过预期目标的县（区）可相应调整能源消费总量目标」 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    month(city, 1, 1_070.0, gdp=1_100.0)
    # 10 % instead of 6 %: 1.10 × (1 − 0.023037) − 1 = 7.466 %, and 7.0 % is within; by 6 % it would be red
    assert lights(city) == ("green", "red", "green")
    [total] = city.lights("total", "qinbei")
    assert total["limit"] == pytest.approx(7.466, abs=5e-4) and "已相应调整" in total["reason"]["zh"]


def test_a_total_without_the_month_is_not_known(make_city) -> None:
    """「测算和评价各地用能总量和能耗强度变化情况」 第一篇第四章一."""
    assert lights(county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))) == ("grey", "grey", "grey")


def test_missing_the_incentive_target_pages_nobody(make_city) -> None:
    """「力争下降14.5%」 第一篇第二章: what is striven for binds nothing."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    lights(month(city, 1, 1_030.0))
    alerts = city.client.get("/v1/alerts", headers=city.headers("read", "")).json()["alerts"]
    assert [a for a in alerts if a["rule"] == "pace"] == []
