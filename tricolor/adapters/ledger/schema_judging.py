"""Tables of judging: monthly sums of the day accounts, and when each entity's accounts last changed."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import metadata

account_month = Table(
    "account_month", metadata,
    Column("entity", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("carrier", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("amount", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("tce_calorific", Float, nullable=False),
    Column("calorific_unknown", Integer, nullable=False),
    Column("tce_equivalent", Float, nullable=False),
    Column("equivalent_unknown", Integer, nullable=False),
    Column("tce_instead", Float, nullable=False),  # calorific value of the days that have no equal value
    Column("both_unknown", Integer, nullable=False),
    Column("co2_t", Float, nullable=False),
    Column("co2_unknown", Integer, nullable=False),
    Column("covered_s", Float, nullable=False),
    Column("expected_s", Float, nullable=False),
    Column("estimated_amount", Float, nullable=False),
    Column("days", BigInteger, nullable=False),  # bit 1 << day of month
    Column("factor_ids", JSON, nullable=False),
)  # fmt: skip
account_change = Table(  # of every (entity, month) that ever had accounts, also where none are left
    "account_change", metadata,
    Column("entity", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("mark", BigInteger, nullable=False),  # versions.ACCOUNTS at its last change
    Index("ix_account_change_mark", "mark"),
)  # fmt: skip
