"""The ledger's tables of emissions: the stations that speak HJ 212."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from tricolor.adapters.ledger.schema import metadata

hj212_station = Table(
    "hj212_station", metadata,
    Column("mn", Text, primary_key=True),  # lower case: two stations never differ in case alone
    Column("enterprise", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # scrypt of the key (PW); the key itself is never kept
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)  # fmt: skip
