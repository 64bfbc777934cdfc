"""Offline figures of a unit on the wallboard: beside the meters, typed in, taken back, uploaded by those with the template and a key."""

from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import entity_name
from api.board_forms import MAX_DECISION_BYTES, fault_lines, form_of, known_name, name_in, remember
from api.board_multipart import parts_of
from api.board_reference import carrier_name
from api.board_words import ROLES, Words
from api.meter_facts import author
from api.routes.offline import XLSX, beside_meters, offline_book, offline_sheets, workbook_figures
from tricolor.catalogue.factors import carriers
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import month_of, month_text
from tricolor.domain.offline import COLUMNS, OFFLINE_ROLES, OfflineFigure, read_figures
from tricolor.domain.units import UNITS

log = structlog.get_logger("api.board")
DONE = {
    "taken": ("已收下。核算将在片刻后计入。", "Taken. The accounts take it up within moments."),
    "uploaded": ("表格中的填报已全部收下。核算将在片刻后计入。", "All figures of the workbook are taken. The accounts take them up within moments."),
    "back": ("已撤回，修订记录保留。", "Taken back; its revisions stay."),
}
LINES = 500  # of the history shown


@dataclass(frozen=True, slots=True)
class OfflineLine:
    """A figure as people read it; metered, difference: None where no meter says anything; is_used: the account is made from it."""

    month: str
    carrier: str
    carrier_code: str
    role: str
    role_code: str
    amount: float | None
    unit: str
    metered: float | None
    difference: float | None
    is_used: bool
    document: str
    author: str
    revision: int
    submitted_at: int


@dataclass(frozen=True, slots=True)
class OfflinePage:
    id: str
    name: str
    lines: tuple[OfflineLine, ...]
    history: tuple[OfflineLine, ...]
    carriers: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    units: tuple[str, ...]
    may_act: bool
    who: str
    entered: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def _line(f: OfflineFigure, t: Words, metered: float | None = None, difference: float | None = None, used: str = "") -> OfflineLine:
    return OfflineLine(
        f.month, carrier_name(f.carrier, t), f.carrier, t.pair(ROLES, f.role.value), f.role.value, f.amount, f.unit, metered, difference,
        used == "offline", f.document, f.author, f.revision, f.submitted_at,
    )  # fmt: skip


def offline_shown(
    desk: Desk, request: Request, entity_id: str, entered: dict[str, str] | None = None, faults: tuple[str, ...] = (), done: str = ""
) -> Response:  # fmt: skip
    """The page of one unit's offline figures; NotFound when it is not the reader's to see."""
    snapshot, t = desk.snapshot(request), preferences(request).t
    if entity_id not in snapshot.view:
        raise NotFound(f"entity {entity_id}")
    last = month_text(month_of(month_text(snapshot.now)).start - 1)
    found = beside_meters(desk.deps, snapshot.registry, entity_id)
    view = OfflinePage(
        id=entity_id,
        name=entity_name(snapshot.registry, entity_id, t),
        lines=tuple(_line(b.figure, t, b.metered, b.difference, b.used) for b in sorted(found, key=lambda b: b.figure.month, reverse=True)),
        history=tuple(_line(f, t) for f in offline_book(desk.deps).history(entity_id)[:LINES]),
        carriers=tuple((c.code, t(c.name_cn, c.name_en)) for c in carriers().values()),
        roles=tuple((role.value, t.pair(ROLES, role.value)) for role in OFFLINE_ROLES),
        units=tuple(u for u, (dimension, _) in UNITS.items() if dimension in {"energy", "mass", "volume"}),
        may_act=snapshot.view.caller.kind is KeyKind.ADMIN,
        who=known_name(request),
        entered=dict.fromkeys(COLUMNS, "") | {"month": last, "role": "purchased"} | (entered or {}),
        faults=faults,
    )
    notice = t(*DONE[done]) if done in DONE else ""
    return desk.page(request, snapshot, Shown("offline.html", "overview", view.name, view, notice=notice), 422 if faults else 200)


