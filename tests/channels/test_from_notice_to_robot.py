"""The whole way as the alerting service is wired: notices of a red, one message with a signed link, a robot with a signature on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerting.main import build_dispatcher, build_senders
from tests.channels.far_side import HttpFarSide
from tests.delivery.conftest import T0, Desk
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.catalogue.plans.load import load_plan
from tricolor.channel_settings import load_channels
from tricolor.config import Settings
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import Recipient

DUTY = Recipient("dingtalk", "robot:energy-duty", "duty")
GOOD, HELD = (200, b'{"errcode":0,"errmsg":"ok"}'), (200, b'{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}')


class Service:
    """Dispatcher and senders of alerting over one ledger, with a clock that the test sets."""

    def __init__(self, folder: Path, far: HttpFarSide, ledger: LedgerEngine) -> None:
        file = folder / "channels.toml"
        file.write_text(f'[robots.energy-duty]\nkind="dingtalk"\nurl="{far.url}/send?access_token=ding-token-0001"\nsecret="SECabcdef0123456789"\n')
        self.settings = Settings(data=folder, channels=file, public_url="https://tricolor.example")
        self.ledger, self.now, self.desk = ledger, T0, Desk(ledger)
        chosen = load_channels(file)
        self.dispatcher = build_dispatcher(self.settings, chosen, self.ledger, load_plan("illustrative-2026-2030"))
        self.senders = build_senders(self.settings, self.ledger, lambda: self.now)

    def at(self, seconds: float) -> None:
        self.now = T0 + round(seconds * SECOND_US)
        self.dispatcher.run_once(self.now)
        for sender in self.senders:
            sender.run_once(self.now)

    def states(self, alert_id: int) -> list[tuple[str, int]]:
        return [(d.state, d.attempts) for d in OutboxSql(self.ledger).of_alert(alert_id)]


@pytest.fixture
def far() -> Iterator[HttpFarSide]:
    made = HttpFarSide()
    made.judge = lambda *_: GOOD
    yield made
    made.close()


@pytest.fixture
def service(tmp_path: Path, far: HttpFarSide, sqlite_ledger: LedgerEngine) -> Service:
    return Service(tmp_path, far, sqlite_ledger)


def card(far: HttpFarSide, place: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(far.requests[place][2])["actionCard"]
    return found


def test_a_red_reaches_the_robot_once_with_a_button_to_its_signed_page(service: Service, far: HttpFarSide) -> None:
    (alert,) = service.desk.open()
    service.desk.tell([alert], T0, [DUTY])
    for second in (0, 1, 2, 90):
        service.at(second)
    assert len(far.requests) == 1 and service.states(alert) == [("accepted", 1)]
    assert "sign=" in far.requests[0][0] and "红色预警" in card(far)["text"]
    assert card(far)["singleURL"].startswith("https://tricolor.example/a/")


def test_a_limit_told_inside_http_200_waits_its_ten_minutes_and_nothing_counts_as_sent(service: Service, far: HttpFarSide) -> None:
    (alert,) = service.desk.open()
    service.desk.tell([alert], T0, [DUTY])
    far.answers = [HELD, GOOD]
    for second in (0, 60, 300, 590):
        service.at(second)
    assert len(far.requests) == 1 and service.states(alert) == [("queued", 1)]
    service.at(700)  # ten minutes and at most a twentieth of jitter
    assert service.states(alert) == [("accepted", 2)] and "可能重复" not in card(far)["title"]


def test_a_connection_that_broke_makes_the_next_attempt_a_possible_repeat(service: Service, far: HttpFarSide) -> None:
    (alert,) = service.desk.open()
    service.desk.tell([alert], T0, [DUTY])
    far.breaks = True
    service.at(0)
    far.breaks = False
    service.at(60)
    assert service.states(alert) == [("accepted", 2)]
    assert "可能重复" not in card(far, 0)["title"] and "可能重复" in card(far, 1)["title"] and card(far, 0)["singleURL"] == card(far, 1)["singleURL"]
