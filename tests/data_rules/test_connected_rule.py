"""connected: who has to send data and does; new projects at commissioning; the share of an area's duty-bound units."""

import pytest

from alerting.rules import connected
from tests.data_rules.conftest import month_energy, months_of, point_of
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import parse_us
from tricolor.domain.projects import Project, ProjectState
from tricolor.domain.submissions import ANNUAL_TCE, Statistic

SILENT = {"received": 0, "filled": 0, "cells": 0}


def state(town, tce, year="2025", entity="mill") -> None:
    town.given.setdefault("statistics", {}).setdefault(entity, []).append(Statistic(entity, ANNUAL_TCE, year, tce, "tce"))


def meter(town, tce_a_month, entity="mill", months=None) -> None:
    town.given.setdefault("energy", {})[entity] = {m: month_energy(m, tce_a_month) for m in months or [*months_of(2025), *months_of(2026, 9)]}


def test_a_key_user_is_connected_falls_silent_and_comes_back(town) -> None:
    state(town, 24_000.0)
    meter(town, 2000.0)
    town.ordinary(1, 2)
    verdict = town.judge(connected)
    assert verdict.light == "green"
    assert verdict.value == pytest.approx(100)
    meter(town, 1500.0)  # 18 000 of 24 000 tce: its meters see 75 %
    verdict = town.judge(connected)
    assert verdict.light == "yellow"
    assert "75%" in verdict.reason_zh
    town.pass_days(6)
    for ago in range(1, 7):
        town.put(1, ago, **SILENT)
        town.put(2, ago, **SILENT)
    assert town.light(connected) == "yellow"  # heard on the seventh day back
    town.pass_days(1)
    town.put(1, 1, **SILENT)
    town.put(2, 1, **SILENT)
    verdict = town.judge(connected)
    assert verdict.light == "red"
    assert "没有任何测点" in verdict.reason_zh
    town.pass_days(1, 1)
    meter(town, 2000.0)
    assert town.light(connected) == "green"


@pytest.mark.parametrize(("tce", "light"), [(10_000.0, "red"), (9_999.9, None)])
def test_the_duty_begins_at_exactly_ten_thousand_tce(town, tce, light) -> None:
    town.points = []
    state(town, tce)
    assert town.light(connected) == light


def test_a_designated_user_is_bound_whatever_it_uses_and_the_newest_statement_counts(town) -> None:
    town.points = []
    assert town.light(connected) is None
    town.change("mill", is_key_user=True)
    assert town.light(connected) == "red"
    town.change("mill", is_key_user=False)
    state(town, 20_000.0, "2023")
    state(town, 8000.0, "2025")
    assert town.light(connected) is None


def test_who_states_little_and_is_metered_above_the_duty_is_bound(town) -> None:
    state(town, 5000.0)
    meter(town, 1000.0)
    town.ordinary(1, 2)
    verdict = town.judge(connected)
    assert verdict.light == "green"
    assert "计量能耗12,000 tce" in verdict.reason_zh


def test_exactly_four_fifths_of_the_stated_energy_are_enough(town) -> None:
    state(town, 12_000.0)
    meter(town, 800.0)  # 9600 of 12 000
    town.ordinary(1, 2)
    assert town.light(connected) == "green"
    meter(town, 799.9)
    assert town.light(connected) == "yellow"


def test_how_much_the_meters_see_is_not_asked_before_they_have_a_whole_year(town) -> None:
    state(town, 24_000.0)
    meter(town, 1.0, months=months_of(2026, 9))
    town.ordinary(1, 2)
    verdict = town.judge(connected)
    assert verdict.light == "green"
    assert verdict.value is None
    assert "覆盖不明" in verdict.reason_zh


def test_points_that_nobody_looked_at_yet_are_grey_and_points_of_no_energy_are_none(town) -> None:
    state(town, 24_000.0)
    assert town.light(connected) == "grey"
    town.points = [point_of(1, carrier="")]
    town.ordinary(1)
    verdict = town.judge(connected)
    assert verdict.light == "red"
    assert "没有登记" in verdict.reason_zh


