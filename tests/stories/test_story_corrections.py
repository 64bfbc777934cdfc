"""Corrections (更正): a revised figure, or readings that come late, change what was said of a closed month; the old word stays beside the new one."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of


def county(city: City) -> City:
    """January and February of 2021 at 970 of 1 000 tce: −3 %, green; March has begun, so that January alone is a closed period."""
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    city.burn("mill", {**year_of(2020, 1_000.0), "2021-01": 970.0})
    city.gdp("qinbei", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    city.judge()
    city.at("2021-03-10T09:00").burn("mill", {"2021-02": 970.0})
    city.gdp("qinbei", {"2021-02": 1_000.0})
    city.judge()
    return city


def january(city: City) -> dict:
    city.judge()
    found = {each["indicator"]: each for each in city.lights("pace", "qinbei", period="2021-01")}
    return found["basic"]


def test_a_revised_figure_of_a_past_month_is_a_correction_beside_the_old_verdict(make_city) -> None:
    """「加强统计基层队伍建设，强化统计数据审核，防范统计造假、弄虚作假，提升统计数据质量」 钦政办〔2022〕43号 第一篇第四章七."""
    city = county(make_city("qinzhou-2021-2025", "2021-02-10T09:00"))
    said = january(city)
    assert (said["light"], said["value"], said["is_current"], said["corrected"]) == ("green", pytest.approx(3.0), False, [])
    city.at("2021-03-12T09:00").gdp("qinbei", {"2021-01": 985.0})  # audited: the GDP of January was 1.5 % less
    corrected = january(city)
    # 970/985 against 1: −1.523 %, 34 % short of 2.3037 %
    assert (corrected["light"], corrected["value"]) == ("red", pytest.approx(100 * (1 - 970 / 985))) and not corrected["is_current"]
    [before] = corrected["corrected"]
    assert (before["light"], before["value"]) == ("green", pytest.approx(3.0)) and before["judged_at"] == said["judged_at"]
    # what is in force is of both months: 1 940 over 1 985: −2.267 %, 1.6 % short
    now = city.light("pace", "qinbei", "basic")
    assert (now["period"], now["light"], now["value"]) == ("2021-01..2021-02", "yellow", pytest.approx(100 * (1 - 1_940 / 1_985)))
    assert january(city) == corrected  # judged again, nothing new is said


def test_readings_that_come_late_correct_a_grey_month_and_a_second_revision_corrects_again(make_city) -> None:
    """「强化统计数据审核」 第一篇第四章七: late readings are data like any other."""
    city = make_city("qinzhou-2021-2025", "2021-02-10T09:00")
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    city.burn("mill", year_of(2020, 1_000.0))
    city.gdp("qinbei", {**year_of(2020, 1_000.0), "2021-01": 1_000.0})
    city.judge()
    city.at("2021-03-10T09:00").gdp("qinbei", {"2021-02": 1_000.0})
    city.judge()
    assert january(city)["light"] == "grey"
    city.burn("mill", {"2021-01": 980.0, "2021-02": 960.0})  # the gateway's memory is read out in March
    found = january(city)
    assert (found["light"], found["value"], [w["light"] for w in found["corrected"]]) == ("red", pytest.approx(2.0), ["grey"])
    city.at("2021-03-15T09:00").gdp("qinbei", {"2021-01": 1_010.0})
    found = january(city)  # 980/1 010: −2.970 %
    assert (found["light"], [w["light"] for w in found["corrected"]]) == ("green", ["red", "grey"])
