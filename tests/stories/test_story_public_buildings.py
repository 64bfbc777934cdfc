"""Public buildings (公共建筑): a town hall's electricity per square metre and per head over twelve months, against its kind's limit and the year before."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of
from tricolor.domain.intervals import month_of

KGCE_PER_KWH = 0.31  # equal value, of the pack
AREA, HEADS = 10_000.0, 500.0
# office: 25 kgce/m² and 500 kgce a head; 4 % in five years is 1 − 0.96^(1/5) = 0.8131 % a year, 5 % is 1.0206 % a year


def hall(city: City) -> City:
    meter = scale("hall", "2022-01-01", "hall.elec", "electricity", unit="kWh", capacity=100_000_000)
    city.register(QINBEI + unit("hall", "building", "市民中心", region="qinbei", industry_code="S9221") + meter)
    return city


def use(city: City, months: dict[str, float]) -> None:
    """Month -> kgce per square metre that its electricity amounts to."""
    for text, per_m2 in months.items():
        before = city.shown.get("hall.elec", 0.0)
        city.shown["hall.elec"] = before + per_m2 * AREA / KGCE_PER_KWH
        city.push("hall", "hall.elec", {month_of(text).start: before, month_of(text).end: city.shown["hall.elec"]})
    rows = [
        {"entity": "hall", "kind": k, "month": m, "value": v, "unit": u}
        for m in months
        for k, v, u in (("area", AREA, "m2"), ("heads", HEADS, "head"))
    ]
    city.send("POST", "/v1/activities", {"activities": rows})


def both(city: City) -> tuple[str, str]:
    return city.light("per_area", "hall")["light"], city.light("per_head", "hall")["light"]


def test_a_hall_is_judged_by_its_kind_and_by_its_own_last_year(make_city) -> None:
    """「到2025年，人均综合能耗、单位建筑面积能耗分别较2020年降低5%和4%」 钦政办〔2022〕43号 第一篇第三章六."""
    city = hall(make_city("qinzhou-2021-2025", "2023-01-10T09:00"))
    use(city, year_of(2022, 2.0))
    assert both(city) == ("green", "green")  # 24 of 25 kgce/m², 480 of 500 a head; of 2021 nothing is known, and the reason says so
    assert "上年同期无数据" in city.lights("per_area", "hall")[0]["reason"]["zh"]
    city.at("2024-01-10T09:00")
    use(city, year_of(2023, 1.99))
    yellow = city.light("per_area", "hall")  # 23.88: down 0.5 %, 0.8131 % was asked
    assert (yellow["light"], yellow["value"], both(city)[1]) == ("yellow", pytest.approx(23.88), "yellow")
    city.at("2025-01-10T09:00")
    use(city, year_of(2024, 2.1))
    red = city.light("per_area", "hall")  # 25.2, above 25; 504 a head, above 500
    assert (red["light"], red["limit"], both(city)[1]) == ("red", 25.0, "red")
    city.at("2026-01-10T09:00")
    use(city, year_of(2025, 2.05))  # 24.6: down 2.4 %
    assert both(city) == ("green", "green")


def test_a_hall_of_which_a_month_is_missing_is_grey(make_city) -> None:
    """「建成能耗统计监测数据全面、功能齐全、响应迅速的公共建筑能耗监管平台」 第一篇第三章三."""
    city = hall(make_city("qinzhou-2021-2025", "2023-02-10T09:00"))
    use(city, year_of(2022, 2.0))
    city.send("POST", "/v1/activities", {"activities": [{"entity": "hall", "kind": "area", "month": "2023-01", "value": AREA, "unit": "m2"}]})
    grey = city.light("per_area", "hall")  # February 2022 to January 2023
    assert grey["light"] == "grey" and "2023-01" in grey["reason"]["zh"]
