"""Table of exclusions: a row is never removed and never changed but for being revoked."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table, Text
from sqlalchemy.types import JSON

from tricolor.adapters.ledger.schema import AutoId, metadata

exclusion = Table(
    "exclusion", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("kind", Text, nullable=False),  # ExclusionKind
    Column("first_month", Text, nullable=False),  # YYYY-MM, both inclusive
    Column("last_month", Text, nullable=False),
    Column("tce_equivalent", Float, nullable=False),
    Column("tce_calorific", Float),  # NULL: only the equal value was stated
    Column("carrier", Text, nullable=False),
    Column("amount", Float),
    Column("unit", Text, nullable=False),
    Column("factor_ids", JSON, nullable=False),
    Column("is_metered", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text, nullable=False),
    Column("revoked_reason", Text, nullable=False),
    Column("mark", BigInteger, nullable=False, default=0, server_default="0"),  # versions.EXCLUSIONS at its last change
    Index("ix_exclusion_entity_first_month", "entity", "first_month"),
)  # fmt: skip
