"""Channel "mqtt": alerts for machines, published at QoS 1; accepted is what the broker acknowledged."""

import json
import re
import threading
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from tricolor.adapters.notifiers.http_post import clean, failed
from tricolor.adapters.notifiers.webhook import content
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.ports import Outgoing

DEPARTMENT: Final = re.compile(r"[^\s/+#$\x00]{1,128}")
REFERENCE: Final = "mqtt:"
PROTOCOLS: Final = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


class MqttChannel:
    """Channel over one connection, made at the first message and anew after any trouble, so that paho repeats nothing behind the outbox's back.

    A message's address is the department (or entity) whose topic it goes to. topic: with {department} in it.
    """

    channel = "mqtt"

    def __init__(self, broker: MqttSettings, topic: str, errors: ErrorTable, timeout_s: float = 5.0) -> None:
        self._broker, self._topic, self._errors, self._timeout_s = broker, topic, errors, timeout_s
        self._open: _Connection | None = None

    def send(self, message: Outgoing) -> Answer:
        """Accepted once PUBACK came. No connection: RETRY; published and no PUBACK in time: UNKNOWN."""
        department = message.address.removeprefix(REFERENCE)
        if not DEPARTMENT.fullmatch(department):
            return Failed(ErrorClass.FINAL, "address", "部门编号不能作主题的一级 · the address cannot be a level of a topic")
        try:
            connection = self._connected()
        except (OSError, ValueError) as error:
            self.close()
            return Failed(ErrorClass.RETRY, "connect", self._said(f"连接不上 MQTT 服务 · no connection: {type(error).__name__} {error}"))
        if connection.refusal:
            self.close()
            return failed(self._errors, connection.refusal_code, connection.refusal, (self._broker.password,))
        body = json.dumps(content(message), ensure_ascii=False).encode()
        try:
            code = connection.publish(self._topic.replace("{department}", department), body, self._timeout_s)
        except OSError as error:
            self.close()
            return Failed(ErrorClass.RETRY, "connect", self._said(f"MQTT 连接已断 · {error}"))
        if code is None:
            self.close()
            return Failed(ErrorClass.UNKNOWN, "timeout", "MQTT 服务未及时确认，消息可能已送达 · no PUBACK in time, it may have been sent")
        if code >= 128:
            return failed(self._errors, str(code), f"PUBACK {code}", (self._broker.password,))
        return Accepted(f"PUBACK {code}")

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connected(self) -> "_Connection":
        if self._open is not None and not self._open.is_up:
            self.close()
        if self._open is None:
            self._open = _Connection(self._broker, self._timeout_s)
        return self._open

    def _said(self, words: str) -> str:
        return clean(words, (self._broker.password,))


def login_fault(broker: MqttSettings, timeout_s: float = 4.0) -> str:
    """What keeps us from the broker, "" when nothing does; publishes nothing."""
    try:
        connection = _Connection(broker, timeout_s)
    except (OSError, ValueError) as error:
        return clean(f"{broker.host}:{broker.port}: {type(error).__name__} {error}", (broker.password,))
    connection.close()
    return connection.refusal


class _Connection:
    """One clean session. refusal: why the broker did not let us in, "" when it did."""

    def __init__(self, broker: MqttSettings, timeout_s: float) -> None:
        is_v5 = broker.protocol == "5"
        clean_session = None if is_v5 else True
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="", clean_session=clean_session, protocol=PROTOCOLS[broker.protocol])
        self._client.connect_timeout = timeout_s
        self._answered, self._codes, self._came = threading.Event(), dict[int, int](), threading.Condition()
        self._is_gone = False
        self.refusal, self.refusal_code = "", ""
        self._client.on_connect, self._client.on_publish, self._client.on_disconnect = self._on_connect, self._on_publish, self._on_disconnect
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        context = broker.tls_context()
        if context is not None:
            self._client.tls_set_context(context)
        try:
            self._client.connect(broker.host, broker.port, keepalive=30)
            self._client.loop_start()
            if not self._answered.wait(timeout_s):
                raise TimeoutError("no CONNACK in time")
        except BaseException:
            self.close()
            raise

    @property
    def is_up(self) -> bool:
        return not self._is_gone and bool(self._client.is_connected())

    def publish(self, topic: str, body: bytes, timeout_s: float) -> int | None:
        """The reason code of PUBACK; None when none came in time, or the connection went before it. OSError when nothing was sent."""
        sent = self._client.publish(topic, body, qos=1)
        if sent.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
            raise ConnectionError("the connection went")
        with self._came:
            self._came.wait_for(lambda: self._is_gone or sent.mid in self._codes, timeout_s)
            return self._codes.pop(sent.mid, None)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refusal, self.refusal_code = str(reason), str(reason.value)
        self._answered.set()

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, reason: Any, _properties: Any) -> None:
        with self._came:
            self._codes[mid] = int(reason.value)
            self._came.notify_all()

    def _on_disconnect(self, *_: Any) -> None:
        with self._came:
            self._is_gone = True
            self._came.notify_all()
