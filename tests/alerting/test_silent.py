"""Rule silent: yellow after an hour, red after a day, and never before four of the point's own intervals."""

from dataclasses import replace

import pytest

from alerting.facts import PointSilence, SilentFacts
from alerting.rules.silent import SilentThresholds, judge, judge_all
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


def through(gateway: str, *points: PointSilence) -> tuple[PointSilence, ...]:
    return tuple(replace(p, point=f"{gateway}.{n}", gateway=gateway) for n, p in enumerate(points))


def lights(*points: PointSilence) -> dict[str, Light]:
    """indicator -> light of the entity's verdicts."""
    return {v.indicator: v.light for v in judge_all(SilentFacts("mill", NOW, points), AT)}


def test_a_gateway_all_of_whose_points_are_silent_is_dark_and_the_entity_keeps_the_others():
    dark, heard_one = through("gw1", heard(5.0), heard(5.5)), through("gw2", heard(0.1), heard(2.0))
    # gw1: the least silent of its points is yellow; of gw2 one point is silent, which the entity's own verdict says
    assert lights(*dark, *heard_one) == {"": Light.YELLOW, "gw1": Light.YELLOW, "gw2": Light.GREEN}
    own, gateway, _ = judge_all(SilentFacts("mill", NOW, (*dark, *heard_one)), AT)
    assert own.evidence["silent"] == ["gw2.1"] and own.evidence["points"] == 2
    assert gateway.reason_zh == "网关gw1已5.0小时无数据，限值1小时，涉及2个测点" and gateway.fingerprint == "silent/mill/gw1"
    assert gateway.reason_en == "Gateway gw1 silent for 5.0 h (limit 1 h): 2 points behind it"


def test_an_entity_all_behind_a_dark_gateway_is_not_known_beside_it():
    both = through("gw1", heard(30.0), heard(30.5))
    assert lights(*both) == {"": Light.GREY, "gw1": Light.RED}
    own = judge_all(SilentFacts("mill", NOW, both), AT)[0]
    assert own.reason_zh == "无法判定：全部测点经网关gw1上传，网关已中断，另行预警"


def test_a_meter_that_was_silent_before_its_gateway_went_dark_stays_the_entitys_own():
    """Else its alert would be resolved by the dark: the gateway speaks only of what went silent with it."""
    before = through("gw1", heard(0.1), heard(30.0)), through("gw2", heard(0.1), heard(0.2))
    assert lights(*before[0], *before[1]) == {"": Light.RED, "gw1": Light.GREEN, "gw2": Light.GREEN}
    dark = through("gw1", heard(2.0), heard(32.0))  # 30 h longer than the gateway, far more than its hour
    assert lights(*dark, *before[1]) == {"": Light.RED, "gw1": Light.YELLOW, "gw2": Light.GREEN}
    long_dark = through("gw1", heard(26.0), heard(56.0))
    assert lights(*long_dark, *before[1]) == {"": Light.RED, "gw1": Light.RED, "gw2": Light.GREEN}
    own = judge_all(SilentFacts("mill", NOW, (*long_dark, *before[1])), AT)[0]
    assert own.evidence["silent"] == ["gw1.1"] and own.evidence["points"] == 3


def test_a_gateway_that_is_heard_again_is_green_and_the_entity_too():
    assert lights(*through("gw1", heard(0.1), heard(0.2))) == {"": Light.GREEN, "gw1": Light.GREEN}


def test_a_gateway_with_one_point_has_no_verdict_of_its_own():
    assert lights(*through("gw1", heard(30.0))) == {"": Light.RED}


def test_a_gateway_of_which_some_is_not_known_is_grey_not_dark():
    some = through("gw1", heard(30.0), replace(POINT, last_at=None, valid_from=NOW - HOUR_US))
    assert lights(*some) == {"": Light.RED, "gw1": Light.GREY}
    never = through("gw1", *(replace(POINT, last_at=None, valid_from=NOW - 25 * HOUR_US) for _ in range(2)))
    verdict = judge_all(SilentFacts("mill", NOW, never), AT)[1]
    assert verdict.light is Light.RED and verdict.value is None and verdict.reason_zh == "网关gw1从未上传数据，涉及2个测点"
