"""What each page of the wallboard shows: frozen view-models, made from the ports and rendered by templates that know nothing else.

Texts are already in the reader's language; numbers stay numbers (the templates' filters print them); times are µs UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from api.board_network import HeatPart
from api.board_views_emissions import EmissionsPart
from api.board_views_quality import QualityPart
from tricolor.analysis.read_difference import ReadDifference
from tricolor.domain.lights import Light
from tricolor.domain.meters import Point

LIGHT_ORDER: tuple[Light, ...] = (Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN, Light.GREY)


@dataclass(frozen=True, slots=True)
class Page:
    """What every page carries. tab: which navigation entry is current; here: path and query of this page; notice: a line after an action."""

    title: str
    tab: str
    here: str
    city: str
    now: int
    plan_name: str
    plan_status: str
    plan_is_illustrative: bool
    version: str
    open_alerts: int
    unread: int
    lights: Mapping[str, str] = field(default_factory=dict)  # entity id -> light, for the announcer
    names: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    open_items: int = 0
    can_leave: bool = False  # a session is open: show "sign out"
    blocks: tuple[str, ...] = ()  # parts of the page that are refreshed in place
    alarms: int = 0  # of the platform itself, for those who run it


@dataclass(frozen=True, slots=True)
class Count:
    """How many units show a light; fresh: how many of them took it within the last 24 hours."""

    light: Light
    units: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Handling:
    """Whether somebody is on it: the open alert behind a light."""

    alert_id: int
    is_acked: bool
    acked_by: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict in the reader's words. name: rule and indicator."""

    rule: str
    indicator: str
    name: str
    light: Light
    value: float | None
    limit: float | None
    unit: str
    reason: str
    period: str
    since: int | None
    judged_at: int | None
    coverage: float | None
    evidence: tuple[tuple[str, str], ...] = ()
    is_binding: bool = True  # counts in the unit's light


