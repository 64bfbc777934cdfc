"""View-models of the wallboard's alerts: the list with its filters, and one alert with everything that is known of its way to people."""

from collections.abc import Sequence
from urllib.parse import urlencode

from api.alert_filters import HANDLINGS, LEVELS, STATES, Asked, chosen, wanted_by
from api.alert_next import ahead_of
from api.alert_words import moment_words, muted_words
from api.board_desk import Desk
from api.board_facts import MAX_OPEN_ALERTS, Snapshot, alert_line, judged_line, sorted_alerts
from api.board_pages import contact_name
from api.board_views_alerts import AlertsList, Choices, HeldLine, NextStep, OneAlert, SentLine, StepLine
from api.board_words import CHANNELS, RULES, WHYS, Words
from api.board_words import STATES as MESSAGE_STATES
from api.board_words_alerts import CONDITIONS, NOTICE_STATES
from api.deps import Dependencies
from api.phone_access import near
from api.phone_evidence import evidence
from tricolor.catalogue.alert_policies import policies_of
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.alert_policy import IMMEDIATE
from tricolor.domain.alerts import Why
from tricolor.domain.entities import AREAS
from tricolor.domain.errors import NotFound
from tricolor.domain.lights import Light
from tricolor.domain.notices import NoticeRow
from tricolor.ports import AlertMoment, AlertRecord, Delivery
from tricolor.ports_delivery import DeliveryRecord

PAGE_ROWS = 50
MAX_PAGE = 200
DEEDS = frozenset({Why.COMMENTED.value, Why.FORWARDED.value, Why.CLOSED.value, Why.ACKED.value})
BAD = frozenset({"dead", "undelivered"})
ENDED = frozenset({"waiting", "muted", "superseded", "dropped"})


def asked_in(query: dict[str, str]) -> Asked:
    """What a page's address asks for; what is not known is left out."""
    return Asked(
        chosen(query.get("state", ""), STATES, "open"), chosen(query.get("level", ""), LEVELS), query.get("rule", "")[:64],
        query.get("area", "")[:128], query.get("entity", "")[:128], query.get("department", "")[:128],
        chosen(query.get("handling", ""), HANDLINGS), query.get("muted") == "1", query.get("stale") == "1",
    )  # fmt: skip


def query_of(asked: Asked, **more: object) -> str:
    """The same question as an address."""
    pairs = {
        "state": "" if asked.state == "open" else asked.state, "level": asked.level, "rule": asked.rule, "area": asked.area, "entity": asked.entity,
        "department": asked.department, "handling": asked.handling, "muted": "1" if asked.is_muted else "", "stale": "1" if asked.is_stale else "",
        **{name: str(value) for name, value in more.items()},
    }  # fmt: skip
    return "/alerts?" + urlencode({name: value for name, value in pairs.items() if value}) if any(pairs.values()) else "/alerts"


def alerts_list(deps: Dependencies, snapshot: Snapshot, t: Words, asked: Asked, page: int) -> AlertsList:
    """Open ones by urgency; others the newest first, which is by page too."""
    choices = choices_of(snapshot, t)
    if deps.alert_pages is None:
        return AlertsList("open", sorted_alerts(snapshot.open_alerts, snapshot, t), asked, choices, len(snapshot.open_alerts))
    if asked.is_plain and page == 1 and len(snapshot.open_alerts) < MAX_OPEN_ALERTS:
        lines = sorted_alerts(snapshot.open_alerts, snapshot, t)
        return AlertsList("open", lines, asked, choices, len(lines))
    if any(each and each not in snapshot.view for each in (asked.area, asked.entity)):
        raise NotFound(f"entity {asked.area or asked.entity}")
    wanted = wanted_by(snapshot.view, asked)
    offset = (page - 1) * PAGE_ROWS
    total = deps.alert_pages.count(wanted)
    found = deps.alert_pages.urgent(wanted, PAGE_ROWS, offset)
    snapshot.standing.fetch({a.entity for a in found})
    return AlertsList(
        asked.state, tuple(alert_line(a, snapshot, t) for a in found), asked, choices, total,
        query_of(asked, page=page - 1) if page > 1 else "", query_of(asked, page=page + 1) if offset + len(found) < total else "",
    )  # fmt: skip


def choices_of(snapshot: Snapshot, t: Words) -> Choices:
    entities = sorted((e for e in snapshot.registry.entities.values() if e.kind in AREAS), key=lambda e: (e.order, e.id))
    return Choices(
        tuple((rule, t(*words)) for rule, words in RULES.items()),
        tuple((e.id, t(e.name_cn, e.name_en)) for e in entities),
        tuple((d.id, t(d.name_cn, d.name_en)) for d in snapshot.registry.departments.values()),
    )


