"""Rules heat_loss and supply_temperature: the light and its sentence, and what they never call green."""

from dataclasses import replace

import numpy as np
import pytest

from alerting.facts import HeatLossFacts, SupplyTemperatureFacts
from alerting.gather_heat import heat_loss_facts, supply_facts
from alerting.rules import heat_loss, supply_temperature
from tricolor.catalogue.plans.model import HeatLossRule
from tricolor.domain.intervals import CELL_US, DAY_US
from tricolor.domain.lights import Light

LOSS_AT = heat_loss.HeatLossThresholds(0.10, 0.20, 0.95, 0.03)
SUPPLY_AT = supply_temperature.SupplyTemperatureThresholds(60.0, 150.0, 10.0)
LOSS = HeatLossFacts("net", "", "2026-01-10", "2026-01-16", 7, 1000.0, 900.0, 0.0, 100.0, 0.10, 1.0, 1.0, ())
SUPPLY = SupplyTemperatureFacts("net", False, False, 75.0, 45.0, "01-16 07:00")


def test_the_loss_goes_green_yellow_red_at_its_limits() -> None:
    lights = [heat_loss.judge(replace(LOSS, loss_rate=rate), LOSS_AT).light for rate in (0.05, 0.10, 0.101, 0.20, 0.201)]
    assert lights == [Light.GREEN, Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]


def test_the_sentence_names_branch_rate_and_limit() -> None:
    verdict = heat_loss.judge(replace(LOSS, branch="east", loss_rate=0.153), LOSS_AT)
    assert verdict.reason_zh == "支线 east 近7天热损失率15.3%，超过10%"
    assert verdict.reason_en == "Branch east lost 15.3% of its heat in 7 days, above 10%"
    assert (verdict.indicator, verdict.period, verdict.limit) == ("east", "2026-01-10..2026-01-16", 0.10)


def test_missing_meters_are_grey_with_the_known_share_and_never_green() -> None:
    verdict = heat_loss.judge(replace(LOSS, loss_rate=None, coverage=0.0, known_share=0.75, missing=("u2.heat",)), LOSS_AT)
    assert verdict.light is Light.GREY
    assert "75.0%" in verdict.reason_zh and "u2.heat" in verdict.reason_zh and "75.0% known" in verdict.reason_en


def test_more_delivered_than_fed_in_is_a_wrong_meter_and_not_a_good_network() -> None:
    assert heat_loss.judge(replace(LOSS, loss_rate=-0.02), LOSS_AT).light is Light.GREEN  # within what meters err
    assert heat_loss.judge(replace(LOSS, loss_rate=-0.05), LOSS_AT).light is Light.GREY


def test_how_far_meters_may_err_is_the_plan_packs_word() -> None:
    strict = replace(LOSS_AT, meter_error=0.01)
    assert heat_loss.judge(replace(LOSS, loss_rate=-0.02), strict).light is Light.GREY  # 2 % more than fed in, 1 % allowed


def test_a_network_at_rest_has_no_light() -> None:
    assert heat_loss.judge(replace(LOSS, fed_in_gj=0.0, loss_rate=None), LOSS_AT) is None
    assert supply_temperature.judge(replace(SUPPLY, is_resting=True), SUPPLY_AT) is None


def test_the_supply_goes_green_yellow_red_and_steam_has_its_own_limit() -> None:
    water = [supply_temperature.judge(replace(SUPPLY, supply_c=c), SUPPLY_AT).light for c in (60.0, 59.9, 50.0, 49.9)]
    steam = [supply_temperature.judge(replace(SUPPLY, is_steam=True, supply_c=c), SUPPLY_AT).light for c in (150.0, 149.0, 139.0)]
    assert water == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED] and steam == [Light.GREEN, Light.YELLOW, Light.RED]
    assert supply_temperature.judge(replace(SUPPLY, supply_c=None), SUPPLY_AT).light is Light.GREY


def test_facts_come_from_the_store_for_the_network_and_each_headed_branch(rig) -> None:
    rig.register(
        rig.places + rig.meter("src", "fed_in") + rig.meter("head-e", "consumed", "east", 1.0, 300) + rig.meter("u1", "delivered", "east", 2.0, 200)
    )
    at = rig.start + np.arange(97) * CELL_US
    for name, supply in (("src", 90.0), ("head-e", 89.0), ("u1", 87.0)):
        for suffix, value in (("flow", 100.0), ("supply", supply), ("return", 50.0)):
            rig.push(f"{name}.{suffix}", at, np.full(97, value))
    rig.settle()
    registry, now = rig.book.load(), rig.start + DAY_US
    found = {f.branch: f for f in heat_loss_facts(registry, rig.store, rig.store, HeatLossRule(0.10, 0.20, 0.95, 1, 0.03), now)}
    assert found.keys() == {"", "east"}  # of 40 K fed in 3 are lost; of 39 K at the head 2; colder water is denser by 0.07 % a kelvin
    assert found[""].loss_rate == pytest.approx(3 / 40, abs=0.003) and found["east"].loss_rate == pytest.approx(2 / 39, abs=0.003)
    supply = list(supply_facts(registry, rig.store, rig.store, 0.95, now))
    assert [(f.supply_c, f.return_c, f.at_text, f.is_resting) for f in supply] == [(pytest.approx(90.0), pytest.approx(50.0), "01-10 23:00", False)]