@dataclass(frozen=True, slots=True)
class Folded:
    """Verdicts of one rule that are folded away; counts: by light, the worst light first."""

    judged: tuple[Judged, ...]
    counts: tuple[tuple[Light, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A supervised unit with its overall light and the worst reason. since: when that light began."""

    id: str
    kind: str
    name: str
    place: str
    place_id: str
    industry: str
    is_key_user: bool
    light: Light
    reason: str
    since: int | None
    judged: tuple[Judged, ...]
    handling: Handling | None
    is_two_high: bool = False

    def target(self, indicator: str) -> Judged | None:
        return next((j for j in self.judged if j.rule == "pace" and j.indicator == indicator), None)

    @property
    def shown(self) -> tuple[Judged, ...]:
        """What stands open on the unit's page; the rest is folded: dozens of indicators, and forecasts, which have a part of their own."""
        return tuple(j for j in self.judged if j.rule not in ("indicator", "forecast"))

    def folded(self, rule: str) -> Folded:
        """The verdicts of a rule, the worst first, and how many there are of each light."""
        mine = tuple(j for j in self.judged if j.rule == rule)
        return Folded(mine, tuple((x, n) for x in LIGHT_ORDER if (n := sum(j.light is x for j in mine))))

    @property
    def expected(self) -> Light | None:
        """The light that the year is expected to end in; None where there is no forecast."""
        found = next((j.light for j in self.judged if j.rule == "forecast" and j.indicator == "basic"), None)
        return None if found is Light.GREY else found


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in a list."""

    id: int
    entity_id: str
    entity: str
    place: str
    rule: str
    light: Light
    is_open: bool
    is_stale: bool
    is_acked: bool
    acked_by: str
    reason: str
    since: int  # when this level began
    opened_at: int
    changed_at: int
    resolved_at: int | None
    rule_id: str = ""


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The worst open alert of a unit, and how many more it has."""

    worst: AlertLine
    more: int


@dataclass(frozen=True, slots=True)
class Health:
    """The data health strip; counts in readings, unwritten in messages. None: not known."""

    received: int
    stored: int
    duplicate: int
    quarantined: int
    unwritten: int
    unsettled: int
    last_reading_at: int | None
    points: int
    silent_points: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page. state: "ready", "no_registry", "no_readings" or "no_verdicts" (what is missing)."""

    state: str
    counts: tuple[Count, ...]
    city: Unit | None
    areas: tuple[Unit, ...]
    parks: tuple[Unit, ...]
    networks: tuple[Unit, ...]
    enterprises: tuple[Unit, ...]  # the first ones, in the order asked for
    enterprises_total: int
    sort: str
    alerts: tuple[AlertGroup, ...]
    alerts_total: int
    unacked: int
    longest_red: Unit | None
    health: Health


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """Energy of one carrier and role over a period; None where nothing or no factor is known."""

    carrier: str
    role: str
    is_counted: bool  # towards the total
    amount: float | None
    unit: str
    tce_calorific: float | None
    tce_equivalent: float | None
    co2_t: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class PointLine:
    """A point in a list with its newest reading."""

    id: str
    name: str
    meter: str
    carrier: str
    role: str
    kind: str
    unit: str
    last_at: int | None
    last_value: float | None


@dataclass(frozen=True, slots=True)
class EntityPage:
    """One supervised unit. months, week, intensity: drawn charts (None: nothing to draw); carriers: of the year to date, with their total."""

    unit: Unit
    crumbs: tuple[tuple[str, str], ...]
    product: str
    months: Markup | None
    month_rows: tuple["MonthRow", ...]
    week: Markup | None
    intensity: Markup | None
    intensity_months: Markup | None
    intensity_note: str
    carriers: tuple[CarrierRow, ...]
    total: CarrierRow | None
    carriers_period: str
    members: tuple[Unit, ...]
    points: tuple[PointLine, ...]
    alerts: tuple[AlertLine, ...]
    quality: QualityPart | None = None
    heat: HeatPart | None = None
    open_items: int = 0
    emissions: EmissionsPart | None = None
    exclusions: object = None  # gross, excluded, net (ExclusionsPart)
    intensities: tuple[object, ...] = ()  # IntensityLine
    permits: object = None  # of its outlets (PermitsPart)
    budget: object = None  # of the year (BudgetPart)
    forecast: object = None  # to the year's end (ForecastPart)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month as numbers, for the table under its chart [tce, equal-value]."""

    month: str
    this_year: float | None
    last_year: float | None
    coverage: float | None
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class ReadingLine:
    at: int
    value: float
    quality: str
    received_at: int


@dataclass(frozen=True, slots=True)
class CellLine:
    """A 15-minute cell. amount: None where nothing is known."""

    start: int
    end: int
    amount: float | None
    coverage: float
    flags: tuple[str, ...]
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class MonthRead:
    """A month of a register: what its cells add up to, and what its bill says."""

    month: str
    clock_difference: float | None
    read: ReadDifference


@dataclass(frozen=True, slots=True)
class PointPage:
    point: Point
    name: str
    meter: str
    carrier: str
    crumbs: tuple[tuple[str, str], ...]
    plate: tuple[tuple[str, str], ...]
    readings: tuple[ReadingLine, ...]
    day: Markup | None
    day_label: str
    cells: tuple[CellLine, ...]
    facts: object = None  # what was declared of it (FactsPart)
    quality: QualityPart | None = None
    months: tuple[MonthRead, ...] = ()  # of a register, the latest first


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of an alert's timeline."""

    at: int
    why: str
    light: Light
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A message that went (or is to go) to somebody about an alert."""

    at: int
    recipient: str
    channel: str
    why: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One alert on a phone or a desk. who: suggested name for the acknowledgement."""

    alert: AlertLine
    steps: tuple[Step, ...]
    deliveries: tuple[DeliveryLine, ...]
    judged: Judged | None
    contacts: tuple[str, ...]
    who: str
    from_inbox: bool


@dataclass(frozen=True, slots=True)
class AlertsPage:
    state: str
    alerts: tuple[AlertLine, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    alert_id: int
    to: str
    title: str
    text: str
    why: str
    light: Light
    at: int
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    id: str
    name: str
    role: str
    unread: int
    messages: int


@dataclass(frozen=True, slots=True)
class InboxPage:
    """The built-in phone. chosen: the recipient whose messages are shown, "" for everyone's."""

    recipients: tuple[Recipient, ...]
    chosen: str
    messages: tuple[Message, ...]
    more: int = 0  # older ones, not shown
    show: int = 0  # how many were asked for