def one_alert(
    desk: Desk, snapshot: Snapshot, alert_id: int, t: Words, *, who: str, from_inbox: bool, form: str = "",
    entered: dict[str, str] | None = None, faults: Sequence[str] = (),
) -> OneAlert:  # fmt: skip
    """NotFound when it is not the reader's to see."""
    deps = desk.deps
    alert, moments = deps.alerts.get(alert_id)
    if snapshot.view.is_bound and alert.entity not in snapshot.view:
        raise NotFound(f"alert {alert.id}")
    registry = snapshot.registry
    current = next((s for s in snapshot.standing.get(alert.entity, ()) if s.verdict.fingerprint == alert.fingerprint), None)
    entity = registry.entities.get(alert.entity)
    places = () if entity is None else tuple(p for p in (entity.region_id, entity.park_id) if p)
    owners = [d.id for d in deps.plan.departments_for(alert.rule, alert.entity, *places)]
    people = near(None, [*owners, alert.entity], registry)
    sent, held = _way(desk, snapshot, alert_id, t)
    told = [c.name for _, mine in people[:3] for c in mine]
    return OneAlert(
        alert_line(alert, snapshot, t), t.pair(CONDITIONS, alert.condition), _name(snapshot, alert.assignee), alert.closed_reason,
        tuple(_step(m, snapshot, t) for m in moments), _ahead(deps, alert, moments, snapshot.now, t), sent, held,
        judged_line(current, t, registry) if current else None,
        evidence(deps, registry, alert, current.verdict if current else None, snapshot.now, t), tuple(dict.fromkeys(told))[:20],
        tuple((place, tuple((c.id, f"{c.name} {c.role}".strip()) for c in mine)) for place, mine in people), who, from_inbox,
        snapshot.view.caller.kind is KeyKind.ADMIN, _silence_href(alert), form, entered or {},
        faults,
    )  # fmt: skip


def _name(snapshot: Snapshot, contact_id: str) -> str:
    contact = snapshot.registry.contacts.get(contact_id)
    return contact_id if contact is None else contact.name


def _ahead(deps: Dependencies, alert: AlertRecord, moments: Sequence[AlertMoment], now: int, t: Words) -> tuple[NextStep, ...]:
    return ahead_of(alert, moments, policies_of(deps.plan).get(alert.rule, IMMEDIATE), chain_of_plan(deps.plan), now, t)


def _step(moment: AlertMoment, snapshot: Snapshot, t: Words) -> StepLine:
    why, text = moment_words(moment, t, snapshot.registry)
    return StepLine(moment.at, why, Light(moment.light), text, moment.by, moment.why in DEEDS)


def _way(desk: Desk, snapshot: Snapshot, alert_id: int, t: Words) -> tuple[tuple[SentLine, ...], tuple[HeldLine, ...]]:
    """Messages with their attempts and receipts, and the notices that became none."""
    if desk.deps.deliveries is None:
        sent = desk.outbox.of_alert(alert_id) if desk.outbox else []
        return tuple(_plain_sent(d, snapshot, t) for d in sent), ()
    records, notices = desk.deps.deliveries.of_alert(alert_id)
    view = snapshot.view  # as the API has it: a bound reader sees what was told for its own people
    mine = [r for r in records if not view.is_bound or r.owner in view]
    held = [n for n in notices if n.state in ENDED and (not view.is_bound or n.notice.owner in view)]
    return tuple(sent_line(r, snapshot, t) for r in mine), tuple(_held(n, snapshot, t) for n in held)


def _plain_sent(delivery: Delivery, snapshot: Snapshot, t: Words) -> SentLine:
    tries = t(f"第 {delivery.attempts} 次", f"attempt {delivery.attempts}") if delivery.attempts > 1 else ""
    detail = delivery.detail if delivery.state in ("queued", *BAD) else ""
    said = " ".join(part for part in (tries, detail) if part)
    return SentLine(
        delivery.id, delivery.accepted_at or delivery.created_at, _whole_name(snapshot, delivery.recipient, t), t.pair(CHANNELS, delivery.channel),
        t.pair(WHYS, delivery.why), t.pair(MESSAGE_STATES, delivery.state), delivery.state in BAD, said,
    )  # fmt: skip


def _whole_name(snapshot: Snapshot, recipient: str, t: Words) -> str:
    return " ".join(contact_name(snapshot.registry, recipient, t)).strip()


def sent_line(record: DeliveryRecord, snapshot: Snapshot, t: Words) -> SentLine:
    parts = [muted_words(record.why_not, t)] if record.why_not else []
    if record.is_possible_repeat:
        parts.append(t("可能重复", "possibly a repeat"))
    if record.waits_for:
        parts.append(muted_words(record.waits_for, t))
    return SentLine(
        record.id, record.delivered_at or record.accepted_at or record.created_at, _whole_name(snapshot, record.recipient, t),
        t.pair(CHANNELS, record.channel), t.pair(WHYS, record.why), t.pair(MESSAGE_STATES, record.state), record.state in BAD,
        t("；", "; ").join(parts), _history(record, t),
    )  # fmt: skip


def _history(record: DeliveryRecord, t: Words) -> tuple[tuple[int, str], ...]:
    """Attempts and receipts, in the order of time."""
    found = [(a.at, (t("发送", "sent"), t.pair(RESULTS, a.result), a.code, "" if a.result == "accepted" else a.detail)) for a in record.attempts]
    for r in record.receipts:
        came = t("已送达", "delivered") if r.is_delivered else t("未送达", "not delivered")
        found.append((r.at, (t("回执", "receipt"), came, r.code, r.detail)))
    return tuple((at, " ".join(word for word in words if word)) for at, words in sorted(found))


def _silence_href(alert: AlertRecord) -> str:
    """The form of silences filled in so that it would hold this alert."""
    return "/silences?" + urlencode({"rule": alert.rule, "entity": alert.entity, "up_to": alert.level})


RESULTS = {"accepted": ("已受理", "accepted"), "retry": ("稍后重试", "to be retried"), "refused": ("被拒绝", "refused")}


def _held(row: NoticeRow, snapshot: Snapshot, t: Words) -> HeldLine:
    notice = row.notice
    why = row.why_not or notice.muted
    return HeldLine(
        row.created_at, _whole_name(snapshot, notice.to.recipient, t), t.pair(WHYS, notice.matter.why.value),
        t.pair(NOTICE_STATES, row.state), muted_words(why, t) if why else "",
    )  # fmt: skip
