"""Listening to …/rejected while something is published: what the broker took is not yet what the backend could use."""

import json
import threading
import time
from collections import Counter
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.publish import Broker

QUIET_S = 1.5  # no answer for so long after the last message: none is to be expected any more
LONGEST_S = 10.0


class Answers:
    """A context: counts the readings rejected for one gateway, by reason, with one detail for each."""

    def __init__(self, broker: Broker, enterprise: str, gateway: str) -> None:
        self._broker = broker
        self._topic = f"tricolor/v1/{enterprise}/{gateway}/rejected"
        self._heard_at = time.monotonic()
        self._ready = threading.Event()
        self.rejected = 0
        self.reasons: Counter[str] = Counter()
        self.details: dict[str, str] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear

    def __enter__(self) -> "Answers":
        self._client.connect_async(self._broker.host, self._broker.port)
        self._client.loop_start()
        self._ready.wait(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_until_quiet(self) -> None:
        """Until no answer came for a moment."""
        began = self._heard_at = time.monotonic()
        while time.monotonic() - self._heard_at < QUIET_S and time.monotonic() - began < LONGEST_S:
            time.sleep(0.1)

    def _hear(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self._heard_at = time.monotonic()
        try:
            answer = json.loads(message.payload)
            self.rejected += int(answer["rejected_total"])
            for each in answer["rejected"]:
                self.reasons[each["reason"]] += 1
                self.details.setdefault(each["reason"], each["detail"])
        except (ValueError, KeyError, TypeError):
            self.reasons["unreadable_answer"] += 1
