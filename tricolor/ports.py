"""The ports: what the services need of the outside, in our own words. Each has at most five verbs; adapters implement them, tests fake them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.access import Key, KeyKind
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity
from tricolor.domain.alerts import Step as AlertStep
from tricolor.domain.delivery import Failed, MessageState
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.intake import DirtySpans as DirtySpans
from tricolor.domain.intake import Outcome as Outcome
from tricolor.domain.intake import Quarantined as Quarantined
from tricolor.domain.intake import SeenNumbers as SeenNumbers
from tricolor.domain.intake import SourceCounts as SourceCounts
from tricolor.domain.intake import SourceFigures as SourceFigures
from tricolor.domain.intake import Superseded as Superseded
from tricolor.domain.intake import WorkerLag as WorkerLag
from tricolor.domain.intervals import Interval
from tricolor.domain.lights import Verdict
from tricolor.domain.readings import Decoded, Frame, ReadingBatch


class Codec(Protocol):
    """Turns the bytes of one protocol into readings; raises Unreadable when nothing of the message can be used."""

    def decode(self, frame: Frame) -> Decoded: ...


class Source(Protocol):
    """A transport that delivers frames and can be told that they are safe."""

    def start(self, accept: Callable[[Frame], None]) -> None: ...
    def stop(self) -> None: ...


class Spool(Protocol):
    """Durable queue of frames between the acknowledgement and the store."""

    def append(self, frames: Sequence[Frame]) -> int:
        """Commit and fsync; the seq of the last frame. TryAgain when the disk is full or the bound is reached."""
        ...

    def after(self, seq: int, limit_bytes: int) -> list[Frame]: ...
    def decide(self, last_seq: int, outcome: bytes) -> None:
        """Note what the frames up to last_seq come to, before it is carried out."""
        ...

    def decided(self) -> tuple[int, bytes] | None: ...
    def release(self, up_to_seq: int) -> None: ...


class ReadingStore(Protocol):
    """Readings by point and time; one value per (point, at), the later seq wins."""

    def put(self, batch: ReadingBatch) -> None:
        """All or nothing and idempotent; TryAgain when down or busy; RowsRefused when all is stored but what will never be taken."""
        ...

    def read(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Sorted by (point, at), one row per instant."""
        ...

    def around(self, points: Sequence[int], span: Interval) -> ReadingBatch:
        """Like read, and beside it the nearest reading of each point before the span and the nearest after it, neither bad nor of a calibration."""
        ...

    def latest(self) -> Mapping[int, int]:
        """Time [µs] of the newest reading of every point."""
        ...


class EnergyStore(Protocol):
    """Settled 15-minute cells."""

    def replace(self, spans: Sequence[tuple[int, Interval]], cells: EnergyCells) -> None:
        """For each (point, span): the stored cells whose start lies in the span become those among `cells` (columns of all the points).
        ValueError when a cell lies in no span or comes twice; TryAgain when the store is down."""
        ...

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        """Sorted by (point, start)."""
        ...


class RegistryBook(Protocol):
    """The registry in the ledger."""

    def load(self) -> Registry: ...
    def version(self) -> int: ...


class IntakeLedger(Protocol):
    """Counts, quarantine, superseded readings and dirty spans."""

    def apply(self, outcome: Outcome) -> None:
        """All or nothing; an outcome already applied changes nothing."""
        ...

    def applied(self, worker: str) -> int:
        """The last spool position of the worker whose outcome was applied; 0 when none."""
        ...

    def counts(self) -> list[SourceCounts]: ...
    def put_pending(
        self, worker: str, pending: Mapping[str, int], oldest_at: Mapping[str, int] | int | None, lag: WorkerLag | None = None
    ) -> None: ...


class SettleLedger(Protocol):
    """The work list of settling and the accounts it leads to."""

    def dirty(self, limit: int) -> list[DirtySpans]: ...
    def settled(self, ids: Sequence[int]) -> None: ...
    def put_accounts(self, days: Sequence[tuple[str, str]], accounts: Sequence[DayAccount]) -> None:
        """The accounts of these (entity, day) become exactly these."""
        ...

    def accounts(self, entities: Sequence[str], first_day: str, last_day: str) -> list[DayAccount]: ...


