"""What only InfluxDB can be asked: it goes away and comes back, refuses single lines, and is told wrong settings. Server: Debian's 1.6.7."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import numpy as np
import pytest

from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.domain.errors import Misconfigured, Refused, RowsRefused, TryAgain
from tricolor.domain.intervals import HOUR_US, Interval, parse_us
from tricolor.domain.readings import ReadingBatch

T0 = parse_us("2026-11-20T08:00:00+08:00")
HOUR = Interval(T0, T0 + HOUR_US)
NAMES = {1: "qz-works-0001.elec", 2: "qz-works-0002.elec"}


def readings(n: int, point: int = 1, seq: int = 1) -> ReadingBatch:
    at = T0 + np.arange(n) * 1000
    return ReadingBatch(np.full(n, point), at, np.arange(n) / 3, np.zeros(n, dtype=np.uint8), np.full(n, seq), at)


def store_at(url: str, bucket: str = "", **more: Any) -> InfluxStore:
    return InfluxStore(url, "", bucket or f"t{uuid4().hex}", "", "", "", lambda: NAMES, **more)


@pytest.mark.servers
def test_a_server_that_goes_away_says_try_again_and_keeps_what_it_took(own_influxd: Any) -> None:
    store = store_at(own_influxd.url)
    store.put(readings(1000))
    own_influxd.stop()  # kill -9
    for call in (lambda: store.put(readings(1, seq=2)), lambda: store.read([1], HOUR), lambda: store.around([1], HOUR), store.latest):
        with pytest.raises(TryAgain):
            call()
    own_influxd.start()
    assert store.read([1], HOUR).value.tolist() == readings(1000).value.tolist()
    store.put(readings(1, point=2))
    assert len(store.read([2], HOUR)) == 1
    store.close()


@pytest.mark.servers
def test_a_server_not_yet_up_says_try_again(own_influxd: Any) -> None:
    own_influxd.stop()
    store = store_at(own_influxd.url)
    with pytest.raises(TryAgain):
        store.put(readings(1))
    own_influxd.start()
    store.put(readings(1))
    assert len(store.read([1], HOUR)) == 1
    store.close()


@pytest.mark.servers
def test_only_the_lines_that_will_never_be_taken_are_left_out(influxd: Any) -> None:
    store = store_at(influxd.url)
    store.put(readings(1, point=2))  # the fields have their types
    put = readings(3000)
    put.value[[0, 1717, 2999]] = [np.nan, np.inf, -np.inf]  # line protocol cannot say them
    with pytest.raises(RowsRefused, match="3 of 3000 lines") as said:
        store.put(put)
    assert len(store.read([1], HOUR)) == 2997
    assert sorted(said.value.refused) == [(1, T0), (1, T0 + 1_717_000), (1, T0 + 2_999_000)]
    assert all(said.value.refused.values())
    store.close()


@pytest.mark.servers
def test_a_refused_reading_is_named_whatever_its_point_is_called(influxd: Any) -> None:
    names = {1: 'odd, =name value=3 "quoted" 一号', 2: "plain"}
    store = InfluxStore(influxd.url, "", f"t{uuid4().hex}", "", "", "", lambda: names)
    put = ReadingBatch.concat([readings(2), readings(2, point=2)])
    put.value[[1, 2]] = np.nan
    with pytest.raises(RowsRefused) as said:
        store.put(put)
    assert set(said.value.refused) == {(1, T0 + 1000), (2, T0)}
    store.close()


@pytest.mark.servers
def test_a_field_of_another_type_refuses_the_lines_and_says_why(influxd: Any) -> None:
    store = store_at(influxd.url)
    store._wire.write([f"readings,point={NAMES[2]} quality=0.5 {T0}"])
    with pytest.raises(RowsRefused) as said:
        store.put(readings(5000))
    assert len(said.value.refused) == 5000
    assert "field type conflict" in said.value.refused[1, T0]
    store.close()


@pytest.mark.servers
def test_a_request_that_is_too_large_is_halved_until_it_fits(influxd: Any) -> None:
    store = store_at(influxd.url)  # the fixture's server takes 2 MB
    wire = store._wire
    lines = [f'notes,point=p text="{"x" * 900}" {T0 + k}' for k in range(5000)]
    assert wire.write(lines) == []
    (table,) = wire.query("SELECT count(text) AS count FROM notes")
    assert table["count"][0].as_py() == 5000
    store.close()


@pytest.mark.servers
def test_an_answer_that_failed_is_not_an_empty_answer(influxd: Any) -> None:
    store = store_at(influxd.url)
    store.put(readings(1))
    store._wire._request("POST", "/query", body=f'q=DROP DATABASE "{store._wire.bucket}"'.encode(), headers=FORM)
    with pytest.raises(Misconfigured, match="TRICOLOR_INFLUX_BUCKET"):
        store.read([1], HOUR)
    with pytest.raises(Misconfigured, match="TRICOLOR_INFLUX_BUCKET"):
        store.put(readings(1))
    store.close()


def test_an_address_that_is_none_names_its_setting() -> None:
    with pytest.raises(Misconfigured, match="TRICOLOR_INFLUX_URL"):
        store_at("127.0.0.1:8086")


def test_a_point_that_the_registry_does_not_know_yet_is_tried_again() -> None:
    store = store_at("http://127.0.0.1:9")
    with pytest.raises(TryAgain, match="key 77"):
        store.put(readings(1, point=77))


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}  # with it the client sends bytes as they are


class Scripted(ThreadingHTTPServer):
    """A server that says it is InfluxDB 2.7 and answers writes with the statuses it is given, then with 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.statuses: list[int] = []
        self.seen: list[tuple[str, dict[str, list[str]], str, bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        self.reply(204)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = urlsplit(self.path)
        self.server.seen.append((asked.path, parse_qs(asked.query), self.headers.get("Authorization", ""), body))
        self.reply(self.server.statuses.pop(0) if self.server.statuses else 204)

    def reply(self, status: int) -> None:
        self.send_response(status)
        self.send_header("X-Influxdb-Version", "v2.7.11")
        text = b"" if status == 204 else b'{"code":"x","message":"said by the server"}'
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def second_generation() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_2x_is_written_at_its_own_door_with_token_bucket_and_microseconds(second_generation: Scripted) -> None:
    store = InfluxStore(second_generation.url, "city", "meters", "t0k", "", "", lambda: NAMES)
    store.put(readings(2))
    ((path, query, key, body),) = second_generation.seen
    assert (path, query, key) == ("/api/v2/write", {"org": ["city"], "bucket": ["meters"], "precision": ["us"]}, "Token t0k")
    assert body.decode().splitlines() == [
        f"readings,point={NAMES[1]} value=0.0,quality=0i,seq=1i,received_us={T0}i {T0}",
        f"readings,point={NAMES[1]} value={1 / 3!r},quality=0i,seq=1i,received_us={T0 + 1000}i {T0 + 1000}",
    ]
    store.close()


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, Misconfigured, "TRICOLOR_INFLUX_TOKEN"), (403, Misconfigured, "TRICOLOR_INFLUX_BUCKET"), (404, Misconfigured, "TRICOLOR_INFLUX_BUCKET"),
        (429, TryAgain, "429"), (500, TryAgain, "500"), (503, TryAgain, "503"), (422, Refused, "said by the server"),
    ],
)  # fmt: skip
def test_each_refusal_says_what_can_be_done(second_generation: Scripted, status: int, error: type[Exception], says: str) -> None:
    store = store_at(second_generation.url)
    second_generation.statuses = [status]
    with pytest.raises(error, match=says):
        store.put(readings(1))
    store.close()


