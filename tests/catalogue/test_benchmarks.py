"""Benchmarks: looked up by a stable product id; negative limits are legal; rows without values stay listed."""

import csv

import pytest

from tricolor.catalogue.benchmarks import all_benchmarks, benchmark, unavailable_benchmarks
from tricolor.catalogue.tables import DATA


@pytest.mark.parametrize(
    ("product", "leading", "least", "unit"),
    [
        ("manganese_silicon_alloy", 860, 950, "kgce/t"),
        ("calcium_carbide", 805, 940, "kgce/t"),
        ("caustic_soda_30", 315, 350, "kgce/t"),
        ("oil_refining", 7.5, 8.5, "kgoe/(t·能量因数)"),
        ("steel_converter", -30, -10, "kgce/t"),
        ("aluminium_ac_power", 13000, 13350, "kWh/t"),
    ],
)
def test_a_product_is_found_by_its_id(product: str, leading: float, least: float, unit: str) -> None:
    row = benchmark(product)
    assert row is not None
    assert (row.benchmark, row.baseline, row.unit) == (leading, least, unit)


def test_every_row_is_there_once_and_the_leading_level_is_the_lower() -> None:
    with (DATA / "benchmark-2023.csv").open(encoding="utf-8", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == [row.status for row in all_benchmarks()]
    assert len(all_benchmarks()) == len({row.product for row in all_benchmarks()}) == 66
    for row in all_benchmarks():
        assert row.name_en and row.status
        if row.benchmark is not None and row.baseline is not None:
            assert row.benchmark < row.baseline, row.product


def test_the_eleven_new_areas_stay_listed_without_values() -> None:
    assert len(unavailable_benchmarks()) == 11
    urea = benchmark("urea")
    assert urea is not None and not urea.is_available


def test_an_unknown_product_is_none() -> None:
    assert benchmark("sugar") is None


def test_oil_refining_is_not_per_plain_tonne() -> None:
    refining, alloy = benchmark("oil_refining"), benchmark("manganese_silicon_alloy")
    assert refining is not None and alloy is not None
    assert not refining.is_per_plain_output
    assert (alloy.energy_unit, alloy.output_unit, alloy.is_per_plain_output) == ("kgce", "t", True)