class MeterFactsBook(Protocol):
    """Declared meter exchanges and multiplier changes that are in force."""

    def load(self) -> MeterFacts: ...
    def version(self) -> int:
        """Rises with every declaration and every revocation."""
        ...


class ActivityBook(Protocol):
    """Submitted activity figures; every revision is kept, the last one counts."""

    def submit(self, figures: Sequence[Activity]) -> list[Activity]: ...
    def current(self, entities: Sequence[str]) -> list[Activity]: ...
    def version(self) -> int: ...


class VerdictBook(Protocol):
    """Verdicts: the current one per fingerprint, and every earlier one."""

    def put(self, verdicts: Sequence[Verdict], judged_at: int) -> None: ...
    def current(self) -> list[Verdict]: ...
    def standing(self) -> list["StandingVerdict"]:
        """The current verdicts with their times, ordered by (entity, rule, indicator)."""
        ...


@dataclass(frozen=True, slots=True)
class StandingVerdict:
    """A current verdict. since [µs]: when its light began; judged_at [µs]: when it was last judged."""

    verdict: Verdict
    since: int
    judged_at: int


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert as people see it. level: yellow|orange|red; condition: pending|firing|recovering|resolved; handling: unacked|acked; assignee: to whom
    it was forwarded; escalation: steps done while nobody answered; closed_reason: of a person who ended it; times [µs]."""

    id: int
    fingerprint: str
    entity: str
    rule: str
    indicator: str
    level: str
    condition: str
    is_stale: bool
    handling: str
    acked_by: str
    opened_at: int
    changed_at: int
    resolved_at: int | None
    reason_zh: str
    reason_en: str
    acked_at: int | None = None
    assignee: str = ""
    escalation: int = 0
    closed_reason: str = ""


@dataclass(frozen=True, slots=True)
class AlertMoment:
    """One entry of an alert's timeline. why: Why of domain/alerts.py; by: the person whose deed or words it is; to: to whom it was forwarded; step:
    of the escalation; at [µs]."""

    at: int
    why: str
    light: str
    text_zh: str
    text_en: str
    by: str
    to: str = ""
    step: int = 0


class AlertBook(Protocol):
    """Alerts as the API and the wallboard read and acknowledge them."""

    def page(self, state: str, entities: Sequence[str], limit: int, before_id: int | None) -> list[AlertRecord]:
        """Newest first. state: "open" (firing or recovering) or "all" that people were told of; entities empty: of every one; before_id: only ids
        below it."""
        ...

    def get(self, alert_id: int) -> tuple[AlertRecord, list[AlertMoment]]:
        """The alert and its timeline, oldest first; NotFound."""
        ...

    def acknowledge(self, alert_id: int, who: str, at: int) -> AlertRecord:
        """The alert as it is afterwards; acknowledging twice changes nothing; NotFound; Refused when it is resolved."""
        ...


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One message on the built-in phone. recipient: a contact's id; at, read_at [µs]."""

    id: int
    alert_id: int
    recipient: str
    title: str
    text: str
    why: str
    light: str
    at: int
    read_at: int | None
    units: tuple[str, ...] = ()  # of the alerts that it tells of; "" for one that is kept no longer


class InboxBook(Protocol):
    """The built-in phone inbox."""

    def page(self, recipients: Sequence[str], limit: int, before_id: int | None) -> list[InboxItem]:
        """Newest first; recipients empty means everyone's."""
        ...

    def mark_read(self, message_id: int, at: int) -> InboxItem:
        """The message as it is afterwards; the first reading counts; NotFound."""
        ...


