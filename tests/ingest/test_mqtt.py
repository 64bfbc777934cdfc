"""The MQTT source against a real mosquitto: nothing acknowledged that is not safe, nothing of an old connection acknowledged on a new one."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tricolor.adapters.sources import mqtt, mqtt_client
from tricolor.adapters.sources.mqtt import MqttSource
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.domain.errors import Misconfigured
from tricolor.domain.readings import Frame

pytestmark = pytest.mark.servers
TOPIC = "tricolor/v1/mill/g1/readings"


def wait_for(is_true: Callable[[], object], limit_s: float = 15) -> None:
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, "not within the time"
        time.sleep(0.02)


class Mosquitto:
    """A broker whose sessions live in its memory: after a restart it knows nothing and counts message ids anew."""

    def __init__(self, program: str, folder: Path, extra: str = "") -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self._path = folder / "mosquitto.conf"
        self._path.write_text(f"listener {self.port} 127.0.0.1\n{extra}\npersistence false\nuser root\nmax_inflight_messages 1000\n")
        if "require_certificate" not in extra:
            self._path.write_text(self._path.read_text() + "allow_anonymous true\n")
        self._program = program
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([self._program, "-c", str(self._path)], stderr=subprocess.DEVNULL)

        def answers() -> bool:
            with socket.socket() as sock:
                return sock.connect_ex(("127.0.0.1", self.port)) == 0

        wait_for(answers)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def publish(self, *payloads: bytes, topic: str = TOPIC) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for info in [client.publish(topic, payload, qos=1) for payload in payloads]:
            info.wait_for_publish(20)
        client.disconnect()
        client.loop_stop()


@dataclass
class Got:
    frames: list[Frame] = field(default_factory=list)
    tokens: list[object] = field(default_factory=list)
    lost: list[bool] = field(default_factory=list)
    is_acknowledging: bool = False
    room: threading.Event = field(default_factory=threading.Event)

    def accept(self, frames, sender, token) -> None:
        self.frames += frames
        self.tokens.append(token)
        if self.is_acknowledging:
            sender.safe([token])

    @property
    def payloads(self) -> list[bytes]:
        return [f.payload for f in self.frames]

    def clear(self) -> None:
        self.frames.clear()
        self.tokens.clear()


@pytest.fixture
def broker(require, tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(require("mosquitto"), tmp_path)
    yield made
    made.stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., tuple[MqttSource, Got]]]:
    sources: list[MqttSource] = []

    def make(port: int, is_acknowledging: bool = True, **more) -> tuple[MqttSource, Got]:
        got = Got(is_acknowledging=is_acknowledging)
        got.room.set()
        source = MqttSource(MqttSettings("127.0.0.1", port, "worker", **more), got.accept, got.room.wait, lambda: got.lost.append(True))
        sources.append(source)
        source.start()
        return source, got

    yield make
    for source in sources:
        source.stop()


def ready(source: MqttSource) -> bool:
    """Connected, and the subscription granted."""
    return source.is_connected and not source._asked[0]


def reconnect(source: MqttSource) -> None:
    """Break the connection as a network does."""
    epoch = source._client.epoch
    source._client.socket()._inner.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: source._client.epoch > epoch and ready(source))


@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_every_message_arrives_once_and_whole(broker, connect, monkeypatch, protocol, is_fast):
    if not is_fast:
        monkeypatch.setattr(mqtt, "has_shortcuts", lambda: False)
    source, got = connect(broker.port, protocol=protocol)
    assert isinstance(source._client.epoch, int)
    wait_for(lambda: ready(source))
    sent = [b"", b"x"] + [os.urandom(size) for size in (1, 100, 127, 128, 16_383, 16_384, 300_000, 2_500_000)] + [b"%d" % n for n in range(1500)]
    broker.publish(*sent)
    wait_for(lambda: len(got.frames) >= len(sent))
    assert got.payloads == sent
    assert {(f.topic, f.source, f.enterprise, f.content_type) for f in got.frames} == {(TOPIC, "mqtt:mill/g1", "mill", "application/json")}
    got.clear()
    time.sleep(0.3)
    epoch = source._client.epoch
    (source._client.socket()._inner if is_fast else source._client.socket()).shutdown(socket.SHUT_RDWR)
    wait_for(lambda: source._client.epoch > epoch and ready(source))
    broker.publish(b"last")
    wait_for(lambda: got.frames)
    assert got.payloads == [b"last"]  # everything before it was acknowledged


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_is_not_acknowledged_comes_again(broker, connect, protocol):
    source, got = connect(broker.port, is_acknowledging=False, protocol=protocol)
    wait_for(lambda: ready(source))
    broker.publish(b"1", b"2", b"3")
    wait_for(lambda: len(got.frames) == 3)
    got.clear()
    reconnect(source)
    wait_for(lambda: len(got.frames) >= 3)
    assert got.payloads[:3] == [b"1", b"2", b"3"]
    source.safe(got.tokens)
    time.sleep(1.0)
    got.clear()
    reconnect(source)
    time.sleep(0.5)
    assert got.payloads == []


def test_an_acknowledgement_of_an_earlier_connection_never_reaches_a_message_with_the_same_id(broker, connect):
    source, got = connect(broker.port, is_acknowledging=False)
    wait_for(lambda: ready(source))
    broker.publish(b"old")
    wait_for(lambda: got.frames)
    stale = list(got.tokens)
    broker.stop()
    wait_for(lambda: not source.is_connected)
    broker.start()  # it knows no session and begins its message ids at 1 again
    wait_for(lambda: ready(source))
    got.clear()
    broker.publish(b"new")
    wait_for(lambda: got.frames)
    assert got.tokens[0][1] == stale[0][1] == [1]  # type: ignore[index]
    source.safe(stale)
    time.sleep(0.3)
    got.clear()
    reconnect(source)
    wait_for(lambda: got.frames)
    assert got.payloads == [b"new"]  # it was not acknowledged by the stale token


def test_a_lost_session_is_counted_as_a_possible_gap(broker, connect, tmp_path):
    source, got = connect(broker.port, remember=tmp_path / "session.json")
    wait_for(lambda: ready(source))
    assert (source.session_losses, got.lost) == (0, [])
    reconnect(source)
    assert (source.session_losses, got.lost) == (0, [])
    broker.stop()
    wait_for(lambda: not source.is_connected)
    broker.start()
    wait_for(lambda: ready(source))
    assert (source.session_losses, got.lost) == (1, [True])
    broker.publish(b"after")
    wait_for(lambda: got.frames)


def test_a_session_lost_while_we_were_away_is_counted_too(broker, connect, tmp_path):
    source, _ = connect(broker.port, remember=tmp_path / "session.json")
    wait_for(lambda: ready(source))
    source.stop()
    broker.stop()
    broker.start()
    again, _ = connect(broker.port, remember=tmp_path / "session.json")
    wait_for(lambda: ready(again))
    assert again.session_losses == 1


def test_what_leaves_the_configuration_is_unsubscribed(broker, connect, tmp_path):
    source, _ = connect(broker.port, remember=tmp_path / "session.json")
    wait_for(lambda: ready(source))
    source.stop()
    source, got = connect(broker.port, remember=tmp_path / "session.json", topics=("tricolor/v1/steel/+/readings",))
    wait_for(lambda: ready(source))
    broker.publish(b"not ours", topic="tricolor/v1/mill/g1/readings")
    broker.publish(b"ours", topic="tricolor/v1/steel/g1/readings")
    wait_for(lambda: got.frames)
    time.sleep(0.3)
    assert got.payloads == [b"ours"]


def test_a_subscription_that_is_not_granted_at_qos_1_is_trouble(require, connect, tmp_path):
    broker = Mosquitto(require("mosquitto"), tmp_path, "max_qos 0")
    try:
        source, _ = connect(broker.port)
        wait_for(lambda: source.trouble)
        assert "does not grant QoS 1" in source.trouble
    finally:
        broker.stop()


@pytest.mark.parametrize("how", ["thread", "silent"])
def test_the_watchdog_builds_a_dead_connection_anew(broker, connect, monkeypatch, how):
    monkeypatch.setattr(mqtt, "WATCH_S", 0.1)
    source, got = connect(broker.port)
    wait_for(lambda: ready(source))
    before = source._client
    if how == "thread":
        before._thread_terminate = True
    else:
        before.heard_at -= 1_000
    wait_for(lambda: source._client is not before and ready(source))
    broker.publish(b"alive")
    wait_for(lambda: got.frames)
    assert got.payloads == [b"alive"]


def test_without_room_the_broker_holds_the_messages(broker, connect):
    source, got = connect(broker.port)
    wait_for(lambda: ready(source))
    got.room.clear()
    broker.publish(*(b"%d" % n for n in range(50)))
    time.sleep(0.5)
    assert got.payloads == []
    got.room.set()
    wait_for(lambda: len(got.frames) == 50)


def test_workers_of_a_group_split_the_messages(broker, connect):
    first, one = connect(broker.port, share="intake")
    wait_for(lambda: ready(first))
    two = Got(is_acknowledging=True)
    two.room.set()
    second = MqttSource(MqttSettings("127.0.0.1", broker.port, "other", share="intake"), two.accept, two.room.wait)
    second.start()
    try:
        wait_for(lambda: ready(second))
        sent = [b"%d" % n for n in range(1000)]
        broker.publish(*sent)
        wait_for(lambda: len(one.frames) + len(two.frames) >= 1000)
        assert sorted(one.payloads + two.payloads) == sorted(sent)
        assert min(len(one.frames), len(two.frames)) > 100
    finally:
        second.stop()


def test_a_topic_that_is_not_ours_belongs_to_nobody():
    source = MqttSource(MqttSettings("127.0.0.1", 1, "worker"), lambda *_: None, lambda _: True)
    assert source._sender_of(b"tricolor/v1/mill/g1/readings")[1:3] == ("mqtt:mill/g1", "mill")
    assert source._sender_of(b"site/tricolor/v1/mill/g1/readings")[1:3] == ("mqtt:mill/g1", "mill")
    for topic in (b"t", b"tricolor/v1/mill/readings", b"tricolor/v1//g1/readings", b"\xff\xfe"):
        assert source._sender_of(topic)[1:3] == ("mqtt:other", mqtt.NOBODY)


def _certificates(folder: Path) -> None:
    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test-ca", "-days", "2")
    for name in ("broker", "worker"):
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1")
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        run(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            f"{name}.pem",
            "-days",
            "2",
            "-extfile",
            "ext",
        )


def test_tls_verifies_the_broker_and_shows_our_certificate(require, connect, tmp_path):
    require("openssl")
    _certificates(tmp_path)
    names = f"cafile {tmp_path}/ca.pem\ncertfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/broker.key\nrequire_certificate true\nuse_identity_as_username true"
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        plain = sock.getsockname()[1]
    broker = Mosquitto(require("mosquitto"), tmp_path, f"{names}\nlistener {plain} 127.0.0.1\nallow_anonymous true")
    try:
        ours = {"cert_file": tmp_path / "worker.pem", "key_file": tmp_path / "worker.key"}
        source, got = connect(broker.port, has_tls=True, ca_file=tmp_path / "ca.pem", **ours)
        wait_for(lambda: ready(source))
        tls_port, broker.port = broker.port, plain
        sent = [os.urandom(size) for size in (10, 20_000, 400_000)] + [b"%d" % n for n in range(1000)]
        broker.publish(*sent)
        wait_for(lambda: len(got.frames) >= len(sent))
        assert got.payloads == sent
        source.stop()
        for wrong in ({"has_tls": True, **ours}, {"has_tls": True, "ca_file": tmp_path / "ca.pem"}, {}):  # no CA; no certificate; no TLS
            other, _ = connect(tls_port, **wrong)
            time.sleep(1.0)
            assert not other.is_connected
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        ({"protocol": "4"}, "TRICOLOR_MQTT_PROTOCOL"), ({"topics": ()}, "TRICOLOR_MQTT_TOPICS"), ({"topics": ("#",)}, "TRICOLOR_MQTT_TOPICS"),
        ({"topics": ("tricolor/v1/+/readings",)}, "TRICOLOR_MQTT_TOPICS"), ({"topics": ("+/tricolor/v1/+/+/readings",)}, "TRICOLOR_MQTT_TOPICS"),
        ({"share": "a/b"}, "TRICOLOR_MQTT_SHARE"), ({"ca_file": Path("ca.pem")}, "TRICOLOR_MQTT_TLS"),
        ({"has_tls": True, "cert_file": Path("c.pem")}, "TRICOLOR_MQTT_KEY_FILE"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(wrong, setting):
    with pytest.raises(Misconfigured, match=setting):
        MqttSettings("127.0.0.1", 1883, "worker", **wrong)


def test_the_shortcuts_are_tried_out_and_missed_when_paho_lacks_them(monkeypatch):
    assert mqtt_client.has_shortcuts()
    monkeypatch.delattr(paho.Client, "_packet_queue")
    assert not mqtt_client.has_shortcuts()
