"""The rule indicator: any indicator of a plan against its way from baseline to target, from submissions to light."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from alerting.material import Material
from alerting.rules.indicator import Thresholds, facts_of, judge
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, Path
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.meters import Role
from tricolor.domain.submissions import Statistic

NOW = parse_us("2030-01-20T12:00:00+08:00")
CITY = Entity("city", EntityKind.CITY, "市", "City")
WORKS = Entity("works", EntityKind.ENTERPRISE, "厂", "Works", region_id="")
MILL = Entity("mill", EntityKind.ENTERPRISE, "坊", "Mill")
TENTH = Thresholds(0.10, 24, 0)  # nothing here grows old: tests/review/test_indicator_time.py
RATE = Indicator(
    "reuse_rate", "city", "3", "综合利用率", "utilisation rate", "", "", "%", Direction.UP, Path.LINEAR, Kind.LEVEL, 2025, 50.0, "50", 2030, 100.0,
    "100%", False, True, "year", "", (), "doc 1", "annex 2", "illustrative",
)  # fmt: skip


def material(indicator: Indicator, *values: Statistic, now: int = NOW, flows=None, entities=(CITY, WORKS, MILL)) -> Material:
    plan = SimpleNamespace(id="test-plan", indicators=(indicator,), beside=())
    registry = Registry(1, {e.id: e for e in entities}, {}, {}, {}, {})
    by_entity: dict[str, list[Statistic]] = {}
    for v in values:
        by_entity.setdefault(v.entity, []).append(v)
    return Material(registry, plan, now, statistics=by_entity, flows=flows or {})  # type: ignore[arg-type]


def said(period: str, value: float | None = None, text: str = "", name: str = "reuse_rate", **more) -> Statistic:
    return Statistic("city", name, period, value, "%", text, author="ann", revision=2, **more)


def verdict_of(indicator: Indicator, *values: Statistic, **more):
    (facts,) = facts_of(material(indicator, *values, **more), CITY)
    return judge(facts, TENTH)


def light_of(indicator: Indicator, *values: Statistic, **more) -> Light:
    return verdict_of(indicator, *values, **more).light


def test_green_to_yellow_to_red_and_back_to_green_and_grey_before_anything_is_said():
    # 50 % in 2025 to 100 % in 2030: 60 by the end of 2026, 70 of 2027, 80 of 2028, 90 of 2029
    years = [("2026", 60.0, Light.GREEN), ("2027", 68.0, Light.YELLOW), ("2028", 70.0, Light.RED), ("2029", 90.0, Light.GREEN)]
    before: list[Statistic] = []
    grey = verdict_of(RATE)
    assert grey.light is Light.GREY and "请每年填报“综合利用率”[%]" in grey.reason_zh and "submit utilisation rate" in grey.reason_en
    for period, value, light in years:
        before.append(said(period, value))
        verdict = verdict_of(RATE, *before)
        assert (verdict.light, verdict.period, verdict.value) == (light, period, value)
    assert verdict.limit == 90 and verdict.indicator == "reuse_rate" and verdict.is_binding


def test_exactly_the_threshold_is_yellow_and_a_hair_beyond_is_red():
    # 2027 asks 70, 20 of change: a tenth of it is 2
    assert light_of(RATE, said("2027", 68.0)) is Light.YELLOW
    assert light_of(RATE, said("2027", 67.9999)) is Light.RED
    assert light_of(RATE, said("2027", 70.0)) is Light.GREEN
    assert light_of(RATE, said("2027", 69.9999)) is Light.YELLOW


def test_the_reason_says_value_requirement_gap_and_target_in_both_languages():
    verdict = verdict_of(RATE, said("2028", 70.0))  # 80 asked, 30 of change, 10 missing: a third
    assert verdict.reason_zh == "2028 综合利用率70%，未达到按进度要求80%，相差10%，为应完成变化的33.3%（10%以上；2030年目标100%）"
    assert "misses what is required by then, 80%, by 10%: 33.3% of the required change (beyond 10%; target of 2030: 100%)" in verdict.reason_en


def test_the_evidence_shows_the_way_the_place_and_who_said_it():
    evidence = verdict_of(RATE, said("2026", 60.0, document="年报")).evidence
    assert evidence["path_points"] == {"2025": 50.0, "2026": 60.0, "2027": 70.0, "2028": 80.0, "2029": 90.0, "2030": 100.0}
    assert (evidence["document"], evidence["place"], evidence["required"]) == ("doc 1", "annex 2", 60.0)
    assert [(s["author"], s["revision"], s["document"]) for s in evidence["submitted"]] == [("ann", 2, "年报")]


def test_a_month_and_a_quarter_are_judged_at_their_own_end():
    # the end of September 2026 is three quarters of the first year: 50 + 50 * 0.75 / 5 = 57.5
    verdict = verdict_of(RATE, said("2026-Q3", 57.5))
    assert (verdict.light, verdict.limit) == (Light.GREEN, 57.5)
    assert light_of(RATE, said("2026-10", 57.5)) is Light.YELLOW  # 58.33 asked of October, 0.83 of 8.33 is missing
    assert light_of(RATE, said("2026-12", 1.0), said("2026", 60.0)) is Light.GREEN  # both end together: the year counts


def test_what_was_said_of_the_base_year_is_not_a_result():
    assert light_of(RATE, said("2025", 99.0)) is Light.GREY


def test_down_judges_the_other_way_round():
    down = replace(RATE, direction=Direction.DOWN, baseline=100.0, target=50.0)
    assert [light_of(down, said("2027", v)) for v in (80.0, 82.0, 82.1)] == [Light.GREEN, Light.YELLOW, Light.RED]


def test_negative_numbers_and_a_baseline_that_equals_the_target():
    negative = replace(RATE, direction=Direction.DOWN, baseline=-10.0, target=-20.0)  # -14 after two years
    assert [light_of(negative, said("2027", v)) for v in (-14.0, -13.6, -13.5)] == [Light.GREEN, Light.YELLOW, Light.RED]
    flat = replace(RATE, direction=Direction.UP, baseline=40.0, target=40.0)  # nothing to change: a tenth of the 40
    assert [light_of(flat, said("2027", v)) for v in (40.0, 36.0, 35.9)] == [Light.GREEN, Light.YELLOW, Light.RED]
    nought = replace(RATE, direction=Direction.DOWN, baseline=0.0, target=0.0)  # 零: there is no share of nothing
    verdict = verdict_of(nought, said("2027", 0.1))
    assert light_of(nought, said("2027", 0.0)) is Light.GREEN and verdict.light is Light.RED and "inf" not in verdict.reason_zh + verdict.reason_en


def test_to_hold_is_not_to_rise_above_the_baseline():
    hold = replace(RATE, direction=Direction.HOLD, target=None, target_text="零增长")
    assert [light_of(hold, said("2028", v)) for v in (50.0, 49.0, 55.0, 55.1)] == [Light.GREEN, Light.GREEN, Light.YELLOW, Light.RED]


def test_stepped_asks_nothing_before_its_year_but_not_to_get_worse():
    stepped = replace(RATE, path=Path.STEPPED)
    early = verdict_of(stepped, said("2028", 50.0))
    assert early.light is Light.GREEN and "未到期" in early.reason_zh
    assert light_of(stepped, said("2028", 49.0)) is Light.YELLOW
    assert [light_of(stepped, said("2030-03", v), now=parse_us("2030-05-01T00:00:00+08:00")) for v in (100.0, 95.0, 94.9)] == [
        Light.GREEN, Light.YELLOW, Light.RED,
    ]  # fmt: skip


def test_without_a_baseline_only_the_target_year_decides():
    bare = replace(RATE, baseline=None, baseline_text="——")
    assert light_of(bare, said("2027", 100.0)) is Light.GREEN
    waiting = verdict_of(bare, said("2027", 20.0))
    assert waiting.light is Light.YELLOW and "尚未达到，目标年未到" in waiting.reason_zh
    late = parse_us("2031-02-01T00:00:00+08:00")
    assert [light_of(bare, said("2030", v), now=late) for v in (100.0, 90.0, 89.9)] == [Light.GREEN, Light.YELLOW, Light.RED]


def test_more_than_the_number_is_asked_where_the_document_says_so():
    strict = replace(RATE, is_inclusive=False, target_text="超过100%", unit="t")
    late = parse_us("2031-02-01T00:00:00+08:00")
    exact = verdict_of(strict, said("2030", 100.0), now=late)
    assert exact.light is Light.YELLOW and "要求超过该值" in exact.reason_zh
    assert light_of(strict, said("2030", 100.1), now=late) is Light.GREEN


def test_cumulative_is_the_sum_since_the_base_year_or_years_added_up_where_the_unit_says_a_year():
    total = replace(RATE, kind=Kind.CUMULATIVE, baseline=None, target=500.0, unit="t", direction=Direction.DOWN)
    assert [light_of(total, said("2027", v)) for v in (200.0, 180.0, 179.0)] == [Light.GREEN, Light.YELLOW, Light.RED]
    yearly = replace(total, unit="t/a")
    verdict = verdict_of(yearly, said("2026", 90.0), said("2027", 110.0))  # 200 of the 200 asked
    assert (verdict.light, verdict.value) == (Light.GREEN, 200.0)
    hole = verdict_of(yearly, said("2026", 90.0), said("2028", 110.0))
    assert hole.light is Light.GREY and "缺少2027年" in hole.reason_zh


def test_a_change_counts_in_the_direction_asked_from_nought():
    change = replace(RATE, kind=Kind.CHANGE, direction=Direction.DOWN, baseline=77.0, target=20.0)  # 比2025年下降20 %: 8 by the end of 2027
    assert [light_of(change, said("2027", v)) for v in (8.0, 7.2, 7.1, -3.0)] == [Light.GREEN, Light.YELLOW, Light.RED, Light.RED]


def test_a_goal_in_words_is_reached_or_not():
    words = replace(RATE, direction=Direction.TEXT, target=None, target_text="全覆盖")
    late = parse_us("2031-02-01T00:00:00+08:00")
    assert light_of(words) is Light.GREY
    assert light_of(words, said("2027", text="达到，8个县区")) is Light.GREEN
    waiting = verdict_of(words, said("2027", text="未达到"))
    assert waiting.light is Light.YELLOW and "尚未达到，目标年2030年未到" in waiting.reason_zh
    assert light_of(words, said("2030", text="未达到"), now=late) is Light.RED
    assert light_of(words, said("2027", text="推进中")) is Light.GREY


def test_a_target_that_another_level_sets_is_grey_until_it_is_submitted():
    open_target = replace(RATE, target=None, target_text="完成自治区下达目标")
    grey = verdict_of(open_target, said("2027", 70.0))
    assert grey.light is Light.GREY and "完成自治区下达目标" in grey.reason_zh and "target:reuse_rate" in grey.reason_zh
    verdict = verdict_of(open_target, said("2027", 70.0), said("2026", 100.0, name="target:reuse_rate"))
    assert (verdict.light, verdict.limit) == (Light.GREEN, 70.0)
    assert verdict.evidence["target_set_by"]["author"] == "ann"


FORMULA = "100 * utilised(industrial_solid_waste) / (generated(industrial_solid_waste) + utilised_stock(industrial_solid_waste))"
WASTE = "industrial_solid_waste"
MEASURED = replace(RATE, measure=FORMULA)
MARCH = parse_us("2026-03-10T00:00:00+08:00")


def waste(generated: float, utilised: float, months=("2026-01", "2026-02"), stock: float = 0.0):
    return {
        (WASTE, Role.GENERATED): dict.fromkeys(months, generated), (WASTE, Role.UTILISED): dict.fromkeys(months, utilised),
        (WASTE, Role.UTILISED_STOCK): dict.fromkeys(months, stock),
    }  # fmt: skip


def test_a_measure_adds_the_flows_of_all_inside_over_the_year_to_date():
    # works 100 t and mill 300 t a month; 60 + 150 used, 20 of old stock: 100 * 210 / 420 = 50; the end of February asks 50 + 50 * 2/60 = 51.67
    flows = {"works": waste(100, 60), "mill": waste(300, 150, stock=20)}
    verdict = verdict_of(MEASURED, flows=flows, now=MARCH)
    assert (verdict.period, verdict.value) == ("2026-01..2026-02", pytest.approx(50.0))
    assert verdict.limit == pytest.approx(50 + 50 / 30)
    assert verdict.light is Light.RED and verdict.evidence["flows"]["generated(industrial_solid_waste)"] == 800
    assert light_of(MEASURED, flows={"works": waste(100, 60)}, now=MARCH) is Light.GREEN


def test_a_measure_is_grey_while_a_flow_is_not_there_and_says_which():
    lacking = waste(100, 60)
    del lacking[WASTE, Role.UTILISED_STOCK]
    grey = verdict_of(MEASURED, flows={"works": lacking}, now=MARCH)
    assert grey.light is Light.GREY and "utilised_stock(industrial_solid_waste)" in grey.reason_zh
    hole = waste(100, 60)
    del hole[WASTE, Role.UTILISED]["2026-02"]
    grey = verdict_of(MEASURED, flows={"works": hole}, now=MARCH)
    assert grey.light is Light.GREY and "2026-02" in grey.reason_zh
    assert verdict_of(MEASURED, said("2026-01", 99.0), flows={}, now=MARCH).value == 99.0  # where meters say nothing a submitted value stands in


def test_nothing_below_the_line_is_not_a_rate():
    assert light_of(MEASURED, flows={"works": waste(0, 0)}, now=MARCH) is Light.GREY


def test_an_entity_without_indicators_has_no_facts():
    assert list(facts_of(material(RATE), WORKS)) == []
