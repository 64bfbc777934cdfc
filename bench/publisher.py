"""A publisher that costs the machine little: MQTT 3.1.1 PUBLISH packets made beforehand, written in bulk over a raw socket, PUBACKs counted.

For benchmarks only. Says "ready" when the packets are made, starts at a line on its standard input, ends when all were acknowledged, and prints the
seconds.
"""

import socket
import struct
import sys
import time
from collections.abc import Iterator

WINDOW = 4_000  # unacknowledged messages on the way
CHUNK = 200  # messages a write


def connect(host: str, port: int, client_id: str) -> socket.socket:
    sock = socket.create_connection((host, port))
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + _text(client_id)
    sock.sendall(b"\x10" + _length(len(body)) + body)
    answer = sock.recv(4)
    if answer[:1] != b"\x20" or answer[3] != 0:
        raise ConnectionError(f"the broker answered {answer!r}")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def packets(messages: Iterator[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    """The messages as QoS 1 packets, CHUNK of them in one piece: (how many, bytes)."""
    out: list[tuple[int, bytes]] = []
    parts: list[bytes] = []
    for n, (topic, payload) in enumerate(messages, 1):
        body = _text(topic) + struct.pack(">H", n % 65_535 + 1) + payload
        parts.append(b"\x32" + _length(len(body)) + body)
        if len(parts) == CHUNK:
            out.append((CHUNK, b"".join(parts)))
            parts = []
    if parts:
        out.append((len(parts), b"".join(parts)))
    return out


def publish_all(host: str, port: int, pieces: list[tuple[int, bytes]], rate: float = 0.0) -> int:
    """Publish, at most `rate` messages a second (0: as fast as acknowledged); returns when all are acknowledged."""
    sock = connect(host, port, f"bench-{time.time_ns()}")
    sent, acked_bytes, began = 0, 0, time.perf_counter()
    for count, piece in pieces:
        sock.sendall(piece)
        sent += count
        while sent - acked_bytes // 4 > WINDOW - CHUNK:  # a PUBACK is 4 bytes and nothing else comes
            acked_bytes += _read(sock)
        if rate and (ahead := sent / rate - (time.perf_counter() - began)) > 0:
            time.sleep(ahead)
    while acked_bytes // 4 < sent:
        acked_bytes += _read(sock)
    sock.close()
    return sent


def messages(count: int, readings: int, points: int, first: int, step_s: int = 60) -> Iterator[tuple[str, bytes]]:
    """`count` messages of `readings` readings over `points` points, each point moving forward by step_s. The columns form {"at","values"}."""
    per_round = max(1, points // readings)
    fragments = [",".join(f'"b{(block * readings + i) % points:06d}":%.2f' for i in range(readings)) for block in range(per_round)]
    for n in range(count):
        turn, block = divmod(n, per_round)
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(first + turn * step_s))
        value = turn * 0.25 + 1
        body = fragments[block].replace("%.2f", f"{value:.2f}")
        yield f"tricolor/v1/bench/g{block % 50}/readings", f'{{"at":"{at}","values":{{{body}}}}}'.encode()


def _read(sock: socket.socket) -> int:
    data = sock.recv(1 << 18)
    if not data:
        raise ConnectionError("the broker closed the connection")
    return len(data)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def _length(size: int) -> bytes:
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


if __name__ == "__main__":  # host port count readings points first rate
    host, port, count, readings, points, first, rate = sys.argv[1], *(int(a) for a in sys.argv[2:8])
    ready = packets(messages(count, readings, points, first))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    publish_all(host, port, ready, rate)
    print(f"{time.perf_counter() - began:.3f}")
