"""What the ledger says of a time that is over: verdicts as they stood, alerts by their events."""

import pytest
from sqlalchemy import insert

from tricolor.adapters.ledger.bulletin_history import PeriodHistorySql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event
from tricolor.adapters.ledger.verdicts import put_verdicts
from tricolor.domain.intervals import DAY_US, HOUR_US, Interval
from tricolor.domain.lights import Light, Verdict

START = 1_790_000_000_000_000
SPAN = Interval(START, START + 30 * DAY_US)


@pytest.fixture
def history(ledger: LedgerEngine) -> PeriodHistorySql:
    return PeriodHistorySql(ledger)


def say(ledger: LedgerEngine, at: int, light: Light, period: str = "now", rule: str = "silent", entity: str = "mill") -> None:
    with ledger.writing() as connection:
        put_verdicts(connection, [Verdict(entity, rule, "", period, light, 1.0, 2.0, "h", "理由", "reason", None)], at)


def test_a_state_is_told_as_it_stood(ledger: LedgerEngine, history: PeriodHistorySql) -> None:
    for day, light in ((1, Light.GREEN), (5, Light.RED), (9, Light.GREEN)):
        say(ledger, START + day * DAY_US, light)
    at = [[w.verdict.light for w in history.words_at(["mill"], START + day * DAY_US)] for day in (0, 1, 4, 5, 8, 9, 20)]
    assert at == [[], [Light.GREEN], [Light.GREEN], [Light.RED], [Light.RED], [Light.GREEN], [Light.GREEN]]
    assert history.words_at(["kiln"], START + 9 * DAY_US) == []


def test_a_withdrawn_state_counts_only_while_it_was_said(ledger: LedgerEngine, history: PeriodHistorySql) -> None:
    say(ledger, START, Light.RED)
    with ledger.writing() as connection:
        put_verdicts(connection, [], START + HOUR_US, ["silent"])
    assert [w.verdict.light for w in history.words_at(["mill"], START + HOUR_US)] == [Light.RED]
    assert history.words_at(["mill"], START + 3 * DAY_US) == []


def test_the_last_word_on_a_period_is_told_current_or_not(ledger: LedgerEngine, history: PeriodHistorySql) -> None:
    for at, light, period in ((1, Light.RED, "2026-01..2026-09"), (2, Light.YELLOW, "2026-01..2026-09"), (3, Light.GREEN, "2026-01..2026-10")):
        say(ledger, START + at, light, period, "pace")
    found = history.last_words({"2026-01..2026-09", "now"}, ["mill", "kiln"])
    assert [(w.verdict.period, w.verdict.light) for w in found] == [("2026-01..2026-09", Light.YELLOW)]


def opened(ledger: LedgerEngine, *events: tuple[int, str, str, str], resolved_at: int | None = None) -> int:
    """An alert with its events (at, why, light, by)."""
    first = events[0][0]
    values = {
        "fingerprint": "pace/mill/", "entity": "mill", "rule": "pace", "indicator": "", "level": "red", "condition": "firing", "is_stale": False,
        "handling": "unacked", "acked_by": "", "opened_at": first, "changed_at": first, "resolved_at": resolved_at, "reason_zh": "今", "reason_en": "now",
    }  # fmt: skip
    with ledger.writing() as connection:
        identity = connection.execute(insert(alert).values(values).returning(alert.c.id)).scalar_one()
        for at, why, light, by in events:
            words = {"text_zh": f"{why}{light}", "text_en": why}
            connection.execute(insert(alert_event).values(alert_id=identity, at=at, why=why, light=light, by=by, **words))
    return int(identity)


def test_an_alert_is_told_as_it_was_known_at_the_end_of_the_span(ledger: LedgerEngine, history: PeriodHistorySql) -> None:
    end = SPAN.end
    one = opened(
        ledger, (START + 5, "OPENED", "yellow", ""), (START + 9, "ACKED", "yellow", "李"), (START + 12, "WORSENED", "red", ""),
        (end + 1, "RESOLVED", "green", ""), resolved_at=end + 1,
    )  # fmt: skip
    (life,) = history.alerts(["mill"], SPAN)
    assert (life.id, life.level, life.opened_at, life.acked_at, life.acked_by) == (one, "red", START + 5, START + 9, "李")
    assert (life.resolved_at, life.reason_zh) == (None, "WORSENEDred")


def test_alerts_outside_the_span_and_those_only_pending_are_none(ledger: LedgerEngine, history: PeriodHistorySql) -> None:
    opened(ledger, (START - 9, "OPENED", "red", ""), (START - 5, "RESOLVED", "green", ""), resolved_at=START - 5)
    opened(ledger, (SPAN.end, "OPENED", "red", ""))
    opened(ledger, (START + 5, "STALE", "grey", ""))
    kept = opened(ledger, (START - 9, "OPENED", "red", ""), (START + 5, "CLOSED", "green", "王"), resolved_at=START + 5)
    assert [(life.id, life.resolved_at) for life in history.alerts(["mill"], SPAN)] == [(kept, START + 5)]
    assert history.alerts(["kiln"], SPAN) == []
