"""The ledger's table of forecasts: every one that was made, the one in force marked."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table, Text

from tricolor.adapters.ledger.schema import AutoId, metadata

forecast = Table(
    "forecast", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("indicator", Text, nullable=False),  # basic | incentive | "" where no target is spoken of
    Column("year", Integer, nullable=False),
    Column("last_month", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("body", JSON, nullable=False),  # the rest of domain.forecasts.Forecast
    Column("in_force", Integer, nullable=False),  # 1: the newest of its entity, quantity and indicator
    Column("mark", BigInteger, nullable=False),  # forecasts_version when it was written
    Index("ix_forecast_place", "entity", "quantity", "indicator", "id"),
    Index("ix_forecast_force", "in_force", "entity"),
    Index("ix_forecast_mark", "mark"),
)  # fmt: skip
