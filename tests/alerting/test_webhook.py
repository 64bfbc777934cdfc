"""The webhook against a real HTTP server of our own."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest

from tests.channels.far_side import NOW, HttpFarSide, message
from tricolor.adapters.notifiers.webhook import Hook, WebhookNotifier
from tricolor.catalogue.channels import channel_facts
from tricolor.domain.delivery import Accepted, ErrorClass, Failed


@pytest.fixture
def receiver() -> Iterator[HttpFarSide]:
    made = HttpFarSide()
    yield made
    made.close()


def hook(far: HttpFarSide, secret: str = "", timeout_s: float = 5.0) -> WebhookNotifier:
    return WebhookNotifier({"default": Hook(far.url, secret, timeout_s)}, channel_facts("webhook").errors, lambda: NOW)


def test_the_body_holds_the_alert_and_the_signature_covers_time_and_body(receiver: HttpFarSide) -> None:
    answer = hook(receiver, "s3cret").send(message("webhook", "webhook:default", title="标题", text="正文"))
    _, headers, body = receiver.taken[0]
    sent = json.loads(body)
    assert answer == Accepted("ok-17")
    assert (sent["event"], sent["alert"]["id"], sent["light"], sent["text"]["zh"]) == ("OPENED", 3, "red", "红")
    assert (sent["title"], sent["message"], sent["delivery"]) == ("标题", "正文", 41)
    assert headers["X-Tricolor-Delivery"] == "41" and headers["X-Tricolor-Timestamp"] == "1795132800" and headers["X-Tricolor-Attempt"] == "1"
    expected = hmac.new(b"s3cret", b"1795132800." + body, hashlib.sha256).hexdigest()
    assert headers["X-Tricolor-Signature"] == f"sha256={expected}"


def test_without_a_secret_nothing_is_signed(receiver: HttpFarSide) -> None:
    hook(receiver).send(message("webhook", "webhook:default"))
    assert "X-Tricolor-Signature" not in receiver.requests[0][1]


def test_a_whole_url_as_older_messages_have_it_reaches_the_hook_that_has_it(receiver: HttpFarSide) -> None:
    assert isinstance(hook(receiver).send(message("webhook", receiver.url)), Accepted)


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_an_answer_that_passes_is_tried_again(receiver: HttpFarSide, status: int) -> None:
    receiver.answers = [(status, b""), (204, b"")]
    channel = hook(receiver)
    answer = channel.send(message("webhook", "webhook:default"))
    assert isinstance(answer, Failed) and (answer.kind, answer.code) == (ErrorClass.RETRY, f"http.{status}")
    assert channel.send(message("webhook", "webhook:default")) == Accepted("HTTP 204")


@pytest.mark.parametrize(("asked", "wait_s"), [({}, 60.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "999999"}, 3600.0)])
def test_too_many_requests_names_how_long_to_wait(receiver: HttpFarSide, asked: dict[str, str], wait_s: float) -> None:
    receiver.answers, receiver.headers = [(429, b"")], asked
    answer = hook(receiver).send(message("webhook", "webhook:default"))
    assert isinstance(answer, Failed) and (answer.kind, answer.wait_s) == (ErrorClass.WAIT, wait_s)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 413, 422])
def test_every_other_answer_is_for_ever_and_redirects_are_not_followed(receiver: HttpFarSide, status: int) -> None:
    receiver.answers = [(status, b"")]
    answer = hook(receiver).send(message("webhook", "webhook:default"))
    assert isinstance(answer, Failed) and (answer.kind, answer.code) == (ErrorClass.FINAL, f"http.{status}")
    assert len(receiver.requests) == 1


def test_a_connection_that_breaks_after_the_request_may_have_arrived(receiver: HttpFarSide) -> None:
    receiver.breaks = True
    answer = hook(receiver).send(message("webhook", "webhook:default"))
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.UNKNOWN


def test_a_huge_answer_is_not_read(receiver: HttpFarSide) -> None:
    receiver.answers = [(200, b"x" * 5_000_000)]
    started = time.monotonic()
    answer = hook(receiver).send(message("webhook", "webhook:default"))
    assert isinstance(answer, Accepted) and len(answer.receipt) <= 200 and time.monotonic() - started < 2
