"""Plausibility: faults refuse, warnings ask; each at its boundary."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.submissions.conftest import NOW, PLAN, RATE
from tricolor.catalogue.indicators import asked_of, indicators_of, limits_of
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.plausibility import Limits, activity_warnings, findings, identity_of
from tricolor.domain.submissions import Statistic

CITY = Entity("qz", EntityKind.CITY, "市", "City")
MILL = Entity("mill", EntityKind.ENTERPRISE, "厂", "Mill", is_key_user=True)
ASKED = {"qz": asked_of(PLAN, CITY), "mill": asked_of(PLAN, MILL)}
LIMITS = Limits(change_before=0.5, change_year=0.3, sum_difference=0.01, baseline_difference=0.005)
SEPTEMBER = Statistic("qz", "waste_rate", "2026-09", 92.0, "%")
ENERGY = Statistic("mill", "reported_energy_tce", "2026-09", 100.0, "tce")


def found(*values: Statistic, held: tuple[Statistic, ...] = ()):
    return findings(values, ASKED, {identity_of(s): s for s in held}, LIMITS, NOW)


def told(*values: Statistic, held: tuple[Statistic, ...] = ()):
    return [(f.field, f.is_fault) for f in found(*values, held=held)]


def test_a_plain_value_has_nothing_against_it():
    assert told(SEPTEMBER) == [] and told(ENERGY) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "t"}, "unit"), ({"value": math.nan}, "value"), ({"value": math.inf}, "value"), ({"value": 100.001}, "value"),
        ({"value": -0.001}, "value"), ({"period": "2026-11"}, "period"), ({"period": "2026-Q4"}, "period"), ({"period": "2026"}, "period"),
        ({"period": "26-9"}, "period"), ({"indicator": "waste"}, "indicator"), ({"value": None, "text": "达到"}, "value"),
        ({"document": "x" * 201}, "document"), ({"note": "a\nb"}, "note"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_fault_at_its_member(change, field):
    (fault,) = found(replace(SEPTEMBER, **change))
    assert (fault.field, fault.is_fault) == (field, True) and fault.zh and fault.en


def test_the_ends_of_a_share_are_inside():
    assert told(replace(SEPTEMBER, value=100.0)) == [] and told(replace(SEPTEMBER, value=0.0)) == []


def test_a_yearly_indicator_is_not_taken_by_month_and_words_not_as_numbers():
    assert told(Statistic("qz", "yield", "2026-09", 3.0, "%")) == [("period", True)]
    assert told(Statistic("qz", "yield", "2025", -3.0, "%")) == []  # a change may be negative
    assert told(Statistic("qz", "full_cover", "2025", None, "", "达到")) == []
    assert told(Statistic("qz", "full_cover", "2025", None, "", "推进中")) == [("text", True)]
    assert told(Statistic("qz", "full_cover", "2025", 1.0, "", "")) == [("text", True)]


def test_targets_are_set_ahead_of_their_year():
    assert told(Statistic("qz", "energy_total_target_tce", "2027", 8e6, "tce"), Statistic("qz", "target:carbon", "2030", 2.5, "t")) == []


def test_a_change_of_exactly_the_limit_passes_and_more_asks():
    assert told(replace(ENERGY, value=150.0), held=(replace(ENERGY, period="2026-08"),)) == []
    assert told(replace(ENERGY, value=150.1), held=(replace(ENERGY, period="2026-08"),)) == [("value", False)]
    assert told(replace(ENERGY, value=130.0), held=(replace(ENERGY, period="2025-09"),)) == []
    assert told(replace(ENERGY, value=69.9), held=(replace(ENERGY, period="2025-09"),)) == [("value", False)]
    assert told(ENERGY, held=(replace(ENERGY, period="2026-08", value=0.0),)) == [("value", False)]
    assert told(replace(ENERGY, value=999.0), held=(replace(ENERGY, period="2026-08"), replace(ENERGY, value=999.0))) == []  # said before, unchanged


def test_values_sent_together_are_compared_with_each_other():
    assert told(replace(ENERGY, period="2026-08", value=10.0), ENERGY) == [("value", False)]
    assert told(ENERGY, ENERGY) == [("period", True)]


def test_a_year_that_is_not_the_sum_of_its_parts_asks():
    months = tuple(replace(ENERGY, period=f"2025-{m:02d}", value=100.0) for m in range(1, 13))
    year = replace(ENERGY, period="2025")
    assert told(replace(year, value=1212.0), held=months) == []  # 1 % over 1,200
    assert told(replace(year, value=1213.0), held=months) == [("value", False)]
    assert told(replace(year, value=1213.0), held=months[1:]) == []  # a month is missing: no sum
    quarters = tuple(replace(ENERGY, period=f"2025-Q{q}", value=300.0) for q in range(1, 5))
    assert told(replace(year, value=1000.0), held=quarters) == [("value", False)]


def test_the_base_years_value_is_the_plans_baseline():
    assert told(Statistic("qz", "waste_rate", "2025", 90.45, "%")) == []  # 0.5 % of 90
    assert told(Statistic("qz", "waste_rate", "2025", 90.46, "%")) == [("value", False)]


def test_the_limits_are_those_of_the_file_and_the_plan_knows_its_indicators():
    assert limits_of(PLAN) == LIMITS
    assert [i.id for _, i in indicators_of(PLAN, "qz")] == [i.id for i in PLAN.indicators] and list(indicators_of(PLAN, "mill")) == []
    assert "reported_energy.electricity" in ASKED["mill"] and "energy_total_target_tce" in ASKED["qz"] and RATE.id not in ASKED["mill"]


def test_activity_figures_are_compared_at_the_same_prices_whatever_their_unit():
    gdp = Activity("qz", ActivityKind.GDP, "2026-09", 10.0, "1e8CNY", 2020)
    before = replace(gdp, month="2026-08", value=100_000.0, unit="1e4CNY")  # 10 in 1e8CNY
    assert activity_warnings([gdp], [before], LIMITS) == []
    assert len(activity_warnings([replace(gdp, value=16.0)], [before], LIMITS)) == 1
    assert activity_warnings([replace(gdp, value=16.0, price_year=2025)], [before], LIMITS) == []


@given(st.floats(-1e14, 1e14), st.floats(-1e14, 1e14))
def test_the_same_value_again_never_asks(value, other):
    held = (replace(ENERGY, value=value), replace(ENERGY, period="2026-08", value=other))
    assert told(replace(ENERGY, value=value), held=held) == []
