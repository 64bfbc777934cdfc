"""The rule pace at the turn of the year and after the plan: which year is judged, and when it lets go of the one before."""

from dataclasses import replace
from typing import Any

import pytest

from alerting.material import Material
from alerting.rules import benchmark, pace
from tests.energyrules.conftest import DISTRICT, ENTITIES, MILL, NOTHING, at, months, thresholds
from tricolor.catalogue.plans import load_plan
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Registry
from tricolor.domain.lights import Light


@pytest.fixture
def material() -> Material:
    """1,000 tce a month in 2025, 970 in 2026 and after; GDP 100 a month."""
    energy: dict[str, Any] = {}
    for year in range(2025, 2032):
        energy |= months(year, [1_000.0 * 0.97 ** (year - 2025)] * 12)
    gdp = [Activity("qinbei", ActivityKind.GDP, f"{y}-{n:02d}", 100.0, "1e4CNY", 2020) for y in range(2025, 2031) for n in range(1, 13)]
    registry = Registry(1, ENTITIES, NOTHING, NOTHING, NOTHING, NOTHING)
    return Material(registry, load_plan("illustrative-2026-2030"), 0, energy={"qinbei": energy}, figures={"qinbei": gdp})


def judged(of: Material, when: str):
    (facts, *_) = [f for f in pace.facts_of(at(of, when), DISTRICT) if f.indicator == "basic"]
    return facts, pace.judge(facts, thresholds(pace))


def upto(of: Material, last: str) -> Material:
    figures = {"qinbei": [f for f in of.figures["qinbei"] if f.month <= last]}
    return at(of, "2026-01-01", figures=figures)


def test_until_the_end_of_march_the_year_before_stands_and_then_no_figures_are_grey(material: Material) -> None:
    late = upto(material, "2026-12")
    march, april = judged(late, "2027-03-31T23:59:59+08:00"), judged(late, "2027-04-01")
    assert (march[0].current.year, march[1].light, march[1].period) == (2026, Light.GREEN, "2026")
    assert (april[0].current.year, april[1].light) == (2027, Light.GREY)


def test_midnight_of_shanghai_ends_the_month(material: Material) -> None:
    before, after = judged(material, "2026-02-28T23:59:59+08:00"), judged(material, "2026-03-01")
    assert (before[0].current.months, after[0].current.months) == (("2026-01",), ("2026-01", "2026-02"))
    assert judged(material, "2028-02-29T23:59:59+08:00")[0].current.months == ("2028-01",)  # 29 February is still February


def test_the_first_january_of_the_plan_has_no_year_before_and_is_grey(material: Material) -> None:
    facts, verdict = judged(material, "2026-01-20")
    assert (facts.current.year, facts.plan_year, verdict.light) == (2026, 1, Light.GREY)


def test_after_the_plan_its_last_year_stands_whole(material: Material) -> None:
    facts, verdict = judged(material, "2031-06-10")
    assert (facts.current.year, facts.plan_year, facts.plan_years) == (2030, 5, 5) and verdict.period == "2030"
    assert verdict.value == pytest.approx((1 - 0.97**5) * 100) and verdict.light is Light.GREEN  # 14.13 % of 11 %


def test_a_products_months_of_last_year_stand_until_the_end_of_march(material: Material) -> None:
    mill = replace(MILL, product="coke_top_charged")
    made = [Activity("mill", ActivityKind.OUTPUT, f"2026-{n:02d}", 1_000.0, "t", product="coke_top_charged") for n in range(1, 13)]
    of = replace(material, figures={"mill": made}, energy={"mill": months(2026, [1.0] * 12)}, made={})
    (march,) = benchmark.facts_of(at(of, "2027-03-31T23:59:59+08:00"), mill)
    (april,) = benchmark.facts_of(at(of, "2027-04-01", made={}), mill)
    assert (march.year, len(march.months), april.year, april.months) == (2026, 12, 2027, ())
