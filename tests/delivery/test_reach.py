"""Every red reaches somebody, or those who run Tricolor are told why not; deliveries as people see them."""

import pytest

from alerting.reach import Reach
from alerting.receipts import ReceiptPoller
from alerting.sender import Sender
from tests.delivery.conftest import LI, T0, WANG, S
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.domain.alerts import Why
from tricolor.domain.delivery import Accepted, ErrorClass, Failed, MessageState, Receipt
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Light


class Provider:
    """A channel whose answers a test lays out: by address, or one for all."""

    channel = "sms"

    def __init__(self, **answers) -> None:
        self.answers, self.sent = answers, []

    def send(self, message):
        self.sent.append(message)
        answer = self.answers.get(message.recipient, Accepted(f"r{message.id}"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def poll(self, sent, now):
        return [Receipt("sms", m.receipt, m.address, True, "DELIVERED", "", now) for m in sent if m.recipient == "li"]


WRONG = Failed(ErrorClass.FINAL, "isv.MOBILE_NUMBER_ILLEGAL", "no such number")


@pytest.fixture
def reach(desk):
    return Reach(DeliveryBookSql(desk.ledger), OperatorAlarmsSql(desk.ledger), 300)


def standing(desk) -> list[tuple[str, str]]:
    return [(a.kind, a.subject) for a in OperatorAlarmsSql(desk.ledger).standing()]


def sender(desk, provider) -> Sender:
    return Sender(OutboxSql(desk.ledger), provider, lambda: 0.0)


def test_a_red_whose_every_message_died_is_an_alarm_that_names_whom_and_why_until_one_arrives(desk, dispatcher, reach):
    desk.tell(desk.open(1), T0, [LI, WANG])
    dispatcher(desk).run_once(T0)
    assert reach.run_once(T0) == 0  # still on its way
    sender(desk, Provider(li=WRONG, wang=WRONG)).run_once(T0 + S)
    assert reach.run_once(T0 + 2 * S) == 1
    [alarm] = OperatorAlarmsSql(desk.ledger).standing()
    assert (alarm.kind, alarm.subject) == ("red_failed", "sms/li,sms/wang")
    assert "li sms dead isv.MOBILE_NUMBER_ILLEGAL: no such number" in alarm.text_en and "#1 e0 pace" in alarm.text_zh and "无人收到" in alarm.text_zh
    DeliveryBookSql(desk.ledger).retry(1, "admin", T0 + 60 * S)
    sender(desk, Provider()).run_once(T0 + 60 * S)
    assert reach.run_once(T0 + 61 * S) == 0 and standing(desk) == []


def test_one_arrival_is_enough(desk, dispatcher, reach):
    desk.tell(desk.open(1), T0, [LI, WANG])
    dispatcher(desk).run_once(T0)
    sender(desk, Provider(li=WRONG)).run_once(T0)
    assert reach.run_once(T0 + 9_000 * S) == 0


def test_a_yellow_that_arrived_does_not_stand_for_its_red(desk, dispatcher, reach):
    [a] = desk.open(1)
    desk.tell([a], T0, light=Light.YELLOW)
    dispatcher(desk).run_once(T0 + 30 * S)
    sender(desk, Provider()).run_once(T0 + 30 * S)
    desk.tell([a], T0 + 60 * S, why=Why.WORSENED)
    dispatcher(desk).run_once(T0 + 60 * S)
    sender(desk, Provider(li=WRONG)).run_once(T0 + 60 * S)
    assert reach.run_once(T0 + 61 * S) == 1 and standing(desk) == [("red_failed", "sms/li")]


def test_two_thousand_failures_of_one_kind_are_one_alarm(desk, dispatcher, reach):
    desk.tell(desk.open(200), T0)
    dispatcher(desk).run_once(T0)
    sender(desk, Provider(li=WRONG)).run_once(T0)
    assert reach.run_once(T0) == 1 and "200 red alerts" in OperatorAlarmsSql(desk.ledger).standing()[0].text_en


def test_muted_unsent_and_untold_reds_are_alarms_of_their_own(desk, dispatcher, reach):
    silenced, slow, nobody = desk.open(3)
    desk.tell([silenced], T0, muted="silence:12", due_at=T0 + 9_000 * S)
    desk.tell([slow], T0)
    dispatcher(desk).run_once(T0)
    assert reach.run_once(T0 + 299 * S) == 2 and sorted(standing(desk)) == [("red_muted", "silence:12"), ("red_untold", "nobody")]
    assert reach.run_once(T0 + 300 * S) == 3 and ("red_unsent", "queue") in standing(desk)
    for alert_id in (silenced, slow, nobody):
        desk.set(alert_id, condition="resolved")
    assert reach.run_once(T0 + 301 * S) == 0 and standing(desk) == []


# the sender's answers


def test_each_class_of_failure_is_a_row_and_leads_where_it_must(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, WANG])
    dispatcher(desk).run_once(T0)
    provider = Provider(li=Failed(ErrorClass.WAIT, "limit", "", 600), wang=Failed(ErrorClass.RETRY, "http.503", "down"))
    sender(desk, provider).run_once(T0)
    li, wang = desk.messages
    assert (li["state"], li["next_at"]) == ("queued", T0 + 600 * S) and (wang["state"], wang["next_at"]) == ("queued", T0 + 5 * S)
    sender(desk, Provider(wang=RuntimeError("ours"))).run_once(T0 + 5 * S)
    wang = desk.messages[1]
    assert (wang["next_at"], wang["is_possible_repeat"]) == (T0 + 15 * S, True)  # 5 s doubled
    assert [(a["result"], a["kind"], a["code"]) for a in desk.attempts] == [
        ("retry", "wait", "limit"), ("retry", "retry", "http.503"), ("retry", "unknown", "RuntimeError"),
    ]  # fmt: skip
    assert "ours" not in desk.attempts[2]["detail"]  # an exception of a client may hold a secret


def test_receipts_are_asked_for_until_they_have_come(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, WANG])
    dispatcher(desk).run_once(T0)
    provider = Provider()
    sender(desk, provider).run_once(T0)
    poller = ReceiptPoller(ReceiptBookSql(desk.ledger), provider)
    assert [poller.run_once(T0 + n * 60 * S) for n in range(1, 4)] == [1, 0, 0]
    assert [m["state"] for m in desk.messages] == ["delivered", "accepted"]


