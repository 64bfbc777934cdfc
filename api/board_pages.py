"""View-models of the overview, the alerts, the phone and the data page."""

from collections import Counter
from collections.abc import Iterable, Sequence

from api.board_facts import (
    SORTS,
    Snapshot,
    alert_line,
    alerts_of,
    bare_units,
    counts_of,
    grouped,
    health_of,
    judged_line,
    sorted_alerts,
    sorted_units,
    units_of,
)
from api.board_views import (
    AlertPage,
    AlertsPage,
    DeliveryLine,
    InboxPage,
    Message,
    Overview,
    Recipient,
    Step,
    Unit,
)
from api.board_views_data import DataPage, QuarantineLine, SourceLine
from api.board_words import CHANNELS, REJECTS, STATES, WHYS, Words
from api.broker_shapes import session_losses
from api.deps import Dependencies
from api.phone_inbox import seen_items, without_link
from api.routes.intake import sees_source
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.errors import NotFound
from tricolor.domain.lights import Light
from tricolor.ports import AlertMoment, AlertRecord, Delivery, InboxItem, QuarantineItem

PAGE_ROWS = 100
LISTED = (EntityKind.ENTERPRISE.value, EntityKind.BUILDING.value)
LISTED_ROWS = 200  # of the first page's list; the rest on demand
MESSAGE_ROWS = 40  # a phone on a slow network
FIRST_ALERTS = 6
MAX_MESSAGES = 500


def overview(snapshot: Snapshot, t: Words, sort: str, *, show_all: bool = False) -> Overview:
    """The lists of a large city begin with the worst; what is said is read of those that are shown."""
    bare = bare_units(snapshot, t)
    listed = sorted_units([u for u in bare if u.kind in LISTED], sort)
    shown = listed if show_all else listed[:LISTED_ROWS]
    units = units_of(snapshot, t, [u.id for u in (*(u for u in bare if u.kind not in LISTED), *shown)])
    alerts = sorted_alerts(snapshot.open_alerts, snapshot, t)
    reds = [u for u in bare if u.light is Light.RED and u.since is not None and u.kind != EntityKind.CITY]
    health = health_of(snapshot)
    return Overview(
        state=_state(snapshot, health.received),
        counts=counts_of(bare, snapshot.now, snapshot.has_orange),
        city=next((u for u in units.values() if u.kind == EntityKind.CITY), None),
        areas=_of_kind(units.values(), EntityKind.REGION),
        parks=_of_kind(units.values(), EntityKind.PARK),
        networks=_of_kind(units.values(), EntityKind.NETWORK),
        enterprises=tuple(units[u.id] for u in shown),
        enterprises_total=len(listed),
        sort=sort if sort in SORTS else "light",
        alerts=grouped(alerts)[:FIRST_ALERTS],
        alerts_total=len(alerts),
        unacked=sum(not a.is_acked for a in alerts),
        longest_red=min(reds, key=lambda u: u.since or 0, default=None),
        health=health,
    )


def _of_kind(units: Iterable[Unit], kind: EntityKind) -> tuple[Unit, ...]:
    return tuple(u for u in units if u.kind == kind)


def _state(snapshot: Snapshot, received: int) -> str:
    """What is missing for lights to be shown."""
    if not snapshot.registry.entities:
        return "no_registry"
    if not received and not snapshot.latest:
        return "no_readings"
    return "ready" if snapshot.standing else "no_verdicts"


def alerts_page(deps: Dependencies, snapshot: Snapshot, t: Words, state: str, before_id: int | None) -> AlertsPage:
    """Open alerts are ordered by urgency; the history is newest first."""
    if state == "open":
        return AlertsPage("open", sorted_alerts(snapshot.open_alerts, snapshot, t), None)
    found = alerts_of(deps, snapshot.view, "all", PAGE_ROWS + 1, before_id)
    shown = found[:PAGE_ROWS]
    return AlertsPage("all", tuple(alert_line(a, snapshot, t) for a in shown), shown[-1].id if len(found) > PAGE_ROWS else None)


def alert_page(
    snapshot: Snapshot, found: tuple[AlertRecord, Sequence[AlertMoment]], deliveries: Sequence[Delivery], t: Words, *, who: str, from_inbox: bool
) -> AlertPage:
    """One alert; NotFound when it is not the reader's to see."""
    alert, moments = found
    if snapshot.view.is_bound and alert.entity not in snapshot.view:
        raise NotFound(f"alert {alert.id}")
    standing = snapshot.standing.get(alert.entity, ())
    current = next((s for s in standing if s.verdict.fingerprint == alert.fingerprint), None)
    contacts = snapshot.registry.contacts
    return AlertPage(
        alert=alert_line(alert, snapshot, t),
        steps=tuple(Step(m.at, t.pair(WHYS, m.why), Light(m.light), t(m.text_zh, m.text_en), m.by) for m in moments),
        deliveries=tuple(_delivery_line(d, snapshot.registry, t) for d in deliveries),
        judged=judged_line(current, t, snapshot.registry) if current else None,
        contacts=tuple(dict.fromkeys(contacts[d.recipient].name for d in deliveries if d.recipient in contacts)),
        who=who,
        from_inbox=from_inbox,
    )


