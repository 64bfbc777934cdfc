"""A broker that forgets our session: the gap is in the ledger, the metrics, the doctor's words and on the wallboard, and stays there."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import TRICOLOR, Tricolor
from tricolor.adapters.sources.broker import answers

pytestmark = [pytest.mark.e2e, pytest.mark.servers]


def forgetful(program: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """A mosquitto that keeps no session over a restart."""
    path = folder / "forgetful.conf"
    path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 100000\nsys_interval 1\n")
    process = subprocess.Popen([program, "-c", str(path)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while not answers("127.0.0.1", port):
        assert time.monotonic() < until
        time.sleep(0.05)
    return process


def test_a_session_that_the_broker_forgot_is_shown_everywhere_and_after_a_restart(tmp_path: Path, require: Callable[[str], str]) -> None:
    program = require("mosquitto")
    tricolor = Tricolor(tmp_path / "data")
    tricolor.folder.mkdir()
    port = int(tricolor.mqtt.split(":")[1])
    broker = forgetful(program, tmp_path, port)
    try:
        tricolor.start()
        tricolor.wait_for((tricolor.folder / "mqtt_session.json").exists, 30, "subscribed")
        assert tricolor.get("/v1/ingest/ledger").json()["session_losses"] == []
        broker.kill()
        broker.wait(10)
        time.sleep(1.5)
        broker = forgetful(program, tmp_path, port)
        tricolor.wait_for(lambda: bool(tricolor.get("/v1/ingest/ledger").json()["session_losses"]), 60, "told")
        tricolor.kill()
        tricolor.start()
        (loss,) = tricolor.get("/v1/ingest/ledger").json()["session_losses"]
        assert (loss["worker"], loss["broker"]) == ("tricolor-ingest", tricolor.mqtt)
        assert loss["since"] < loss["at"]
        assert 'tricolor_session_losses_total{worker="tricolor-ingest"} 1.0' in tricolor.get("/metrics").body.decode()
        page = tricolor.get("/data").body.decode()
        assert "会话丢失" in page
        assert tricolor.mqtt in page
        env = {**os.environ, "TRICOLOR_DATA": str(tricolor.folder), "TRICOLOR_MQTT": tricolor.mqtt}
        said = json.loads(subprocess.run([*TRICOLOR, "doctor", "--json"], env=env, capture_output=True, text=True, timeout=60, check=False).stdout)
        (found,) = [f for f in said if f["what"] == "MQTT sessions"]
        assert (found["state"], found["detail"][:16]) == ("warning", "1 lost in 7 days")
    finally:
        if tricolor.process is not None:
            tricolor.kill()
        broker.kill()
        broker.wait(10)
