"""completeness: 90 % of the readings due over the last whole days; of an area, the share of its enterprises that comply."""

from dataclasses import replace

import pytest

from alerting.rules import completeness
from alerting.rules.days_of_data import unit_days
from tests.data_rules.conftest import point_of
from tricolor.domain.entities import Entity, EntityKind


def test_a_unit_goes_from_green_to_yellow_to_red_and_back(town) -> None:
    town.ordinary(1, 2)
    assert town.light(completeness) == "green"
    # meter 1 falls silent: a week has 7 × 96 × 2 = 1344 readings due; after 2 days 192 are missing: 1152 / 1344 = 85.7 %
    for days, light in ((1, "green"), (2, "yellow"), (3, "yellow"), (4, "yellow"), (5, "yellow"), (6, "red")):
        town.pass_days(1, 2)
        town.put(1, 1, received=0, filled=0, cells=0)
        assert town.light(completeness) == light, days
    verdict = town.judge(completeness)  # 6 of 14 point days missing: 8 / 14
    assert verdict.value == pytest.approx(800 / 14)
    assert (verdict.limit, verdict.unit) == (90, "%")
    assert "1号表" in verdict.reason_zh
    assert "2号表" not in verdict.reason_zh
    assert verdict.evidence["points"] == {"mill.p1": pytest.approx(1 / 7)}
    town.pass_days(7, 1, 2)
    assert town.light(completeness) == "green"


def test_exactly_ninety_per_cent_is_green_and_exactly_sixty_is_yellow(town) -> None:
    town.points = town.points[:1]
    town.put(1, 1, expected=100, filled=90)
    assert town.light(completeness) == "green"
    town.put(1, 1, expected=1000, filled=899)
    assert town.light(completeness) == "yellow"
    town.put(1, 1, expected=100, filled=60)
    assert town.light(completeness) == "yellow"
    town.put(1, 1, expected=1000, filled=599)
    assert town.light(completeness) == "red"


def test_a_share_just_below_the_limit_does_not_read_as_the_limit(town) -> None:
    town.put(1, 1, expected=10_000, filled=8999)
    assert "89.9%" in town.judge(completeness).reason_zh


def test_readings_twice_in_one_interval_fill_no_hole_elsewhere(town) -> None:
    town.put(1, 1, filled=96 + 40)  # a meter that sends more often than its plate says
    town.put(2, 1, filled=50)
    assert town.judge(completeness).value == pytest.approx((96 + 50) / 192 * 100)


def test_a_silent_meter_whose_row_nobody_wrote_again_is_counted_to_the_end_of_its_day(town) -> None:
    town.ordinary(1, 2, days=1)
    key = (1, town.back(1))
    row = town.rows[key]
    town.rows[key] = replace(row, until=row.until - 12 * 3_600_000_000, expected=48, filled=48, received=48)  # looked at at noon, silent since
    assert town.judge(completeness).evidence["expected"] == 192
    assert town.judge(completeness).value == pytest.approx((48 + 96) / 192 * 100)


def test_nothing_due_and_nothing_looked_at_is_no_verdict(town) -> None:
    assert town.light(completeness) is None
    town.put(1, 1, expected=0, filled=0, received=0)
    assert town.light(completeness) is None


def enterprises(town, count: int) -> None:
    """So many enterprises in the north, each with one meter and one ordinary week."""
    town.points, town.rows = [], {}
    for n in range(1, count + 1):
        town.entities[f"u{n}"] = Entity(f"u{n}", EntityKind.ENTERPRISE, f"企业{n}", f"Unit {n}", "north")
        town.points.append(point_of(n, f"u{n}"))
        town.ordinary(n)


def test_an_area_is_the_share_of_its_enterprises_that_comply(town) -> None:
    enterprises(town, 20)
    assert town.light(completeness, "north") == "green"
    for n, light in ((1, "green"), (2, "yellow"), (3, "yellow"), (4, "yellow"), (5, "red")):  # 19 of 20 are exactly 95 %, 16 exactly 80 %
        town.ordinary(n)
        for ago in range(1, 8):
            town.put(n, ago, filled=10)
        assert town.light(completeness, "north") == light, n
    verdict = town.judge(completeness, "city")
    assert verdict.value == pytest.approx(75)
    assert "企业1" in verdict.reason_zh
    assert verdict.evidence["complying"] == 15


def test_an_area_is_grey_while_enterprises_were_not_looked_at(town) -> None:
    enterprises(town, 20)
    town.rows = {key: row for key, row in town.rows.items() if key[0] != 1}
    assert town.light(completeness, "north") == "green"  # 19 of 20 known: exactly 95 %
    town.rows = {key: row for key, row in town.rows.items() if key[0] != 2}
    verdict = town.judge(completeness, "north")
    assert verdict.light == "grey"
    assert "2家" in verdict.reason_zh


def test_enterprises_without_meters_are_no_part_of_an_areas_share(town) -> None:
    enterprises(town, 1)
    town.entities["bare"] = Entity("bare", EntityKind.ENTERPRISE, "无表", "", "north")
    assert town.judge(completeness, "north").evidence["units"] == 1
    town.points, town.rows = [], {}
    assert town.light(completeness, "north") is None


def test_rows_loaded_again_are_looked_at_again_while_the_registry_stays(town) -> None:
    town.put(1, 1)
    before = town.material()
    assert unit_days(before, "mill").sums == ((town.back(1), 96, 96),)
    town.put(1, 1, filled=5)
    after = replace(before, quality=town.material().quality)
    assert unit_days(after, "mill").sums == ((town.back(1), 96, 5),)
    assert unit_days(after, "mill") is unit_days(after, "mill")  # and worked out once
