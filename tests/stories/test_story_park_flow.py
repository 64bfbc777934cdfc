"""Material flow of a park (园区物质流): who makes waste and who uses it, by their weighbridges, against the plan's goal for parks."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import scale, unit
from tricolor.domain.intervals import month_of

WASTE = "industrial_solid_waste"
SHARE = "port-waste-use"
# a row that a city adds to its pack: the goal of the plan for parks, measured in the port area; straight from 70 % in 2020 to 85 % in 2025
ROW = (
    f"{SHARE},qinzhougang,,钦州港片区工业固体废物综合利用率,Utilisation of industrial solid waste in the port area,园区循环经济,第二篇 循环经济,%,up,linear,"
    f"level,2020,70,,2025,85,85%,no,yes,month,100 * utilised({WASTE}) / generated({WASTE}),development-reform,钦政办〔2022〕43号,第二篇第二章,"
    "interpreted,,the baseline is this test's"
)


def port(city: City) -> City:
    """A steel works makes slag, a cement works uses it; each has a weighbridge, and they share the area."""
    city.register(
        unit("qinzhou", "city", "钦州市") + unit("qinzhougang", "region", "自贸区钦州港片区") + unit("steel", "enterprise", "钢铁厂", region="qinzhougang")
        + unit("cement", "enterprise", "水泥厂", region="qinzhougang") + scale("steel", "2023-01-01", "steel.slag", WASTE, role="generated")
        + scale("cement", "2023-01-01", "cement.slag", WASTE, role="utilised")
    )  # fmt: skip
    return city


def weigh(city: City, month: str, **tonnes: float) -> None:
    for who, amount in tonnes.items():
        point = f"{who}.slag"
        before = city.shown.get(point, 0.0)
        city.shown[point] = before + amount
        city.push(who, point, {month_of(month).start: before, month_of(month).end: city.shown[point]})


def test_slag_that_one_works_makes_and_another_uses_is_one_number_of_the_park(make_city, own_pack) -> None:
    """「整合园区信息资源，促进企业间的信息共享，建立园区物质流管理服务平台，加强物质流的管理」 广西循环经济发展“十四五”规划 重点工程与行动 园区循环化发展改造升级工程;
    「园区工业固体废物综合利用率达到85%」 钦政办〔2022〕43号 第二篇第二章.

    3 points a year: January 2023 ends 2 1/12 years on and asks 76.25 %, 6.25 of change; 76.5 %, 76.75 %, 77 % follow.
    """
    city = port(make_city(own_pack("qinzhou-2021-2025", indicator=ROW), "2023-02-10T09:00"))
    grey = city.light("indicator", "qinzhougang", SHARE)
    assert grey["light"] == "grey" and "utilised" in grey["reason"]["zh"] + grey["reason"]["en"]
    seen = []
    for number, used in enumerate((800.0, 720.0, 700.0, 900.0), 1):  # year to date: 80; 76, 0.5 of 6.5 short; 74, 2.75 of 6.75 short; 78
        weigh(city.at(f"2023-{number + 1:02d}-10T09:00"), f"2023-{number:02d}", steel=1_000.0, cement=used)
        seen.append(city.light("indicator", "qinzhougang", SHARE))
    assert [each["value"] for each in seen] == [pytest.approx(v) for v in (80.0, 76.0, 74.0, 78.0)]
    assert [each["limit"] for each in seen] == [pytest.approx(70 + 3 * (2 + n / 12)) for n in (1, 2, 3, 4)]
    assert [each["light"] for each in seen] == ["green", "yellow", "red", "green"]
    assert seen[2]["period"] == "2023-01..2023-03"


def test_waste_is_no_energy(make_city, own_pack) -> None:
    """「以物质流账户为主的循环经济评价指标体系」 钦政办〔2022〕43号 第二篇第四章六: flows have accounts of their own and weigh nothing in tce."""
    city = port(make_city(own_pack("qinzhou-2021-2025", indicator=ROW), "2023-02-10T09:00"))
    weigh(city, "2023-01", steel=1_000.0, cement=800.0)
    city.judge()
    material = city.judge_service._evaluator.material
    assert material is not None
    january = material.energy.get("qinzhougang", {}).get("2023-01")
    assert january is None or not january.tce_equivalent
    flows = {(carrier, str(role)): amounts["2023-01"] for (carrier, role), amounts in material.flows["steel"].items()}
    assert flows == {(WASTE, "generated"): pytest.approx(1_000.0)}


def test_a_provinces_rate_asks_to_be_passed_in_its_year(make_city) -> None:
    """「一般工业固体废物综合利用率超过 80%」 粤发改资环〔2022〕390号 二（三）: 80 % itself is not enough, and nothing is asked before 2025."""
    city = make_city("guangdong-circular-2022-2025", "2024-02-10T09:00")
    city.register(unit("guangdong", "city", "示例省"))
    name = "gdc-solid-waste-utilisation"
    seen = [city.light("indicator", "guangdong", name)["light"]]
    for year, value in ((2023, 76.0), (2025, 70.0), (2025, 80.0), (2025, 80.1)):
        city.at(f"{year + 1}-02-10T09:00").state({"entity": "guangdong", "indicator": name, "period": str(year), "value": value, "unit": "%"})
        seen.append(city.light("indicator", "guangdong", name)["light"])
    assert seen == ["grey", "yellow", "red", "yellow", "green"]
