"""Tables of routing: addresses of contacts, the on-duty roster, quiet hours, silences. A row that stopped counting is ended, never changed."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata


def _kept() -> tuple[Column[int], Column[str], Column[int], Column[str], Column[int]]:
    """Who entered it when, and who ended it when (null: it counts) [µs]."""
    return (
        Column("id", AutoId, primary_key=True, autoincrement=True),
        Column("by", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("ended_by", Text, nullable=False),
        Column("ended_at", BigInteger),
    )


contact_address = Table(
    "contact_address", metadata, *_kept(),
    Column("contact", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("least_light", Text, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("place", Integer, nullable=False),
    Index("ix_contact_address_contact", "contact"),
)  # fmt: skip
duty_shift = Table(
    "duty_shift", metadata, *_kept(),
    Column("owner", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_duty_shift_end", "end"),
)  # fmt: skip
duty_week = Table(
    "duty_week", metadata, *_kept(),
    Column("owner", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("from_minute", Integer, nullable=False),
    Column("to_minute", Integer, nullable=False),
    Column("weekdays", Text, nullable=False),  # digits, 1 is Monday; "": every one
    Column("days", Text, nullable=False),  # any | workday | rest | holiday
    Column("valid_from", Text, nullable=False),  # YYYY-MM-DD
    Column("valid_to", Text),
    Column("role", Text, nullable=False),
    Column("note", Text, nullable=False),
)  # fmt: skip
quiet_hours = Table(
    "quiet_hours", metadata, *_kept(),
    Column("whose", Text, nullable=False),  # a department, an entity or a contact
    Column("from_minute", Integer, nullable=False),
    Column("to_minute", Integer, nullable=False),
    Column("weekdays", Text, nullable=False),
    Column("days", Text, nullable=False),
    Column("spares", Text, nullable=False),  # yellow | orange
    Column("note", Text, nullable=False),
)  # fmt: skip
silence = Table(
    "silence", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # silence | maintenance
    Column("rules", JSON, nullable=False),
    Column("entity", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("up_to", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_reason", Text, nullable=False),
    Index("ix_silence_end", "end"),
)  # fmt: skip