# deliveries for people


def test_deliveries_of_an_alert_come_with_attempts_receipts_and_who_was_muted(desk, dispatcher):
    a, b = desk.open(2)
    desk.tell([a, b], T0)
    desk.tell([b], T0, [WANG], why=Why.WORSENED, muted="maintenance:3", due_at=T0 + 9_000 * S)
    dispatcher(desk).run_once(T0)
    provider = Provider()
    sender(desk, provider).run_once(T0)
    ReceiptPoller(ReceiptBookSql(desk.ledger), provider).run_once(T0 + 60 * S)
    [record], notices = DeliveryBookSql(desk.ledger).of_alert(b)
    assert record.alerts == (a, b) and record.state is MessageState.DELIVERED and record.delivered_at == T0 + 60 * S
    assert [x.result for x in record.attempts] == ["accepted"] and [r.code for r in record.receipts] == ["DELIVERED"]
    assert [(n.notice.to.recipient, n.state, n.why_not) for n in notices] == [("li", "grouped", ""), ("wang", "muted", "maintenance:3")]


def test_only_a_dead_message_is_sent_again_and_twice_is_once(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, WANG])
    dispatcher(desk).run_once(T0)
    sender(desk, Provider(li=WRONG)).run_once(T0)
    book = DeliveryBookSql(desk.ledger)
    assert [r.id for r in book.page("dead", "", 9, None)] == [1] and book.page("dead", "mail", 9, None) == []
    assert [book.retry(1, "admin", T0 + n).state for n in (1, 2)] == ["queued", "queued"]
    assert [(r["who"], r["action"], r["target"]) for r in desk.rows(audit)] == [("admin", "delivery.retry", "delivery/1")]
    with pytest.raises(Refused, match="accepted"):
        book.retry(2, "admin", T0)
    with pytest.raises(NotFound):
        book.retry(99, "admin", T0)


def test_the_queue_in_numbers(desk, dispatcher):
    desk.tell(desk.open(2), T0, [LI, WANG], owner=lambda n: f"o{n}")
    dispatcher(desk).run_once(T0)
    sender(desk, Provider(li=WRONG, wang=Failed(ErrorClass.WAIT, "limit", "", 600))).run_once(T0)
    figures = DeliveryBookSql(desk.ledger).figures()
    assert figures.by_state == {("sms", "dead"): 2, ("sms", "queued"): 2} and figures.oldest_queued_at == {"sms": T0}
    assert figures.attempts == {("sms", "final"): 2, ("sms", "wait"): 2} and figures.notices == {"grouped": 4}


def test_a_provider_that_asks_to_wait_gets_no_other_message_to_that_address_in_the_same_round(desk, dispatcher):
    desk.tell(desk.open(3), T0, [LI, WANG], owner=lambda n: f"o{n}")
    dispatcher(desk).run_once(T0)
    provider = Provider(li=Failed(ErrorClass.WAIT, "limit", "", 600))
    sender(desk, provider).run_once(T0)
    assert [m.recipient for m in provider.sent].count("li") == 1 and [m.recipient for m in provider.sent].count("wang") == 3
    assert {m["next_at"] for m in desk.messages if m["recipient"] == "li"} == {T0 + 600 * S}
