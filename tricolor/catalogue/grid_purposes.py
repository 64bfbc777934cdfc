"""What each grid factor may serve (accounts of the plan, of areas, market-based, reports of enterprises), and the one for a purpose and data year."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.errors import NotFound
from tricolor.domain.factors import Factor

PLAN_ACCOUNTS = "plan-accounts"  # what a plan pack chooses for unless it says otherwise


@dataclass(frozen=True, slots=True)
class GridPurpose:
    """Grid factors of a category and scope may serve a purpose, with the source and status of that reading."""

    category: str
    scope: str
    purpose: str
    source: str
    status: str


@cache
def purposes() -> Mapping[str, tuple[str, str]]:
    """Names (Chinese, English) of every purpose by its code."""
    return {row["code"]: (row["cn"], row["en"]) for row in shipped_rows("grid_codes.csv") if row["axis"] == "purpose"}


@cache
def grid_purposes() -> tuple[GridPurpose, ...]:
    """Which grid factors serve which purpose, in the order of the table."""
    columns = ("category", "scope", "purpose", "source", "status")
    return tuple(GridPurpose(*(row[column] for column in columns)) for row in shipped_rows("grid_purposes.csv"))


def purposes_of(category: str, scope: str) -> tuple[str, ...]:
    """Codes of the purposes that a grid factor of this category and scope may serve."""
    return tuple(row.purpose for row in grid_purposes() if (row.category, row.scope) == (category, scope))


def grid_factors(factors: Iterable[Factor], purpose: str = "", year: int | None = None, scope: str = "", region: str = "") -> tuple[Factor, ...]:
    """The grid factors that fit; an empty argument fits all. NotFound, naming what there is, when none does."""
    grid = [f for f in factors if f.purposes]
    found = tuple(
        f
        for f in grid
        if (not purpose or purpose in f.purposes)
        and (year is None or f.year == year)
        and (not scope or f.scope == scope)
        and (not region or f.region == region)
    )
    if not found:
        raise NotFound(_nothing([f for f in grid if not purpose or purpose in f.purposes], purpose, year, scope, region))
    return found


def grid_factor(factors: Iterable[Factor], purpose: str, year: int, scope: str, region: str = "全国") -> Factor:
    """The one grid factor of a purpose, data year, scope and region (as the table writes it); NotFound, naming what there is, when none fits."""
    return grid_factors(factors, purpose, year, scope, region)[0]


def _nothing(there: Iterable[Factor], purpose: str, year: int | None, scope: str, region: str) -> str:
    if purpose and purpose not in purposes():
        return f"there is no purpose {purpose!r}; known: {', '.join(purposes())}"
    asked = (("purpose", purpose), ("data year", str(year or "")), ("scope", scope), ("region", region))
    wanted = ", ".join(f"{name} {said}" for name, said in asked if said)
    years: dict[tuple[str, str], set[str]] = {}
    for factor in there:
        if not region or factor.region in (region, "全国"):
            years.setdefault((factor.region, factor.scope), set()).add(str(factor.year))
    held = "; ".join(f"{place} {of} {', '.join(sorted(held))}" for (place, of), held in years.items())
    return f"no grid factor for {wanted}; there is: {held or 'none'}"
