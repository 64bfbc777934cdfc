"""Emissions: mass of pollutants by step with coverage, hourly means against permits, the year's budget; permits."""

import csv
import io
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response

from api.deps import Dependencies, Deps
from api.emission_figures import OutletHours, mass_series, outlet_hours, outlets_inside, target_progress, year_masses
from api.emission_shapes import (
    Emissions,
    PermitList,
    PermitOrder,
    PermitRecord,
    TargetShape,
    YearShape,
    factor_shape,
    flag_codes,
    outlet_shape,
    permit_record,
    share_of,
)
from api.meter_facts import author
from api.permit_forms import no_factor, permit_book, permit_faults, with_unit
from api.problems import bad_request, documented
from api.routes.energy import From, To
from api.security import Admin, ReaderView, View
from api.times import span_of, within_bounds
from tricolor.analysis.emission_sums import HOURLY, MassCell, whole_days, whole_hours
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.emissions import Permit
from tricolor.domain.intervals import Step, iso

router = APIRouter(tags=["污染物 emissions"], responses=documented(401, 403, 404, 422, 503))
Form = Annotated[Literal["json", "csv"] | None, Query(alias="format", description="instead of the header Accept")]
Factor = Annotated[str, Query(max_length=24, description="code of HJ 212, e.g. a21002 (NOx), w01018 (COD); default all")]


@router.get("/v1/entities/{entity_id}/emissions", response_model=Emissions, responses={200: {"content": {"text/csv": {}}}},
            summary="Pollutant mass of an entity and all inside it, hourly means against permits, the year's budget")  # fmt: skip
def emissions(
    request: Request, entity_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None, step: Annotated[Step, Query()] = Step.DAY,
    factor: Factor = "", form: Form = None,
) -> Emissions | Response:  # fmt: skip
    """From Cou where the station sends one that agrees with flow × concentration, else from those two. What is missing lowers coverage and is never
    zero. The span is widened to whole days, or hours for step=hour (also for 15m). CSV: the outlets' hours for step=hour, else masses."""
    view.entity(entity_id)
    if factor and factor not in all_pollutants():
        raise bad_request([no_factor(factor)])
    now, asked = deps.clock(), span_of(start, end, deps.clock())
    step = Step.HOUR if step in HOURLY else step
    span = whole_hours(asked) if step is Step.HOUR else whole_days(asked)
    members = [m.id for m in view.registry.members(entity_id) if m.id in view]
    outlets = outlets_inside(view.registry, members, factor)
    within_bounds(span, step, max(1, len(outlets) if step is Step.HOUR else len({o.factor for o in outlets})))
    cells = mass_series(deps, outlets, span, step, now)
    hours = outlet_hours(deps, outlets, span, now) if step is Step.HOUR else []
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        return _csv(entity_id, cells, hours if step is Step.HOUR else None)
    years = {y.factor: YearShape(
        year=y.year, mass_t=y.mass_t, coverage=y.coverage, budget_t=y.budget_t, documents=list(y.documents), units=y.units, limited=y.limited,
        share=y.mass_t / y.budget_t if y.mass_t is not None and y.budget_t else None,
    ) for y in year_masses(deps, outlets, members, now) if factor in ("", y.factor)}  # fmt: skip
    codes = sorted({c.factor for c in cells} | years.keys())
    return Emissions(
        entity=entity_id, start=iso(span.start), end=iso(span.end), step=step.value,
        factors=[factor_shape(code, [c for c in cells if c.factor == code], years.get(code)) for code in codes],
        outlets=[outlet_shape(found) for found in hours], targets=_targets(deps, view, entity_id, now),
    )  # fmt: skip


@router.get("/v1/permits", summary="Permits: limits of concentration and yearly mass with their documents, revoked ones too")
def permits(view: ReaderView, deps: Deps, entity: Annotated[str, Query(max_length=128)] = "") -> PermitList:
    wanted = [m.id for m in view.registry.members(view.entity(entity).id) if m.id in view] if entity else sorted(view.ids)
    return PermitList(permits=[permit_record(entry) for entry in permit_book(deps).entries(wanted)])


@router.post("/v1/permits", status_code=201, summary="Enter a permit; the same one twice changes nothing", responses=documented(409))
def enter_permit(caller: Admin, view: ReaderView, deps: Deps, order: Annotated[PermitOrder, Body()]) -> PermitRecord:
    """A limit of the hourly mean, a mass a year, or both. A new permit of the same matter begins where the one before ends."""
    view.entity(order.entity)
    permit = Permit(
        order.entity, order.outlet, order.factor, order.limit, order.unit, order.mass_t, order.document, order.valid_from, order.valid_to
    )  # fmt: skip
    if faults := permit_faults(view.registry, permit):
        raise bad_request(faults)
    permit = with_unit(permit)
    return permit_record(permit_book(deps).add(permit, author(caller.key_id, order.by), deps.clock()))


@router.delete("/v1/permits/{permit}", summary="Take a permit back; the record stays. Twice changes nothing")
def revoke_permit(permit: Annotated[int, Path(ge=1, le=2**62)], caller: Admin, deps: Deps) -> PermitRecord:
    return permit_record(permit_book(deps).revoke(permit, author(caller.key_id, ""), deps.clock()))


def _targets(deps: Dependencies, view: View, entity_id: str, now: int) -> list[TargetShape]:
    return [
        TargetShape(
            pollutant=p.target.pollutant, name_cn=p.target.name_cn, name_en=p.target.name_en, factor=p.factor, reduction_t=p.target.reduction_t,
            target_year=p.target.target_year, base_year=p.target.base_year, base_t=p.base_t, base_coverage=p.base_coverage, last_year=p.last_year,
            last_t=p.last_t, last_coverage=p.last_coverage, document=p.target.source, place=p.target.place, status=p.target.status,
        )
        for p in (target_progress(deps, view.registry, entity_id, now) if not view.is_bound else [])
    ]  # fmt: skip


def _csv(entity_id: str, cells: list[MassCell], hours: list[OutletHours] | None) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if hours is None:
        writer.writerow(["factor", "start", "end", "mass_kg", "coverage", "cou_share", "estimated_share"])
        for c in cells:
            shares = share_of(c.cou_kg, c.mass_kg), share_of(c.estimated_kg, c.mass_kg)
            writer.writerow([c.factor, iso(c.start), iso(c.end), c.mass_kg, c.coverage, *shares])
    else:
        writer.writerow(["entity", "outlet", "factor", "start", "mean", "unit", "limit", "is_over", "minutes", "flags", "document"])
        for found in hours:
            o = found.outlet
            for h in found.hours:
                limit = found.shown(h.limit)
                known = found.shown(h.mean), found.unit, limit, str(h.is_over).lower(), h.minutes
                writer.writerow([o.entity, o.outlet, o.factor, iso(h.start), *known, " ".join(flag_codes(h.flags)), h.document])
    headers = {"Content-Disposition": f'attachment; filename="emissions-{entity_id}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
