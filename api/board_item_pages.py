"""The pages of open items and what a person does on them."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api import item_forms as forms
from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_forms import MAX_DECISION_BYTES, amount_in, form_of, known_name, name_in, remember, wall_time
from api.board_items import Typed, fault_lines, item_page, items_page
from api.board_words import Words
from api.board_words_items import DECISIONS
from api.meter_facts import MAX_REASON, author
from api.problems import Fault
from tricolor.domain.errors import Problems, Refused
from tricolor.domain.exchanges import Exchange
from tricolor.domain.items import Decision, ItemHistory
from tricolor.domain.meters import Point

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
ACTIONS = ("confirm", "dismiss", "exchange", "substitute", "undo")
DONE = DECISIONS | {"undo": ("撤销决定", "decision taken back")}


def add_item_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/items")
    def items(
        request: Request,
        state: str = "open",
        entity: Annotated[str, Query(max_length=128)] = "",
        point: Annotated[str, Query(max_length=128)] = "",
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    ) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        view = items_page(desk.deps, snapshot, t, state, entity, point, before)
        is_live = view.state == "open" and before is None
        live = "/board/live.json" + (f"?{urlencode({'page': 'items', 'id': entity, 'to': point})}" if is_live else "")
        return desk.page(request, snapshot, Shown("items.html", "items", t("待核实", "Open items"), view, live=live))

    @router.get("/items/{item_id}")
    def item(request: Request, item_id: Id, done: str = "") -> Response:
        return _shown(desk, request, item_id, done=done)

    @router.post("/items/{item_id}/{action}")
    async def decide(request: Request, item_id: Id, action: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_decide, desk, request, item_id, action if action in ACTIONS else "", form)


def _shown(desk: Desk, request: Request, item_id: int, typed: Typed | None = None, status: int = 200, done: str = "") -> Response:
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = item_page(desk.deps, snapshot, item_id, t, known_name(request), typed)
    notice = ""
    if done in DONE:
        notice = t("已记录：", "Recorded: ") + t(*DONE[done]) + t("。核算将在片刻后按此重算。", ". Settling takes it up within moments.")
    title = f"{view.line.point} {view.line.kind}"
    return desk.page(request, snapshot, Shown("item.html", "items", title, view, live="/board/live.json", notice=notice), status)


def _decide(desk: Desk, request: Request, item_id: int, action: str, form: dict[str, str]) -> Response:
    """Done, the page says so; refused, it shows why and keeps what was typed."""
    caller = desk.access.actor(request)
    snapshot, t = desk.snapshot(request), preferences(request).t
    history, point = forms.seen(desk.deps, snapshot.view, item_id)
    who, reason = name_in(form), form.get("reason", "").strip()[:MAX_REASON]
    by = forms.Author(author(caller.key_id, who) if who else "", reason, desk.deps.clock())
    try:
        made = _act(desk, history, point, action, form, by)
    except (forms.Faulty, Problems, Refused) as error:
        typed = Typed(action, _why_not(error, action, t), {k: v for k, v in form.items() if len(v) <= MAX_REASON})
        return _shown(desk, request, item_id, typed, 409 if isinstance(error, Refused) else 422)
    log.info("open item decided", item=item_id, action=action, who=by.who, decision=made.id)
    response = RedirectResponse(f"/items/{item_id}?done={action}", 303)
    remember(response, who)
    return response


def _act(desk: Desk, history: ItemHistory, point: Point, action: str, form: dict[str, str], by: forms.Author) -> Decision:
    deps, read = desk.deps, Fields(form)
    if action == "confirm":
        amount = read.number("amount") if form.get("amount", "").strip() else None
        read.refuse()
        return forms.confirm(deps, history, amount, by)
    if action == "dismiss":
        return forms.dismiss(deps, history, by)
    if action == "exchange":
        fact = Exchange(point.key, read.instant("at"), read.number("final"), read.number("start"))
        read.refuse()
        return forms.exchange(deps, history, point, fact, by)
    if action == "substitute":
        span, amount = (read.instant("from"), read.instant("end")), read.number("amount")
        read.refuse()
        return forms.substitute(deps, point, span, amount, by)
    if action == "undo":
        return forms.undo(deps, history, None, by)
    raise Refused("there is no such action")


class Fields:
    """Fields of a form as numbers and instants; what cannot be read is noted and told together."""

    def __init__(self, form: dict[str, str]) -> None:
        self._form = form
        self.faults: list[Fault] = []

    def number(self, name: str) -> float:
        value = amount_in(self._form.get(name, ""))
        if value is None:
            self.faults.append(Fault(name, "请填写数字", "write a number"))
        return value or 0.0

    def instant(self, name: str) -> int:
        at = wall_time(self._form.get(name, ""))
        if at is None:
            self.faults.append(Fault(name, "请填写日期和时间", "write a date and a time"))
        return at or 0

    def refuse(self) -> None:
        if self.faults:
            raise forms.Faulty(self.faults)


def _why_not(error: forms.Faulty | Problems | Refused, action: str, t: Words) -> tuple[str, ...]:
    if isinstance(error, forms.Faulty):
        is_span = action == "substitute"  # there the member is the start of the span, not a register's first value
        return fault_lines([replace(f, field="from") if is_span and f.field == "start" else f for f in error.faults], t)
    if isinstance(error, Problems):
        return tuple(error.problems)
    return (
        t(
            f"现状不允许，可能别人刚刚处置过，请看下面的经过。（{error}）",
            f"Not possible as things stand; somebody may have decided just now: {error}",
        ),
    )
