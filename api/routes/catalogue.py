"""What the judging rests on: factors, benchmarks and the plan, each with source and status."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.deps import Deps
from api.problems import bad_parameter, documented
from api.schemas import Shape
from api.security import require
from tricolor.catalogue.benchmarks import Benchmark, all_benchmarks
from tricolor.catalogue.factors import UnavailableFactor, all_factors, carriers, unavailable
from tricolor.catalogue.grid_purposes import GridPurpose, grid_factors, grid_purposes, purposes
from tricolor.catalogue.plans.model import Document, PlanDepartment, Responsibility, Target
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound
from tricolor.domain.factors import Carrier, Factor

Word = Annotated[str, Query(max_length=60)]
Year = Annotated[int | None, Query(ge=1990, le=2100)]

# facts of the catalogue are no one's secret: any kind of key reads them
router = APIRouter(
    tags=["依据 catalogue"],
    responses=documented(401, 403),
    dependencies=[Depends(require(KeyKind.READ, KeyKind.PUSH, KeyKind.ADMIN))],
)


class PurposeShape(Shape):
    code: str
    name_cn: str
    name_en: str


class FactorsAnswer(Shape):
    """in_use: ids of the factors that accounts under the current plan choose from, in order of choice. served: which grid factors may
    serve which purpose, with source and status."""

    carriers: list[Carrier]
    factors: list[Factor]
    in_use: list[str]
    unavailable: list[UnavailableFactor]
    purposes: list[PurposeShape]
    served: list[GridPurpose]


class BenchmarksAnswer(Shape):
    benchmarks: list[Benchmark]


class ThresholdShape(Shape):
    rule: str
    name: str
    value: bool | int | float | str
    unit: str
    source: str
    status: str
    is_default: bool = Field(description="the pack says nothing else: the default of the rule")


class PlanAnswer(Shape):
    id: str
    name_cn: str
    name_en: str
    base_year: int
    first_year: int
    last_year: int
    status: str
    document: Document
    targets: list[Target]
    departments: list[PlanDepartment]
    responsibilities: list[Responsibility]
    thresholds: list[ThresholdShape]


@router.get("/v1/factors", summary="All factors with source and status, and those the tables leave open", responses=documented(401, 403, 422))
def factors(deps: Deps, purpose: Word = "", year: Year = None, scope: Word = "") -> FactorsAnswer:
    """purpose, year (of the data), scope: only the grid's CO2 factors that fit; 422 names what there is when none does."""
    used = [f for f in deps.factors.now().factors if not f.entity]
    every = {f.id: f for f in (*used, *all_factors())}
    if purpose or year is not None or scope:
        every = {f.id: f for f in _grid(every.values(), purpose, year, scope)}
    return FactorsAnswer(
        carriers=list(carriers().values()), factors=list(every.values()), in_use=[f.id for f in used if f.id in every],
        unavailable=list(unavailable()), purposes=[PurposeShape(code=c, name_cn=zh, name_en=en) for c, (zh, en) in purposes().items()],
        served=list(grid_purposes()),
    )  # fmt: skip


def _grid(every: Iterable[Factor], purpose: str, year: int | None, scope: str) -> tuple[Factor, ...]:
    try:
        return grid_factors(every, purpose, year, scope)
    except NotFound as error:
        raise bad_parameter("purpose", "没有符合用途、数据年和口径的电网排放因子", str(error)) from None


@router.get("/v1/benchmarks", summary="Energy per product: leading (标杆) and least (基准) levels; null where the value is not known")
def benchmarks() -> BenchmarksAnswer:
    return BenchmarksAnswer(benchmarks=list(all_benchmarks()))


@router.get("/v1/plan", summary="The plan that lights are judged by: targets, departments, thresholds, with document and place")
def plan(deps: Deps) -> PlanAnswer:
    p = deps.plan
    thresholds = [ThresholdShape(**asdict(t)) for t in p.rules.thresholds]
    return PlanAnswer(
        id=p.id, name_cn=p.name_cn, name_en=p.name_en, base_year=p.base_year, first_year=p.first_year, last_year=p.last_year,
        status=p.status, document=p.document, targets=list(p.targets), departments=list(p.departments),
        responsibilities=list(p.responsibilities), thresholds=thresholds,
    )  # fmt: skip
