"""Lights: the current verdict of every rule on every entity with its reason, and the last word on past periods with its corrections."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import schemas_lights as shapes
from api.deps import Lights
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import documented
from api.security import ReaderView
from tricolor.domain.lights import Light
from tricolor.ports_judging import LightsWanted

router = APIRouter(tags=["红黄绿灯 lights"], responses=documented(401, 403, 404, 422, 503))
Text = Annotated[str, Query(max_length=128)]


@router.get("/v1/lights", summary="Lights, the worst first: those in force, or the last word on a past period with its corrections")
def lights(
    view: ReaderView,
    book: Lights,
    period: Annotated[str, Query(max_length=32, description="as verdicts have it: now, 2026, 2026-10, 2026-01..2026-10; empty: those in force")] = "",
    level: Annotated[Light | None, Query(description="only this light")] = None,
    rule: Text = "",
    entity: Text = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> shapes.LightList:
    entities = frozenset({view.entity(entity).id}) if entity else view.ids if view.is_bound else None
    found = book.page(LightsWanted(period, level, rule, entities), limit + 1, value_of(cursor))
    words = [shapes.word_shape(word) for word in found[:limit] if word.verdict.entity in view]
    return shapes.LightList.model_validate({"lights": words, "next": next_cursor([word.id for word in found], limit)})
