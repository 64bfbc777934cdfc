"""What `tricolor doctor` says of the broker and the quarantine: what it counts, and what of its configuration would lose data."""

from dataclasses import dataclass
from pathlib import Path

from ingest_service.main import broker_address
from tricolor.adapters.broker_admin.accounts import INGEST, read
from tricolor.adapters.broker_admin.conf import judge_file
from tricolor.adapters.broker_admin.sys_topics import BrokerSays, ask
from tricolor.adapters.ledger.quarantine import QuarantineBookSql
from tricolor.adapters.ledger.sessions import SessionLossesSql
from tricolor.adapters.sources.broker import answers, find_mosquitto
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import DAY_US, iso
from tricolor_cli.brokers import ACCOUNTS
from tricolor_cli.common import open_ledger

OWN_CONFIG = "broker/mosquitto.conf"
RECENT_DAYS = 7
MANY_QUEUED = 100_000  # half of what our configuration lets one client have


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. state: ok | warning | error; mend: what to do ("" when ok)."""

    what: str
    state: str
    detail: str
    mend: str = ""


def look_at_broker(settings: Settings, config: Path | None) -> list[Finding]:
    """Whether it answers, what it says of itself, and its configuration where we know the file."""
    address = broker_address(settings)
    if not answers(address.host, address.port):
        return [_absent(settings), *_configuration(settings, config)]
    if not address.username and (settings.data / ACCOUNTS).exists():
        address = broker_address(settings, INGEST, read(settings.data / ACCOUNTS).ingest)
    says, refusal = ask(address)
    return [*_counters(settings, says, refusal), *_configuration(settings, config)]


def _absent(settings: Settings) -> Finding:
    if find_mosquitto() is not None:
        return Finding("broker", "ok", f"nothing answers at {settings.mqtt}; `tricolor up` starts {find_mosquitto()}")
    return Finding("broker", "warning", f"nothing answers at {settings.mqtt} and mosquitto is missing", "apt install mosquitto, or set TRICOLOR_MQTT")


def _counters(settings: Settings, says: BrokerSays, refusal: str) -> list[Finding]:
    if refusal == "we may not read $SYS":
        return [Finding("broker", "warning", f"{settings.mqtt} answers and does not let us read $SYS", "let the intake's account read $SYS/#")]
    if refusal:
        return [Finding("broker", "error", f"{settings.mqtt} refuses us: {refusal}", "check TRICOLOR_MQTT_USERNAME and TRICOLOR_MQTT_PASSWORD")]
    if not says.version:
        return [Finding("broker", "warning", f"{settings.mqtt} answers and says nothing of itself", "watch its dropped messages by its own means")]
    counts = f"{says.version}; clients {_number(says.clients)}, queued {_number(says.queued)}, retained {_number(says.retained)}"
    found = [Finding("broker", "ok", f"{settings.mqtt}: {counts}")]
    if says.dropped:
        why = f"{says.dropped:,} messages that it had acknowledged were dropped since it was started"
        mend = "raise max_queued_messages (see broker configuration), keep the intake running, have the gateways send that time again"
        found.append(Finding("broker drops", "error", why, mend))
    else:
        found.append(Finding("broker drops", "ok", "none since it was started" if says.dropped == 0 else "it does not say"))
    if (says.queued or 0) - (says.retained or 0) > MANY_QUEUED:
        found.append(Finding("broker queue", "warning", f"{says.queued:,} messages wait at the broker", "is the intake running and keeping up?"))
    return found


def _configuration(settings: Settings, config: Path | None) -> list[Finding]:
    own = settings.data / OWN_CONFIG
    path = config or (own if own.exists() else None)
    if path is None:
        return []
    try:
        faults = judge_file(path)
    except Misconfigured as error:
        return [Finding("broker configuration", "error", str(error), "give the file with --broker-config")]
    if not faults:
        return [Finding("broker configuration", "ok", f"{path}: nothing in it loses data")]
    return [Finding(f"broker: {f.option}", "error" if f.is_loss else "warning", f.detail, f.mend) for f in faults]


def look_at_quarantine(settings: Settings) -> list[Finding]:
    """How full the quarantine is, and whether it had to drop anything."""
    if not settings.ledger_url and not (settings.data / "ledger.sqlite").exists():
        return []
    with open_ledger(settings) as ledger:
        book = QuarantineBookSql(ledger)
        (entries, size), dropped = book.size(), sum(cap for cap, _ in book.dropped().values())
    detail = f"{entries:,} of {settings.quarantine_max_rows:,} entries, {size:,} of {settings.quarantine_max_bytes:,} bytes"
    if dropped:
        mend = "`tricolor quarantine list` shows the causes; replay or drop what is done with, or raise TRICOLOR_QUARANTINE_MAX_ROWS and _MAX_BYTES"
        return [Finding("quarantine", "warning", f"{detail}; {dropped:,} were dropped because it was full", mend)]
    if entries * 2 > settings.quarantine_max_rows or size * 2 > settings.quarantine_max_bytes:
        return [Finding("quarantine", "warning", f"{detail}: more than half full", "`tricolor quarantine list` shows the causes")]
    return [Finding("quarantine", "ok", detail)]


def look_at_sessions(settings: Settings, now: int) -> list[Finding]:
    """Sessions that the broker forgot: gaps that only the gateways can fill. Those of the last RECENT_DAYS are a warning."""
    if not settings.ledger_url and not (settings.data / "ledger.sqlite").exists():
        return []
    with open_ledger(settings) as ledger:
        book = SessionLossesSql(ledger)
        total, losses = sum(book.counts().values()), book.list(100)
    recent = [loss for loss in losses if loss.at > now - RECENT_DAYS * DAY_US]
    if not recent:
        return [Finding("MQTT sessions", "ok", f"none lost in {RECENT_DAYS} days, {total:,} ever")]
    newest = recent[0]
    since = iso(newest.since) if newest.since is not None else "a time not known"
    detail = f"{len(recent)} lost in {RECENT_DAYS} days, the last of {newest.worker}: from {since} to {iso(newest.at)}"
    mend = "let the gateways send that time again; give the broker persistence and a session expiry longer than the intake is ever away"
    return [Finding("MQTT sessions", "warning", detail, mend)]


def _number(value: int | None) -> str:
    return "not known" if value is None else f"{value:,}"
