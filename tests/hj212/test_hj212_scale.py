"""Many stations at once against a Tricolor process: what was answered 9014 is stored, also when the process is killed under it."""

import asyncio
import random
import threading
import time
from pathlib import Path

import pytest

from tests.hj212.station_load import load, prepared, stored
from tricolor.adapters.sources.broker import Broker

STATIONS = 200


def _sent_under(folder: Path, count: int, reports: int, kills: int) -> None:
    tricolor, port = prepared(folder, count)
    host, mqtt = tricolor.mqtt.split(":")
    broker = Broker(host, int(mqtt), folder / "broker")
    done: list[object] = []
    try:
        tricolor.start()
        sender = threading.Thread(target=lambda: done.extend(asyncio.run(load(port, count, reports, 1.0 if not kills else 0.1))[0]))
        sender.start()
        for _ in range(kills):
            time.sleep(random.uniform(0.5, 1.5))
            assert sender.is_alive(), "nothing was on its way when the process was killed"
            tricolor.kill()
            tricolor.start()
        sender.join(180)
        assert not sender.is_alive(), "reports were never answered"
        total = tricolor.wait_settled(2 * count * reports)
    finally:
        tricolor.stop()
        broker.stop()
    assert total["received"] == total["stored"] + total["duplicate"] + total["quarantined"]
    assert (total["stored"], total["quarantined"]) == (2 * count * reports, 0)
    rows = stored(folder)
    for station in done:
        assert len(station.answered) == reports and rows[f"{station.mn.lower()}.w01018.rtd"] == set(map(float, range(reports)))


@pytest.mark.e2e
@pytest.mark.servers
@pytest.mark.slow
def test_two_hundred_stations_at_a_packet_a_second_lose_nothing(tmp_path: Path, require) -> None:
    require("mosquitto")
    _sent_under(tmp_path, STATIONS, 20, kills=0)


@pytest.mark.e2e
@pytest.mark.servers
def test_kill_nine_under_stations_loses_nothing_that_was_answered(tmp_path: Path, require) -> None:
    require("mosquitto")
    _sent_under(tmp_path, 20, 150, kills=2)
