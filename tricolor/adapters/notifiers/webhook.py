"""Channel "webhook": each message posted as JSON to an address of the operator's, signed when a secret is set.

Headers: X-Tricolor-Delivery (the same for every attempt of one message, to drop repeats by), X-Tricolor-Timestamp (seconds since 1970; refuse what
is older than five minutes), X-Tricolor-Attempt, and X-Tricolor-Signature ("sha256=" and HMAC-SHA256, hexadecimal, over timestamp + "." + body).
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tricolor.adapters.notifiers.http_post import clean, client, failed, post, secrets_in
from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.domain.intervals import SECOND_US
from tricolor.ports import Outgoing

RECEIPT_MAX: Final = 200
REFERENCE: Final = "webhook:"
DEFAULT: Final = "default"  # the one of TRICOLOR_WEBHOOK_URL


@dataclass(frozen=True, slots=True)
class Hook:
    """An address and the secret that signs what goes there, "" for none."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    timeout_s: float = 5.0


class WebhookNotifier:
    """Channel over HTTP(S). A message's address is "webhook:<name>"; a whole URL, as older messages have it, is taken when a hook has it."""

    channel = "webhook"

    def __init__(self, hooks: Mapping[str, Hook], errors: ErrorTable, clock: Callable[[], int]) -> None:
        self._hooks, self._errors, self._clock = dict(hooks), errors, clock
        self._clients = {name: client(hook.timeout_s) for name, hook in self._hooks.items()}

    def send(self, message: Outgoing) -> Answer:
        """Accepted with the first characters of what the other side answered, or its status."""
        name = self._name_of(message.address)
        if name is None:
            return Failed(ErrorClass.FINAL, "address", "没有这个 webhook，检查 TRICOLOR_CHANNELS 的 [webhooks.…] · no such webhook in the settings")
        hook = self._hooks[name]
        secrets = (*secrets_in(hook.url), hook.secret)
        body = json.dumps(content(message), ensure_ascii=False).encode()
        answer = post(self._clients[name], hook.url, body, _headers(message, hook.secret, self._clock(), body), secrets)
        if isinstance(answer, Failed):
            return answer
        if not 200 <= answer.status < 300:
            return failed(self._errors, f"http.{answer.status}", f"HTTP {answer.status}", secrets, answer.wait_s)
        return Accepted(clean(answer.body[:RECEIPT_MAX].decode("utf-8", "replace"), secrets)[:RECEIPT_MAX] or f"HTTP {answer.status}")

    def close(self) -> None:
        for one in self._clients.values():
            one.close()

    def _name_of(self, address: str) -> str | None:
        name = address.removeprefix(REFERENCE)
        return name if name in self._hooks else next((n for n, hook in self._hooks.items() if address and hook.url == address), None)


def content(message: Outgoing) -> dict[str, object]:
    """The JSON body: event, at, alert, light, text {zh, en}, short, link, and the delivery's id, title and full text, and whether it may be a
    repeat."""
    said = {**message.payload, "delivery": message.id, "title": message.title, "message": message.text}
    return {**said, "possible_repeat": True} if message.is_possible_repeat else said


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _headers(message: Outgoing, secret: str, now: int, body: bytes) -> dict[str, str]:
    stamp = str(now // SECOND_US)
    headers = {"X-Tricolor-Delivery": str(message.id), "X-Tricolor-Timestamp": stamp, "X-Tricolor-Attempt": str(message.attempts)}
    return {**headers, "X-Tricolor-Signature": signature(secret.encode(), stamp, body)} if secret else headers
