"""Lights: the current verdict of every rule on every entity, with its reason."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import schemas
from api.deps import Deps
from api.problems import documented
from api.security import ReaderView
from tricolor.domain.lights import SEVERITY, Light

router = APIRouter(tags=["红黄绿灯 lights"], responses=documented(401, 403, 404, 422, 503))
Text = Annotated[str, Query(max_length=128)]


@router.get("/v1/lights", summary="Current lights, the worst first")
def lights(
    view: ReaderView,
    deps: Deps,
    period: Text = "",
    level: Annotated[Light | None, Query(description="only this light")] = None,
    rule: Text = "",
    entity: Text = "",
) -> schemas.LightList:
    if entity:
        view.entity(entity)
    wanted = [
        s
        for s in deps.verdicts.standing()
        if s.verdict.entity in view
        and (level is None or s.verdict.light is level)
        and period in ("", s.verdict.period)
        and rule in ("", s.verdict.rule)
        and entity in ("", s.verdict.entity)
    ]
    order = {e.id: place for place, e in enumerate(view.entities())}
    wanted.sort(key=lambda s: (-SEVERITY[s.verdict.light], order[s.verdict.entity], s.verdict.rule, s.verdict.indicator))
    return schemas.LightList.model_validate({"lights": [schemas.light_shape(s) for s in wanted], "next": None})
