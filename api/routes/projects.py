"""Register of projects: what a plan promised, what state it is in, what it saves; every revision with its author and reason."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.deps import Dependencies, Deps
from api.meter_facts import author
from api.problems import bad_request, documented, not_found
from api.project_forms import adopt, faults_of, offered, project_book
from api.project_shapes import AdoptOrder, ProjectAnswer, ProjectOrder, ProjectsAnswer, ProjectShape, project_shape
from api.security import Admin, AnyoneView, ReaderView
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.lights import Verdict
from tricolor.domain.projects import Project, ProjectState

router = APIRouter(tags=["项目 projects"], responses=documented(401, 403, 404, 422, 503))
RULE = "project"


@router.get("/v1/projects", summary="The register of projects with their lights, and the plan's rows that nobody has adopted")
def projects(
    view: AnyoneView, deps: Deps,
    entity: Annotated[str, Query(max_length=128, description="only of this entity and what lies inside it")] = "",
    state: ProjectState | None = None,
    plan: Annotated[str, Query(max_length=128)] = "",
) -> ProjectsAnswer:  # fmt: skip
    """A key bound to an entity sees its own."""
    if entity:
        view.entity(entity)
    inside = {e.id for e in view.registry.members(entity)} & view.ids if entity else view.ids
    book, lights = project_book(deps), verdicts_of(deps)

    def shown(found: list[Project]) -> list[ProjectShape]:
        wanted = [p for p in found if p.entity in inside and state in (None, p.state) and plan in ("", p.plan)]
        return [shape_of(p, lights) for p in wanted]

    return ProjectsAnswer(projects=shown(book.current(None)), offered=shown(offered(deps.plan, view.registry, book)))


@router.post("/v1/projects/adopt", summary="Take rows of the plan into the register as planned; twice changes nothing")
def adopt_rows(caller: Admin, view: ReaderView, deps: Deps, order: Annotated[AdoptOrder, Body()]) -> ProjectsAnswer:
    if order.entity:
        view.entity(order.entity)
    book = project_book(deps)
    try:
        made = adopt(book, deps.plan, view.registry, author(caller.key_id, order.by), order.ids, order.entity)
    except NotFound as error:
        raise not_found(*_halves(str(error))) from None
    except Problems as error:
        raise bad_request(faults_of(error.problems)) from None
    lights = verdicts_of(deps)
    return ProjectsAnswer(
        projects=[shape_of(p, lights) for p in made], offered=[shape_of(p, lights) for p in offered(deps.plan, view.registry, book)]
    )


@router.get("/v1/projects/{project_id:path}", summary="One project and every revision of it")
def project(project_id: str, view: AnyoneView, deps: Deps) -> ProjectAnswer:
    book, lights = project_book(deps), verdicts_of(deps)
    try:
        history = book.history(project_id)
    except NotFound:
        history = []
    rows = history or [p for p in offered(deps.plan, view.registry, book) if p.id == project_id]
    if not rows or rows[-1].entity not in view:
        raise not_found(f"没有项目 {project_id!r}", f"there is no project {project_id!r}")
    return ProjectAnswer(project=shape_of(rows[-1], lights), history=[project_shape(p) for p in history])


@router.put(
    "/v1/projects/{project_id:path}", responses=documented(409, 413),
    summary="Enter a project, or a new revision of it, as a whole; the same twice changes nothing",
)  # fmt: skip
def put_project(project_id: str, caller: Admin, view: ReaderView, deps: Deps, order: Annotated[ProjectOrder, Body()]) -> ProjectShape:
    """Refused (409) where the state cannot follow the one before: verified only after commissioned; back, stopped and up again only with a reason;
    back behind commissioning only with its date taken out. Every other fault is listed (422)."""
    view.entity(order.entity)
    wanted = Project(id=project_id, **order.model_dump(exclude={"by", "reason"}))
    try:
        kept = project_book(deps).put(wanted, author(caller.key_id, order.by), order.reason)
    except Problems as error:
        raise bad_request(faults_of(error.problems)) from None
    return shape_of(kept, verdicts_of(deps))


def verdicts_of(deps: Dependencies, rule: str = RULE) -> dict[str, Verdict]:
    """Verdict by id of the project or audit."""
    return {v.indicator: v for v in deps.verdicts.current() if v.rule == rule}


def shape_of(p: Project, lights: dict[str, Verdict]) -> ProjectShape:
    found = lights.get(p.id)
    return project_shape(p) if found is None else project_shape(p, found.light, found.value)


def _halves(text: str) -> tuple[str, str]:
    zh, _, en = text.partition(" · ")
    return zh, en or zh
