"""stuck, too_smooth, implausible: from the first suspicious day to red and back, and what is not known."""

from dataclasses import replace

import pytest

from alerting.rules import implausible, stuck, too_smooth
from tests.data_rules.conftest import point_of
from tricolor.analysis.quality_words import reason
from tricolor.catalogue.plans.model import Threshold
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.meters import Measure, PointKind
from tricolor.domain.quality import Check, CheckKind, Fault, point_quality

SIGNS = {
    stuck: {"stuck": 20, "stuck_by": "power"},
    too_smooth: {"equal_share": 0.9},
    implausible: {"negative": 3},
}


@pytest.mark.parametrize("rule", SIGNS, ids=lambda m: m.RULE)
def test_a_sign_is_yellow_red_when_it_persists_and_green_when_it_stays_away(town, rule) -> None:
    red_days, recent = (getattr(town.judge_thresholds(rule), name) for name in ("red_days", "recent_days"))
    town.ordinary(1, 2)
    assert town.light(rule) == "green"
    for days in range(1, red_days):
        town.pass_days(1, 2)
        town.put(1, 1, **SIGNS[rule])
        assert town.light(rule) == "yellow", days
    town.pass_days(1, 2)
    town.put(1, 1, **SIGNS[rule])
    verdict = town.judge(rule)
    assert verdict.light == "red"
    assert (verdict.value, verdict.limit, verdict.unit) == (red_days, red_days, "d")
    assert "1号表" in verdict.reason_zh
    assert "meter 1" in verdict.reason_en
    assert town.back(1)[5:] in verdict.reason_zh
    town.pass_days(recent - 1, 1, 2)
    assert town.light(rule) == "red"
    town.pass_days(1, 1, 2)
    assert town.light(rule) == "green"
    assert "1号表" in town.judge(rule).reason_zh  # what was is not forgotten while it lies in the days looked at


@pytest.mark.parametrize("rule", SIGNS, ids=lambda m: m.RULE)
def test_days_with_the_sign_are_counted_for_each_point_alone(town, rule) -> None:
    town.ordinary(1, 2)
    red = town.judge_thresholds(rule).red_days
    for ago in range(1, red):  # one day less than red on each of two meters
        town.put(1, ago, **SIGNS[rule])
        town.put(2, ago, **SIGNS[rule])
    verdict = town.judge(rule)
    assert verdict.light == "yellow"
    assert "2号表" in verdict.reason_zh
    assert set(verdict.evidence["points"]) == {"mill.p1", "mill.p2"}


@pytest.mark.parametrize("rule", SIGNS, ids=lambda m: m.RULE)
def test_days_before_those_looked_at_do_not_count(town, rule) -> None:
    town.window = 31
    town.ordinary(1, 2, days=31)
    for ago in range(3, 12):
        town.put(1, ago, **SIGNS[rule])
    assert town.light(rule) == "red"
    assert town.light(rule, days=3, recent_days=3) == "yellow"  # only the day three days ago is left


@pytest.mark.parametrize("rule", SIGNS, ids=lambda m: m.RULE)
def test_meters_that_sent_nothing_are_grey_and_exactly_half_known_is_green(town, rule) -> None:
    silent = {"received": 0, "filled": 0, "cells": 0, "deltas": 0, "equal_share": None, "variation": None, "digits": None}
    for ago in range(1, 15):
        town.put(1, ago, **silent)
        town.put(2, ago)
    assert town.light(rule) == "green"  # 14 of 28 point days known: 0.5
    town.put(2, 14, **silent)
    verdict = town.judge(rule)
    assert verdict.light == "grey"
    assert verdict.coverage == pytest.approx(13 / 28)
    assert verdict.reason_zh.startswith("无法判定")


@pytest.mark.parametrize("rule", SIGNS, ids=lambda m: m.RULE)
def test_who_measures_no_energy_is_not_judged(town, rule) -> None:
    town.points = [replace(p, carrier="", measure=Measure.FLOW) for p in town.points]
    town.ordinary(1, 2)
    assert town.light(rule) is None
    town.points = []
    town.rows = {}
    assert town.light(rule) is None


def test_only_registers_can_be_stuck(town) -> None:
    town.points = [replace(p, plate=replace(p.plate, kind=PointKind.DELTA)) for p in town.points]
    town.ordinary(1, 2)
    assert town.light(stuck) is None


def test_meters_too_coarse_to_tell_are_not_judged_for_smoothness(town) -> None:
    for ago in range(1, 15):
        town.put(1, ago, digits=5.0, equal_share=1.0, variation=0.0)  # five least digits an advance: equal ones are no wonder
        town.put(2, ago, deltas=3)
    assert town.light(too_smooth) is None


