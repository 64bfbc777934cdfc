"""Rule budget. A budget of 1200 tce in equal months: after six of them a half may be used, and used ÷ 0.5 is the projected end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.material import Material
from alerting.rules import budget
from alerting.rules.budget import burned, judge
from tests.energyrules.conftest import MILL, at, month, months, thresholds
from tricolor.domain.budgets import Spread, shares_of
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import Budget

AT = thresholds(budget)
EVEN = (1 / 12,) * 12
BUDGET = Budget("mill", 2026, 1_200.0, EVEN, "示例〔2026〕1号", revision=2)


def verdict(of: Material, when: str, used: list[float], held: Budget = BUDGET) -> Verdict:
    """The mill's light at a moment, with so much used in the year's first months."""
    there = at(of, when, budgets={"mill": [held]}, energy={"mill": months(2026, used)})
    (facts,) = budget.facts_of(there, MILL)
    return judge(facts, AT)


def test_the_light_goes_green_yellow_red_green_with_the_year(material: Material) -> None:
    # after 3 months 25 % is due: 300 tce is green; after 6, 620/600 projects 103 %: yellow; after 7, 780/700 = 111 %: red; after 12, 1190 of 1200: green
    story = [
        ("2026-04-01", [100.0] * 3),
        ("2026-07-01", [100.0] * 3 + [105, 105, 110]),
        ("2026-08-01", [100.0] * 3 + [105, 105, 110, 160]),
        ("2027-01-01", [100.0] * 3 + [105, 105, 110, 160, 90, 80, 80, 80, 80]),
    ]
    assert [verdict(material, when, used).light for when, used in story] == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_reason_says_until_when_how_much_of_what_and_how_the_year_ends(material: Material) -> None:
    found = verdict(material, "2026-07-01", [103.0] * 6)  # 618 of 1200 = 51.5 %; 618/0.5 = 1236, 36 over
    assert found.reason_zh == (
        "截至2026-06-30已用618吨标准煤，占2026年预算1,200吨的51.5%；按预算月度分解同期应不超过50.0%；照此全年预计1,236吨，预计超出36吨"
    )
    assert found.reason_en == (
        "618 tce used until 2026-06-30, 51.5% of the budget of 1,200 tce for 2026; 50.0% would be due by its monthly profile; "
        "at this rate the year ends at 1,236 tce, 36 tce over"
    )
    assert (found.light, found.period, found.unit) == (Light.YELLOW, "2026", "%")
    assert found.value == pytest.approx(51.5) and found.limit == pytest.approx(50.0)
    assert found.evidence["projected_tce"] == pytest.approx(1_236.0) and found.evidence["document"] == "示例〔2026〕1号"


@pytest.mark.parametrize(
    ("used", "light"),
    [(600.0, Light.GREEN), (600.01, Light.YELLOW), (660.0, Light.YELLOW), (660.01, Light.RED)],  # projected 100 %, over it, exactly 110 %, over it
)
def test_exactly_at_a_threshold_is_the_better_light(material: Material, used: float, light: Light) -> None:
    assert verdict(material, "2026-07-01", [used / 6] * 6).light is light


@pytest.mark.parametrize(
    ("used", "light"),
    # after eleven months 1100 may be used. 1078 (89.8 %): projected 98 %, green; 1100 exactly: green; 1101 (91.75 %): projected 100.1 %, and
    # more than nine tenths are gone: red; after twelve, 1200 exactly is green and 1200.1 used up
    [
        ([98.0] * 11, Light.GREEN),
        ([100.0] * 11, Light.GREEN),
        ([101.0] + [100.0] * 10, Light.RED),
        ([100.0] * 12, Light.GREEN),
        ([100.1] + [100.0] * 11, Light.RED),
    ],
)
def test_the_last_tenth_leaves_no_time_to_correct_an_overrun(material: Material, used: list[float], light: Light) -> None:
    found = verdict(material, f"2026-{len(used) + 1:02d}-01" if len(used) < 12 else "2027-01-01", used)
    assert found.light is light
    assert ("已过" in found.reason_zh) == (sum(used) >= 960)  # 80 % of 1200


def test_the_running_month_counts_its_known_days_only(material: Material) -> None:
    # June 10, noon: five months (500) and 9.5 of 30 days. 1/12 × 9.5/30 = 2.639 %; due 41.667 + 2.639 = 44.306 %; 31.67 tce in June is the same rate
    june = month("2026-06", 31.6666667, days_missing=20, is_over=False)
    energy = {**months(2026, [100.0] * 5), "2026-06": june}
    (facts,) = budget.facts_of(at(material, "2026-06-10T12:00:00+08:00", budgets={"mill": [BUDGET]}, energy={"mill": energy}), MILL)
    assert facts.months[5].known_days == pytest.approx(9.5) and facts.last_day == "2026-06-10"
    found = judge(facts, AT)
    assert found.limit == pytest.approx(44.3056, abs=1e-4) and found.light is Light.GREEN
    assert found.evidence["projected_tce"] == pytest.approx(1_200.0, abs=1e-3)
    # nothing came today yet: nine whole days
    energy["2026-06"] = replace(june, days_missing=21)
    (facts,) = budget.facts_of(at(material, "2026-06-10T12:00:00+08:00", budgets={"mill": [BUDGET]}, energy={"mill": energy}), MILL)
    assert facts.months[5].known_days == 9.0 and facts.last_day == "2026-06-09"


def test_without_a_profile_last_years_months_count_and_without_those_the_days(material: Material) -> None:
    # last year half of everything fell into January: after January of this year a half is due
    last = months(2025, [550.0] + [50.0] * 11)
    plain = replace(BUDGET, profile=())
    energy = {"mill": {**last, **months(2026, [600.0])}}
    (facts,) = budget.facts_of(at(material, "2026-02-01", budgets={"mill": [plain]}, energy=energy), MILL)
    assert facts.spread is Spread.LAST_YEAR and judge(facts, AT).limit == pytest.approx(50.0) and judge(facts, AT).light is Light.GREEN
    del energy["mill"]["2025-07"]
    (facts,) = budget.facts_of(at(material, "2026-02-01", budgets={"mill": [plain]}, energy=energy), MILL)
    assert facts.spread is Spread.DAYS and judge(facts, AT).limit == pytest.approx(100 * 31 / 365) and judge(facts, AT).light is Light.RED


def test_grey_says_what_is_missing(material: Material) -> None:
    used = months(2026, [100.0] * 6)

    def grey(energy: dict[str, object], when: str = "2026-07-01", held: Budget = BUDGET) -> str:
        there = at(material, when, budgets={"mill": [held]}, energy={"mill": energy})
        (facts,) = budget.facts_of(there, MILL)
        found = judge(facts, AT)
        assert found.light is Light.GREY and found.value is None
        return found.reason_zh

    assert "2026-03无能耗数据" in grey({m: e for m, e in used.items() if m != "2026-03"})
    assert "还没有能耗数据" in grey({})
    assert "覆盖率87.5%，低于90%" in grey({m: replace(e, covered_s=0.875 * e.expected_s) for m, e in used.items()})
    assert "raw_coal无折标系数" in grey({**used, "2026-06": month("2026-06", None, unfactored=("raw_coal",))})
    assert "预算量不大于零" in grey(used, held=replace(BUDGET, tce=0.0))
    assert "满31天后判定" in grey({"2026-01": month("2026-01", 50.0, days_missing=16, is_over=False)}, "2026-01-16")


def test_a_budget_that_is_used_up_is_red_even_in_january(material: Material) -> None:
    energy = {"2026-01": month("2026-01", 1_201.0, days_missing=16, is_over=False)}
    (facts,) = budget.facts_of(at(material, "2026-01-16", budgets={"mill": [BUDGET]}, energy={"mill": energy}), MILL)
    assert judge(facts, AT).light is Light.RED


def test_selling_more_than_is_bought_is_green(material: Material) -> None:
    assert verdict(material, "2026-07-01", [-10.0] * 6).light is Light.GREEN


def test_no_budget_no_light_and_last_years_stands_until_the_end_of_march(material: Material) -> None:
    energy = {"mill": months(2026, [100.0] * 12)}
    assert list(budget.facts_of(at(material, "2026-07-01", energy=energy), MILL)) == []
    assert [f.year for f in budget.facts_of(at(material, "2027-03-31", budgets={"mill": [BUDGET]}, energy=energy), MILL)] == [2026]
    assert list(budget.facts_of(at(material, "2027-04-01", budgets={"mill": [BUDGET]}, energy=energy), MILL)) == []


def test_the_burn_down_ends_at_nothing_by_plan_and_at_what_is_left_in_fact(material: Material) -> None:
    (facts,) = budget.facts_of(at(material, "2026-03-01", budgets={"mill": [BUDGET]}, energy={"mill": months(2026, [90.0, 130.0])}), MILL)
    rows = burned(facts)
    assert [row["left_tce"] for row in rows[:3]] == [1_110.0, 980.0, None]
    assert [row["planned_left_tce"] for row in rows] == pytest.approx([1_200 - 100 * n for n in range(1, 13)])


@given(st.lists(st.floats(0, 1e6), min_size=12, max_size=12).filter(lambda x: sum(x) > 0))
def test_the_shares_of_the_months_always_add_up_to_one(values: list[float]) -> None:
    held = Budget("mill", 2026, 1.0)
    for shares in (shares_of(held, {}), shares_of(held, {f"2025-{n:02d}": v for n, v in enumerate(values, 1)})):
        assert sum(shares.values) == pytest.approx(1.0) and min(shares.values) >= 0
