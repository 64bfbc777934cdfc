"""Points with their rating plates, and the readings as they came."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import schemas
from api.deps import Deps
from api.paging import Cursor, cursor_of, value_of
from api.problems import bad_parameter, documented
from api.security import ReaderView
from api.times import SPAN_HELP, span_of
from tricolor.domain.intervals import DAY_US, SECOND_US, Interval, iso
from tricolor.domain.meters import Point
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.ports import ReadingStore

router = APIRouter(tags=["测点 points"], responses=documented(401, 403, 422, 503))
DEFAULT_READINGS = 1000
MAX_READINGS = 10_000
ROWS_A_CHUNK = 10_000
_QUALITY = {int(q): q.name.lower() for q in Quality}
CSV_EXAMPLE = "point,at,value,quality\nqz-refinery-01.elec,2026-11-20T08:00:00+08:00,1284.5,good\n"


@router.get("/v1/points", summary="Points the key may see, with plate and time of the newest reading", responses=documented(404))
def points(
    view: ReaderView, deps: Deps, entity: Annotated[str, Query(max_length=128, description="only the points of this entity")] = ""
) -> schemas.PointList:
    if entity:
        view.entity(entity)
    latest = deps.readings.latest()
    shapes = [schemas.point_shape(p, latest.get(p.key)) for p in view.points() if entity in ("", p.entity_id)]
    return schemas.PointList.model_validate({"points": shapes, "next": None})


@router.get("/v1/points/{point_id}", summary="One point", responses=documented(404))
def point(point_id: str, view: ReaderView, deps: Deps) -> schemas.PointShape:
    found = view.point(point_id)
    return schemas.PointShape.model_validate(schemas.point_shape(found, deps.readings.latest().get(found.key)))


@router.get(
    "/v1/points/{point_id}/readings",
    summary="Readings as they came, in the meter's own unit; JSON by pages, CSV whole",
    response_model=schemas.ReadingPage,
    responses={200: {"content": {"text/csv": {"example": CSV_EXAMPLE}}}, **documented(404)},
)
def readings(
    point_id: str,
    request: Request,
    view: ReaderView,
    deps: Deps,
    start: Annotated[str | None, Query(alias="from", description=f"{SPAN_HELP}; default one day before `to`")] = None,
    end: Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_READINGS, description="readings a page; CSV has no pages")] = DEFAULT_READINGS,
    cursor: Cursor = None,
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="instead of the header Accept")] = None,
) -> schemas.ReadingPage | Response:
    found = view.point(point_id)
    span = span_of(start, end, deps.clock(), DAY_US)
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        return _csv(deps.readings, found, span)
    resume = value_of(cursor)
    if resume is not None:
        if not span.start <= resume <= span.end:
            raise bad_parameter("cursor", "游标不属于这个时段", "the cursor belongs to another span: keep `from` and `to` as they were")
        span = Interval(resume, span.end)
    batch = _first_rows(deps.readings, found, span, limit + 1)
    rows = batch.take(np.arange(min(limit, len(batch))))
    following = cursor_of(int(batch.at[limit])) if len(batch) > limit else None
    shapes = [
        {"at": iso(at), "value": value, "quality": _QUALITY.get(quality, str(quality))}
        for at, value, quality in zip(rows.at.tolist(), rows.value.tolist(), rows.quality.tolist(), strict=True)
    ]
    return schemas.ReadingPage.model_validate({"point": found.id, "unit": found.unit, "readings": shapes, "next": following})


def _windows(store: ReadingStore, point: Point, span: Interval) -> Iterator[ReadingBatch]:
    """The readings of the span, a stretch at a time: about ROWS_A_CHUNK rows where readings come as often as the plate says, longer stretches
    where the store holds nothing, so that a sparse century takes few calls."""
    at, width = span.start, max(DAY_US, ROWS_A_CHUNK * point.plate.interval_s * SECOND_US)
    while at < span.end:
        batch = store.read([point.key], Interval(at, min(span.end, at + width)))
        at += width
        if len(batch):
            yield batch
        else:
            width *= 2


def _first_rows(store: ReadingStore, point: Point, span: Interval, count: int) -> ReadingBatch:
    parts: list[ReadingBatch] = []
    held = 0
    for batch in _windows(store, point, span):
        parts.append(batch)
        held += len(batch)
        if held >= count:
            break
    return ReadingBatch.concat(parts)


def _csv(store: ReadingStore, point: Point, span: Interval) -> Response:
    """The whole span as CSV, in the columns that POST /v1/readings takes; streamed, so a year of it needs no memory."""
    windows = _windows(store, point, span)
    first = next(windows, None)  # a store that is down is told before the answer begins

    def lines() -> Iterator[str]:
        yield "point,at,value,quality\n"
        batch = first
        while batch is not None:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            for at, value, quality in zip(batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True):
                writer.writerow((point.id, iso(at), repr(value), _QUALITY.get(quality, str(quality))))
            yield text.getvalue()
            batch = next(windows, None)

    name = re.sub(r"[^A-Za-z0-9._-]", "_", point.id)
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})
