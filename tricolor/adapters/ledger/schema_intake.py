"""The ledger's tables of what the intake knows of itself: sessions that the broker forgot, and what the workers of a shared subscription claim."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata

session_loss = Table(
    "session_loss", metadata,
    Column("worker", Text, primary_key=True),  # the client id whose session it was
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("broker", Text, nullable=False),
    Column("since", BigInteger),  # when the worker last had the session; null: not known
)  # fmt: skip
intake_claim = Table(  # the batch that a worker of a shared subscription stores, or stored a while ago
    "intake_claim", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("worker", Text, nullable=False),
    Column("points", LargeBinary, nullable=False),  # int64 little-endian columns of equal length: point
    Column("instants", LargeBinary, nullable=False),  # and instant of every reading
    Column("claimed_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),  # when it was stored and counted; null: on its way
    Index("ix_intake_claim_worker", "worker"),
    sqlite_autoincrement=True,
)  # fmt: skip
