"""Online monitoring (在线监测): who has to be connected, whether the readings that were due came, and who fell silent."""

import pytest

from tests.stories.conftest import City, instant
from tests.stories.town import QINBEI, scale, unit
from tricolor.domain.intervals import DAY_US, HOUR_US, SECOND_US

MILL = unit("mill", "enterprise", "造纸厂", region="qinbei")
HOURLY = scale("mill", "2023-03-01", interval_s=3_600)


def hours(city: City, first: str, days: int, each_day: int) -> None:
    """Readings of the first `each_day` hours of every day, as the hour ends; the clock stands a minute after the last day."""
    start = instant(first)
    at = [start + d * DAY_US + (h + 1) * HOUR_US for d in range(days) for h in range(each_day)]
    before = city.shown.get("mill.coal", 0.0)
    city.now = start + days * DAY_US + 60_000_000
    city.push("mill", "mill.coal", {t: before + n for n, t in enumerate(at, 1)})
    city.shown["mill.coal"] = before + len(at)
    city.settle()
    city.look()
    city.judge()
    city.now += 600 * SECOND_US  # days came in at once: lights on them wait until they rest


def test_a_works_above_ten_thousand_tonnes_has_to_be_connected_and_stay_so(make_city) -> None:
    """「全市年耗能1万吨标煤（能力）企业全面安装能源在线监测系统」 钦政办〔2022〕43号 附件3 节能在线监测;
    「重点用能企业全部接入能耗在线监测系统」 第一篇第四章七."""
    city = make_city("qinzhou-2021-2025", "2023-03-01T09:00")
    city.register(QINBEI + MILL)
    city.judge()
    assert city.lights("connected", "mill") == []  # nothing says that it uses so much
    city.state({"entity": "mill", "indicator": "annual_energy_tce", "period": "2022", "value": 10_000.0, "unit": "tce"}, who="mill")
    red = city.light("connected", "mill")
    assert red["light"] == "red" and "没有登记任何能源测点" in red["reason"]["zh"] and city.light("connected", "qinzhou")["light"] == "red"
    city.register(HOURLY)
    assert city.light("connected", "mill")["light"] == "grey"  # a point, and its days were not looked at
    hours(city, "2023-03-01", 3, 24)
    assert city.light("connected", "mill")["light"] == "green" and city.light("connected", "qinzhou")["light"] == "green"
    city.at("2023-03-12T09:00").look()  # the last reading is of 4 March, midnight: eight whole days
    assert city.light("connected", "mill")["light"] == "red"
    hours(city, "2023-03-12", 1, 24)
    assert city.light("connected", "mill")["light"] == "green"


def test_meters_that_see_too_little_of_what_a_works_states_are_yellow(make_city) -> None:
    """「加强重点用能单位能源计量监督和审查，推动企业建立健全能源计量体系」 第一篇第四章七. 80 % of what it states."""
    city = make_city("qinzhou-2021-2025", "2023-01-05T09:00")
    city.register(QINBEI + MILL + scale("mill", "2022-01-01"))
    city.burn("mill", {f"2022-{m:02d}": 750.0 for m in range(1, 13)})
    city.settle()
    city.look()
    city.judge()
    city.now += 600 * SECOND_US  # a year came in at once: lights on its days wait until it rests
    for stated, light in ((11_250.0, "green"), (12_000.0, "yellow"), (10_500.0, "green")):  # 9 000 tce metered: 80.0, 75.0, 85.7 %
        city.state({"entity": "mill", "indicator": "annual_energy_tce", "period": "2022", "value": stated, "unit": "tce"}, who="mill")
        found = city.light("connected", "mill")
        assert (found["light"], found["value"]) == (light, pytest.approx(100 * 9_000 / stated))


def test_readings_that_stay_away_are_counted_by_the_week(make_city) -> None:
    """「加强重点用能单位能耗在线监测系统建设和应用」 第一篇第四章七. 24 readings a day are due: 90 % is green, under 60 % red."""
    city = make_city("qinzhou-2021-2025", "2023-03-01T09:00")
    city.register(QINBEI + MILL + HOURLY)
    assert city.at("2023-03-03T09:00").light("completeness", "qinzhou", "units")["light"] == "grey"  # two days that were not looked at yet
    for first, each_day, light in (("2023-03-01", 24, "green"), ("2023-03-08", 19, "yellow"), ("2023-03-15", 12, "red"), ("2023-03-22", 22, "green")):
        hours(city, first, 7, each_day)
        found = city.light("completeness", "mill")
        assert (found["light"], found["value"]) == (light, pytest.approx(100 * each_day / 24, abs=1.0)), first
    assert city.light("completeness", "qinzhou", "units")["light"] == "green"


def test_silence_is_told_by_the_hour(make_city) -> None:
    """「健全实时、动态的用能监测和评价体系」 第一篇第四章一. Four intervals are yellow, a day is red."""
    city = make_city("qinzhou-2021-2025", "2023-03-01T09:00")
    city.register(QINBEI + MILL + HOURLY)
    city.judge()
    city.now += 120_000_000  # two minutes of watching: now the process is sure of what it sees
    assert city.light("silent", "mill")["light"] == "grey"  # registered this morning, not heard yet
    start = city.now
    city.push("mill", "mill.coal", {start: 1.0})
    seen = [city.light("silent", "mill")["light"]]
    for after in (5, 25):
        city.now = start + after * HOUR_US
        seen.append(city.light("silent", "mill")["light"])
    city.push("mill", "mill.coal", {city.now: 2.0})
    seen.append(city.light("silent", "mill")["light"])
    assert seen == ["green", "yellow", "red", "green"]


def test_a_new_project_is_monitored_from_its_first_day(make_city) -> None:
    """「新建项目能耗在线监测系统应与主体工程同步投产」 第一篇第四章七."""
    city = make_city("qinzhou-2021-2025", "2023-03-01T09:00")
    city.register(QINBEI + MILL)
    row = {"entity": "qinbei", "name_cn": "二期", "state": "commissioned", "commissioned": "2023-03-01", "needs_monitoring": True, "by": "李"}
    city.send("PUT", "/v1/projects/second-line", row)
    assert city.light("connected", "qinbei", "project:second-line")["light"] == "grey"  # it names no unit whose meters to look at
    city.send("PUT", "/v1/projects/second-line", {**row, "saving_entity": "mill"})
    assert city.light("connected", "qinbei", "project:second-line")["light"] == "yellow"  # on the day itself
    red = city.at("2023-03-02T09:00").light("connected", "qinbei", "project:second-line")
    assert (red["light"], red["value"]) == ("red", 1.0)
    city.register(scale("mill", "2023-03-02"))
    assert city.light("connected", "qinbei", "project:second-line")["light"] == "green"
