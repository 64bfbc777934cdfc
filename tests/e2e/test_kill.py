"""kill -9 of the whole embedded process under load: what the broker acknowledged, and what HTTP answered with 200, is stored once; the ledger balances."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Tricolor
from tests.e2e.faults import KILLS, Load, Pusher, duck_counts, settled
from tricolor.adapters.sources.broker import Broker

pytestmark = [pytest.mark.e2e, pytest.mark.servers]


def test_kill_nine_loses_nothing_and_counts_nothing_twice(make_tricolor: Callable[..., Tricolor], tmp_path: Path) -> None:
    tricolor = make_tricolor()
    assert tricolor.stop() == 0
    host, port = tricolor.mqtt.split(":")
    broker = Broker(host, int(port), tmp_path / "broker")  # the broker outlives the kills
    try:
        tricolor.start()
        load, pusher = Load(tricolor.mqtt).start(), Pusher(tricolor).start()
        try:
            for _ in range(KILLS):
                time.sleep(random.uniform(0.3, 2.5))
                tricolor.kill()
                tricolor.start()
        finally:
            messages, pushed = load.stop(), pusher.stop()
        total = settled(tricolor, messages, pushed)
        print(f"{KILLS} kills, {messages} messages, {pushed} pushed ({pusher.repeats} repeats): {total}")
        cells = tricolor.get("/v1/points/steel.register/energy?from=2025-10-01&to=2025-12-01&step=total").json()["cells"]
        assert cells[0]["amount"] == pytest.approx(messages - 1)
        assert tricolor.stop() == 0
        assert sorted(duck_counts(tricolor.folder).values()) == sorted([(messages, messages), (pushed, pushed)])
    finally:
        broker.stop()
