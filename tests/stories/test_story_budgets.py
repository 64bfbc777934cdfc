"""Energy budgets (用能预算): set over the API for a year, used up by what the meters count."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit

EVEN = [1 / 12] * 12


def mill(city: City) -> City:
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei", is_key_user=True) + scale("mill", "2023-01-01"))
    return city


def budget(city: City, tce: float, year: int = 2023) -> None:
    city.send(
        "PUT", "/v1/budgets", {"budgets": [{"entity": "mill", "year": year, "tce": tce, "profile": EVEN, "document": "市发改委 示例"}], "by": "李"}
    )


def test_a_budget_is_used_up_month_by_month(make_city) -> None:
    """「围绕能耗强度控制和能效目标，对重点用能实行年度预算管理」 钦政办〔2022〕43号 第一篇第四章七. 12 000 tce, a twelfth a month."""
    city = mill(make_city("qinzhou-2021-2025", "2023-02-10T09:00"))
    budget(city, 12_000.0)
    for month, day, tce, light, used in (
        ("2023-01", "2023-02-01", 950.0, "green", 950.0),  # ends at 11 400
        ("2023-02", "2023-03-01", 1_150.0, "yellow", 2_100.0),  # of 2 000: ends at 12 600, 5 % over
        ("2023-03", "2023-04-01", 1_350.0, "red", 3_450.0),  # of 3 000: 15 % over, beyond a tenth
        ("2023-04", "2023-05-01", 450.0, "green", 3_900.0),  # of 4 000
    ):
        city.at(day).burn("mill", {month: tce})
        found = city.light("budget", "mill")
        assert (found["light"], found["value"]) == (light, pytest.approx(used / 120.0)), month
        assert found["limit"] == pytest.approx(100 / 12 * int(month[5:]))
    assert "预计11,700吨" in found["reason"]["zh"]  # 3 900 ÷ (4/12)


def test_what_is_not_measured_is_not_spared(make_city) -> None:
    """「推动科学有序实行用能预算管理」 第一篇第四章一: grey while a month is missing, no light without a budget."""
    city = mill(make_city("qinzhou-2021-2025", "2023-03-01"))
    city.burn("mill", {"2023-01": 900.0})
    city.judge()
    assert city.lights("budget", "mill") == []
    budget(city, 12_000.0)
    grey = city.light("budget", "mill")
    assert grey["light"] == "grey" and grey["value"] is None
    city.burn("mill", {"2023-02": 900.0})
    assert city.light("budget", "mill")["light"] == "green"


def test_late_in_the_year_a_small_overrun_is_red_and_another_budget_is_another_light(make_city) -> None:
    """「推动科学有序实行用能预算管理，优化能源要素合理配置」 第一篇第四章一."""
    city = mill(make_city("qinzhou-2021-2025", "2023-12-10T09:00"))
    city.burn("mill", {f"2023-{m:02d}": 1_020.0 for m in range(1, 12)})
    budget(city, 12_000.0)
    red = city.light("budget", "mill")  # 11 220 of 12 000 is 93.5 %, past 90 %; ends at 12 240
    assert (red["light"], red["value"]) == ("red", pytest.approx(93.5))
    budget(city, 12_300.0)
    assert city.light("budget", "mill")["light"] == "green"
    history = city.client.get("/v1/budgets/mill/2023/history", headers=city.headers("read", "")).json()["budgets"]
    assert [(b["tce"], b["revision"]) for b in history] == [(12_000.0, 1), (12_300.0, 2)]
