"""reported: what is stated against what was metered, at the boundaries of 5 % and 10 %."""

import pytest

from alerting.rules import reported
from tests.data_rules.conftest import month_energy, months_of
from tricolor.domain.meters import Role
from tricolor.domain.submissions import REPORTED_PREFIX, REPORTED_TCE, Statistic


def state(town, value, period="2026-09", indicator=REPORTED_TCE, unit="tce", entity="mill") -> None:
    held = [s for s in town.given.setdefault("statistics", {}).get(entity, ()) if (s.indicator, s.period) != (indicator, period)]
    town.given["statistics"][entity] = [*held, Statistic(entity, indicator, period, value, unit)]


@pytest.fixture
def metered(town):
    """1000 tce and 400 MWh bought in every month since 2025."""
    months = [*months_of(2025), *months_of(2026, 9)]
    town.given["energy"] = {"mill": {m: month_energy(m, 1000.0) for m in months}}
    town.given["flows"] = {"mill": {("electricity", Role.PURCHASED): dict.fromkeys(months, 400_000.0)}}
    return town


@pytest.mark.parametrize(
    ("value", "light", "way"),
    [
        (1000, "green", "一致"), (950, "green", "少报"), (949.9, "yellow", "少报"), (900, "yellow", "少报"), (899.9, "red", "少报"),
        (1050, "green", "多报"), (1050.1, "yellow", "多报"), (1100, "yellow", "多报"), (1100.1, "red", "多报"), (0, "red", "少报"),
    ],
)  # fmt: skip
def test_five_per_cent_is_green_ten_is_yellow_and_the_direction_is_told(metered, value, light, way) -> None:
    state(metered, value)
    verdict = metered.judge(reported)
    assert verdict.light == light
    assert way in verdict.reason_zh
    assert ("under-reported" in verdict.reason_en) == (way == "少报")
    assert verdict.value == pytest.approx((value - 1000) / 10)
    assert verdict.limit == pytest.approx(5)


def test_a_report_is_mended_by_its_next_revision(metered) -> None:
    lights = []
    for value in (1000, 930, 500, 990):
        state(metered, value)
        lights.append(metered.light(reported))
    assert lights == ["green", "yellow", "red", "green"]


def test_the_newest_month_counts_and_a_year_or_quarter_is_judged_beside_it(metered) -> None:
    state(metered, 1.0, "2026-07")
    state(metered, 1000.0, "2026-08")
    state(metered, 2700.0, "2026-Q3")  # 3000 metered: exactly 10 % less
    state(metered, 12_000.0, "2025")
    found = {v.indicator: (v.period, str(v.light)) for v in metered.all(reported)}
    assert found == {
        f"{REPORTED_TCE}:month": ("2026-08", "green"),
        f"{REPORTED_TCE}:quarter": ("2026-Q3", "yellow"),
        f"{REPORTED_TCE}:year": ("2025", "green"),
    }


def test_a_period_that_is_not_over_is_not_judged(metered) -> None:
    state(metered, 1.0, "2026-10")
    assert metered.all(reported) == []
    state(metered, 1.0, "2026")
    assert metered.all(reported) == []


def test_a_carrier_is_compared_in_the_unit_of_the_report(metered) -> None:
    state(metered, 380.0, indicator=REPORTED_PREFIX + "electricity", unit="MWh")  # 400 MWh metered: exactly 5 % less
    verdict = metered.judge(reported)
    assert verdict.light == "green"
    assert verdict.value == pytest.approx(-5)
    assert verdict.evidence["metered"] == pytest.approx(400)
    state(metered, 379.0, indicator=REPORTED_PREFIX + "electricity", unit="MWh")
    assert metered.light(reported) == "yellow"


def test_a_unit_of_another_dimension_a_carrier_without_meter_and_words_alone_are_grey_or_nothing(metered) -> None:
    state(metered, 380.0, indicator=REPORTED_PREFIX + "electricity", unit="t")
    assert metered.light(reported) == "grey"
    state(metered, 5.0, indicator=REPORTED_PREFIX + "raw_coal", unit="t")
    assert {str(v.light) for v in metered.all(reported)} == {"grey"}
    metered.given["statistics"] = {}
    state(metered, None)
    assert metered.all(reported) == []


def test_meters_that_know_too_little_are_grey_and_exactly_the_floor_is_judged(metered) -> None:
    state(metered, 500.0)
    of = metered.given["energy"]["mill"]
    of["2026-09"] = month_energy("2026-09", 1000.0, coverage=0.95)
    assert metered.light(reported) == "red"
    of["2026-09"] = month_energy("2026-09", 1000.0, coverage=0.949)
    assert metered.light(reported) == "grey"
    of["2026-09"] = month_energy("2026-09", 1000.0, is_complete=False)
    assert metered.light(reported) == "grey"
    of["2026-09"] = month_energy("2026-09", None, unfactored=("biomass",))
    verdict = metered.judge(reported)
    assert verdict.light == "grey"
    assert "biomass" in verdict.reason_zh
    del of["2026-09"]
    assert metered.light(reported) == "grey"


def test_a_figure_where_nothing_was_used_is_red_and_two_zeros_agree(metered) -> None:
    metered.given["energy"]["mill"]["2026-09"] = month_energy("2026-09", 0.0)
    state(metered, 0.0)
    assert metered.light(reported) == "green"
    state(metered, 1.0)
    verdict = metered.judge(reported)
    assert verdict.light == "red"
    assert verdict.value is None
    assert "多报" in verdict.reason_zh


def test_a_unit_that_sold_more_than_it_bought_is_compared_by_size(metered) -> None:
    metered.given["energy"]["mill"]["2026-09"] = month_energy("2026-09", -100.0)
    state(metered, -105.0)  # 5 tce of 100 too little
    verdict = metered.judge(reported)
    assert (verdict.light, verdict.value) == ("green", pytest.approx(-5))
    state(metered, -111.0)
    assert metered.light(reported) == "red"


def test_an_area_may_report_its_energy_but_no_flow_of_its_own(metered) -> None:
    metered.given["energy"]["north"] = metered.given["energy"]["mill"]
    state(metered, 900.0, entity="north")
    state(metered, 1.0, indicator=REPORTED_PREFIX + "electricity", unit="MWh", entity="north")
    assert metered.light(reported, "north") == "yellow"
