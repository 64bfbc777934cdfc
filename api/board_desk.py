"""Where an answer of the wallboard is put together: who asks, what they prefer, what is known now, which template."""

from dataclasses import dataclass, replace

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.board_access import Access, EnterFirst, Preferences, inside, preferences
from api.board_facts import Snapshot, look
from api.board_items import open_count
from api.board_pages import messages_of
from api.board_reference import ILLUSTRATIVE
from api.board_render import context, render, render_blocks, software_version
from api.board_views import Page
from api.board_views_data import EnterPage, ProblemPage
from api.board_words import STATUSES
from api.deps import CurrentRegistry, Dependencies
from api.security import View
from tricolor.domain.errors import TryAgain
from tricolor.domain.lights import Light
from tricolor.ports import Outbox

BLOCKS = {
    "overview": ("answer", "first", "units", "health"),
    "entity": ("state", "judged"),
    "alerts": ("alerts",),
    "inbox": ("messages",),
    "data": ("health",),
    "quality": ("quality",),
    "items": ("items",),
}
HEAD_BLOCKS = ("tabs", "clock")
EVERY_PAGE = {"Cache-Control": "no-store", "Vary": "Cookie"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one answer is made of. tab: also the name of its blocks; title: without the city's name."""

    template: str
    tab: str
    title: str
    view: object
    blocks: str = ""
    live: str = ""
    notice: str = ""


class Desk:
    """Puts pages together for one app: who asks, what they prefer, what is known now."""

    def __init__(self, deps: Dependencies, outbox: Outbox | None, *, is_open: bool) -> None:
        self.deps = deps
        self.outbox = outbox
        self.access = Access(deps, is_open=is_open)
        self.registry = CurrentRegistry(deps.registry)

    def snapshot(self, request: Request) -> Snapshot:
        """EnterFirst when the reader is not let in."""
        caller = self.access.reader(request)
        return look(self.deps, View(self.registry.get(), caller), self.deps.clock())

    def head(self, request: Request, snapshot: Snapshot | None, shown: Shown, liked: Preferences) -> Page:
        t, plan = liked.t, self.deps.plan
        city = snapshot.registry.city() if snapshot else None
        entities = snapshot.registry.entities if snapshot else {}
        lights = snapshot.lights if snapshot else {}
        alerts = len(snapshot.open_alerts) if snapshot else 0
        name = t(city.name_cn, city.name_en) if city else ""
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Page(
            title=" · ".join(part for part in (shown.title, f"{name}{t('红黄绿用能预警', ' energy lights')}".strip()) if part),
            tab=shown.tab,
            here=here if request.method == "GET" else "/",
            city=name,
            now=snapshot.now if snapshot else self.deps.clock(),
            plan_name=t(plan.name_cn, plan.name_en) if snapshot else "",
            plan_status=t.pair(STATUSES, plan.status),
            plan_is_illustrative=plan.status == ILLUSTRATIVE,
            version=software_version(),
            open_alerts=alerts,
            unread=sum(m.read_at is None for m in messages_of(self.deps, snapshot)) if snapshot else 0,
            lights={i: lights[i].light.value if i in lights else Light.GREY.value for i in entities},
            names={i: t(e.name_cn, e.name_en) for i, e in entities.items()},
            open_items=open_count(self.deps, snapshot) if snapshot else 0,
            notice=shown.notice,
            alarms=len(self.deps.alarms.standing()) if self.deps.alarms is not None and snapshot and not snapshot.view.is_bound else 0,
            can_leave=self.access.signed_in(request) is not None,
        )

    def page(self, request: Request, snapshot: Snapshot | None, shown: Shown, status: int = 200) -> Response:
        liked = preferences(request)
        page = self.head(request, snapshot, shown, liked)
        html = render(shown.template, context(page, shown.view, liked.t, liked.theme, wall=liked.wall, live=shown.live))
        response = HTMLResponse(html, status, headers=EVERY_PAGE)
        liked.keep(response)
        return response

    def live(self, request: Request, snapshot: Snapshot, shown: Shown) -> Response:
        """The blocks of a page, the lights by entity, and how to say them."""
        liked = preferences(request)
        page = replace(self.head(request, snapshot, shown, liked), here="/")
        values = context(page, shown.view, liked.t, liked.theme)
        blocks = render_blocks((*HEAD_BLOCKS, *BLOCKS.get(shown.blocks, ())), values)
        words = {light.value: liked.t.light(light) for light in Light}
        return JSONResponse({"lights": page.lights, "names": page.names, "words": words, "blocks": blocks}, headers=EVERY_PAGE)

    def problem(self, request: Request, status: int, title: tuple[str, str], text: tuple[str, str]) -> Response:
        t = preferences(request).t
        view = ProblemPage(t(*title), t(*text), "/", t("回到总览", "Back to the overview"))
        try:
            snapshot: Snapshot | None = self.snapshot(request)
        except (EnterFirst, TryAgain):
            snapshot = None
        return self.page(request, snapshot, Shown("problem.html", "" if snapshot else "enter", view.title, view), status)

    def enter(self, request: Request, error: str = "", following: str = "") -> Response:
        t = preferences(request).t
        here = following or (str(request.url.path) + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/")
        view = EnterPage(error, inside(here))
        return self.page(request, None, Shown("enter.html", "enter", t("登录", "Sign in"), view), 401)
