"""Rules over energy at the turn of the year and of the plan: which year is asked of which value."""

from dataclasses import replace

import pytest

from alerting.corrections import as_of
from alerting.material import Material
from alerting.rules import benchmark_share, budget, total
from tests.energyrules.conftest import DISTRICT, ENTITIES, MILL, NOTHING, at, month, months, thresholds
from tricolor.catalogue.plans import load_plan
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import year as year_of
from tricolor.domain.lights import Light
from tricolor.domain.submissions import CAPACITY_SHARE, ENERGY_TOTAL_TARGET, GDP_GROWTH_TARGET, Budget, Statistic

SHARE_AT = thresholds(benchmark_share)


@pytest.fixture
def material() -> Material:
    plan = load_plan("illustrative-2026-2030")
    return at(Material(Registry(1, ENTITIES, NOTHING, NOTHING, NOTHING, NOTHING), plan, 0), "2026-11-01")


def share(of: Material, when: str, *values: tuple[str, float]):
    stated = [Statistic("qinbei", CAPACITY_SHARE, period, value, "%") for period, value in values]
    (facts,) = benchmark_share.facts_of(at(of, when, statistics={"qinbei": stated}), DISTRICT)
    return benchmark_share.judge(facts, SHARE_AT)


def test_a_submitted_share_is_held_against_what_its_own_year_asks(material: Material) -> None:
    # 2026 asks 6 %, 2027 12 %: the value of 2026 is not behind because a new year begins
    found = share(material, "2027-01-01", ("2026", 7.0))
    assert (found.light, found.limit, found.period) == (Light.GREEN, pytest.approx(6.0), "2026") and "2026年" in found.reason_zh
    assert share(material, "2027-05-01", ("2026", 7.0), ("2027-Q1", 7.0)).light is Light.RED
    assert share(material, "2027-02-01", ("2026-Q4", 1.0), ("2026", 7.0)).light is Light.GREEN  # both end together: the year counts
    assert share(material, "2026-11-01", ("2026-09", 7.0), ("2026-Q3", 1.0)).light is Light.RED  # and the quarter before its month


def test_a_submitted_share_grows_old(material: Material) -> None:
    # fifteen months after its end it still counts, sixteen after not
    assert share(material, "2028-04-30T23:59:59+08:00", ("2026", 7.0)).light is Light.GREEN
    old = share(material, "2028-05-01", ("2026", 7.0))
    assert old.light is Light.GREY and old.value is None and "过期" in old.reason_zh
    assert share(material, "2035-01-01", ("2030", 31.0)).light is Light.GREEN  # nobody is asked for more after the plan


def test_makers_judged_on_last_year_are_asked_for_last_year(material: Material) -> None:
    mill = replace(MILL, product="coke_top_charged")
    made = [Activity("mill", ActivityKind.OUTPUT, f"2026-{n:02d}", 1_000.0, "t", product="coke_top_charged") for n in range(1, 13)]
    city = replace(DISTRICT, kind=EntityKind.CITY)
    registry = Registry(1, {"qinbei": city, "mill": mill}, NOTHING, NOTHING, NOTHING, NOTHING)
    of = at(replace(material, registry=registry, figures={"mill": made}, energy={"mill": months(2026, [1.0] * 12)}), "2027-02-10")
    (facts,) = benchmark_share.facts_of(of, city)
    assert (facts.year, facts.plan_year) == (2026, 1)


def gdp(entity: str, year: int, value: float, count: int) -> list[Activity]:
    return [Activity(entity, ActivityKind.GDP, f"{year}-{n:02d}", value, "1e4CNY", 2020) for n in range(1, count + 1)]


def test_last_years_incentive_pace_exempts_last_years_total_only(material: Material) -> None:
    # 2026: intensity fell 10 %, far beyond the incentive pace; of January 2027 no GDP is known yet, and energy grew by 20 %
    energy = {"qinbei": {**months(2025, [1_000.0] * 12), **months(2026, [900.0] * 12), **months(2027, [1_080.0])}}
    figures = {"qinbei": [*gdp("qinbei", 2025, 100.0, 12), *gdp("qinbei", 2026, 100.0, 12)]}
    stated = {"qinbei": [Statistic("qinbei", ENERGY_TOTAL_TARGET, y, 11_000.0, "tce") for y in ("2026", "2027")]}
    of = replace(material, energy=energy, figures=figures, statistics=stated)
    (december,) = total.facts_of(at(of, "2027-01-20"), DISTRICT)
    (january,) = total.facts_of(at(of, "2027-02-20"), DISTRICT)
    assert december.year == 2026 and december.is_exempt
    assert january.year == 2027 and not january.is_exempt
    assert total.judge(january, thresholds(total)).light is Light.RED  # 1.85 % allowed of 10 800


