"""Materials that are weighed or metered without being energy: wastes, residues, recycled goods, water (own list, materials.csv)."""

from collections.abc import Mapping
from functools import cache

from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.factors import Carrier


@cache
def materials() -> Mapping[str, Carrier]:
    """Every material by its code; none of them has a standard-coal coefficient, and none is missed."""
    rows = shipped_rows("materials.csv")
    return {row["code"]: Carrier(row["code"], row["name_cn"], row["name_en"], row["unit"], is_material=True) for row in rows}


@cache
def flow_carriers() -> Mapping[str, Carrier]:
    """Whatever a point may measure the flow of: energy carriers first, then materials."""
    return {**carriers(), **materials()}
