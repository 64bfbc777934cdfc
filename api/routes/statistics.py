"""Statistics: values of plan indicators and reported energy by month, quarter or year, typed or uploaded, every revision kept."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.deps import Dependencies, Deps
from api.problems import Fault, bad_parameter, bad_request, documented
from api.schemas import Shape
from api.security import AnyoneView, SenderView, View
from api.submissions import Draft, draft_of, from_workbook, report_book, report_sheets, statistics_book, store, year_now
from tricolor.catalogue.indicators import asked_of
from tricolor.domain.intervals import iso
from tricolor.domain.periods import FIRST_YEAR, LAST_YEAR, period_of
from tricolor.domain.submissions import PeriodKind, Statistic

router = APIRouter(tags=["填报 activities"], responses=documented(401, 403, 422, 503))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ITEMS = 10_000
EXAMPLE = {
    "statistics": [
        {
            "entity": "qz-paper-01",
            "indicator": "reported_energy_tce",
            "period": "2026-10",
            "value": 5230.5,
            "unit": "tce",
            "document": "10月能源报表",
        },
        {
            "entity": "qz",
            "indicator": "energy_total_target_tce",
            "period": "2026",
            "value": 8200000,
            "unit": "tce",
            "confirmed": True,
            "note": "已核",
        },
    ]
}
BODY = {
    "type": "object",
    "required": ["statistics"],
    "properties": {
        "statistics": {
            "type": "array",
            "maxItems": MAX_ITEMS,
            "items": {
                "type": "object",
                "required": ["entity", "indicator", "period"],
                "properties": {
                    "entity": {"type": "string"},
                    "indicator": {"type": "string", "description": "a name of GET /v1/statistics/asked"},
                    "period": {"type": "string", "description": "2026-10, 2026-Q3 or 2026"},
                    "value": {"type": "number"},
                    "unit": {"type": "string", "description": "exactly that of GET /v1/statistics/asked"},
                    "text": {"type": "string", "description": "达到 or 未达到, for goals in words"},
                    "document": {"type": "string"},
                    "note": {"type": "string"},
                    "confirmed": {"type": "boolean", "description": "stands by a value that drew a warning; needs a note"},
                    "take_back": {"type": "boolean", "description": "takes the value back; its revisions stay"},
                },
            },
        }
    },
}


class StatisticsReceipt(Shape):
    """accepted: values in what was sent; changed: those that made a new revision; warnings: what was odd and confirmed."""

    accepted: int
    changed: int
    warnings: list[dict[str, Any]] = Field(default_factory=list)


class StatisticShape(Shape):
    entity: str
    indicator: str
    period: str
    value: float | None = Field(description="null: words only, or taken back")
    unit: str
    text: str
    document: str
    note: str
    author: str
    revision: int
    submitted_at: str


class StatisticList(Shape):
    statistics: list[StatisticShape]
    next: str | None = None


class AskedShape(Shape):
    """Something that may be submitted. periods: the shortest first; least, most: of its value, null: none."""

    indicator: str
    name_zh: str
    name_en: str
    unit: str
    periods: list[PeriodKind]
    least: float | None
    most: float | None
    is_words: bool
    is_measured: bool = Field(description="worked out from meters; a submitted value stands in where they are lacking")


class AskedList(Shape):
    entity: str
    asked: list[AskedShape]


class ChangeShape(Shape):
    place: str = Field(description="cell, e.g. indicators!F7")
    entity: str
    indicator: str
    period: str
    unit: str
    before: float | str | None
    after: float | str | None


class Preview(Shape):
    """What an upload would do; nothing is stored."""

    faults: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    unconfirmed: int
    changes: list[ChangeShape]


@router.post(
    "/v1/statistics",
    summary="Submit values; with one fault, or a warning that is not confirmed, nothing is taken and all are listed",
    responses=documented(413),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": BODY, "example": EXAMPLE}}}},
)
def submit(view: SenderView, deps: Deps, body: Annotated[Any, Body()] = None) -> StatisticsReceipt:
    """A value for the same entity, indicator and period is a new revision when it differs, and nothing new when it does not. Warnings (a large
    change, a year that is not the sum of its months, a base year that is not the plan's) need `confirmed: true` and a note."""
    items = body.get("statistics") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items or set(body) != {"statistics"}:
        raise bad_request([Fault("statistics", '请写 {"statistics": [{…}]}', 'write {"statistics": [{…}]}')])
    if len(items) > MAX_ITEMS:
        raise bad_request([Fault("statistics", f"一次最多 {MAX_ITEMS} 条", f"at most {MAX_ITEMS} at a time")])
    author = f"key {view.caller.key_id}"
    return _stored(deps, draft_of(deps, view.registry, items, view.__contains__), author)


def _stored(deps: Dependencies, draft: Draft, author: str) -> StatisticsReceipt:
    accepted, changed = store(deps, draft, author)
    return StatisticsReceipt(accepted=accepted, changed=changed, warnings=[w.body() for w in draft.warnings])


@router.get("/v1/statistics", summary="The values in force, by entity, indicator and period", responses=documented(404))
def statistics(
    view: AnyoneView, deps: Deps, entity: Annotated[str, Query(max_length=128)] = "", indicator: Annotated[str, Query(max_length=128)] = "",
    period: Annotated[str, Query(max_length=10)] = "",
) -> StatisticList:  # fmt: skip
    wanted = [view.entity(entity).id] if entity else [e.id for e in view.entities()]
    if period:
        _checked(period)
    found = statistics_book(deps).current(wanted) if wanted else []
    kept = [s for s in found if indicator in ("", s.indicator) and period in ("", s.period)]
    return StatisticList(statistics=[shape(s) for s in kept])


@router.get("/v1/statistics/asked", summary="What an entity may submit: names, units, periods and bounds", responses=documented(404))
def asked(view: AnyoneView, deps: Deps, entity: Annotated[str, Query(max_length=128)]) -> AskedList:
    found = asked_of(deps.plan, view.entity(entity)).values()
    return AskedList(
        entity=entity,
        asked=[
            AskedShape(
                indicator=a.name, name_zh=a.name_cn, name_en=a.name_en, unit=a.unit, periods=list(a.periods), least=a.least, most=a.most,
                is_words=a.is_words, is_measured=a.is_measured,
            )
            for a in found
        ],
    )  # fmt: skip


@router.get("/v1/statistics/history", summary="Every revision of one value, the oldest first", responses=documented(404))
def history(
    view: AnyoneView, deps: Deps, entity: Annotated[str, Query(max_length=128)], indicator: Annotated[str, Query(max_length=128)],
    period: Annotated[str, Query(max_length=10)],
) -> StatisticList:  # fmt: skip
    view.entity(entity)
    _checked(period)
    return StatisticList(statistics=[shape(s) for s in statistics_book(deps).history(entity, indicator, period)])


@router.get(
    "/v1/statistics/template",
    summary="The workbook of an entity and year, with what is known filled in",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}, **documented(404)},
)
def template(
    view: AnyoneView, deps: Deps, entity: Annotated[str, Query(max_length=128)],
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="default: this year")] = None,
) -> Response:  # fmt: skip
    book = report_book(deps, view.entity(entity), year or year_now(deps))
    disposition = f'attachment; filename="statistics-{book.year}.xlsx"'
    return Response(report_sheets(deps).template(book), media_type=XLSX, headers={"Content-Disposition": disposition})


