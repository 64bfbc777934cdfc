"""MQTT source: QoS 1 with manual acknowledgement, a persistent session, and callbacks that only hand frames on.

Measured facts behind it are in DESIGN §4: message ids are reused after a reconnect, so an acknowledgement carries the connection's epoch; an
exception in a callback would kill paho's thread while is_connected() stays true, so none may leave one, and a watchdog looks.
"""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic, time_ns

import paho.mqtt.client as paho
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tricolor.adapters.sources.mqtt_client import Client, Published, has_shortcuts, require_usable_id
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.domain.readings import Frame

log = structlog.get_logger()
RECEIVE_MAXIMUM = 4_000  # unacknowledged messages the broker may have on the way to us (MQTT 5): the bound of our memory
WATCH_S = 5.0
ASK_AGAIN_S = 30.0  # after the broker did not grant a subscription
SILENT_KEEPALIVES = 3  # without any packet, not even the answer to a ping: the connection is built anew
KNOWN_TOPICS = 100_000  # topics kept with what they stand for
NOBODY = "?"  # enterprise of a topic that is not ours: it owns no point, so its readings go to quarantine
CONTENT_TYPES = {"readings": "application/json", "hj212": "application/x-hj212"}  # by the last level of the topic

Accept = Callable[[Sequence[Frame], "MqttSource", object], None]
Room = Callable[[float], bool]


