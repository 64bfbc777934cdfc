"""POST /v1/receipts/{channel}/{secret}: providers' posts, applied once to messages in a real ledger; the secret path is shown and logged nowhere."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from api.app import create_app
from api.main import wire
from api.middleware import BodyLimit
from api.problems import install
from api.receipt_desk import BODY_MAX_BYTES, ReceiptDesk
from api.routes import receipts
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.schema import outbox
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.catalogue.plans import load_plan
from tricolor.domain.delivery import Receipt
from tricolor.domain.errors import TryAgain

SECRET_PATH = "loopback-receipts-secret"


def accepted_message(ledger: LedgerEngine, number: int, receipt: str) -> None:
    values = {
        "id": number, "event_id": number, "alert_id": 1, "recipient": "duty", "channel": "sms", "address": "100-0000-0001", "why": "OPENED",
        "light": "red", "title": "", "text": "", "payload": {}, "state": "accepted", "next_at": 1, "created_at": 1, "accepted_at": 2, "receipt": receipt,
    }  # fmt: skip
    with ledger.writing() as connection:
        connection.execute(insert(outbox).values(values))


def state(ledger: LedgerEngine, number: int) -> str:
    with ledger.reading() as connection:
        return str(connection.execute(select(outbox.c.state).where(outbox.c.id == number)).scalar_one())


class Desk:
    """The route over a real ledger, with the app's problems and bounds; the whole app stands in the first test."""

    def __init__(self, ledger: LedgerEngine, channel: Any, book: Any = None) -> None:
        self.app = FastAPI()
        self.app.include_router(receipts.router)
        install(self.app)
        self.app.add_middleware(BodyLimit, limit_bytes=4_000_000)
        self.app.state.deps = SimpleNamespace(receipt_desk=ReceiptDesk(SECRET_PATH, {"sms": channel}, book or ReceiptBookSql(ledger)))
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def post(self, body: Any, channel: str = "sms", secret: str = SECRET_PATH) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"/v1/receipts/{channel}/{secret}", content=content, headers={"Content-Type": "application/json"})


