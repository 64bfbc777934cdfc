"""Wordings of the warning: the same four months under the table of the first quarter of 2021, under that of its first half, and in four colours."""

import pytest

from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of

FIRST_HALF = (
    '[pace.red_gap]\nvalue = 1.0\nunit = "1"\nsource = "NDRC table of the first half of 2021: fell but missed is yellow"\nstatus = "secondary"\n'
)
COMPLETION = '[pace.scheme]\nvalue = "completion"\nunit = "name"\nsource = "a prefecture\'s plan of 2010, by completion rate"\nstatus = "secondary"\n'
# 钦北区 basic: T = 2.3037 %. Year to date against 2020: −3 %, −2.2 % (95.5 % of T), −1.467 % (63.7 %), −0.9 % (39.1 %), a rise of 0.2 %, −2.375 %
MONTHS_OF = (
    ("2021-01", 970.0), ("2021-02", 986.0), ("2021-03", 1_000.0), ("2021-04", 1_008.0), ("2021-05", 1_046.0), ("2021-06", 847.5),
)  # fmt: skip
SCHEMES = {
    "gap": ("", ["green", "yellow", "red", "red", "red", "green"]),
    "first half": (FIRST_HALF, ["green", "yellow", "yellow", "yellow", "red", "green"]),
    "completion": (COMPLETION, ["green", "yellow", "orange", "red", "red", "green"]),
}


def run(city: City) -> list[dict]:
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    city.burn("mill", year_of(2020, 1_000.0))
    city.gdp("qinbei", year_of(2020, 1_000.0))
    found = []
    for number, (month, tce) in enumerate(MONTHS_OF, 2):
        city.at(f"2021-{number:02d}-10T09:00").burn("mill", {month: tce})
        city.gdp("qinbei", {month: 1_000.0})
        found.append(city.light("pace", "qinbei", "basic"))
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_wording_of_the_pack_decides_the_colour_and_nothing_else(make_city, own_pack, scheme) -> None:
    """「实行能耗强度预警通报制度」 钦政办〔2022〕43号 第一篇第四章一: the document gives no number of its own, a pack chooses."""
    rules, lights = SCHEMES[scheme]
    found = run(make_city(own_pack("qinzhou-2021-2025", rules), "2021-02-10T09:00"))
    assert [each["light"] for each in found] == lights
    # 970, 1 956, 2 956, 3 964, 5 010, 5 857.5 of a thousand a month
    assert [each["value"] for each in found] == [pytest.approx(v, abs=1e-9) for v in (3.0, 2.2, 44 / 30, 0.9, -0.2, 2.375)]


def test_orange_is_told_by_its_completion_rate_and_can_be_asked_for(make_city, own_pack) -> None:
    """「实行能耗强度预警通报制度」 钦政办〔2022〕43号 第一篇第四章一: in a pack of four colours."""
    city = make_city(own_pack("qinzhou-2021-2025", COMPLETION), "2021-02-10T09:00")
    orange = run(city)[2]
    assert "完成率63.7%" in orange["reason"]["zh"]  # 1.4667 ÷ 2.3037
    past = city.lights("pace", "qinbei", period="2021-01..2021-03", level="orange")
    assert [each["indicator"] for each in past] == ["basic"]
