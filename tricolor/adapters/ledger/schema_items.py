"""Tables of open items: parked steps, what people decided, and everything that happened. A row of a decision or an event is never removed."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata

open_item = Table(
    "open_item", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("point", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),  # StepKind
    Column("before", Float),
    Column("after", Float, nullable=False),
    Column("jump", Float, nullable=False),
    Column("amount", Float, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("is_present", Boolean, nullable=False),  # whether its step is there
    Column("state", Text, nullable=False),  # open | settled | gone; follows from is_present and the decisions in force
    Column("gone_at", BigInteger),
    Column("gone_because", Text, nullable=False, default=""),
    Index("ix_open_item_point_start", "point", "start"),
    Index("ix_open_item_state_id", "state", "id"),
)  # fmt: skip
item_decision = Table(  # never changed but for being undone
    "item_decision", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # confirm | dismiss | exchange | substitute
    Column("item_id", BigInteger),  # NULL: a substitute for a span by itself
    Column("point", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("jump", Float),  # confirm: the one that was seen
    Column("amount", Float),
    Column("exchange_id", BigInteger),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
    Column("undone_by", Text, nullable=False, default=""),
    Column("undone_reason", Text, nullable=False, default=""),
    Index("ix_item_decision_point_start", "point", "start"),
    Index("ix_item_decision_item_id", "item_id"),
)  # fmt: skip
item_event = Table(
    "item_event", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("item_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),  # appeared | gone | returned | confirm | dismiss | exchange | substitute | undo
    Column("who", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("decision_id", BigInteger),
    Index("ix_item_event_item_id", "item_id"),
)  # fmt: skip
