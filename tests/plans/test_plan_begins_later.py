"""A plan that begins later than the year after its base year: reductions are counted from the base year, so its first year is not the first of n."""

from dataclasses import replace

from alerting.material import Material
from alerting.rules import pace
from tricolor.catalogue.plans import load_plan
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us


def test_the_first_year_of_a_plan_of_2022_on_2020_is_the_second_of_five() -> None:
    official = load_plan("qinzhou-2021-2025")
    plan = replace(official, first_year=2022)
    unit = Entity("qinnan", EntityKind.REGION, "钦南区", "Qinnan")
    of = Material(Registry(1, {"qinnan": unit}, {}, {}, {}, {}), plan, parse_us("2022-11-05T00:00:00+08:00"))
    basic = next(f for f in pace.facts_of(of, unit) if f.indicator == "basic")
    assert (basic.plan_year, basic.plan_years) == (2, 5)
    assert [year.year for year in basic.finished] == [2021]  # its fall counts too, though the plan judged it not
