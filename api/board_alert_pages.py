"""The wallboard's pages of alerts, and what a person does on them: acknowledge, comment, forward, close."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api import alert_acts as acts
from api.board_access import preferences
from api.board_alerts import MAX_PAGE, alerts_list, asked_in, one_alert
from api.board_desk import Desk, Shown
from api.board_forms import MAX_DECISION_BYTES, form_of, known_name, name_in, remember
from api.board_words import Words
from tricolor.domain.errors import NotFound, Refused

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
MAX_WORDS: Final = 500
DONE: Final = {
    "ack": ("已记录：您已知悉此告警。", "Recorded: you have acknowledged this alert."),
    "comment": ("已记录：说明已写入经过。", "Recorded: your words are in the timeline."),
    "forward": ("已转交，对方将收到消息。", "Forwarded; they will get a message."),
    "close": ("已关闭。恢复正常后再次越限时会重新告警。", "Closed. It opens again once it was back to normal and goes bad anew."),
}


def add_alert_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/alerts")
    def alerts(request: Request, page: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        asked = asked_in(dict(request.query_params))
        view = alerts_list(desk.deps, snapshot, t, asked, page)
        live = "/board/live.json?page=alerts" if asked.is_plain and not view.newer and not view.older else "/board/live.json"
        return desk.page(request, snapshot, Shown("alerts.html", "alerts", t("告警", "Alerts"), view, live=live))

    @router.get("/alerts/{alert_id}")
    def alert(request: Request, alert_id: Id, done: str = "") -> Response:
        return _shown(desk, request, alert_id, done=done, from_inbox=request.query_params.get("from") == "inbox")

    @router.post("/alerts/{alert_id}/acknowledge")
    async def acknowledge(request: Request, alert_id: Id) -> Response:
        return await run_in_threadpool(_acknowledge, desk, request, alert_id, await form_of(request))

    for action in ("comment", "forward", "close"):
        router.add_api_route(f"/alerts/{{alert_id}}/{action}", _posting(desk, action), methods=["POST"])


def _posting(desk: Desk, action: str) -> Callable[..., Any]:
    async def posted(request: Request, alert_id: Id) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_act, desk, request, alert_id, action, form)

    return posted


def _shown(
    desk: Desk, request: Request, alert_id: int, *, done: str = "", form: str = "", entered: dict[str, str] | None = None,
    faults: tuple[str, ...] = (), from_inbox: bool = False,
) -> Response:  # fmt: skip
    snapshot, t = desk.snapshot(request), preferences(request).t
    view = one_alert(
        desk, snapshot, alert_id, t, who=known_name(request), from_inbox=from_inbox, form=form, entered=entered, faults=faults
    )  # fmt: skip
    is_true = done != "ack" or view.alert.is_acked
    notice = t(*DONE[done]) if done in DONE and is_true else ""
    title = f"{view.alert.entity} {t.light(view.alert.light)}"
    shown = Shown("alert.html", "alerts", title, view, live="" if form else "/board/live.json", notice=notice)
    return desk.page(request, snapshot, shown, 422 if faults else 200)


def _seen(desk: Desk, request: Request, alert_id: int) -> None:
    """NotFound when the alert is not this person's to see."""
    alert, _ = desk.deps.alerts.get(alert_id)
    view = desk.snapshot(request).view
    if view.is_bound and alert.entity not in view:
        raise NotFound(f"alert {alert_id}")


def _actor(desk: Desk, request: Request, who: str) -> acts.Actor:
    caller = desk.access.actor(request)
    key = f"key {caller.key_id}" if caller.key_id else "this machine"
    return acts.Actor(who or f"key {caller.key_id}", "", f"wallboard, {key}")


def _acknowledge(desk: Desk, request: Request, alert_id: int, form: dict[str, str]) -> Response:
    who = name_in(form)
    actor = _actor(desk, request, who)
    _seen(desk, request, alert_id)
    if not acts.acknowledge(desk.deps, alert_id, actor):
        raise Refused(f"alert {alert_id} is resolved")
    log.info("alert acknowledged", alert=alert_id, who=who)
    came_from = "&from=inbox" if form.get("from") == "inbox" else ""
    response = RedirectResponse(f"/alerts/{alert_id}?done=ack{came_from}", 303)
    remember(response, who)
    return response


def _act(desk: Desk, request: Request, alert_id: int, action: str, form: dict[str, str]) -> Response:
    """Done, the page says so; a fault shows the form again with what was typed."""
    who, text, to = name_in(form), form.get("text", "").strip(), form.get("to", "").strip()
    actor, t = _actor(desk, request, who), preferences(request).t
    _seen(desk, request, alert_id)
    faults = _faults(desk, action, who, text, to, t)
    if faults:
        return _shown(desk, request, alert_id, form=action, entered={k: v[:MAX_WORDS] for k, v in form.items()}, faults=faults)
    if action == "comment":
        acts.comment(desk.deps, alert_id, actor, text)
    elif action == "forward":
        acts.forward(desk.deps, alert_id, actor, to, text)
    else:
        acts.close(desk.deps, alert_id, actor, text)
    log.info("alert answered", alert=alert_id, action=action, who=who)
    response = RedirectResponse(f"/alerts/{alert_id}?done={action}", 303)
    remember(response, who)
    return response


def _faults(desk: Desk, action: str, who: str, text: str, to: str, t: Words) -> tuple[str, ...]:
    found = []
    if not who:
        found.append(t("请写明您的姓名或岗位", "say who you are"))
    if action == "comment" and not text:
        found.append(t("请写明处理情况", "write what was found or done"))
    if action == "close" and not text:
        found.append(t("请写明关闭理由", "write why it is closed"))
    if action == "forward" and to not in desk.registry.get().contacts:
        found.append(t("请选择转交给谁", "choose whom to forward it to"))
    if len(text) > MAX_WORDS:
        found.append(t(f"文字最多 {MAX_WORDS} 字", f"at most {MAX_WORDS} characters"))
    return tuple(found)
