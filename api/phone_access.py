"""Who opens a link from a message: the person it went to, for as long as it lives. The token in the path is the credential."""

import ipaddress
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from api.board_access import NotOurs
from api.deps import Dependencies
from tricolor.catalogue.phone_links import LinkLimits, link_limits
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import MINUTE_US
from tricolor.domain.notifications import DUTY
from tricolor.ports import AlertRecord
from tricolor.ports_alerting import LinkedMessage

MAX_COUNTED: Final = 10_000  # addresses and links that are counted at once


class WrongLink(Exception):
    """Not one of ours, or of no message."""


class EndedLink(Exception):
    """Ours, and its time is over, or the person is no longer a contact."""


class TooOften(Exception):
    """More tries or acts than a minute allows."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a message went to. contact: None for a duty desk or a group's robot, behind which anybody may be, so that a name is asked for."""

    contact: Contact | None
    place: str

    @property
    def name(self) -> str:
        return "" if self.contact is None else self.contact.name


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens: the message, the person, and when it ends [µs]."""

    token: str
    message: LinkedMessage
    person: Person
    ends_at: int


class PerMinute:
    """How often something happened in the running minute, by name; bounded, the oldest names are forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def count(self, name: str, now: int) -> None:
        """TooOften once it is over what a minute allows."""
        minute = now // MINUTE_US
        with self._lock:
            since, so_far = self._held.pop(name, (minute, 0))
            so_far = so_far + 1 if since == minute else 1
            self._held[name] = (minute, so_far)
            while len(self._held) > MAX_COUNTED:
                del self._held[next(iter(self._held))]
        if so_far > self._most:
            raise TooOften


class Doorkeeper:
    """Opens links. A right link is never held up by the wrong ones of others: only wrong ones are counted."""

    def __init__(self, deps: Dependencies, limits: LinkLimits | None = None) -> None:
        self._deps = deps
        self._limits = limits or link_limits()
        self._wrong = PerMinute(self._limits.wrong_per_min)
        self._acts = PerMinute(self._limits.acts_per_min)

    def open(self, request: Request, token: str, registry: Registry) -> Opened:
        """WrongLink, EndedLink, or TooOften when this address tried too many wrong ones."""
        now = self._deps.clock()
        message = self._message(token)
        if message is None:
            self._wrong.count(address_of(request), now)
            raise WrongLink
        ends_at = self._limits.ends_at(message.light, message.created_at)
        person = person_of(message.recipient, registry)
        if now >= ends_at or person is None:
            raise EndedLink
        return Opened(token, message, person, ends_at)

    def act(self, request: Request, token: str, registry: Registry) -> Opened:
        """As open, for something that changes: NotOurs from a foreign page, TooOften when the link is used too often."""
        refuse_foreign(request)
        opened = self.open(request, token, registry)
        self._acts.count(str(opened.message.id), self._deps.clock())
        return opened

    def _message(self, token: str) -> LinkedMessage | None:
        if self._deps.links is None or self._deps.linked is None:
            return None
        try:
            return self._deps.linked.find(self._deps.links.key_of(token))
        except Refused:
            return None


def person_of(recipient: str, registry: Registry) -> Person | None:
    """None for a contact that was removed, which ends the link."""
    contact = registry.contacts.get(recipient)
    if contact is not None:
        place = registry.departments.get(contact.of) or registry.entities.get(contact.of)
        return Person(contact, place.name_cn if place is not None else "")
    if recipient == DUTY:
        return Person(None, "值班室")
    group = registry.departments.get(recipient) or registry.entities.get(recipient)
    return None if group is None else Person(None, group.name_cn)


def address_of(request: Request) -> str:
    """The caller's address; of IPv6 its network, as one subscriber has all of it."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else host


def refuse_foreign(request: Request) -> None:
    """NotOurs when the browser says that a foreign page sent this. Old web views of chat programs say nothing; they know the token, which no foreign
    page does, and it is the credential."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise NotOurs
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise NotOurs


def owners_of(deps: Dependencies, registry: Registry, alert: AlertRecord) -> list[str]:
    """Who answers for the matter: the departments by the plan, then the unit itself."""
    entity = registry.entities.get(alert.entity)
    places = () if entity is None else tuple(p for p in (entity.region_id, entity.park_id) if p)
    return [*(d.id for d in deps.plan.departments_for(alert.rule, alert.entity, *places)), alert.entity]


def near(contact: Contact | None, owners: Sequence[str], registry: Registry) -> list[tuple[str, list[Contact]]]:
    """Whom one may forward to, by the name of where they belong: colleagues first, then those who answer for the matter, then every department; an
    enterprise's own people see no further than those who answer."""
    mine = [] if contact is None else [contact.of]
    is_inside = contact is not None and contact.of in registry.entities
    order = dict.fromkeys([*mine, *owners, *(() if is_inside else registry.departments)])
    found = []
    for owner in order:
        place = registry.departments.get(owner) or registry.entities.get(owner)
        people = [c for c in registry.contacts.values() if c.of == owner and c != contact]
        if place is not None and people:
            found.append((place.name_cn, people))
    return found
