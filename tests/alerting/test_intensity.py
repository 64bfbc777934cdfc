"""Monthly energy and the comparison of years: missing is never zero, and a dead meter never chooses the months by which its owner is judged."""

from dataclasses import replace

import pytest

from tricolor.analysis.intensity import compare_years, days_for, intensity_series, money_by_month, output_by_month
from tricolor.analysis.monthly import monthly_energy
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.intervals import month_of, parse_us
from tricolor.domain.meters import Role

NOW = parse_us("2026-11-20T08:00:00+08:00")


def energy_of(town, *wholes, now=NOW):
    return monthly_energy(town.registry(), town.rows, wholes, now)


def test_purchased_minus_sold_counts_and_inner_use_does_not(town):
    town.use("mill", "2026-01", 500.0)
    town.use("mill", "2026-01", 120.0, role=Role.SOLD, carrier="steam")
    town.use("mill", "2026-01", 9_999.0, role=Role.CONSUMED, carrier="electricity")
    found = energy_of(town, "mill")["mill"]["2026-01"]
    assert found.tce_equivalent == pytest.approx(380.0) and found.is_complete and found.days_missing == 0


def test_a_region_is_the_sum_of_its_members_and_the_city_of_all(town):
    town.use("north", "2026-01", 1_000.0)
    town.use("mill", "2026-01", 500.0)
    town.use("south", "2026-01", 200.0)
    found = energy_of(town, "north", "south", "town")
    totals = [found[e]["2026-01"].tce_equivalent for e in ("north", "south", "town")]
    assert totals == pytest.approx([1_500.0, 200.0, 1_700.0])
    assert found["town"]["2026-01"].coverage == 1.0 and found["town"]["2026-01"].factor_ids == ("gbt2589:electricity",)


def test_a_member_without_any_account_lowers_the_coverage(town):
    # north has a point of its own and the mill's: 31 days of one of two points are half
    town.use("north", "2026-01", 1_000.0)
    assert energy_of(town, "north")["north"]["2026-01"].coverage == pytest.approx(0.5)


def test_a_month_with_a_missing_day_or_not_over_is_not_complete(town):
    town.use("south", "2026-01", 310.0)
    town.rows = [r for r in town.rows if r.day != "2026-01-15"]
    january = energy_of(town, "south")["south"]["2026-01"]
    assert january.days_missing == 1 and not january.is_complete and january.coverage == pytest.approx(30 / 31)
    town.use("south", "2026-11", 300.0)
    assert not energy_of(town, "south")["south"]["2026-11"].is_complete


def test_a_carrier_without_a_factor_makes_the_total_unknown_and_is_named(town):
    town.use("south", "2026-01", 310.0)
    town.use("south", "2026-01", 0.0, carrier="biogas", tce_calorific=None, tce_equivalent=None, factor_ids=())
    found = energy_of(town, "south")["south"]["2026-01"]
    assert found.tce_equivalent is None and found.unfactored == ("biogas",)


def test_only_electricity_needs_an_equal_value_of_its_own(town):
    town.use("south", "2026-01", 310.0, tce_equivalent=None)
    assert energy_of(town, "south")["south"]["2026-01"].tce_equivalent is None
    town.rows = [replace(r, carrier="raw_coal") for r in town.rows]
    assert energy_of(town, "south")["south"]["2026-01"].tce_equivalent == pytest.approx(310.0)


def compared(town, entity="south"):
    registry = town.registry()
    activity = money_by_month(registry, town.figures.values(), ActivityKind.GDP).get(entity, {})
    return compare_years(energy_of(town, entity)[entity], activity, 2026, 0.95, NOW)


def test_the_same_months_of_both_years_are_compared(town, fill):
    fill(town, "south", 978.0)
    ytd = compared(town)
    assert len(ytd.months) == 10 and ytd.energy_now_tce == pytest.approx(9_780.0) and ytd.energy_base_tce == pytest.approx(10_000.0)
    assert ytd.reduction == pytest.approx(0.022) and not ytd.faults and not ytd.not_reported and ytd.price_year_now == 2020