def test_a_citys_gdp_is_that_of_its_regions_for_the_total_as_for_the_pace(material: Material) -> None:
    city = Entity("qinzhou", EntityKind.CITY, "钦州市", "Qinzhou")
    registry = Registry(1, {"qinzhou": city, "qinbei": DISTRICT}, NOTHING, NOTHING, NOTHING, NOTHING)
    energy = {"qinzhou": {**months(2025, [1_000.0] * 12), **months(2026, [1_080.0] * 10)}}
    stated = [Statistic("qinzhou", ENERGY_TOTAL_TARGET, "2026", 12_600.0, "tce"), Statistic("qinzhou", GDP_GROWTH_TARGET, "2026", 6.0, "%")]
    figures = {"qinbei": [*gdp("qinbei", 2025, 100.0, 10), *gdp("qinbei", 2026, 110.0, 10)]}
    of = replace(material, registry=registry, energy=energy, statistics={"qinzhou": stated}, figures=figures)
    (facts,) = total.facts_of(of, city)
    assert facts.gdp_growth == pytest.approx(0.10)  # 12,600 × 1.10/1.06: 8.96 % allowed
    assert total.judge(facts, thresholds(total)).light is Light.GREEN


def test_last_years_budget_is_judged_again_though_the_next_one_is_set(material: Material) -> None:
    even = (1 / 12,) * 12
    held = [Budget("mill", 2026, 1_200.0, even), Budget("mill", 2027, 100.0, even)]
    energy = {**months(2026, [101.0] * 12), **months(2027, [50.0])}
    of = at(material, "2027-02-15", budgets={"mill": held}, energy={"mill": energy})
    (now,) = budget.facts_of(of, MILL)
    (closed,) = budget.facts_of(as_of(of, year_of(2026).end), MILL)
    assert (now.year, closed.year) == (2027, 2026)
    assert budget.judge(closed, thresholds(budget)).light is Light.RED  # 1 212 of 1 200


def test_a_month_covered_by_exactly_the_floor_counts_and_a_hair_less_is_grey(material: Material) -> None:
    energy = {**months(2025, [1_000.0] * 12), **months(2026, [1_000.0] * 10)}
    stated = {"qinbei": [Statistic("qinbei", ENERGY_TOTAL_TARGET, "2026", 12_600.0, "tce")]}
    lights = []
    for covered in (0.95, 0.9499):
        of = replace(material, energy={"qinbei": energy | {"2026-05": month("2026-05", 1_000.0, covered=covered)}}, statistics=stated)
        (facts,) = total.facts_of(of, DISTRICT)
        lights.append(total.judge(facts, thresholds(total)).light)
    assert lights == [Light.GREEN, Light.GREY]


def budget_at(of: Material, used: float, covered: float = 1.0):
    """After eleven months of a budget of 1,200 tce in equal months."""
    energy = {f"2026-{n:02d}": month(f"2026-{n:02d}", used / 11, covered=covered) for n in range(1, 12)}
    held = {"mill": [Budget("mill", 2026, 1_200.0, (1 / 12,) * 12)]}
    (facts,) = budget.facts_of(at(of, "2026-12-01", budgets=held, energy={"mill": energy}), MILL)
    return facts


def test_late_is_from_exactly_ninety_percent_on(material: Material) -> None:
    # 1,080 tce are 90 % of the budget; with a profile of 89 % until November the year ends at 101.1 %
    facts = budget_at(material, 1_080.0)
    slow = replace(facts, months=tuple(m._replace(share=0.89 / 11 if n < 11 else 0.11) for n, m in enumerate(facts.months)))
    assert budget.judge(slow, thresholds(budget)).light is Light.RED
    under = replace(slow, months=tuple(m._replace(used_tce=m.used_tce and m.used_tce * 0.9999) for m in slow.months))
    assert budget.judge(under, thresholds(budget)).light is Light.YELLOW


def test_the_budgets_floor_of_coverage_is_exact_and_never_reads_as_met(material: Material) -> None:
    assert budget.judge(budget_at(material, 1_000.0, 0.90), thresholds(budget)).light is Light.GREEN
    grey = budget.judge(budget_at(material, 1_000.0, 0.89999), thresholds(budget))
    assert grey.light is Light.GREY and "覆盖率89.9%，低于90%" in grey.reason_zh  # not 90.0 % below 90 %


def test_more_than_the_goal_is_asked_for_in_words_too(material: Material) -> None:
    exact = share(material, "2031-01-10", ("2030", 30.0))
    assert exact.light is Light.YELLOW and "未超过2030年应达比例30.0%" in exact.reason_zh and "is not over the 30.0%" in exact.reason_en
