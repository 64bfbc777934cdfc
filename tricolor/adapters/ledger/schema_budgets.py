"""Table of energy budgets: every revision of an entity's budget of a year; rows are never changed."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.types import JSON

from tricolor.adapters.ledger.schema import AutoId, metadata

energy_budget = Table(
    "energy_budget", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("tce", Float, nullable=False),  # equal value; 0 takes the budget back
    Column("profile", JSON, nullable=False),  # twelve shares, or none
    Column("document", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("mark", BigInteger, nullable=False),  # the book's version that brought it
    UniqueConstraint("entity", "year", "revision"),
    Index("ix_energy_budget_mark", "mark"),
)  # fmt: skip
