"""A ledger that was in use before: the step to the tables of data quality keeps what it holds."""

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tricolor.adapters.ledger.engine import MIGRATIONS, LedgerEngine
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql


def test_meters_of_a_ledger_in_use_get_no_parent_and_the_tables_come(empty_ledger_url):
    ledger = LedgerEngine(empty_ledger_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with ledger.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(
            text("INSERT INTO entity (id, kind, name_cn, name_en, region_id, park_id, industry_code, industry_cn, is_key_user, product, \"order\") "
                 "VALUES ('e', 'enterprise', '厂', '', '', '', '', '', false, '', 0)")
        )  # fmt: skip
        connection.execute(text("INSERT INTO meter (id, entity_id, name_cn, name_en, gateway) VALUES ('m', 'e', '表', '', '')"))
    ledger.migrate()
    assert RegistryBookSql(ledger).load().meters["m"].parent_id == ""
    book = QualityLedgerSql(ledger)
    book.mark([("e", "2026-03-02"), ("e", "2026-03-02")])
    assert [(w.entity, w.day, w.turn) for w in book.work("", "9999", 9)] == [("e", "2026-03-02", 1)]
    ledger.close()
