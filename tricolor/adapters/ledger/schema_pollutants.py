"""The ledger's tables of pollutants: one row an outlet, factor and day with its 24 hours; what is to be worked out again; permits."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata

pollutant_day = Table(
    "pollutant_day", metadata,
    Column("entity", Text, primary_key=True),
    Column("outlet", Text, primary_key=True),
    Column("factor", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("mass_kg", Float),  # null: nothing of the day is known
    Column("cou_kg", Float, nullable=False),
    Column("estimated_kg", Float, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("hours", LargeBinary, nullable=False),  # 24 rows of domain.emissions.HOUR, little-endian
    Index("ix_pollutant_day_entity_day", "entity", "day"),
)  # fmt: skip
pollutant_work = Table(  # (entity, day) to work out again; turn rises with every mark, so that a mark made meanwhile is not lost
    "pollutant_work", metadata,
    Column("entity", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("turn", Integer, nullable=False, default=1),
)  # fmt: skip
pollutant_permit = Table(
    "pollutant_permit", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("outlet", Text, nullable=False),  # "": the whole enterprise
    Column("factor", Text, nullable=False),
    Column("limit_value", Float),
    Column("unit", Text, nullable=False),
    Column("mass_t", Float),
    Column("document", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("revoked_by", Text, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_pollutant_permit_entity", "entity"),
)  # fmt: skip
