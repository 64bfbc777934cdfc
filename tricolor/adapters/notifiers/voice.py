"""Channel "voice": a hook of the operator's that telephones. It gets the number and the words to speak, signed as a webhook is."""

import json
from collections.abc import Callable
from typing import Final

from tricolor.adapters.notifiers.http_post import clean, client, failed, post, secrets_in
from tricolor.adapters.notifiers.webhook import Hook, signature
from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import Accepted, Answer, Failed
from tricolor.domain.intervals import SECOND_US
from tricolor.ports import Outgoing

RECEIPT_MAX: Final = 200
REPEATED: Final = "本条可能已经播报过。"


class VoiceHook:
    """Channel over one HTTP(S) hook. A message's address is the phone number. Same headers as the webhook's."""

    channel = "voice"

    def __init__(self, hook: Hook, errors: ErrorTable, clock: Callable[[], int]) -> None:
        self._hook, self._errors, self._clock = hook, errors, clock
        self._client = client(hook.timeout_s)

    def send(self, message: Outgoing) -> Answer:
        """Accepted when the hook answers 2xx: it has the order; whether the phone was picked up it may tell by a receipt."""
        secrets = (*secrets_in(self._hook.url), self._hook.secret, message.address)
        body = json.dumps(content(message), ensure_ascii=False).encode()
        stamp = str(self._clock() // SECOND_US)
        headers = {"X-Tricolor-Delivery": str(message.id), "X-Tricolor-Timestamp": stamp, "X-Tricolor-Attempt": str(message.attempts)}
        if self._hook.secret:
            headers["X-Tricolor-Signature"] = signature(self._hook.secret.encode(), stamp, body)
        answer = post(self._client, self._hook.url, body, headers, secrets)
        if isinstance(answer, Failed):
            return answer
        if not 200 <= answer.status < 300:
            return failed(self._errors, f"http.{answer.status}", f"HTTP {answer.status}", secrets, answer.wait_s)
        return Accepted(clean(answer.body[:RECEIPT_MAX].decode("utf-8", "replace"), secrets)[:RECEIPT_MAX] or f"HTTP {answer.status}")

    def close(self) -> None:
        self._client.close()


def content(message: Outgoing) -> dict[str, object]:
    """The JSON body: delivery, phone, text (to be spoken, no signs), title, light, event."""
    spoken = str(message.payload.get("spoken") or f"{message.title}。{message.text}")
    text = REPEATED + spoken if message.is_possible_repeat else spoken
    return {"delivery": message.id, "phone": message.address, "text": text, "title": message.title, "light": message.light, "event": message.why}
