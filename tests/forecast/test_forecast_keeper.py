"""Forecasts kept up on a real ledger: what is made, when it is made again, and what the API and the command line say of it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from accounting.forecasting import ForecastLoop
from tricolor.domain.forecasts import Forecast
from tricolor.domain.intervals import parse_us
from tricolor_cli.main import app

Town = Any
DAY_US = 86_400_000_000


def of(town: Town, entity: str, quantity: str, indicator: str = "") -> Forecast:
    return next(f for f in town.forecasts.current([entity]) if (f.quantity, f.indicator) == (quantity, indicator))


def test_energy_of_the_year_is_what_is_known_and_what_is_expected(town: Town):
    found = of(town, "qinbei", "energy")
    assert found.last_month == "2026-10" and [m.month for m in found.months] == ["2026-11", "2026-12"]
    # the district is its mill and its kiln, whose five months of 0.001 kWh are nothing
    mill = of(town, "mill", "energy")
    assert found.year_known == pytest.approx(mill.year_known)
    assert found.year_mean == pytest.approx(found.year_known + sum(m.mean for m in found.months))
    # two per cent more than last year: 2025 had 12 months, known to the last kWh
    assert found.year_low < found.year_mean < found.year_high < 1.1 * found.year_low


def test_gdp_that_is_reported_late_is_estimated_from_electricity_that_is_known(town: Town):
    found = of(town, "qinbei", "gdp")
    assert found.last_month == "2026-09" and found.months[0].month == "2026-10"
    assert "electricity" in found.scores
    assert found.scores["electricity"] < 0.5  # made by hand of the same noise as the electricity


def test_intensity_falls_by_the_growth_of_gdp_against_that_of_energy(town: Town):
    found = of(town, "qinbei", "intensity", "basic")
    # 1.02 / 1.06 = 0.9623: a fall of 3.8 % in the first year of the plan
    assert found.reduction == pytest.approx(1 - 1.02 / 1.06, abs=0.006)
    assert sum(found.lights.values()) == pytest.approx(1) and sum(found.plan_lights.values()) == pytest.approx(1)
    assert found.lights["green"] > 0.9  # the target asks for about 2.6 %
    assert found.year_low < found.year_mean < found.year_high < found.year_limit * 1.05
    assert found.needed is not None and found.needed < found.required  # ahead: the months left have to bring less


def test_an_enterprise_with_five_months_is_refused_with_the_months_that_are_lacking(town: Town):
    found = of(town, "kiln", "energy")
    assert not found.is_known and "还差13个月" in found.why_not_zh and "13 more" in found.why_not_en


def test_a_second_run_and_a_restart_change_nothing(make: Callable[..., Town]):
    town = make()
    keeper = town.keeper()
    while keeper.run_once().is_cut:
        pass
    mark, entities = town.forecasts.changes(0)
    assert {"qinzhou", "qinbei", "mill", "kiln"} <= entities
    assert keeper.run_once().done == 0
    assert town.keeper(NOW + DAY_US).run_once(60).done > 0  # a restart, and another day: made again, the same
    assert town.forecasts.changes(mark) == (mark, frozenset())
    assert len(town.forecasts.history("qinbei", "energy", "", 10)) == 1
    assert of(town, "qinbei", "energy").made_at == NOW + DAY_US


def test_only_whom_a_changed_month_concerns_is_forecast_again_and_the_running_month_concerns_nobody(make: Callable[..., Town]):
    town = make()
    keeper = town.keeper()
    while keeper.run_once().is_cut:
        pass
    mark, _ = town.forecasts.changes(0)
    town.account("mill", "2026-11", 5e6)
    assert keeper.run_once(60).done == 0
    town.account("kiln", "2026-10", 900.0)
    assert keeper.run_once(60).done == 3  # the kiln, its district and the city
    assert town.forecasts.changes(mark)[1] == {"qinbei", "qinzhou"}  # the kiln is refused for the same reason as before
    assert len(town.forecasts.history("qinbei", "energy", "", 10)) == 2


def test_the_worse_the_year_goes_the_redder_it_is_expected_to_end(make: Callable[..., Town]):
    town = make(energy_growth=0.08, gdp_growth=0.02)
    keeper = town.keeper()
    while keeper.run_once().is_cut:
        pass
    found = of(town, "qinbei", "intensity", "basic")
    assert found.lights == {"red": pytest.approx(1.0, abs=0.01)} or found.lights["red"] > 0.95
    assert found.needed > 0.2


def test_the_loop_runs_in_its_own_thread_and_stops(make: Callable[..., Town]):
    town = make()
    loop = ForecastLoop(town.keeper(), 0.05)
    loop.start()
    until = time.monotonic() + 60
    while not town.forecasts.current(["kiln"]) and time.monotonic() < until:
        time.sleep(0.1)
    loop.stop()
    assert town.forecasts.current(["kiln"])


def test_the_api_gives_forecasts_as_they_stand_with_reasons_where_there_are_none(town: Town):
    client, admin = town.client(), town.headers("admin")
    answer = client.get("/v1/forecasts", params={"entity": "qinbei", "quantity": "intensity"}, headers=admin)
    assert answer.status_code == 200
    basic = next(f for f in answer.json()["forecasts"] if f["indicator"] == "basic")
    assert sum(basic["lights"].values()) == pytest.approx(1) and basic["made_at"].endswith("+08:00")
    (kiln,) = client.get("/v1/forecasts", params={"entity": "kiln", "quantity": "energy"}, headers=admin).json()["forecasts"]
    assert kiln["not_known"]["zh"].startswith("历史只有5个月") and kiln["months"] == [] and kiln["year_mean"] is None
    history = client.get("/v1/forecasts/history", params={"entity": "qinbei", "quantity": "energy"}, headers=admin).json()["forecasts"]
    assert len(history) == 1


def test_an_enterprise_sees_its_own_forecasts_only_and_a_foreign_id_is_404(town: Town):
    client, mine = town.client(), town.headers("read", "mill")
    assert {f["entity"] for f in client.get("/v1/forecasts", headers=mine).json()["forecasts"]} == {"mill"}
    for path in ("/v1/forecasts?entity=kiln", "/v1/forecasts/backtest?entity=kiln", "/v1/forecasts/history?entity=kiln&quantity=energy"):
        assert client.get(path, headers=mine).status_code == 404
    assert client.get("/v1/forecasts").status_code == 401
    assert client.get("/v1/forecasts?entity=mill&quantity=joy", headers=mine).status_code == 422


def test_the_backtest_names_every_method_with_its_error_and_the_one_chosen(town: Town):
    client, admin = town.client(), town.headers("admin")
    found = client.get("/v1/forecasts/backtest", params={"entity": "mill"}, headers=admin).json()
    assert found["chosen"] in {m["method"] for m in found["methods"]}
    assert [m["ratio"] for m in found["methods"]] == sorted(m["ratio"] for m in found["methods"])
    assert client.get("/v1/forecasts/backtest", params={"entity": "mill", "quantity": "gdp"}, headers=admin).status_code == 422
    kiln = client.get("/v1/forecasts/backtest", params={"entity": "kiln"}, headers=admin).json()
    assert kiln["not_known"]["en"].startswith("only 5 months") and kiln["methods"] == []


def test_the_command_line_shows_and_tests_forecasts(town: Town):
    run, data = CliRunner(), ["--data", str(town.folder)]
    shown = run.invoke(app, ["forecast", "show", "--entity", "qinbei", "--quantity", "energy", "--json", *data])
    assert shown.exit_code == 0, shown.output
    (energy,) = json.loads(shown.stdout)
    assert energy["months"][0]["month"] == "2026-11" and energy["made_at"] == "2026-11-20T12:00:00+08:00"
    tested = run.invoke(app, ["forecast", "backtest", "--entity", "mill", *data])
    assert tested.exit_code == 0 and "seasonal_naive" in tested.stdout and "1.000" in tested.stdout
    assert isinstance(run.invoke(app, ["forecast", "show", "--entity", "nobody", *data]).exception, Exception)


NOW = parse_us("2026-11-20T12:00:00+08:00")
