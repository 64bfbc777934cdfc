"""The page that a link in a message opens on a phone: what, where, since when, why, who knows; acknowledge, say what is done, forward.

Looking never acknowledges: chat programs and mail gateways fetch every link for their previews. Whatever changes something is a POST.
"""

import threading
from collections.abc import Callable
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.alert_acts import Actor, acknowledge, comment, forward
from api.board_access import NotOurs, preferences
from api.board_forms import form_of, known_name, name_in, remember
from api.board_render import environment, switcher
from api.board_words import Words
from api.deps import CurrentRegistry, Dependencies
from api.phone_access import Doorkeeper, EndedLink, Opened, TooOften, WrongLink, near, owners_of
from api.phone_views import PhonePage, briefs_of, facts_of, matter_of, standing_of
from api.phone_words import DONE, FAULTS, PROBLEMS, Failure
from tricolor.domain.errors import NotFound, Refused, TryAgain
from tricolor.ports import Outbox

log = structlog.get_logger("api.phone")
MAX_TEXT: Final = 500
MAX_PHONE_FORM: Final = 8192  # 500 Chinese characters are 4,500 bytes of a form
PHONE_HEADERS: Final = {
    "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow, noarchive", "Vary": "Cookie",
}  # fmt: skip
Token = Annotated[str, Path(max_length=200)]
Id = Annotated[int, Path(ge=1, le=2**62)]


