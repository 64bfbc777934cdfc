"""The ledger's tables of data quality: one row a point and day, one row a check and day, and what is to be looked at again."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import metadata

quality_day = Table(
    "quality_day", metadata,
    Column("point", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("filled", Integer, nullable=False),
    Column("unusable", Integer, nullable=False),
    Column("first_at", BigInteger),
    Column("last_at", BigInteger),
    Column("resumed_at", BigInteger),
    Column("cells", Integer, nullable=False),
    Column("estimated", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("stuck", Integer, nullable=False),
    Column("stuck_by", Text, nullable=False),
    Column("negative", Integer, nullable=False),
    Column("deltas", Integer, nullable=False),
    Column("equal_share", Float),
    Column("variation", Float),
    Column("digits", Float),
    Column("live", Integer, nullable=False),
    Column("backfilled", Integer, nullable=False),
    Column("delay_s", Float),
    Column("spread_s", Float),
    Index("ix_quality_day_day_entity", "day", "entity"),
)  # fmt: skip
quality_check = Table(
    "quality_check", metadata,
    Column("kind", Text, primary_key=True),  # balance | power | neighbours
    Column("point", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("value", Float),
    Column("against", Float),
    Column("unit", Text, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("digit", Float, nullable=False),
    Column("others", JSON, nullable=False),
    Index("ix_quality_check_day_entity", "day", "entity"),
)  # fmt: skip
quality_work = Table(  # (entity, day) to look at again; turn rises with every mark, so that a mark made meanwhile is not lost
    "quality_work", metadata,
    Column("entity", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("turn", Integer, nullable=False, default=1),
)  # fmt: skip
quality_change = Table(  # when the rows or checks of an (entity, day) last became others; kept when they go, so that going is a change too
    "quality_change", metadata,
    Column("entity", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("mark", BigInteger, nullable=False),
    Index("ix_quality_change_mark", "mark"),
)  # fmt: skip
