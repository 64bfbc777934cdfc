"""The pages of projects and cleaner-production audits, and what a person does on them: enter, change, adopt from the plan, upload a sheet."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_forms import MAX_DECISION_BYTES, form_of, known_name, name_in, remember
from api.board_multipart import parts_of
from api.board_projects import Entered, audit_shown, audits_page, project_shown, projects_page
from api.board_words import Words
from api.board_words_projects import DONE, FIELDS
from api.meter_facts import author
from api.problems import Fault
from api.project_forms import adopt, cells_of, cp_audit_book, faults_of, offered, project_book, put_audit_sheet, put_sheet, wrongs_of
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.project_rows import AUDIT_COLUMNS, PROJECT_COLUMNS, audit_of, blank_audit, blank_project, project_of

log = structlog.get_logger("api.board")
Short = Annotated[str, Query(max_length=128)]
MAX_FAULTS_SHOWN = 50
MAX_TYPED = 1000


def add_project_pages(router: APIRouter, desk: Desk) -> None:
    """A route with a fixed path stands before the one that takes it for an id."""
    _projects(router, desk)
    _audits(router, desk)


def _projects(router: APIRouter, desk: Desk) -> None:
    @router.get("/projects")
    def projects(request: Request, entity: Short = "", state: Short = "", done: str = "") -> Response:
        return _list(desk, request, entity, state, done=done)

    @router.post("/projects")
    async def enter(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_put_project, desk, request, form.get("id", "").strip(), form, True)

    @router.post("/projects/adopt")
    async def adopting(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_adopt, desk, request, form)

    @router.post("/projects/sheet")
    async def uploading(request: Request) -> Response:
        form, files = await parts_of(request)
        return await run_in_threadpool(_sheet, desk, request, form, files.get("file", b""))

    @router.get("/projects/{project_id:path}")
    def project(request: Request, project_id: str, done: str = "") -> Response:
        return _project(desk, request, project_id, done=done)

    @router.post("/projects/{project_id:path}")
    async def change(request: Request, project_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_put_project, desk, request, project_id, form, False)


def _audits(router: APIRouter, desk: Desk) -> None:
    @router.get("/cp-audits")
    def audits(request: Request, entity: Short = "", done: str = "") -> Response:
        return _audit_list(desk, request, entity, done=done)

    @router.post("/cp-audits")
    async def enter(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_put_audit, desk, request, form.get("id", "").strip(), form, True)

    @router.post("/cp-audits/sheet")
    async def uploading(request: Request) -> Response:
        form, files = await parts_of(request)
        return await run_in_threadpool(_audit_sheet, desk, request, form, files.get("file", b""))

    @router.get("/cp-audits/{audit_id:path}")
    def audit(request: Request, audit_id: str, done: str = "") -> Response:
        return _audit(desk, request, audit_id, done=done)

    @router.post("/cp-audits/{audit_id:path}")
    async def change(request: Request, audit_id: str) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_put_audit, desk, request, audit_id, form, False)


def _list(
    desk: Desk, request: Request, entity: str = "", state: str = "", entered: Entered | None = None, status: int = 200, done: str = ""
) -> Response:  # fmt: skip
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = projects_page(desk.deps, snapshot, t, known_name(request), entity, state, entered)
    shown = Shown("projects.html", "projects", t("重点项目", "Projects"), view, live="/board/live.json", notice=_notice(done, t))
    return desk.page(request, snapshot, shown, status)


def _project(desk: Desk, request: Request, project_id: str, entered: Entered | None = None, status: int = 200, done: str = "") -> Response:
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = project_shown(desk.deps, snapshot, t, known_name(request), project_id, entered)
    p = view.line.project
    title = t(p.name_cn, p.name_en)
    return desk.page(request, snapshot, Shown("project.html", "projects", title, view, live="/board/live.json", notice=_notice(done, t)), status)


def _audit_list(desk: Desk, request: Request, entity: str = "", entered: Entered | None = None, status: int = 200, done: str = "") -> Response:
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = audits_page(desk.deps, snapshot, t, known_name(request), entity, entered)
    title = t("清洁生产审核", "Cleaner-production audits")
    return desk.page(request, snapshot, Shown("cp_audits.html", "audits", title, view, live="/board/live.json", notice=_notice(done, t)), status)


def _audit(desk: Desk, request: Request, audit_id: str, entered: Entered | None = None, status: int = 200, done: str = "") -> Response:
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = audit_shown(desk.deps, snapshot, t, known_name(request), audit_id, entered)
    title = f"{view.line.unit} {audit_id}"
    return desk.page(request, snapshot, Shown("cp_audit.html", "audits", title, view, live="/board/live.json", notice=_notice(done, t)), status)


def _put_project(desk: Desk, request: Request, project_id: str, form: dict[str, str], is_new: bool) -> Response:
    person, registry = _person(desk, request, form), desk.snapshot(request).registry
    book = project_book(desk.deps)
    held = {p.id: p for p in (*offered(desk.deps.plan, registry, book), *book.current(None))}
    if not is_new and project_id not in held:
        raise NotFound(f"project {project_id}")
    again = _again(lambda e, s: _list(desk, request, entered=e, status=s) if is_new else _project(desk, request, project_id, e, s), request, form)
    if is_new and project_id in held:
        fault = Fault("id", "这个编号已在台账或规划中，请打开它修改", "this id is in the register or the plan already: open it and change it")
        return again([fault], 409)
    cells = cells_of(form, (c for c in PROJECT_COLUMNS if c not in ("id", "plan")), ("needs_monitoring",))
    wanted, wrong = project_of(cells, held.get(project_id, blank_project(project_id)))
    if wrong:
        return again(wrongs_of(wrong), 422)
    try:
        kept = book.put(wanted, person, form.get("reason", "").strip())
    except Problems as error:
        return again(faults_of(error.problems), 422)
    except Refused as error:
        return again(_said(error), 409)
    log.info("project entered", project=kept.id, entity=kept.entity, state=kept.state, who=person, revision=kept.revision)
    return _back(f"/projects/{quote(kept.id)}?done=kept", form)


def _put_audit(desk: Desk, request: Request, audit_id: str, form: dict[str, str], is_new: bool) -> Response:
    person, book = _person(desk, request, form), cp_audit_book(desk.deps)
    held = {a.id: a for a in book.current(None)}
    if not is_new and audit_id not in held:
        raise NotFound(f"cleaner-production audit {audit_id}")
    again = _again(lambda e, s: _audit_list(desk, request, entered=e, status=s) if is_new else _audit(desk, request, audit_id, e, s), request, form)
    if is_new and audit_id in held:
        return again([Fault("id", "这个编号已在台账中，请打开它修改", "this id is in the register already: open it and change it")], 409)
    cells = cells_of(form, (c for c in AUDIT_COLUMNS if c != "id"), ("is_mandatory",))
    wanted, wrong = audit_of(cells, held.get(audit_id, blank_audit(audit_id)))
    if wrong:
        return again(wrongs_of(wrong), 422)
    try:
        kept = book.put(wanted, person, form.get("reason", "").strip())
    except Problems as error:
        return again(faults_of(error.problems), 422)
    except Refused as error:
        return again(_said(error), 409)
    log.info("cleaner-production audit entered", audit=kept.id, entity=kept.entity, state=kept.state, who=person, revision=kept.revision)
    return _back(f"/cp-audits/{quote(kept.id)}?done=kept", form)


def _adopt(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    person, registry = _person(desk, request, form), desk.snapshot(request).registry
    again = _again(lambda e, s: _list(desk, request, entered=e, status=s), request, form)
    chosen = form.get("project", "")
    if not person:
        return again([Fault("author", "请写明由谁纳入", "say who takes it over")], 422)
    try:
        made = adopt(project_book(desk.deps), desk.deps.plan, registry, person, [chosen] if chosen else (), form.get("entity", ""))
    except Problems as error:
        return again(faults_of(error.problems), 422)
    log.info("projects adopted", projects=len(made), who=person)
    return _back(f"/projects/{quote(chosen)}?done=adopted" if chosen else "/projects?done=adopted", form)


def _sheet(desk: Desk, request: Request, form: dict[str, str], data: bytes) -> Response:
    person, registry = _person(desk, request, form), desk.snapshot(request).registry
    again, deps = _again(lambda e, s: _list(desk, request, entered=e, status=s), request, form), desk.deps
    try:
        kept = put_sheet(project_book(deps), deps.plan, registry, _rows(desk, data, PROJECT_COLUMNS), person, form.get("reason", ""))
    except Problems as error:
        return again(faults_of(error.problems), 422)
    log.info("projects imported", rows=len(kept), who=person)
    return _back("/projects?done=imported", form)


def _audit_sheet(desk: Desk, request: Request, form: dict[str, str], data: bytes) -> Response:
    person = _person(desk, request, form)
    again = _again(lambda e, s: _audit_list(desk, request, entered=e, status=s), request, form)
    try:
        kept = put_audit_sheet(cp_audit_book(desk.deps), _rows(desk, data, AUDIT_COLUMNS), person, form.get("reason", ""))
    except Problems as error:
        return again(faults_of(error.problems), 422)
    log.info("cleaner-production audits imported", rows=len(kept), who=person)
    return _back("/cp-audits?done=imported", form)


def _rows(desk: Desk, data: bytes, columns: Mapping[str, str]) -> list[tuple[int, Mapping[str, object]]]:
    if desk.deps.register_rows is None:
        raise Problems(["这里不能上传表格 · this API was composed without sheets"])
    if not data:
        raise Problems(["请选择 .xlsx 或 .csv 文件 · choose an .xlsx or .csv file"])
    return desk.deps.register_rows(data, columns)


def _person(desk: Desk, request: Request, form: dict[str, str]) -> str:
    """Author of a change; "" without a name."""
    caller, who = desk.access.actor(request), name_in(form)
    return author(caller.key_id, who) if who else ""


def _again(show: Callable[[Entered, int], Response], request: Request, form: Mapping[str, str]) -> Callable[[list[Fault], int], Response]:
    """The page once more, with what was typed and why it was not taken."""
    t = preferences(request).t

    def told(faults: list[Fault], status: int) -> Response:
        lines = tuple(_words(f, t) for f in faults[:MAX_FAULTS_SHOWN])
        more = (
            (t(f"另有 {len(faults) - MAX_FAULTS_SHOWN} 处", f"and {len(faults) - MAX_FAULTS_SHOWN} more"),) if len(faults) > MAX_FAULTS_SHOWN else ()
        )
        return show(Entered((*lines, *more), {k: v[:MAX_TYPED] for k, v in form.items()}, form.get("form", "")), status)

    return told


def _words(f: Fault, t: Words) -> str:
    return f"{t.pair(FIELDS, f.field)}{t('：', ': ')}{t(f.zh, f.en)}" if f.field else t(f.zh, f.en)


def _said(error: Refused) -> list[Fault]:
    zh, _, en = str(error).partition(" · ")
    return [Fault("", zh, en or zh)]


def _back(path: str, form: dict[str, str]) -> Response:
    response = RedirectResponse(path, 303)
    remember(response, name_in(form))
    return response


def _notice(done: str, t: Words) -> str:
    return t(*DONE[done]) if done in DONE else ""
