"""The outbox: claims, answers, limits, waits, receipts; on SQLite and on PostgreSQL."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.delivery.conftest import LI, T0, WANG, S
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.schema_notices import receipt as receipt_table
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.delivery import ErrorClass, Failed, MessageState, Receipt
from tricolor.domain.lights import Light
from tricolor.domain.notifications import Recipient

MINUTE, HOURLY = ChannelLimit(True, 1, 60.0, 0, "test", "test"), ChannelLimit(True, 5, 3600.0, 2, "test", "test")


@pytest.fixture
def queue(desk, dispatcher):
    """queue(n, light, to): n messages to an address, each of an owner of its own."""

    def make(count: int, light: Light = Light.RED, to: Recipient = LI, at: int = T0) -> None:
        desk.tell(desk.open(count, light), at, [to], light=light, owner=lambda n: f"bureau{n}")
        dispatcher(desk, policy=replace_storm()).run_once(at + 30 * S)

    return make


def replace_storm():
    from tests.delivery.conftest import POLICY

    return replace(POLICY, storm_count=10_000, burst=10_000)


def claim(box: OutboxSql, at: int, limit: int = 9, lease_s: float = 1e6):
    return box.claim(at, limit, lease_s, ["sms"])


def states(desk) -> list[str]:
    return [m["state"] for m in desk.messages]


def test_red_is_claimed_before_a_yellow_that_waits_longer(desk, queue):
    queue(3, Light.YELLOW)
    queue(2, Light.RED, at=T0 + 60 * S)
    assert [m.light for m in claim(OutboxSql(desk.ledger), T0 + 200 * S)] == ["red", "red", "yellow", "yellow", "yellow"]


def test_a_lease_that_ended_gives_the_message_to_the_next_marked_as_a_possible_repeat(desk, queue):
    queue(1)
    box, other = OutboxSql(desk.ledger), OutboxSql(desk.ledger)
    [first] = claim(box, T0 + 30 * S, lease_s=60)
    assert not first.is_possible_repeat and claim(other, T0 + 89 * S) == []
    [again] = claim(other, T0 + 90 * S)
    assert again.is_possible_repeat and (again.id, again.attempts) == (first.id, 2)
    assert [(a["result"], a["kind"]) for a in desk.attempts] == [("retry", "unknown")]


def test_an_unknown_failure_marks_the_next_attempt_and_a_plain_one_does_not(desk, queue):
    queue(2)
    box = OutboxSql(desk.ledger)
    lost, down = claim(box, T0 + 30 * S)
    box.retry(lost, T0 + 31 * S, T0 + 40 * S, "timeout", Failed(ErrorClass.UNKNOWN, "timeout", "no answer"))
    box.retry(down, T0 + 31 * S, T0 + 40 * S, "503", Failed(ErrorClass.RETRY, "http.503", "down"))
    assert {m.id: m.is_possible_repeat for m in claim(box, T0 + 40 * S)} == {lost.id: True, down.id: False}
    assert [(a["kind"], a["code"]) for a in desk.attempts] == [("unknown", "timeout"), ("retry", "http.503")]


def test_one_a_minute_to_an_address_whoever_sends(desk, queue):
    queue(4)
    boxes = [OutboxSql(desk.ledger, {"sms": [MINUTE]}) for _ in range(2)]
    went = [(second, len(claim(boxes[second % 2], T0 + (30 + second) * S))) for second in range(0, 200, 10)]
    assert [second for second, n in went if n] == [0, 60, 120, 180] and all(n <= 1 for _, n in went)
    assert [m["waits_for"] for m in desk.messages] == ["", "", "", ""]


def test_a_limit_of_one_address_does_not_hold_up_another(desk, queue):
    queue(30)
    queue(1, to=WANG)
    box = OutboxSql(desk.ledger, {"sms": [MINUTE]})
    assert sorted(m.recipient for m in claim(box, T0 + 30 * S, 2)) == ["li", "wang"]
    waiting = [m for m in desk.messages if m["waits_for"] == "quota"]
    assert len(waiting) == 29 and {m["next_at"] for m in waiting} == {T0 + 90 * S} and {m["attempts"] for m in waiting} == {0}


def test_yellow_leaves_the_reserve_to_red(desk, queue):
    queue(6, Light.YELLOW)
    box = OutboxSql(desk.ledger, {"sms": [HOURLY]})
    assert len(claim(box, T0 + 30 * S)) == 3  # of five an hour two are kept
    queue(4, Light.RED, at=T0 + 60 * S)
    assert [m.light for m in claim(box, T0 + 90 * S)] == ["red", "red"]
    assert claim(box, T0 + 3600 * S) == []
    assert [m.light for m in claim(box, T0 + 3631 * S)] == ["red", "red"]  # with those of T0 + 90 s four: none is left to yellow
    assert [m.light for m in claim(box, T0 + 3691 * S)] == ["yellow"]


def test_the_whole_channel_has_limits_too(desk, queue):
    queue(3)
    queue(3, to=WANG)
    box = OutboxSql(desk.ledger, {"sms": [ChannelLimit(False, 4, 1.0, 0, "test", "test")]})
    assert len(claim(box, T0 + 30 * S)) == 4 and claim(box, T0 + 30 * S) == []
    assert len(claim(box, T0 + 32 * S)) == 2


def test_a_wait_holds_other_messages_to_the_address_also_later_ones(desk, queue):
    queue(2)
    queue(1, to=WANG)
    box = OutboxSql(desk.ledger)
    [first] = claim(box, T0 + 30 * S, 1)
    box.retry(first, T0 + 30 * S, T0 + 630 * S, "isv.BUSINESS_LIMIT_CONTROL", Failed(ErrorClass.WAIT, "isv.BUSINESS_LIMIT_CONTROL", "", 600))
    assert [m.recipient for m in claim(box, T0 + 31 * S)] == ["wang"]
    queue(1, at=T0 + 40 * S)  # made after the provider asked
    assert claim(box, T0 + 100 * S) == [] and {m["waits_for"] for m in desk.messages if m["state"] == "queued"} <= {"", "address"}
    assert len(claim(box, T0 + 630 * S)) == 3


def test_a_clock_that_went_back_neither_stops_messages_nor_sends_leased_ones_twice(desk, queue):
    queue(2)
    box = OutboxSql(desk.ledger)
    first, second = claim(box, T0 + 30 * S, lease_s=60)
    box.retry(first, T0 + 31 * S, T0 + 40 * S, "503")
    back = T0 - 3600 * S
    assert claim(box, back + 30 * S) == []  # nine seconds of the wait are left, 59 of the lease
    assert [m.id for m in claim(box, back + 39 * S)] == [first.id]
    [again] = claim(box, back + 91 * S)
    assert again.id == second.id and again.is_possible_repeat


def test_a_clock_that_went_back_gives_no_tokens(desk, queue):
    queue(9)
    limit = ChannelLimit(True, 2, 3600.0, 0, "test", "test")
    box = OutboxSql(desk.ledger, {"sms": [limit]})
    assert len(claim(box, T0 + 30 * S)) == 2
    back = T0 - 7200 * S
    assert claim(OutboxSql(desk.ledger, {"sms": [limit]}), back) == []
    assert len(claim(box, back + 3600 * S)) == 2  # an hour later by the new clock: the ages were kept


def test_shifting_moves_what_waits(desk, queue):
    queue(1)
    box = OutboxSql(desk.ledger)
    [message] = claim(box, T0 + 30 * S, lease_s=60)
    box.retry(message, T0 + 31 * S, T0 + 40 * S, "503")
    for _ in range(2):  # by two processes that both noticed
        box.shift(3600 * S, T0 + 3635 * S)
    assert claim(box, T0 + 3639 * S) == [] and len(claim(box, T0 + 3640 * S)) == 1


def test_moving_back_by_notice_and_by_itself_moves_once(desk, queue):
    queue(1)
    box = OutboxSql(desk.ledger)
    [message] = claim(box, T0 + 30 * S, lease_s=60)
    back = T0 - 3600 * S
    assert claim(OutboxSql(desk.ledger), back + 31 * S) == []
    box.shift(-3600 * S, back + 32 * S)
    assert claim(box, back + 89 * S) == [] and [m.id for m in claim(box, back + 92 * S)] == [message.id]


# receipts


@pytest.fixture
def sent(desk, queue):
    """Two accepted messages with the receipts r1 and r2."""
    queue(2)
    box = OutboxSql(desk.ledger)
    for n, message in enumerate(claim(box, T0 + 30 * S), 1):
        box.accepted(message, T0 + 31 * S, f"r{n}")
    return ReceiptBookSql(desk.ledger)


def receipt(number: int, *, is_delivered: bool = True, code: str = "DELIVERED", at: int = T0 + 40 * S) -> Receipt:
    return Receipt("sms", f"r{number}", LI.address, is_delivered, code, "", at)


def test_a_receipt_changes_its_message_once(desk, sent):
    assert [sent.put([receipt(1)]), sent.put([receipt(1), receipt(1)])] == [1, 0]
    assert [(m["state"], m["delivered_at"]) for m in desk.messages] == [("delivered", T0 + 40 * S), ("accepted", None)]
    with desk.ledger.reading() as connection:
        assert len(connection.execute(select(receipt_table)).all()) == 1


def test_delivered_counts_over_not_delivered_in_either_order(desk, sent):
    bad = {"is_delivered": False, "code": "MK:0005"}
    sent.put([receipt(1, **bad), receipt(1), receipt(2), receipt(2, **bad)])
    assert states(desk) == ["delivered", "delivered"]
    assert [m["why_not"] for m in desk.messages] == ["", ""]


def test_an_undelivered_message_says_why(desk, sent):
    sent.put([Receipt("sms", "r1", "", False, "MK:0005", "empty number", T0 + 41 * S)])
    assert (desk.messages[0]["state"], desk.messages[0]["why_not"]) == ("undelivered", "MK:0005 empty number")


def test_a_receipt_ahead_of_its_acceptance_is_kept_for_it(desk, queue):
    queue(1)
    box, book = OutboxSql(desk.ledger), ReceiptBookSql(desk.ledger)
    [message] = claim(box, T0 + 30 * S)
    assert book.put([receipt(1)]) == 0 and states(desk) == ["sending"]
    box.accepted(message, T0 + 31 * S, "r1")
    assert states(desk) == ["delivered"] and book.put([receipt(1)]) == 0


def test_awaited_are_the_accepted_ones_without_a_receipt(desk, sent):
    sent.put([receipt(1)])
    assert [(m.receipt, m.accepted_at) for m in sent.awaited("sms", T0, 9)] == [("r2", T0 + 31 * S)]
    assert sent.awaited("sms", T0 + 31 * S, 9) == [] and sent.awaited("voice", T0, 9) == []


def test_what_the_inbox_takes_is_delivered_at_once_and_apprise_only_hands_over(desk, queue):
    queue(2)
    box = OutboxSql(desk.ledger)
    one, two = claim(box, T0 + 30 * S)
    box.accepted(one, T0 + 31 * S, "1", MessageState.DELIVERED)
    box.accepted(two, T0 + 31 * S, "", MessageState.HANDED_OVER)
    assert [(m["state"], m["delivered_at"]) for m in desk.messages] == [("delivered", T0 + 31 * S), ("handed_over", None)]


# alarms to those who run Tricolor


def test_an_alarm_stands_once_until_it_is_cleared(desk):
    alarms = OperatorAlarmsSql(desk.ledger)
    for at in (1, 5):
        alarms.raise_alarm("red_failed", "li", "无人", f"nobody {at}", at)
    [standing] = alarms.standing()
    assert (standing.raised_at, standing.seen_at, standing.text_en) == (1, 5, "nobody 5")
    alarms.clear("red_failed", "li", 6)
    alarms.clear("red_failed", "li", 7)
    assert alarms.standing() == [] and [a.cleared_at for a in alarms.page(is_standing=False)] == [6]
    alarms.raise_alarm("red_failed", "li", "无人", "again", 8)
    assert [a.raised_at for a in alarms.page(is_standing=False)] == [8, 1]
