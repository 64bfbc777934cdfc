"""The webhook against a real HTTP server of our own."""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tricolor.adapters.notifiers.webhook import WebhookNotifier
from tricolor.domain.errors import Refused, TryAgain
from tricolor.ports import Outgoing

NOW = 1_795_132_800_000_000


class Receiver:
    """Answers with the statuses given, one after the other (the last one for ever), and keeps what came."""

    def __init__(self) -> None:
        self.statuses: list[int] = [200]
        self.answer = b"ok-17"
        self.delay_s = 0.0
        self.got: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                time.sleep(outer.delay_s)
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{outer.url}/elsewhere")
                self.send_header("Content-Length", str(len(outer.answer)))
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that hangs up is part of the tests
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def message(url: str) -> Outgoing:
    payload = {"event": "OPENED", "alert": {"id": 3}, "light": "red", "text": {"zh": "红", "en": "red"}, "link": "http://h/alerts/3"}
    return Outgoing(41, "webhook", url, "标题", "正文", "OPENED", "red", payload, 1, 3, "webhook")


def test_the_body_holds_the_alert_and_the_signature_covers_time_and_body(receiver):
    receipt = WebhookNotifier("s3cret", lambda: NOW).send(message(receiver.url))
    headers, body = receiver.got[0]
    sent = json.loads(body)
    assert receipt == "ok-17"
    assert (sent["event"], sent["alert"]["id"], sent["light"], sent["text"]["zh"], sent["link"]) == ("OPENED", 3, "red", "红", "http://h/alerts/3")
    assert headers["X-Tricolor-Delivery"] == "41" and headers["X-Tricolor-Timestamp"] == "1795132800"
    expected = hmac.new(b"s3cret", b"1795132800." + body, hashlib.sha256).hexdigest()
    assert headers["X-Tricolor-Signature"] == f"sha256={expected}"


def test_without_a_secret_nothing_is_signed(receiver):
    WebhookNotifier("", lambda: NOW).send(message(receiver.url))
    assert "X-Tricolor-Signature" not in receiver.got[0][0]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_passes_is_tried_again(receiver, status):
    receiver.statuses = [status, 204]
    notifier = WebhookNotifier("", lambda: NOW)
    with pytest.raises(TryAgain, match=str(status)):
        notifier.send(message(receiver.url))
    assert notifier.send(message(receiver.url))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 413, 422])
def test_every_other_answer_is_for_ever_and_redirects_are_not_followed(receiver, status):
    receiver.statuses = [status]
    with pytest.raises(Refused, match=str(status)):
        WebhookNotifier("", lambda: NOW).send(message(receiver.url))
    assert len(receiver.got) == 1


def test_a_slow_server_and_one_that_is_not_there_are_tried_again(receiver):
    receiver.delay_s = 1.0
    with pytest.raises(TryAgain, match="Timeout"):
        WebhookNotifier("", lambda: NOW, timeout_s=0.2).send(message(receiver.url))
    with pytest.raises(TryAgain, match="Connect"):
        WebhookNotifier("", lambda: NOW).send(message("http://127.0.0.1:9"))


@pytest.mark.parametrize("address", ["", "ftp://h/x", "nonsense", "http://"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(Refused, match="address"):
        WebhookNotifier("", lambda: NOW).send(message(address))


def test_a_huge_answer_is_not_read(receiver):
    receiver.answer = b"x" * 5_000_000
    assert len(WebhookNotifier("", lambda: NOW).send(message(receiver.url))) <= 200
