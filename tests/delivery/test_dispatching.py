"""From notices to messages, on SQLite and on PostgreSQL: what is told together, when, and what is told no more."""

import threading
import time

from tests.delivery.conftest import LI, T0, WANG, S
from tricolor.adapters.ledger.notices import NoticeBookSql, told_of
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.domain.alerts import Why
from tricolor.domain.lights import Light
from tricolor.domain.notifications import Recipient
from tricolor.domain.suppression import Held

INBOX = Recipient("inbox", "li", "li")


def alerts_in(message) -> list[int]:
    return message["items"]


def test_the_first_red_goes_at_once_and_those_of_the_next_minute_are_one_message(desk, dispatcher):
    run = dispatcher(desk).run_once
    first, *rest = desk.open(4)
    desk.tell([first], T0)
    assert run(T0) == 1
    box = OutboxSql(desk.ledger)
    [message] = box.claim(T0, 9, 60.0, ["sms"])
    box.accepted(message, T0, "r1")
    for n, alert_id in enumerate(rest, 1):
        desk.tell([alert_id], T0 + n * 10 * S)
        assert run(T0 + n * 10 * S) == 0
    assert run(T0 + 59 * S) == 0 and run(T0 + 60 * S) == 1
    assert [alerts_in(m) for m in desk.messages] == [[first], rest]
    assert all(n["state"] == "grouped" and n["outbox_id"] for n in desk.notices)


def test_yellow_waits_half_a_minute_for_company_and_a_red_does_not_wait_for_it(desk, dispatcher):
    run = dispatcher(desk).run_once
    a, b, c = desk.open(3, Light.YELLOW)
    desk.tell([a], T0, light=Light.YELLOW)
    assert run(T0) == 0
    desk.tell([b], T0 + 20 * S, light=Light.YELLOW)
    desk.tell([c], T0 + 21 * S, [WANG])
    assert run(T0 + 21 * S) == 1 and run(T0 + 29 * S) == 0 and run(T0 + 30 * S) == 1
    assert [(m["recipient"], alerts_in(m), m["rank"]) for m in desk.messages] == [("wang", [c], 0), ("li", [a, b], 2)]


def test_departments_and_addresses_are_told_apart(desk, dispatcher):
    a, b = desk.open(2)
    desk.tell([a, b], T0, [LI, WANG], owner=lambda n: f"bureau{n}")
    assert dispatcher(desk).run_once(T0) == 4
    assert {(m["recipient"], m["owner"], *alerts_in(m)) for m in desk.messages} == {
        (who, f"bureau{n}", n) for who in ("li", "wang") for n in (a, b)
    }  # fmt: skip
    assert len({m["link_key"] for m in desk.messages}) == 4 and all(m["link_key"] in m["text"] for m in desk.messages)


def test_an_address_named_twice_is_told_of_a_step_once(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, WANG, LI])
    assert [n["recipient"] for n in desk.notices] == ["li", "wang"] and dispatcher(desk).run_once(T0) == 2


def test_a_second_round_and_a_restart_tell_nothing_twice(desk, dispatcher):
    desk.tell(desk.open(3), T0)
    assert [dispatcher(desk).run_once(T0 + n) for n in (0, 1, 300 * S)] == [1, 0, 0]


def test_dispatchers_at_once_tell_each_notice_once(desk, dispatcher):
    desk.tell(desk.open(40), T0, [LI, WANG], owner=lambda n: f"bureau{n % 4}")
    gate = threading.Barrier(4)
    runs = [dispatcher(desk).run_once for _ in range(4)]

    def one(run) -> None:
        gate.wait()
        run(T0)

    threads = [threading.Thread(target=one, args=(run,)) for run in runs]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(n for m in desk.messages for n in alerts_in(m)) == sorted([*range(1, 41)] * 2) and len(desk.messages) == 8


def test_an_alert_over_before_anybody_was_told_is_dropped_on_both_sides(desk, dispatcher):
    run = dispatcher(desk).run_once
    [a] = desk.open(1, Light.YELLOW)
    desk.tell([a], T0, light=Light.YELLOW)
    desk.set(a, condition="resolved")
    desk.tell([a], T0 + 5 * S, why=Why.RESOLVED, light=Light.GREEN)
    assert run(T0 + 100 * S) == 0 and desk.messages == []
    assert [(n["why"], n["state"]) for n in desk.notices] == [("OPENED", "dropped"), ("RESOLVED", "dropped")]
    assert all("told" in n["why_not"] for n in desk.notices)


def test_recovery_goes_to_those_whose_message_is_there_or_on_its_way_and_to_no_other(desk, dispatcher):
    run, box = dispatcher(desk).run_once, OutboxSql(desk.ledger)
    [a] = desk.open(1)
    zhao = Recipient("sms", "000-0000-0003", "zhao")
    desk.tell([a], T0, [LI, WANG, zhao])
    assert run(T0) == 3
    for message in box.claim(T0, 9, 60.0, ["sms"]):
        if message.recipient == "wang":
            box.refused(message, T0, "no such number")
        elif message.recipient == "li":
            box.accepted(message, T0, "r")
    with desk.ledger.reading() as connection:
        assert [r.recipient for r in told_of(connection, a)] == ["li", "zhao"]  # zhao's is being sent
    desk.set(a, condition="resolved")
    desk.tell([a], T0 + 90 * S, [LI, WANG, zhao], why=Why.RESOLVED, light=Light.GREEN)
    run(T0 + 100 * S)
    run(T0 + 103 * S)
    assert [(n["recipient"], n["state"]) for n in desk.notices if n["why"] == "RESOLVED"] == [
        ("li", "grouped"), ("wang", "dropped"), ("zhao", "waiting"),
    ]  # fmt: skip
    [still] = [m for m in desk.messages if m["state"] == "sending"]
    assert still["recipient"] == "zhao"


