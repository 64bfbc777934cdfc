"""What a broker does while the intake is away: ours keeps every message, stock mosquitto drops past a thousand, and the counter tells."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.adapters.broker_admin.sys_topics import ask
from tricolor.adapters.sources.broker import Broker, answers

pytestmark = pytest.mark.servers
COUNT = 5_000
ROOT = Path(__file__).resolve().parents[2]
TOPIC = "tricolor/v1/steel/g1/readings"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker_of(conf: str, program: str, folder: Path, port: int) -> Iterator[None]:
    path = folder / "mosquitto.conf"
    path.write_text(f"{conf}\nuser root\n")
    process = subprocess.Popen([program, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not answers("127.0.0.1", port):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def intake(port: int, seconds: float) -> int:
    """Connect as the intake does, take what comes until nothing has for a second; how many messages."""
    got: list[int] = []
    subscribed: list[bool] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="intake", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = lambda _c, _u, message: got.append(int(message.payload))
    client.on_subscribe = lambda *_: subscribed.append(True)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.subscribe(TOPIC, qos=1)
    client.loop_start()
    until, before = time.monotonic() + seconds, -1
    while time.monotonic() < until and (not subscribed or len(got) != before):
        before = len(got)
        time.sleep(1.0)
    client.disconnect()
    client.loop_stop()
    assert len(set(got)) == len(got)
    return len(got)


def publish(port: int) -> int:
    """COUNT messages at QoS 1; how many the broker acknowledged as taken."""
    acknowledged: list[bool] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    client.max_inflight_messages_set(200)
    client.on_publish = lambda *_: acknowledged.append(True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for n in range(COUNT):
        client.publish(TOPIC, str(n), qos=1)
    until = time.monotonic() + 30
    while len(acknowledged) < COUNT and time.monotonic() < until:
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()
    return len(acknowledged)


def away_and_back(port: int) -> tuple[int, int, int | None]:
    """(acknowledged to the gateway, received by the intake when it is back, dropped as the broker counts)."""
    intake(port, 5)
    acknowledged = publish(port)
    time.sleep(2.2)  # the broker's counters are published every sys_interval
    says, _ = ask(BrokerAddress("127.0.0.1", port))
    return acknowledged, intake(port, 20), says.dropped


def test_our_embedded_broker_keeps_what_it_acknowledged(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path)
    try:
        assert away_and_back(port) == (COUNT, COUNT, 0)
    finally:
        broker.stop()


def test_the_broker_of_the_compose_file_keeps_it_too(tmp_path: Path, require: Callable[[str], str]) -> None:
    port = free_port()
    lines = (ROOT / "docker" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line and not line.startswith(("#", "listener", "allow_anonymous", "plugin", "log_", "sys_interval"))]
    conf = "\n".join([f"listener {port} 127.0.0.1", "allow_anonymous true", "sys_interval 1", *kept]).replace("/mosquitto/data", str(tmp_path))
    with broker_of(conf, require("mosquitto"), tmp_path, port):
        assert away_and_back(port) == (COUNT, COUNT, 0)


def test_stock_mosquitto_acknowledges_and_drops_and_the_counter_shows_it(tmp_path: Path, require: Callable[[str], str]) -> None:
    port = free_port()
    conf = f"listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 1"  # everything else as it comes
    with broker_of(conf, require("mosquitto"), tmp_path, port):
        acknowledged, received, dropped = away_and_back(port)
    assert acknowledged == COUNT, "the gateway was told that all of it is taken"
    assert received <= 1_020, "max_queued_messages 1000 and 20 in flight"
    assert dropped == COUNT - received


def test_our_queue_outlives_a_restart_of_the_broker(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path)
    intake(port, 5)
    assert publish(port) == COUNT
    broker.stop()
    broker = Broker("127.0.0.1", port, tmp_path)
    try:
        assert intake(port, 20) == COUNT
    finally:
        broker.stop()