class MqttSource:
    """One MQTT connection. accept(frames, self, token) is called on paho's thread; safe(tokens) acknowledges from any thread.

    on_session_lost is called when the broker no longer has our session: what it held for us is gone until gateways send it again.
    """

    def __init__(self, settings: MqttSettings, accept: Accept, has_room: Room, on_session_lost: Callable[[], None] | None = None) -> None:
        require_usable_id(settings.client_id)
        self._settings, self._accept, self._has_room, self._on_session_lost = settings, accept, has_room, on_session_lost
        self._tls = settings.tls_context()
        self._is_fast = has_shortcuts()
        if not self._is_fast:
            log.warning("this version of paho allows no shortcuts; the intake works at half its speed")
        self._epochs = 0
        self._lock = threading.Lock()  # the epoch and the acknowledgements of it go together
        self._stop = threading.Event()
        self._senders: dict[bytes, tuple[str, str, str, str]] = {}  # topic -> its text, source, enterprise, content type
        self._asked_at, self._asked = 0.0, (0, frozenset[str]())
        self._client = self._build()
        self._thread: threading.Thread | None = None
        self._watch = threading.Thread(target=self._keep_alive, name="mqtt-watchdog", daemon=True)
        self.is_connected = False
        self.session_losses = 0
        self.gone_at: int | None = None  # when this process last lost the connection [µs]
        self.trouble = ""  # what an operator should know, "" when all is well

    def start(self) -> None:
        self._open()
        self._watch.start()

    def safe(self, tokens: Sequence[object]) -> None:
        """Acknowledge what was committed; tokens of an earlier connection are dropped, the broker sends those messages again."""
        with self._lock:
            mids = [mid for epoch, some in tokens if epoch == self._client.epoch for mid in some if mid]  # type: ignore[misc, has-type]
            if mids:
                self._client.acknowledge(mids)

    def publish(self, topic: str, payload: bytes) -> None:
        """Best effort, QoS 0: answers to gateways."""
        self._client.publish(topic, payload, qos=0)

    def stop(self) -> None:
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _build(self) -> Client:
        made = Client(self._settings.client_id, self._settings.protocol, self._next_epoch, self._on_published, self._may_read, self._is_fast)
        if self._settings.username:
            made.username_pw_set(self._settings.username, self._settings.password)
        if self._tls is not None:
            made.tls_set_context(self._tls)
        made.on_connect = self._on_connect
        made.on_disconnect = self._on_disconnect
        made.on_subscribe = self._on_subscribe
        made.reconnect_delay_set(1, 30)
        return made

    def _open(self) -> None:
        chosen = self._settings
        if chosen.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = chosen.session_expiry_s
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
            self._client.connect_async(chosen.host, chosen.port, chosen.keepalive_s, clean_start=False, properties=properties)
        else:
            self._client.connect_async(chosen.host, chosen.port, chosen.keepalive_s)
        self._client.loop_start()
        self._thread = getattr(self._client, "_thread", None)

    def _next_epoch(self, client: Client) -> None:
        with self._lock:
            self._epochs += 1
            client.epoch = self._epochs

    def _may_read(self, timeout_s: float) -> bool:
        return self._stop.is_set() or self._has_room(timeout_s)

    def _on_connect(self, client: paho.Client, userdata: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        broker = f"{self._settings.host}:{self._settings.port}"
        if reason.is_failure:
            self.trouble = f"the broker {broker} refuses us: {reason}"
            log.error("the broker refuses us", broker=broker, reason=str(reason), mend="check TRICOLOR_MQTT_USERNAME/PASSWORD")
            return
        self.trouble = ""
        remembered = self._remembered()
        if remembered and not flags.session_present:
            self.session_losses += 1
            log.warning("the broker lost our session: what it held for us is missing until gateways send it again", losses=self.session_losses)
            if self._on_session_lost is not None:
                self._on_session_lost()
        log.info("connected to the broker", broker=broker, session_present=flags.session_present, epoch=self._epochs)
        gone = remembered - self._settings.subscriptions
        if gone and flags.session_present:
            client.unsubscribe(sorted(gone))
            log.info("unsubscribed what left the configuration", topics=sorted(gone))
        self._subscribe(client)
        self.is_connected = True  # now, so that nobody sees us connected and not yet asking for anything

    def _subscribe(self, client: paho.Client) -> None:
        topics = self._settings.subscriptions
        _, mid = client.subscribe([(topic, 1) for topic in sorted(topics)])
        self._asked, self._asked_at = (mid or 0, topics), monotonic()

    def _on_subscribe(self, client: paho.Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None) -> None:
        if mid != self._asked[0]:
            return
        if any(r.is_failure or r.value < 1 for r in reasons):
            granted = [str(r) for r in reasons]
            self.trouble = f"the broker does not grant QoS 1 on {', '.join(sorted(self._asked[1]))}: {', '.join(granted)}; check its access list"
            log.error("the broker did not grant QoS 1", topics=sorted(self._asked[1]), granted=granted, asked_again_in_s=ASK_AGAIN_S)
            return
        self.trouble = ""
        self._remember(self._asked[1])  # before we call ourselves ready: a stop right after must not forget it
        self._asked = (0, self._asked[1])

    def _on_disconnect(
        self, client: paho.Client, userdata: object, flags: paho.DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if client is self._client:
            self.is_connected, self.gone_at = False, time_ns() // 1000
            if not self._stop.is_set():
                log.warning("lost the broker, reconnecting", reason=str(reason))

    def _on_published(self, client: Client, messages: list[Published]) -> None:
        try:
            now, senders = time_ns() // 1000, self._senders
            frames: list[Frame] = []
            for topic, payload, _ in messages:
                sender = senders.get(topic) or self._sender_of(topic)
                frames.append(Frame(sender[0], payload, now, sender[1], 0, sender[3], sender[2]))
            self._accept(frames, self, (client.epoch, [message[2] for message in messages]))
        except Exception:  # an exception here would kill paho's thread; the messages stay unacknowledged and come again
            log.exception("messages could not be taken in", messages=len(messages))

    def _sender_of(self, topic: bytes) -> tuple[str, str, str, str]:
        text = topic.decode("utf-8", "replace")
        levels = text.split("/")
        is_ours = len(levels) >= 5 and levels[-5:-3] == ["tricolor", "v1"] and levels[-1] in CONTENT_TYPES and levels[-3] != ""
        kind = CONTENT_TYPES.get(levels[-1], "application/json")
        found = (text, f"mqtt:{levels[-3]}/{levels[-2]}", levels[-3], kind) if is_ours else (text, "mqtt:other", NOBODY, kind)
        if len(self._senders) >= KNOWN_TOPICS:
            self._senders.clear()
        self._senders[topic] = found
        return found

    def _remembered(self) -> frozenset[str]:
        """What the broker's session of this client id is subscribed to, as far as we know."""
        path = self._settings.remember
        if path is None:
            return self._asked[1] if self._epochs > 1 else frozenset()
        with suppress(OSError, ValueError, AttributeError):
            return frozenset(json.loads(path.read_text(encoding="utf-8")).get(self._settings.client_id, ()))
        return frozenset()

    def _remember(self, topics: frozenset[str]) -> None:
        path = self._settings.remember
        if path is None or topics == self._remembered():
            return
        held = {}
        with suppress(OSError, ValueError):
            held = json.loads(path.read_text(encoding="utf-8"))
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({**held, self._settings.client_id: sorted(topics)}), encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            log.warning("the subscriptions could not be noted", path=str(path), reason=str(error))

    def _keep_alive(self) -> None:
        while not self._stop.wait(WATCH_S):
            why = self._why_rebuild()
            if why:
                log.error("building a new MQTT connection", why=why)
                self._rebuild()
            elif self.is_connected and self._asked[0] and monotonic() - self._asked_at > ASK_AGAIN_S:
                self._subscribe(self._client)

    def _why_rebuild(self) -> str:
        if self._thread is not None and not self._thread.is_alive():
            return "the MQTT thread died"
        silent_s = monotonic() - self._client.heard_at
        if self.is_connected and silent_s > SILENT_KEEPALIVES * self._settings.keepalive_s and self._has_room(0.0):
            return f"the broker was silent for {silent_s:.0f} s"
        return ""

    def _rebuild(self) -> None:
        old = self._client
        self.is_connected, self.gone_at = False, time_ns() // 1000
        with self._lock:
            self._client = self._build()  # acknowledgements of the old connection are void from here on
        with suppress(Exception):  # a client in any state: it must end, whatever it says
            old.disconnect()
            held = old.socket()
            if held is not None:
                held.close()
        self._open()
