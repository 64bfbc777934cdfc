"""Forecast (预测预警): from two and a half years of readings and figures, what light the year will end with."""

import pytest

from accounting.forecasting import ForecastKeeper
from tests.stories.conftest import City
from tests.stories.town import MONTHS, QINBEI, scale, unit, year_of
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.analysis.forecast_known import Books
from tricolor_cli.pace_lights import pace_light_of

# winter takes more than summer; every year as the one before, so that a seasonal method hits it
SHAPE = dict(zip(MONTHS, (1_080, 1_040, 1_000, 960, 980, 1_020, 1_060, 1_060, 1_000, 960, 980, 1_060), strict=True))
HALF = MONTHS[:6]


def county(city: City) -> City:
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    return city


def year(city: City, number: int, share: float, months: tuple[str, ...] = MONTHS) -> None:
    """A year that takes this share of the shape, at the same GDP."""
    city.burn("mill", {f"{number}-{m}": SHAPE[m] * share for m in months})
    city.gdp("qinbei", year_of(number, 1_000.0, months))


def forecast(city: City) -> dict:
    """What accounting forecasts (as accounting/main.py composes it, with the story's clock), judged."""
    city.settle()
    books = Books(AccountMonthsSql(city.ledger), ActivityBookSql(city.ledger), ExclusionBookSql(city.ledger, city.plan.exclusion_rules))
    keeper = ForecastKeeper(city.book, books, ForecastBookSql(city.ledger), city.plan, pace_light_of(city.plan), city.clock)
    while keeper.run_once(60.0).is_cut:
        pass
    return city.light("forecast", "qinbei", "basic")


def test_a_short_history_is_refused_with_its_reason(make_city) -> None:
    """「做好月度、季度能源消费强度执行情况的分析和预测预警」 钦政办〔2022〕43号 第一篇第四章一."""
    city = county(make_city("qinzhou-2021-2025", "2021-03-10T09:00"))
    year(city, 2020, 1.0)
    grey = forecast(city)
    assert grey["light"] == "grey" and "个月" in grey["reason"]["zh"]


@pytest.mark.slow
@pytest.mark.parametrize(("share", "light"), [(0.95, "green"), (0.986, "yellow"), (1.03, "red")])
def test_the_year_ends_as_its_first_half_goes(make_city, share, light) -> None:
    """「做好月度、季度能源消费强度执行情况的分析和预测预警，实行“红、黄、绿”用能预警制度」 第一篇第四章一.

    2020 and 2021 as the shape, 2021 at 97 %; the first half of 2022 at 95, 98.6 or 103 % of that. By 2022 the county needs 1 − 0.89^(2/5) = 4.554 %:
    at 95 % it will be 1 − 0.97 × 0.95 = 7.85 %, at 98.6 % 4.36 % (4.3 % short), at 103 % 0.09 %.
    """
    city = county(make_city("qinzhou-2021-2025", "2022-07-10T09:00"))
    year(city, 2020, 1.0)
    year(city, 2021, 0.97)
    year(city, 2022, 0.97 * share, HALF)
    found = forecast(city)
    assert (found["light"], found["limit"]) == (light, pytest.approx(4.554, abs=5e-4))
    assert found["value"] == pytest.approx(100 * (1 - 0.97 * share), abs=3.0) and found["period"] == "2022"
    alerts = city.client.get("/v1/alerts", headers=city.headers("read", "")).json()["alerts"]
    assert not [a for a in alerts if a["rule"] == "forecast"]  # it is shown, it pages nobody
