"""Signs of invented data (防范弄虚作假): advances all alike, a register that stands still under power, sub-meters above their parent."""

import math

from tests.stories.conftest import City, instant
from tests.stories.town import QINBEI, unit
from tricolor.domain.intervals import DAY_US

MINUTES_30 = 30 * 60_000_000


def _point(name: str, meter: str, kind: str = "register", unit_: str = "kWh") -> str:
    text = f'[[points]]\nid = "{name}"\nmeter = "{meter}"\nunit = "{unit_}"\nkind = "{kind}"\nrole = "purchased"\ncarrier = "electricity"\n'
    return text + 'interval_s = 1800\nresolution = 0.01\nvalid_from = "2023-03-01"\n'


METERS = '[[meters]]\nid = "main"\nentity = "mill"\nname_cn = "总表"\n[[meters]]\nid = "sub"\nentity = "mill"\nname_cn = "分表"\nparent = "main"\n'
POINTS = _point("main.kwh", "main") + _point("main.kw", "main", "gauge", "kW") + _point("sub.kwh", "sub")


def works(city: City) -> City:
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + METERS + POINTS)
    return city


def days(city: City, first: str, count: int, main: str = "natural", sub_share: float = 0.5) -> None:
    """Half-hourly readings of whole days. main: natural, alike (every half hour the same), frozen (the register stands, the power does not)."""
    start = instant(first)
    city.now = start + count * DAY_US + 60_000_000
    at = [start + (n + 1) * MINUTES_30 for n in range(48 * count)]
    used = [100.0 + 20.0 * math.sin(n * 1.7) + 7.0 * math.cos(n * 0.9) for n in range(len(at))]  # kWh in the half hour, never twice the same
    shown = {"alike": [100.0] * len(at), "frozen": [0.0] * len(at)}.get(main, used)
    for name, steps in (("main.kwh", shown), ("sub.kwh", [u * sub_share for u in used])):
        total, values = city.shown.get(name, 0.0), {}
        for t, step in zip(at, steps, strict=True):
            total += round(step, 2)
            values[t] = round(total, 2)
        city.shown[name] = total
        city.push("mill", name, values)
    power = shown if main == "alike" else used
    city.push("mill", "main.kw", {t: 2 * u for t, u in zip(at, power, strict=True)})
    city.settle()
    city.look()


def light(city: City, rule: str) -> str:
    return str(city.light(rule, "mill")["light"])


def test_advances_that_are_all_alike_are_a_sign(make_city) -> None:
    """「防范统计造假、弄虚作假」 钦政办〔2022〕43号 第一篇第四章七. One day is yellow, five are red, three natural days heal it."""
    city = works(make_city("qinzhou-2021-2025", "2023-03-01T09:00"))
    days(city, "2023-03-01", 3)
    seen = [light(city, "too_smooth")]
    days(city, "2023-03-04", 1, "alike", sub_share=0.5)
    seen.append(light(city, "too_smooth"))
    days(city, "2023-03-05", 4, "alike")
    seen.append(light(city, "too_smooth"))
    days(city, "2023-03-09", 3)
    seen.append(light(city, "too_smooth"))
    assert seen == ["green", "yellow", "red", "green"]


def test_a_register_that_stands_still_under_power_is_a_sign(make_city) -> None:
    """「加强重点用能单位能源计量监督和审查」 第一篇第四章七. One day is yellow, three are red."""
    city = works(make_city("qinzhou-2021-2025", "2023-03-01T09:00"))
    days(city, "2023-03-01", 3)
    seen = [light(city, "stuck")]
    days(city, "2023-03-04", 1, "frozen")
    seen.append(light(city, "stuck"))
    days(city, "2023-03-05", 2, "frozen")
    seen.append(light(city, "stuck"))
    assert "功率" in city.lights("stuck", "mill")[0]["reason"]["zh"]
    days(city, "2023-03-07", 4)
    seen.append(light(city, "stuck"))
    assert seen == ["green", "yellow", "red", "green"]
    city.now += 14 * DAY_US
    city.look()
    assert light(city, "stuck") == "grey"  # two weeks without a reading


def test_sub_meters_above_their_parent_are_implausible(make_city) -> None:
    """「强化统计数据审核，防范统计造假、弄虚作假，提升统计数据质量」 第一篇第四章七. More than 3 % above: one day yellow, three red."""
    city = works(make_city("qinzhou-2021-2025", "2023-03-01T09:00"))
    days(city, "2023-03-01", 3)
    seen = [light(city, "implausible")]
    days(city, "2023-03-04", 1, sub_share=1.10)
    seen.append(light(city, "implausible"))
    days(city, "2023-03-05", 2, sub_share=1.10)
    seen.append(light(city, "implausible"))
    days(city, "2023-03-07", 4, sub_share=0.95)
    seen.append(light(city, "implausible"))
    assert seen == ["green", "yellow", "red", "green"]
