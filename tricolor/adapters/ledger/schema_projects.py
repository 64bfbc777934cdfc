"""Tables of projects and of cleaner-production audits: one row a revision, none is ever removed; is_current marks the last one of an id."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import metadata

project = Table(
    "project", metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("is_current", Boolean, nullable=False),
    Column("mark", BigInteger, nullable=False),  # version of projects that the revision made
    Column("entity", Text, nullable=False),
    Column("former_entity", Text, nullable=False),  # of the revision before, "" at the first
    Column("plan", Text, nullable=False),
    Column("name_cn", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("due", Text, nullable=False),  # YYYY-MM
    Column("expected_tce", Float),
    Column("investment_cny_10k", Float),
    Column("state", Text, nullable=False),  # ProjectState
    Column("commissioned", Text, nullable=False),  # YYYY-MM-DD
    Column("needs_monitoring", Boolean, nullable=False),
    Column("saving_entity", Text, nullable=False),
    Column("baseline_tce", Float),
    Column("verified_tce", Float),
    Column("document", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_project_entity", "entity"),
    Index("ix_project_mark", "mark"),
)  # fmt: skip

cp_audit = Table(
    "cp_audit", metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("is_current", Boolean, nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("entity", Text, nullable=False),
    Column("is_mandatory", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # AuditState
    Column("listed_on", Text, nullable=False),  # YYYY-MM-DD each
    Column("started_on", Text, nullable=False),
    Column("reported_on", Text, nullable=False),
    Column("assessed_on", Text, nullable=False),
    Column("accepted_on", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_cp_audit_entity", "entity"),
    Index("ix_cp_audit_mark", "mark"),
)  # fmt: skip
