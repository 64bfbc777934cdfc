"""A plan that begins later than the year after its base year: Guangdong judges 2022 to 2025 against 2020."""

from types import MappingProxyType, SimpleNamespace
from typing import Any

from tricolor.analysis.forecast_entity import Known, TargetAim
from tricolor.analysis.forecast_known import Books, KnownMonths
from tricolor.catalogue.plans import load_plan
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.periods import period_of

NOTHING: Any = MappingProxyType({})


def test_a_forecast_counts_the_plan_years_from_the_base_year_as_the_rule_pace_does() -> None:
    city = Entity("city", EntityKind.CITY, "市", "City")
    target = SimpleNamespace(entity="city", indicator="energy_intensity", level="basic", reduction=0.13)
    plan = SimpleNamespace(
        base_year=2020, first_year=2022, last_year=2025, targets=(target,), exclusion_rules=(), thresholds_of=lambda _: {"coverage_min": 0.95}
    )
    nothing = SimpleNamespace(months=lambda *_: [], current=lambda _: [], entries=list)
    registry = Registry(1, {"city": city}, NOTHING, NOTHING, NOTHING, NOTHING)
    known: Known = KnownMonths(registry, Books(nothing, nothing, nothing), plan, {}, parse_us("2023-05-10T00:00:00+08:00")).of("city")  # type: ignore[arg-type]
    assert (known.first_year, known.last_year) == (2021, 2025)  # n of 2023 is 3 of 5, not 2 of 4
    assert known.targets == (TargetAim("basic", 0.13),)


def test_no_report_is_asked_for_that_was_due_before_its_document() -> None:
    for pack in ("qinzhou-2021-2025", "liuzhou-zero-waste-2023-2025"):
        plan = load_plan(pack)
        for duty in (d for d in plan.report_duties if d.status != "memory"):  # the yearly energy report is older than any of the plans
            last = period_of(duty.first)
            due = last.year * 12 + last.last_month - 1 + duty.due_months
            assert (due // 12, due % 12 + 1) > (plan.document.date.year, plan.document.date.month), duty.id
    monthly = next(d for d in load_plan("qinzhou-2021-2025").report_duties if d.every == "month")
    assert monthly.first == "2023-01"  # the document is of 2022-12-25
