"""The wallboard: Chinese-first pages at /, their live updates, the acknowledgement, and the pages for what is not there."""

from collections.abc import Awaitable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, FastAPI, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.board_access import COOKIE, end_session, inside, preferences, require_same_origin, set_session
from api.board_alert_pages import add_alert_pages
from api.board_budgets import add_budget_pages
from api.board_bulletins import add_bulletin_pages
from api.board_declared import add_declaring, point_shown
from api.board_deliveries import add_delivery_pages
from api.board_desk import Desk, Shown
from api.board_entity import entity_shown
from api.board_exclusion_pages import add_exclusion_forms
from api.board_factors import add_factor_pages
from api.board_facts import Snapshot, unit_of
from api.board_failures import NOT_HERE, route_class
from api.board_forecasts import add_forecast_page
from api.board_forms import form_of
from api.board_item_pages import add_item_pages
from api.board_items import items_page
from api.board_offline import add_offline_page
from api.board_pages import alerts_page, data_page, inbox_page, messages_of, overview
from api.board_permit_pages import add_permit_forms
from api.board_project_pages import add_project_pages
from api.board_quality import add_quality_page, quality_shown
from api.board_reference import plan_page
from api.board_render import STATIC
from api.board_roster import add_roster_page
from api.board_silences import add_silence_pages
from api.board_submissions import add_submission_pages
from api.board_words import Words
from api.deps import Dependencies
from api.phone import phone_router
from api.phone_inbox import link_in
from api.plan_packs import packs
from api.plan_shapes import lights_of
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound
from tricolor.ports import Outbox

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
Show = Annotated[int, Query(ge=0, le=500)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]


def board_router(deps: Dependencies, outbox: Outbox | None = None, *, is_open: bool = False) -> APIRouter:
    """The pages. outbox: for the deliveries of an alert; is_open: readable and usable by everyone who reaches it, not only from this machine."""
    desk = Desk(deps, outbox, is_open=is_open)
    router = APIRouter(include_in_schema=False, route_class=route_class(desk))
    _overview_and_lists(router, desk)
    _single_things(router, desk)
    add_alert_pages(router, desk)
    add_delivery_pages(router, desk)
    if desk.deps.silences is not None:
        add_silence_pages(router, desk)
        add_roster_page(router, desk)
    add_item_pages(router, desk)
    add_declaring(router, desk)
    add_factor_pages(router, desk)
    if desk.deps.offline is not None:
        add_offline_page(router, desk)
    if desk.deps.statistics is not None:
        add_submission_pages(router, desk)
    add_exclusion_forms(router, desk)
    add_permit_forms(router, desk)
    if desk.deps.budgets is not None:
        add_budget_pages(router, desk)
    if desk.deps.forecasts is not None:
        add_forecast_page(router, desk)
    add_quality_page(router, desk)
    if desk.deps.bulletins is not None:
        add_bulletin_pages(router, desk)
    if desk.deps.projects is not None and desk.deps.cp_audits is not None:
        add_project_pages(router, desk)
    _live(router, desk)
    _actions(router, desk)
    router.desk = desk  # type: ignore[attr-defined]
    return router