def test_a_queued_yellow_gives_its_turn_to_its_red(desk, dispatcher):
    run = dispatcher(desk).run_once
    a, other = desk.open(2, Light.YELLOW)
    desk.tell([a], T0, light=Light.YELLOW)
    desk.tell([other], T0, [WANG], light=Light.YELLOW)
    assert run(T0 + 30 * S) == 2
    desk.tell([a], T0 + 40 * S, why=Why.WORSENED)
    assert run(T0 + 40 * S) == 1
    assert [(m["recipient"], m["light"], m["state"]) for m in desk.messages] == [
        ("li", "yellow", "superseded"), ("wang", "yellow", "queued"), ("li", "red", "queued"),
    ]  # fmt: skip
    assert desk.messages[0]["why_not"] == "message 3 says it, and worse"


def test_a_yellow_that_still_waits_is_superseded_by_the_red_that_was_told_first(desk, dispatcher):
    run = dispatcher(desk).run_once
    [a] = desk.open(1, Light.YELLOW)
    desk.tell([a], T0, light=Light.YELLOW)
    run(T0)
    desk.tell([a], T0 + 5 * S, why=Why.WORSENED)
    assert run(T0 + 5 * S) == 1 and run(T0 + 60 * S) == 0
    assert [(n["light"], n["state"]) for n in desk.notices] == [("yellow", "superseded"), ("red", "grouped")]
    assert "event 2" in desk.notices[0]["why_not"]


def test_two_steps_of_an_alert_in_one_message_are_told_by_the_last(desk, dispatcher):
    [a] = desk.open(1)
    desk.tell([a], T0, light=Light.YELLOW, due_at=T0)
    desk.tell([a], T0 + 1, why=Why.WORSENED)
    assert dispatcher(desk).run_once(T0 + 1) == 1
    [message] = desk.messages
    assert message["text"].startswith("WORSENED:") and alerts_in(message) == [a]


def test_reminders_are_dropped_once_somebody_answers(desk, dispatcher):
    run = dispatcher(desk).run_once
    [a] = desk.open(1)
    desk.tell([a], T0)
    run(T0)
    desk.tell([a], T0 + 600 * S, [WANG], why=Why.ESCALATED)
    desk.set(a, handling="acked")
    assert run(T0 + 600 * S) == 0
    assert desk.notices[1]["state"] == "dropped" and desk.notices[1]["why_not"] == "somebody answers for the alert"


def test_a_muted_notice_is_looked_at_again_and_told_when_nothing_holds_it_any_more(desk, dispatcher):
    ends = T0 + 3600 * S

    def hold(row, now):
        return Held("silence:12", ends) if now < ends else None

    run = dispatcher(desk, hold=hold).run_once
    a, b = desk.open(2)
    desk.tell([a, b], T0, muted="silence:12", due_at=ends)
    assert run(T0) == 0 and run(ends - S) == 0
    assert {(n["state"], n["why_not"]) for n in desk.notices} == {("muted", "silence:12")}
    desk.set(b, condition="resolved")
    assert run(ends) == 1
    assert [(n["state"], n["why_not"]) for n in desk.notices] == [
        ("grouped", ""), ("dropped", "the alert ended before anybody at this address was told"),
    ]  # fmt: skip


def test_an_inhibition_without_an_end_is_asked_every_minute(desk, dispatcher):
    seen = []

    def hold(row, now):
        seen.append(now)
        return Held("inhibited:1", now + 60 * S)

    run = dispatcher(desk, hold=hold).run_once
    desk.tell(desk.open(1), T0, muted="inhibited:1")
    for n in range(0, 180, 5):
        run(T0 + n * S)
    assert seen == [T0 + 60 * S, T0 + 120 * S]
    assert desk.notices[0]["state"] == "muted"


def test_words_that_fail_are_replaced_by_plain_ones(desk, dispatcher):
    def broken(*_):
        raise KeyError("template")

    desk.tell(desk.open(1), T0)
    assert dispatcher(desk, render=broken).run_once(T0) == 1 and "单位1" in desk.messages[0]["title"]


def test_a_clock_that_went_back_an_hour_holds_no_group_for_an_hour(desk, dispatcher):
    run = dispatcher(desk).run_once
    [a] = desk.open(1, Light.YELLOW)
    desk.tell([a], T0, light=Light.YELLOW)
    assert run(T0 + 10 * S) == 0  # waits for T0 + 30 s
    back = T0 - 3600 * S
    assert run(back + 10 * S) == 0 and run(back + 31 * S) == 1


def test_what_wakes_the_sender_is_called_when_messages_are_queued(desk, dispatcher):
    rung = []
    run = dispatcher(desk, on_queued=lambda: rung.append(1)).run_once
    run(T0)
    assert rung == []
    desk.tell(desk.open(1), T0)
    run(T0)
    assert rung == [1]


def test_a_thousand_notices_of_a_step_each_are_written_fast_and_told_red_first(desk, dispatcher):
    reds, yellows = desk.open(500), desk.open(500, Light.YELLOW)
    began = time.perf_counter()
    desk.tell(reds + yellows, T0, [LI, WANG, INBOX])
    desk.tell(yellows, T0, [LI], light=Light.YELLOW, why=Why.EASED)
    assert time.perf_counter() - began < 10.0
    due = NoticeBookSql(desk.ledger).due(T0, 3_200)
    ranks = [0 if row.notice.matter.light is Light.RED else 2 for row in due]
    assert ranks == sorted(ranks) and len(due) == 3_200
