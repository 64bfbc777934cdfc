"""What the phone page shows: frozen view-models, made from the ports. Texts are in the reader's language, times µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.alert_words import moment_words
from api.board_facts import evidence_lines
from api.board_pages import contact_name
from api.board_words import CHANNELS, STATES, Words
from api.deps import Dependencies
from api.phone_access import Opened, Person, near, owners_of
from api.phone_charts import Drawn
from api.phone_evidence import evidence
from tricolor.domain.alerts import Why
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound
from tricolor.domain.lights import SEVERITY, Light, Verdict
from tricolor.ports import AlertMoment, AlertRecord, Delivery, Outbox

ANSWERS = frozenset({Why.ACKED.value, Why.COMMENTED.value, Why.FORWARDED.value, Why.CLOSED.value})
SHOWN_STEPS = 30


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who has a message about it, and how far the last one came."""

    name: str
    place: str
    how: str
    state: str
    at: int
    is_you: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of what happened since. light: of the alert then."""

    at: int
    why: str
    light: Light
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """An alert in a list."""

    id: int
    light: Light
    is_open: bool
    is_stale: bool
    is_acked: bool
    acked_by: str
    entity: str
    rule: str
    reason: str
    since: int
    resolved_at: int | None


@dataclass(frozen=True, slots=True)
class Matter:
    """One alert whole. numbers: actual, limit, period; closed_by: who ended it by hand, "" when it resolved by itself."""

    brief: Brief
    place: str
    numbers: tuple[tuple[str, str], ...]
    chart: Drawn | None
    basis: tuple[tuple[str, str], ...]
    told: tuple[Told, ...]
    steps: tuple[Line, ...]
    people: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class PhonePage:
    """token: of the link; matter: the one shown, None for the list; unacked: how many of the open ones nobody has."""

    token: str
    city: str
    person: Person
    ends_at: int
    now: int
    briefs: tuple[Brief, ...]
    matter: Matter | None
    unacked: int
    done: str
    fault: str
    typed: dict[str, str]
    who: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page is made from. found: the message's alerts that still are in the ledger."""

    registry: Registry
    found: tuple[tuple[AlertRecord, Sequence[AlertMoment]], ...]
    now: int


def facts_of(deps: Dependencies, registry: Registry, opened: Opened) -> Facts:
    found = []
    for alert_id in opened.message.alerts:
        try:
            found.append(deps.alerts.get(alert_id))
        except NotFound:
            continue  # kept no longer
    return Facts(registry, tuple(found), deps.clock())


def briefs_of(facts: Facts, verdicts: dict[str, Verdict], t: Words) -> tuple[Brief, ...]:
    """The worst first, nobody's before somebody's, the oldest first."""
    lines = [_brief(alert, moments, verdicts.get(alert.fingerprint), facts.registry, t) for alert, moments in facts.found]
    return tuple(sorted(lines, key=lambda b: (not b.is_open, -SEVERITY[b.light], b.is_acked, b.since, b.id)))


def standing_of(deps: Dependencies, facts: Facts) -> dict[str, Verdict]:
    entities = sorted({alert.entity for alert, _ in facts.found})
    standing = deps.lights.of_entities(entities) if deps.lights is not None else deps.verdicts.standing()
    return {s.verdict.fingerprint: s.verdict for s in standing}


def _brief(alert: AlertRecord, moments: Sequence[AlertMoment], verdict: Verdict | None, registry: Registry, t: Words) -> Brief:
    entity = registry.entities.get(alert.entity)
    is_open = alert.resolved_at is None
    says_it = is_open and verdict is not None and verdict.light.value == alert.level
    return Brief(
        alert.id, Light(alert.level) if is_open else Light.GREEN, is_open, alert.is_stale, alert.handling == "acked", alert.acked_by,
        alert.entity if entity is None else t(entity.name_cn, entity.name_en), t.rule(alert.rule),
        t(verdict.reason_zh, verdict.reason_en) if says_it and verdict is not None else t(alert.reason_zh, alert.reason_en),
        moments[0].at if moments else alert.opened_at, alert.resolved_at,
    )  # fmt: skip


def matter_of(
    deps: Dependencies, outbox: Outbox | None, facts: Facts, person: Person, brief: Brief, verdict: Verdict | None, t: Words
) -> Matter:  # fmt: skip
    alert, moments = next(each for each in facts.found if each[0].id == brief.id)
    registry = facts.registry
    entity = registry.entities.get(alert.entity)
    places = () if entity is None else tuple(p for p in (entity.region_id, entity.park_id) if p)
    people = near(person.contact, owners_of(deps, registry, alert), registry)
    deliveries = outbox.of_alert(alert.id) if outbox is not None else []
    return Matter(
        brief,
        "，".join(t(e.name_cn, e.name_en) for p in places if (e := registry.entities.get(p)) is not None),
        _numbers(verdict, t),
        evidence(deps, registry, alert, verdict, facts.now, t),
        () if verdict is None else evidence_lines(verdict.evidence, t, registry),
        _told(deliveries, registry, person, t),
        tuple(_line(m, t, registry) for m in moments[-SHOWN_STEPS:]),
        tuple((place, tuple((c.id, f"{c.name} {c.role}".strip()) for c in contacts)) for place, contacts in people),
    )


def _numbers(verdict: Verdict | None, t: Words) -> tuple[tuple[str, str], ...]:
    if verdict is None:
        return ()
    found = []
    if verdict.value is not None:
        found.append((t("实际", "actual"), t.quantity(verdict.value, verdict.unit)))
    if verdict.limit is not None:
        found.append((t("要求", "limit"), t.quantity(verdict.limit, verdict.unit)))
    return (*found, (t("时段", "period"), t.period(verdict.period)))


def _told(deliveries: Sequence[Delivery], registry: Registry, person: Person, t: Words) -> tuple[Told, ...]:
    """The last message to each person and channel, in the order first told."""
    last = {(d.recipient, d.channel): d for d in deliveries}
    return tuple(
        Told(
            *contact_name(registry, d.recipient, t), t.pair(CHANNELS, d.channel), t.pair(STATES, d.state), d.accepted_at or d.created_at,
            person.contact is not None and d.recipient == person.contact.id,
        )
        for d in last.values()
    )  # fmt: skip


def _line(moment: AlertMoment, t: Words, registry: Registry) -> Line:
    why, text = moment_words(moment, t, registry)
    return Line(moment.at, why, Light(moment.light), moment.by, text)
