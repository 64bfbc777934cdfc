"""The wallboard's pages of messages on their way, with the retry of dead ones, and of the platform's own alarms."""

from typing import Annotated, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_alerts import BAD, sent_line
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot
from api.board_forms import form_of, known_name, name_in, remember
from api.board_views_alerts import AlarmLine, AlarmsPage, DeliveriesPage, DeliveryRow
from api.board_words import CHANNELS, STATES, Words
from api.deps import Dependencies
from api.meter_facts import author
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Light

log = structlog.get_logger("api.board")
Id = Annotated[int, Path(ge=1, le=2**62)]
ROWS: Final = 50
ALARM_KINDS: Final = {
    "red_failed": ("红色告警发送失败", "A red could not be sent"),
    "red_muted": ("红色告警被静默", "A red is muted"),
    "red_unsent": ("红色告警迟迟未发出", "A red is not sent yet"),
    "red_untold": ("红色告警无人收到", "A red reached nobody"),
    "nobody-to-tell": ("没有可通知的人", "Nobody to tell"),
    "channel-not-configured": ("渠道未配置", "A channel is not configured"),
    "bulletin_draft": ("通报待审核", "A bulletin waits for review"),
}


def add_delivery_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/deliveries")
    def deliveries(
        request: Request, state: str = "", channel: str = "", done: str = "", before: Annotated[int | None, Query(ge=1, le=2**62)] = None
    ) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        if snapshot.view.is_bound:
            raise NotFound("deliveries are not a bound reader's to see")
        view = deliveries_page(desk.deps, snapshot, t, state if state in STATES else "", channel if channel in CHANNELS else "", before)
        notice = t("已重新排队，将再次发送。", "Queued again; it will be sent.") if done == "retry" else ""
        return desk.page(request, snapshot, Shown("deliveries.html", "alerts", t("消息送达", "Deliveries"), view, notice=notice))

    @router.post("/deliveries/{delivery_id}/retry")
    async def retry(request: Request, delivery_id: Id) -> Response:
        return await run_in_threadpool(_retry, desk, request, delivery_id, await form_of(request))

    @router.get("/alarms")
    def alarms(request: Request) -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        if snapshot.view.is_bound:
            raise NotFound("alarms of the platform are not a bound reader's to see")
        return desk.page(request, snapshot, Shown("alarms.html", "alerts", t("平台告警", "Platform alarms"), alarms_page(desk.deps, t)))


def deliveries_page(deps: Dependencies, snapshot: Snapshot, t: Words, state: str, channel: str, before: int | None) -> DeliveriesPage:
    """The newest first."""
    states = tuple((name, t(*words)) for name, words in STATES.items())
    may_act = snapshot.view.caller.kind is KeyKind.ADMIN
    if deps.deliveries is None:
        return DeliveriesPage((), state, channel, states, (), (), "", may_act, is_known=False)
    found = deps.deliveries.page(state, channel, ROWS + 1, before)
    counts = deps.deliveries.figures().by_state
    channels = tuple((name, t.pair(CHANNELS, name)) for name in sorted({c for c, _ in counts}))
    older = ""
    if len(found) > ROWS:
        older = "/deliveries?" + urlencode({k: v for k, v in (("state", state), ("channel", channel), ("before", str(found[ROWS - 1].id))) if v})
    rows = tuple(
        DeliveryRow(sent_line(r, snapshot, t), r.alerts[0] if r.alerts else 0, len(r.alerts), r.title, _light(r.light), r.state in BAD)
        for r in found[:ROWS]
    )  # fmt: skip
    by_state: dict[str, int] = {}
    for (of_channel, of_state), count in counts.items():
        if channel in ("", of_channel):
            by_state[of_state] = by_state.get(of_state, 0) + count
    shown = tuple((name, words, by_state[name]) for name, words in states if by_state.get(name))
    return DeliveriesPage(rows, state, channel, states, channels, shown, older, may_act, is_known=True)


def _light(text: str) -> Light:
    return Light(text) if text in {each.value for each in Light} else Light.GREY


def _retry(desk: Desk, request: Request, delivery_id: int, form: dict[str, str]) -> Response:
    caller = desk.access.actor(request)
    if desk.snapshot(request).view.is_bound:
        raise NotFound(f"delivery {delivery_id}")
    if desk.deps.deliveries is None:
        raise Refused("this API was composed without the deliveries")
    who = name_in(form) or known_name(request)
    desk.deps.deliveries.retry(delivery_id, author(caller.key_id, who) or "wallboard", desk.deps.clock())
    log.info("delivery queued again", delivery=delivery_id, who=who)
    response = RedirectResponse("/deliveries?done=retry", 303)
    remember(response, who)
    return response


def alarms_page(deps: Dependencies, t: Words) -> AlarmsPage:
    standing = deps.alarms.standing() if deps.alarms is not None else []
    return AlarmsPage(tuple(AlarmLine(t.pair(ALARM_KINDS, a.kind), a.subject, t(a.text_zh, a.text_en), a.raised_at, a.seen_at) for a in standing))
