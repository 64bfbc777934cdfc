"""Energy: of a point in its own unit, of an entity by carrier and role in physical unit, standard coal and CO2; intensity."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import schemas
from api.arrow_answer import MEDIA_TYPE, steps_stream
from api.deps import Deps
from api.problems import documented
from api.security import ReaderView
from api.times import SPAN_HELP, span_of, within_bounds, within_reach
from tricolor.analysis.accounts import SeriesRow, counted, entity_series
from tricolor.analysis.rollup import roll_up
from tricolor.catalogue.factors import carriers
from tricolor.domain.accounts import TOTAL_SIGN
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import Interval, Step, ceil_cell, floor_cell, iso

router = APIRouter(tags=["能耗 energy"], responses=documented(401, 403, 404, 422, 503))

From = Annotated[str | None, Query(alias="from", description=f"{SPAN_HELP}; default the first of the month of `to`")]
To = Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")]
MEASURES = ("tce_calorific", "tce_equivalent", "co2_t")


@router.get(
    "/v1/points/{point_id}/energy",
    summary="Energy of one point in steps of the Asia/Shanghai calendar; JSON or an Arrow stream",
    response_model=schemas.PointEnergy,
    responses={200: {"content": {MEDIA_TYPE: {}}}},
)
def point_energy(
    request: Request, point_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None, step: Annotated[Step, Query()] = Step.DAY
) -> schemas.PointEnergy | Response:
    """The span is widened to whole 15-minute cells. A register counts its difference, a delta its sum, a gauge of power or flow its
    integral; amounts include the multiplier. With `Accept: application/vnd.apache.arrow.stream` the same steps come as one Arrow table."""
    point = view.point(point_id)
    span = span_of(start, end, deps.clock())
    within_bounds(span, step)
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    steps = roll_up(deps.energy.cells([point.key], wide), wide, step)
    if MEDIA_TYPE in request.headers.get("accept", ""):
        return Response(steps_stream(point.id, amount_unit(point), step.value, steps), media_type=MEDIA_TYPE)
    cells = [
        {"start": iso(c.start), "end": iso(c.end), "amount": c.amount, "coverage": c.coverage, "estimated": c.estimated, "flags": c.flags}
        for c in steps
    ]
    return schemas.PointEnergy.model_validate({"point": point.id, "unit": amount_unit(point), "step": step.value, "cells": cells})


@router.get("/v1/entities/{entity_id}/energy", summary="Energy of an entity and all inside its boundary, by carrier and role, with totals")
def entity_energy(
    entity_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None, step: Annotated[Step, Query()] = Step.DAY
) -> schemas.EntityEnergy:
    """Totals are purchased minus sold (GB/T 2589-2020 §4); what is produced or consumed inside is listed and not added."""
    view.entity(entity_id)
    span = span_of(start, end, deps.clock())
    members = {e.id for e in view.registry.members(entity_id)}
    points = counted(p for p in view.registry.points.values() if p.entity_id in members)
    within_bounds(span, step, max(1, len({(p.carrier, p.role) for p in points})))
    within_reach(span, len(points))
    rows = entity_series(view.registry, entity_id, span, step, deps.energy, deps.factors, carriers())
    totals, without = _totals(rows)
    answer = {"entity": entity_id, "step": step.value, "series": _series(rows), "totals": totals, "without_factor": without}
    return schemas.EntityEnergy.model_validate(answer)


def _series(rows: list[SeriesRow]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        head = {"carrier": row.carrier, "role": row.role, "unit": row.unit, "factors": [], "cells": []}
        series = found.setdefault((row.carrier, row.role), head)
        series["factors"].extend(f for f in row.factor_ids if f not in series["factors"])
        series["cells"].append(
            {
                "start": iso(row.start), "end": iso(row.end), "amount": row.amount, "coverage": row.coverage, "estimated": row.estimated,
                "flags": [] if row.amount is None else ["estimated"] if row.estimated else ["measured"],
                "tce_calorific": row.tce_calorific, "tce_equivalent": row.tce_equivalent, "co2_t": row.co2_t,
            }
        )  # fmt: skip
    return list(found.values())


def _totals(rows: list[SeriesRow]) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Per step, and measure -> carriers without a factor."""
    without: dict[str, set[str]] = {measure: set() for measure in MEASURES}
    steps: dict[tuple[int, int], list[SeriesRow]] = {}
    for row in rows:
        if row.role in TOTAL_SIGN:
            steps.setdefault((row.start, row.end), []).append(row)
    totals = []
    for (start, end), parts in sorted(steps.items()):
        total: dict[str, Any] = {"start": iso(start), "end": iso(end), "estimated": any(p.estimated for p in parts)}
        total["coverage"] = sum(p.coverage for p in parts) / len(parts)
        known = [p for p in parts if p.amount is not None]
        for measure in MEASURES:
            lacking = {p.carrier for p in known if getattr(p, measure) is None}
            without[measure] |= lacking
            total[measure] = sum(TOTAL_SIGN[p.role] * getattr(p, measure) for p in known) if known and not lacking else None
        totals.append(total)
    return totals, {measure: sorted(found) for measure, found in without.items() if found}
