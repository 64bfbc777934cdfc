"""A publisher that costs the machine little: MQTT 3.1.1 PUBLISH packets written in bulk over a raw socket, PUBACKs counted. For benchmarks only."""

import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator

WINDOW = 2_000  # unacknowledged messages on the way


def connect(host: str, port: int, client_id: str) -> socket.socket:
    sock = socket.create_connection((host, port))
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + _text(client_id)
    sock.sendall(b"\x10" + _length(len(body)) + body)
    answer = sock.recv(4)
    if answer[:1] != b"\x20" or answer[3] != 0:
        raise ConnectionError(f"the broker answered {answer!r}")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def publish_all(host: str, port: int, messages: Iterator[tuple[str, bytes]], rate: float = 0.0) -> int:
    """Publish at QoS 1, at most `rate` messages a second (0: as fast as acknowledged); returns when all are acknowledged."""
    sock = connect(host, port, f"bench-{time.time_ns()}")
    acked, lock = [0], threading.Condition()

    def read() -> None:
        held = b""
        while True:
            data = sock.recv(1 << 18)
            if not data:
                return
            held += data
            with lock:
                acked[0] += len(held) // 4  # a PUBACK is 4 bytes and nothing else comes
                lock.notify()
            held = held[len(held) // 4 * 4 :]

    threading.Thread(target=read, daemon=True).start()
    sent, out, began = 0, bytearray(), time.perf_counter()
    for topic, payload in messages:
        sent += 1
        body = _text(topic) + struct.pack(">H", sent % 65_535 + 1) + payload
        out += b"\x32" + _length(len(body)) + body
        if len(out) > 1 << 16 or sent % 200 == 0:
            sock.sendall(out)
            out = bytearray()
            with lock:
                while sent - acked[0] > WINDOW:
                    lock.wait()
            if rate and (ahead := sent / rate - (time.perf_counter() - began)) > 0:
                time.sleep(ahead)
    sock.sendall(out)
    with lock:
        while acked[0] < sent:
            lock.wait(1)
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
    began = time.perf_counter()
    publish_all(host, port, messages(count, readings, points, first), rate)
    print(f"{time.perf_counter() - began:.3f}")
