"""Energy and CO2 per value added, output, floor area and head, worked by hand."""

import pytest

from tricolor.analysis.indicators import (
    Divisor,
    MonthCo2,
    Of,
    Per,
    by_month,
    co2_amounts,
    divisors,
    energy_amounts,
    money_divisors,
    monthly_co2,
    unit_of,
    year_to_date,
)
from tricolor.analysis.intensity import MonthActivity
from tricolor.domain.accounts import DayAccount, MonthEnergy
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import Excluded
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role
from tricolor.domain.targets import annual_rate, cumulative_reduction, progress, remaining_annual_need

NOW = parse_us("2026-03-10T08:00:00+08:00")
MONTHS = ["2026-01", "2026-02"]


def month(text: str, equivalent: float, calorific: float = 0.0, **changes: object) -> MonthEnergy:
    known = {"covered_s": 1.0, "expected_s": 1.0, "days_missing": 0, "is_complete": True} | changes
    return MonthEnergy(text, equivalent, calorific, **known)  # type: ignore[arg-type]


TWO_YEARS = {m: month(m, v, v / 2) for m, v in {"2025-01": 100.0, "2025-02": 80.0, "2026-01": 90.0, "2026-02": 72.0}.items()}


def money(*values: float, price_years: tuple[int | None, ...] = (2020, 2020, 2020, 2020)) -> dict[str, Divisor]:
    months = ("2025-01", "2025-02", "2026-01", "2026-02")
    return money_divisors({m: MonthActivity(m, v, y) for m, v, y in zip(months, values, price_years, strict=True)})


def test_the_oracle_of_the_statistics_bureau():
    # Qinghai 2006-2008: −1.51 %, 2.20 %, 4.18 % against 17 % in five years
    reached = cumulative_reduction([-0.0151, 0.0220, 0.0418])
    # 1.0151 × 0.978 × 0.9582 = 0.951271; 1 − 0.951271 = 4.87 %
    assert reached == pytest.approx(0.0487, abs=5e-5)
    assert progress(reached, 0.17) == pytest.approx(0.268, abs=5e-4)
    assert annual_rate(0.17) == pytest.approx(0.0366, abs=5e-5) and remaining_annual_need(reached, 0.17, 3) == pytest.approx(0.0659, abs=5e-5)


def test_energy_per_value_added_is_net_and_the_gross_stands_beside_it():
    amounts = energy_amounts(TWO_YEARS, Per.VALUE_ADDED, {"2026-01": Excluded(9.0, None)}, 0.95)
    row, lacking = year_to_date(amounts, money(200.0, 160.0, 200.0, 160.0), 2026, Per.VALUE_ADDED, NOW)
    # (90 + 72 − 9)/360 = 0.425 against (100 + 80)/360 = 0.5: −15 %; gross 162/360 = 0.45
    assert row.months == ("2026-01", "2026-02") and lacking == ()
    assert (row.value, row.gross_value, row.last_year, row.change) == pytest.approx((0.425, 0.45, 0.5, -0.15))
    assert (row.gross, row.excluded, row.net) == (162.0, 9.0, 153.0) and row.why_not is None


def test_carbon_has_no_exclusions_and_its_own_factors():
    amounts = co2_amounts(TWO_YEARS, {m: MonthCo2(250.0) for m in TWO_YEARS}, 0.95)
    (row,) = by_month(amounts, money(200.0, 160.0, 250.0, 160.0), ["2026-01"], Per.GDP)
    # 250 t over 250 is 1 tCO2/1e4CNY after 250/200 = 1.25: −20 %
    assert (row.value, row.last_year, row.change, row.excluded) == pytest.approx((1.0, 1.25, -0.2, 0.0))
    lacking = co2_amounts(TWO_YEARS, {m: MonthCo2(None, ("biogas",)) for m in TWO_YEARS}, 0.95)
    (row,) = by_month(lacking, money(200.0, 160.0, 250.0, 160.0), ["2026-01"], Per.GDP)
    assert row.value is None and "biogas" in row.why_not.reason_en


def test_co2_of_a_whole_is_bought_minus_sold_and_unknown_where_a_factor_is_missing():
    registry = Registry(
        1, {e.id: e for e in (Entity("area", EntityKind.REGION, "", ""), Entity("mill", EntityKind.ENTERPRISE, "", "", "area"))}, {}, {}, {}, {}
    )
    rows = [
        DayAccount(entity, day, carrier, role, 1.0, "t", 1.0, 1.0, co2, 1.0, 1.0, 0.0, ())
        for entity, day, carrier, role, co2 in (
            ("mill", "2026-01-01", "raw_coal", Role.PURCHASED, 50.0), ("area", "2026-01-02", "raw_coal", Role.PURCHASED, 7.0),
            ("mill", "2026-01-03", "heat", Role.SOLD, 20.0), ("mill", "2026-01-03", "raw_coal", Role.FEEDSTOCK, 99.0),
            ("mill", "2026-02-01", "biogas", Role.PURCHASED, None), ("elsewhere", "2026-01-01", "raw_coal", Role.PURCHASED, 1000.0),
        )
    ]  # fmt: skip
    found = monthly_co2(registry, rows, "area")
    assert found == {"2026-01": MonthCo2(37.0), "2026-02": MonthCo2(None, ("biogas",))}


