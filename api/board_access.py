"""Who may look at the wallboard, who may act on it, and what a browser prefers to see.

Open to this machine itself, and to everyone when the operator says so; else a key opens a session. The session lives in this process's memory
behind a random token in an HttpOnly, SameSite=Strict cookie. Whatever changes something must come from our own pages (Sec-Fetch-Site, else Origin).
"""

import ipaddress
import secrets
import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from api.board_render import Theme
from api.board_words import Lang, Words
from api.deps import Dependencies
from api.security import is_loopback
from tricolor.domain.access import Caller, KeyKind, NoKey, bearer_token
from tricolor.domain.intervals import HOUR_US

COOKIE: Final = "tricolor_session"
SESSION_US: Final = 12 * HOUR_US
MAX_SESSIONS: Final = 1000
PREFERENCE_S: Final = 365 * 86_400
OPEN_CALLER: Final = Caller(KeyKind.ADMIN, key_id="")  # the person at this machine


class EnterFirst(Exception):
    """Nobody is signed in, and the board is not open to this reader."""


class NotOurs(Exception):
    """A change that does not come from one of our own pages."""


class ReadOnly(Exception):
    """The session's key may look, not act."""


@dataclass(frozen=True, slots=True)
class Session:
    """key_token: asked for again at every page, so that a revoked key ends its sessions. expires_at [µs]."""

    key_token: str
    expires_at: int


class Sessions:
    """Open sessions by token; at most MAX_SESSIONS, the oldest go first."""

    def __init__(self) -> None:
        self._held: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, key_token: str, now: int) -> str:
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._held = {k: s for k, s in self._held.items() if s.expires_at > now}
            while len(self._held) >= MAX_SESSIONS:
                del self._held[next(iter(self._held))]
            self._held[token] = Session(key_token, now + SESSION_US)
        return token

    def key_token(self, token: str, now: int) -> str | None:
        with self._lock:
            session = self._held.get(token)
        return session.key_token if session is not None and session.expires_at > now else None

    def close(self, token: str) -> None:
        with self._lock:
            self._held.pop(token, None)


class Access:
    """The rule of entry of one app. is_open: everyone may look and act."""

    def __init__(self, deps: Dependencies, *, is_open: bool) -> None:
        self._deps = deps
        self._is_open = is_open
        self.sessions = Sessions()

    def reader(self, request: Request) -> Caller:
        """Who looks; EnterFirst when nobody is known and the board is not open to them."""
        known = self.signed_in(request)
        if known is not None:
            return known
        if self._is_open or (is_loopback(request) and is_local_name(request)):
            return OPEN_CALLER
        raise EnterFirst

    def signed_in(self, request: Request) -> Caller | None:
        token = self.sessions.key_token(request.cookies.get(COOKIE, ""), self._deps.clock())
        key = self._deps.keys.find(token) if token else None
        return key.caller if key is not None and key.kind in (KeyKind.READ, KeyKind.ADMIN) else None

    def actor(self, request: Request) -> Caller:
        """Who changes something; NotOurs for a foreign page, ReadOnly for a key that may only look."""
        require_same_origin(request)
        caller = self.reader(request)
        if caller.kind is not KeyKind.ADMIN:
            raise ReadOnly
        return caller

    def enter(self, key_text: str) -> str | None:
        """A session for a read or admin key; None when it is not one in force."""
        try:
            token = bearer_token(f"Bearer {key_text.strip()}")
        except NoKey:
            return None
        key = self._deps.keys.find(token)
        if key is None or key.kind not in (KeyKind.READ, KeyKind.ADMIN):
            return None
        return self.sessions.open(token, self._deps.clock())


def is_local_name(request: Request) -> bool:
    """Whether the page was asked for by a name of this machine: a foreign name that resolves to 127.0.0.1 must not open the board."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_same_origin(request: Request) -> None:
    """NotOurs unless the browser says that one of our own pages sent this; a request that says nothing is refused too."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise NotOurs
        return
    origin = request.headers.get("origin", "")
    if not origin or urlsplit(origin).netloc != request.headers.get("host", ""):
        raise NotOurs


def set_session(response: Response, request: Request, token: str) -> None:
    response.set_cookie(
        COOKIE, token, max_age=SESSION_US // 1_000_000, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
    )


def end_session(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def inside(address: str) -> str:
    """An address on this site to go to after signing in; "/" for anything else."""
    parts = urlsplit(address)
    is_ours = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_ours and "\n" not in address and "\r" not in address else "/"


@dataclass(frozen=True, slots=True)
class Preferences:
    """Language, theme ("": the system's) and wall scale, from the query first, then the cookies."""

    t: Words
    theme: Theme
    wall: bool
    chosen: tuple[tuple[str, str], ...] = ()  # to be kept in cookies

    def keep(self, response: Response) -> None:
        for name, value in self.chosen:
            response.set_cookie(name, value, max_age=PREFERENCE_S, samesite="lax", path="/")


def preferences(request: Request) -> Preferences:
    chosen = []
    values = {}
    for name, allowed in (("lang", ("zh", "en")), ("theme", ("light", "dark", "auto")), ("wall", ("0", "1"))):
        asked = request.query_params.get(name, "")
        if asked in allowed:
            chosen.append((name, asked))
        held = asked if asked in allowed else request.cookies.get(name, "")
        values[name] = held if held in allowed else ""
    lang: Lang = "en" if values["lang"] == "en" else "zh"
    theme: Theme = "dark" if values["theme"] == "dark" else "light" if values["theme"] == "light" else ""
    return Preferences(Words(lang), theme, values["wall"] == "1", tuple(chosen))