def aliyun_report(biz_id: str, is_delivered: bool = True) -> dict[str, Any]:
    return {
        "phone_number": "10000000001", "send_time": "2026-11-18 19:05:00", "report_time": "2026-11-18 19:05:00", "success": is_delivered,
        "err_code": "DELIVERED" if is_delivered else "SP_UNKNOWN_ERROR", "err_msg": "", "sms_size": "1", "biz_id": biz_id, "out_id": "7",
    }  # fmt: skip


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, of structlog and of the standard library, at the most talkative level."""
    kept, stream = structlog.get_config(), io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream), cache_logger_on_first_use=False)
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.configure(**kept)


def test_aliyuns_post_makes_messages_delivered_and_is_answered_as_aliyun_wants(ledger: LedgerEngine, bench: Any) -> None:
    accepted_message(ledger, 7, "B7")
    accepted_message(ledger, 8, "B8")
    desk = Desk(ledger, bench.aliyun("http://127.0.0.1:1"))
    deps = replace(wire(ledger, MemoryStore(), load_plan("illustrative-2026-2030"), 100_000), receipt_desk=desk.app.state.deps.receipt_desk)
    desk.client = TestClient(create_app(deps))
    answer = desk.post([aliyun_report("B7"), aliyun_report("B8", is_delivered=False)])
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    assert (state(ledger, 7), state(ledger, 8)) == ("delivered", "undelivered")
    assert desk.post([aliyun_report("B7")]).status_code == 200  # posted again, as providers do
    assert state(ledger, 7) == "delivered"


def test_tencents_post_is_answered_as_tencent_wants(sqlite_ledger: LedgerEngine, bench: Any) -> None:
    accepted_message(sqlite_ledger, 7, "S7")
    answer = Desk(sqlite_ledger, bench.tencent("http://127.0.0.1:1")).post([{"mobile": "10000000001", "report_status": "SUCCESS", "sid": "S7"}])
    assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    assert state(sqlite_ledger, 7) == "delivered"


@pytest.mark.parametrize(
    ("channel", "secret"), [("sms", SECRET_PATH[:-1]), ("sms", SECRET_PATH + "x"), ("sms", "秘密"), ("mail", SECRET_PATH), ("mail", "wrong")]
)
def test_a_wrong_path_is_404_and_changes_nothing(sqlite_ledger: LedgerEngine, bench: Any, channel: str, secret: str) -> None:
    accepted_message(sqlite_ledger, 7, "B7")
    desk = Desk(sqlite_ledger, bench.aliyun("http://127.0.0.1:1"))
    answer = desk.post([aliyun_report("B7")], channel, secret)
    assert answer.status_code == 404
    assert secret not in answer.text
    assert state(sqlite_ledger, 7) == "accepted"


def test_without_a_secret_the_route_is_closed(sqlite_ledger: LedgerEngine, bench: Any) -> None:
    desk = ReceiptDesk("", {"sms": bench.aliyun("http://127.0.0.1:1")}, ReceiptBookSql(sqlite_ledger))
    assert desk.channel("sms", "") is None
    deps = wire(sqlite_ledger, MemoryStore(), load_plan("illustrative-2026-2030"), 100_000)
    assert TestClient(create_app(deps)).post("/v1/receipts/sms/anything", content=b"[]").status_code == 404


def test_a_body_that_is_none_of_the_providers_is_refused(sqlite_ledger: LedgerEngine, bench: Any) -> None:
    desk = Desk(sqlite_ledger, bench.aliyun("http://127.0.0.1:1"))
    assert desk.post(b"<xml/>").status_code == 400
    assert desk.post(b"[" + b" " * BODY_MAX_BYTES + b"]").status_code == 413


class BrokenBook:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def put(self, receipts: Any) -> int:
        raise self._error


@pytest.mark.parametrize("error", [TryAgain("the ledger is busy"), RuntimeError("ours")])
def test_what_cannot_be_stored_is_503_so_that_the_provider_posts_again(sqlite_ledger: LedgerEngine, bench: Any, error: Exception) -> None:
    desk = Desk(sqlite_ledger, bench.aliyun("http://127.0.0.1:1"), BrokenBook(error))
    assert desk.post([aliyun_report("B7")]).status_code == 503


def test_the_secret_of_the_path_stands_in_no_log_no_answer_and_no_repr(sqlite_ledger: LedgerEngine, bench: Any, logged: io.StringIO) -> None:
    channel = bench.aliyun("http://127.0.0.1:1")
    logging.getLogger("httpx").setLevel(logging.CRITICAL)  # the test's own client
    answers = [
        Desk(sqlite_ledger, channel).post([aliyun_report("B7")]),
        Desk(sqlite_ledger, channel).post(b"no json"),
        Desk(sqlite_ledger, channel).post(b"[" + b" " * BODY_MAX_BYTES + b"]"),
        *(Desk(sqlite_ledger, channel, BrokenBook(e)).post([aliyun_report("B7")]) for e in (TryAgain("busy"), RuntimeError("ours"))),
    ]
    shown = logged.getvalue()
    assert "receipts not stored" in shown and "receipts failed" in shown, "the log was heard"
    assert SECRET_PATH not in shown
    assert all(SECRET_PATH not in answer.text for answer in answers)
    assert SECRET_PATH not in repr(ReceiptDesk(SECRET_PATH, {}, ReceiptBookSql(sqlite_ledger)))


def test_a_receipt_that_is_ahead_of_its_message_is_kept(sqlite_ledger: LedgerEngine, bench: Any) -> None:
    desk = Desk(sqlite_ledger, bench.aliyun("http://127.0.0.1:1"))
    assert desk.post([aliyun_report("B9")]).status_code == 200
    assert ReceiptBookSql(sqlite_ledger).put([Receipt("sms", "B9", "10000000001", True, "DELIVERED", "", 1)]) == 0  # it is there already
