"""What the plan and those beside it ask: indicators, projects and tasks with their lights; and which packs there are."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from api.deps import Dependencies, Deps
from api.paging import DEFAULT_LIMIT, Cursor, Limit, cursor_of, value_of
from api.plan_packs import packs
from api.plan_shapes import (
    IndicatorsAnswer,
    PacksAnswer,
    ProjectRowsAnswer,
    TasksAnswer,
    indicator_shape,
    lights_of,
    pack_shape,
    project_row,
    task_row,
)
from api.problems import bad_parameter, documented
from api.security import AnyoneView
from tricolor.catalogue.plans.model import Plan
from tricolor.domain.lights import Light

router = APIRouter(tags=["依据 catalogue"], responses=documented(401, 403, 422, 503))

Item = TypeVar("Item")
Word = Annotated[str, Query(max_length=128)]
PlanId = Annotated[str, Query(max_length=128, description="only of the plan of this id; the main plan and those beside it when left out")]
Area = Annotated[str, Query(max_length=128, description="only of this area, as the plan names it")]
Who = Annotated[str, Query(max_length=128, description="only where this department answers")]


@router.get("/v1/plan/indicators", summary="Indicators of the plan and those beside it: baseline, path, target, and the light in force")
def indicators(
    view: AnyoneView, deps: Deps, plan: PlanId = "", entity: Area = "", category: Word = "", department: Who = "", light: Light | None = None,
    cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT,
) -> IndicatorsAnswer:  # fmt: skip
    lights = lights_of(deps.verdicts.standing(), view)
    found = [
        indicator_shape(p, row, lights)
        for p in _plans(deps, plan)
        for row in p.indicators
        if entity in ("", row.entity) and category in ("", row.category) and (not department or department in row.departments)
    ]
    page, more = _page([row for row in found if light in (None, row.judged.light)], cursor, limit)
    return IndicatorsAnswer(indicators=page, next=more)


@router.get("/v1/plan/projects", summary="Projects that the plan and those beside it list, and the light of those in the register")
def projects(
    view: AnyoneView, deps: Deps, plan: PlanId = "", entity: Area = "", department: Who = "", light: Light | None = None,
    cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT,
) -> ProjectRowsAnswer:  # fmt: skip
    lights = lights_of(deps.verdicts.standing(), view)
    found = [
        project_row(p, row, lights)
        for p in _plans(deps, plan)
        for row in p.projects
        if (not entity or entity in row.entities) and (not department or department in row.departments)
    ]
    page, more = _page([row for row in found if light in (None, row.judged.light)], cursor, limit)
    return ProjectRowsAnswer(projects=page, next=more)


@router.get("/v1/plan/tasks", summary="Tasks that the plan and those beside it list, with deadline and departments")
def tasks(_view: AnyoneView, deps: Deps, plan: PlanId = "", department: Who = "", cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> TasksAnswer:
    found = [task_row(p, row) for p in _plans(deps, plan) for row in p.tasks if not department or department in row.departments]
    page, more = _page(found, cursor, limit)
    return TasksAnswer(tasks=page, next=more)


@router.get("/v1/plans", summary="The plan packs that come with Tricolor and those in use")
def plans(_view: AnyoneView, deps: Deps) -> PacksAnswer:
    return PacksAnswer(plans=[pack_shape(pack, deps.plan) for pack in packs(deps.plan)])


def _plans(deps: Dependencies, wanted: str) -> list[Plan]:
    used = [deps.plan, *deps.plan.beside]
    if wanted and wanted not in {plan.id for plan in used}:
        ids = ", ".join(plan.id for plan in used)
        raise bad_parameter("plan", f"没有在用的规划 {wanted!r}，在用的有 {ids}", f"no plan in use is {wanted!r}; in use: {ids}")
    return [plan for plan in used if wanted in ("", plan.id)]


def _page(rows: Sequence[Item], cursor: str | None, limit: int) -> tuple[list[Item], str | None]:
    start = value_of(cursor) or 0
    if start < 0:
        raise bad_parameter("cursor", "游标无效,请用上一页返回的 next", "not a cursor of ours: use `next` of the page before")
    end = start + limit
    return list(rows[start:end]), cursor_of(end) if end < len(rows) else None
