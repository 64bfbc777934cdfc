"""Heat networks (集中供热): a port's hot-water network, its loss by week, and how warm the water leaves the source."""

import pytest

from tests.heat.conftest import meter as calculated
from tests.stories.conftest import City, instant
from tests.stories.town import QINBEI, unit
from tricolor.domain.intervals import DAY_US, HOUR_US, SECOND_US

WATER = "hot_water"


def _meter(name: str, role: str) -> str:
    text = f'[[meters]]\nid = "{name}"\nentity = "net"\nname_cn = "{name}"\nmedium = "{WATER}"\n[[points]]\nid = "{name}.heat"\nmeter = "{name}"\n'
    text += f'carrier = "heat"\nunit = "GJ"\nkind = "register"\nrole = "{role}"\nvalid_from = "2023-01-01"\n'
    return text


def network(city: City) -> City:
    city.register(QINBEI + unit("net", "network", "港区供热管网", region="qinbei") + _meter("source", "fed_in") + _meter("user", "delivered"))
    return city


def week(city: City, first: str, fed_gj: float, delivered_gj: float | None) -> None:
    """Seven days from `first` on, read at their edges; the clock stands at their end. None: the user's meter is silent."""
    start = instant(first)
    city.now = start + 7 * DAY_US
    for name, amount in (("source", fed_gj), ("user", delivered_gj)):
        before = city.shown.get(name, 0.0)
        city.shown[name] = before + (amount or 0.0)
        if amount is not None:
            city.push("net", f"{name}.heat", {start: before, city.now: city.shown[name]})


def test_what_is_lost_on_the_way_is_judged_week_by_week(make_city) -> None:
    """「全面推进自贸区钦州港片区供热改造升级」 钦政办〔2022〕43号 第一篇第三章二. A tenth lost is yellow, a fifth red."""
    city = network(make_city("qinzhou-2021-2025", "2023-01-09"))
    for first, delivered, light, rate in (
        ("2023-01-09", 9_300.0, "green", 0.07), ("2023-01-16", 8_800.0, "yellow", 0.12), ("2023-01-23", 7_900.0, "red", 0.21),
        ("2023-01-30", 9_000.0, "green", 0.10),  # exactly a tenth
    ):  # fmt: skip
        week(city, first, 10_000.0, delivered)
        found = city.light("heat_loss", "net")
        assert (found["light"], found["value"]) == (light, pytest.approx(rate, abs=1e-6)), first
    week(city, "2023-02-06", 10_000.0, None)
    grey = city.light("heat_loss", "net")
    assert grey["light"] == "grey" and "user.heat" in grey["reason"]["zh"]  # a silent user is no loss


def test_water_that_leaves_the_source_too_cold_is_seen_within_hours(make_city) -> None:
    """「持续推进自贸区钦州港片区供热工程建设，扩大集中供热规模」 第一篇第三章二. 60 °C, red from 10 K below; heat from flow and temperatures."""
    city = make_city("qinzhou-2021-2025", "2023-01-09")
    city.register(QINBEI + unit("net", "network", "港区供热管网", region="qinbei") + calculated("source", "fed_in") + calculated("user", "delivered"))
    seen = []
    for number, degrees in enumerate((75.0, 55.0, 45.0, 60.0)):
        begin = instant("2023-01-09") + number * 4 * HOUR_US
        city.now = begin + 4 * HOUR_US
        for name, supply in (("source", degrees), ("user", degrees - 2.0)):
            for suffix, value in (("flow", 100.0), ("supply", supply), ("return", 30.0)):
                city.push("net", f"{name}.{suffix}", {begin + k * HOUR_US // 4: value for k in range(17)})
        seen.append(city.light("supply_temperature", "net"))
    assert [(e["light"], round(e["value"], 2)) for e in seen] == [("green", 75.0), ("yellow", 55.0), ("red", 45.0), ("green", 60.0)]
    city.now += 6 * HOUR_US
    assert city.light("supply_temperature", "net")["light"] == "grey"  # nobody says how warm it is


def test_water_that_is_too_cold_now_is_seen_at_the_next_look(make_city) -> None:
    """「持续推进自贸区钦州港片区供热工程建设，扩大集中供热规模」 第一篇第三章二. The newest reading, within seconds: 60 °C, red from 10 K below."""
    city = make_city("qinzhou-2021-2025", "2023-01-09")
    city.register(QINBEI + unit("net", "network", "港区供热管网", region="qinbei") + calculated("source", "fed_in") + calculated("user", "delivered"))
    city.push("net", "source.flow", {city.now: 100.0})
    seen = []
    for degrees in (75.0, 55.0, 49.9, 60.0):
        city.now += 60 * SECOND_US
        city.push("net", "source.supply", {city.now - SECOND_US: degrees})
        seen.append(city.light("instant", "net", "source.supply"))
    assert [(e["light"], e["value"]) for e in seen] == [("green", 75.0), ("yellow", 55.0), ("red", 49.9), ("green", 60.0)]
    city.now += HOUR_US
    assert city.light("instant", "net", "source.supply")["light"] == "grey"  # an hour old: it says nothing about now
