"""Zero waste (无废城市): indicators of Liuzhou's table 1, from the weighbridge, from submissions, and in words."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import scale, unit
from tricolor.domain.intervals import month_of

WASTE = "industrial_solid_waste"
ROLES = {"generated": "made", "utilised": "used", "utilised_stock": "stock"}
USE = "lz-solid-waste-utilisation"


def liuzhou(city: City) -> City:
    bridges = "".join(scale("steel", "2023-01-01", f"steel.{name}", WASTE, role=role) for role, name in ROLES.items())
    city.register(unit("liuzhou", "city", "柳州市") + unit("steel", "enterprise", "钢铁公司") + bridges)
    return city


def weigh(city: City, month: str, **tonnes: float) -> None:
    """What the weighbridge counts in the month [t] of waste made, used, and used from stock."""
    for name in ROLES.values():
        point = f"steel.{name}"
        before = city.shown.get(point, 0.0)
        city.shown[point] = before + tonnes.get(name, 0.0)
        city.push("steel", point, {month_of(month).start: before, month_of(month).end: city.shown[point]})


def test_lorries_over_the_weighbridge_turn_the_light_of_a_starred_indicator(make_city) -> None:
    """「一般工业固体废物综合利用率★」 柳政发〔2023〕11号 表1 序号16: 88.2 % in 2020, 93 % in 2025, 0.96 a year.

    January 2024 ends 3 1/12 years after 2020: 91.16 % is asked, 2.96 points of change; February 91.24, March 91.32, April 91.40.
    """
    city = liuzhou(make_city("liuzhou-zero-waste-2023-2025", "2024-02-10T09:00"))
    grey = city.light("indicator", "liuzhou", USE)
    assert grey["light"] == "grey" and f"({WASTE})" in grey["reason"]["zh"]
    seen = []
    for number, used in enumerate((920.0, 900.0, 870.0, 962.0), 1):  # 92.0; 91.0, 7.9 % of the change short; 89.667; 91.3, 3 % short
        weigh(city.at(f"2024-{number + 1:02d}-10T09:00"), f"2024-{number:02d}", made=1_000.0, used=used)
        seen.append(city.light("indicator", "liuzhou", USE))
    assert [each["value"] for each in seen] == [pytest.approx(v) for v in (92.0, 91.0, 2_690 / 30, 91.3)]
    assert [each["limit"] for each in seen] == [pytest.approx(88.2 + 0.96 * (3 + n / 12)) for n in (1, 2, 3, 4)]
    assert [each["light"] for each in seen] == ["green", "yellow", "red", "yellow"]
    weigh(city.at("2024-06-10T09:00"), "2024-05", made=1_000.0, used=930.0, stock=200.0)
    back = city.light("indicator", "liuzhou", USE)  # (4 582 + 200) of (5 000 + 200): old stock that is used counts on both sides
    assert (back["light"], back["value"]) == ("green", pytest.approx(100 * 4_782 / 5_200)) and "计量" in back["reason"]["zh"]


def submit(city: City, indicator: str, year: int, value: float, unit_: str) -> str:
    city.at(f"{year + 1}-02-10T09:00").state({"entity": "liuzhou", "indicator": indicator, "period": str(year), "value": value, "unit": unit_})
    return str(city.light("indicator", "liuzhou", indicator)["light"])


def test_a_downward_indicator_is_submitted_by_the_year(make_city) -> None:
    """「一般工业固体废物产生强度」 表1 序号1: 0.64 t a 10 000 yuan in 2020, 0.48 in 2025; 0.576, 0.544, 0.512 at the end of 2022, 2023, 2024."""
    city = liuzhou(make_city("liuzhou-zero-waste-2023-2025", "2023-02-10T09:00"))
    name, measure = "lz-solid-waste-intensity", "吨/万元"
    assert city.light("indicator", "liuzhou", name)["light"] == "grey"
    assert submit(city, name, 2022, 0.57, measure) == "green"
    assert submit(city, name, 2023, 0.55, measure) == "yellow"  # 0.09 of 0.096: 6 % short
    assert submit(city, name, 2024, 0.53, measure) == "red"  # 0.018 of 0.128: 14 % short
    assert submit(city, name, 2025, 0.48, measure) == "green"


def test_a_goal_without_a_number_asks_to_pass_the_year_before(make_city) -> None:
    """「逐年提高」 表1 序号27 生活垃圾回收利用率★."""
    city = liuzhou(make_city("liuzhou-zero-waste-2023-2025", "2024-02-10T09:00"))
    name = "lz-household-waste-recovery"
    assert submit(city, name, 2022, 30.0, "%") == "grey"  # the year before is not known
    assert submit(city, name, 2023, 31.0, "%") == "green"
    assert submit(city, name, 2024, 30.9, "%") in ("yellow", "red")
    assert submit(city, name, 2025, 32.0, "%") == "green"


def test_a_goal_in_words_is_yellow_until_its_year_and_red_in_it(make_city) -> None:
    """「建立协调机制」 表1 序号40."""
    city = liuzhou(make_city("liuzhou-zero-waste-2023-2025", "2024-02-10T09:00"))
    seen = [city.light("indicator", "liuzhou", "lz-coordination")["light"]]
    for year, words in ((2023, "未达到"), (2025, "未达到"), (2025, "达到")):
        city.at(f"{year + 1}-02-10T09:00").state({"entity": "liuzhou", "indicator": "lz-coordination", "period": str(year), "text": words})
        seen.append(city.light("indicator", "liuzhou", "lz-coordination")["light"])
    assert seen == ["grey", "yellow", "red", "green"]


def test_every_one_of_the_56_has_a_light_from_the_first_day(make_city) -> None:
    """「参照国家“无废城市”建设指标体系，制定柳州市“无废城市”建设指标体系，见表1」 二（二）."""
    city = liuzhou(make_city("liuzhou-zero-waste-2023-2025", "2024-02-10T09:00"))
    city.judge()
    found = city.lights("indicator", "liuzhou", limit="200")
    table = {i.id for i in city.plan.indicators if i.entity == "liuzhou" and i.no.isdigit()}
    assert len(table) == 56 and table <= {each["indicator"] for each in found}
    assert all(each["reason"]["zh"] and each["reason"]["en"] for each in found)
