"""MQTT source: QoS 1 with manual acknowledgement, a persistent session, and callbacks that only hand frames on.

Measured facts behind it are in DESIGN §4: message ids are reused after a reconnect, so an acknowledgement carries the connection's epoch; an
exception in a callback would kill paho's thread while is_connected() stays true, so none may leave one, and a watchdog looks.
"""

import threading
from collections.abc import Callable, Sequence
from time import time_ns

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tricolor.domain.readings import Frame

log = structlog.get_logger()
TOPIC = "tricolor/v1/+/+/readings"
RECEIVE_MAXIMUM = 4_000  # unacknowledged messages the broker may have on the way to us: the bound of our memory
KEEPALIVE_S = 30
WATCH_S = 5.0

Accept = Callable[[Frame, "MqttSource", object], None]
Room = Callable[[float], bool]


class MqttSource:
    """One MQTT 5 connection. accept(frame, self, token) is called on paho's thread; safe(tokens) acknowledges from any thread."""

    def __init__(
        self, host: str, port: int, client_id: str, accept: Accept, has_room: Room,
        username: str = "", password: str = "", session_expiry_s: int = 7 * 86_400,
    ) -> None:  # fmt: skip
        self._host, self._port, self._client_id = host, port, client_id
        self._accept, self._has_room = accept, has_room
        self._username, self._password, self._session_expiry_s = username, password, session_expiry_s
        self._epoch = 0
        self._lock = threading.Lock()  # (epoch, acknowledgement) go together
        self._stop = threading.Event()
        self._client = self._build()
        self._watch = threading.Thread(target=self._keep_alive, name="mqtt-watchdog", daemon=True)
        self.is_connected = False

    def start(self) -> None:
        self._open()
        self._watch.start()

    def safe(self, tokens: Sequence[object]) -> None:
        """Acknowledge what was committed; tokens of an earlier connection are dropped, the broker sends those messages again."""
        with self._lock:
            for token in tokens:
                if isinstance(token, tuple) and token[0] == self._epoch:
                    self._client.ack(token[1], 1)

    def publish(self, topic: str, payload: bytes) -> None:
        """Best effort, QoS 0: answers to gateways."""
        self._client.publish(topic, payload, qos=0)

    def stop(self) -> None:
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _build(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
        if self._username:
            client.username_pw_set(self._username, self._password)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.reconnect_delay_set(1, 30)
        return client

    def _open(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry_s
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(self._host, self._port, KEEPALIVE_S, clean_start=False, properties=properties)
        self._client.loop_start()

    def _on_connect(self, client: paho.Client, userdata: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            log.error("the broker refuses us", broker=f"{self._host}:{self._port}", reason=str(reason), mend="check TRICOLOR_MQTT_USERNAME/PASSWORD")
            return
        with self._lock:
            self._epoch += 1
        self.is_connected = True
        if not flags.session_present and self._epoch > 1:
            log.warning("the broker lost our session; messages sent meanwhile at QoS 1 may be missing until gateways re-send")
        client.subscribe(TOPIC, qos=1)
        log.info("connected to the broker", broker=f"{self._host}:{self._port}", session_present=flags.session_present)

    def _on_subscribe(self, client: paho.Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None) -> None:
        if any(r.is_failure or r.value < 1 for r in reasons):
            log.error("the broker did not grant QoS 1", topic=TOPIC, granted=[str(r) for r in reasons])

    def _on_disconnect(
        self, client: paho.Client, userdata: object, flags: paho.DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.is_connected = False
        if not self._stop.is_set():
            log.warning("lost the broker, reconnecting", reason=str(reason))

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
            _, _, enterprise, gateway, _ = topic.split("/", 4)
            frame = Frame(topic, bytes(message.payload), time_ns() // 1000, f"mqtt:{enterprise}/{gateway}", enterprise=enterprise)
            while not self._has_room(1.0) and not self._stop.is_set():
                pass  # the socket is not read: the broker holds the messages
            self._accept(frame, self, (self._epoch, message.mid))
        except Exception:  # an exception here would kill paho's thread; the message stays unacknowledged and comes again
            log.exception("a message could not be taken in")

    def _keep_alive(self) -> None:
        while not self._stop.wait(WATCH_S):
            thread = getattr(self._client, "_thread", None)
            if thread is None or not thread.is_alive():
                log.error("the MQTT thread died, building a new connection")
                with self._lock:
                    self._epoch += 1
                self._client = self._build()
                self._open()