def mount_board(app: FastAPI, deps: Dependencies, outbox: Outbox | None = None, *, is_open: bool = False) -> None:
    """The router, the static files, and pages instead of problems for browsers that ask for what is not there."""
    router = board_router(deps, outbox, is_open=is_open)
    desk: Desk = router.desk  # type: ignore[attr-defined]
    app.include_router(router)
    if deps.links is not None:
        phones = phone_router(deps, outbox)
        app.include_router(phones)
        app.state.phone = phones.phone  # type: ignore[attr-defined]
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    earlier = app.exception_handlers.get(HTTPException)

    async def page_or_problem(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if earlier is None or (status == 404 and _wants_page(request)):
            return await run_in_threadpool(desk.problem, request, status, NOT_HERE[0], NOT_HERE[1])
        answer: Any = earlier(request, error)
        found: Response = await answer if isinstance(answer, Awaitable) else answer
        return found

    app.add_exception_handler(HTTPException, page_or_problem)


class CachedFiles(StaticFiles):
    """Static files, kept for a year by browsers: their addresses carry a digest of their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _wants_page(request: Request) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and "text/html" in request.headers.get("accept", "")
        and not request.url.path.startswith(("/v1/", "/static/"))
    )


def _overview_and_lists(router: APIRouter, desk: Desk) -> None:
    @router.get("/")
    def home(request: Request, sort: str = "light", units: str = "") -> Response:
        snapshot = desk.snapshot(request)
        return desk.page(request, snapshot, _home(snapshot, preferences(request).t, sort, units))

    @router.get("/inbox")
    def inbox(request: Request, to: str = "", show: Show = 0) -> Response:
        snapshot = desk.snapshot(request)
        return desk.page(request, snapshot, _inbox(desk, snapshot, preferences(request).t, to, show))

    @router.get("/data")
    def data(request: Request, before: Before = None) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        view = data_page(desk.deps, snapshot, t, before)
        return desk.page(request, snapshot, Shown("data.html", "data", t("数据", "Data"), view, live="/board/live.json?page=data"))

    @router.get("/plan")
    def plan(request: Request) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        lights = lights_of((s for mine in snapshot.standing.values() for s in mine), snapshot.view)
        view = plan_page(desk.deps.plan, snapshot.registry, t, lights, packs(desk.deps.plan))
        return desk.page(request, snapshot, Shown("plan.html", "plan", t("规划", "Plan"), view, live="/board/live.json"))


def _home(snapshot: Snapshot, t: Words, sort: str, units: str = "") -> Shown:
    view = overview(snapshot, t, sort, show_all=units == "all")
    live = f"/board/live.json?page=overview&sort={view.sort}" + ("&show=500" if units == "all" else "")
    return Shown("overview.html", "overview", "", view, "overview" if view.state != "no_registry" else "", live)


def _inbox(desk: Desk, snapshot: Snapshot, t: Words, to: str, show: int) -> Shown:
    view = inbox_page(snapshot, messages_of(desk.deps, snapshot), t, to, show)
    live = f"/board/live.json?page=inbox&show={view.show}" + (f"&to={view.chosen}" if view.chosen else "")
    return Shown("inbox.html", "inbox", t("手机", "Phone"), view, "inbox", live)


def _single_things(router: APIRouter, desk: Desk) -> None:
    @router.get("/entities/{entity_id}")
    def entity(request: Request, entity_id: str, done: str = "") -> Response:
        return entity_shown(desk, request, entity_id, done=done)

    @router.get("/points/{point_id}")
    def point(request: Request, point_id: str, done: str = "") -> Response:
        return point_shown(desk, request, point_id, done=done)


def _live(router: APIRouter, desk: Desk) -> None:
    @router.get("/board/live.json")
    def live(request: Request, page: str = "", sort: str = "light", id: str = "", to: str = "", show: Show = 0) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        shown = Shown("", page, "", None)
        if page == "overview":
            shown = _home(snapshot, t, sort, "all" if show else "")
        elif page == "inbox":
            shown = _inbox(desk, snapshot, t, to, show)
        elif page == "alerts":
            shown = Shown("", "alerts", "", alerts_page(desk.deps, snapshot, t, "open", None), "alerts")
        elif page == "data":
            shown = Shown("", "data", "", data_page(desk.deps, snapshot, t, None), "data")
        elif page == "items":
            shown = Shown("", "items", "", items_page(desk.deps, snapshot, t, "open", id, to), "items")
        elif page == "quality":
            shown = quality_shown(desk, snapshot, t, to)
        elif page == "entity":
            unit = unit_of(snapshot, snapshot.registry.entities[id], t) if id in snapshot.registry.entities else None
            shown = Shown("", "overview", "", {"unit": unit}, "entity" if unit else "")
        return desk.live(request, snapshot, shown)


def _actions(router: APIRouter, desk: Desk) -> None:
    @router.post("/inbox/{message_id}")
    def open_message(request: Request, message_id: Id) -> Response:
        require_same_origin(request)
        snapshot = desk.snapshot(request)
        mine = next((m for m in messages_of(desk.deps, snapshot) if m.id == message_id), None)
        if mine is None:
            raise NotFound(f"message {message_id}")
        desk.deps.inbox.mark_read(message_id, desk.deps.clock())
        link = link_in(mine.text) if snapshot.view.caller.kind is KeyKind.ADMIN else ""  # it acts in the contact's name
        return RedirectResponse(link or f"/alerts/{mine.alert_id}?from=inbox", 303)

    @router.post("/board/enter")
    async def enter(request: Request) -> Response:
        require_same_origin(request)
        form = await form_of(request)
        return await run_in_threadpool(_enter, desk, request, form)

    @router.post("/board/leave")
    def leave(request: Request) -> Response:
        require_same_origin(request)
        desk.access.sessions.close(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", 303)
        end_session(response)
        return response


def _enter(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    following = inside(form.get("next", "/"))
    session = desk.access.enter(form.get("key", ""))
    if session is None:
        t = preferences(request).t
        return desk.enter(
            request, t("密钥不对、已吊销，或不是读取/管理密钥。", "The key is not known, revoked, or not a read or admin key."), following
        )
    response = RedirectResponse(following, 303)
    set_session(response, request, session)
    return response
