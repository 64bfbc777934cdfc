"""Contacts and where they are told: channel, address, from which light on."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.deps import Deps, Routing
from api.meter_facts import author
from api.problems import Fault, bad_request, documented, not_found
from api.routing_shapes import AddressesAnswer, AddressOrder, AddressShape, EndOrder, address_shape
from api.security import Admin, ReaderView
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import Problems
from tricolor.domain.lights import Light
from tricolor.domain.roster import Address

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/v1/addresses", summary="Addresses of contacts; who has none is told in the inbox of the page")
def addresses(
    view: ReaderView,
    routing: Routing,
    contact: Annotated[str, Query(max_length=128, description="only of this contact")] = "",
    history: Annotated[bool, Query(description="also what no longer counts")] = False,
) -> AddressesAnswer:
    """A key bound to an entity sees the entity's own contacts; numbers are shown in part unless the key is an administrator's."""
    own = {c.id for c in view.registry.contacts.values() if not view.is_bound or c.of in view}
    if contact and contact not in own:
        raise not_found(f"没有联系人 {contact}", f"there is no contact {contact!r}")
    found = [k for k in routing.addresses.history(contact) if (history or k.ended_at is None) and (not view.is_bound or k.entry.contact in own)]
    is_whole = view.caller.kind is KeyKind.ADMIN
    return AddressesAnswer(addresses=[address_shape(k, is_whole) for k in found])


@router.post("/v1/contacts/{contact}/addresses", status_code=201, summary="Enter or change an address; the same twice changes nothing")
def put(
    contact: Annotated[str, Path(max_length=128)], caller: Admin, deps: Deps, routing: Routing, order: Annotated[AddressOrder, Body()]
) -> AddressShape:
    wanted = Address(contact, order.channel, order.address, Light(order.from_light), order.is_on, order.order)
    wrong = ("", "") if deps.ways is None or not order.is_on else deps.ways.fault(order.channel, order.address)
    if wrong[0]:
        raise bad_request([Fault("channel", *wrong)])
    try:
        return address_shape(routing.addresses.put(wanted, author(caller.key_id, order.by), deps.clock()), is_whole=True)
    except Problems as error:
        raise bad_request([Fault("address", *_split(text)) for text in error.problems]) from None


@router.post("/v1/addresses/{address}/end", summary="End an address; the record stays. Twice changes nothing")
def end(address: Id, caller: Admin, deps: Deps, routing: Routing, order: Annotated[EndOrder | None, Body()] = None) -> AddressShape:
    gone = routing.addresses.remove(address, author(caller.key_id, order.by if order else ""), deps.clock())
    return address_shape(gone, is_whole=True)


def _split(text: str) -> tuple[str, str]:
    zh, _, en = text.partition(" · ")
    return zh, en or zh
