"""Entities (city, regions, parks, enterprises, networks) with their lights, and what belongs to each."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import schemas
from api.deps import Deps, Lights
from api.problems import documented
from api.security import ReaderView
from tricolor.domain.entities import EntityKind
from tricolor.domain.lights import Light
from tricolor.domain.lights import overall as overall_light
from tricolor.ports import StandingVerdict

router = APIRouter(tags=["单位 entities"], responses=documented(401, 403, 422, 503))


def by_entity(standing: list[StandingVerdict]) -> dict[str, list[StandingVerdict]]:
    found: dict[str, list[StandingVerdict]] = {}
    for item in standing:
        found.setdefault(item.verdict.entity, []).append(item)
    return found


def overall(mine: list[StandingVerdict]) -> Light:
    """The light of a unit: the worst of its own binding verdicts, grey when there is none."""
    return overall_light(item.verdict for item in mine)


def _marks(mine: list[StandingVerdict]) -> list[dict[str, Any]]:
    return [{"rule": s.verdict.rule, "indicator": s.verdict.indicator, "light": s.verdict.light} for s in mine]


@router.get("/v1/entities", summary="Entities the key may see, in the order of the board")
def entities(
    view: ReaderView,
    deps: Deps,
    kind: Annotated[EntityKind | None, Query(description="only this kind")] = None,
    region: Annotated[str, Query(max_length=128, description="only the region of this id and what lies in it")] = "",
) -> schemas.EntityList:
    lights = by_entity(deps.verdicts.standing())
    if region and not view.is_bound:
        view.entity(region)
    wanted = [e for e in view.entities() if (kind is None or e.kind is kind) and region in ("", e.id, e.region_id)]
    shapes = [schemas.entity_shape(e, overall(lights.get(e.id, [])), _marks(lights.get(e.id, []))) for e in wanted]
    return schemas.EntityList.model_validate({"entities": shapes, "next": None})


@router.get("/v1/entities/{entity_id}", summary="One entity with its members and meters", responses=documented(404))
def entity(entity_id: str, view: ReaderView, lights: Lights) -> schemas.EntityDetail:
    found = view.entity(entity_id)
    registry = view.registry
    mine = lights.of_entity(entity_id)
    points: dict[str, list[str]] = {}
    for point in registry.points_of(entity_id):
        points.setdefault(point.meter_id, []).append(point.id)
    meters = [schemas.meter_shape(m, sorted(points.get(m.id, []))) for m in registry.meters.values() if m.entity_id == entity_id]
    members = [e.id for e in registry.members(entity_id) if e.id != entity_id]
    return schemas.EntityDetail.model_validate({**schemas.entity_shape(found, overall(mine), _marks(mine)), "members": members, "meters": meters})


@router.get("/v1/entities/{entity_id}/lights", summary="Current lights of one entity, and its overall light", responses=documented(404))
def entity_lights(entity_id: str, view: ReaderView, lights: Lights) -> schemas.EntityLights:
    view.entity(entity_id)
    mine = lights.of_entity(entity_id)
    return schemas.EntityLights.model_validate({"entity": entity_id, "light": overall(mine), "lights": [schemas.light_shape(s) for s in mine]})
