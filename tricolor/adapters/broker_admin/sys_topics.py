"""What a broker says about itself: its $SYS topics, as mosquitto (and, in part, EMQX and others) publish them."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tricolor.adapters.broker_admin.address import BrokerAddress

TOPICS = {
    "$SYS/broker/version": "version",
    "$SYS/broker/publish/messages/dropped": "dropped",
    "$SYS/broker/clients/connected": "clients",
    "$SYS/broker/retained messages/count": "retained",
    "$SYS/broker/store/messages/count": "queued",
    "$SYS/broker/store/messages/bytes": "queued_bytes",
    "$SYS/broker/uptime": "uptime_s",
}


@dataclass(frozen=True, slots=True)
class BrokerSays:
    """The last value of each topic; None where the broker does not publish it.

    dropped: messages it threw away since it was started; queued: messages it holds, those of retained topics among them.
    """

    version: str = ""
    dropped: int | None = None
    clients: int | None = None
    retained: int | None = None
    queued: int | None = None
    queued_bytes: int | None = None
    uptime_s: int | None = None


class SysListener:
    """A connection that listens to $SYS until stopped. heard(says) is called on its thread at each word."""

    def __init__(self, address: BrokerAddress, heard: Callable[[BrokerSays], None] | None = None) -> None:
        self._address, self._heard = address, heard
        self._values: dict[str, str | int] = {}
        self._connected, self._subscribed, self._complete = threading.Event(), threading.Event(), threading.Event()
        self.refusal = ""  # why the broker does not let us in or not listen
        self._client = address.prepare(paho.Client(CallbackAPIVersion.VERSION2, client_id=f"tricolor-watch-{uuid.uuid4().hex[:12]}"))
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 30)

    def start(self) -> None:
        self._client.connect_async(self._address.host, self._address.port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    def says(self) -> BrokerSays:
        return BrokerSays(**self._values)  # type: ignore[arg-type]

    def wait(self, timeout_s: float) -> bool:
        """Until the broker has said everything, at most timeout_s; whether it has."""
        until = monotonic() + timeout_s
        self._connected.wait(timeout_s)
        if self.refusal or not self._connected.is_set():
            return False
        return self._complete.wait(max(0.0, until - monotonic()))

    def _on_connect(self, client: paho.Client, userdata: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
            self._connected.set()
            return
        self.refusal = ""
        self._connected.set()
        client.subscribe([(topic, 0) for topic in TOPICS])

    def _on_disconnect(
        self, client: paho.Client, userdata: object, flags: paho.DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._connected.clear()

    def _on_subscribe(self, client: paho.Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None) -> None:
        if any(reason.is_failure for reason in reasons):
            self.refusal = "we may not read $SYS"

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        name = TOPICS.get(message.topic)
        text = bytes(message.payload).decode("utf-8", "replace")
        if name is None:
            return
        if name == "version":
            self._values[name] = text[:100]
        else:
            word = text.split(" ")[0]  # "12 seconds"
            if word.isdigit():
                self._values[name] = int(word)
        if len(self._values) == len(TOPICS):
            self._complete.set()
        if self._heard is not None:
            self._heard(self.says())


def ask(address: BrokerAddress, timeout_s: float = 3.0) -> tuple[BrokerSays, str]:
    """What the broker says now, and why it says nothing ("" when it does)."""
    listener = SysListener(address)
    listener.start()
    try:
        listener.wait(timeout_s)
        return listener.says(), listener.refusal
    finally:
        listener.stop()
