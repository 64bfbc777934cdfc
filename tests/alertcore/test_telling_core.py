"""Good news and bad news to one address: in their order, and never one without the other."""

import pytest

from tests.delivery.conftest import LI, T0, S, desk, dispatcher, lite, policy  # noqa: F401 - fixtures
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.domain.alerts import Why
from tricolor.domain.errors import TryAgain
from tricolor.domain.lights import Light
from tricolor.ports import Outgoing


def claim(desk, at: int) -> list[Outgoing]:  # noqa: F811
    return OutboxSql(desk.ledger).claim(at, 9, 300.0, ["sms"])


def test_the_end_waits_for_the_opening_that_its_address_has_not_yet_had(desk, dispatcher):  # noqa: F811
    box, run = OutboxSql(desk.ledger), dispatcher(desk).run_once
    [red] = desk.open(1)
    desk.tell([red], T0, owner=lambda _: "bureau")
    assert run(T0) == 1
    [opened] = claim(desk, T0)
    box.retry(opened, T0, T0 + 3600 * S, "provider down")  # tried again in an hour
    desk.set(red, condition="resolved")
    desk.tell([red], T0 + 60 * S, why=Why.RESOLVED, light=Light.GREEN, owner=lambda _: "her own department")  # she was on the other's roster
    assert run(T0 + 120 * S) == 0 and claim(desk, T0 + 120 * S) == []
    [again] = claim(desk, T0 + 3600 * S)
    assert again.id == opened.id
    box.accepted(again, T0 + 3601 * S, "r1")
    assert run(T0 + 3610 * S) == 1 and [m.why for m in claim(desk, T0 + 3610 * S)] == ["RESOLVED"]


def test_what_was_held_is_not_told_of_an_alert_that_ended_between_the_look_and_the_message(desk, dispatcher):  # noqa: F811
    """A silence ends; the dispatcher reads where the alert stands; the alert ends (nobody here had the bad news, so nobody has the good); then the
    message is to be queued."""
    [red] = desk.open(1)
    desk.tell([red], T0, muted="silence:1", due_at=T0 + 10 * S)

    class Late(NoticeBookSql):
        def stands(self, alerts):
            found = super().stands(alerts)
            desk.set(red, condition="resolved")
            return found

    run = dispatcher(desk)
    run._tellings = Late(desk.ledger)
    assert run.run_once(T0 + 10 * S) == 0 and desk.messages == []
    assert dispatcher(desk).run_once(T0 + 20 * S) == 0 and [n["state"] for n in desk.notices] == ["dropped"]


def test_a_red_that_comes_again_and_reaches_nobody_is_not_covered_by_the_message_of_the_first(desk, dispatcher):  # noqa: F811
    box, book = OutboxSql(desk.ledger), DeliveryBookSql(desk.ledger)
    [red] = desk.open(1)
    desk.tell([red], T0)
    dispatcher(desk).run_once(T0)
    [first] = claim(desk, T0)
    box.accepted(first, T0, "r1")
    assert book.unreached() == []
    later = T0 + 86_400 * S
    desk.set(red, changed_at=later)  # it eased meanwhile, and worsened again
    desk.tell([red], later, why=Why.WORSENED)
    dispatcher(desk).run_once(later)
    [second] = claim(desk, later)
    box.refused(second, later, "the number is not in service")
    [found] = book.unreached()
    assert found.alert_id == red and [who[0] for who in found.recipients] == ["li"] and not found.is_waiting


def test_a_fault_over_one_notice_holds_up_no_other(desk, dispatcher):  # noqa: F811
    a, b = desk.open(2)
    desk.tell([a, b], T0, owner=lambda n: f"bureau{n}")

    def hold(row, _now):
        if row.notice.matter.alert_id == a:
            raise KeyError("a fault of ours")

    assert dispatcher(desk, hold=hold).run_once(T0) == 2


def test_while_the_ledger_is_locked_nothing_is_told_past_what_holds_it(desk, dispatcher):  # noqa: F811
    desk.tell(desk.open(1), T0)

    def hold(_row, _now):
        raise TryAgain("ledger: locked")

    with pytest.raises(TryAgain):
        dispatcher(desk, hold=hold).run_once(T0)
    assert desk.messages == []


def test_two_processes_that_see_one_jump_of_the_clock_move_what_waits_once(desk, dispatcher):  # noqa: F811
    box = OutboxSql(desk.ledger)
    desk.tell(desk.open(1), T0)
    dispatcher(desk).run_once(T0)
    [message] = claim(desk, T0)
    box.retry(message, T0, T0 + 3600 * S, "provider down")
    jump = 300 * S
    now = T0 + 1800 * S + jump  # half an hour on, and five minutes forward
    box.shift(jump, now)
    OutboxSql(desk.ledger).shift(jump + 1 * S, now + 2 * S)  # the other one measures it a little differently
    assert [m["next_at"] for m in desk.messages] == [T0 + 3600 * S + jump]
