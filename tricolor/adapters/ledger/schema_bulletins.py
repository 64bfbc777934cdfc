"""Tables of the bulletins (预警通报): one row a bulletin, one a step of its sign-off, one a frozen file."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from tricolor.adapters.ledger.schema import AutoId, metadata

bulletin = Table(
    "bulletin", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("period", Text, nullable=False),  # 2026-10 | 2026-Q3
    Column("edition", Integer, nullable=False),  # of the area and period, from 1 on
    Column("state", Text, nullable=False),  # BulletinState
    Column("revision", Integer, nullable=False),  # rises with every step
    Column("corrects", BigInteger, ForeignKey("bulletin.id")),
    Column("facts", Text, nullable=False),  # canonical JSON: text, so that the digest holds
    Column("digest", Text, nullable=False),  # SHA-256 of it
    Column("number", Text, nullable=False),  # "" before it is issued
    Column("serial_year", Integer),
    Column("serial", Integer),
    Column("made_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("issued_at", BigInteger),
    UniqueConstraint("area", "period", "edition", name="uq_bulletin_edition"),
    UniqueConstraint("serial_year", "serial", name="uq_bulletin_serial"),
    Index("ix_bulletin_period", "period", "area"),
)  # fmt: skip

bulletin_step = Table(
    "bulletin_step", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("bulletin_id", BigInteger, ForeignKey("bulletin.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("action", Text, nullable=False),  # BulletinAction
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_bulletin_step_bulletin", "bulletin_id"),
)  # fmt: skip

bulletin_file = Table(
    "bulletin_file", metadata,
    Column("bulletin_id", BigInteger, ForeignKey("bulletin.id"), primary_key=True, autoincrement=False),
    Column("suffix", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)  # fmt: skip
