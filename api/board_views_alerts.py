"""View-models of alerts, deliveries, silences, the roster and the platform's own alarms. Texts are in the reader's language, times µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.alert_filters import Asked
from api.board_views import AlertLine, Judged
from api.phone_charts import Drawn
from tricolor.domain.lights import Light

Option = tuple[str, str]  # value, words


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a list offer."""

    rules: tuple[Option, ...]
    areas: tuple[Option, ...]
    departments: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class AlertsList:
    """One page of alerts. state, alerts: as the live block takes them; newer, older: addresses of the pages beside it, "" for none."""

    state: str
    alerts: tuple[AlertLine, ...]
    asked: Asked
    choices: Choices
    total: int
    newer: str = ""
    older: str = ""
    next_before: int | None = None


@dataclass(frozen=True, slots=True)
class StepLine:
    """An entry of the timeline; is_deed: a person's, whose words the text is."""

    at: int
    why: str
    light: Light
    text: str
    by: str
    is_deed: bool


@dataclass(frozen=True, slots=True)
class SentLine:
    """A message about the alert: how far it came, with its attempts and receipts in words."""

    id: int
    at: int
    recipient: str
    channel: str
    why: str
    state: str
    is_bad: bool
    detail: str
    history: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Somebody who was not told of a step, and why."""

    at: int
    recipient: str
    why: str
    state: str
    because: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """What time alone brings: the moment and what happens then."""

    at: int
    words: str


@dataclass(frozen=True, slots=True)
class OneAlert:
    """One alert on a desk. entered, faults: a form that was not taken; who: suggested name; may_act: the reader may change something."""

    alert: AlertLine
    condition: str
    assignee: str
    closed_reason: str
    steps: tuple[StepLine, ...]
    ahead: tuple[NextStep, ...]
    sent: tuple[SentLine, ...]
    held: tuple[HeldLine, ...]
    judged: Judged | None
    chart: Drawn | None
    contacts: tuple[str, ...]
    people: tuple[tuple[str, tuple[Option, ...]], ...]
    who: str
    from_inbox: bool
    may_act: bool
    silence_href: str
    form: str = ""
    entered: dict[str, str] = field(default_factory=dict)
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SilenceLine:
    """A silence or window. what: the matcher in words; state: holds | to come | over."""

    id: int
    kind: str
    what: str
    start: int
    until: int
    author: str
    reason: str
    state: str
    ended: str


@dataclass(frozen=True, slots=True)
class SilencesPage:
    """lines: the newest first; caught: standing alerts that the form's matcher would mute now, None while it names nothing; entered: the form."""

    lines: tuple[SilenceLine, ...]
    is_all: bool
    older: str
    choices: Choices
    units: tuple[Option, ...]
    caught: tuple[AlertLine, ...] | None
    entered: dict[str, str]
    who: str
    may_act: bool
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class OnDutyLine:
    """Who of an owner is told now. how: why they are."""

    who: str
    names: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class DutyDay:
    """A day of the week shown. entries: (hours, name, role or note)."""

    label: str
    day: str
    kind: str
    is_today: bool
    entries: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class RosterOf:
    """One department (or unit) of the roster. quiet: its quiet hours in words; people: contacts with where they are told."""

    id: str
    name: str
    now: tuple[OnDutyLine, ...]
    days: tuple[DutyDay, ...]
    quiet: tuple[str, ...]
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RosterPage:
    owners: tuple[RosterOf, ...]
    choices: tuple[Option, ...]
    chosen: str
    first: str
    before: str
    after: str
    unknown_year: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message in the list. alert_id: the first it is about; may_retry: it was given up or not delivered."""

    sent: SentLine
    alert_id: int
    alerts: int
    title: str
    light: Light
    may_retry: bool


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    rows: tuple[DeliveryRow, ...]
    state: str
    channel: str
    states: tuple[Option, ...]
    channels: tuple[Option, ...]
    counts: tuple[tuple[str, str, int], ...]
    older: str
    may_act: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class AlarmLine:
    kind: str
    subject: str
    text: str
    raised_at: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    alarms: tuple[AlarmLine, ...]
