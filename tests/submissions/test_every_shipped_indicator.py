"""Every indicator of every shipped plan is judged: grey before anything is said, green at its target, in both languages."""

from dataclasses import replace

import pytest

from alerting.rules import indicator as rule
from tests.submissions.test_rule_indicator import material
from tricolor.adapters.report_files import ReportWorkbook
from tricolor.catalogue.indicators import asked_by, asked_of
from tricolor.catalogue.plans import list_plans, load_plan
from tricolor.catalogue.plans.register import Direction, Indicator, Path
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.plausibility import Limits, findings
from tricolor.domain.report_sheets import ReportBook, Sheet, SheetRow
from tricolor.domain.submissions import TARGET_PREFIX, Statistic

NOW = parse_us("2032-01-20T12:00:00+08:00")
ALL = [(pack, i) for pack in list_plans() for i in load_plan(pack).indicators]
WIDE = Limits(1e9, 1e9, 1.0, 1e9)


def judged(indicator: Indicator, *values: Statistic):
    entity = Entity(indicator.entity, EntityKind.CITY, "市", "City")
    (facts,) = rule.facts_of(material(indicator, *values, now=NOW, entities=(entity,)), entity)
    return rule.judge(facts, rule.Thresholds(0.1, 2, 3))


def at_target(indicator: Indicator) -> list[Statistic]:
    """What a unit reports that stands a hair beyond its target in the target year."""
    year, name = str(indicator.target_year), indicator.id
    if indicator.direction is Direction.TEXT:
        return [Statistic(indicator.entity, name, year, None, "", "达到")]
    target = indicator.target if indicator.target is not None else indicator.baseline or 50.0
    beyond = 1e-6 * max(1.0, abs(target)) * (1 if rule.way_of(indicator, target).is_up else -1)
    given = [Statistic(indicator.entity, name, year, target + beyond, indicator.unit)]
    if indicator.path is Path.YEARLY:
        return [*given, Statistic(indicator.entity, name, str(indicator.target_year - 1), target, indicator.unit)]
    if indicator.target is None and (indicator.direction is not Direction.HOLD or indicator.baseline is None):
        given.append(Statistic(indicator.entity, TARGET_PREFIX + name, year, target, indicator.unit))
    return given


def test_there_are_indicators_in_the_packs():
    assert len(ALL) > 100


@pytest.mark.parametrize(("pack", "indicator"), ALL, ids=[f"{pack}-{i.id}" for pack, i in ALL])
def test_it_is_grey_before_and_green_at_its_target(pack, indicator):
    grey = judged(indicator)
    assert grey.light is Light.GREY and grey.reason_zh and grey.reason_en and grey.indicator == indicator.id
    verdict = judged(indicator, *at_target(indicator))
    if indicator.unit.endswith(("/a", "/年", "每年")) and verdict.light is Light.GREY:
        return  # years added up: one alone leaves holes
    assert verdict.light is Light.GREEN, verdict.reason_zh
    assert "inf" not in verdict.reason_zh and "None" not in verdict.reason_zh + verdict.reason_en


@pytest.mark.parametrize(("pack", "indicator"), ALL, ids=[f"{pack}-{i.id}" for pack, i in ALL])
def test_its_target_is_a_plausible_value(pack, indicator):
    stated = indicator.target if indicator.target is not None else indicator.baseline or 50.0
    values = [s if s.value is None else replace(s, value=stated) for s in at_target(indicator) if s.indicator == indicator.id]
    assert values
    asked = {indicator.entity: {indicator.id: asked_by(indicator)}}
    assert [f for f in findings(values, asked, {}, WIDE, NOW) if f.is_fault] == []


@pytest.mark.parametrize("pack", list_plans())
def test_the_workbook_of_a_plan_is_written_and_holds_every_indicator(pack):
    plan = load_plan(pack)
    for entity_id in {i.entity for i in plan.indicators}:
        asked = asked_of(plan, Entity(entity_id, EntityKind.CITY, "市", "City"))
        rows = tuple(SheetRow(a.name, a.name_cn, a.name_en, a.unit, frozenset({"2026"}), {"2026": 1.0}) for a in asked.values())
        made = ReportWorkbook().template(ReportBook(entity_id, "市", 2026, (Sheet("indicators", "", ("2026",), rows),)))
        back = ReportWorkbook().cells(made)
        assert [(c.name, c.value, c.unit) for c in back] == [(a.name, 1, a.unit) for a in asked.values()]
        assert {i.id for i in plan.indicators if i.entity == entity_id} <= set(asked)
