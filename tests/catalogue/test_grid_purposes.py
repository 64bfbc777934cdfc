"""Grid CO2 by (purpose, data year, scope): every row says what it may serve, and accounts keep the plan's own choice."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from tricolor.catalogue.factors import all_factors, factor_book
from tricolor.catalogue.grid_purposes import grid_factor, grid_factors, grid_purposes, purposes
from tricolor.catalogue.plans import PACKS, check_plan, list_plans, load_plan
from tricolor.domain.errors import NotFound
from tricolor.domain.factors import FactorKind

TABLE = all_factors()
HEAD = "carrier,kind,factor,value,unit,low,high,valid_from,valid_to,source,status,note"


def with_choices(tmp_path: Path, *rows: str) -> Path:
    """The official pack with a purpose column and more choices."""
    pack = tmp_path / "city-2021-2025"
    shutil.copytree(PACKS / "qinzhou-2021-2025", pack)
    sheet = pack / "factor_choices.csv"
    lines = sheet.read_text(encoding="utf-8").strip().split("\n")
    assert lines[0].strip() == HEAD
    sheet.write_text("\n".join([f"{HEAD},purpose", *(f"{line.strip()}," for line in lines[1:]), *rows]) + "\n", encoding="utf-8")
    return pack


def test_every_grid_factor_says_what_it_may_serve_and_nothing_else_does() -> None:
    grid = [f for f in TABLE if f.region]
    assert len(grid) > 80 and all(f.purposes and set(f.purposes) <= set(purposes()) for f in grid)
    assert not any(f.purposes for f in TABLE if not f.region)
    assert all(row.source and row.status in ("interpreted", "project default") for row in grid_purposes())


@pytest.mark.parametrize(
    ("purpose", "year", "scope", "region", "value"),
    [
        ("area-accounts", 2023, "average", "全国", 0.5306),
        ("area-accounts", 2023, "average", "广西", 0.4476),
        ("market-based", 2022, "without-traded-non-fossil", "全国", 0.5856),
        ("market-based", 2022, "fossil", "全国", 0.8325),
        ("enterprise-report", 2022, "enterprise-report", "全国", 0.5703),
        ("product-footprint", 2024, "life-cycle", "全国", 0.5777),
    ],
)
def test_purpose_data_year_and_scope_pick_one_factor_of_the_table(purpose: str, year: int, scope: str, region: str, value: float) -> None:
    found = grid_factors(TABLE, purpose, year, scope, region)
    assert [f.value for f in found] == [value] and grid_factor(TABLE, purpose, year, scope, region) is found[0]


def test_when_none_fits_the_error_names_what_there_is() -> None:
    with pytest.raises(NotFound, match=r"purpose enterprise-report, data year 2023.*there is: 全国 enterprise-report 2015, 2021, 2022"):
        grid_factor(TABLE, "enterprise-report", 2023, "enterprise-report")
    with pytest.raises(NotFound, match="no purpose 'savings'; known: plan-accounts, area-accounts, market-based"):
        grid_factors(TABLE, "savings")


def test_the_footprint_serves_no_accounts() -> None:
    assert {p for f in TABLE if f.scope == "life-cycle" for p in f.purposes} == {"product-footprint"}


@pytest.mark.parametrize("name", list_plans())
def test_the_choice_of_a_shipped_pack_is_for_accounts_under_the_plan(name: str) -> None:
    assert {choice.purpose for choice in load_plan(name).factor_choices} <= {"plan-accounts"}


def test_a_choice_for_another_purpose_moves_no_account(tmp_path: Path) -> None:
    pack = with_choices(tmp_path, "electricity,co2,grid:national:without-traded-non-fossil:2023,,,,,2020-01-01,,announcement,secondary,,market-based")
    plan, on = load_plan(pack), date(2024, 5, 1)
    accounts, market = factor_book(plan), factor_book(plan, "market-based")
    assert accounts.factors[0].note and [f.value for f in accounts.factors] == [f.value for f in factor_book(load_plan("qinzhou-2021-2025")).factors]
    assert accounts.pick("electricity", FactorKind.CO2, on).value == 0.4476  # Guangxi, data year 2023
    assert market.pick("electricity", FactorKind.CO2, on).value == 0.6096
    assert market.pick("electricity", FactorKind.EQUIVALENT, on).value == 0.31


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("electricity,co2,grid:guangxi:average:2023,,,,,2020-01-01,,s,secondary,,savings", "column purpose: 'savings' is not one of plan-accounts"),
        ("electricity,co2,grid:guangxi:average:2023,,,,,2020-01-01,,s,secondary,,market-based", "does not serve 'market-based'; it serves plan-accounts"),
        ("coke,co2,fuel:coke:co2,,,,,2020-01-01,,s,secondary,,market-based", "column purpose: only electricity co2 has one"),
    ],
)  # fmt: skip
def test_a_purpose_that_does_not_fit_is_told_with_its_row(tmp_path: Path, row: str, says: str) -> None:
    faults = check_plan(with_choices(tmp_path, row))
    assert len(faults) == 1 and "factor_choices.csv row 8" in faults[0] and says in faults[0]
