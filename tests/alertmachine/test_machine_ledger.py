"""The state machine in the ledger: restarts, two processes, people's deeds, notices, missing data, a clock that is set, and how much it costs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from tests.alerting.telling import to_all
from tests.alertmachine.alert_sim import BAD, Life, S
from tests.ledger.ledger_before import SAID as BEFORE_AT
from tests.ledger.ledger_before import fill_as_before
from tricolor.adapters.ledger.alert_desk import AlertDeskSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.domain.alert_machine import Observation
from tricolor.domain.alert_policy import Policy
from tricolor.domain.alerts import TOLD
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import Recipient

BASE = Verdict("north", "pace", "basic", "2026-10", Light.RED, -1.2, 2.3, "%", "升", "rose", 0.99, {})
LI = Recipient("inbox", "li", "li")
PATIENT = Policy(
    hold_s=10, red_hold_s=0, clear_s=20, stale_s=15, ack_timeout_s=60, repeat_s=45, escalate_s=(30, 90), hold_count=2, tells_no_data=True
)


def said(light: Light, **changes: object) -> Verdict:
    return replace(BASE, light=light, **changes)  # type: ignore[arg-type]


def book(ledger: LedgerEngine, policy: Policy = PATIENT) -> AlertBookSql:
    """As a process that was just started has it."""
    return AlertBookSql(ledger, {"pace": policy, "silent": Policy()})


def follow(ledger: LedgerEngine, *verdicts: Verdict, at: int, policy: Policy = PATIENT, **more: object) -> list[str]:
    found = book(ledger, policy).follow(verdicts, [], at, lambda _: True, to_all(LI), **more)  # type: ignore[arg-type]
    return [change.step.why.value for change in found]


def tick(ledger: LedgerEngine, at: int, policy: Policy = PATIENT) -> list[str]:
    return [change.step.why.value for change in book(ledger, policy).tick(at, 5_000, to_all(LI))]


def count(ledger: LedgerEngine, table, *where) -> int:
    with ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def whys(ledger: LedgerEngine, alert_id: int = 1) -> list[str]:
    return [moment.why for moment in AlertBookSql(ledger).get(alert_id)[1]]


@contextmanager
def statements(ledger: LedgerEngine) -> Iterator[list[str]]:
    """What goes to the database meanwhile; a bulk insert is one."""
    heard: list[str] = []

    def hear(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        heard.append(statement)

    event.listen(ledger.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(ledger.engine, "before_cursor_execute", hear)


lights = st.tuples(st.integers(0, 40), st.sampled_from([*BAD, *list(Light)]))
steps = st.lists(st.one_of(lights, lights, lights, st.tuples(st.integers(0, 40), st.sampled_from(["ack", "close", "forward", "tick"]))), max_size=14)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=steps)
def test_the_ledger_lives_every_story_as_the_machine_does_with_a_new_process_at_every_step(sqlite_ledger, story):
    ledger, life, shown = sqlite_ledger, Life(replace(PATIENT, hold_count=1, tells_no_data=False)), []
    desk, at = AlertDeskSql(ledger), 1_000 * S
    entity = f"e{count(ledger, alert_event)}-{count(ledger, alert)}"
    for after_s, what in story:
        at += after_s * S
        life.do(after_s, Observation(what, -1.2, 2.3) if isinstance(what, Light) else what)
        mine = AlertBookSql(ledger).page("open", [entity], 1, None)
        if isinstance(what, Light):
            follow(ledger, said(what, entity=entity), at=at, policy=life.policy)
        elif mine and what == "ack":
            AlertBookSql(ledger).acknowledge(mine[0].id, "li", at)
        elif mine and what == "close":
            desk.close(mine[0].id, "li", "done", at)
        elif mine and what == "forward":
            desk.forward(mine[0].id, "li", "wang", "", at)
        tick(ledger, at, life.policy)
    for each in reversed(AlertBookSql(ledger).page("all", [entity], 100, None)):
        shown += [(m.at, m.why, m.light) for m in AlertBookSql(ledger).get(each.id)[1]]
    meant = [(now, s.why.value, "grey" if s.why.value == "STALE" else s.after.level.value) for now, s in life.steps]
    assert shown == meant
    fingerprint = f"pace/{entity}/basic"
    follow(ledger, at=at, policy=life.policy, withdrawn=[fingerprint])
    with ledger.reading() as connection:  # a message has the why of an entry of the timeline that is told, and each of these has its message
        mine = select(alert_event.c.id).join(alert, alert.c.id == alert_event.c.alert_id).where(alert.c.entity == entity, alert_event.c.why.in_(TOLD))
        told = select(notice.c.event_id).join(alert, alert.c.id == notice.c.alert_id).where(alert.c.entity == entity)
        assert sorted(connection.execute(mine).scalars()) == sorted(connection.execute(told).scalars())
        assert connection.execute(select(alert.c.id).where(alert.c.entity == entity, alert.c.is_watched)).first() is None


def test_what_is_pending_is_no_alert_for_people_and_leaves_none_when_it_goes_away(ledger):
    assert follow(ledger, said(Light.YELLOW), at=0) == []
    assert count(ledger, alert) == 1 and AlertBookSql(ledger).page("open", [], 9, None) == AlertBookSql(ledger).page("all", [], 9, None) == []
    with pytest.raises(Refused, match="pending"):
        AlertBookSql(ledger).acknowledge(1, "li", 1)
    assert follow(ledger, said(Light.GREEN), at=5 * S) == []
    assert (count(ledger, alert), count(ledger, alert_event), count(ledger, notice)) == (0, 0, 0)
    follow(ledger, said(Light.YELLOW), at=6 * S)
    assert follow(ledger, at=7 * S, withdrawn=[BASE.fingerprint]) == [] and count(ledger, alert) == 0


def test_the_same_fact_judged_again_counts_once_and_time_alone_opens_with_the_newest_words(ledger):
    for at in (0, 4, 12):
        assert follow(ledger, said(Light.YELLOW), at=at * S) == []  # one fact, however often
    assert follow(ledger, said(Light.YELLOW, value=-1.3, reason_zh="又升"), at=13 * S) == ["OPENED"]
    assert AlertBookSql(ledger).get(1)[0].reason_zh == "又升"
    fast = replace(PATIENT, hold_count=1)
    follow(ledger, said(Light.YELLOW, entity="south"), at=100 * S, policy=fast)
    assert follow(ledger, said(Light.YELLOW, entity="south", reason_zh="新词", value=9.0), at=105 * S, policy=fast) == []
    assert tick(ledger, 110 * S, fast) == ["OPENED"]
    assert AlertBookSql(ledger).page("open", ["south"], 1, None)[0].reason_zh == "新词"


def test_a_round_in_which_nothing_is_due_asks_once_and_writes_nothing(ledger):
    follow(ledger, said(Light.RED), at=0)
    mine = book(ledger)
    mine.tick(1 * S, 5_000, to_all(LI))
    with statements(ledger) as heard:
        assert mine.tick(2 * S, 5_000, to_all(LI)) == []
    asked = [each for each in heard if not each.startswith(("BEGIN", "SET", "COMMIT"))]
    assert len(asked) == 1 and asked[0].lstrip("( ").upper().startswith("SELECT")
    with ledger.reading() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(
            ("EXPLAIN QUERY PLAN " if ledger.is_sqlite else "EXPLAIN ") + "SELECT id FROM alert WHERE due_at <= 5 UNION ALL "
            "SELECT id FROM alert_event WHERE is_unrouted LIMIT 1"
        ))  # fmt: skip
    assert not ledger.is_sqlite or ("ix_alert_due_at" in plan and "ix_alert_event_unrouted" in plan)


def test_two_thousand_reds_at_once_are_few_transactions_of_few_statements(ledger, capsys):
    reds = [said(Light.RED, entity=f"e{n}") for n in range(2_000)]
    policies = {"pace": replace(PATIENT, hold_count=1)}
    began = time.process_time()
    with statements(ledger) as heard:
        changes = AlertBookSql(ledger, policies).follow(reds, ["pace"], 0, lambda _: True, to_all(LI))
    took = time.process_time() - began
    began = time.process_time()
    with statements(ledger) as later:
        escalated = AlertBookSql(ledger, policies).tick(30 * S, 5_000, to_all(LI))
    with capsys.disabled():
        kind = "SQLite" if ledger.is_sqlite else "PostgreSQL"
        print(f"\n2,000 reds at once on {kind}: {took:.2f} s of CPU; 2,000 escalations: {time.process_time() - began:.2f} s of CPU")
    assert len(changes) == len(escalated) == count(ledger, notice) / 2 == 2_000
    assert len(heard) < 160 and len(later) < 60  # none of them per alert: a dozen for each 250 verdicts
    assert took < 3  # well under one on a machine at rest


def test_two_processes_at_once_take_each_step_once(ledger):
    follow(ledger, *(said(Light.RED, entity=f"e{n}") for n in range(20)), at=0)
    gate, found = threading.Barrier(4), []

    def one() -> None:
        gate.wait()
        for at in (30, 31, 90, 91):
            found.extend(change.step.why.value for change in book(ledger).tick(at * S, 5_000, to_all(LI)))

    threads = [threading.Thread(target=one) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    with ledger.reading() as connection:
        steps_of = connection.execute(select(alert_event.c.alert_id, alert_event.c.step).where(alert_event.c.why == "ESCALATED")).all()
    assert sorted(tuple(row) for row in steps_of) == [(n, step) for n in range(1, 21) for step in (1, 2)]
    assert found.count("ESCALATED") == 40


# people's deeds


def opened(ledger: LedgerEngine) -> AlertDeskSql:
    follow(ledger, said(Light.RED), at=0)
    return AlertDeskSql(ledger)


def test_a_comment_stands_in_the_timeline_with_its_author_once(ledger):
    desk = opened(ledger)
    for _ in range(2):
        desk.comment(1, "li", " 正在检修 ", 5 * S)
    desk.comment(1, "wang", "正在检修", 6 * S)
    moments = AlertBookSql(ledger).get(1)[1]
    assert [(m.why, m.by, m.text_zh, m.at) for m in moments[1:]] == [("COMMENTED", "li", "正在检修", 5 * S), ("COMMENTED", "wang", "正在检修", 6 * S)]
    assert tick(ledger, 7 * S) == []  # a comment is told to nobody
    with pytest.raises(Refused, match="write it down"):
        desk.comment(1, "li", "  ", 8 * S)
    with pytest.raises(NotFound):
        desk.comment(99, "li", "x", 8 * S)


def test_who_it_is_forwarded_to_is_told_by_the_next_round_and_nobody_twice(ledger):
    desk = opened(ledger)
    record = desk.forward(1, "li", "wang", "你们厂的", 5 * S)
    desk.forward(1, "li", "wang", "你们厂的", 6 * S)
    assert (record.assignee, record.handling) == ("wang", "unacked")
    heard = []

    def notices(change, _told):
        heard.append((change.step.why.value, change.step.to, change.by, change.note, change.step.after.assignee))
        return to_all(LI)(change, [])

    book(ledger).tick(7 * S, 10, notices)
    book(ledger).tick(8 * S, 10, notices)
    assert heard == [("FORWARDED", "wang", "li", "你们厂的", "wang")]
    assert [(m.why, m.by, m.to) for m in AlertBookSql(ledger).get(1)[1]][1:] == [("FORWARDED", "li", "wang")]


def test_a_closing_is_told_even_when_the_light_turned_green_before_the_next_round(ledger):
    desk = opened(ledger)
    record = desk.close(1, "li", "误报", 5 * S)
    assert (record.condition, record.closed_reason, record.resolved_at, record.level) == ("resolved", "误报", 5 * S, "red")
    assert desk.close(1, "li", "误报", 6 * S) == record  # a second tap
    with pytest.raises(Refused, match="resolved"):
        desk.close(1, "li", "another reason", 6 * S)
    assert follow(ledger, said(Light.RED, value=1.0), at=7 * S) == [] and AlertBookSql(ledger).page("open", [], 9, None) == []
    assert follow(ledger, said(Light.GREEN), at=8 * S) == []
    assert tick(ledger, 9 * S) == ["CLOSED"] and tick(ledger, 10 * S) == []
    assert follow(ledger, said(Light.RED), at=11 * S) == ["OPENED"]
    assert whys(ledger, 1) == ["OPENED", "CLOSED"] and whys(ledger, 2) == ["OPENED"]


def test_a_closed_yellow_opens_anew_when_it_is_red(ledger):
    fast = replace(PATIENT, hold_count=1, hold_s=0)
    follow(ledger, said(Light.YELLOW), at=0, policy=fast)
    AlertDeskSql(ledger).close(1, "li", "known", 1 * S)
    assert follow(ledger, said(Light.YELLOW, value=3.0), at=2 * S, policy=fast) == []
    assert follow(ledger, said(Light.RED), at=3 * S, policy=fast) == ["OPENED"]
    assert [(a.id, a.condition) for a in AlertBookSql(ledger).page("all", [], 9, None)] == [(2, "firing"), (1, "resolved")]
    assert count(ledger, alert, alert.c.is_watched) == 1


def test_an_acknowledgement_times_out_by_the_policy_of_the_judge(ledger):
    opened(ledger)
    record = AlertBookSql(ledger).acknowledge(1, "li", 5 * S)  # the API's process knows no policies
    assert (record.acked_by, record.acked_at) == ("li", 5 * S)
    assert tick(ledger, 64 * S) == [] and tick(ledger, 65 * S) == ["UNACKED"]


# missing data


def test_stale_names_the_alert_that_says_data_is_missing_or_tells_the_owner_once(ledger):
    silent = said(Light.RED, rule="silent", indicator="", period="now")
    follow(ledger, BASE, silent, said(Light.RED, entity="south"), at=0)
    follow(ledger, said(Light.GREY), said(Light.GREY, entity="south"), at=10 * S)
    found = book(ledger).tick(25 * S, 10, to_all(LI))
    assert [(c.entity, c.step.why.value) for c in found] == [("north", "STALE"), ("south", "STALE"), ("south", "NO_DATA")]
    assert "数据缺失见预警2" in AlertBookSql(ledger).get(1)[1][-1].text_zh and "alert 2" in AlertBookSql(ledger).get(1)[1][-1].text_en
    assert tick(ledger, 26 * S) == [] and count(ledger, notice, notice.c.why == "NO_DATA") == 1
    assert [a.level for a in AlertBookSql(ledger).page("open", [], 9, None)] == ["red"] * 3


# clocks, policies, upgrades


def test_a_jump_of_the_clock_seen_by_two_processes_counts_once(ledger):
    opened(ledger)
    one, other = book(ledger), book(ledger)
    hour = 3_600 * S
    assert one.shift(hour, hour + 10 * S) == 1 and other.shift(hour + S, hour + 12 * S) == 0
    assert tick(ledger, hour + 29 * S) == [] and tick(ledger, hour + 30 * S) == ["ESCALATED"]
    assert one.shift(-hour, 40 * S) == 1  # back again is another jump
    assert AlertBookSql(ledger).get(1)[0].opened_at == 0


def test_a_clock_that_went_back_while_the_program_was_off_delays_nothing_for_longer_than_the_policy(ledger):
    follow(ledger, said(Light.RED), at=10_000 * S)
    assert tick(ledger, 100 * S) == []
    assert tick(ledger, 129 * S) == [] and tick(ledger, 130 * S) == ["ESCALATED"]


def test_another_policy_after_a_restart_counts_from_then_on(ledger):
    follow(ledger, said(Light.RED), at=0, policy=replace(PATIENT, escalate_s=(86_400,), repeat_s=None))
    assert tick(ledger, 40 * S, replace(PATIENT, repeat_s=None)) == ["ESCALATED"]


def test_an_alert_of_the_release_before_goes_on_and_is_not_pressed_for_the_weeks_gone_by(empty_ledger_url):
    engine = LedgerEngine(empty_ledger_url)
    fill_as_before(engine)
    engine.migrate()
    quick: Callable[[int], list[str]] = lambda at: [  # noqa: E731 - short
        c.step.why.value for c in AlertBookSql(engine, {"silent": Policy(escalate_s=(900,), clear_s=60)}).tick(at, 10, to_all(LI))
    ]
    weeks = BEFORE_AT + 30 * 86_400 * S
    assert quick(weeks) == [] and quick(weeks + 899 * S) == [] and quick(weeks + 900 * S) == ["ESCALATED"]
    green = Verdict("mill", "silent", "mill.elec", "now", Light.GREEN, 0.0, 1.0, "h", "", "", 1.0, {})
    mine = AlertBookSql(engine, {"silent": Policy(clear_s=60)})
    assert [c.step.why.value for c in mine.follow([green], [], weeks + 1_000 * S, lambda _: True, to_all(LI))] == ["RECOVERING"]
    assert [c.step.why.value for c in mine.tick(weeks + 1_060 * S, 10, to_all(LI))] == ["RESOLVED"]
    engine.close()
