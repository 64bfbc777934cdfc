"""The pages of bulletins (预警通报): the list, and one as it prints, with its sign-off, comments and files."""

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot, entity_name
from api.board_forms import MAX_DECISION_BYTES, form_of, known_name, name_in, remember
from api.board_words import Words
from api.board_words_bulletins import BULLETIN_ACTIONS, BULLETIN_ASKS, BULLETIN_DONE, BULLETIN_STATES
from api.routes.bulletins import file_answer, seen
from tricolor.domain.access import KeyKind
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinState
from tricolor.domain.document_print import light_of, numbered, printed
from tricolor.domain.documents import Block, ColumnKind, Document, DocumentChart, DocumentTable, Heading, Paragraph
from tricolor.domain.entities import AREAS
from tricolor.domain.errors import Misconfigured, NotFound, Problems, Refused
from tricolor.domain.periods import last_over
from tricolor.domain.submissions import PeriodKind
from tricolor.ports_bulletins import BulletinDesk, BulletinMove, BulletinsWanted

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]
PAGE = 60
PERIODS_OFFERED = 6
SUFFIXES = ("docx", "pdf", "xlsx")
ACTIONS = {  # what may be done, by state
    BulletinState.DRAFT: ("reviewed", "refreshed", "commented", "withdrawn"),
    BulletinState.REVIEWED: ("issued", "returned", "commented", "withdrawn"),
    BulletinState.ISSUED: ("commented", "withdrawn"),
    BulletinState.WITHDRAWN: ("commented",),
}
NEEDS_TEXT = ("returned", "withdrawn", "commented")


@dataclass(frozen=True, slots=True)
class BulletinLine:
    bulletin: Bulletin
    area: str
    state: str


@dataclass(frozen=True, slots=True)
class BulletinsPage:
    """areas, periods: (code, name) that a draft may be of; faults: why one was not made."""

    lines: tuple[BulletinLine, ...]
    state: str
    states: tuple[tuple[str, str], ...]
    before: int | None
    areas: tuple[tuple[str, str], ...]
    periods: tuple[str, ...]
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    typed_area: str = ""
    typed_period: str = ""


@dataclass(frozen=True, slots=True)
class PartShown:
    """A block as the template prints it. rows: cells as text with the light they show, "" for none, and whether they are numbers."""

    kind: str  # heading | paragraph | table | chart
    text: str
    level: int = 1
    heads: tuple[tuple[str, str, bool], ...] = ()  # name, unit, is a number
    rows: tuple[tuple[tuple[str, str, bool], ...], ...] = ()
    empty: str = ""
    note: str = ""
    place: int = 0  # of a chart


@dataclass(frozen=True, slots=True)
class StepShown:
    at: int
    action: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class BulletinPage:
    bulletin: Bulletin
    document: Document
    area: str
    state: str
    parts: tuple[PartShown, ...]
    steps: tuple[StepShown, ...]
    asks: tuple[tuple[str, str, bool], ...]  # action, words, needs a text
    may_act: bool
    who: str
    suffixes: tuple[str, ...]
    faults: tuple[str, ...] = ()
    typed: str = ""
    tried: str = ""


