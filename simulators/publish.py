"""Publishing over MQTT (QoS 1) with a stated bound on what is not yet acknowledged."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

CONNECT_TIMEOUT_S = 30.0
PROGRESS_TIMEOUT_S = 60.0


class BrokerSilent(Exception):
    """The broker did not answer, or stopped acknowledging, within the stated time."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom to connect."""

    host: str
    port: int
    username: str = ""
    password: str = ""

    @staticmethod
    def of(text: str, username: str = "", password: str = "") -> "Broker":
        """From host:port; ValueError says how to write it."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ValueError(f"{text!r} is not host:port, e.g. 127.0.0.1:1883")
        return Broker(host.strip("[]"), int(port), username, password)


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes


class Publisher:
    """One MQTT connection of one thread. Callbacks only note acknowledgements; everything else happens in the caller."""

    def __init__(self, broker: Broker, client_id: str, max_unacknowledged: int = 200, will: Will | None = None) -> None:
        self._broker = broker
        self._bound = max_unacknowledged
        self._pending: dict[int, int] = {}  # message id -> readings
        self._acknowledged: deque[int] = deque()
        self._wake = threading.Event()
        self._connected = threading.Event()
        self._is_started = False
        self.published = 0
        self.acknowledged = 0
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        client.max_inflight_messages_set(max_unacknowledged)
        client.max_queued_messages_set(max_unacknowledged + 16)
        client.reconnect_delay_set(1, 30)
        if broker.username:
            client.username_pw_set(broker.username, broker.password)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    @property
    def unacknowledged(self) -> int:
        """Messages the broker has not confirmed yet."""
        self._reap()
        return len(self._pending)

    def open(self, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        """Connect and wait for it; BrokerSilent after timeout_s. Afterwards the connection mends itself."""
        self.start()
        if not self._connected.wait(timeout_s):
            self.close()
            raise BrokerSilent(f"no MQTT broker answers at {self._broker.host}:{self._broker.port} within {timeout_s:.0f} s")

    def start(self) -> None:
        """Begin to connect, and to reconnect, in the background."""
        if not self._is_started:
            self._is_started = True
            self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
            self._client.loop_start()

    def publish(self, topic: str, payload: bytes, readings: int = 0, retain: bool = False) -> None:
        """Hand one message over; waits while the bound is reached. BrokerSilent when nothing is acknowledged for a minute."""
        self._wait(lambda: len(self._pending) < self._bound, PROGRESS_TIMEOUT_S)
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            raise BrokerSilent("the client's queue is full although its bound was kept")
        self._pending[info.mid] = readings
        self.published += readings

    def drain(self, timeout_s: float = PROGRESS_TIMEOUT_S) -> bool:
        """Whether everything is acknowledged, having waited for progress at most timeout_s at a time."""
        try:
            self._wait(lambda: not self._pending, timeout_s)
        except BrokerSilent:
            return False
        return True

    def leave(self) -> None:
        """Say goodbye (no last will) without waiting for the connection's thread; close() follows."""
        if self._is_started:
            self._client.disconnect()

    def close(self) -> None:
        """Leave and wait for the connection's thread; up to a second where it was waiting to reconnect."""
        if self._is_started:
            self._client.disconnect()
            self._client.loop_stop()
            self._is_started = False

    def _wait(self, is_done: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            self._wake.clear()
            if self._reap():
                deadline = time.monotonic() + timeout_s
            if is_done():
                return
            if time.monotonic() > deadline:
                raise BrokerSilent(
                    f"{len(self._pending)} messages are not acknowledged by {self._broker.host}:{self._broker.port} for {timeout_s:.0f} s"
                )
            self._wake.wait(0.2)

    def _reap(self) -> int:
        """Take note of acknowledgements; how many there were."""
        count = 0
        while self._acknowledged:
            readings = self._pending.pop(self._acknowledged.popleft(), None)
            if readings is not None:
                self.acknowledged += readings
                count += 1
        return count

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self._connected.set()

    def _on_disconnect(self, *_ignored: Any) -> None:
        self._connected.clear()

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._acknowledged.append(mid)
        self._wake.set()