class KeyBook(Protocol):
    """API keys; only digests are stored."""

    def create(self, kind: KeyKind, enterprise: str, label: str, at: int) -> tuple[Key, str]:
        """The key and its token, which is shown this once."""
        ...

    def find(self, token: str) -> Key | None:
        """The key in force behind a token; None when unknown or revoked."""
        ...

    def list(self) -> "list[Key]": ...
    def revoke(self, key_id: str, at: int) -> Key:
        """NotFound when there is no such key; revoking twice keeps the first time."""
        ...


@dataclass(frozen=True, slots=True)
class QuarantineItem:
    """One entry of the quarantine. index: place in the message, -1 for the whole; raw_bytes: size of the kept bytes; received_at [µs];
    state: held | queued (for a replay) | replayed."""

    id: int
    received_at: int
    source: str
    topic: str
    content_type: str
    index: int
    point: str
    reason: str
    detail: str
    raw_bytes: int
    state: str = "held"


class QuarantineBook(Protocol):
    """What could not be used, with its reason and its bytes."""

    def page(
        self, reason: str, sources: Sequence[str], limit: int, before_id: int | None, since: int | None = None, state: str = ""
    ) -> list[QuarantineItem]:
        """Newest first; reason "", state "" and sources empty for every one; since [µs]: received then or later."""
        ...

    def raw(self, item_id: int) -> tuple[QuarantineItem, bytes]:
        """The entry and the bytes as they came; NotFound."""
        ...


class LedgerFigures(Protocol):
    """Counts of the ledger for /v1/ingest/ledger, /metrics and /readyz."""

    def sources(self) -> list[SourceFigures]: ...
    def workers(self) -> list[WorkerLag]: ...
    def open_alerts(self) -> Mapping[str, int]:
        """How many alerts fire, by level."""
        ...

    def outbox(self) -> Mapping[str, int]:
        """How many messages, by state."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message claimed from the outbox. channel names a notifier; address is what it needs (a contact's id, a phone, "robot:energy-duty");
    is_possible_repeat: an attempt before this one may have arrived; receipt: what the provider gave when it accepted it, at accepted_at [µs]."""

    id: int
    channel: str
    address: str
    title: str
    text: str
    why: str
    light: str
    payload: Mapping[str, object]
    attempts: int
    alert_id: int = 0
    recipient: str = ""
    is_possible_repeat: bool = False
    receipt: str = ""
    accepted_at: int | None = None


@dataclass(frozen=True, slots=True)
class AlertChange:
    """A step that an alert just took, with what it is about; the reasons are those to tell; by, note: who did it, in which words; value,
    limit, unit: of the verdict that moved it or, where time or a person did, of the one in force."""

    alert_id: int
    fingerprint: str
    entity: str
    rule: str
    indicator: str
    step: AlertStep
    reason_zh: str
    reason_en: str
    at: int
    by: str = ""
    note: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""


class AccountsMark(Protocol):
    """Says cheaply whether any day account changed."""

    def mark(self) -> str:
        """A text that is another one once accounts changed."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message about an alert on its way. state: queued|sending|accepted|dead; detail: of the last attempt; times [µs]."""

    id: int
    alert_id: int
    recipient: str
    channel: str
    why: str
    light: str
    state: str
    attempts: int
    created_at: int
    accepted_at: int | None
    detail: str


class Outbox(Protocol):
    """Messages waiting to go out. Each claim is an attempt; an answer for an attempt that is not the latest changes nothing, except acceptance."""

    def claim(self, now: int, limit: int, lease_s: float, channels: Sequence[str]) -> list[Outgoing]:
        """Messages of the channels that are due, now this sender's until the lease ends; also those whose sender never answered."""
        ...

    def accepted(self, message: Outgoing, at: int, receipt: str, state: MessageState = MessageState.ACCEPTED) -> None: ...
    def retry(self, message: Outgoing, at: int, next_at: int, detail: str, failed: Failed | None = None) -> None:
        """To be tried again; dead once the attempts reach the bound of `tricolor.domain.notifications`."""
        ...

    def refused(self, message: Outgoing, at: int, detail: str, failed: Failed | None = None) -> None: ...
    def of_alert(self, alert_id: int) -> list[Delivery]:
        """What went to whom about an alert, oldest first."""
        ...
