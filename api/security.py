"""Who calls: keys as FastAPI dependencies, and what a bound key may see."""

import ipaddress
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.deps import Deps, Known
from api.problems import not_found
from tricolor.domain.access import Caller, KeyKind, identify
from tricolor.domain.entities import Entity, Registry
from tricolor.domain.meters import Point

_scheme = HTTPBearer(auto_error=False, description="tc_<kind>_<43 characters>, from `tricolor key create`")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]


def require(*kinds: KeyKind) -> Callable[..., Caller]:
    """A dependency that gives the Caller of a request whose key is of one of the kinds; 401 or 403 otherwise."""

    def caller(request: Request, deps: Deps, _documented: Bearer) -> Caller:
        return identify(request.headers.get("authorization"), deps.keys.find, kinds)

    return caller


Reader = Annotated[Caller, Depends(require(KeyKind.READ, KeyKind.ADMIN))]
Sender = Annotated[Caller, Depends(require(KeyKind.PUSH, KeyKind.ADMIN))]
Anyone = Annotated[Caller, Depends(require(KeyKind.READ, KeyKind.PUSH, KeyKind.ADMIN))]
Admin = Annotated[Caller, Depends(require(KeyKind.ADMIN))]


class View:
    """The registry as far as a caller may see it: all of it, or the entity a key is bound to and what lies inside its boundary."""

    def __init__(self, registry: Registry, caller: Caller) -> None:
        self.registry = registry
        self.caller = caller
        self.is_bound = caller.kind is not KeyKind.ADMIN and bool(caller.enterprise)
        if not self.is_bound:
            self._ids = frozenset(registry.entities)
        elif caller.enterprise in registry.entities:
            self._ids = frozenset(e.id for e in registry.members(caller.enterprise))
        else:
            self._ids = frozenset()

    def __contains__(self, entity_id: str) -> bool:
        return entity_id in self._ids

    @property
    def ids(self) -> frozenset[str]:
        return self._ids

    def entities(self) -> list[Entity]:
        """In the order of the board."""
        return sorted((e for e in self.registry.entities.values() if e.id in self._ids), key=lambda e: (e.order, e.id))

    def entity(self, entity_id: str) -> Entity:
        """404 when there is none, or when it is not this caller's to see: the same answer, so that ids cannot be probed."""
        if entity_id not in self._ids:
            raise not_found(f"没有单位 {entity_id!r}", f"there is no entity {entity_id!r}")
        return self.registry.entities[entity_id]

    def point(self, point_id: str) -> Point:
        point = self.registry.points.get(point_id)
        if point is None or point.entity_id not in self._ids:
            raise not_found(f"没有测点 {point_id!r}", f"there is no point {point_id!r}")
        return point

    def points(self) -> list[Point]:
        return sorted((p for p in self.registry.points.values() if p.entity_id in self._ids), key=lambda p: p.id)


def _reader_view(caller: Reader, known: Known) -> View:
    return View(known.get(), caller)


def _anyone_view(caller: Anyone, known: Known) -> View:
    return View(known.get(), caller)


def _sender_view(caller: Sender, known: Known) -> View:
    return View(known.get(), caller)


ReaderView = Annotated[View, Depends(_reader_view)]
AnyoneView = Annotated[View, Depends(_anyone_view)]
SenderView = Annotated[View, Depends(_sender_view)]


def is_loopback(request: Request) -> bool:
    """Whether the request comes from this machine itself and not through a proxy on it."""
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
