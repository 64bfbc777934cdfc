"""Offline figures: monthly amounts of invoices and statistics, typed or uploaded, beside what meters say of the same month."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.deps import Dependencies, Deps
from api.meter_facts import author
from api.problems import Fault, bad_request, documented
from api.security import AnyoneView, SenderView
from tricolor.analysis.account_parts import account_parts
from tricolor.analysis.offline import Beside, side_by_side
from tricolor.catalogue.factors import carriers
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Problems, Refused
from tricolor.domain.intervals import iso
from tricolor.domain.meters import Role
from tricolor.domain.offline import COLUMNS, MAX_ROWS, OfflineFigure, read_figures
from tricolor.ports_accounts import OfflineBook, OfflineSheets

router = APIRouter(tags=["填报 activities"], responses=documented(401, 403, 404, 422, 503))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXAMPLE = {
    "figures": [
        {"carrier": "raw_coal", "role": "purchased", "month": "2026-03", "amount": 1250.5, "unit": "t", "document": "INV-2026-03-0117"},
    ]
}


class OfflineReceipt(BaseModel):
    """accepted: figures in what was sent; changed: those that made a new revision."""

    accepted: int
    changed: int


class OfflineTakeBack(BaseModel):
    """Which figure is taken back; its revisions stay."""

    carrier: str = Field(max_length=96)
    role: Role = Role.PURCHASED
    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    by: str = Field("", max_length=40)
    note: str = Field("", max_length=200)


class OfflineShape(BaseModel):
    """A figure beside the meters. metered, difference: null where nothing is metered; used: which of the two the account is made from."""

    carrier: str
    role: Role
    month: str
    amount: float | None
    unit: str
    of_which_metered: float
    document: str
    note: str
    author: str
    revision: int
    submitted_at: str
    metered: float | None
    coverage: float | None
    difference: float | None = Field(description="(amount - metered) / metered")
    used: str


class RevisionShape(BaseModel):
    """A revision ever made; amount null: taken back."""

    carrier: str
    role: Role
    month: str
    revision: int
    amount: float | None
    unit: str
    of_which_metered: float
    document: str
    note: str
    author: str
    submitted_at: str


class OfflineAnswer(BaseModel):
    entity: str
    figures: list[OfflineShape]
    history: list[RevisionShape] = Field(description="every revision, the newest first")


def offline_book(deps: Dependencies) -> OfflineBook:
    """Refused where whoever composed the services left it out."""
    if deps.offline is None:
        raise Refused("this API was composed without offline figures")
    return deps.offline


def offline_sheets(deps: Dependencies) -> OfflineSheets:
    if deps.offline_sheets is None:
        raise Refused("this API was composed without the workbook of offline figures")
    return deps.offline_sheets


@router.get(
    "/v1/offline/template",
    summary="The workbook for monthly invoices and statistics",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
def template(view: AnyoneView, deps: Deps) -> Response:
    del view  # a key is needed, whichever
    disposition = 'attachment; filename="offline-template.xlsx"'
    return Response(offline_sheets(deps).template(carriers()), media_type=XLSX, headers={"Content-Disposition": disposition})


@router.get("/v1/entities/{entity_id}/offline", summary="Offline figures beside the metered amounts of the same month, and every revision")
def figures(entity_id: str, view: AnyoneView, deps: Deps) -> OfflineAnswer:
    view.entity(entity_id)
    book = offline_book(deps)
    shapes = [_shape(each) for each in beside_meters(deps, view.registry, entity_id)]
    return OfflineAnswer(entity=entity_id, figures=shapes, history=[RevisionShape(**_plain(f)) for f in book.history(entity_id)])


def beside_meters(deps: Dependencies, registry: Registry, entity_id: str) -> list[Beside]:
    found = offline_book(deps).current([entity_id])
    if not found:
        return []
    months = sorted({f.month for f in found})
    accounts = deps.settle.accounts([entity_id], f"{months[0]}-01", f"{months[-1]}-31")
    return side_by_side(found, accounts, account_parts(registry))


@router.post(
    "/v1/entities/{entity_id}/offline",
    summary="Submit monthly amounts as JSON; with one fault nothing is taken and all faults are listed",
    responses=documented(413),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}}}},
)
def submit(entity_id: str, view: SenderView, deps: Deps, body: Annotated[Any, Body()] = None) -> OfflineReceipt:
    """Members of a figure: carrier, role (default purchased), month (YYYY-MM, over), amount, unit, document; of_which_metered and note as well. The
    same figure again changes nothing, another amount is a new revision."""
    view.entity(entity_id)
    rows = body.get("figures") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise bad_request([Fault("figures", '请写 {"figures": [{…}]}', 'write {"figures": [{…}]}')])
    if len(rows) > MAX_ROWS:
        raise bad_request([Fault("figures", f"一次最多 {MAX_ROWS} 条", f"at most {MAX_ROWS} at a time")])
    found, faults = read_figures(rows, entity_id, carriers(), f"key {view.caller.key_id}", deps.clock())
    if faults:
        raise bad_request([Fault(f.column, f.zh, f.en, f.row) for f in faults], "填报有误 / The figures are not valid")
    return _store(deps, entity_id, found)


@router.post(
    "/v1/entities/{entity_id}/offline/xlsx",
    summary="Upload the filled workbook; every fault is told with sheet, row and column, and with one nothing is taken",
    responses=documented(413),
    openapi_extra={"requestBody": {"required": True, "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def upload(entity_id: str, request: Request, view: SenderView, deps: Deps) -> OfflineReceipt:
    view.entity(entity_id)
    data = await request.body()
    return await run_in_threadpool(_uploaded, deps, entity_id, data, f"key {view.caller.key_id}")


def _uploaded(deps: Dependencies, entity_id: str, data: bytes, person: str) -> OfflineReceipt:
    found, faults = workbook_figures(deps, entity_id, data, person)
    if faults:
        raise bad_request(faults, "表格有误 / The workbook is not valid")
    return _store(deps, entity_id, found)


def workbook_figures(deps: Dependencies, entity_id: str, data: bytes, person: str) -> tuple[Sequence[OfflineFigure], list[Fault]]:
    """Figures of a filled workbook and every fault with sheet, column and row; with a fault nothing of it is to be taken."""
    try:
        rows = offline_sheets(deps).rows(data)
    except Problems as error:
        return (), [Fault("xlsx", *_halves(problem)) for problem in error.problems]
    if not rows:
        return (), [Fault("xlsx", "表中没有任何数据（第 4 行起填写）", "the sheet holds no figure (fill it in from row 4 on)")]
    found, faults = read_figures([cells for _, cells in rows], entity_id, carriers(), person, deps.clock())
    return found, [Fault(place_of(rows, f.row, f.column), f.zh, f.en, f.row) for f in faults]


def place_of(rows: Sequence[tuple[int, Mapping[str, object]]], row: int, column: str) -> str:
    """Where a person finds it: offline!D7 (amount)."""
    letter = chr(ord("A") + COLUMNS.index(column)) if column in COLUMNS else ""
    return f"offline!{letter}{rows[row][0]} ({column})"


def _halves(problem: str) -> tuple[str, str]:
    zh, _, en = problem.partition(" · ")
    return zh, en or zh


@router.post("/v1/entities/{entity_id}/offline/take-back", summary="Take a figure back; its revisions stay")
def take_back(entity_id: str, view: SenderView, deps: Deps, order: OfflineTakeBack) -> OfflineReceipt:
    view.entity(entity_id)
    book = offline_book(deps)
    held = next((f for f in book.current([entity_id]) if f.identity == (entity_id, order.carrier, str(order.role), order.month)), None)
    if held is None:
        zh, en = f"{order.month} 没有 {order.carrier} 的填报", f"there is no figure of {order.carrier} ({order.role}) in {order.month}"
        raise bad_request([Fault("month", zh, en)])
    gone = OfflineFigure(
        entity_id, held.carrier, held.role, held.month, None, held.unit, document=held.document, note=order.note,
        author=author(view.caller.key_id, order.by),
    )  # fmt: skip
    return _store(deps, entity_id, [gone])


def _store(deps: Dependencies, entity_id: str, found: Sequence[OfflineFigure]) -> OfflineReceipt:
    book = offline_book(deps)
    held = {f.identity: f.revision for f in book.current([entity_id])}
    counted = book.submit(found)
    return OfflineReceipt(accepted=len(found), changed=sum(held.get(f.identity) != f.revision for f in counted))


def _plain(f: OfflineFigure) -> dict[str, Any]:
    return {
        "carrier": f.carrier, "role": f.role, "month": f.month, "revision": f.revision, "amount": f.amount, "unit": f.unit,
        "of_which_metered": f.of_which_metered, "document": f.document, "note": f.note, "author": f.author, "submitted_at": iso(f.submitted_at),
    }  # fmt: skip


def _shape(each: Beside) -> OfflineShape:
    return OfflineShape(**_plain(each.figure), metered=each.metered, coverage=each.coverage, difference=each.difference, used=each.used)