def test_months_after_the_first_one_not_reported_are_named_and_not_used(town, fill):
    fill(town, "south", 978.0)
    del town.figures[("south", "gdp", "2025-08")]
    ytd = compared(town)
    assert ytd.months[-1] == "2026-07" and [m.month for m in ytd.not_reported] == ["2026-08", "2026-09", "2026-10"]
    assert "2025-08" in ytd.not_reported[0].reason_en and not ytd.faults


def test_a_reported_month_without_its_energy_is_a_fault_not_a_shorter_period(town, fill):
    fill(town, "south", 978.0)
    town.rows = [r for r in town.rows if r.day[:7] != "2026-10"]
    town.use("south", "2025-03", 1_000.0, covered_s=86_400.0 * 0.61)
    ytd = compared(town)
    assert [(f.month, f.coverage) for f in ytd.faults] == [("2026-10", 0.0), ("2025-03", pytest.approx(0.61))]
    assert len(ytd.months) == 10 and ytd.energy_now_tce is None and ytd.coverage == 0.0


def test_a_city_without_its_own_figure_is_the_sum_of_its_regions_when_all_have_one(town):
    town.earn("north", "2026-01", 700.0)
    registry = town.registry()
    assert "2026-01" not in money_by_month(registry, town.figures.values(), ActivityKind.GDP)["town"]
    town.earn("south", "2026-01", 300.0)
    summed = money_by_month(registry, town.figures.values(), ActivityKind.GDP)["town"]["2026-01"]
    assert summed.value_cny_10k == 1_000.0 and summed.summed_from == ("north", "south") and summed.price_year == 2020
    town.earn("south", "2026-01", 300.0, price_year=2015)
    assert "2026-01" not in money_by_month(registry, town.figures.values(), ActivityKind.GDP)["town"]
    town.earn("town", "2026-01", 990.0)
    assert money_by_month(registry, town.figures.values(), ActivityKind.GDP)["town"]["2026-01"].value_cny_10k == 990.0


def test_money_is_counted_in_ten_thousand_yuan(town):
    figures = [Activity("south", ActivityKind.GDP, "2026-01", 1.5, "1e8CNY", 2020)]
    assert money_by_month(town.registry(), figures, ActivityKind.GDP)["south"]["2026-01"].value_cny_10k == pytest.approx(15_000.0)


def test_an_output_of_the_named_product_goes_before_one_without_a_name():
    figures = [Activity("mill", ActivityKind.OUTPUT, "2026-01", v, "t", None, p) for v, p in ((7.0, "carbide"), (5.0, ""), (3.0, "lime"))]
    assert output_by_month(figures, "mill", "carbide")["2026-01"].value == 7.0


def test_the_series_holds_intensity_last_year_and_change(town):
    town.use("south", "2025-01", 1_000.0)
    town.use("south", "2026-01", 990.0)
    town.earn("south", "2025-01", 2_000.0)
    town.earn("south", "2026-01", 2_200.0)
    activity = money_by_month(town.registry(), town.figures.values(), ActivityKind.GDP)["south"]
    january, february = intensity_series(energy_of(town, "south")["south"], activity, ["2026-01", "2026-02"])
    # 990/2200 = 0.45 tce/1e4CNY after 0.50: −10 %
    assert january.intensity == pytest.approx(0.45) and january.intensity_last_year == pytest.approx(0.5) and january.change == pytest.approx(-0.1)
    assert february.energy_tce_equivalent is None and february.intensity is None and february.coverage is None


def test_the_accounts_of_a_series_reach_one_year_back():
    assert days_for(["2026-02", "2026-01"]) == ("2025-01-01", "2026-02-28")


def test_expected_time_of_the_running_month_ends_now(town):
    town.use("south", "2026-11", 300.0)
    start = month_of("2026-11").start
    town.rows = [r for r in town.rows if r.day < "2026-11-11"]
    found = energy_of(town, "south", now=start + 10 * 86_400_000_000)["south"]["2026-11"]
    assert found.coverage == pytest.approx(1.0)
