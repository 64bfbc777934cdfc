"""Verdicts, alerts, outbox and inbox in the ledger, on SQLite and on PostgreSQL."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from tests.alerting.telling import dispatch, to_all
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.schema import alert, alert_event, attempt, inbox, outbox, verdict
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import MAX_ATTEMPTS, Recipient

S = SECOND_US
BASE = Verdict("north", "pace", "basic", "2026-01..2026-10", Light.RED, -1.2, 2.3, "%", "升", "rose", 0.99, {"months": ("2026-01",)})
PHONE, DESK, HOOK = Recipient("inbox", "li", "li"), Recipient("inbox", "wang", "wang"), Recipient("webhook", "http://h", "webhook")


def said(light: Light, **changes: object) -> Verdict:
    return replace(BASE, light=light, **changes)  # type: ignore[arg-type]


def judge(ledger: LedgerEngine, *verdicts: Verdict, at: int, notices=None, rules=("pace",)):
    """The round of a judge, and of the dispatcher after it."""
    changes = AlertBookSql(ledger).follow(verdicts, rules, at, lambda _: True, notices or to_all(PHONE))
    dispatch(ledger, at)
    return changes


def count(ledger: LedgerEngine, table, *where) -> int:
    with ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def rows(ledger: LedgerEngine, table) -> list:
    with ledger.reading() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).mappings())


# verdicts


def test_a_light_keeps_its_beginning_and_an_identical_verdict_adds_no_row(ledger):
    book = VerdictBookSql(ledger)
    book.put([BASE], 100)
    book.put([BASE], 200)
    assert count(ledger, verdict) == 1
    book.put([replace(BASE, value=-1.5)], 300)  # another value of the same light
    [standing] = book.standing()
    assert (standing.since, standing.judged_at, standing.verdict.value) == (100, 300, -1.5) and count(ledger, verdict) == 2
    book.put([said(Light.GREEN, value=3.0)], 400)
    [standing] = book.standing()
    assert standing.since == 400 and standing.verdict.light is Light.GREEN
    assert [s.verdict.value for s in book.history("north", 10)] == [3.0, -1.5, -1.2]


def test_what_a_verdict_says_comes_back_whole(ledger):
    VerdictBookSql(ledger).put([BASE], 1)
    [found] = VerdictBookSql(ledger).current()
    assert found == replace(BASE, evidence={"months": ["2026-01"]})


def test_a_state_of_now_moves_without_history_until_its_light_changes(ledger):
    book = VerdictBookSql(ledger)
    for seconds, hours in ((0, 1.1), (60, 1.2), (65, 1.3)):  # kept up once a minute
        book.put([said(Light.YELLOW, rule="silent", period="now", value=hours)], seconds * S)
    [standing] = book.standing()
    assert count(ledger, verdict) == 1 and standing.verdict.value == 1.2 and standing.since == 0
    book.put([said(Light.RED, rule="silent", period="now", value=24.1)], 66 * S)
    assert count(ledger, verdict) == 2


def test_a_state_on_stored_results_is_said_as_it_is_at_once(ledger):
    """It is handed over only when it changed: kept back for a minute, it would not come again."""
    book = VerdictBookSql(ledger)
    for seconds, share in ((0, 98.0), (5, 99.0)):
        book.put([said(Light.GREEN, rule="connected", period="now", value=share)], seconds * S)
    assert book.current()[0].value == 99.0 and count(ledger, verdict) == 1


def test_an_unchanged_verdict_is_stamped_once_a_minute(ledger):
    book = VerdictBookSql(ledger)
    for at in (0, 59 * S, 60 * S):
        book.put([BASE], at)
    assert book.standing()[0].judged_at == 60 * S and count(ledger, verdict) == 1


# alerts


def test_an_alert_is_told_through_its_whole_life(ledger):
    story = [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREY, Light.GREY, Light.RED, Light.YELLOW, Light.GREEN, Light.GREEN]
    whys = [[c.step.why.value for c in judge(ledger, said(light), at=n)] for n, light in enumerate(story)]
    assert whys == [[], ["OPENED"], [], ["WORSENED"], ["STALE"], [], ["FRESH"], ["EASED"], ["RESOLVED"], []]
    record, moments = AlertBookSql(ledger).get(1)
    assert [m.why for m in moments] == ["OPENED", "WORSENED", "STALE", "FRESH", "EASED", "RESOLVED"]
    assert [m.light for m in moments] == ["yellow", "red", "grey", "red", "yellow", "green"]
    assert (record.condition, record.level, record.opened_at, record.resolved_at, record.is_stale) == ("resolved", "yellow", 1, 8, False)
    assert [r["why"] for r in rows(ledger, notice)] == ["OPENED", "WORSENED", "EASED", "RESOLVED"]


def test_a_later_red_is_a_new_alert(ledger):
    for at, light in enumerate((Light.RED, Light.GREEN, Light.RED)):
        judge(ledger, said(light), at=at)
    assert [(a.id, a.condition) for a in AlertBookSql(ledger).page("all", [], 10, None)] == [(2, "firing"), (1, "resolved")]
    assert [a.id for a in AlertBookSql(ledger).page("open", [], 10, None)] == [2]


def test_alerts_are_paged_newest_first_and_by_entity(ledger):
    judge(ledger, *(said(Light.RED, entity=f"e{n}") for n in range(5)), at=1)
    book = AlertBookSql(ledger)
    assert [a.id for a in book.page("open", [], 2, None)] == [5, 4] and [a.id for a in book.page("open", [], 2, 4)] == [3, 2]
    assert [a.entity for a in book.page("all", ["e1", "e3"], 10, None)] == ["e3", "e1"]
    with pytest.raises(ValueError, match="open or all"):
        book.page("closed", [], 2, None)


def test_acknowledging_marks_once_and_worsening_asks_anew(ledger):
    book = AlertBookSql(ledger)
    judge(ledger, said(Light.YELLOW), at=1)
    assert (book.acknowledge(1, "li", 2).handling, book.acknowledge(1, "wang", 3).acked_by) == ("acked", "li")
    judge(ledger, said(Light.RED), at=4)
    record, moments = book.get(1)
    assert (record.handling, record.acked_by) == ("unacked", "")
    assert [(m.why, m.by) for m in moments] == [("OPENED", ""), ("ACKED", "li"), ("WORSENED", "")]
    judge(ledger, said(Light.GREEN), at=5)
    with pytest.raises(Refused, match="resolved"):
        book.acknowledge(1, "li", 6)
    with pytest.raises(NotFound):
        book.acknowledge(99, "li", 6)
    with pytest.raises(NotFound):
        book.get(99)


def test_a_matter_that_is_no_longer_judged_is_withdrawn_and_other_rules_are_left_alone(ledger):
    silent = said(Light.RED, rule="silent", indicator="", period="now")
    judge(ledger, BASE, silent, at=1, rules=("pace", "silent"))
    [change] = judge(ledger, at=2, rules=("pace",))
    assert (change.rule, change.step.why.value) == ("pace", "RESOLVED") and "no longer judged" in change.reason_en.lower()
    assert [s.verdict.rule for s in VerdictBookSql(ledger).standing()] == ["silent"]
    assert [a.rule for a in AlertBookSql(ledger).page("open", [], 9, None)] == ["silent"]


def test_only_followed_verdicts_open_alerts(ledger):
    AlertBookSql(ledger).follow([BASE], ["pace"], 1, lambda _: False, to_all(PHONE))
    assert count(ledger, alert) == 0 and count(ledger, verdict) == 1


def test_verdict_alert_and_message_are_committed_together_or_not_at_all(ledger):
    judge(ledger, said(Light.YELLOW), at=1)

    def broken(change, told):
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        judge(ledger, said(Light.RED), at=2, notices=broken)
    assert [s.verdict.light for s in VerdictBookSql(ledger).standing()] == [Light.YELLOW]
    assert (count(ledger, alert_event), count(ledger, outbox)) == (1, 1)
    [change] = judge(ledger, said(Light.RED), at=3)  # after the restart: said once, not lost
    assert change.step.why.value == "WORSENED" and count(ledger, outbox) == 2


def test_those_who_were_told_are_handed_to_the_next_message(ledger):
    judge(ledger, BASE, at=1, notices=to_all(PHONE, HOOK))
    seen = []

    def notices(change, told):
        seen.extend(told)
        return []

    judge(ledger, said(Light.GREEN), at=2, notices=notices)
    assert seen == [PHONE, HOOK]


def test_one_address_gets_one_message_of_an_event(ledger):
    judge(ledger, BASE, at=1, notices=to_all(PHONE, PHONE, DESK))
    assert [r["address"] for r in rows(ledger, outbox)] == ["li", "wang"]


def test_two_judges_at_once_open_one_alert(ledger):
    gate = threading.Barrier(4)

    def one(at: int) -> None:
        gate.wait()
        judge(ledger, BASE, at=at)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert (count(ledger, alert), count(ledger, outbox), count(ledger, verdict, verdict.c.is_current)) == (1, 1, 1)


# outbox


def queue(ledger: LedgerEngine, messages: int, at: int = 0) -> OutboxSql:
    judge(ledger, BASE, at=at, notices=to_all(*(Recipient("inbox", f"r{n}", f"r{n}") for n in range(messages))))
    return OutboxSql(ledger)


def test_senders_claim_disjoint_messages(ledger):
    box = queue(ledger, 60)
    gate, claims = threading.Barrier(4), []

    def one() -> None:
        gate.wait()
        while found := box.claim(0, 4, 60.0, ["inbox"]):
            claims.extend(m.id for m in found)

    threads = [threading.Thread(target=one) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(claims) == list(range(1, 61))  # each one once, none left


def test_a_sender_takes_only_its_channel(ledger):
    judge(ledger, BASE, at=0, notices=to_all(PHONE, HOOK))
    assert [m.channel for m in OutboxSql(ledger).claim(0, 9, 60.0, ["webhook"])] == ["webhook"]


def test_a_message_carries_what_the_notifier_needs(ledger):
    [message] = queue(ledger, 1).claim(0, 9, 60.0, ["inbox"])
    assert (message.alert_id, message.recipient, message.why, message.light, message.attempts) == (1, "r0", "OPENED", "red", 1)
    assert message.payload["event"] == "OPENED" and "升" in message.text


def test_a_sender_killed_between_sending_and_saying_so_makes_the_message_come_again(ledger):
    box = queue(ledger, 1)
    [first] = box.claim(0, 9, 60.0, ["inbox"])
    assert box.claim(59 * S, 9, 60.0, ["inbox"]) == []
    [again] = box.claim(60 * S, 9, 60.0, ["inbox"])
    assert (again.id, again.attempts) == (first.id, 2)
    assert "lease" in rows(ledger, attempt)[0]["detail"]
    box.retry(first, 61 * S, 62 * S, "late word of the first sender")  # its claim is over: no effect
    assert box.claim(100 * S, 9, 60.0, ["inbox"]) == []
    box.accepted(again, 100 * S, "r-1")
    box.accepted(first, 101 * S, "r-0")
    [row] = rows(ledger, outbox)
    assert (row["state"], row["receipt"], row["accepted_at"]) == ("accepted", "r-1", 100 * S)
    assert box.claim(10_000 * S, 9, 60.0, ["inbox"]) == []


def test_acceptance_counts_even_after_the_lease(ledger):
    box = queue(ledger, 1)
    [first] = box.claim(0, 9, 60.0, ["inbox"])
    [second] = box.claim(60 * S, 9, 60.0, ["inbox"])
    box.accepted(first, 61 * S, "r-0")
    box.retry(second, 62 * S, 63 * S, "down")
    assert rows(ledger, outbox)[0]["state"] == "accepted"


def test_a_retry_waits_and_each_attempt_is_a_row(ledger):
    box = queue(ledger, 1)
    [message] = box.claim(0, 9, 60.0, ["inbox"])
    box.retry(message, 1 * S, 6 * S, "HTTP 503")
    assert box.claim(5 * S, 9, 60.0, ["inbox"]) == []
    [message] = box.claim(6 * S, 9, 60.0, ["inbox"])
    box.accepted(message, 7 * S, "ok")
    assert [(r["result"], r["detail"]) for r in rows(ledger, attempt)] == [("retry", "HTTP 503"), ("accepted", "ok")]
    [delivery] = box.of_alert(1)
    assert (delivery.state, delivery.attempts, delivery.detail, delivery.accepted_at) == ("accepted", 2, "ok", 7 * S)


def test_a_refused_message_is_dead_and_so_is_one_after_the_last_attempt(ledger):
    box = queue(ledger, 3)
    refused, tried, lost = box.claim(0, 9, 60.0, ["inbox"])
    box.refused(refused, 1, "HTTP 404")
    for n in range(1, MAX_ATTEMPTS + 1):
        box.retry(replace(tried, attempts=n), 1, 0, "HTTP 500")
        box.claim(0, 1, 60.0, ["inbox"])
    for n in range(1, MAX_ATTEMPTS + 2):
        box.claim(n * 60 * S, 9, 60.0, ["inbox"])
    assert [r["state"] for r in rows(ledger, outbox)] == ["dead", "dead", "dead"]
    assert [r["attempts"] for r in rows(ledger, outbox)] == [1, MAX_ATTEMPTS, MAX_ATTEMPTS]
    assert box.claim(10**15, 9, 60.0, ["inbox"]) == [] and lost.attempts == 1


# inbox


def test_the_same_message_delivered_twice_is_there_once(ledger):
    [message] = queue(ledger, 1).claim(0, 9, 60.0, ["inbox"])
    book = InboxBookSql(ledger)
    assert book.deliver(message, 5) == book.deliver(message, 6) and count(ledger, inbox) == 1
    [item] = book.page([], 10, None)
    assert (item.recipient, item.alert_id, item.light, item.why, item.at, item.read_at) == ("r0", 1, "red", "OPENED", 5, None)


def test_the_inbox_is_listed_by_recipient_and_read_once(ledger):
    book = InboxBookSql(ledger)
    for message in queue(ledger, 3).claim(0, 9, 60.0, ["inbox"]):
        book.deliver(message, 1)
    assert [i.recipient for i in book.page([], 2, None)] == ["r2", "r1"] and [i.recipient for i in book.page([], 2, 2)] == ["r0"]
    assert [i.recipient for i in book.page(["r1"], 9, None)] == ["r1"]
    assert (book.mark_read(2, 7).read_at, book.mark_read(2, 8).read_at) == (7, 7)
    with pytest.raises(NotFound):
        book.mark_read(99, 1)
