"""Energy: of a point in its own unit, of an entity by carrier and role in physical unit, standard coal and CO2; intensity."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import schemas
from api.arrow_answer import MEDIA_TYPE, steps_stream
from api.deps import Deps
from api.problems import documented
from api.security import ReaderView
from api.times import SPAN_HELP, span_of, within_bounds, within_reach
from tricolor.analysis.account_series import account_series, is_from_accounts
from tricolor.analysis.accounts import SeriesRow, counted, entity_series
from tricolor.analysis.net import left_out
from tricolor.analysis.read_difference import ReadDifference, read_differences_of
from tricolor.analysis.rollup import roll_up
from tricolor.catalogue.materials import flow_carriers
from tricolor.domain.accounts import TOTAL_SIGN
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.exclusions import Excluded, months_between
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import Interval, Step, ceil_cell, floor_cell, iso, local_day, month_of, month_text, parse_us
from tricolor.domain.meters import PointKind

router = APIRouter(tags=["能耗 energy"], responses=documented(401, 403, 404, 422, 503))

From = Annotated[str | None, Query(alias="from", description=f"{SPAN_HELP}; default the first of the month of `to`")]
To = Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")]
NO_REGISTER = "只有累计读数有读数差 / only a register has read differences"
TOO_LONG = "时段内读数过多，请缩短时段以取读数差 / too many readings in the span: ask for a shorter one to have read differences"
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
    integral; amounts include the multiplier. `amount`, also named `clock_difference`, is split by time at the edges of the step and adds up over any
    cut; a register's `read_difference` is last reading minus the one before the step, as a bill says it, and the two differ by what lies between the
    edge and the nearest reading. With `Accept: application/vnd.apache.arrow.stream` the same steps come as one Arrow table."""
    point = view.point(point_id)
    span = span_of(start, end, deps.clock())
    within_bounds(span, step)
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    steps = roll_up(deps.energy.cells([point.key], wide), wide, step)
    if MEDIA_TYPE in request.headers.get("accept", ""):
        return Response(steps_stream(point.id, amount_unit(point), step.value, steps), media_type=MEDIA_TYPE)
    facts = deps.meter_facts.load() if deps.meter_facts is not None else MeterFacts()
    reads = read_differences_of(point, np.array([wide.start, *(c.end for c in steps)], dtype=np.int64), deps.readings, facts) if steps else []
    note = "" if reads is not None else NO_REGISTER if point.plate.kind is not PointKind.REGISTER else TOO_LONG
    cells = [
        {
            "start": iso(c.start), "end": iso(c.end), "amount": c.amount, "coverage": c.coverage, "estimated": c.estimated, "flags": c.flags,
            "clock_difference": c.amount, **_read(reads[row] if reads else None),
        }
        for row, c in enumerate(steps)
    ]  # fmt: skip
    answer = {"point": point.id, "unit": amount_unit(point), "step": step.value, "read_difference_note": note, "cells": cells}
    return schemas.PointEnergy.model_validate(answer)


def _read(found: ReadDifference | None) -> dict[str, Any]:
    if found is None:
        return {"read_difference": None, "base": None, "last": None, "has_parked": False}
    base, last = ({"at": iso(seen.at), "value": seen.value} if seen else None for seen in (found.base, found.last))
    return {"read_difference": found.amount, "base": base, "last": last, "has_parked": found.has_parked}


@router.get("/v1/entities/{entity_id}/energy", summary="Energy of an entity and all inside its boundary, by carrier and role, with totals")
def entity_energy(
    entity_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None, step: Annotated[Step, Query()] = Step.DAY
) -> schemas.EntityEnergy:
    """Steps of whole days and longer come from the stored accounts (`source`: accounts, offline figures among them), others from 15-minute cells
    (`source`: cells). Totals are purchased minus sold (GB/T 2589-2020 §4); what is produced or consumed inside is listed and not added."""
    view.entity(entity_id)
    span = span_of(start, end, deps.clock())
    members = {e.id for e in view.registry.members(entity_id)}
    points = counted(p for p in view.registry.points.values() if p.entity_id in members)
    within_bounds(span, step, max(1, len({(p.carrier, p.role) for p in points})))
    within_reach(span, len(points))
    if is_from_accounts(span, step, deps.clock()):
        last = local_day(max(span.start, span.end - 1)).isoformat()
        accounts = deps.settle.accounts(sorted(members), local_day(span.start).isoformat(), last)
        rows, source = account_series(view.registry, entity_id, accounts, span, step, deps.clock(), flow_carriers()), "accounts"
    else:
        rows, source = entity_series(view.registry, entity_id, span, step, deps.energy, deps.factors.now(), flow_carriers()), "cells"
    totals, without = _totals(rows)
    if deps.exclusions is not None:
        _take_off(totals, left_out(view.registry, entity_id, deps.exclusions.entries(), deps.plan.exclusion_rules).of_total)
    answer = {"entity": entity_id, "step": step.value, "source": source, "series": _series(rows), "totals": totals, "without_factor": without}
    return schemas.EntityEnergy.model_validate(answer)


def _take_off(totals: list[dict[str, Any]], excluded: Mapping[str, Excluded]) -> None:
    """Put what is left out and the net beside each total whose step is whole months."""
    for total in totals:
        start, end = parse_us(total["start"]), parse_us(total["end"])
        months = months_between(month_text(start), month_text(end - 1))
        if month_of(months[0]).start == start and month_of(months[-1]).end == end:
            total["excluded_tce"] = sum(excluded[m].tce_equivalent for m in months if m in excluded)
            gross = total["tce_equivalent"]
            total["net_tce_equivalent"] = None if gross is None else gross - total["excluded_tce"]


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
