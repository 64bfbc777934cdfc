"""A storm of verdicts: committed a part at a time, the same as at once; what runs all day long reads by an index; slow rounds are spaced out."""

from dataclasses import replace

import pytest
from sqlalchemy import event, func, select

from alerting.loops import Pace
from tricolor.adapters.ledger.alerts import AT_ONCE, AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.schema import alert, verdict
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict

AT = 1_800_000_000 * SECOND_US
MANY = 2 * AT_ONCE + 10


def verdicts(light: Light) -> list[Verdict]:
    return [Verdict(f"e{n}", "pace", "", "2026-11", light, 2.0, 1.0, "tce", "升", "rose", 1.0, {}) for n in range(MANY)]


def follow(ledger: LedgerEngine, said: list[Verdict], at: int, rules: tuple[str, ...] = ("pace",)) -> int:
    made = AlertBookSql(ledger).follow(said, rules, at, lambda v: v.coverage == 1.0, lambda *_: [], confirmed=rules)
    return len(made)


def open_alerts(ledger: LedgerEngine) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).where(alert.c.condition == "firing")).scalar_one())


def test_many_verdicts_are_several_transactions_and_every_alert_opens_once(sqlite_ledger: LedgerEngine) -> None:
    begun: list[int] = []
    event.listen(sqlite_ledger.engine, "commit", lambda _connection: begun.append(1))
    assert follow(sqlite_ledger, verdicts(Light.RED), AT) == MANY
    assert len(begun) > MANY // AT_ONCE  # nobody waits for all of them
    assert follow(sqlite_ledger, verdicts(Light.RED), AT + 1) == 0 and open_alerts(sqlite_ledger) == MANY


def test_of_whole_rules_what_is_judged_no_more_ends_and_what_binds_nobody_any_more_too(sqlite_ledger: LedgerEngine) -> None:
    follow(sqlite_ledger, verdicts(Light.RED), AT)
    said = verdicts(Light.RED)[:-3]  # three are judged no more
    said[0] = replace(said[0], coverage=0.5)  # and one says nothing that binds
    assert follow(sqlite_ledger, said, AT + SECOND_US) == 4
    with sqlite_ledger.reading() as connection:
        current = connection.execute(select(func.count()).select_from(verdict).where(verdict.c.is_current)).scalar_one()
    assert (current, open_alerts(sqlite_ledger)) == (MANY - 3, MANY - 4)


def test_named_verdicts_end_nothing_of_others(sqlite_ledger: LedgerEngine) -> None:
    follow(sqlite_ledger, verdicts(Light.RED), AT)
    assert follow(sqlite_ledger, verdicts(Light.RED)[: AT_ONCE + 1], AT + SECOND_US, rules=()) == 0
    assert open_alerts(sqlite_ledger) == MANY


def test_what_is_asked_several_times_a_second_is_read_by_an_index_that_holds_only_what_is_due(sqlite_ledger: LedgerEngine) -> None:
    said: list[tuple[str, object]] = []
    event.listen(sqlite_ledger.engine, "before_cursor_execute", lambda _c, _k, words, values, *_: said.append((words, values)))
    OutboxSql(sqlite_ledger).claim(AT, 10, 60.0, ["sms"])
    NoticeBookSql(sqlite_ledger).due(AT, 10)
    NoticeBookSql(sqlite_ledger).stands([1, 2])
    follow(sqlite_ledger, verdicts(Light.RED)[:3], AT)
    asked = [(words, values[0] if isinstance(values, list) else values) for words, values in said if words.startswith(("SELECT", "UPDATE"))]
    with sqlite_ledger.reading() as connection:
        plans = {w: [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {w}", v)] for w, v in asked}  # type: ignore[arg-type]
    for words, plan in plans.items():
        for line in plan:
            assert "ix_outbox_receipt" not in line and "ix_verdict_period" not in line, (
                words
            )  # every message of the channel, every matter of the month
            assert not line.startswith(("SCAN outbox", "SCAN notice", "SCAN alert ", "SCAN verdict")), words
            assert "outbox USING INDEX ix_outbox_state" not in line or "alert_id IN" not in words, words


def test_a_slow_round_is_followed_by_a_longer_rest_within_bounds() -> None:
    pace = Pace(0.2, 1.5, 0.25)
    # 10 ms: the least; 0.1 s at a quarter of the time: 0.3 s; 5 s: never more than the most
    assert [pace.pause_s(t) for t in (0.01, 0.1, 5.0)] == pytest.approx([0.2, 0.3, 1.5])
