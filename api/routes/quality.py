"""Data quality: by entity with its points, and of one point day by day."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api import quality_shapes as shapes
from api.deps import Dependencies, Deps
from api.problems import bad_parameter, documented
from api.schemas import words
from api.security import ReaderView, View
from api.times import SPAN_HELP, instant
from tricolor.analysis.quality_report import QualityReport, quality_of, quality_report
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import Interval, day, local_day
from tricolor.domain.quality import as_of, badness
from tricolor.ports_quality import QualityBook

router = APIRouter(tags=["数据质量 quality"], responses=documented(401, 403, 404, 422, 503))
MAX_DAYS = 400
MAX_ROWS = 1_000_000  # points × days of one answer
MAX_POINTS = 2_000  # above, points without findings are left out

From = Annotated[str | None, Query(alias="from", description=f"{SPAN_HELP}; its day; default the day of `to`")]
To = Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")]
Form = Annotated[Literal["json", "csv"] | None, Query(alias="format", description="instead of the header Accept")]
CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


@router.get("/v1/quality", summary="Data quality of entities and areas with their points, the worst first", response_model=shapes.QualityList,
            responses=CSV_ANSWER)  # fmt: skip
def quality(
    request: Request, view: ReaderView, deps: Deps, start: From = None, end: To = None,
    entity: Annotated[str, Query(max_length=128, description="only this one, with what lies inside it")] = "", form: Form = None,
) -> shapes.QualityList | Response:  # fmt: skip
    """Days are those of Asia/Shanghai. An area is rolled up over the points of all inside it; points are listed under the entity they belong to."""
    if entity:
        view.entity(entity)
    first, last = _days(start, end, deps.clock())
    wanted = [m.id for m in view.registry.members(entity) if m.id in view] if entity else [e.id for e in view.entities()]
    found = report_of(deps, view, wanted, first, last)
    rows = _entity_rows(view, found, wanted)
    if _is_csv(form, request):
        return _csv("quality", [p for row in rows for p in row["points"]])
    return shapes.QualityList.model_validate({"first_day": str(first), "last_day": str(last), "entities": rows, "next": None})


@router.get("/v1/points/{point_id}/quality", summary="Data quality of one point, day by day, with the checks against other meters",
            response_model=shapes.PointQualityDetail, responses=CSV_ANSWER)  # fmt: skip
def point_quality(
    point_id: str, request: Request, view: ReaderView, deps: Deps, start: From = None, end: To = None, form: Form = None
) -> shapes.PointQualityDetail | Response:
    point, now, book = view.point(point_id), deps.clock(), book_of(deps)
    first, last = _days(start, end, now)
    rows = [as_of(r, point, now) for r in book.point_days(point.key, str(first), str(last))]
    checks = [c for c in book.checks([point.entity_id], str(first), str(last)) if c.point == point.key]
    quarantined = book.quarantined(Interval(day(first).start, day(last).end)).get(point.id, 0)
    limits, latest = quality_limits(deps.plan.rules.thresholds), deps.readings.latest().get(point.key)
    whole = quality_of(point, rows, first, last, checks, limits, now, quarantined, latest)
    by_day = [shapes.day_shape(r) for r in rows]
    if _is_csv(form, request):
        return _csv(f"quality-{point.id}", [{"point": point.id, **row} for row in by_day])
    shape = shapes.point_quality_shape(point, whole)
    return shapes.PointQualityDetail.model_validate({**shape, "by_day": by_day, "checks": [shapes.check_shape(c) for c in checks]})


def book_of(deps: Dependencies) -> QualityBook:
    """Refused where whoever composed the services left it out."""
    if deps.quality is None:
        raise Refused("this API was composed without data quality")
    return deps.quality


def report_of(deps: Dependencies, view: View, entities: list[str], first: date, last: date) -> QualityReport:
    """The report of entities that the caller may see; 422 when it would take more than MAX_ROWS rows."""
    count = len(view.registry.points) * ((last - first).days + 1)
    if count > MAX_ROWS and len(entities) > 1:
        raise bad_parameter("from", f"时段内约有 {count} 行，请缩短时段或只查一个单位", f"about {count} rows: ask for a shorter span or one entity")
    limits = quality_limits(deps.plan.rules.thresholds)
    return quality_report(book_of(deps), view.registry, entities, first, last, deps.clock(), limits, deps.readings.latest())


def _days(start: str | None, end: str | None, now: int) -> tuple[date, date]:
    until = instant(end, "to") if end else now
    last = local_day(until - 1)
    first = local_day(instant(start, "from")) if start else last
    if first > last:
        raise bad_parameter("from", f"起始日 {first} 晚于最后一天 {last}", f"its day {first} is after the last day {last}")
    if (last - first).days >= MAX_DAYS:
        raise bad_parameter("from", f"最多 {MAX_DAYS} 天，请缩短时段", f"at most {MAX_DAYS} days: ask for a shorter span")
    return first, last


def _entity_rows(view: View, found: QualityReport, wanted: list[str]) -> list[dict[str, Any]]:
    by_owner: dict[str, list[int]] = {}
    for key in found.points:
        by_owner.setdefault(view.registry.by_key[key].entity_id, []).append(key)
    is_long = len(found.points) > MAX_POINTS and len(wanted) > 1
    rows = []
    for q in sorted((found.entities[e] for e in wanted), key=lambda q: (badness(q), q.entity)):
        keys = by_owner.get(q.entity, [])
        shown = [k for k in keys if not is_long or found.points[k].findings]
        shown.sort(key=lambda k: (-len(found.points[k].findings), view.registry.by_key[k].id))
        entity = view.registry.entities[q.entity]
        points = [shapes.point_quality_shape(view.registry.by_key[k], found.points[k]) for k in shown]
        rows.append(shapes.entity_quality_shape(q, words(entity.name_cn, entity.name_en), points, len(keys) - len(shown)))
    return rows


def _is_csv(form: str | None, request: Request) -> bool:
    return form == "csv" or (form is None and "text/csv" in request.headers.get("accept", ""))


def _csv(name: str, rows: Iterable[Mapping[str, Any]]) -> Response:
    """One row a point or a day; findings as their codes; what is not known is an empty cell."""
    text = io.StringIO()
    writer: Any = None
    for row in rows:
        flat = {k: " ".join(f["fault"] for f in v) if k == "findings" else v for k, v in row.items()}
        if writer is None:
            writer = csv.DictWriter(text, list(flat), lineterminator="\n")
            writer.writeheader()
        writer.writerow(flat)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