def test_a_station_that_sends_emissions_does_not_connect_a_silent_energy_meter(town) -> None:
    town.change("mill", is_key_user=True)
    town.points = [point_of(1), point_of(2, carrier="")]
    town.ordinary(2)
    for ago in range(1, 15):
        town.put(1, ago, **SILENT)
    assert town.light(connected) == "red"


def project(**other) -> Project:
    fields = {"state": ProjectState.COMMISSIONED, "commissioned": "2026-10-01", "needs_monitoring": True} | other
    return Project("new-line", "plan", "mill", "新线", "New line", **fields)


def judge_projects(town, entity="mill"):
    return [v for v in town.all(connected, entity) if v is not None and v.indicator.startswith("project:")]


def test_a_new_project_is_red_from_the_day_after_it_began_to_run_without_monitoring(town) -> None:
    town.points = []
    town.given["projects"] = {"mill": [project(commissioned="2026-10-20")]}
    assert [str(v.light) for v in judge_projects(town)] == ["yellow"]  # today
    town.given["projects"] = {"mill": [project(commissioned="2026-10-19")]}
    (verdict,) = judge_projects(town)
    assert (verdict.light, verdict.value) == ("red", 1)
    assert "同步投产" in verdict.reason_zh
    town.points = [point_of(1, since=parse_us("2026-10-20T00:00:00+08:00"))]
    (verdict,) = judge_projects(town)
    assert verdict.light == "green"
    assert "晚1天" in verdict.reason_zh
    town.points = [point_of(1, since=parse_us("2026-10-19T00:00:00+08:00"))]
    assert "晚" not in judge_projects(town)[0].reason_zh


@pytest.mark.parametrize(
    "other", [{"needs_monitoring": False}, {"commissioned": ""}, {"state": ProjectState.BUILDING}, {"commissioned": "2026-10-21"}],
    ids=["not needed", "no date", "being built", "tomorrow"],
)  # fmt: skip
def test_a_project_that_does_not_run_or_needs_no_monitoring_is_not_judged(town, other) -> None:
    town.points = []
    town.given["projects"] = {"mill": [project(**other)]}
    assert judge_projects(town) == []


def test_a_project_of_an_area_is_looked_for_at_the_unit_it_names(town) -> None:
    town.given["projects"] = {"north": [project()]}
    assert [str(v.light) for v in judge_projects(town, "north")] == ["grey"]
    town.given["projects"] = {"north": [project(saving_entity="mill")]}
    assert [str(v.light) for v in judge_projects(town, "north")] == ["green"]


def test_an_area_asks_for_every_duty_bound_unit(town) -> None:
    town.points, town.rows = [], {}
    del town.entities["mill"]
    for n in range(1, 6):
        town.entities[f"u{n}"] = Entity(f"u{n}", EntityKind.ENTERPRISE, f"企业{n}", f"Unit {n}", "north", is_key_user=True)
        town.points.append(point_of(n, f"u{n}"))
        town.ordinary(n)
    town.entities["small"] = Entity("small", EntityKind.ENTERPRISE, "小厂", "", "north")
    assert town.light(connected, "north") == "green"
    town.points = [p for p in town.points if p.key != 1]
    town.rows = {key: row for key, row in town.rows.items() if key[0] != 1}
    verdict = town.judge(connected, "north")
    assert (verdict.light, verdict.value, verdict.limit) == ("yellow", 80, 100)  # four of five, exactly the floor of yellow
    assert "企业1" in verdict.reason_zh
    town.points = [p for p in town.points if p.key != 2]
    town.rows = {key: row for key, row in town.rows.items() if key[0] != 2}
    assert town.light(connected, "city") == "red"


def test_an_area_is_grey_only_where_units_not_looked_at_decide(town) -> None:
    town.points, town.rows = [], {}
    del town.entities["mill"]
    for n in (1, 2):
        town.entities[f"u{n}"] = Entity(f"u{n}", EntityKind.ENTERPRISE, f"企业{n}", f"Unit {n}", "north", is_key_user=True)
        town.points.append(point_of(n, f"u{n}"))
    town.ordinary(1)
    assert town.light(connected, "north") == "grey"
    town.points = town.points[1:]  # unit 1 has no meter: at most one of two
    town.rows = {}
    assert town.light(connected, "north") == "red"


def test_an_area_without_duty_bound_units_has_no_light(town) -> None:
    assert town.light(connected, "north") is None
