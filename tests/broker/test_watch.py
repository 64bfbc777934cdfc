"""The watch over the broker and the keeper of the quarantine, without threads: what is told, when, and what is alarmed."""

from dataclasses import replace
from typing import Any

import pytest
import structlog

from ingest_service.broker_watch import BrokerWatch
from ingest_service.quarantine_keeper import QuarantineKeeper
from tricolor.domain.errors import TryAgain
from tricolor.domain.gateways import BrokerState
from tricolor.domain.readings import Frame

STATE = BrokerState("127.0.0.1:1883", "mosquitto version 2.0.11", 0, 3, 1, 1, 1)


class Listener:
    refusal = ""
    is_connected = True

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Rig:
    def __init__(self) -> None:
        self.listener, self.state, self.told = Listener(), STATE, []
        self.watch = BrokerWatch(self.listener, lambda: self.state, self.told.append)

    def look(self) -> list[str]:
        """The events of the log."""
        with structlog.testing.capture_logs() as logs:
            self.watch.look()
        return [entry["log_level"] for entry in logs]


def test_what_changed_is_told_and_what_did_not_is_not() -> None:
    rig = Rig()
    assert rig.look() == [] and rig.told == [STATE]
    rig.state = replace(STATE, told_at=2)  # only the time moved
    rig.look()
    assert len(rig.told) == 1
    rig.state = replace(STATE, clients=4, told_at=3)
    rig.look()
    assert rig.told[-1].clients == 4


def test_every_rise_of_the_dropped_messages_is_an_error_and_a_restart_of_the_broker_is_none() -> None:
    rig = Rig()
    levels = []
    for dropped in (0, 7, 7, 9, 0, 2):
        rig.state = replace(STATE, dropped=dropped)
        levels.append(rig.look())
    assert levels == [[], ["error"], [], ["error"], [], ["error"]]
    assert [state.dropped for state in rig.told] == [0, 7, 9, 0, 2]


def test_drops_from_before_we_watched_are_told_too() -> None:
    rig = Rig()
    rig.state = replace(STATE, dropped=3)
    assert rig.look() == ["error"]


def test_nothing_is_made_up_while_the_broker_is_away_and_a_refusal_is_said_once() -> None:
    rig = Rig()
    rig.listener.is_connected = False
    assert rig.look() == [] and rig.told == []
    rig.listener.refusal = "we may not read $SYS"
    assert rig.look() == ["warning"]
    assert rig.look() == []


class Desk:
    def __init__(self) -> None:
        self.portions = [3, 2]
        self.bounds: list[tuple[int, int]] = []
        self.gone = 0

    def replay(self, spool: Any, limit_bytes: int, at: int) -> int:
        if not self.portions:
            return 0
        n = self.portions[0]
        spool([Frame("t", b"x", at, "s")] * n)
        self.portions.pop(0)
        return n

    def trim(self, max_rows: int, max_bytes: int, at: int) -> int:
        self.bounds.append((max_rows, max_bytes))
        return self.gone


def test_the_keeper_replays_all_that_is_queued_and_trims_now_and_then() -> None:
    desk, submitted = Desk(), []

    def submit(frames: Any, sender: Any, token: object) -> None:
        submitted.append(len(frames))
        sender.safe([token])

    keeper = QuarantineKeeper(desk, submit, 10, 20, lambda: 1)
    keeper.look()
    keeper.look()
    assert (submitted, desk.bounds) == ([3, 2], [(10, 20)])


def test_dropping_because_it_is_full_is_an_error_in_the_log() -> None:
    desk = Desk()
    desk.gone = 5
    with structlog.testing.capture_logs() as logs:
        QuarantineKeeper(desk, lambda frames, sender, token: sender.safe([token]), 10, 20, lambda: 1).look()
    assert [(entry["log_level"], entry["entries"]) for entry in logs if "entries" in entry] == [("error", 5)]


def test_what_the_spool_does_not_make_safe_stays_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest_service.quarantine_keeper.SAFE_WAIT_S", 0.05)
    desk = Desk()
    with pytest.raises(TryAgain):
        QuarantineKeeper(desk, lambda frames, sender, token: None, 10, 20, lambda: 1).look()
    assert desk.portions == [3, 2]
