"""Activity figures (GDP, value added, output, floor area, people): submitted all or nothing, and read back."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from api import schemas
from api.activity_form import read_figures
from api.deps import Deps
from api.problems import bad_request, documented
from api.security import AnyoneView, SenderView
from api.submissions import warnings_of
from tricolor.domain.activities import Activity, ActivityKind

router = APIRouter(tags=["填报 activities"], responses=documented(401, 403, 422, 503))
EXAMPLE = {
    "activities": [
        {"entity": "qinnan", "kind": "gdp", "month": "2026-10", "value": 41.2, "unit": "1e8CNY", "price_year": 2025},
        {"entity": "qz-paper-01", "kind": "output", "month": "2026-10", "value": 52000, "unit": "t", "product": "newsprint"},
        {"entity": "qz-hall-01", "kind": "area", "month": "2026-01", "value": 38600, "unit": "m2"},
    ]
}
BODY = {
    "type": "object",
    "required": ["activities"],
    "properties": {
        "activities": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["entity", "kind", "month", "value", "unit"],
                "properties": {
                    "entity": {"type": "string"},
                    "kind": {"enum": [kind.value for kind in ActivityKind]},
                    "month": {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
                    "value": {"type": "number", "description": "above 0; an output may be 0"},
                    "unit": {
                        "type": "string",
                        "description": "1e4CNY or 1e8CNY for money; t, kg, m3, MWh, kWh, m2 for output; m2 for area; head for heads",
                    },
                    "price_year": {"type": "integer", "description": "base year of constant prices; required for gdp and value_added"},
                    "product": {"type": "string", "description": "required for output"},
                },
            },
        }
    },
}


@router.post(
    "/v1/activities",
    summary="Submit figures; with one fault nothing is taken and all faults are listed",
    responses=documented(413),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": BODY, "example": EXAMPLE}}}},
)
def submit(view: SenderView, deps: Deps, body: Annotated[Any, Body()] = None) -> schemas.ActivityReceipt:
    """A figure for the same entity, kind, product and month is a new revision when it differs, and nothing new when it does not.
    A large change against the month before or the same month last year is taken and told among `warnings`."""
    figures, faults = read_figures(body, view.__contains__, f"key {view.caller.key_id}", deps.clock())
    if faults:
        raise bad_request(faults, "填报有误 / The figures are not valid")
    held = {_identity(f): f.revision for f in deps.activities.current(sorted({f.entity for f in figures}))}
    odd = warnings_of(deps, figures)
    counted = deps.activities.submit(figures)
    changed = sum(held.get(_identity(f)) != f.revision for f in counted)
    return schemas.ActivityReceipt(accepted=len(figures), changed=changed, warnings=[w.body() for w in odd])


def _identity(figure: Activity) -> tuple[str, str, str, str]:
    return figure.entity, figure.kind, figure.product, figure.month


@router.get("/v1/activities", summary="The figures in force", responses=documented(404))
def activities(view: AnyoneView, deps: Deps, entity: Annotated[str, Query(max_length=128)] = "") -> schemas.ActivityList:
    wanted = [view.entity(entity).id] if entity else [e.id for e in view.entities()]
    found = deps.activities.current(wanted) if wanted else []
    return schemas.ActivityList.model_validate({"activities": [schemas.activity_shape(figure) for figure in found], "next": None})
