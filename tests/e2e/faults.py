"""What the fault tests share: a gateway under load, a client that pushes until it hears 200, and the look into the stores."""

import http.client
import json
import os
import select
import socket
import struct
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.conftest import Tricolor

FIRST = 1_760_000_000
KILLS = int(os.environ.get("TRICOLOR_TEST_KILLS", "2"))
RATE = float(os.environ.get("TRICOLOR_TEST_RATE", "5000"))  # messages a second at QoS 1
OUTAGE_S = float(os.environ.get("TRICOLOR_TEST_503_S", "10"))
WINDOW = 2_000  # unacknowledged messages on the way
TOPIC = "tricolor/v1/steel/g1/readings"


def message(n: int) -> bytes:
    """The n-th message of the gateway: one reading, one second after the one before."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + n))
    return f'{{"seq":{n},"at":"{at}","values":{{"steel.register":{n}.0}}}}'.encode()


@dataclass
class Load:
    """A gateway that publishes at RATE over a bare socket until it is stopped. It keeps a message until its PUBACK and sends it again after a
    reconnect, as docs/protocol.md asks; once acknowledged it is the broker's."""

    mqtt: str
    rate: float = RATE
    upto: int = 2**31
    acked: int = 0
    _made: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _unacked: dict[int, int] = field(default_factory=dict)

    def start(self) -> "Load":
        self._began = time.perf_counter()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def wait(self) -> None:
        """Until `upto` messages are acknowledged."""
        until = time.monotonic() + 120
        while self.acked < self.upto and time.monotonic() < until:
            time.sleep(0.05)
        assert self.stop() == self.upto

    def stop(self) -> int:
        """How many messages the broker acknowledged: all that were made."""
        seconds = time.perf_counter() - self._began
        self._stop.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "the broker did not acknowledge everything"
        print(f"\n{self.acked} messages in {seconds:.1f} s: {self.acked / seconds:,.0f} a second")
        return self.acked

    def _run(self) -> None:
        while not self._stop.is_set() or self._unacked:
            try:
                with self._connected() as sock:
                    sock.sendall(b"".join(publish(mid, n) for mid, n in self._unacked.items()))
                    self._talk(sock)
            except (OSError, http.client.HTTPException):  # also an answer cut off by a kill
                time.sleep(0.1)

    def _talk(self, sock: socket.socket) -> None:
        held = b""
        while not self._stop.is_set() or self._unacked:
            due = 0 if self._stop.is_set() else min(self.upto, int(self.rate * (time.perf_counter() - self._began))) - self._made
            chunk = range(self._made, self._made + max(0, min(due, 500, WINDOW - len(self._unacked))))
            for n in chunk:
                self._unacked[n % 65_535 + 1] = n
            self._made += len(chunk)
            sock.sendall(b"".join(publish(n % 65_535 + 1, n) for n in chunk))
            if select.select([sock], [], [], 0.01)[0]:
                data = sock.recv(1 << 16)
                if not data:
                    return
                held += data
                for place in range(0, len(held) // 4 * 4, 4):
                    if self._unacked.pop(int.from_bytes(held[place + 2 : place + 4], "big"), None) is not None:
                        self.acked += 1
                held = held[len(held) // 4 * 4 :]

    def _connected(self) -> socket.socket:
        host, port = self.mqtt.split(":")
        sock = socket.create_connection((host, int(port)), 20)
        name = b"fault-gateway"
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
        sock.sendall(b"\x10" + bytes([len(body)]) + body)
        if sock.recv(4)[:1] != b"\x20":
            raise ConnectionError("no CONNACK")
        return sock


def publish(mid: int, n: int) -> bytes:
    """The n-th message as an MQTT 3.1.1 PUBLISH at QoS 1."""
    topic = TOPIC.encode()
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", mid) + message(n)
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) % 128 | 0x80, len(body) // 128])
    return b"\x32" + length + body


@dataclass
class Pusher:
    """A client that posts one reading after the other and repeats each until it hears 200."""

    tricolor: Tricolor
    pushed: int = 0
    repeats: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Pusher":
        self._key = self.tricolor.key("push")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def stop(self) -> int:
        self._stop.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "a push was never answered with 200"
        return self.pushed

    def _run(self) -> None:
        while not self._stop.is_set():
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST // 900 * 900 + 900 * self.pushed))
            body = {"at": at, "values": {"steel.elec": 1.0 + self.pushed}}
            while self.tricolor.push(body, self._key).status != 200:
                self.repeats += 1
                time.sleep(0.1)
            self.pushed += 1
            time.sleep(0.02)


def settled(tricolor: Tricolor, messages: int, pushed: int, limit_s: float = 150) -> dict[str, int]:
    """The ledger once all is stored; asserts that it balances and that everything is stored exactly once."""
    total = tricolor.wait_settled(messages + pushed, limit_s)
    answer = tricolor.get("/v1/ingest/ledger").json()
    for source in [*answer["sources"], answer["total"]]:
        assert source["received"] == source["stored"] + source["duplicate"] + source["quarantined"], source
    assert total["stored"] == messages + pushed, total
    assert (total["quarantined"], total["missing"]) == (0, 0), total
    return total


def duck_counts(folder: Path) -> dict[str, tuple[int, int]]:
    """point -> readings and distinct instants in the DuckDB of a stopped Tricolor."""
    import duckdb

    with duckdb.connect(str(folder / "readings.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT point, count(DISTINCT at_us), count(DISTINCT (at_us, value)) FROM readings GROUP BY point").fetchall()
    return {str(r[0]): (int(r[1]), int(r[2])) for r in rows}


def influx_count(url: str, bucket: str, point: str) -> int:
    query = urllib.parse.urlencode({"db": bucket, "q": f"SELECT count(value) FROM readings WHERE point = '{point}'"})
    with urllib.request.urlopen(f"{url}/query?{query}", timeout=20) as answer:
        series = json.load(answer)["results"][0].get("series")
    return int(series[0]["values"][0][1]) if series else 0
