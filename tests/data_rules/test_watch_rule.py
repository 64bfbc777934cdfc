"""watch: units of the 两高一低 list against the baseline of their product, and energy against output."""

import pytest

from alerting.rules import watch
from tests.data_rules.conftest import month_energy, months_of
from tricolor.catalogue.benchmarks import all_benchmarks
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.submissions import ANNUAL_TCE, Statistic

MONTHS = [*months_of(2025), *months_of(2026, 9)]
# a product of the catalogue whose limits are in kgce/t
ROW = next(r for r in all_benchmarks() if r.benchmark is not None and r.baseline is not None and r.unit == "kgce/t" and 0 < r.benchmark < r.baseline)


def make(town, energy_2026, output_2026=1000.0, energy_2025=None, output_2025=1000.0) -> None:
    """Energy [tce] and output [t] of every month of both years."""
    base = energy_2026 if energy_2025 is None else energy_2025
    town.given["energy"] = {"mill": {m: month_energy(m, base if m < "2026" else energy_2026) for m in MONTHS}}
    made = [Activity("mill", ActivityKind.OUTPUT, m, output_2025 if m < "2026" else output_2026, "t", product=ROW.product) for m in MONTHS]
    town.given["figures"] = {"mill": made}


@pytest.fixture
def listed(town):
    town.change("mill", is_two_high=True, product=ROW.product)
    make(town, ROW.benchmark)  # 1000 t a month at the benchmark: as many tce as it has kgce/t
    return town


def test_only_units_on_the_list_are_judged(listed) -> None:
    assert listed.light(watch) == "green"
    listed.change("mill", is_two_high=False)
    assert listed.light(watch) is None


def test_green_yellow_when_energy_outruns_output_red_above_the_baseline_and_green_again(listed) -> None:
    assert listed.light(watch) == "green"
    make(listed, ROW.baseline, energy_2025=ROW.benchmark)  # exactly the baseline, and more per tonne than last year
    verdict = listed.judge(watch)
    assert verdict.light == "yellow"
    assert verdict.value == pytest.approx((ROW.baseline / ROW.benchmark - 1) * 100)
    assert "能耗增速高于产出" in verdict.reason_zh
    make(listed, ROW.baseline * 1.01)
    verdict = listed.judge(watch)
    assert verdict.light == "red"
    assert "超过基准水平" in verdict.reason_zh
    make(listed, ROW.baseline)
    assert listed.light(watch) == "green"


def test_energy_that_grows_exactly_as_fast_as_output_is_green(listed) -> None:
    make(listed, ROW.benchmark * 1.5, output_2026=1500.0, energy_2025=ROW.benchmark)
    assert listed.light(watch) == "green"
    make(listed, ROW.benchmark * 1.51, output_2026=1500.0, energy_2025=ROW.benchmark)
    assert listed.light(watch) == "yellow"


def test_from_fifty_thousand_tce_on_the_reason_asks_for_guidance(listed) -> None:
    def with_annual(tce):
        listed.given["statistics"] = {"mill": [Statistic("mill", ANNUAL_TCE, "2025", tce, "tce")]}
        return listed.judge(watch)

    assert "工作指导" in with_annual(50_000.0).reason_zh
    assert with_annual(50_000.0).evidence["is_guided"] is True
    assert "工作指导" not in with_annual(49_999.0).reason_zh
    assert with_annual(49_999.0).light == "green"  # guidance is help, not a fault


def test_a_unit_without_a_product_of_the_catalogue_is_judged_by_its_value_added(listed) -> None:
    listed.change("mill", product="")
    added = [Activity("mill", ActivityKind.VALUE_ADDED, m, 100.0 if m < "2026" else 90.0, "1e4CNY", 2020) for m in MONTHS]
    listed.given["figures"] = {"mill": added}
    assert listed.light(watch) == "yellow"  # as much energy for a tenth less
    listed.given["figures"] = {"mill": [a if a.month < "2026" else Activity(a.entity, a.kind, a.month, 100.0, a.unit, 2020) for a in added]}
    assert listed.light(watch) == "green"


def test_what_is_not_known_is_grey_but_a_known_fault_is_told(listed) -> None:
    listed.given["figures"] = {}
    verdict = listed.judge(watch)
    assert verdict.light == "grey"
    assert verdict.reason_zh.startswith("无法判定")
    make(listed, ROW.benchmark)
    listed.given["energy"]["mill"]["2025-03"] = month_energy("2025-03", 1.0, coverage=0.5)
    assert listed.light(watch) == "grey"  # last year cannot be compared
    make(listed, ROW.baseline * 2)
    listed.given["energy"]["mill"]["2025-03"] = month_energy("2025-03", 1.0, is_complete=False)
    assert listed.light(watch) == "red"  # this year is above the baseline all the same


@pytest.mark.parametrize(("coverage", "light"), [(0.95, "green"), (0.949, "grey")])
def test_the_floor_of_coverage_is_exact(listed, coverage, light) -> None:
    listed.given["energy"]["mill"] = {m: month_energy(m, ROW.benchmark, coverage=coverage) for m in MONTHS}
    assert listed.light(watch) == light


def test_no_output_and_negative_energy_of_last_year_cannot_be_compared(listed) -> None:
    make(listed, ROW.benchmark, output_2025=0.0)
    assert listed.light(watch) == "grey"
    make(listed, ROW.benchmark, energy_2025=-1.0)
    assert listed.light(watch) == "grey"
