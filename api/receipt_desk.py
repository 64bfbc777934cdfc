"""Receipts that SMS providers post: who may, and where they go."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tricolor.ports_alerting import CalledBack, ReceiptBook

BODY_MAX_BYTES: Final = 1024 * 1024  # of one post; providers send a few hundred receipts at most


@dataclass(frozen=True, slots=True)
class ReceiptDesk:
    """The channels that are called back, by name in the path, and the secret that stands behind it: providers sign nothing."""

    secret: str = field(repr=False)
    channels: Mapping[str, CalledBack]
    book: ReceiptBook

    def channel(self, name: str, secret: str) -> CalledBack | None:
        """None for a channel that is not called back and for a wrong secret alike; how much of it is right takes no longer."""
        is_right = hmac.compare_digest(secret.encode(), self.secret.encode())
        found = self.channels.get(name)
        return found if is_right and self.secret else None
