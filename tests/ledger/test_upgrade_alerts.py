"""An upgrade of alerts that were told before: nobody is told twice, who was told hears of the end, and what was still queued goes out."""

import pytest
from sqlalchemy import MetaData, func, insert, select

from alerting.sender import Sender
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Recipient
from tricolor.ports import AlertChange

BEFORE = "0017"
OPENED = parse_us("2026-10-02T08:00:00+08:00")
NOW = OPENED + 40 * DAY_US


@pytest.fixture
def old(empty_ledger_url: str):
    """A red that fires, told to one inbox, its message to another still queued."""
    engine = LedgerEngine(empty_ledger_url)
    engine.migrate(BEFORE)
    words = {"reason_zh": "旧", "reason_en": "old"}
    message = {
        "alert_id": 1,
        "event_id": 1,
        "channel": "inbox",
        "why": "OPENED",
        "light": "red",
        "title": "红",
        "text": "旧",
        "payload": {},
        "receipt": "",
    }
    sent = {"state": "accepted", "attempts": 1, "next_at": OPENED, "lease_until": None, "created_at": OPENED, "accepted_at": OPENED}
    rows = {
        "alert": [
            {"fingerprint": "benchmark/mill/", "entity": "mill", "rule": "benchmark", "indicator": "", "level": "red", "condition": "firing",
             "is_stale": False, "handling": "unacked", "acked_by": "", "opened_at": OPENED, "changed_at": OPENED, "resolved_at": None, **words}
        ],
        "alert_event": [{"alert_id": 1, "at": OPENED, "why": "OPENED", "light": "red", "text_zh": "旧", "text_en": "old", "by": ""}],
        "outbox": [
            {**message, "address": "duty", "recipient": "duty", **sent},
            {**message, "address": "late", "recipient": "late", **sent, "state": "queued", "attempts": 0, "accepted_at": None},
        ],
        "inbox": [
            {"outbox_id": 1, "alert_id": 1, "recipient": "duty", "title": "红", "text": "旧", "why": "OPENED", "light": "red", "at": OPENED, "read_at": None}
        ],
    }  # fmt: skip
    with engine.writing() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name, values in rows.items():
            connection.execute(insert(tables.tables[name]), values)
    engine.migrate()
    yield engine
    engine.close()


def verdict(light: Light) -> Verdict:
    return Verdict("mill", "benchmark", "", "2026-09", light, 1.0, 2.0, "kgce/t", "新", "new", None, {})


def test_a_red_told_before_is_neither_opened_again_nor_escalated_for_the_weeks_gone_by(old: LedgerEngine) -> None:
    book, seen = AlertBookSql(old), []

    def notices(change: AlertChange, _told: object) -> list[Notice]:
        seen.append(change.step.why)
        return []

    assert book.follow([verdict(Light.RED)], ["benchmark"], NOW, lambda _: True, notices) == []
    assert book.tick(NOW, 100, notices) == [] and seen == []
    with old.reading() as connection:
        assert connection.execute(select(func.count()).select_from(notice)).scalar_one() == 0
    assert DeliveryBookSql(old).unreached() == []  # it is with somebody: no alarm to those who run Tricolor


def test_who_was_told_before_is_told_of_the_end(old: LedgerEngine) -> None:
    told: list[Recipient] = []

    def notices(_change: AlertChange, before: list[Recipient]) -> list[Notice]:
        told.extend(before)
        return []

    (change,) = AlertBookSql(old).follow([verdict(Light.GREEN)], ["benchmark"], NOW, lambda _: True, notices)
    assert change.step.why == "RESOLVED"
    assert Recipient("inbox", "duty", "duty") in told


def test_what_was_queued_before_goes_out_once(old: LedgerEngine) -> None:
    sender = Sender(OutboxSql(old), InboxNotifier(InboxBookSql(old), lambda: NOW), lambda: 0.5, lambda: NOW)
    for _ in range(3):
        sender.run_once(NOW)
    assert sorted(m.recipient for m in InboxBookSql(old).page([], 10, None)) == ["duty", "late"]
