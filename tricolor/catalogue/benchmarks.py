"""Energy per unit of product that the state calls leading (标杆) and least (基准).

Source: 工业重点领域能效标杆水平和基准水平（2023年版）, 发改产业〔2023〕723号; limits are calorific (当量).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.units import UNITS

SOURCE = "发改产业〔2023〕723号"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One product (or route) of the table. benchmark: 标杆 [unit]; baseline: 基准 [unit]; lower is better and both may be negative
    (a converter gives energy back), so compare, never divide by them. None where the value is not known."""

    product: str  # stable id, e.g. "manganese_silicon_alloy"
    name_cn: str
    name_en: str
    sector_cn: str
    spec_cn: str
    unit: str  # e.g. "kgce/t", calorific (当量); "" where not known
    benchmark: float | None
    baseline: float | None
    metric_standard: str
    batch: str
    source: str
    status: str
    note: str

    @property
    def is_available(self) -> bool:
        return self.benchmark is not None and self.baseline is not None

    @property
    def energy_unit(self) -> str:
        """Unit above the line: kgce, kgoe or kWh."""
        return self.unit.partition("/")[0]

    @property
    def output_unit(self) -> str:
        """Unit below the line: t, m2; or what is not a plain unit of output, e.g. (t·能量因数) or 重量箱."""
        return self.unit.partition("/")[2]

    @property
    def is_per_plain_output(self) -> bool:
        """Whether the output can be stated in a unit of the unit table; oil refining needs the energy-factor tonne instead."""
        return self.output_unit in UNITS


@cache
def all_benchmarks() -> tuple[Benchmark, ...]:
    """Every row of the table in its order, those without values too."""
    ids = {(row["product"], row["spec"]): row for row in shipped_rows("products.csv")}
    return tuple(_benchmark(row, ids[row["product"], row["spec"]]) for row in shipped_rows("benchmark-2023.csv"))


def _benchmark(row: Mapping[str, str], product: Mapping[str, str]) -> Benchmark:
    spec = row["spec"]
    return Benchmark(
        product=product["id"],
        name_cn=f"{row['product']}（{spec}）" if spec else row["product"],
        name_en=product["name_en"],
        sector_cn=row["sector"],
        spec_cn=spec,
        unit=row["unit"],
        benchmark=float(row["benchmark_biaogan"]) if row["benchmark_biaogan"] else None,
        baseline=float(row["baseline_jizhun"]) if row["baseline_jizhun"] else None,
        metric_standard=row["metric_standard"],
        batch=row["batch"],
        source=SOURCE,
        status=row["status"],
        note=row["note"],
    )


@cache
def _by_product() -> Mapping[str, Benchmark]:
    return {row.product: row for row in all_benchmarks()}


def benchmark(product: str) -> Benchmark | None:
    """The row of a product id, or None; a row may be there without values (`is_available`)."""
    return _by_product().get(product)


def unavailable_benchmarks() -> tuple[Benchmark, ...]:
    """The rows whose values are not known."""
    return tuple(row for row in all_benchmarks() if not row.is_available)
