"""The ledger's tables of factors that people set, the restatements these caused, and what the accounts were believed to be before."""

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata

factor_setting = Table(
    "factor_setting", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),  # "" everyone
    Column("point", Text, nullable=False),  # "" the whole unit
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),  # measured | calorific | equivalent | co2
    Column("value", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("valid_from", Text, nullable=False),  # YYYY-MM-DD
    Column("valid_to", Text),  # exclusive
    Column("document", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text, nullable=False, default=""),
    Column("revoke_reason", Text, nullable=False, default=""),
    sqlite_autoincrement=True,
)  # fmt: skip
restatement = Table(
    "restatement", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("cause", Text, nullable=False),  # setting | revocation | plan
    Column("setting", BigInteger, ForeignKey("factor_setting.id")),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("carriers", JSON, nullable=False),
    Column("entities", JSON, nullable=False),
    Column("first_day", Text, nullable=False),
    Column("last_day", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("cursor", Text, nullable=False, default=""),
    Column("rows", Integer, nullable=False, default=0),
    sqlite_autoincrement=True,
)  # fmt: skip
restatement_effect = Table(
    "restatement_effect", metadata,
    Column("restatement", BigInteger, ForeignKey("restatement.id"), primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    *(Column(f"{name}_{when}", Float, nullable=False) for when in ("before", "after") for name in ("tce_calorific", "tce_equivalent", "co2_t")),
    Index("ix_restatement_effect_entity", "entity"),
)  # fmt: skip
account_earlier = Table(  # day accounts as they were before a restatement
    "account_earlier", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("restatement", BigInteger, ForeignKey("restatement.id"), nullable=False),
    Column("superseded_at", BigInteger, nullable=False),
    Column("entity", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("amount", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("tce_calorific", Float),
    Column("tce_equivalent", Float),
    Column("co2_t", Float),
    Column("covered_s", Float, nullable=False),
    Column("expected_s", Float, nullable=False),
    Column("estimated_share", Float, nullable=False),
    Column("factor_ids", JSON, nullable=False),
    Index("ix_account_earlier_entity_restatement", "entity", "restatement"),
)  # fmt: skip
