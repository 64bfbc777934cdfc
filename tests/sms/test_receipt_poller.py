"""Asking for receipts: soon, then less and less often; bounded; a provider that is down or refuses is left alone for a while."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerting.receipts import ASKED_MAX, LONGEST_S, ReceiptPoller, ask_again_s
from tricolor.domain.delivery import Receipt
from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import SECOND_US
from tricolor.ports import Outgoing

START = 1_795_000_000 * SECOND_US


def sent(number: int, accepted_at: int = START) -> Outgoing:
    return Outgoing(number, "sms", "100-0000-0001", "", "", "OPENED", "red", {}, 1, receipt=f"B{number}", accepted_at=accepted_at)


class Book:
    def __init__(self, *awaited: Outgoing) -> None:
        self.waiting, self.put_in = list(awaited), list[Receipt]()

    def awaited(self, channel: str, since: int, limit: int) -> list[Outgoing]:
        return [each for each in self.waiting if (each.accepted_at or 0) > since][:limit]

    def put(self, receipts: Sequence[Receipt]) -> int:
        self.put_in += receipts
        self.waiting = [each for each in self.waiting if each.receipt not in {r.receipt for r in receipts}]
        return len(receipts)


class Provider:
    channel = "sms"

    def __init__(self, error: Exception | None = None, delivered: Sequence[int] = ()) -> None:
        self.error, self.delivered, self.asked = error, delivered, list[tuple[int, list[int]]]()

    def poll(self, messages: Sequence[Outgoing], now: int) -> list[Receipt]:
        self.asked.append((now, [each.id for each in messages]))
        if self.error is not None:
            raise self.error
        return [Receipt("sms", each.receipt, "", True, "", "", now, each.id) for each in messages if each.id in self.delivered]


def run(poller: ReceiptPoller, seconds: int) -> None:
    for second in range(seconds):
        poller.run_once(START + second * SECOND_US)


def test_a_message_is_asked_about_after_half_a_minute_and_then_ever_more_seldom() -> None:
    provider = Provider()
    run(ReceiptPoller(Book(sent(1)), provider), 300)
    # 30 s; again after max(30, 30/2) = 30: 60; after 30: 90; after 45: 135; after 67.5: 202.5, so the round at 203; after 101.5: 304.5
    assert [(at - START) // SECOND_US for at, _ in provider.asked] == [30, 60, 90, 135, 203]


def test_what_has_its_receipt_is_not_asked_about_again() -> None:
    provider, book = Provider(delivered=[1]), Book(sent(1), sent(2))
    run(ReceiptPoller(book, provider), 100)
    assert [ids for _, ids in provider.asked] == [[1, 2], [2], [2]]
    assert [receipt.receipt for receipt in book.put_in] == ["B1"]


def test_a_round_asks_about_a_bounded_number_and_comes_to_all() -> None:
    provider = Provider()
    run(ReceiptPoller(Book(*(sent(n) for n in range(ASKED_MAX + 5))), provider), 32)
    assert [len(ids) for _, ids in provider.asked] == [ASKED_MAX, 5]


def test_a_provider_that_does_not_answer_is_left_alone_for_a_minute_and_one_that_refuses_for_an_hour() -> None:
    for error, pause_s in ((TryAgain("down"), 60), (Refused("no permission"), 3600)):
        provider = Provider(error)
        run(ReceiptPoller(Book(sent(1)), provider), pause_s + 40)
        assert [(at - START) // SECOND_US for at, _ in provider.asked] == [30, 30 + pause_s]


def test_a_clock_set_back_does_not_silence_the_asking() -> None:
    provider = Provider()
    poller = ReceiptPoller(Book(sent(1)), provider)
    poller.run_once(START + 86_400 * SECOND_US)  # asked, the next time in 6 h
    poller.run_once(START + 3600 * SECOND_US)
    assert len(provider.asked) == 2


@given(st.floats(0, 1e9))
def test_the_wait_grows_with_age_within_its_bounds(age_s: float) -> None:
    assert 30 <= ask_again_s(age_s) <= LONGEST_S
    assert ask_again_s(age_s) <= ask_again_s(age_s + 60)


def test_nothing_is_asked_where_nothing_is_awaited() -> None:
    provider: Any = Provider()
    assert ReceiptPoller(Book(), provider).run_once(START) == 0
    assert provider.asked == []
