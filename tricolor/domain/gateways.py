"""Gateways that push over MQTT: whose they are, how they are called at the broker, and which topics are theirs."""

import re
from dataclasses import dataclass
from typing import Final

from tricolor.domain.errors import Refused

ROOT = "tricolor/v1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Gateway:
    """An account of one gateway at the broker; its password is never kept. Times [µs UTC]."""

    enterprise: str
    name: str
    username: str
    created_at: int
    rotated_at: int | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerState:
    """What a broker said of itself last. dropped: messages it threw away since it was started, None where it does not say; queued: messages it
    holds, those of retained topics among them; told_at [µs]."""

    broker: str
    version: str
    dropped: int | None
    clients: int | None
    retained: int | None
    queued: int | None
    told_at: int


@dataclass(frozen=True, slots=True)
class TopicRight:
    """One thing that an account may do. kind: publish, receive or subscribe; topic: a filter as MQTT 5 §4.7 writes it."""

    kind: str
    topic: str


def gateway_username(enterprise: str, name: str) -> str:
    """`enterprise/gateway`, as the ledger names the source; Refused for a name that would reach into somebody else's topics."""
    for text in (enterprise, name):
        if not _NAME.fullmatch(text):
            raise Refused(f"{text!r} cannot be part of a topic: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first")
    return f"{enterprise}/{name}"


def gateway_rights(enterprise: str, name: str) -> tuple[TopicRight, ...]:
    """A gateway writes its readings and its status, and hears what was rejected of its own messages; nothing else."""
    own = f"{ROOT}/{gateway_username(enterprise, name)}"
    return (
        TopicRight("publish", f"{own}/readings"),
        TopicRight("publish", f"{own}/hj212"),
        TopicRight("publish", f"{own}/status"),
        TopicRight("subscribe", f"{own}/rejected"),
        TopicRight("receive", f"{own}/rejected"),
    )


ALERTS: Final = f"{ROOT}/alerts"  # below it [mqtt_notify] publishes
INGEST_RIGHTS = (
    TopicRight("subscribe", f"{ROOT}/#"), TopicRight("subscribe", f"$share/+/{ROOT}/#"), TopicRight("receive", f"{ROOT}/#"),
    TopicRight("publish", f"{ROOT}/+/+/rejected"), TopicRight("subscribe", "$SYS/#"), TopicRight("receive", "$SYS/#"),
    TopicRight("publish", f"{ALERTS}/#"),  # the alerting service publishes with the same account unless it has one of its own
)  # fmt: skip
ALERTS_READER: Final = "tricolor-alerts-reader"  # the role of an account that the operator makes for another system
ALERTS_READER_RIGHTS = (TopicRight("subscribe", f"{ALERTS}/#"), TopicRight("receive", f"{ALERTS}/#"))
DEVICES_RIGHTS = (  # simulators and `tricolor replay`: any gateway of any enterprise
    TopicRight("publish", f"{ROOT}/+/+/readings"), TopicRight("publish", f"{ROOT}/+/+/hj212"), TopicRight("publish", f"{ROOT}/+/+/status"),
    TopicRight("subscribe", f"{ROOT}/+/+/rejected"), TopicRight("receive", f"{ROOT}/+/+/rejected"),
)  # fmt: skip