def test_422_is_bisected_and_413_halved(second_generation: Scripted) -> None:
    store = store_at(second_generation.url)
    second_generation.statuses = [413, 204, 422, 422, 204]  # 4 lines: halves, the second half bad, its first line bad
    with pytest.raises(RowsRefused) as said:
        store.put(readings(4))
    assert [len(body.splitlines()) for _, _, _, body in second_generation.seen] == [4, 2, 2, 1, 1]
    assert said.value.refused == {(1, T0 + 2000): "said by the server"}
    store.close()


def test_2x_is_told_to_delete_readings_up_to_the_retention_and_nothing_else(second_generation: Scripted) -> None:
    store = InfluxStore(second_generation.url, "city", "meters", "t0k", "", "", lambda: NAMES)
    assert store.retain(T0) == 0
    ((path, query, key, body),) = second_generation.seen
    assert (path, query, key) == ("/api/v2/delete", {"org": ["city"], "bucket": ["meters"]}, "Token t0k")
    asked = json.loads(body)
    assert asked["predicate"] == '_measurement="readings"'  # energy cells stay
    assert datetime.fromisoformat(asked["start"]) == datetime(1970, 1, 1, tzinfo=UTC)
    # 2026-11-20 08:00 in Shanghai is midnight UTC; the server counts the end in, and the reading of that instant stays
    assert datetime.fromisoformat(asked["stop"]) == datetime(2026, 11, 19, 23, 59, 59, 999_999, tzinfo=UTC)
    store.close()


@pytest.mark.parametrize(("status", "error", "says"), [
    (503, TryAgain, "503"), (404, Misconfigured, "retention period of its own"), (400, Misconfigured, "said by the server"),
    (403, Misconfigured, "write access"),
])  # fmt: skip
def test_a_server_that_does_not_delete_says_what_to_do(second_generation: Scripted, status: int, error: type[Exception], says: str) -> None:
    store = store_at(second_generation.url)
    second_generation.statuses = [status]
    with pytest.raises(error, match=says):
        store.retain(T0)
    store.close()