def add_bulletin_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/bulletins")
    def bulletins(request: Request, state: str = "", before: Before = None) -> Response:
        return _list(desk, request, state, before)

    @router.post("/bulletins")
    async def make(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_make, desk, request, form)

    @router.get("/bulletins/{bulletin_id}")
    def bulletin(request: Request, bulletin_id: Id, done: str = "") -> Response:
        return _one(desk, request, bulletin_id, done=done)

    @router.post("/bulletins/{bulletin_id}")
    async def step(request: Request, bulletin_id: Id) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_step, desk, request, bulletin_id, form)

    @router.get("/bulletins/{bulletin_id}/files/{suffix}")
    def file(request: Request, bulletin_id: Id, suffix: str) -> Response:
        office = _office(desk)
        seen(office, desk.snapshot(request).view, bulletin_id)
        return file_answer(request, office.file(bulletin_id, suffix))

    @router.get("/bulletins/{bulletin_id}/charts/{place}.svg")
    def chart(request: Request, bulletin_id: Id, place: int) -> Response:
        office, draw = _office(desk), desk.deps.chart_picture
        seen(office, desk.snapshot(request).view, bulletin_id)
        charts = [b for b in office.document(bulletin_id).blocks if isinstance(b, DocumentChart)]
        if draw is None or not 0 <= place < len(charts):
            raise NotFound(f"chart {place}")
        return Response(draw(charts[place]), media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


def _office(desk: Desk) -> BulletinDesk:
    if desk.deps.bulletins is None:
        raise NotFound("no bulletins here")
    return desk.deps.bulletins


def _list(
    desk: Desk, request: Request, state: str = "", before: int | None = None, faults: tuple[str, ...] = (), form: dict[str, str] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    snapshot, t, typed = desk.snapshot(request), preferences(request).t, form or {}
    wanted = BulletinsWanted(state if state in tuple(BulletinState) else "", "", snapshot.view.ids if snapshot.view.is_bound else None)
    found = _office(desk).shelf.page(wanted, PAGE + 1, before)
    lines = tuple(BulletinLine(b, _area(snapshot, b.area, t), t.pair(BULLETIN_STATES, str(b.state))) for b in found[:PAGE])
    areas = tuple((e.id, t(e.name_cn, e.name_en)) for e in snapshot.view.entities() if e.kind in AREAS)
    earlier = lines[-1].bulletin.id if len(found) > PAGE else None
    view = BulletinsPage(
        lines, wanted.state, tuple((code, t.pair(BULLETIN_STATES, code)) for code in BULLETIN_STATES), earlier, areas, _periods(snapshot.now),
        snapshot.view.caller.kind is KeyKind.ADMIN, known_name(request), faults, typed.get("area", ""), typed.get("period", ""),
    )  # fmt: skip
    shown = Shown("bulletins.html", "bulletins", t("预警通报", "Bulletins"), view, live="/board/live.json")
    return desk.page(request, snapshot, shown, status)


def _periods(now: int) -> tuple[str, ...]:
    months, quarter = last_over(PeriodKind.MONTH, now), last_over(PeriodKind.QUARTER, now)
    return (*(str(months.shifted(-n)) for n in range(PERIODS_OFFERED)), str(quarter), str(quarter.shifted(-1)))


def _area(snapshot: Snapshot, area: str, t: Words) -> str:
    return entity_name(snapshot.registry, area, t)


def _make(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    caller, t = desk.access.actor(request), preferences(request).t
    who, office = name_in(form), _office(desk)
    if not who:
        return _list(desk, request, faults=(t("请写明由谁拟稿。", "Say who drafts it."),), form=form, status=422)
    number = form.get("corrects", "")
    corrects = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else None
    try:
        made = office.make(form.get("area", ""), form.get("period", ""), who, desk.deps.clock(), corrects, caller.key_id)
    except (Refused, NotFound, Problems, Misconfigured) as error:
        return _list(desk, request, faults=_said(error, t), form=form, status=422 if isinstance(error, Problems) else 409)
    log.info("bulletin drafted", bulletin=made.id, who=who)
    return _done(made.id, "drafted", who)


def _one(
    desk: Desk, request: Request, bulletin_id: int, faults: tuple[str, ...] = (), form: dict[str, str] | None = None, status: int = 200,
    done: str = "",
) -> Response:  # fmt: skip
    snapshot, t, office = desk.snapshot(request), preferences(request).t, _office(desk)
    found = seen(office, snapshot.view, bulletin_id)
    document, typed = office.document(bulletin_id), form or {}
    steps = tuple(StepShown(s.at, t.pair(BULLETIN_ACTIONS, str(s.action)), s.who, s.text) for s in reversed(found.steps))
    asks = tuple((code, t.pair(BULLETIN_ASKS, code), code in NEEDS_TEXT) for code in ACTIONS[found.state])
    view = BulletinPage(
        found, document, _area(snapshot, found.area, t), t.pair(BULLETIN_STATES, str(found.state)), parts_shown(document), steps, asks,
        snapshot.view.caller.kind is KeyKind.ADMIN, known_name(request), SUFFIXES, faults, typed.get("text", ""), typed.get("action", ""),
    )  # fmt: skip
    notice = t.pair(BULLETIN_DONE, done) if done in BULLETIN_DONE else ""
    return desk.page(request, snapshot, Shown("bulletin.html", "bulletins", document.title, view, live="/board/live.json", notice=notice), status)


def parts_shown(document: Document) -> tuple[PartShown, ...]:
    """The blocks in words, as every writer prints them."""
    charts, found = 0, []
    for block in numbered(document.blocks):
        found.append(_part(block, charts))
        charts += isinstance(block, DocumentChart)
    return tuple(found)


def _part(block: Block, charts: int) -> PartShown:
    if isinstance(block, Heading):
        return PartShown("heading", block.text, block.level)
    if isinstance(block, Paragraph):
        return PartShown("paragraph", block.text)
    if isinstance(block, DocumentChart):
        return PartShown("chart", block.title, note=block.note, place=charts)
    return _table(block)


def _table(table: DocumentTable) -> PartShown:
    numeric = (ColumnKind.NUMBER, ColumnKind.SHARE)
    heads = tuple((c.name, c.unit, c.kind in numeric) for c in table.columns)
    rows = tuple(
        tuple(
            (printed(cell, c), light.value if (light := light_of(cell, c)) is not None else "", c.kind in numeric)
            for cell, c in zip(row, table.columns, strict=True)
        )
        for row in table.rows
    )
    return PartShown("table", table.title, heads=heads, rows=rows, empty=table.empty, note=table.note)


def _step(desk: Desk, request: Request, bulletin_id: int, form: dict[str, str]) -> Response:
    caller, t, office = desk.access.actor(request), preferences(request).t, _office(desk)
    seen(office, desk.snapshot(request).view, bulletin_id)
    who, text, code, revision = name_in(form), form.get("text", "").strip(), form.get("action", ""), form.get("revision", "")
    faults = []
    if not who:
        faults.append(t("请写明姓名。", "Write your name."))
    if code not in BULLETIN_ASKS or not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        faults.append(t("请从本页办理。", "Use the buttons of this page."))
    if code in NEEDS_TEXT and not text:
        faults.append(t("请写明理由或批注。", "Write the reason or the comment."))
    if faults:
        return _one(desk, request, bulletin_id, tuple(faults), form, 422)
    move = BulletinMove(bulletin_id, int(revision), BulletinAction(code), who, desk.deps.clock(), text, key=caller.key_id)
    try:
        office.step(move)
    except (Refused, Problems, Misconfigured) as error:
        return _one(desk, request, bulletin_id, _said(error, t), form, 409)
    log.info("bulletin step", bulletin=bulletin_id, action=code, who=who)
    return _done(bulletin_id, code, who)


def _said(error: Exception, t: Words) -> tuple[str, ...]:
    """Errors stand as "中文 · English"."""
    zh, _, en = str(error).partition("· ")
    return (t(zh.strip(), en or zh.strip()),)


def _done(bulletin_id: int, what: str, who: str) -> Response:
    response = RedirectResponse(f"/bulletins/{bulletin_id}?done={what}", 303)
    remember(response, who)
    return response
