"""Late data: what a past verdict should have said is a word in the timeline of the alert that stood for it, and nothing earlier is rewritten."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.schema import alert, alert_event, verdict
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.domain.intervals import DAY_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports_judging import Correction

BASE = Verdict("north", "pace", "basic", "2026-09", Light.RED, -1.0, 2.0, "%", "升", "rose", 1.0, {})
RED, YELLOW, GREEN, GREY = Light.RED, Light.YELLOW, Light.GREEN, Light.GREY


def judge(ledger: LedgerEngine, month: int, light: Light, at: int) -> None:
    said = replace(BASE, period=f"2026-{month:02d}", light=light, value=float(month))
    AlertBookSql(ledger).follow([said], ["pace"], at * DAY_US, lambda _: True, lambda *_: [])


def correct(ledger: LedgerEngine, month: int, light: Light, at: int, value: float = 9.9) -> int:
    """How many corrections were written."""
    pages, period = LightPagesSql(ledger), f"2026-{month:02d}"
    [word] = [w for w in pages.closed(["north"], ["pace"]) if w.verdict.period == period]
    again = replace(word.verdict, light=light, value=value, reason_zh="迟到数据", reason_en="late data")
    return len(pages.correct([Correction(word.id, again, at * DAY_US)], None, at * DAY_US))


def rows(ledger: LedgerEngine, table) -> list[dict]:
    with ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def timeline(ledger: LedgerEngine, alert_id: int) -> list[tuple[str, str]]:
    return [(m.why, m.light) for m in AlertBookSql(ledger).get(alert_id)[1]]


def test_a_correction_is_appended_to_the_open_alert_that_stood_for_the_period(ledger):
    judge(ledger, 9, RED, at=0)
    judge(ledger, 10, RED, at=30)
    before = rows(ledger, alert), rows(ledger, alert_event)
    assert correct(ledger, 9, YELLOW, at=40) == 1
    assert rows(ledger, alert) == before[0] and rows(ledger, alert_event)[:1] == before[1]
    assert timeline(ledger, 1) == [("OPENED", "red"), ("CORRECTED", "yellow")]
    moment = AlertBookSql(ledger).get(1)[1][-1]
    assert moment.text_zh == "2026-09 更正：由红改判为黄。迟到数据" and moment.text_en == "2026-09 corrected: yellow instead of red. late data"
    assert rows(ledger, notice) == []  # a mark: nobody is told
    # the present period is judged as ever
    judge(ledger, 10, GREEN, at=41)
    assert timeline(ledger, 1)[-1] == ("RESOLVED", "green")


def test_it_reaches_an_alert_that_ended_and_opens_none(ledger):
    judge(ledger, 9, RED, at=0)
    judge(ledger, 10, GREEN, at=30)
    judge(ledger, 11, RED, at=60)
    assert correct(ledger, 9, GREEN, at=70) == 1
    assert timeline(ledger, 1) == [("OPENED", "red"), ("RESOLVED", "green"), ("CORRECTED", "green")] and timeline(ledger, 2) == [("OPENED", "red")]
    assert AlertBookSql(ledger).get(1)[0].condition == "resolved"


def test_a_period_that_had_no_alert_leaves_later_alerts_alone(ledger):
    judge(ledger, 9, GREEN, at=0)
    judge(ledger, 10, RED, at=30)
    assert correct(ledger, 9, RED, at=40) == 1
    assert timeline(ledger, 1) == [("OPENED", "red")] and len(rows(ledger, alert)) == 1


def test_a_correction_of_a_correction_goes_to_the_same_alert_and_the_same_twice_is_one(ledger):
    judge(ledger, 9, RED, at=0)
    judge(ledger, 10, GREEN, at=30)
    assert [correct(ledger, 9, YELLOW, at=40), correct(ledger, 9, YELLOW, at=41), correct(ledger, 9, RED, at=42)] == [1, 0, 1]
    assert timeline(ledger, 1)[2:] == [("CORRECTED", "yellow"), ("CORRECTED", "red")]


@pytest.mark.parametrize("light", [RED, GREY])
def test_another_value_of_the_same_light_is_said_too(ledger, light):
    judge(ledger, 8, RED, at=-30)
    judge(ledger, 9, light, at=0)
    judge(ledger, 10, RED, at=30)
    assert correct(ledger, 9, light, at=40) == 1
    assert AlertBookSql(ledger).get(1)[1][-1].text_zh.startswith(f"2026-09 更正：仍为{'红' if light is RED else '灰'}")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lights=st.lists(st.sampled_from(list(Light)), min_size=2, max_size=6), later=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(list(Light))))
)
def test_corrections_only_ever_append(sqlite_ledger, lights, later):
    with sqlite_ledger.writing() as connection:
        for table in (verdict, alert, alert_event):
            connection.execute(delete(table))
    for n, light in enumerate(lights):
        judge(sqlite_ledger, n + 1, light, at=30 * n)
    for n, (month, light) in enumerate(later):
        alerts, before = rows(sqlite_ledger, alert), rows(sqlite_ledger, alert_event)
        if month < len(lights) - 1:
            correct(sqlite_ledger, month + 1, light, at=500 + n, value=float(n))
        after = rows(sqlite_ledger, alert_event)
        assert rows(sqlite_ledger, alert) == alerts and after[: len(before)] == before and {e["why"] for e in after[len(before) :]} <= {"CORRECTED"}
