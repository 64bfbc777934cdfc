"""The schema: Alembic's head is exactly what schema.py says, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import meta, metadata


def test_an_empty_database_is_brought_to_head_and_a_second_migration_changes_nothing(empty_ledger_url: str) -> None:
    engine = LedgerEngine(empty_ledger_url)
    engine.migrate()
    with engine.writing() as connection:
        connection.execute(insert(meta).values(key="kept", value="yes"))
    engine.migrate()
    tables = set(inspect(engine.engine).get_table_names())
    with engine.reading() as connection:
        kept = connection.execute(select(meta.c.value).where(meta.c.key == "kept")).scalar_one()
    engine.close()
    assert tables == {*metadata.tables, "alembic_version"}
    assert kept == "yes"


def test_head_is_what_the_schema_module_says(ledger: LedgerEngine) -> None:
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        assert compare_metadata(context, metadata) == []