def _delivery_line(delivery: Delivery, registry: Registry, t: Words) -> DeliveryLine:
    tries = t(f"第 {delivery.attempts} 次", f"attempt {delivery.attempts}") if delivery.attempts > 1 else ""
    failure = delivery.detail if delivery.state != "accepted" else ""
    return DeliveryLine(
        at=delivery.accepted_at or delivery.created_at,
        recipient=" ".join(contact_name(registry, delivery.recipient, t)).strip(),
        channel=t.pair(CHANNELS, delivery.channel),
        why=t.pair(WHYS, delivery.why),
        state=t.pair(STATES, delivery.state),
        detail=" ".join(part for part in (tries, failure) if part),
    )


def contact_name(registry: Registry, recipient: str, t: Words) -> tuple[str, str]:
    """Name of a recipient, and the department or unit they belong to."""
    contact = registry.contacts.get(recipient)
    if contact is None:
        return t.pair(CHANNELS, recipient), ""
    department, entity = registry.departments.get(contact.of), registry.entities.get(contact.of)
    of = department or entity
    return contact.name, t(of.name_cn, of.name_en) if of else ""


def messages_of(deps: Dependencies, snapshot: Snapshot) -> list[InboxItem]:
    """Messages of the built-in phone that the reader may see, newest first."""
    contacts = list(snapshot.registry.contacts) if snapshot.view.is_bound else []
    if snapshot.view.is_bound and not contacts:
        return []
    return seen_items(deps.inbox.page(contacts, MAX_MESSAGES, None), snapshot.view)


def inbox_page(snapshot: Snapshot, items: Sequence[InboxItem], t: Words, chosen: str, show: int = MESSAGE_ROWS) -> InboxPage:
    """show: how many messages; at least MESSAGE_ROWS."""
    total, unread = Counter(i.recipient for i in items), Counter(i.recipient for i in items if i.read_at is None)

    recipients = [Recipient(r, *contact_name(snapshot.registry, r, t), unread[r], total[r]) for r in total]
    messages = [
        Message(
            i.id,
            i.alert_id,
            " ".join(contact_name(snapshot.registry, i.recipient, t)).strip(),
            i.title,
            said(without_link(i.text), t),
            t.pair(WHYS, i.why),
            Light(i.light),
            i.at,
            i.read_at is None,
        )
        for i in items
        if chosen in ("", i.recipient)
    ]
    rows = min(max(show, MESSAGE_ROWS), MAX_MESSAGES)
    people = tuple(sorted(recipients, key=lambda r: (-r.unread, r.name)))
    return InboxPage(people, chosen if chosen in total else "", tuple(messages[:rows]), max(len(messages) - rows, 0), rows)


def said(text: str, t: Words) -> str:
    """The reason in the reader's language out of a whole message; another kind of text as it is."""
    lines = text.split("\n")
    return t(lines[1], lines[2]) if len(lines) == 4 and "(UTC+8)" in lines[3] else text


def data_page(deps: Dependencies, snapshot: Snapshot, t: Words, before_id: int | None) -> DataPage:
    found = _quarantine(deps, snapshot, before_id)
    shown = found[:PAGE_ROWS]
    sources = tuple(
        SourceLine(c.source, c.received, c.stored, c.duplicate, c.quarantined, s.unwritten, s.unsettled, _sender(c.source, snapshot.registry, t))
        for s in snapshot.sources
        for c in (s.counts,)
    )
    lines = tuple(
        QuarantineLine(q.id, q.received_at, q.source, q.point, t.pair(REJECTS, str(q.reason)), str(q.reason), q.detail, q.raw_bytes) for q in shown
    )
    before = shown[-1].id if len(found) > PAGE_ROWS else None
    return DataPage(health_of(snapshot), sources, lines, before, tuple(session_losses(deps)))


def _sender(source: str, registry: Registry, t: Words) -> str:
    """The unit that a source belongs to (protocol:unit/gateway); empty where the registry knows none."""
    found = registry.entities.get(source.partition(":")[2].partition("/")[0])
    return t(found.name_cn, found.name_en) if found else ""


def _quarantine(deps: Dependencies, snapshot: Snapshot, before_id: int | None) -> list[QuarantineItem]:
    sources: list[str] = []
    if snapshot.view.is_bound:
        sees = sees_source(snapshot.view, deps)
        sources = [s.counts.source for s in snapshot.sources if sees(s.counts.source)]
        if not sources:
            return []
    return deps.quarantine.page("", sources, PAGE_ROWS + 1, before_id)