def test_a_products_unit_energy_is_calorific_and_takes_no_exclusion():
    figures = [Activity("mill", ActivityKind.OUTPUT, m, 25_000.0, "kg", product="paper") for m in ("2025-01", "2026-01")]
    figures.append(Activity("mill", ActivityKind.OUTPUT, "2026-02", 20.0, "t", product="paper"))
    by = divisors(figures, "mill", Per.OUTPUT, "paper", MONTHS)
    amounts = energy_amounts(TWO_YEARS, Per.OUTPUT, {"2026-01": Excluded(9.0, None)}, 0.95)
    january, february = by_month(amounts, by, MONTHS, Per.OUTPUT)
    # calorific 45 tce over 25 t = 1800 kgce/t, a year before 50/25 = 2000; February has no figure a year before
    assert (january.value, january.last_year, january.change) == pytest.approx((1800.0, 2000.0, -0.1))
    assert february.value == pytest.approx(1800.0) and february.last_year is None and february.change is None
    assert unit_of(Of.ENERGY, Per.OUTPUT, by["2026-01"].unit) == "kgce/t" and unit_of(Of.CO2, Per.GDP, "") == "tCO2/1e4CNY"


def test_floor_area_holds_until_another_is_stated_and_a_period_takes_its_mean():
    figures = [Activity("hall", ActivityKind.AREA, m, v, "m2") for m, v in (("2025-01", 10_000.0), ("2026-02", 20_000.0))]
    by = divisors(figures, "hall", Per.AREA, "", ["2025-01", "2025-02", *MONTHS])
    assert {m: (d.value, d.stated_in) for m, d in by.items()} == {
        "2025-01": (10_000.0, "2025-01"), "2025-02": (10_000.0, "2025-01"), "2026-01": (10_000.0, "2025-01"), "2026-02": (20_000.0, "2026-02"),
    }  # fmt: skip
    row, _ = year_to_date(energy_amounts(TWO_YEARS, Per.AREA, {}, 0.95), by, 2026, Per.AREA, NOW)
    # 162 tce over a mean of 15,000 m2 = 10.8 kgce/m2; a year before 180 over 10,000 = 18
    assert (row.value, row.last_year, row.divisor) == pytest.approx((10.8, 18.0, 15_000.0))


def test_people_nobody_has_counted_for_three_years_are_not_known():
    figures = [Activity("hall", ActivityKind.HEADS, "2022-12", 300.0, "head")]
    assert divisors(figures, "hall", Per.HEAD, "", MONTHS) == {}
    assert divisors(figures, "hall", Per.HEAD, "", ["2025-12"])["2025-12"].value == 300.0


@pytest.mark.parametrize("price_years", [(2020, 2020, 2015, 2020), (2020, 2020, None, None), (2015, 2015, 2020, 2020)])
def test_mixed_price_years_are_refused(price_years):
    by = money(200.0, 160.0, 200.0, 160.0, price_years=price_years)
    row, _ = year_to_date(energy_amounts(TWO_YEARS, Per.GDP, {}, 0.95), by, 2026, Per.GDP, NOW)
    assert row.change is None and row.why_not is not None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"covered_s": 0.61}, "coverage"), ({"is_complete": False, "days_missing": 2}, "lacks 2 day"), ({"equivalent": None, "unfactored": ("x",)}, "factor"),
    ],
)  # fmt: skip
def test_a_month_that_is_not_known_well_makes_the_whole_unknown_and_says_why(broken, said):
    changes = dict(broken)
    equivalent = changes.pop("equivalent", 72.0)
    energy = TWO_YEARS | {"2026-02": month("2026-02", equivalent, **changes)}
    row, _ = year_to_date(energy_amounts(energy, Per.GDP, {}, 0.95), money(200.0, 160.0, 200.0, 160.0), 2026, Per.GDP, NOW)
    assert row.value is None and row.change is None and said in row.why_not.reason_en and "2026-02" in row.why_not.reason_en


def test_months_without_a_figure_end_the_period_and_are_named():
    by = money(200.0, 160.0, 200.0, 160.0)
    del by["2025-02"]
    row, lacking = year_to_date(energy_amounts(TWO_YEARS, Per.GDP, {}, 0.95), by, 2026, Per.GDP, NOW)
    assert row.months == ("2026-01",) and [m.month for m in lacking] == ["2026-02"] and "2025-02" in lacking[0].reason_en
