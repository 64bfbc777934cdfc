"""From a weighbridge's readings to the light of an indicator, through intake, accounts, monthly sums and the judging of a real ledger."""

from dataclasses import replace

import numpy as np
import pytest

from alerting.books import Books, MaterialKeeper
from alerting.rules import indicator as rule
from tests.accounts.conftest import DAY_ONE, START, Rig, make_rig, point, rig  # noqa: F401 - fixtures
from tests.submissions.conftest import RATE
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.catalogue.plans import load_plan
from tricolor.domain.intervals import CELL_US, DAY_US, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Role
from tricolor.domain.submissions import Statistic

WASTE = "industrial_solid_waste"
APRIL = parse_us("2026-04-10T08:00:00+08:00")
# 50 % in 2025 to 100 % in 2030; the end of March 2026 asks 50 + 50 * 0.25 / 5 = 52.5
REUSE = replace(
    RATE, entity="park", baseline=50.0, target=100.0, every="month",
    measure=f"100 * utilised({WASTE}) / generated({WASTE})",
)  # fmt: skip


class Park:
    def __init__(self, rig: Rig) -> None:  # noqa: F811
        self.rig = rig
        rig.register(
            point("mill.e", "m", "mill"), point("mill.made", "s1", "mill", Role.GENERATED, WASTE, "t"),
            point("mill.used", "s2", "mill", Role.UTILISED, WASTE, "t"), point("works.made", "s3", "works", Role.GENERATED, WASTE, "t"),
        )  # fmt: skip
        self.statistics = StatisticsBookSql(rig.engine, lambda: APRIL)
        self.plan = replace(load_plan("illustrative-2026-2030"), indicators=(REUSE,))
        self.keeper = MaterialKeeper(Books(AccountMonthsSql(rig.engine), ActivityBookSql(rig.engine), statistics=self.statistics), self.plan, 7)

    def weigh(self, name: str, tonnes: float, day: int) -> None:
        """A lorry on the day of March, at noon."""
        self.rig.put(name, [tonnes], start=START + (day - 1) * DAY_US + 48 * CELL_US)
        self.rig.settle()

    def verdict(self, now: int = APRIL) -> Verdict:
        registry = self.rig.book.load()
        material, _ = self.keeper.refresh(registry, now)
        self.keeper.told()
        (facts,) = rule.facts_of(material, registry.entities["park"])
        return rule.judge(facts, rule.Thresholds(0.10, 2, 3))


def test_lorries_turn_the_light_from_grey_over_red_and_yellow_to_green_and_back(rig):  # noqa: F811
    park = Park(rig)
    grey = park.verdict()
    assert grey.light is Light.GREY and f"generated({WASTE})" in grey.reason_zh + grey.evidence["measure"]
    park.weigh("mill.made", 60.0, 2)
    park.weigh("works.made", 40.0, 3)
    park.weigh("mill.used", 50.0, 4)
    red = park.verdict()  # 50 of 100 t; 2.5 of change asked, all of it missing
    assert (red.light, red.value, red.period) == (Light.RED, pytest.approx(50.0), "2026-03")
    assert red.limit == pytest.approx(52.5) and red.evidence["flows"] == {f"utilised({WASTE})": 50.0, f"generated({WASTE})": 100.0}
    park.weigh("mill.used", 2.25, 5)  # 52.25: a tenth of the change is missing
    assert park.verdict().light is Light.YELLOW
    park.weigh("mill.used", 0.25, 6)  # 52.5
    green = park.verdict()
    assert green.light is Light.GREEN and "计量" in green.reason_zh
    park.weigh("works.made", 20.0, 7)  # 52.5 of 120
    assert park.verdict().light is Light.RED
    energy = [a for a in rig.whole("park") if a.carrier == WASTE]
    assert energy and all(a.tce_equivalent is None and a.co2_t is None for a in energy) and {a.day for a in energy} >= {DAY_ONE[:-2] + "02"}
    assert np.isclose(rig.total_tce("park"), 0.0)


def test_a_submitted_value_stands_in_until_the_scales_weigh(rig):  # noqa: F811
    park = Park(rig)
    park.statistics.submit([Statistic("park", REUSE.id, "2026-03", 60.0, "%")], "ann")
    submitted = park.verdict()
    assert (submitted.light, submitted.value) == (Light.GREEN, 60.0)
    park.weigh("mill.made", 100.0, 2)
    park.weigh("mill.used", 10.0, 2)
    assert (park.verdict().light, park.verdict().value) == (Light.RED, pytest.approx(10.0))


def test_a_submission_changes_the_light_of_the_next_look(rig):  # noqa: F811
    park = Park(rig)
    park.plan = replace(park.plan, indicators=(replace(REUSE, measure=""),))
    park.keeper = MaterialKeeper(
        Books(AccountMonthsSql(rig.engine), ActivityBookSql(rig.engine), statistics=park.statistics), park.plan, 7
    )  # fmt: skip
    assert park.verdict().light is Light.GREY
    for value, light in ((53.0, Light.GREEN), (52.3, Light.YELLOW), (40.0, Light.RED), (52.5, Light.GREEN)):
        park.statistics.submit([Statistic("park", REUSE.id, "2026-03", value, "%")], "ann")
        assert park.verdict().light is light, value
    assert park.verdict().evidence["submitted"][0]["revision"] == 4
    park.statistics.submit([Statistic("park", REUSE.id, "2026-03", None, "%")], "ann")
    assert park.verdict().light is Light.GREY
