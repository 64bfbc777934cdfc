"""Whom changes of data quality concern: judging loads again what became other, and no more."""

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tricolor.adapters.ledger.engine import MIGRATIONS, LedgerEngine
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.domain.quality import Check, CheckKind, PointDay
from tricolor.ports_quality import QualityWork

OWNERS = {1: "mill", 2: "kiln", 3: "mill"}


def look(book: QualityLedgerSql, entity: str, day: str, *points: int, checks: tuple[Check, ...] = ()) -> None:
    """What accounting does after it looked at a day of an entity."""
    book.put([QualityWork(entity, day)], OWNERS, [PointDay(p, day, 0) for p in points], checks)


def test_only_entities_whose_rows_became_others_since_the_mark_are_told(ledger: LedgerEngine) -> None:
    book = QualityLedgerSql(ledger)
    assert book.changes(0) == (0, frozenset())
    look(book, "mill", "2026-03-02", 1)
    look(book, "kiln", "2026-03-02", 2)
    mark, everyone = book.changes(0)
    assert everyone == {"mill", "kiln"}
    assert book.changes(mark) == (mark, frozenset())
    look(book, "kiln", "2026-03-02", 2)
    later, who = book.changes(mark)
    assert who == {"kiln"}
    assert later > mark


def test_the_running_day_is_left_out_where_only_whole_days_are_judged(ledger: LedgerEngine) -> None:
    book = QualityLedgerSql(ledger)
    look(book, "mill", "2026-03-02", 1)
    mark, _ = book.changes(0)
    look(book, "mill", "2026-03-03", 1)  # today, again and again
    look(book, "kiln", "2026-03-01", 2)  # a late reading of an earlier day
    assert book.changes(mark, "2026-02-17", "2026-03-02")[1] == {"kiln"}
    assert book.changes(mark, "2026-03-02", "2026-03-02")[1] == frozenset()


def test_rows_that_go_are_a_change_of_the_entity_that_had_them(ledger: LedgerEngine) -> None:
    book = QualityLedgerSql(ledger)
    look(book, "mill", "2026-03-02", 1, 3)
    mark, _ = book.changes(0)
    look(book, "mill", "2026-03-02")
    assert book.days(["mill"], "2026-03-02", "2026-03-02") == []
    assert book.changes(mark)[1] == {"mill"}


def test_a_point_that_moved_changes_the_unit_that_it_left_as_well(ledger: LedgerEngine) -> None:
    book = QualityLedgerSql(ledger)
    look(book, "mill", "2026-03-02", 1, 3)
    mark, _ = book.changes(0)
    book.put([QualityWork("kiln", "2026-03-02")], {3: "kiln"}, [PointDay(3, "2026-03-02", 0)], [])
    assert book.changes(mark)[1] == {"mill", "kiln"}


def test_a_check_alone_is_a_change(ledger: LedgerEngine) -> None:
    book = QualityLedgerSql(ledger)
    look(book, "mill", "2026-03-02", 1)
    mark, _ = book.changes(0)
    look(book, "mill", "2026-03-02", 1, checks=(Check(CheckKind.POWER, 1, "2026-03-02", 5.0, 9.0, "kWh", 96, 0.1, ("p9",)),))
    assert book.changes(mark)[1] == {"mill"}


def test_a_ledger_in_use_tells_of_what_it_held_before_the_step(empty_ledger_url: str) -> None:
    ledger = LedgerEngine(empty_ledger_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with ledger.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0016")
        connection.execute(
            text("INSERT INTO entity (id, kind, name_cn, name_en, region_id, park_id, industry_code, industry_cn, is_key_user, product, \"order\") "
                 "VALUES ('e', 'enterprise', '厂', '', '', '', '', '', false, '', 0)")
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO quality_day (point, day, entity, until, expected, received, filled, unusable, cells, estimated, open, stuck, stuck_by, "
                 "negative, deltas, live, backfilled) VALUES (1, '2026-03-02', 'mill', 0, 96, 96, 96, 0, 96, 0, 0, 0, '', 0, 0, 0, 0)")
        )  # fmt: skip
    ledger.migrate()
    book = QualityLedgerSql(ledger)
    mark, who = book.changes(0)
    assert (mark, who) == (1, {"mill"})
    look(book, "kiln", "2026-03-02", 2)
    assert book.changes(mark)[1] == {"kiln"}
    ledger.close()


def test_migrated_units_are_not_on_the_watch_list_and_the_flag_is_kept(ledger: LedgerEngine) -> None:
    with ledger.writing() as connection:
        connection.execute(
            text("INSERT INTO entity (id, kind, name_cn, name_en, region_id, park_id, industry_code, industry_cn, is_key_user, product, \"order\") "
                 "VALUES ('e', 'enterprise', '厂', '', '', '', '', '', false, '', 0)")
        )  # fmt: skip
        assert connection.execute(text("SELECT is_two_high FROM entity")).scalar_one() in (False, 0)
