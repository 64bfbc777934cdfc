"""Channel "webhook": each message posted as JSON to an address of the operator's, signed when a secret is set.

Headers: X-Tricolor-Delivery (the same for every attempt of one message, to drop repeats by), X-Tricolor-Timestamp (seconds since 1970) and
X-Tricolor-Signature ("sha256=" and HMAC-SHA256, hexadecimal, over timestamp + "." + body).
"""

import hashlib
import hmac
import json
from collections.abc import Callable

import httpx

from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import SECOND_US
from tricolor.ports import Outgoing

TIMEOUT_S = 5.0
RECEIPT_MAX_BYTES = 200
PASSING = frozenset({408, 425, 429})


class WebhookNotifier:
    """Notifier over HTTP(S). 2xx accepts; 408, 425, 429, 5xx and a broken connection are tried again; every other answer, a redirect too, refuses."""

    channel = "webhook"

    def __init__(self, secret: str, clock: Callable[[], int], timeout_s: float = TIMEOUT_S) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False, headers={"User-Agent": "tricolor"})

    def send(self, message: Outgoing) -> str:
        """The first bytes of what the other side answered, or its status. TryAgain, Refused."""
        body = json.dumps(content(message), ensure_ascii=False).encode()
        stamp = str(self._clock() // SECOND_US)
        headers = {"Content-Type": "application/json", "X-Tricolor-Delivery": str(message.id), "X-Tricolor-Timestamp": stamp}
        if self._secret:
            headers["X-Tricolor-Signature"] = signature(self._secret, stamp, body)
        try:
            with self._client.stream("POST", message.address, content=body, headers=headers) as answer:
                status = answer.status_code
                if status in PASSING or status >= 500:
                    raise TryAgain(f"HTTP {status}")
                if not 200 <= status < 300:
                    raise Refused(f"HTTP {status}")
                return _receipt(answer) or f"HTTP {status}"
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused(f"the address cannot be used: {error}") from error
        except httpx.TransportError as error:
            raise TryAgain(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        self._client.close()


def content(message: Outgoing) -> dict[str, object]:
    """The JSON body: event, at, alert, light, text {zh, en}, short, link, and the delivery's id, title and full text."""
    return {**message.payload, "delivery": message.id, "title": message.title, "message": message.text}


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _receipt(answer: httpx.Response) -> str:
    """At most RECEIPT_MAX_BYTES of the answer; the message is accepted whatever becomes of the rest."""
    try:
        for part in answer.iter_bytes(RECEIPT_MAX_BYTES):
            return part.decode("utf-8", "replace").strip()
    except httpx.HTTPError:
        return ""
    return ""
