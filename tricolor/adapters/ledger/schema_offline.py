"""The ledger's table of offline figures: monthly invoices and statistics, every revision kept."""

from sqlalchemy import BigInteger, Column, Float, Integer, Table, Text, UniqueConstraint

from tricolor.adapters.ledger.schema import AutoId, metadata

OFFLINE_SOURCE = "offline:"  # of work that a figure made: offline:<entity>/<month>

offline_figure = Table(
    "offline_figure", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("month", Text, nullable=False),  # YYYY-MM
    Column("revision", Integer, nullable=False),
    Column("amount", Float),  # None: this revision takes the figure back
    Column("unit", Text, nullable=False),
    Column("of_which_metered", Float, nullable=False),
    Column("document", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    UniqueConstraint("entity", "carrier", "role", "month", "revision"),
)  # fmt: skip