@pytest.mark.parametrize(
    ("fields", "light"),
    [
        ({"equal_share": 0.5}, "green"), ({"equal_share": 0.5001}, "yellow"), ({"variation": 0.005}, "green"), ({"variation": 0.0049}, "yellow"),
        ({"equal_share": 0.9, "deltas": 24}, "yellow"), ({"equal_share": 0.9, "digits": 20.0}, "yellow"),
    ],
)  # fmt: skip
def test_the_limits_of_smoothness_are_exact(town, fields, light) -> None:
    town.ordinary(1, 2)
    town.put(1, 1, **fields)
    assert town.light(too_smooth) == light


def check(town, kind, value, against, ago=1, cells=96) -> Check:
    return Check(kind, 1, town.back(ago), value, against, "kWh", cells, 0.0, ("p9",))


@pytest.mark.parametrize(
    ("kind", "value", "light"),
    [
        # against 1000 kWh: 3 % more at the sub-meters is green, a little more is not; any less is unmetered use, no sign
        (CheckKind.BALANCE, 1030.0, "green"), (CheckKind.BALANCE, 1030.1, "yellow"), (CheckKind.BALANCE, 500.0, "green"),
        # 5 % between register and power, either way
        (CheckKind.POWER, 1050.0, "green"), (CheckKind.POWER, 1050.1, "yellow"), (CheckKind.POWER, 950.0, "green"), (CheckKind.POWER, 949.9, "yellow"),
        (CheckKind.NEIGHBOURS, 0.0, "green"),
    ],
)  # fmt: skip
def test_the_limits_of_comparisons_are_exact(town, kind, value, light) -> None:
    town.ordinary(1, 2)
    town.checks = [check(town, kind, value, 1000.0)]
    assert town.light(implausible) == light


def test_a_comparison_over_too_few_cells_is_no_sign(town) -> None:
    town.ordinary(1, 2)
    town.checks = [check(town, CheckKind.POWER, 1.0, 1000.0, cells=23)]
    assert town.light(implausible) == "green"
    town.checks = [check(town, CheckKind.POWER, 1.0, 1000.0, cells=24)]
    assert town.light(implausible) == "yellow"


def test_jumps_beyond_the_plate_and_all_that_was_seen_on_a_day_are_told_together(town) -> None:
    town.ordinary(1, 2)
    town.put(1, 1, open=2, negative=1)
    verdict = town.judge(implausible)
    assert verdict.light == "yellow"
    assert "负值" in verdict.reason_zh
    assert "跳变" in verdict.reason_zh
    assert "jump" in verdict.reason_en


def test_the_rules_say_what_the_page_of_data_quality_says(town) -> None:
    """One truth: every finding of these faults on the page is the rule's sign, with the same words."""
    limits = quality_limits(town.plan.rules.thresholds)
    for rule, fields in SIGNS.items():
        town.rows.clear()
        town.ordinary(1, 2)
        town.put(1, 1, **fields)
        row = town.rows[1, town.back(1)]
        found = [f for f in point_quality(town.points[0], [row], 1, [], limits, town.now).findings if f.fault is not Fault.SILENT]
        assert len(found) == 1
        assert reason(found[0])[0] in town.judge(rule).reason_zh


def test_a_plan_that_chooses_another_limit_changes_the_page_and_the_rule_alike() -> None:
    chosen = Threshold("too_smooth", "equal_share_max", 0.8, "1", "a city's own", "official")
    assert quality_limits().equal_share_max == 0.5
    assert quality_limits([chosen]).equal_share_max == 0.8
    assert quality_limits([replace(chosen, rule="stuck")]).equal_share_max == 0.5  # a namesake of another rule


def test_of_many_points_three_are_named_and_the_rest_counted(town) -> None:
    town.points = [point_of(key) for key in range(1, 6)]
    town.ordinary(*range(1, 6))
    for key in range(1, 6):
        town.put(key, 1, negative=1)
    verdict = town.judge(implausible)
    assert "另有2号表、3号表、4号表等4个测点" in verdict.reason_zh
    assert "also meter 2, meter 3, meter 4 and 1 more" in verdict.reason_en


def test_a_comparison_of_the_first_day_looked_at_still_counts_and_of_the_day_before_no_more(town) -> None:
    town.ordinary(1, 2)
    days = town.judge_thresholds(implausible).days
    town.put(1, 1, negative=1)
    said = []
    for ago in (days, days + 1):
        town.checks = [check(town, CheckKind.POWER, 1.0, 1000.0, ago=ago)]
        said.append(town.judge(implausible).value)
    assert said == [2, 1]
