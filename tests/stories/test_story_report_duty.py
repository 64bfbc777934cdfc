"""Report duties (报送义务, 月报): who owes a report and since when; and whether what is reported agrees with the meters."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit

MILL = unit("mill", "enterprise", "造纸厂", region="qinbei", is_key_user=True)


def report(city: City, month: str, tce: float) -> None:
    """With the enterprise's own key."""
    city.state({"entity": "mill", "indicator": "reported_energy_tce", "period": month, "value": tce, "unit": "tce", "document": "月报"}, who="mill")


def test_a_key_user_owes_a_report_every_month(make_city) -> None:
    """「严格实施重点用能单位能源利用状况报告制度」 钦政办〔2022〕43号 第一篇第四章七. The plan is of 25 December 2022;
    January 2023 is the first month asked for, due by 15 February; 15 days later it is still yellow."""
    city = make_city("qinzhou-2021-2025", "2023-02-15T09:00")
    city.register(QINBEI + MILL)
    city.state({"entity": "mill", "indicator": "annual_energy_tce", "period": "2021", "value": 9_000.0, "unit": "tce"}, who="mill")
    assert city.light("report_duty", "mill")["light"] == "green"  # the year's report is in, January's is not late
    lights = [city.at(f"{day}T09:00").light("report_duty", "mill")["light"] for day in ("2023-02-16", "2023-03-02", "2023-03-03")]
    assert lights == ["yellow", "yellow", "red"]  # 1, 15 and 16 days late
    assert city.light("report_duty", "qinbei", "units")["light"] == "red"  # none of its units has sent all
    report(city, "2023-01", 800.0)
    assert city.light("report_duty", "mill")["light"] == "green" and city.light("report_duty", "qinbei", "units")["light"] == "green"


def test_a_city_owes_the_monthly_report_of_its_own_plan(make_city) -> None:
    """「建立沟通协作机制和月度报告制度」 柳政发〔2023〕11号 四（一）. April 2023 is due by 15 May."""
    city = make_city("liuzhou-zero-waste-2023-2025", "2023-05-15T09:00")
    city.register(unit("liuzhou", "city", "柳州市"))
    city.judge()
    assert city.lights("report_duty", "liuzhou") == []  # nothing was due before today
    lights = [city.at(f"{day}T09:00").light("report_duty", "liuzhou")["light"] for day in ("2023-05-16", "2023-05-31")]
    assert lights == ["yellow", "red"]
    row = {"entity": "liuzhou", "indicator": "lz-monthly-report", "text": "达到", "document": "月度报告"}
    city.state({**row, "period": "2023-04"})
    assert city.light("report_duty", "liuzhou")["light"] == "green"
    assert city.at("2023-06-16T09:00").light("report_duty", "liuzhou")["light"] == "yellow"  # May was due by 15 June
    city.state({**row, "period": "2023-05"})
    assert city.light("report_duty", "liuzhou")["light"] == "green"


def test_what_is_reported_is_held_against_the_meters(make_city) -> None:
    """「强化统计数据审核，防范统计造假、弄虚作假，提升统计数据质量」 第一篇第四章七. 5 % apart is green, 10 % yellow."""
    city = make_city("qinzhou-2021-2025", "2022-09-10T09:00")
    city.register(QINBEI + MILL + scale("mill", "2022-08-01"))
    report(city, "2022-08", 1_050.0)
    grey = city.light("reported", "mill", "reported_energy_tce:month")
    assert grey["light"] == "grey" and "没有计量" in grey["reason"]["zh"]
    city.burn("mill", {"2022-08": 1_000.0})
    seen = [city.light("reported", "mill", "reported_energy_tce:month")["light"]]  # exactly 5 %
    for stated in (1_090.0, 880.0, 1_010.0):  # 9 % over, 12 % under, 1 % over: each a revision
        report(city, "2022-08", stated)
        seen.append(city.light("reported", "mill", "reported_energy_tce:month")["light"])
    assert seen == ["green", "yellow", "red", "green"]
    history = city.client.get(
        "/v1/statistics/history", params={"entity": "mill", "indicator": "reported_energy_tce", "period": "2022-08"}, headers=city.headers("push", "mill")
    ).json()["statistics"]  # fmt: skip
    assert [each["value"] for each in history] == [1_050.0, 1_090.0, 880.0, 1_010.0]
    foreign = city.client.get("/v1/statistics", params={"entity": "mill"}, headers=city.headers("push", "somebody-else"))
    assert foreign.status_code in (401, 403, 404)


def test_a_year_is_reported_by_the_end_of_march(make_city) -> None:
    """「严格实施重点用能单位能源利用状况报告制度」 第一篇第四章七: the energy used in the year before."""
    city = make_city("qinzhou-2021-2025", "2022-03-31T09:00")
    city.register(QINBEI + MILL)
    city.judge()
    assert city.lights("report_duty", "mill") == []
    late = city.at("2022-04-10T09:00").light("report_duty", "mill")
    assert (late["light"], late["value"], late["limit"]) == ("yellow", pytest.approx(10.0), pytest.approx(15.0))
