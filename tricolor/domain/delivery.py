"""What becomes of a message at a provider: the answer to sending it, and the receipt that comes later."""

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """What a refusal asks of the sender; which code is which stands in data (tricolor/catalogue/channels)."""

    RETRY = "retry"  # passing: again soon, with growing waits
    WAIT = "wait"  # a limit: again after a named time, other messages to this address wait too
    FINAL = "final"  # never: the address, template or signature is wrong
    UNKNOWN = "unknown"  # it may have been sent: again, marked as a possible repeat


class MessageState(StrEnum):
    """queued -> sending -> accepted (the provider has it) -> delivered | undelivered; dead: given up before acceptance; superseded: a worse message
    to the same place took its turn; handed_over: accepted by something that gives no receipts and does not say whether it sent (apprise)."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    DEAD = "dead"
    SUPERSEDED = "superseded"


ARRIVED = frozenset({MessageState.ACCEPTED, MessageState.HANDED_OVER, MessageState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. receipt: its id for later receipts; state: accepted, delivered (the inbox) or handed_over."""

    receipt: str = ""
    state: MessageState = MessageState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider has it not, or nobody knows. code: the provider's own; wait_s: for WAIT, how long [s]."""

    kind: ErrorClass
    code: str
    detail: str
    wait_s: float | None = None


Answer = Accepted | Failed


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says later of a message that it accepted. receipt: the id it gave; address: "" where it does not name it; at [µs]; message_id:
    our own id where the provider gives it back, which finds a message whose acceptance we never heard."""

    channel: str
    receipt: str
    address: str
    is_delivered: bool
    code: str
    detail: str
    at: int
    message_id: int | None = None


def shown_address(address: str) -> str:
    """An address as lists show it: a number without its middle, a mail address without its name, a URL without what may be a key, else as it is."""
    if "://" in address:
        scheme, _, rest = address.partition("://")
        return f"{scheme}://{rest.split('/')[0].rpartition('@')[2]}/…"
    if "@" in address[1:]:
        name, _, host = address.rpartition("@")
        return f"{name[:1]}…@{host}"
    digits = [n for n, sign in enumerate(address) if sign.isdigit()]
    if len(digits) >= 7 and ":" not in address:
        hidden = set(digits[3:-4])
        return "".join("*" if n in hidden else sign for n, sign in enumerate(address))
    return address
