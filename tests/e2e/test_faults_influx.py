"""The store goes away under load: kill -9 of InfluxDB at random moments, and a run of 503s. Nothing is lost, and it is seen."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.e2e.conftest import Tricolor
from tests.e2e.faults import KILLS, OUTAGE_S, Load, Pusher, influx_count, settled

pytestmark = [pytest.mark.e2e, pytest.mark.servers, pytest.mark.slow]


def over_influx(make_tricolor: Callable[..., Tricolor], url: str, **more: str) -> Tricolor:
    return make_tricolor(TRICOLOR_STORE="influxdb", TRICOLOR_INFLUX_URL=url, TRICOLOR_INFLUX_BUCKET="faults", **more)


def metrics(tricolor: Tricolor) -> dict[str, float]:
    lines = [line for line in tricolor.get("/metrics").body.decode().splitlines() if line and line[0] != "#"]
    return {line.rpartition(" ")[0].partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines if "tricolor_" in line}


def test_kill_nine_of_influxdb_loses_nothing_and_counts_nothing_twice(make_tricolor: Callable[..., Tricolor], own_influxd: Any) -> None:
    tricolor = over_influx(make_tricolor, own_influxd.url)
    load, pusher = Load(tricolor.mqtt).start(), Pusher(tricolor).start()
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.3, 2.5))
            own_influxd.stop()  # kill -9
            time.sleep(random.uniform(0.1, 1.0))
            own_influxd.start()
    finally:
        messages, pushed = load.stop(), pusher.stop()
    total = settled(tricolor, messages, pushed)
    print(f"{KILLS} kills of InfluxDB, {messages} messages, {pushed} pushed: {total}")
    assert influx_count(own_influxd.url, "faults", "steel.register") == messages
    assert influx_count(own_influxd.url, "faults", "steel.elec") == pushed


class Proxy(BaseHTTPRequestHandler):
    """Hands on to InfluxDB, or answers 503."""

    protocol_version = "HTTP/1.1"
    behind = ""
    is_down = False
    refused = 0

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if Proxy.is_down:
            Proxy.refused += 1
            self._answer(503, {}, b'{"error":"engine: cache maximum memory size exceeded"}')
            return
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "content-length", "connection")}
        request = urllib.request.Request(Proxy.behind + self.path, data=body or None, method=self.command, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self._answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, dict(error.headers), error.read())

    do_GET = do_POST = _pass  # noqa: N815 - the names are http.server's

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy(own_influxd: Any) -> Iterator[str]:
    Proxy.behind, Proxy.is_down, Proxy.refused = own_influxd.url, False, 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_run_of_503s_loses_nothing_and_raises_an_alarm(make_tricolor: Callable[..., Tricolor], own_influxd: Any, proxy: str) -> None:
    tricolor = over_influx(make_tricolor, proxy, TRICOLOR_SPOOL_ALARM_AGE_S="3")
    load, pusher = Load(tricolor.mqtt).start(), Pusher(tricolor).start()
    try:
        time.sleep(2)
        Proxy.is_down = True
        time.sleep(OUTAGE_S)
        (worker,) = tricolor.get("/v1/ingest/ledger").json()["workers"]
        assert worker["unwritten"] > 1_000 and worker["oldest_unwritten_s"] > 3 and "wait for the store influxdb" in worker["alarm"]
        values = metrics(tricolor)
        assert values["tricolor_spool_alarm"] == 1 and values["tricolor_intake_oldest_unwritten_seconds"] > 3
        alarms = tricolor.get("/readyz", key="").json()["alarms"]
        assert len(alarms) == 1 and "wait for the store" in alarms[0]
        Proxy.is_down = False
    finally:
        Proxy.is_down = False
        messages, pushed = load.stop(), pusher.stop()
    total = settled(tricolor, messages, pushed)
    print(f"{OUTAGE_S} s of 503s ({Proxy.refused} refused), {messages} messages, {pushed} pushed: {total}")
    assert Proxy.refused > 1 and pusher.repeats == 0  # HTTP went on: the spool took it
    assert influx_count(own_influxd.url, "faults", "steel.register") == messages
    tricolor.wait_for(lambda: metrics(tricolor)["tricolor_spool_alarm"] == 0, 20, "calm")
    said = tricolor.log.read_text()
    assert "loading waits" in said and "503" in said
    assert "the spool is not emptied" in said and "the spool is emptied again" in said
