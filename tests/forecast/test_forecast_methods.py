"""Laws of forecasting: calendars, methods, backtest, bands and refusals."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tricolor.analysis import forecast_methods
from tricolor.analysis.forecast import Ask, outlook, without_extra
from tricolor.analysis.forecast_backtest import choose, report, roll, spread
from tricolor.analysis.forecast_calendar import MONTHS, PAIRED, QUARTERS, festival_share
from tricolor.analysis.forecast_methods import GROWTH, MEAN, NAIVE, Sight, calendar_growth
from tricolor.analysis.forecast_series import NoSeries, Series, energy_known, series_of
from tricolor.catalogue.holidays import spring_festivals
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.exclusions import months_between

FESTIVALS = spring_festivals()
SHAPE = np.array([90.0, 70, 88, 84, 88, 93, 108, 106, 92, 89, 92, 104])
ASK = Ask("e1", "energy", "tce", 2026, 0)


def noisy(months: int, seed: int = 1, growth: float = 0.004, noise: float = 0.02) -> dict[str, float]:
    """Months up to 2026-06 with seasons, growth and noise."""
    names = months_between("2015-01", "2026-06")[-months:]
    drawn = np.random.default_rng(seed).normal(0, noise, len(names))
    return {m: float(SHAPE[int(m[5:]) - 1] * np.exp(growth * i + drawn[i])) for i, m in enumerate(names)}


def known(of: Series | NoSeries) -> Series:
    assert isinstance(of, Series), of
    return of


def test_the_spring_festivals_share_of_months_adds_up_to_one_and_lies_where_the_calendar_has_it():
    # 2024: 10 February, from 3 to 24 February: all of it in February; 2023: 22 January, from 15 January: 17 of 22 days in January
    assert [festival_share(f"2024-0{m}", FESTIVALS) for m in (1, 2, 3)] == [0, 1, 0]
    assert festival_share("2023-01", FESTIVALS) == pytest.approx(17 / 22)
    assert festival_share("2023-02", FESTIVALS) == pytest.approx(5 / 22)
    # 2026: 17 February, until 3 March: 3 of 22 days in March
    assert festival_share("2026-03", FESTIVALS) == pytest.approx(3 / 22)
    for year in range(2000, 2051):
        assert sum(festival_share(f"{year}-{m:02d}", FESTIVALS) for m in range(1, 13)) == pytest.approx(1)


def test_a_pair_or_quarter_has_the_days_and_the_festival_of_its_months():
    assert PAIRED.text(PAIRED.of("2024-02")) == "2024-01..2024-02"
    slot = PAIRED.of("2024-01")
    assert PAIRED.days(slot, slot).tolist() == [60.0]  # 31 + 29
    assert PAIRED.festival(slot, slot, FESTIVALS).tolist() == [1.0]
    assert QUARTERS.months(QUARTERS.of("2025-08")) == ("2025-07", "2025-08", "2025-09")
    assert MONTHS.of("2026-01") - MONTHS.of("2025-12") == 1


def test_january_and_february_known_only_together_are_one_observation_and_never_two_made_up_months():
    months = {m: v for m, v in noisy(66).items() if m[5:] != "01"}
    for m in list(months):
        if m[5:] == "02":
            months[m] += 90
    series = known(series_of(months, FESTIVALS))
    assert series.grid is PAIRED
    found = outlook(known(series_of({m: v for m, v in months.items() if m < "2026-01"}, FESTIVALS)), ASK).forecast
    assert found.months[0].month == "2026-01..2026-02" and found.months[1].month == "2026-03"
    assert len(found.months) == 11


def test_quarters_are_forecast_as_quarters():
    quarterly = {f"{y}-{q:02d}": 100.0 * 1.02**y / 1.02**2019 * (1 + q / 100) for y in range(2019, 2026) for q in (3, 6, 9, 12)}
    found = outlook(series_of(quarterly, FESTIVALS), ASK).forecast
    assert [m.month for m in found.months] == ["2026-01..2026-03", "2026-04..2026-06", "2026-07..2026-09", "2026-10..2026-12"]


def test_a_series_that_repeats_itself_is_forecast_exactly():
    days = MONTHS.days(MONTHS.of("2019-01"), MONTHS.of("2026-12"))
    names = months_between("2019-01", "2026-12")
    level = {m: float(SHAPE[int(m[5:]) - 1] * d) for m, d in zip(names, days, strict=True)}
    found = outlook(series_of({m: v for m, v in level.items() if m <= "2026-06"}, FESTIVALS), ASK).forecast
    for month in found.months:
        assert month.mean == pytest.approx(level[month.month], rel=2e-3)


def test_the_move_of_the_spring_festival_is_followed():
    # every year the festival takes 20 % of the month that holds it: 2026 it lies in February (3 of 22 days in March), 2025 from 22 January on
    names = months_between("2018-01", "2026-12")
    days = dict(zip(names, MONTHS.days(MONTHS.of("2018-01"), MONTHS.of("2026-12")), strict=True))
    level = {m: float(1000 * days[m] * np.exp(-0.2 * festival_share(m, FESTIVALS))) for m in names}
    series = known(series_of({m: v for m, v in level.items() if m <= "2025-12"}, FESTIVALS))
    said = calendar_growth(Sight.of(series, 3), len(series.values), 3)
    assert said is not None
    truth = np.array([level["2026-01"], level["2026-02"], level["2026-03"]])
    naive = np.array([level["2025-01"], level["2025-02"], level["2025-03"]])
    assert np.abs(said - truth).sum() < 0.15 * np.abs(naive - truth).sum()


@settings(max_examples=8, deadline=None)
@given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 5))
def test_scaling_a_series_scales_its_forecast(scale: float, seed: int):
    one = noisy(26, seed)  # too short for ETS and ARIMA, whose search for parameters ends where it ends
    plain = outlook(series_of(one, FESTIVALS), ASK).forecast
    scaled = outlook(series_of({m: v * scale for m, v in one.items()}, FESTIVALS), ASK).forecast
    assert plain.method == scaled.method
    for a, b in zip(plain.months, scaled.months, strict=True):
        assert (b.mean, b.low, b.high) == pytest.approx((a.mean * scale, a.low * scale, a.high * scale), rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), months=st.integers(18, 40), noise=st.floats(0.001, 0.3))
def test_the_band_holds_the_mean_and_does_not_narrow_with_distance(seed: int, months: int, noise: float):
    found = outlook(series_of(noisy(months, seed, noise=noise), FESTIVALS), ASK).forecast
    assert found.is_known
    ratios = [m.high / m.mean for m in found.months]
    assert all(m.low <= m.mean <= m.high for m in found.months)
    assert ratios == pytest.approx(sorted(ratios))
    assert found.year_low is not None and found.year_mean is not None and found.year_high is not None
    assert found.year_low <= found.year_mean <= found.year_high
    assert found.year_mean == pytest.approx(found.year_known + sum(m.mean for m in found.months))


def test_the_backtest_sees_nothing_after_its_origin():
    # the last year turned upside down: what was said before it stays to the last digit
    whole = noisy(60)
    bent = {m: v * (5 if m >= "2025-07" else 1) for m, v in whole.items()}
    one, other = roll(known(series_of(whole, FESTIVALS)), 6), roll(known(series_of(bent, FESTIVALS)), 6)
    origin = 48  # months known: up to 2025-06
    for name, values in one.said[origin].items():
        assert other.said[origin][name].tolist() == pytest.approx(values.tolist(), rel=1e-12)
    assert choose(one, origin) == choose(other, origin)
    assert np.array_equal(spread(one, NAIVE, origin, 6), spread(other, NAIVE, origin, 6))


def test_the_method_with_the_smallest_error_is_chosen_and_the_report_names_all():
    rolled = roll(known(series_of(noisy(66, growth=0.01, noise=0.005), FESTIVALS)), 6)
    picked = choose(rolled, len(rolled.series.values))
    scores = {s.method: s for s in report(rolled)}
    assert picked.method == min(picked.scores, key=lambda n: picked.scores[n]) != NAIVE
    assert {NAIVE, GROWTH, MEAN, "ets", "arima", "seasonal_drift"} <= scores.keys()
    assert scores[NAIVE].ratio == pytest.approx(1)
    assert scores[picked.method].ratio < 0.5  # 12 % growth a year against 0.5 % noise
    assert all(s.coverage is None or 0 <= s.coverage <= 1 for s in scores.values())


def test_electricity_that_is_known_ahead_improves_what_follows_it():
    names = months_between("2019-01", "2026-06")
    wave = np.cumsum(np.random.default_rng(3).normal(0, 0.03, len(names)))
    electric = {m: float(SHAPE[int(m[5:]) - 1] * np.exp(w)) for m, w in zip(names, wave, strict=True)}
    made = {m: 7 * v for m, v in electric.items() if m <= "2026-03"}
    series = known(series_of(made, FESTIVALS, electric))
    assert series.driver is not None and len(series.driver) == len(series.values) + 3
    found = outlook(series, ASK).forecast
    assert found.method == "electricity"
    for month in found.months[:3]:
        assert month.mean == pytest.approx(7 * electric[month.month], rel=0.02)


def test_values_that_touch_zero_are_forecast_without_logarithms_and_never_below_zero():
    heat = {m: (0.0 if m[5:] in ("05", "06", "07", "08", "09") else v) for m, v in noisy(54).items()}
    found = outlook(series_of(heat, FESTIVALS), ASK).forecast
    assert found.is_known and all(m.low >= 0 and np.isfinite(m.mean) for m in found.months)
    assert next(m for m in found.months if m.month == "2026-08").mean == pytest.approx(0, abs=2)


def test_a_short_history_is_refused_with_the_months_that_are_lacking():
    refused = series_of(noisy(17), FESTIVALS)
    assert isinstance(refused, NoSeries)
    assert refused.why_zh == "历史只有17个月，预测至少需要18个月，还差1个月"
    found = outlook(refused, ASK).forecast
    assert not found.is_known and found.why_not_en == "only 17 months are known, a forecast needs 18: 1 more"
    assert isinstance(series_of(noisy(18), FESTIVALS), Series)
    assert isinstance(series_of({}, FESTIVALS), NoSeries)


def test_a_gap_is_refused_and_named():
    months = noisy(40)
    del months["2026-02"]
    refused = series_of(months, FESTIVALS)
    assert isinstance(refused, NoSeries) and "2026-02" in refused.why_zh and "gap" in refused.why_en


def month_energy(month: str, coverage: float = 1.0, tce: float | None = 10.0, missing: int = 0) -> MonthEnergy:
    return MonthEnergy(month, tce, tce, coverage * 100, 100.0, missing, missing == 0, () if tce is not None else ("coke",))


def test_low_coverage_and_missing_factors_are_refused_with_the_month():
    months = {m: month_energy(m) for m in months_between("2024-01", "2026-06")}
    assert isinstance(energy_known(months, 0.95), dict)
    low = energy_known({**months, "2026-03": month_energy("2026-03", 0.5)}, 0.95)
    assert isinstance(low, NoSeries) and low.why_zh == "2026-03覆盖率50.0%，低于95%，不作预测"
    hair = energy_known({**months, "2026-03": month_energy("2026-03", 0.9499)}, 0.95)
    assert isinstance(hair, NoSeries) and "覆盖率94.9%，低于95%" in hair.why_zh  # not 95.0 % below 95 %
    bare = energy_known({**months, "2026-03": month_energy("2026-03", tce=None)}, 0.95)
    assert isinstance(bare, NoSeries) and "coke" in bare.why_en
    hole = energy_known({**months, "2026-03": month_energy("2026-03", missing=3)}, 0.95)
    assert isinstance(hole, NoSeries) and "2026-03缺3天" in hole.why_zh


def test_an_old_fault_only_shortens_the_history_and_the_running_month_is_left_out():
    months = {m: month_energy(m) for m in months_between("2023-01", "2026-06")}
    found = energy_known({**months, "2023-05": month_energy("2023-05", 0.2), "2026-07": month_energy("2026-07", missing=20)}, 0.95)
    assert isinstance(found, dict)
    assert (min(found), max(found)) == ("2023-06", "2026-06")


def test_without_statsmodels_its_methods_fall_out_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch):
    assert without_extra() is None
    monkeypatch.setattr(forecast_methods, "has_statsmodels", lambda: False)
    monkeypatch.setattr("tricolor.analysis.forecast.has_statsmodels", lambda: False)
    found = outlook(series_of(noisy(50), FESTIVALS), ASK).forecast
    assert found.is_known and not {"ets", "arima"} & found.scores.keys()
    why = without_extra()
    assert why is not None and "tricolor[forecast]" in why[0]


def test_a_year_that_is_over_is_its_own_sum():
    found = outlook(series_of({m: v for m, v in noisy(60).items() if m < "2026-01"}, FESTIVALS), Ask("e1", "energy", "tce", 2025, 0)).forecast
    assert found.months == () and found.year_low == found.year_mean == found.year_high == found.year_known


def test_a_festival_table_that_ends_is_no_error():
    series = known(series_of(noisy(30), {2025: date(2025, 1, 29)}))
    assert outlook(series, ASK).forecast.is_known
