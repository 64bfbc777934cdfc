"""Alembic entry: runs on the connection that LedgerEngine.migrate passes in."""

from alembic import context

from tricolor.adapters.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
