"""The forecast and the nowcast on the real months of China: the bounds that issue 6 sets."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    if not (DATA / "cn_power_monthly_ember").is_dir():
        (pytest.fail if os.environ.get("TRICOLOR_REQUIRE") == "all" else pytest.skip)(f"the real data are not at {DATA}")
    spec = importlib.util.spec_from_file_location("bench_forecast", Path(__file__).parents[2] / "bench" / "forecast.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["bench_forecast"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_chinas_demand_is_forecast_better_than_seasonal_naive_and_the_band_holds_what_it_says(bench: ModuleType):
    found = bench.power(DATA)
    assert found.ratio <= 0.85
    assert 0.70 <= found.coverage <= 0.90
    assert sorted(found.june) == [2019, 2020, 2021, 2022, 2023]
    assert all(abs(error) <= 0.025 for error in found.june.values()), found.june


def test_the_data_are_those_that_an_independent_sum_gave(bench: ModuleType):
    demand = bench.demand(DATA)  # shared/data/README.md: 2016 5,958.38, 2019 7,315.39, 2022 8,675.26, 2023 9,285.21 TWh
    for year, whole in ((2016, 5958.38), (2019, 7315.39), (2022, 8675.26), (2023, 9285.21)):
        assert sum(v for m, v in demand.items() if m.startswith(str(year))) == pytest.approx(whole, abs=0.011)


def test_value_added_is_nowcast_from_electricity_better_than_by_the_last_published_growth(bench: ModuleType):
    found = bench.growth(DATA)
    assert found.periods >= 50
    assert found.error < found.naive
    assert 0.70 <= found.coverage <= 0.90


def test_january_and_february_of_value_added_are_one_period(bench: ModuleType):
    periods = bench.value_added_growth(DATA)
    assert not any(p.endswith("-01") for p in periods)
    assert periods["2020-02"] == pytest.approx(-0.135)  # NBS: January and February 2020 together -13.5 %