class Phone:
    """The pages of one app."""

    def __init__(self, deps: Dependencies, outbox: Outbox | None, doorkeeper: Doorkeeper) -> None:
        self.deps, self.outbox, self.door = deps, outbox, doorkeeper
        self.registry = CurrentRegistry(deps.registry)
        self.doing = threading.Lock()  # two taps at once: the second sees what the first did

    def shown(self, request: Request, token: str, alert_id: int | None, fault: str = "", typed: dict[str, str] | None = None) -> Response:
        registry = self.registry.get()
        opened = self.door.open(request, token, registry)
        t, facts = preferences(request).t, facts_of(self.deps, registry, opened)
        if not facts.found:
            raise EndedLink
        verdicts = standing_of(self.deps, facts)
        briefs = briefs_of(facts, verdicts, t)
        if alert_id is None and len(briefs) == 1:
            alert_id = briefs[0].id
        matter = None
        if alert_id is not None:
            brief = next((b for b in briefs if b.id == alert_id), None)
            if brief is None:
                raise WrongLink
            fingerprint = next(alert.fingerprint for alert, _ in facts.found if alert.id == alert_id)
            matter = matter_of(self.deps, self.outbox, facts, opened.person, brief, verdicts.get(fingerprint), t)
        city = registry.city()
        asked = request.query_params.get("done", "") if request.method == "GET" else ""
        view = PhonePage(
            token, "" if city is None else t(city.name_cn, city.name_en), opened.person, opened.ends_at, facts.now, briefs, matter,
            sum(b.is_open and not b.is_acked for b in briefs), t(*DONE[asked]) if asked in DONE else "", t(*FAULTS[fault]) if fault else "",
            typed or {}, known_name(request) if opened.person.contact is None else "",
        )  # fmt: skip
        return self.page(request, "phone.html", {"view": view}, 422 if fault else 200)

    def page(self, request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
        liked = preferences(request)
        here = request.url.path if request.method == "GET" else ""
        html = environment().get_template(template).render(values | {"t": liked.t, "switch": switcher(here)})
        response = HTMLResponse(html, status, headers=PHONE_HEADERS)
        liked.keep(response)
        return response

    def problem(self, request: Request, failure: Failure) -> Response:
        t: Words = preferences(request).t
        response = self.page(request, "phone_problem.html", {"title": t(*failure.title), "text": t(*failure.text)}, failure.status)
        if failure.status in (429, 503):
            response.headers["Retry-After"] = "60"
        return response


def phone_router(deps: Dependencies, outbox: Outbox | None, doorkeeper: Doorkeeper | None = None) -> APIRouter:
    """The pages under /a/."""
    phone = Phone(deps, outbox, doorkeeper or Doorkeeper(deps))
    router = APIRouter(include_in_schema=False, route_class=_route_class(phone))

    @router.api_route("/a/{token}", methods=["GET", "HEAD"])
    def message(request: Request, token: Token) -> Response:
        return phone.shown(request, token, None)

    @router.api_route("/a/{token}/{alert_id}", methods=["GET", "HEAD"])
    def one(request: Request, token: Token, alert_id: Id) -> Response:
        return phone.shown(request, token, alert_id)

    for action, act in (("ack", _acknowledged), ("work", _worked), ("forward", _forwarded)):
        router.add_api_route(f"/a/{{token}}/{action}", _posting(phone, action, act), methods=["POST"])
    router.phone = phone  # type: ignore[attr-defined]
    return router


Act = Callable[[Phone, list[int], Actor, dict[str, str]], str]


def _posting(phone: Phone, action: str, act: Act) -> Callable[..., Any]:
    async def posted(request: Request, token: Token) -> Response:
        form = await form_of(request, MAX_PHONE_FORM)
        return await run_in_threadpool(_do, phone, request, token, action, act, form)

    return posted


def _do(phone: Phone, request: Request, token: str, action: str, act: Act, form: dict[str, str]) -> Response:
    """Done, the page says so; a fault shows the form again with what was typed."""
    opened = phone.door.act(request, token, phone.registry.get())
    wanted = _wanted(opened, form.get("alert", ""))
    single = wanted[0] if len(wanted) == 1 else None
    actor = _actor(opened, form)
    if actor is None:
        return phone.shown(request, token, single, "name", form)
    fault = _fault(action, form)
    if fault:
        return phone.shown(request, token, single, fault, form)
    with phone.doing:
        done = act(phone, wanted, actor, form)
    log.info("answered from a phone", action=action, message=opened.message.id, alerts=wanted, contact=actor.contact)
    is_list = len(opened.message.alerts) > 1
    where = f"/a/{token}" + (f"/{single}" if is_list and single is not None and form.get("from") == "one" else "")
    response = RedirectResponse(f"{where}?done={done}", 303, headers=PHONE_HEADERS)
    if opened.person.contact is None:
        remember(response, name_in(form))
    return response


def _wanted(opened: Opened, chosen: str) -> list[int]:
    """The alerts meant; WrongLink for one that the message does not tell of."""
    mine = list(opened.message.alerts)
    if chosen in ("", "all"):
        return mine
    if not chosen.isascii() or not chosen.isdigit() or int(chosen) not in mine:
        raise WrongLink
    return [int(chosen)]


def _actor(opened: Opened, form: dict[str, str]) -> Actor | None:
    """The contact; behind a duty desk or a group the name that was typed, None without one."""
    contact = opened.person.contact
    if contact is not None:
        return Actor(contact.name, contact.id, f"link {opened.message.id}")
    name = name_in(form)
    return Actor(f"{name}（{opened.person.place}）", "", f"link {opened.message.id}") if name else None


def _fault(action: str, form: dict[str, str]) -> str:
    if len(form.get("text", "")) > MAX_TEXT:
        return "long"
    if action == "work" and not form.get("text", "").strip():
        return "text"
    return "to" if action == "forward" and not form.get("to", "").strip() else ""


def _acknowledged(phone: Phone, alerts: list[int], actor: Actor, _form: dict[str, str]) -> str:
    took = [acknowledge(phone.deps, alert, actor) for alert in alerts]
    return "ack" if any(took) else "resolved"


def _worked(phone: Phone, alerts: list[int], actor: Actor, form: dict[str, str]) -> str:
    """Who works on it has it: acknowledged, then what is being done."""
    for alert in alerts:
        acknowledge(phone.deps, alert, actor)
        comment(phone.deps, alert, actor, form["text"].strip())
    return "work"


def _forwarded(phone: Phone, alerts: list[int], actor: Actor, form: dict[str, str]) -> str:
    to = form["to"].strip()
    registry = phone.registry.get()
    me = registry.contacts.get(actor.contact)
    for alert in alerts:  # only to those whom the page offers: an id posted by hand tells no other enterprise, nor whether there is such a contact
        found, _ = phone.deps.alerts.get(alert)
        if not any(to == each.id for _, people in near(me, owners_of(phone.deps, registry, found), registry) for each in people):
            raise NotFound("no such contact")
    for alert in alerts:
        forward(phone.deps, alert, actor, to, form.get("text", "").strip())
    return "forward"


def _route_class(phone: Phone) -> type[APIRoute]:
    class PhoneRoute(APIRoute):
        """A route whose failures are pages that say nothing of the alert."""

        def get_route_handler(self) -> Callable[[Request], Any]:
            handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handler(request)
                except Exception as error:
                    failure = _failure_of(error)
                    if failure is None:
                        raise
                    return await run_in_threadpool(phone.problem, request, PROBLEMS[failure])

            return answer

    return PhoneRoute


def _failure_of(error: Exception) -> str | None:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (WrongLink, "wrong"), (RequestValidationError, "wrong"), (EndedLink, "ended"), (TooOften, "often"), (NotOurs, "foreign"),
        (NotFound, "gone"), (Refused, "over"), (TryAgain, "busy"),
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(error, kind)), None)
