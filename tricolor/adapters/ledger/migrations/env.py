"""Alembic entry: runs on the connection that LedgerEngine.migrate passes in."""

from alembic import context

from tricolor.adapters.ledger import (
    schema_budgets,  # noqa: F401 - its tables belong to the metadata
    schema_bulletins,  # noqa: F401 - likewise
    schema_emissions,  # noqa: F401 - its tables belong to the metadata
    schema_exclusions,  # noqa: F401 - likewise
    schema_factors,  # noqa: F401 - likewise
    schema_forecasts,  # noqa: F401 - likewise
    schema_intake,  # noqa: F401 - likewise
    schema_items,  # noqa: F401 - likewise
    schema_judging,  # noqa: F401 - likewise
    schema_notices,  # noqa: F401 - likewise
    schema_offline,  # noqa: F401 - likewise
    schema_pollutants,  # noqa: F401 - likewise
    schema_projects,  # noqa: F401 - likewise
    schema_quality,  # noqa: F401 - its tables belong to the metadata
    schema_routing,  # noqa: F401 - likewise
    schema_statistics,  # noqa: F401 - likewise
)
from tricolor.adapters.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
