"""The ledger's table of statistics: values of plan indicators and reported energy, every revision kept."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text, UniqueConstraint

from tricolor.adapters.ledger.schema import AutoId, metadata

statistic = Table(
    "statistic", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("period", Text, nullable=False),  # 2026-10, 2026-Q3 or 2026
    Column("revision", Integer, nullable=False),
    Column("value", Float),  # None: words only; without words too, this revision takes the value back
    Column("unit", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("mark", BigInteger, nullable=False),  # the counter of versions.STATISTICS when it was written
    Column("is_current", Boolean, nullable=False),
    UniqueConstraint("entity", "indicator", "period", "revision"),
    Index("ix_statistic_current", "is_current", "entity"),
    Index("ix_statistic_mark", "mark"),
)  # fmt: skip
