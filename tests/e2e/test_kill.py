"""kill -9 of the whole embedded process while gateways publish: what the broker acknowledged is stored once, and the ledger balances."""

import json
import random
import threading
import time
from collections.abc import Callable

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.e2e.conftest import Tricolor
from tricolor.adapters.sources.broker import Broker

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
KILLS, MESSAGES = 4, 12_000


def test_kill_nine_loses_nothing_and_counts_nothing_twice(make_tricolor: Callable[..., Tricolor], tmp_path) -> None:  # type: ignore[no-untyped-def]
    tricolor = make_tricolor()
    assert tricolor.stop() == 0
    host, port = tricolor.mqtt.split(":")
    broker = Broker(host, int(port), tmp_path / "broker")  # the broker outlives the kills
    try:
        tricolor.start()
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
        client.max_inflight_messages_set(200)
        client.connect(host, int(port))
        client.loop_start()
        first = 1_760_000_000
        acknowledged = []

        def publish() -> None:
            for n in range(MESSAGES):
                at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first + n))
                acknowledged.append(
                    client.publish("tricolor/v1/steel/g1/readings", json.dumps({"at": at, "values": {"steel.register": float(n)}}), qos=1)
                )
                if n % 10 == 0:
                    time.sleep(0.01)
            for each in acknowledged:
                each.wait_for_publish(60)

        sender = threading.Thread(target=publish)
        sender.start()
        for _ in range(KILLS):
            time.sleep(random.uniform(0.3, 2.5))
            tricolor.kill()
            tricolor.start()
        sender.join(120)
        assert all(each.is_published() for each in acknowledged)
        client.loop_stop()
        total = tricolor.wait_settled(MESSAGES)
        assert total["stored"] == MESSAGES
        assert total["received"] == total["stored"] + total["duplicate"]  # a message spooled but not acknowledged before a kill comes again
        cells = tricolor.get("/v1/points/steel.register/energy?from=2025-10-01&to=2025-11-01&step=total").json()["cells"]
        assert cells[0]["amount"] == pytest.approx(MESSAGES - 1)
    finally:
        broker.stop()
