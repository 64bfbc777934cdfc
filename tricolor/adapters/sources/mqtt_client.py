"""paho's client with two shortcuts: packets are cut out of large reads, and many acknowledgements leave as one write.

paho reads the socket byte by byte and writes every acknowledgement by itself: 26,000 messages/s. The shortcuts lean on two hooks that paho keeps to
itself (`_create_socket`, `_packet_queue`), so `has_shortcuts` tries them out over a socket pair first; where they fail, paho works as it comes.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from tricolor.domain.errors import Misconfigured

CHUNK_BYTES = 256 * 1024
PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_PUBLISH_QOS1, _TYPE_AND_QOS = 0x32, 0xF6  # whatever the flags dup and retain are
_PUBACK = 0x40
Published = tuple[bytes, bytes, int]  # topic, payload, message id
OnPublished = Callable[["Client", list[Published]], None]


class Client(paho.Client):
    """epoch: which connection this is, set by next_epoch before each connect, so that an acknowledgement can be held against it.
    heard_at: when the broker last sent anything [s, monotonic]."""

    def __init__(
        self, client_id: str, protocol: str, next_epoch: Callable[["Client"], None], on_published: OnPublished,
        has_room: Callable[[float], bool], is_fast: bool,
    ) -> None:  # fmt: skip
        clean = False if protocol == "3.1.1" else None  # MQTT 5 says it when it connects
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, protocol=PROTOCOLS[protocol], manual_ack=True)
        self.epoch = 0
        self.heard_at = monotonic()
        self._next_epoch, self._on_published, self._has_room = next_epoch, on_published, has_room
        self._is_v5, self._is_fast = protocol == "5", is_fast
        self.on_message = self._on_one

    def reconnect(self) -> MQTTErrorCode:
        """Before paho opens a new connection, the acknowledgements of the old one become void."""
        self._next_epoch(self)
        self.heard_at = monotonic()
        return super().reconnect()

    def acknowledge(self, mids: Sequence[int]) -> None:
        """PUBACK of messages of the present connection."""
        if not self._is_fast:
            for mid in mids:
                self.ack(mid, 1)
            return
        packets = b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])
        self._packet_queue(_PUBACK, packets, 0, 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Everything that has arrived: messages at QoS 1 by the short way, what else there is by paho's."""
        buffer: Any = self.socket()
        if not isinstance(buffer, _BufferedSocket):
            if self._has_room(1.0):
                return super().loop_read(max_packets)
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        if not self._has_room(0.2):
            return MQTTErrorCode.MQTT_ERR_SUCCESS  # not read: the broker holds the messages
        if not buffer.fill():
            return super().loop_read(max_packets)  # closed or broken: paho finds out how
        self.heard_at = monotonic()
        while True:
            messages, is_other_next = _cut(buffer, self._is_v5)
            if messages:
                self._on_published(self, messages)
            if not is_other_next:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            result = super().loop_read(1)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS or self.socket() is not buffer:
                return result

    def _on_one(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        """A message by paho's own way (QoS 0, or without shortcuts)."""
        self.heard_at = monotonic()
        self._on_published(self, [(message._topic, bytes(message.payload), message.mid if message.qos else 0)])

    def _create_socket(self) -> Any:
        made = super()._create_socket()
        return _BufferedSocket(made) if self._is_fast else made


class _BufferedSocket:
    """A socket that paho reads from a buffer; fill() reads as much as has come."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._has_pending = hasattr(inner, "pending")
        self.data, self.place = b"", 0
        self.send, self.close, self.fileno, self.setblocking = inner.send, inner.close, inner.fileno, inner.setblocking

    def fill(self) -> bool:
        """Read on; False when the connection is closed or broken."""
        parts, size = [self.data[self.place :]] if self.place < len(self.data) else [], 0
        is_open = True
        while size < CHUNK_BYTES:
            try:
                part = self._inner.recv(CHUNK_BYTES)
            except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError:
                is_open = False
                break
            if not part:
                is_open = False
                break
            parts.append(part)
            size += len(part)
            if not self._has_pending:
                break  # plain: one read takes what is there; TLS gives it record by record
        self.data, self.place = parts[0] if len(parts) == 1 else b"".join(parts), 0
        return is_open

    def recv(self, count: int) -> bytes:
        if self.place >= len(self.data):
            part: bytes = self._inner.recv(count)
            return part
        out = self.data[self.place : self.place + count]
        self.place += len(out)
        return out

    def pending(self) -> int:
        """Bytes that a select would not see."""
        return int(self._inner.pending()) if self._has_pending else 0


def _cut(buffer: _BufferedSocket, is_v5: bool) -> tuple[list[Published], bool]:
    """The QoS 1 messages that lie complete in the buffer, up to the first packet of another kind; whether such a one, complete, comes next."""
    data, place, end = buffer.data, buffer.place, len(buffer.data)
    found: list[Published] = []
    is_other = False
    while end - place >= 2:
        start, size = place + 2, data[place + 1]
        if size > 127:
            size, start = _varint(data, place + 1)
            if start <= 0:
                is_other = start < 0  # malformed: paho closes the connection over it
                break
        stop = start + size
        if stop > end:
            break
        if data[place] & _TYPE_AND_QOS != _PUBLISH_QOS1:
            is_other = True
            break
        topic = start + 2 + (data[start] << 8 | data[start + 1])
        body = topic + 2
        if is_v5:
            properties = data[body]
            body += 1
            if properties:
                if properties > 127:
                    properties, body = _varint(data, body - 1)
                body += properties
        found.append((data[start + 2 : topic], data[body:stop], data[topic] << 8 | data[topic + 1]))
        place = stop
    buffer.place = place
    return found, is_other


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A length of MQTT (1.5.5) and the place behind it; 0 when it is cut off, -1 when it is none."""
    value = 0
    for i in range(4):
        if place + i >= len(data):
            return 0, 0
        digit = data[place + i]
        value |= (digit & 127) << (7 * i)
        if digit < 128:
            return value, place + i + 1
    return 0, -1


def has_shortcuts() -> bool:
    """Whether this paho lets us: a CONNACK and two messages over a socket pair arrive, and both acknowledgements come back in one write."""
    ours, theirs = socket.socketpair()
    got: list[Published] = []

    class Probe(Client):
        def _create_socket(self) -> Any:
            return _BufferedSocket(ours)

    try:
        theirs.settimeout(1.0)
        probe = Probe("probe", "3.1.1", lambda _: None, lambda _, messages: got.extend(messages), lambda _: True, is_fast=True)
        probe.connect("127.0.0.1", 1)
        theirs.recv(1024)
        message = b"\x32\x09\x00\x03t/1\x00%cAB"
        theirs.sendall(b"\x20\x02\x00\x00" + message % 7 + message % 8)
        probe.loop(0.2)
        probe.acknowledge([7, 8])
        probe.loop_write()
        acknowledged = theirs.recv(1024)
        return probe.is_connected() and got == [(b"t/1", b"AB", 7), (b"t/1", b"AB", 8)] and acknowledged == b"\x40\x02\x00\x07\x40\x02\x00\x08"
    except Exception:  # whatever a future paho does otherwise: then without the shortcuts
        return False
    finally:
        ours.close()
        theirs.close()


def require_usable_id(client_id: str) -> None:
    """An empty client id would get a new session at each start, and lose what the broker kept."""
    if not client_id:
        raise Misconfigured("TRICOLOR_MQTT_CLIENT_ID is empty: the broker keeps the session under it")