def add_offline_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/entities/{entity_id}/offline")
    def shown(request: Request, entity_id: str, done: str = "") -> Response:
        return offline_shown(desk, request, entity_id, done=done)

    @router.get("/entities/{entity_id}/offline/template.xlsx")
    def template(request: Request, entity_id: str) -> Response:
        if entity_id not in desk.snapshot(request).view:
            raise NotFound(f"entity {entity_id}")
        disposition = 'attachment; filename="offline-template.xlsx"'
        return Response(offline_sheets(desk.deps).template(carriers()), media_type=XLSX, headers={"Content-Disposition": disposition})

    @router.post("/entities/{entity_id}/offline")
    async def typed(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_typed, desk, request, entity_id, form)

    @router.post("/entities/{entity_id}/offline/xlsx")
    async def uploaded(request: Request, entity_id: str) -> Response:
        form, files = await parts_of(request)
        return await run_in_threadpool(_uploaded, desk, request, entity_id, form, files.get("file", b""))

    @router.post("/entities/{entity_id}/offline/take-back")
    async def take_back(request: Request, entity_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_back, desk, request, entity_id, form)


def _person(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> str:
    """Author of a change; "" without a name. NotFound for a unit that is not there."""
    caller = desk.access.actor(request)
    if entity_id not in desk.snapshot(request).registry.entities:
        raise NotFound(f"entity {entity_id}")
    who = name_in(form)
    return author(caller.key_id, who) if who else ""


def _typed(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    person, t = _person(desk, request, entity_id, form), preferences(request).t
    row = {name: form.get(name, "") for name in COLUMNS}
    found, faults = read_figures([row], entity_id, carriers(), person, desk.deps.clock())
    words = tuple(t(f"{f.column}：{f.zh}", f"{f.column}: {f.en}") for f in faults)
    if not person:
        words += (t("请写明由谁填报", "say who gives it"),)
    if words:
        return offline_shown(desk, request, entity_id, row, words)
    offline_book(desk.deps).submit(found)
    log.info("offline figure taken", entity=entity_id, who=person, month=row["month"], carrier=row["carrier"])
    return _done(entity_id, "taken", form)


def _uploaded(desk: Desk, request: Request, entity_id: str, form: dict[str, str], data: bytes) -> Response:
    person, t = _person(desk, request, entity_id, form), preferences(request).t
    words: tuple[str, ...] = () if person else (t("请写明由谁填报", "say who gives it"),)
    if not data:
        words += (t("请选择填好的 .xlsx 文件", "choose the filled .xlsx file"),)
        return offline_shown(desk, request, entity_id, faults=words)
    found, faults = workbook_figures(desk.deps, entity_id, data, person)
    words += fault_lines(faults, t)
    if words:
        return offline_shown(desk, request, entity_id, faults=words)
    offline_book(desk.deps).submit(found)
    log.info("offline workbook taken", entity=entity_id, who=person, figures=len(found))
    return _done(entity_id, "uploaded", form)


def _back(desk: Desk, request: Request, entity_id: str, form: dict[str, str]) -> Response:
    person, t = _person(desk, request, entity_id, form), preferences(request).t
    book = offline_book(desk.deps)
    named = (entity_id, form.get("carrier", ""), form.get("role", ""), form.get("month", ""))
    held = next((f for f in book.current([entity_id]) if f.identity == named), None)
    if held is None or not person:
        fault = t("请写明由谁撤回", "say who takes it back") if held is not None else t("没有这条填报", "there is no such figure")
        return offline_shown(desk, request, entity_id, faults=(fault,))
    book.submit([OfflineFigure(entity_id, held.carrier, held.role, held.month, None, held.unit, document=held.document, author=person)])
    log.info("offline figure taken back", entity=entity_id, who=person, month=held.month, carrier=held.carrier)
    return _done(entity_id, "back", form)


def _done(entity_id: str, done: str, form: dict[str, str]) -> Response:
    response = RedirectResponse(f"/entities/{entity_id}/offline?done={done}", 303)
    remember(response, name_in(form))
    return response
