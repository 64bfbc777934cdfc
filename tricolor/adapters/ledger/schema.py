"""Tables of the ledger (SQLAlchemy Core; SQLite or PostgreSQL). Times are µs UTC as integers unless a column says otherwise."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, false
from sqlalchemy.sql import true
from sqlalchemy.types import JSON

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id
AutoId = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

entity = Table(
    "entity", metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name_cn", Text, nullable=False),
    Column("name_en", Text, nullable=False, default=""),
    Column("region_id", Text, nullable=False, default=""),
    Column("park_id", Text, nullable=False, default=""),
    Column("industry_code", Text, nullable=False, default=""),
    Column("industry_cn", Text, nullable=False, default=""),
    Column("is_key_user", Boolean, nullable=False, default=False),
    Column("product", Text, nullable=False, default=""),
    Column("order", Integer, nullable=False, default=0),
    Column("is_two_high", Boolean, nullable=False, default=False, server_default=false()),
)  # fmt: skip
meter = Table(
    "meter", metadata,
    Column("id", Text, primary_key=True),
    Column("entity_id", Text, ForeignKey("entity.id"), nullable=False),
    Column("name_cn", Text, nullable=False),
    Column("name_en", Text, nullable=False, default=""),
    Column("gateway", Text, nullable=False, default=""),
    Column("parent_id", Text, nullable=False, default="", server_default=""),
    Column("medium", Text, nullable=False, default="", server_default=""),
    Column("branch", Text, nullable=False, default="", server_default=""),
    Column("pipe_km", Float),
    Column("pipe_mm", Float),
)  # fmt: skip
point = Table(
    "point", metadata,
    Column("key", AutoId, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("meter_id", Text, ForeignKey("meter.id"), nullable=False),
    Column("name_cn", Text, nullable=False, default=""),
    Column("name_en", Text, nullable=False, default=""),
    Column("carrier", Text, nullable=False, default=""),
    Column("quantity", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("interval_s", Integer, nullable=False, default=900),
    Column("multiplier", Float, nullable=False, default=1.0),
    Column("capacity", Float),
    Column("max_rate", Float),
    Column("resolution", Float, nullable=False, default=0.0),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),
    Column("registered_at", BigInteger, nullable=False, default=0),
    Column("measure", Text, nullable=False, default="", server_default=""),
    Column("formula", Text, nullable=False, default="", server_default=""),
    Column("is_net", Boolean, nullable=False, default=False, server_default=false()),
)  # fmt: skip
department = Table(
    "department", metadata,
    Column("id", Text, primary_key=True),
    Column("name_cn", Text, nullable=False),
    Column("name_en", Text, nullable=False, default=""),
)  # fmt: skip
contact = Table(
    "contact", metadata,
    Column("id", Text, primary_key=True),
    Column("of", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False, default=""),
    Column("phone", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
)  # fmt: skip

api_key = Table(
    "api_key", metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("enterprise", Text, nullable=False, default=""),
    Column("digest", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)  # fmt: skip
audit = Table(
    "audit", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)  # fmt: skip

intake_count = Table(
    "intake_count", metadata,
    Column("source", Text, primary_key=True),
    Column("received", BigInteger, nullable=False, default=0),
    Column("stored", BigInteger, nullable=False, default=0),
    Column("duplicate", BigInteger, nullable=False, default=0),
    Column("quarantined", BigInteger, nullable=False, default=0),
)  # fmt: skip
intake_applied = Table("intake_applied", metadata, Column("worker", Text, primary_key=True), Column("last_seq", BigInteger, nullable=False))
intake_pending = Table(  # what each worker's spool still holds, refreshed by the worker
    "intake_pending", metadata,
    Column("worker", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("oldest_at", BigInteger),
)  # fmt: skip
intake_gap = Table(  # message numbers of each gateway, see tricolor.domain.sequences
    "intake_gap", metadata,
    Column("source", Text, primary_key=True),
    Column("high", BigInteger, nullable=False),
    Column("gaps", LargeBinary, nullable=False),  # int64 little-endian pairs first, last
    Column("lost", BigInteger, nullable=False),
    Column("filled", BigInteger, nullable=False),
    Column("restarts", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
)  # fmt: skip
intake_lag = Table(  # how far each worker's store is behind, refreshed by the worker
    "intake_lag", metadata,
    Column("worker", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("unwritten", BigInteger, nullable=False),
    Column("oldest_at", BigInteger),
    Column("spool_bytes", BigInteger, nullable=False),
    Column("kept_bytes", BigInteger, nullable=False),
    Column("alarm", Text, nullable=False, default=""),
    Column("told_at", BigInteger, nullable=False),
)  # fmt: skip
quarantine = Table(
    "quarantine", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("received_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("index", Integer, nullable=False),
    Column("point", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw_id", BigInteger, nullable=False),
    Column("enterprise", Text, nullable=False, default=""),  # whose points the sender might write
    Column("seq", BigInteger, nullable=False, default=0),  # place in the spool when it first came
    Column("state", Text, nullable=False, default="held"),  # held | queued (for a replay) | replayed
    Index("ix_quarantine_source_reason", "source", "reason"),
    Index("ix_quarantine_state", "state"),
    Index("ix_quarantine_raw_id", "raw_id"),
)  # fmt: skip
quarantine_dropped = Table(  # rows that the cap or an operator removed
    "quarantine_dropped", metadata,
    Column("source", Text, primary_key=True),
    Column("by_cap", BigInteger, nullable=False, default=0),
    Column("by_operator", BigInteger, nullable=False, default=0),
    Column("last_at", BigInteger, nullable=False),
)  # fmt: skip
gateway = Table(  # accounts at the broker; never their passwords
    "gateway", metadata,
    Column("enterprise", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("rotated_at", BigInteger),
    Column("revoked_at", BigInteger),
)  # fmt: skip
broker_state = Table(  # what each broker says of itself, refreshed by the intake
    "broker_state", metadata,
    Column("broker", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("dropped", BigInteger),  # messages, since the broker was started
    Column("clients", BigInteger),
    Column("retained", BigInteger),
    Column("queued", BigInteger),
    Column("told_at", BigInteger, nullable=False),
)  # fmt: skip
quarantine_raw = Table(
    "quarantine_raw", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("payload", LargeBinary, nullable=False),
)  # fmt: skip
superseded = Table(
    "superseded", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("point", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", Float, nullable=False),
    Column("quality", Integer, nullable=False),
    Column("by_seq", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_superseded_point_at", "point", "at"),
)  # fmt: skip
dirty_span = Table(
    "dirty_span", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("points", LargeBinary, nullable=False),
    Column("starts", LargeBinary, nullable=False),
    Column("ends", LargeBinary, nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("source", Text, nullable=False, default=""),
    sqlite_autoincrement=True,
)  # fmt: skip
account_day = Table(
    "account_day", metadata,
    Column("entity", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("carrier", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("amount", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("tce_calorific", Float),
    Column("tce_equivalent", Float),
    Column("co2_t", Float),
    Column("covered_s", Float, nullable=False),
    Column("expected_s", Float, nullable=False),
    Column("estimated_share", Float, nullable=False),
    Column("factor_ids", JSON, nullable=False),
)  # fmt: skip
activity = Table(
    "activity", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("product", Text, nullable=False, default=""),
    Column("month", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("price_year", Integer),
    Column("author", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    UniqueConstraint("entity", "kind", "product", "month", "revision"),
)  # fmt: skip
verdict = Table(
    "verdict", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("light", Text, nullable=False),
    Column("value", Float),
    Column("limit", Float),
    Column("unit", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("coverage", Float),
    Column("evidence", JSON, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),  # when this light began
    Column("is_current", Boolean, nullable=False),
    Column("as_of", BigInteger, nullable=False, default=0, server_default="0"),  # the moment that the facts speak of
    Column("corrects", BigInteger),  # the verdict on the same closed period that was said before what it rests on changed
    Column("is_last", Boolean, nullable=False, default=False, server_default=false()),  # the last word on this matter and period
    Index("ix_verdict_current", "is_current", "entity"),
    Index("ix_verdict_fingerprint", "fingerprint", "judged_at"),
    Index("ix_verdict_light", "is_current", "light", "entity", "rule", "indicator", "period"),
    Index("ix_verdict_units", "is_current", "entity", "rule", "indicator", "light", "since"),
    Index("ix_verdict_period", "period", "is_last", "light", "entity", "rule", "indicator"),
)  # fmt: skip
alert = Table(
    "alert", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    *(Column(name, Text, nullable=False) for name in ("fingerprint", "entity", "rule", "indicator")),
    Column("level", Text, nullable=False),  # yellow | orange | red: the level last told
    Column("condition", Text, nullable=False),  # pending | firing | recovering | resolved
    Column("is_stale", Boolean, nullable=False, default=False),
    Column("handling", Text, nullable=False),  # unacked | acked
    Column("acked_by", Text, nullable=False, default=""),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    *(Column(name, Text, nullable=False) for name in ("reason_zh", "reason_en")),
    Column("is_watched", Boolean, nullable=False, default=True, server_default=true()),  # verdicts still matter to it: open, or closed and still bad
    # seen: the light seen last; stamp: the fact counted last; bars: closed by a person, nothing opens again up to this light until it was green
    *(Column(name, Text, nullable=False, default="", server_default="") for name in ("seen", "stamp", "assignee", "closed_reason", "bars")),
    Column("runs", JSON, nullable=False, default=dict, server_default="{}"),  # since when and how often the light has been at least, at most, clear
    Column("steps_done", Integer, nullable=False, default=0, server_default="0"),  # of the escalation, in the episode that began at episode_at
    *(Column(name, BigInteger) for name in ("grey_since", "acked_at", "episode_at", "told_at")),
    Column("due_at", BigInteger),  # the next moment at which time alone changes something
    Index("ix_alert_condition", "condition", "level"), Index("ix_alert_fingerprint", "fingerprint"),
    Index("ix_alert_watched", "is_watched", "fingerprint"), Index("ix_alert_due_at", "due_at"), Index("ix_alert_entity", "entity", "condition"),
)  # fmt: skip
alert_event = Table(  # appended to only
    "alert_event", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("alert_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("why", "light", "text_zh", "text_en")),  # why: domain/alerts.py
    Column("by", Text, nullable=False, default=""),
    Column("to", Text, nullable=False, default="", server_default=""),  # to whom it was forwarded
    Column("step", Integer, nullable=False, default=0, server_default="0"),
    Column("is_unrouted", Boolean, nullable=False, default=False, server_default=false()),  # told by a person's deed: the judge writes its notices
    Index("ix_alert_event_alert_id", "alert_id"), Index("ix_alert_event_unrouted", "is_unrouted", "id"),
)  # fmt: skip
outbox = Table(
    "outbox", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("alert_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("light", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Text, nullable=False),  # see tricolor.domain.delivery.MessageState
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("receipt", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default="", server_default=""),  # for which department or entity it is told
    Column("items", JSON, nullable=False, default=list, server_default="[]"),  # ids of the alerts that it is about
    Column("rank", Integer, nullable=False, default=3, server_default="3"),  # 0 red, 1 orange, 2 yellow, 3 the rest: what is sent first
    Column("lang", Text, nullable=False, default="zh", server_default="zh"),
    Column("link_key", Text, unique=True),  # what the link to its page on a phone is made of
    Column("is_possible_repeat", Boolean, nullable=False, default=False, server_default=false()),
    Column("delivered_at", BigInteger),
    Column("why_not", Text, nullable=False, default="", server_default=""),  # why it is superseded, undelivered or dead
    Column("set_at", BigInteger, nullable=False, default=0, server_default="0"),  # the clock when next_at or lease_until were set
    Column("waits_for", Text, nullable=False, default="", server_default=""),  # "" | quota | address: what holds a queued one up
    Index("ix_outbox_state", "state", "id"),
    Index("ix_outbox_channel", "channel", "id"),
    Index("ix_outbox_due", "state", "channel", "next_at", "rank"),
    Index("ix_outbox_alert_id", "alert_id"),
    Index("ix_outbox_address", "channel", "address", "created_at"),
    Index("ix_outbox_newest", "channel", "address", "id"),
    Index("ix_outbox_receipt", "channel", "receipt"),
)  # fmt: skip
attempt = Table(
    "attempt", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("outbox_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("result", Text, nullable=False),  # accepted | retry | refused
    Column("detail", Text, nullable=False),
    Column("kind", Text, nullable=False, default="", server_default=""),  # of a failure: retry | wait | final | unknown
    Column("code", Text, nullable=False, default="", server_default=""),  # the provider's own
    Index("ix_attempt_outbox_id", "outbox_id"),
)  # fmt: skip
inbox = Table(  # the built-in phone
    "inbox", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("outbox_id", BigInteger, nullable=False, unique=True),
    Column("alert_id", BigInteger, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("light", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    Index("ix_inbox_recipient", "recipient"),
)  # fmt: skip
meter_exchange = Table(  # declared by a person; a row is never changed but for its revocation
    "meter_exchange", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("point", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("final", Float, nullable=False),
    Column("start", Float, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("declared_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text, nullable=False, default=""),
    Index("ix_meter_exchange_point_at", "point", "at"),
)  # fmt: skip
point_multiplier = Table(  # CT/PT ratio from a moment on; before the first row the plate's holds
    "point_multiplier", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("point", BigInteger, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("multiplier", Float, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("declared_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text, nullable=False, default=""),
    Index("ix_point_multiplier_point_valid_from", "point", "valid_from"),
)  # fmt: skip
