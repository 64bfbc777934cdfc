"""Worked oracles of the issue: what the accounts make of round amounts, by the book that accounting uses.

Standard coal: coefficients back-computed from the national balance of 2007; CO2: E = AD × NCV × CC × OF × 44/12.
"""

from datetime import date

import pytest

from tricolor.analysis.rates import RateTable
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import load_plan
from tricolor.domain.factors import FactorKind

BOOK = factor_book(load_plan("illustrative-2026-2030"))
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("carrier", "amount", "unit", "tce"),
    [
        ("electricity", 10_000, "kWh", 1.229),
        ("natural_gas", 10_000, "m3", 13.3),
        ("crude_oil", 1, "t", 1.4286),
        ("gasoline", 1, "t", 1.4714),
        ("diesel", 1, "t", 1.4571),
        ("coke", 1, "t", 0.9714),
        ("heat", 1, "GJ", 0.03412),
        ("electricity", 10, "MWh", 1.229),
        ("natural_gas", 1, "1e4m3", 13.3),
    ],
)
def test_standard_coal_of_round_amounts(carrier: str, amount: float, unit: str, tce: float) -> None:
    rates = RateTable(BOOK).of(carrier, unit, TODAY)
    assert rates.calorific is not None
    assert amount * rates.calorific == pytest.approx(tce, rel=1e-12)


@pytest.mark.parametrize(
    ("carrier", "amount", "unit", "co2_t"),
    [
        ("natural_gas", 1, "1e4m3", 21.6219),  # 389.31 GJ × 0.0153 × 0.99 × 44/12
        ("heat", 1, "GJ", 0.11),
        ("diesel", 1, "t", 3.1451),  # 43.33 × 0.0202 × 0.98 × 44/12
        ("electricity", 1, "MWh", 0.4476),  # 广西, data year 2023
    ],
)
def test_co2_of_round_amounts(carrier: str, amount: float, unit: str, co2_t: float) -> None:
    rates = RateTable(BOOK).of(carrier, unit, TODAY)
    assert rates.co2 is not None
    assert amount * rates.co2 == pytest.approx(co2_t, abs=5e-5)


def test_a_fuels_parts_make_its_factor() -> None:
    fuels = [f for f in BOOK.factors if f.kind is FactorKind.CO2 and f.parts is not None]
    assert len(fuels) > 20
    for fuel in fuels:
        assert fuel.parts is not None
        assert fuel.parts.kg_co2() == pytest.approx(fuel.value, abs=6e-5), fuel.id  # the table prints four decimals


def test_no_source_or_note_names_a_number_that_nobody_can_look_up() -> None:
    for factor in BOOK.factors:
        for text in (factor.source, factor.note, factor.status):
            assert "index" not in text and "id " not in text.replace("grid ", ""), (factor.id, text)
