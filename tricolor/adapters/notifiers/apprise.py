"""Channel "apprise": everything that the library apprise reaches. It gives no receipts and no reasons, so success is "handed over"."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed, MessageState
from tricolor.domain.errors import Misconfigured
from tricolor.ports import Outgoing

REFERENCE: Final = "apprise:"
REPEAT: Final = "（可能重复）"
TYPES: Final = {"red": "failure", "orange": "warning", "yellow": "warning", "green": "success"}
# its lines hold whole URLs, which are secrets
for _name in ("apprise", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class AppriseChannel:
    """Channel over apprise. A message's address is "apprise:<name>" as the settings have it."""

    channel = "apprise"

    def __init__(self, targets: Mapping[str, Sequence[str]]) -> None:
        """Misconfigured when the library is missing or does not understand an address; the address itself is not told."""
        try:
            import apprise  # noqa: PLC0415  (an extra; only who configures it needs it)
        except ImportError as error:
            raise Misconfigured("[apprise.…] needs the library apprise: install tricolor[apprise]") from error
        self._targets: dict[str, tuple[Any, int]] = {}
        for name, urls in targets.items():
            made = apprise.Apprise()
            bad = [n for n, url in enumerate(urls, 1) if not made.add(url)]
            if bad:
                raise Misconfigured(f"[apprise.{name}] urls: apprise does not understand address {bad[0]} of {len(urls)}: mend it after its notation")
            self._targets[name] = (made, len(urls))

    def send(self, message: Outgoing) -> Answer:
        """HANDED_OVER; where it failed for one of several addresses, others may have it: UNKNOWN."""
        name = message.address.removeprefix(REFERENCE)
        if name not in self._targets:
            return Failed(
                ErrorClass.FINAL, "address", "没有这个 apprise 目标，检查 TRICOLOR_CHANNELS 的 [apprise.…] · no such target in the settings"
            )
        target, count = self._targets[name]
        title = f"{REPEAT}{message.title}" if message.is_possible_repeat else message.title
        try:
            is_taken = target.notify(body=message.text, title=title, notify_type=TYPES.get(message.light, "info"), body_format="text")
        except Exception as error:  # a plugin of another's; its words may hold the address
            return Failed(
                ErrorClass.UNKNOWN, "broken", f"apprise 出错，消息可能已送达 · apprise failed, it may have been sent: {type(error).__name__}"
            )
        if is_taken:
            return Accepted(f"delivery {message.id}", MessageState.HANDED_OVER)
        if count > 1:
            return Failed(ErrorClass.UNKNOWN, "refused", "apprise 未能送达全部地址 · apprise did not reach all of its addresses; others may have it")
        return Failed(ErrorClass.RETRY, "refused", "apprise 未能送出，原因它不说 · apprise could not hand it over and does not say why")
