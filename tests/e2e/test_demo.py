"""`tricolor demo` as a newcomer runs it: lights of every colour, alerts and messages from readings that went through MQTT; a second run goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bulletin_against_api import bulletin_by_command, check_figures, check_files
from tests.e2e.conftest import free_port
from tricolor.domain.intervals import SHANGHAI

pytestmark = [pytest.mark.e2e, pytest.mark.servers, pytest.mark.slow]


class Demo:
    def __init__(self, folder: Path, http: str, mqtt: str) -> None:
        self.folder, self.http = folder, http
        self.log = folder.parent / f"demo-{time.time_ns()}.log"
        words = [sys.executable, "-c", "from tricolor_cli.main import main; main()", "demo", "--data", str(folder), "--http", http, "--mqtt", mqtt]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, "COLUMNS": "200"})

    def get(self, path: str) -> Any:
        key = (self.folder / "demo-key").read_text()
        request = urllib.request.Request(f"http://{self.http}{path}", headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def wait_for_lights(self, limit_s: float) -> None:
        until = time.monotonic() + limit_s
        while "灯已亮" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.5)

    def wait_for(self, is_true: Callable[[], bool], limit_s: float) -> None:
        until = time.monotonic() + limit_s
        while not is_true():
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.2)

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(40) == 0, self.log.read_text()[-3000:]
        return time.monotonic() - began


def _what_was_built_in(demo: Demo) -> None:
    """A branch that loses too much, an undeclared exchange and a leap, an exchange that was declared, a sub-meter and a clock that drift, a dead
    meter, two stations of HJ 212."""
    rows = demo.get("/v1/networks/qzg-heat/balance?step=total")
    assert {branch["branch"] for branch in rows["branches"]} == {"", "east", "west"}
    # what is stored is judged as soon as it is settled
    demo.wait_for(lambda: _heat_lights(demo).get("west") == "yellow", 30)
    assert _heat_lights(demo) == {"": "green", "east": "green", "west": "yellow"}
    items = demo.get("/v1/items?state=open")["items"]
    assert {(item["point"], item["kind"]) for item in items} == {("ls-dairy.elec", "open"), ("qb-feed.elec", "leap")}
    assert len(demo.get("/v1/points/pb-timber.elec/facts")["exchanges"]) == 1
    found = {("ls-cement.elec-mill", "silent"), ("qzg-paper.elec", "balance")}
    demo.wait_for(lambda: found <= _findings(demo), 120)
    assert not {fault for _, fault in _findings(demo)} & {"too_smooth", "stuck", "negative", "neighbours", "quarantined"}
    points = {p["id"]: p for p in demo.get("/v1/points")["points"]}
    # a clock that is ahead: called so after four live readings, some minutes from now
    demo.wait_for(lambda: datetime.fromisoformat(demo.get("/v1/points/qn-coldchain.elec")["last_at"]) > datetime.now(UTC), 90)
    for point in ("sim00000000000000000gas1.a21002.hour.cou", "sim00000000000000000wat1.w01018.rtd"):
        assert points[point]["last_at"] is not None


def _heat_lights(demo: Demo) -> dict[str, str]:
    return {light["indicator"]: light["light"] for light in demo.get("/v1/lights?rule=heat_loss")["lights"]}


def _findings(demo: Demo) -> set[tuple[str, str]]:
    # since yesterday: just after midnight today is too short to compare meters
    entities = demo.get(f"/v1/quality?from={datetime.now(SHANGHAI).date() - timedelta(days=1)}")["entities"]
    return {(point["point"], finding["fault"]) for entity in entities for point in entity["points"] for finding in point["findings"]}


def test_the_demo_shows_every_colour_and_goes_on(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("mosquitto")
    folder, http, mqtt = tmp_path / "demo", f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    demo = Demo(folder, http, mqtt)
    try:
        demo.wait_for_lights(150)
        lights = demo.get("/v1/lights?limit=1000")["lights"]
        pace = {item["entity"]: item["light"] for item in lights if item["rule"] == "pace" and item["indicator"] == "basic"}
        assert (pace["qinnan"], pace["qinbei"], pace["lingshan"]) == ("green", "yellow", "red")
        overall = {e["id"]: e["light"] for e in demo.get("/v1/entities")["entities"]}
        assert overall["qinbei"] == "yellow"  # the incentive target, red there, does not bind
        assert {"red", "yellow", "green"} <= {overall[e["id"]] for e in demo.get("/v1/entities?kind=enterprise")["entities"]}
        assert len(demo.get("/v1/alerts?state=open")["alerts"]) >= 6
        demo.wait_for(lambda: len(demo.get("/v1/inbox")["messages"]) >= 6, 15)
        ledger = demo.get("/v1/ingest/ledger")
        assert ledger["total"]["received"] > 2_000_000
        assert ledger["total"]["quarantined"] == ledger["total"]["duplicate"] == 0
        came = {source["source"].split(":")[0] for source in ledger["sources"] if source["stored"]}
        assert came == {"mqtt", "hj212"}  # the stations hold a TCP connection
        _what_was_built_in(demo)
        made = bulletin_by_command(folder, http, folder / "demo-key", tmp_path / "bulletin")
        facts = demo.get(f"/v1/bulletins/{made['id']}/facts")
        check_files(made, facts)
        check_figures(demo.get, facts)
        with urllib.request.urlopen(f"http://{http}/", timeout=20) as page:
            text = page.read().decode()
        assert all(word in text for word in ("红", "黄", "绿", "灵山县"))
        stored = demo.get("/v1/ingest/ledger")["total"]["stored"]
        alerts = len(demo.get("/v1/alerts?state=all")["alerts"])
        assert demo.stop() < 20

        demo = Demo(folder, http, mqtt)
        demo.wait_for_lights(60)
        again = demo.get("/v1/ingest/ledger")["total"]
        assert stored <= again["stored"] < stored + 50_000
        assert again["duplicate"] == 0
        assert len(demo.get("/v1/items?state=open")["items"]) == 2  # the same two, and the declared exchange made none
        assert len(demo.get("/v1/alerts?state=all")["alerts"]) <= alerts + 2
        assert not re.search(r"Traceback|ERROR", demo.log.read_text())
        demo.stop()
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
        subprocess.run(["pkill", "-f", str(folder)], check=False)
