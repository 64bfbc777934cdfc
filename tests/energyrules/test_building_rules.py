"""Rules per_area and per_head. The hall has 10,000 m² and 400 people; an office may use 25 kgce/m² and 500 kgce/head in twelve months as shipped.

4 % in five years is 1 − 0.96^(1/5) = 0.8131 % a year; 5 % is 1.0206 %.
"""

from dataclasses import replace
from typing import Any

import pytest

from alerting.material import Material
from alerting.rules import per_area, per_head
from alerting.rules.per_parts import building_kind, last_months
from tests.energyrules.conftest import HALL, MILL, month, months, now_at, thresholds
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.lights import Light, Verdict

AREA = Activity("hall", ActivityKind.AREA, "2024-01", 10_000.0, "m2")
HEADS = Activity("hall", ActivityKind.HEADS, "2024-01", 400.0, "head")
LAST = {f"2024-{n:02d}": month(f"2024-{n:02d}", 20.0) for n in (11, 12)} | {f"2025-{n:02d}": month(f"2025-{n:02d}", 20.0) for n in range(1, 11)}


def judged(of: Material, tce_a_month: float, rule: Any = per_area, **changes: Any) -> Verdict:
    """At the first of November 2026: the twelve months from 2025-11 used so much each, those before 20 tce each (240: 24 kgce/m², 600 kgce/head)."""
    now = {m: month(m, tce_a_month) for m in last_months(of.now)}
    there = replace(of, energy={"hall": LAST | now}, figures={"hall": [AREA, HEADS]}, **{"now": of.now} | changes)
    (facts,) = rule.facts_of(there, HALL)
    found: Verdict = rule.judge(facts, thresholds(rule))
    return found


def test_the_light_goes_green_yellow_red_green(material: Material) -> None:
    # 19.8 tce a month: 23.76 kgce/m², fell by 1 %; 19.9: 0.5 % is short of 0.81 %; 21: 25.2 is over 25; 19.8 again
    assert [judged(material, v).light for v in (19.8, 19.9, 21.0, 19.8)] == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_last_twelve_whole_months_are_those_before_this_one() -> None:
    assert last_months(now_at("2026-11-20"))[::11] == ("2025-11", "2026-10")
    assert last_months(now_at("2026-01-01"))[::11] == ("2025-01", "2025-12")


def test_exactly_at_the_limit_is_not_over_it_and_exactly_the_yearly_fall_is_enough(material: Material) -> None:
    at_limit = judged(material, 250.0 / 12)  # 250 tce over 10,000 m²
    assert at_limit.value == pytest.approx(25.0) and at_limit.light is Light.YELLOW  # it rose, but is not over
    assert judged(material, 250.01 / 12).light is Light.RED
    enough = 20.0 * 0.96 ** (1 / 5)
    assert judged(material, enough).light is Light.GREEN and judged(material, enough + 0.001).light is Light.YELLOW


def test_the_reason_says_value_limit_kind_and_last_year(material: Material) -> None:
    found = judged(material, 21.0)
    assert found.reason_zh == "2025-11至2026-10单位建筑面积能耗25.2 kgce/m2，超过机关办公限值25，比上年上升5.00%，未达到每年下降0.81%的要求"
    assert found.reason_en.startswith("Energy per floor area 25.2 kgce/m2 in 2025-11..2026-10, above the limit of 25 (office); up 5.00% on last year")
    assert (found.unit, found.limit, found.rule) == ("kgce/m2", 25.0, "per_area")


def test_people_have_their_own_limit_and_fall(material: Material) -> None:
    # 400 people: 16.5 a month is 495 kgce/head, 17.5 % less than 600; 17 a month is 510
    assert judged(material, 16.5, per_head).light is Light.GREEN and judged(material, 16.5, per_head).value == pytest.approx(495.0)
    assert judged(material, 17.0, per_head).light is Light.RED and judged(material, 17.0, per_head).unit == "kgce/head"


def test_without_last_year_the_limit_alone_counts_and_that_is_said(material: Material) -> None:
    now = {m: month(m, 20.0) for m in last_months(material.now)}
    (facts,) = per_area.facts_of(replace(material, energy={"hall": now}, figures={"hall": [AREA]}), HALL)
    found = per_area.judge(facts, thresholds(per_area))
    assert found.light is Light.GREEN and "仅按限值判定" in found.reason_zh


def test_grey_says_which_month_or_figure_is_missing(material: Material) -> None:
    now = {m: month(m, 20.0) for m in last_months(material.now)}

    def grey(energy: dict[str, Any], area: Activity = AREA) -> str:
        (facts,) = per_area.facts_of(replace(material, energy={"hall": LAST | energy}, figures={"hall": [area]}), HALL)
        found = per_area.judge(facts, thresholds(per_area))
        assert found.light is Light.GREY and found.value is None
        return found.reason_zh

    assert "2026-03覆盖率61.0%" in grey(now | {"2026-03": month("2026-03", 1.0, covered=0.61)})
    assert "raw_coal无系数" in grey(now | {"2026-03": month("2026-03", None, unfactored=("raw_coal",))})
    assert "2025-11无活动水平数据" in grey(now, replace(AREA, month="2026-02"))
    assert "不大于零" in grey(now, replace(AREA, value=0.0))


def test_only_a_building_with_the_figure_is_judged(material: Material) -> None:
    of = replace(material, figures={"hall": [HEADS], "mill": [replace(AREA, entity="mill")]}, energy={"mill": months(2026, [1.0] * 10)})
    assert list(per_area.facts_of(of, HALL)) == [] and list(per_area.facts_of(of, MILL)) == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [("S9221", "office"), ("9221", "office"), ("P8336", "school"), ("Q8411", "hospital"), ("6110", "hotel"), ("F5211", "shop"), ("", "other")],
)
def test_the_kind_of_a_building_follows_its_industry_code(code: str, kind: str) -> None:
    assert building_kind(code) == kind