@router.post(
    "/v1/statistics/upload",
    summary="Upload the filled workbook; preview=true says what would change and stores nothing",
    response_model=StatisticsReceipt | Preview,
    responses=documented(413),
    openapi_extra={"requestBody": {"required": True, "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def upload(
    request: Request, view: SenderView, deps: Deps, preview: Annotated[bool, Query(description="say what would happen, store nothing")] = False
) -> StatisticsReceipt | Preview:
    """Every fault and warning is told with sheet and cell; with a fault, or a warning whose row is not confirmed, nothing is taken."""
    data = await request.body()
    return await run_in_threadpool(_uploaded, deps, view, data, preview)


def _uploaded(deps: Dependencies, view: View, data: bytes, preview: bool) -> StatisticsReceipt | Preview:
    author = f"key {view.caller.key_id}"
    draft = from_workbook(deps, view.registry, data, view.__contains__, author)
    return preview_shape(draft) if preview else _stored(deps, draft, author)


def preview_shape(draft: Draft) -> Preview:
    changes = [
        ChangeShape(place=c.place, entity=c.entity, indicator=c.name, period=c.period, unit=c.unit, before=c.before, after=c.after)
        for c in draft.changes
    ]
    faults, warnings = [f.body() for f in draft.faults], [w.body() for w in draft.warnings]
    return Preview(faults=faults, warnings=warnings, unconfirmed=len(draft.open_warnings), changes=changes)


def _checked(period: str) -> None:
    try:
        period_of(period)
    except ValueError as error:
        zh, _, en = str(error).partition(" · ")
        raise bad_parameter("period", zh, en) from None


def shape(s: Statistic) -> StatisticShape:
    return StatisticShape(
        entity=s.entity, indicator=s.indicator, period=s.period, value=s.value, unit=s.unit, text=s.text, document=s.document, note=s.note,
        author=s.author, revision=s.revision, submitted_at=iso(s.submitted_at),
    )  # fmt: skip
