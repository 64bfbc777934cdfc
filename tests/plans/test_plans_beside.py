"""Further plans beside the main one: their indicators are judged for registered areas, nothing else of them judges anything."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerting.material import Material
from alerting.rules import indicator as rule
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.errors import Problems
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import Statistic
from tricolor_cli.doctor import _LOOKS
from tricolor_cli.up import shared as opened

MAIN, PROVINCE, CLEANER = "illustrative-2026-2030", "guangxi-circular-2021-2025", "guangxi-cleaner-2021-2025"
WATER = "gxc-reclaimed-water-qinzhou"
CITY = Entity("qinzhou", EntityKind.CITY, "钦州市", "Qinzhou")
NOW = parse_us("2026-02-01T00:00:00+08:00")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan_beside(MAIN, [PROVINCE, CLEANER])


def verdicts(plan: Plan, *values: Statistic) -> dict[str, Verdict]:
    registry = Registry(1, {CITY.id: CITY}, {}, {}, {}, {})
    material = Material(registry, plan, NOW, statistics={CITY.id: values})
    thresholds = rule.Thresholds(**plan.thresholds_of(rule.RULE))  # type: ignore[arg-type]
    return {v.indicator: v for v in (rule.judge(facts, thresholds) for facts in rule.facts_of(material, CITY))}


def reported(value: float) -> Statistic:
    return Statistic(CITY.id, WATER, "2025", value, "%")


def test_the_indicator_of_the_provinces_plan_goes_grey_green_yellow_red(plan: Plan) -> None:
    """城市再生水利用率 15 % 以上 of the city of Qinzhou, due in 2025, no baseline printed: missing at most a tenth of 15 is yellow."""
    grey = verdicts(plan)[WATER]
    assert grey.light is Light.GREY and "钦州市城市再生水利用率" in grey.reason_zh and grey.evidence["plan"] == PROVINCE
    lights = [verdicts(plan, reported(value))[WATER].light for value in (15.0, 14.9, 13.5, 13.4, 16.0)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN]  # 13.5 misses exactly a tenth


def test_only_indicators_of_registered_areas_are_judged(plan: Plan) -> None:
    from_beside = {v.indicator for v in verdicts(plan).values() if v.evidence["plan"] != MAIN}
    assert from_beside == {WATER}  # the others are the region's and of other cities


def test_without_a_plan_beside_nothing_of_it_is_judged() -> None:
    alone = load_plan_beside(MAIN, [])
    assert alone == load_plan(MAIN) and WATER not in verdicts(alone)


def test_thresholds_targets_factors_and_departments_stay_the_main_plans(plan: Plan) -> None:
    main = load_plan(MAIN)
    assert replace(plan, beside=()) == main
    assert [other.id for other in plan.beside] == [PROVINCE, CLEANER]
    assert "guangxi" not in {target.entity for target in plan.targets}


def test_every_fault_of_every_pack_beside_is_told_with_its_pack(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('id = "x"\n', encoding="utf-8")
    with pytest.raises(Problems) as caught:
        load_plan_beside(MAIN, ["nowhere", str(tmp_path), MAIN, PROVINCE, PROVINCE])
    told = caught.value.problems
    assert any(t.startswith("TRICOLOR_PLANS_BESIDE nowhere: plan 'nowhere' is neither a folder nor one of") for t in told)
    assert any(t.startswith(f"TRICOLOR_PLANS_BESIDE {tmp_path}: plan.toml") for t in told)
    twice = [t for t in told if "is already there" in t]
    assert [t.split(":")[0] for t in twice] == [f"TRICOLOR_PLANS_BESIDE {MAIN}", f"TRICOLOR_PLANS_BESIDE {PROVINCE}"]


def test_the_setting_reaches_the_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_in("") == () and names_in(f" {PROVINCE}, ,{CLEANER},") == (PROVINCE, CLEANER)
    monkeypatch.setenv("TRICOLOR_PLANS_BESIDE", f"{PROVINCE}, {CLEANER}")
    settings = Settings(data=tmp_path)
    with opened(settings) as common:
        assert [other.id for other in common.plan.beside] == [PROVINCE, CLEANER]
    assert _LOOKS["plan pack"](settings).detail.endswith(f"beside it {PROVINCE}: 42 indicators; beside it {CLEANER}: 11 indicators")
