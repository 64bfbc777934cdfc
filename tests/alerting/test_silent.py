"""Rule silent: yellow after an hour, red after a day, and never before four of the point's own intervals."""

from dataclasses import replace

import pytest

from alerting.facts import PointSilence, SilentFacts
from alerting.rules.silent import SilentThresholds, judge
from tricolor.domain.intervals import HOUR_US, parse_us
from tricolor.domain.lights import Light

AT = SilentThresholds(yellow_after_s=3600, red_after_s=86_400)
NOW = parse_us("2026-11-20T08:00:00+08:00")
POINT = PointSilence("mill.elec", "总表", "main meter", 900, parse_us("2025-01-01T00:00:00+08:00"), NOW)


def heard(hours_ago: float, **changes: object) -> PointSilence:
    return replace(POINT, last_at=NOW - round(hours_ago * HOUR_US), **changes)  # type: ignore[arg-type]


def light(*points: PointSilence, is_filling: bool = False) -> Light:
    verdict = judge(SilentFacts("mill", NOW, points, is_filling), AT)
    assert verdict is not None
    return verdict.light


def test_the_light_goes_green_yellow_red_green():
    assert [light(heard(h)) for h in (0.25, 1.0, 1.5, 24.0, 24.1, 0.1)] == [
        Light.GREEN, Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN,
    ]  # fmt: skip


def test_the_worst_point_speaks_and_is_named():
    verdict = judge(SilentFacts("mill", NOW, (heard(0.1), heard(30.0, point="mill.gas", name_zh="燃气表"))), AT)
    assert verdict is not None and verdict.light is Light.RED and verdict.value == pytest.approx(30.0)
    assert verdict.reason_zh == "燃气表已30.0小时无数据，限值1小时"
    assert verdict.evidence["silent"] == ["mill.gas"] and verdict.coverage == 0.5


def test_a_slow_meter_gets_four_of_its_own_intervals():
    # one reading a day: yellow after 4 days, red after 8
    daily = [light(heard(24.0 * d, interval_s=86_400)) for d in (3.9, 4.1, 7.9, 8.1)]
    assert daily == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]


def test_a_point_never_heard_is_grey_at_first_and_red_after_a_day():
    new, old = NOW - 23 * HOUR_US, NOW - 25 * HOUR_US
    assert light(replace(POINT, last_at=None, valid_from=new)) is Light.GREY
    assert light(replace(POINT, last_at=None, valid_from=old)) is Light.RED
    assert light(replace(POINT, last_at=None, valid_from=old), is_filling=True) is Light.GREY


def test_history_coming_in_is_not_silence():
    assert light(heard(9_000.0, is_catching_up=True)) is Light.GREY
    assert light(heard(9_000.0)) is Light.RED


def test_an_entity_without_points_is_not_judged():
    assert judge(SilentFacts("mill", NOW, ()), AT) is None
