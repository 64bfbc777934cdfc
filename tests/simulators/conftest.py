"""The city, and a real mosquitto on a free port."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.dials import Devices
from simulators.script import City, load_city
from tricolor.domain.intervals import parse_us

NOW = parse_us("2026-11-20T20:07:31+08:00")


@pytest.fixture(scope="session")
def city() -> City:
    return load_city()


@pytest.fixture(scope="session")
def devices(city: City) -> Devices:
    made = Devices(city)
    made.reach(NOW)
    return made


@dataclass
class Listener:
    """Everything that arrived, by topic leaf."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, topic: str, payload: bytes) -> None:
        with self.changed:
            self.messages.append((topic, json.loads(payload)))
            self.changed.notify_all()

    def readings(self) -> list[tuple[str, str, float]]:
        """(point, at, value) of all messages, in the order of arrival."""
        found: list[tuple[str, str, float]] = []
        for topic, body in list(self.messages):
            if not topic.endswith("/readings"):
                continue
            if "values" in body:
                found += [(point, body["at"], value) for point, value in body["values"].items()]
            else:
                found += list(zip(body["point"], body["at"], body["value"], strict=True))
        return found

    def statuses(self) -> dict[str, str]:
        return {topic.split("/")[2]: body["status"] for topic, body in list(self.messages) if topic.endswith("/status")}

    def wait(self, is_enough: Callable[[], bool], timeout_s: float = 20.0) -> None:
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while not is_enough():
                left = deadline - time.monotonic()
                assert left > 0, f"only {len(self.messages)} messages after {timeout_s} s"
                self.changed.wait(min(left, 0.2))


def port_nobody_uses() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    return port_nobody_uses()


@pytest.fixture(scope="session")
def mosquitto(require: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Starts a mosquitto on a port and waits until it answers; all of them end with the session."""
    children: list[subprocess.Popen[bytes]] = []

    def start(port: int) -> subprocess.Popen[bytes]:
        conf = tmp_path_factory.mktemp("mosquitto") / "mosquitto.conf"
        limits = "max_queued_messages 100000\nmax_inflight_messages 1000\n"
        conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n{limits}")
        child = subprocess.Popen([require("mosquitto"), "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        children.append(child)
        deadline = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return child
            assert time.monotonic() < deadline and child.poll() is None, "mosquitto does not answer"
            time.sleep(0.05)

    yield start
    for child in children:
        child.terminate()
        child.wait(10)


@pytest.fixture(scope="session")
def broker(mosquitto: Callable[[int], subprocess.Popen[bytes]]) -> str:
    """host:port of a mosquitto of our own."""
    port = port_nobody_uses()
    mosquitto(port)
    return f"127.0.0.1:{port}"


@pytest.fixture
def listener(broker: str) -> Iterator[Listener]:
    """A plain paho subscriber of everything that begins after it (retained messages and stations' packets are left out)."""
    heard = Listener()
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _d, message: (
        None if message.retain or message.topic.endswith("/hj212") else heard.add(message.topic, message.payload)
    )
    client.on_subscribe = lambda *_: ready.set()
    host, _, port = broker.rpartition(":")
    client.connect(host, int(port))
    client.loop_start()
    client.subscribe("tricolor/v1/#", 1)
    assert ready.wait(10)
    yield heard
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
