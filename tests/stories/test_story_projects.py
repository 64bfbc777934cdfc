"""Projects (重点项目): a row of annex 3 is taken into the register, falls behind, is commissioned, and what it saves is measured at the works' scale."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import scale, unit

PORT = unit("qinzhou", "city", "钦州市") + unit("qinzhougang", "region", "自贸区钦州港片区")
WORKS = unit("works", "enterprise", "锰业公司", region="qinzhougang") + scale("works", "2023-01-01")
ROW = "qinzhou-2021-2025/annex3-02"  # 技改升级2台矿热炉项目: 8 000 tce a year, due 2024-12


def enter(city: City, **fields: object) -> None:
    """The row as it stands in the register, with these fields changed."""
    answer = city.client.get(f"/v1/projects/{ROW}", headers=city.headers("admin", ""))
    held = answer.json()["project"]
    keep = ("entity", "plan", "name_cn", "name_en", "section", "due", "expected_tce", "investment_cny_10k", "state", "commissioned", "saving_entity",
            "baseline_tce", "verified_tce", "document", "note", "needs_monitoring")  # fmt: skip
    city.send("PUT", f"/v1/projects/{ROW}", {**{k: held[k] for k in keep}, **fields, "by": "李"})


def lights(city: City) -> tuple[str, str]:
    """Of the project, and of what the city answers for as a whole."""
    return city.light("project", "qinzhougang", ROW)["light"], city.light("project", "qinzhou", "total")["light"]


def test_a_row_of_annex_3_goes_from_the_list_to_a_measured_saving(make_city) -> None:
    """「技改升级2台矿热炉项目」 钦政办〔2022〕43号 附件3 第2项: 8 000 tce a year, 2024.12."""
    city = make_city("qinzhou-2021-2025", "2023-06-10T09:00")
    city.register(PORT + WORKS)
    assert lights(city)[0] == "green"  # of the plan's list, in time; nobody has adopted it
    city.send("POST", "/v1/projects/adopt", {"ids": [ROW.partition("/")[2]], "by": "李"})
    enter(city, state="building")
    assert city.at("2024-12-10T09:00").light("project", "qinzhougang", ROW)["light"] == "green"
    assert city.at("2025-01-10T09:00").light("project", "qinzhougang", ROW)["light"] == "yellow"  # in the first month after it
    red = city.at("2025-07-10T09:00").light("project", "qinzhougang", ROW)  # in the seventh; six are yellow
    assert red["light"] == "red" and "逾期第7个月" in red["reason"]["zh"]
    enter(city, state="commissioned", commissioned="2025-07-08", saving_entity="works", baseline_tce=120_000.0)
    assert city.light("project", "qinzhougang", ROW)["light"] == "grey"  # it runs: no month of it is known yet


@pytest.mark.parametrize(("tce", "light"), [(9_350.0, "green"), (9_400.0, "yellow"), (9_600.0, "red")])
def test_the_saving_is_what_the_scale_counts_less_than_before(make_city, tce, light) -> None:
    """「预计节能减排效果」 附件3: 8 000 tce a year; 90 % of it is green, 70 % yellow.

    Before: 120 000 tce a year. September to November 2025 are 30 + 31 + 30 of 365 days: 29 917.8 tce. Against them 3 × 9 350 = 28 050 save 1 867.8,
    in the year 7 491.8 (93.6 %); 28 200: 6 890.1 (86.1 %); 28 800: 4 483.5 (56.0 %).
    """
    city = make_city("qinzhou-2021-2025", "2025-12-10T09:00")
    city.register(PORT + WORKS)
    city.send("POST", "/v1/projects/adopt", {"ids": [ROW.partition("/")[2]]})
    enter(city, state="commissioned", commissioned="2025-08-20", saving_entity="works", baseline_tce=120_000.0)
    city.burn("works", {f"2025-{m:02d}": tce for m in (9, 10, 11)})
    found = city.light("project", "qinzhougang", ROW)
    saved = (120_000 * 91 / 365 - 3 * tce) * 365 / 91
    assert (found["light"], found["value"], found["limit"]) == (light, pytest.approx(saved), 8_000.0)


def test_the_city_answers_for_the_whole_and_a_verified_saving_counts(make_city) -> None:
    """「预计节能减排效果（吨标煤/年）」 附件3: 1 700 tce of furnace gas; at 1 000 tce verified, 58.8 %, the project is red."""
    city = make_city("qinzhou-2021-2025", "2022-05-10T09:00")
    city.register(PORT)
    gas = "qinzhou-2021-2025/annex3-01"
    city.send("POST", "/v1/projects/adopt", {"ids": ["annex3-01"]})
    body = {
        "entity": "qinzhougang",
        "plan": "qinzhou-2021-2025",
        "name_cn": "电炉煤气回收综合利用",
        "due": "2022-03",
        "expected_tce": 1_700.0,
        "by": "李",
    }
    city.send("PUT", f"/v1/projects/{gas}", {**body, "state": "commissioned", "commissioned": "2022-03-20"})
    city.send("PUT", f"/v1/projects/{gas}", {**body, "state": "verified", "commissioned": "2022-03-20", "verified_tce": 1_000.0})
    assert city.light("project", "qinzhougang", gas)["light"] == "red"
    city.send("PUT", f"/v1/projects/{gas}", {**body, "state": "verified", "commissioned": "2022-03-20", "verified_tce": 1_650.0})
    assert city.light("project", "qinzhougang", gas)["light"] == "green"
    whole = city.light("project", "qinzhou", "total")
    assert "核定的节能量1,650 tce/年" in whole["reason"]["zh"]


def test_a_project_that_was_stopped_is_grey_with_its_reason(make_city) -> None:
    """「项目前期及工程进度」 附件3."""
    city = make_city("qinzhou-2021-2025", "2023-06-10T09:00")
    city.register(PORT)
    city.send("POST", "/v1/projects/adopt", {"ids": [ROW.partition("/")[2]]})
    enter(city, state="stopped", reason="资金未落实")
    grey = city.light("project", "qinzhougang", ROW)
    assert grey["light"] == "grey" and "资金未落实" in grey["reason"]["zh"]
