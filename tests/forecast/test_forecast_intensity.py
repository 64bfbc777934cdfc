"""The year's intensity: its spread, the chance of each light, what the months left must bring; and the nowcast."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.analysis.forecast import Ask
from tricolor.analysis.forecast_intensity import Aim, Parts, intensity_outlook
from tricolor.analysis.forecast_lights import Goal, Left, Spread, chances, intensity_spread, needed, plan_chances, spread_of
from tricolor.analysis.forecast_nowcast import nowcast
from tricolor.analysis.intensity import MonthActivity
from tricolor.catalogue.plans import load_plan
from tricolor.domain.exclusions import months_between
from tricolor.domain.forecasts import Forecast, MonthForecast
from tricolor.domain.lights import Light
from tricolor_cli.pace_lights import pace_light_of

LIGHT_OF = pace_light_of(load_plan("illustrative-2026-2030"))
GOAL = Goal("basic", (), 0.50, 0.03, 0.14, 4)
ASK = Ask("r1", "intensity", "tce/1e4CNY", 2026, 0)


def test_a_band_gives_its_log_normal():
    # band 90..110 around 100: sigma = ln(110/90) / 2 / 1.2816 = 0.0783
    made = Forecast("r1", "energy", 2026, "tce", 0, "2026-06", year_mean=100.0, year_low=90.0, year_high=110.0)
    found = spread_of(made)
    assert found is not None and found.sigma == pytest.approx(0.0783, abs=1e-4)
    assert spread_of(replace(made, year_low=0.0)) is None and spread_of(replace(made, year_mean=None)) is None
    assert intensity_spread(Spread(100, 0.03), Spread(200, 0.04)) == Spread(0.5, pytest.approx(0.05))


@given(median=st.floats(0.3, 0.8), sigma=st.floats(0, 0.2))
def test_the_chances_of_the_lights_add_up_to_one(median: float, sigma: float):
    for found in (chances(Spread(median, sigma), GOAL, LIGHT_OF), plan_chances(Spread(median, sigma), GOAL, LIGHT_OF)):
        assert sum(found.values()) == pytest.approx(1)
        assert set(found) <= {str(light) for light in Light}


@given(median=st.floats(0.45, 0.52), step=st.floats(0.001, 0.05))
def test_a_higher_intensity_is_never_greener(median: float, step: float):
    better, worse = (chances(Spread(m, 0.02), GOAL, LIGHT_OF).get("green", 0.0) for m in (median, median + step))
    assert worse <= better


def test_the_chance_of_green_is_the_share_of_the_spread_below_the_limit():
    # limit 0.5 · 0.97 = 0.485; median 0.485: as likely as not; without any spread it is met exactly
    assert chances(Spread(0.485, 0.02), GOAL, LIGHT_OF)["green"] == pytest.approx(0.5, abs=0.002)
    assert chances(Spread(0.485, 0.0), GOAL, LIGHT_OF) == {"green": 1.0}
    # a gap of exactly 10 %: 0.5 · (1 - 0.027) is yellow, a little more red
    assert chances(Spread(0.4865, 0.0), GOAL, LIGHT_OF) == {"yellow": 1.0}
    assert chances(Spread(0.4866, 0.0), GOAL, LIGHT_OF) == {"red": 1.0}


def test_the_plan_goes_on_as_the_years_did():
    # 3.1 % a year: 1 - 0.969^5 = 14.6 % of 14 %; 2.9 %: 13.7 %
    assert plan_chances(Spread(0.5 * 0.969, 0.0), GOAL, LIGHT_OF) == {"green": 1.0}
    assert "green" not in plan_chances(Spread(0.5 * 0.971, 0.0), GOAL, LIGHT_OF)
    erratic = replace(GOAL, before=(0.10, -0.04), years_left=2)
    assert plan_chances(Spread(0.5 * 0.96, 0.001), erratic, LIGHT_OF)["green"] < 0.9


def test_what_each_month_left_must_bring_is_worked_by_hand():
    # known: 60 tce over 120; left: 80 of activity; limit 0.485 · 200 = 97 tce: 37 left, 0.4625 against 0.5 last year: 7.5 % less
    assert needed(Left(60, 120, 80, 0.5), GOAL) == pytest.approx(0.075)
    # 40 tce known: 57 left, 0.7125: may rise by 42.5 %
    assert needed(Left(40, 120, 80, 0.5), GOAL) == pytest.approx(-0.425)
    assert needed(Left(100, 120, 80, 0.5), GOAL) > 1  # 97 are used up
    assert needed(Left(60, 200, 0, 0.5), GOAL) is None


def year(first: str, last: str, value: float) -> dict[str, float]:
    return dict.fromkeys(months_between(first, last), value)


def parts(**changes: object) -> Parts:
    """Energy 5 a month last year and 4.8 this one, activity 10: known to June, 4.8 and 10 expected without error."""
    total = Forecast(
        "r1", "energy", 2026, "tce", 0, "2026-06", "ets", tuple(MonthForecast(m, 4.8, 4.8, 4.8) for m in months_between("2026-07", "2026-12")),
        28.8, 57.6, 57.6, 57.6,
    )  # fmt: skip
    made = replace(
        total, quantity="gdp", months=tuple(MonthForecast(m, 10, 10, 10) for m in months_between("2026-07", "2026-12")), year_known=60.0,
        year_mean=120.0, year_low=120.0, year_high=120.0, price_year=2025,
    )  # fmt: skip
    amounts = year("2025-01", "2025-12", 5.0) | year("2026-01", "2026-06", 4.8)
    activity = {m: MonthActivity(m, 10.0, 2025) for m in months_between("2025-01", "2026-06")}
    return replace(Parts(amounts, activity, total, made), **changes)  # type: ignore[arg-type]


AIM = Aim("basic", 0.14, 2026, 2030, ())


def test_the_outlook_of_an_intensity_is_worked_by_hand():
    found = intensity_outlook(ASK, parts(), AIM, LIGHT_OF)
    assert found.is_known and found.indicator == "basic"
    assert found.reduction == pytest.approx(0.04)  # 0.48 against 0.5
    assert found.required == pytest.approx(1 - 0.86**0.2)
    assert found.lights == {"green": 1.0}
    # limit 0.5 · 0.86^0.2 · 120 = 58.218; used 28.8: 29.418 over 60 = 0.4903 against 0.5
    assert found.needed == pytest.approx(1 - (0.5 * 0.86**0.2 * 120 - 28.8) / 60 / 0.5)
    assert [m.month for m in found.months] == list(months_between("2026-07", "2026-12"))
    assert found.months[0].mean == pytest.approx(0.48)


def test_what_keeps_an_intensity_from_being_forecast_is_said():
    base = parts()
    short = replace(base.made, why_not_zh="历史只有3个月", why_not_en="only 3 months")
    assert intensity_outlook(ASK, replace(base, made=short), AIM, LIGHT_OF).why_not_zh == "经济数据不能预测：历史只有3个月"
    assert "does not judge 2026" in intensity_outlook(ASK, base, replace(AIM, first_year=2027), LIGHT_OF).why_not_en
    priced = base.activity | {"2026-03": MonthActivity("2026-03", 10.0, 2020)}
    assert "price year" in intensity_outlook(ASK, replace(base, activity=priced), AIM, LIGHT_OF).why_not_en
    without = {m: v for m, v in base.amounts.items() if m != "2025-04"}
    assert "2025" in intensity_outlook(ASK, replace(base, amounts=without), AIM, LIGHT_OF).why_not_zh


def test_a_nowcast_follows_a_relation_made_by_hand():
    # growth = 1 % + 0.6 · electricity's, with no error: the next is told to the last digit
    electric = 0.05 + 0.03 * np.sin(np.arange(31))
    reported = 0.01 + 0.6 * electric
    found = nowcast(reported[:30].tolist(), electric.tolist())
    assert found is not None
    assert found.growth == pytest.approx(float(reported[30])) and found.slope == pytest.approx(0.6)
    assert found.low is not None and found.high is not None and found.low <= found.growth <= found.high


def test_a_nowcast_needs_a_year_of_periods_and_exactly_one_more_of_the_indicator():
    assert nowcast([0.05] * 10, [0.04] * 11) is None
    flat = nowcast([0.05] * 11, [0.04] * 12)
    assert flat is not None and flat.growth == pytest.approx(0.05) and flat.low is None
    with pytest.raises(ValueError, match="must hold 12"):
        nowcast([0.05] * 11, [0.04] * 11)
    assert not math.isnan(flat.slope)
