"""Tables of notices, of token buckets, of receipts and of alarms to those who run Tricolor. Times are µs UTC."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from tricolor.adapters.ledger.schema import AutoId, metadata

notice = Table(  # one address that is to be told of one step
    "notice", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("event_id", BigInteger, nullable=False),
    Column("alert_id", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("light", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # 0 red, 1 orange, 2 yellow, 3 the rest: what is told first
    Column("matter", JSON, nullable=False),
    Column("step", Integer, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | muted | superseded | dropped | grouped
    Column("why_not", Text, nullable=False),
    Column("due_at", BigInteger),  # looked at again then; NULL: never again
    Column("set_at", BigInteger, nullable=False),  # the clock when due_at was set
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),  # when it was grouped, dropped or superseded
    Column("outbox_id", BigInteger),
    UniqueConstraint("event_id", "channel", "address"),  # one address is told of a step once
    Index("ix_notice_state_due_at", "state", "due_at", "rank"),
    Index("ix_notice_address", "state", "channel", "address"),
    Index("ix_notice_alert_id", "alert_id"),
    Index("ix_notice_owner", "owner", "alert_id"),
    Index("ix_notice_outbox_id", "outbox_id"),
)  # fmt: skip
token_bucket = Table(  # what was spent of a limit, and addresses that a provider asked to leave alone
    "token_bucket", metadata,
    Column("name", Text, primary_key=True),
    Column("spent", JSON, nullable=False),  # [[time, how many], …], oldest first
    Column("seen_at", BigInteger, nullable=False),
    Column("held_until", BigInteger),
)  # fmt: skip
receipt = Table(
    "receipt", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("receipt", Text, nullable=False),  # the id that the provider gave at acceptance
    Column("address", Text, nullable=False),
    Column("is_delivered", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outbox_id", BigInteger),  # NULL: it is ahead of its message
    UniqueConstraint("channel", "receipt", "address", "is_delivered", "code"),
    Index("ix_receipt_outbox_id", "outbox_id"),
)  # fmt: skip
operator_alarm = Table(
    "operator_alarm", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Index("ix_operator_alarm_kind_subject", "kind", "subject", "cleared_at"),
)  # fmt: skip
