"""Carbon (降碳): a mill changes from coal to gas; its energy stays, its CO2 falls, and carbon has a light of its own beside energy."""

import pytest

from tests.stories.conftest import TCE_PER_T_COAL, City
from tests.stories.town import QINBEI, scale, unit, year_of
from tricolor.domain.intervals import month_of

# raw coal, of the pack: 2.0715 t CO2 a tonne, 2.9000 a tce; natural gas 2.16219 kg a m3 at 1.33 kgce a m3: 1.62570 t a tce.
# A tce of gas in the place of a tce of coal spares 1.27435 t.
COAL, GAS = 2.0715 / TCE_PER_T_COAL, 2.16219 / 1.33
FULL, SPARED = COAL * 1_000, COAL - GAS


def county(city: City, year: int) -> City:
    """A whole year before with 1 000 tce of coal a month and no gas."""
    gas = scale("mill", f"{year - 1}-01-01", "mill.gas", "natural_gas", unit="m3")
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", f"{year - 1}-01-01") + gas)
    months = year_of(year - 1, 1_000.0)
    city.burn("mill", months)
    city.push("mill", "mill.gas", {month_of(m).start: 0.0 for m in (*months, f"{year}-01")})
    city.gdp("qinbei", months, price_year=2025)
    return city


def month(city: City, text: str, gas_tce: float, more_coal: float = 0.0) -> City:
    city.burn("mill", {text: 1_000.0 - gas_tce + more_coal})
    shown = city.shown.get("mill.gas", 0.0) + gas_tce * 1_000 / 1.33
    city.shown["mill.gas"] = shown
    city.push("mill", "mill.gas", {month_of(text).end: shown})
    city.gdp("qinbei", {text: 1_000.0}, price_year=2025)
    return city


def test_a_change_of_fuel_moves_the_carbon_light_and_not_the_energy_light(make_city) -> None:
    """「加强能耗双控政策与碳达峰、碳中和目标任务的衔接」 钦政办〔2022〕43号 第一篇第四章一. 钦北区, carbon 11 % (illustrative): T = 2.3037 %."""
    city = county(make_city("illustrative-2026-2030", "2026-02-10T09:00"), 2026)
    fallen = 0.0
    for number, gas, light in ((1, 100.0, "green"), (2, 0.0, "yellow"), (3, 0.0, "red"), (4, 200.0, "green")):
        # 4.394 % in January; 2.197 % with February, 4.6 % short; 1.465 % with March; 3.296 % with April
        fallen += gas * SPARED / FULL
        month(city.at(f"2026-{number + 1:02d}-10T09:00"), f"2026-{number:02d}", gas)
        found = city.light("pace", "qinbei", "carbon:basic")
        assert (found["light"], found["value"]) == (light, pytest.approx(100 * fallen / number)), number
        assert "碳排放强度" in found["reason"]["zh"]
        energy = {each["indicator"]: each for each in city.lights("pace", "qinbei")}["basic"]
        assert (energy["light"], energy["value"]) == ("red", pytest.approx(0.0, abs=1e-9))  # the same standard coal as the year before


def test_a_fuel_without_a_co2_factor_is_not_known_and_not_clean(make_city) -> None:
    """「单位地区生产总值二氧化碳下降完成自治区下达目标」 第一篇第二章."""
    city = make_city("illustrative-2026-2030", "2026-02-10T09:00")
    air = scale("mill", "2025-01-01", "mill.air", "compressed_air", unit="m3")
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2025-01-01") + air)
    months = {**year_of(2025, 1_000.0), "2026-01": 960.0}
    city.burn("mill", months)
    city.push("mill", "mill.air", {month_of(m).start: 1_000.0 * n for n, m in enumerate((*months, "2026-02"))})
    city.gdp("qinbei", dict.fromkeys(months, 1_000.0), price_year=2025)
    carbon = city.light("pace", "qinbei", "carbon:basic")
    assert carbon["light"] == "grey" and "compressed_air" in carbon["reason"]["zh"] and "二氧化碳" in carbon["reason"]["zh"]
    assert {each["indicator"]: each["light"] for each in city.lights("pace", "qinbei")}["basic"] == "green"


def test_the_number_that_the_region_sets_is_submitted_and_then_judged(make_city) -> None:
    """「完成自治区下达目标」 附件2 全市: no number is printed. 18 % in five years asks 1 − 0.82^(1/5) = 3.8914 % of 2021."""
    city = make_city("qinzhou-2021-2025", "2022-02-10T09:00")
    city.register(QINBEI)
    city.state({"entity": "qinzhou", "indicator": "gdp-co2-fall", "period": "2021", "value": 4.0, "unit": "%"})
    grey = city.light("indicator", "qinzhou", "gdp-co2-fall")
    assert grey["light"] == "grey" and "target:gdp-co2-fall" in grey["reason"]["zh"]
    city.state({"entity": "qinzhou", "indicator": "target:gdp-co2-fall", "period": "2025", "value": 18.0, "unit": "%"})
    seen = [city.light("indicator", "qinzhou", "gdp-co2-fall")]
    for value in (3.6, 3.0, 3.9):  # 7.5 % short, 23 % short, reached
        city.state({"entity": "qinzhou", "indicator": "gdp-co2-fall", "period": "2021", "value": value, "unit": "%"})
        seen.append(city.light("indicator", "qinzhou", "gdp-co2-fall"))
    assert [each["light"] for each in seen] == ["green", "yellow", "red", "green"]
    assert seen[0]["limit"] == pytest.approx(3.8914, abs=5e-4)
