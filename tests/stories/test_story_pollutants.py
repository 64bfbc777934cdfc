"""Pollutant totals (总量减排): a mill's outlet by HJ 212, hour by hour and summed over the year against its permit; the city's cut in tonnes."""

from datetime import date, timedelta

import pytest

from tests.stories.conftest import City, instant
from tests.stories.town import QINBEI, unit
from tricolor.domain.intervals import DAY_US, HOUR_US

POINTS = (("w00000.hour.cou", "m3", "delta", 3_600), ("w01018.hour.avg", "mg/L", "gauge", 3_600), ("w01018.day.cou", "kg", "delta", 86_400))


def mill(city: City) -> City:
    toml = QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + '[[meters]]\nid = "st"\nentity = "mill"\nname_cn = "总排口"\n'
    for name, measure, kind, seconds in POINTS:
        toml += f'[[points]]\nid = "st.{name}"\nmeter = "st"\nunit = "{measure}"\nkind = "{kind}"\nrole = "none"\ninterval_s = {seconds}\n'
        toml += 'valid_from = "2023-01-01"\n'
    city.register(toml)
    order = {
        "entity": "mill",
        "outlet": "st",
        "factor": "w01018",
        "limit": 80.0,
        "mass_t": 36.5,
        "document": "排污许可证 示例-001",
        "valid_from": "2023-01-01",
    }
    city.send("POST", "/v1/permits", order, expect=201)
    return city


def days(city: City, first: str, last: str, kg: float) -> None:
    """COD of each day [kg], sent at its end; the clock stands at the end of the last one, a little later."""
    on, values = date.fromisoformat(first), {}
    while on <= date.fromisoformat(last):
        values[instant(on.isoformat()) + DAY_US] = kg
        on += timedelta(days=1)
    city.now = instant(on.isoformat()) + HOUR_US
    city.push("mill", "st.w01018.day.cou", values)


def seen(city: City, rule: str, indicator: str) -> dict:
    city.settle()
    city.look()
    return city.light(rule, "mill", indicator)


def test_the_year_is_summed_against_the_permitted_mass(make_city) -> None:
    """「全市化学需氧量、氨氮、氮氧化物、挥发性有机物排放总量控制在自治区下达目标以内」 钦政办〔2022〕43号 第一篇第二章. Permit: 36.5 t, 100 kg a day."""
    city = mill(make_city("qinzhou-2021-2025", "2023-01-01"))
    days(city, "2023-01-01", "2023-02-28", 90.0)
    green = seen(city, "mass", "w01018")  # 59 days, 5.31 t
    assert (green["light"], green["value"]) == ("green", pytest.approx(5.31))
    days(city, "2023-03-01", "2023-03-31", 130.0)
    yellow = seen(city, "mass", "w01018")  # 9.34 t in 90 days: 37.88 t in the year
    assert (yellow["light"], yellow["value"]) == ("yellow", pytest.approx(9.34))
    days(city, "2023-04-01", "2023-04-30", 950.0)
    red = seen(city, "mass", "w01018")  # 37.84 t
    assert (red["light"], red["value"], red["limit"]) == ("red", pytest.approx(37.84), 36.5)
    days(city, "2024-01-01", "2024-01-20", 80.0)
    assert seen(city, "mass", "w01018")["light"] == "green"  # another year: 1.6 t
    city.at("2024-02-20T09:00")
    grey = seen(city, "mass", "w01018")  # 20 of 50 days are known
    assert grey["light"] == "grey" and "40.0%" in grey["reason"]["zh"]


def test_an_hour_over_the_limit_of_the_permit_is_red(make_city) -> None:
    """「推动涉挥发性有机物排放的重点排污单位以及排污许可重点管理单位安装在线监控监测设施」 第一篇第四章七. Limit 80 mg/L, yellow from 72."""
    city = mill(make_city("qinzhou-2021-2025", "2023-01-10"))
    for number, (peak, light) in enumerate(((60.0, "green"), (75.0, "yellow"), (85.0, "red"), (70.0, "green"))):
        start = instant("2023-01-10") + number * DAY_US
        city.now = start + DAY_US + 60_000_000
        city.push("mill", "st.w01018.hour.avg", {start + (k + 1) * HOUR_US: peak if k == 9 else 50.0 for k in range(24)})
        found = seen(city, "concentration", "st:w01018")
        assert (found["light"], found["value"]) == (light, pytest.approx(peak)), number
    city.now += DAY_US
    assert seen(city, "concentration", "st:w01018")["light"] == "grey"


def test_the_citys_cut_by_key_projects_is_added_up_over_the_years(make_city) -> None:
    """「化学需氧量重点工程减排量、氨氮重点工程减排量、氮氧化物重点工程减排量、挥发性有机物重点工程减排量分别不低于2925吨、189吨、200吨、660吨」 第一篇第二章.

    COD: 2 925 t by 2025, a fifth a year: 585, 1 170, 1 755, 2 340.
    """
    city = make_city("qinzhou-2021-2025", "2022-02-10T09:00")
    city.register(QINBEI)
    assert city.light("indicator", "qinzhou", "cod-cut")["light"] == "grey"
    found = []
    for year, tonnes in ((2021, 600.0), (2022, 1_100.0), (2023, 1_400.0), (2024, 2_340.0)):  # the sum so far; 6 % and 20 % short in between
        city.at(f"{year + 1}-02-10T09:00").state({"entity": "qinzhou", "indicator": "cod-cut", "period": str(year), "value": tonnes, "unit": "吨"})
        found.append(city.light("indicator", "qinzhou", "cod-cut"))
    assert [each["light"] for each in found] == ["green", "yellow", "red", "green"]
    assert [each["limit"] for each in found] == [pytest.approx(585.0 * n) for n in (1, 2, 3, 4)]
