"""The broker goes away under load, the spool's disk fills, and messages that cannot be used stand among good ones."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Tricolor
from tests.e2e.faults import FIRST, KILLS, TOPIC, Load, Pusher, duck_counts, settled
from tricolor.adapters.sources.broker import Broker

pytestmark = [pytest.mark.e2e, pytest.mark.servers, pytest.mark.slow]


@pytest.fixture
def outside(make_tricolor: Callable[..., Tricolor], tmp_path: Path) -> Iterator[Callable[..., tuple[Tricolor, list[Broker]]]]:
    """A Tricolor with a broker outside of it; the list holds the broker, to be replaced after a kill."""
    running: list[Broker] = []

    def make(**environment: str) -> tuple[Tricolor, list[Broker]]:
        tricolor = make_tricolor(**environment)
        assert tricolor.stop() == 0
        running.append(start(tricolor, tmp_path))
        tricolor.start()
        return tricolor, running

    yield make
    for broker in running:
        broker.stop()


def start(tricolor: Tricolor, folder: Path) -> Broker:
    host, port = tricolor.mqtt.split(":")
    return Broker(host, int(port), folder / "broker")


def test_kill_nine_of_the_broker_loses_only_what_it_held_and_the_gap_is_counted_and_filled(
    outside: Callable[..., tuple[Tricolor, list[Broker]]], tmp_path: Path
) -> None:
    tricolor, running = outside()
    load, pusher = Load(tricolor.mqtt).start(), Pusher(tricolor).start()
    assert tricolor.process is not None
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(1.5, 3.0))
            tricolor.process.send_signal(signal.SIGSTOP)  # so that the broker holds something that it acknowledged
            time.sleep(random.uniform(1.3, 1.9))  # longer than RECEIVE_MAXIMUM messages take
            running[0]._process.kill()
            running[0]._process.wait()
            tricolor.process.send_signal(signal.SIGCONT)
            running[0] = start(tricolor, tmp_path)
            time.sleep(1.5)
    finally:
        tricolor.process.send_signal(signal.SIGCONT)
        messages, pushed = load.stop(), pusher.stop()
    tricolor.wait_for(lambda: _quiet(tricolor), 60, "quiet")
    total = tricolor.total()
    (gateway,) = [s for s in tricolor.get("/v1/ingest/ledger").json()["sources"] if s["source"] == "mqtt:steel/g1"]
    print(f"{KILLS} kills of the broker, {messages} acknowledged, {messages - gateway['stored']} died with it: {gateway}")
    assert total["received"] == total["stored"] + total["duplicate"]
    assert gateway["stored"] + gateway["missing"] == messages  # the gap is counted, to the message
    assert gateway["missing"] > 0
    assert pusher.repeats == 0 and total["stored"] - gateway["stored"] == pushed  # HTTP push lost nothing
    Load(tricolor.mqtt, rate=15_000, upto=messages).start().wait()  # the gateway sends its memory again
    total = settled(tricolor, messages, pushed)
    assert total["filled"] >= gateway["missing"]
    assert tricolor.stop() == 0
    assert sorted(duck_counts(tricolor.folder).values()) == sorted([(messages, messages), (pushed, pushed)])


def _quiet(tricolor: Tricolor) -> bool:
    before = tricolor.total()
    time.sleep(1.5)
    return tricolor.total() == before and before["unwritten"] == 0


def _mounted(folder: Path) -> bool:
    folder.mkdir()
    return os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB. Without the right to mount one this is not shown here: tests/spool shows it with a limit on the size of files."""
    folder = tmp_path / "small"
    if not _mounted(folder):
        pytest.skip("mounting a tmpfs is not allowed here; tests/spool/test_sqlite_spool.py shows a full disk by a limit on the size of files")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_and_a_broker_that_reuses_message_ids_lose_nothing(
    outside: Callable[..., tuple[Tricolor, list[Broker]]], small_disk: Path, tmp_path: Path
) -> None:
    tricolor, running = outside(TRICOLOR_SPOOL=str(small_disk))
    load, pusher = Load(tricolor.mqtt).start(), Pusher(tricolor).start()
    ballast = small_disk / "ballast"
    try:
        time.sleep(2)
        disk = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * (disk.f_bavail * disk.f_frsize - 1_000_000))
        tricolor.wait_for(lambda: "cannot be made safe" in tricolor.log.read_text(), 30, "full")
        assert tricolor.push({"at": "2025-11-01T00:00:00Z", "values": {"steel.elec": 1.0}}).status == 503
        tricolor.wait_for(lambda: "disk is full" in json.dumps(tricolor.get("/v1/ingest/ledger").json()["workers"]), 20, "alarm")
        # what waits for the commit now was delivered under message ids that the restarted broker gives out again
        running[0].stop()
        running[0] = start(tricolor, tmp_path)
        time.sleep(3)
        ballast.unlink()
        time.sleep(3)
    finally:
        ballast.unlink(missing_ok=True)
        messages, pushed = load.stop(), pusher.stop()
    tricolor.wait_for(lambda: tricolor.total()["stored"] >= messages + pushed, 90, "stored")
    total = tricolor.total()
    print(f"{messages} messages, {pushed} pushed ({pusher.repeats} repeats): {total}")
    refused = total["stored"] - messages - pushed  # the reading that was answered 503 may have got in
    assert refused in (0, 1) and pusher.repeats > 0
    assert total["received"] == total["stored"] + total["duplicate"] and total["missing"] == 0
    tricolor.kill()
    tricolor.start()  # nothing that was acknowledged was only in memory
    assert tricolor.wait_settled(messages + pushed)["stored"] == messages + pushed + refused
    assert tricolor.stop() == 0
    assert (messages, messages) in duck_counts(tricolor.folder).values()


def test_a_bad_frame_at_every_place_of_a_batch_costs_no_neighbour(outside: Callable[..., tuple[Tricolor, list[Broker]]]) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    tricolor, _ = outside()
    size = 12
    poison = [b"", b"\xff\x00", b"{", b"[" * 50_000, b'{"at":1,"values":{"steel.elec":1}}', b'{"readings":[7]}', b'{"seq":"x"}']
    assert tricolor.process is not None
    host, port = tricolor.mqtt.split(":")
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="poison")
    client.connect(host, int(port))
    client.loop_start()
    good, bad = 0, 0
    for turn in range(size * 2):
        tricolor.process.send_signal(signal.SIGSTOP)  # so that the whole batch is taken at once
        sent = []
        for place in range(size):
            if place == turn % size:
                raw, bad = poison[turn % len(poison)], bad + 1
            else:
                at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST // 900 * 900 + 900 * good))
                raw, good = json.dumps({"at": at, "values": {"steel.elec": 1.0 + good}}).encode(), good + 1
            sent.append(client.publish(TOPIC, raw, qos=1))
        for each in sent:
            each.wait_for_publish(20)
        tricolor.process.send_signal(signal.SIGCONT)
    client.loop_stop()
    total = tricolor.wait_settled(good + bad)
    assert (total["received"], total["stored"], total["quarantined"]) == (good + bad, good, bad)
    assert tricolor.stop() == 0
    assert duck_counts(tricolor.folder).popitem()[1] == (good, good)


def test_a_stretch_of_the_spool_is_loaded_again_after_the_registry_was_mended(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    for n in range(5):
        tricolor.push({"readings": [
            {"point": "steel.elec", "at": f"2025-11-01T0{n}:00:00Z", "value": 1.0}, {"point": "steel.new", "at": f"2025-11-01T0{n}:00:00Z", "value": 2.0},
        ]})  # fmt: skip
    tricolor.push({"at": "2025-11-01T00:00:00Z", "values": {"steel.elec": 9.0}})  # a correction that the replay must not undo
    assert tricolor.wait_settled(11)["quarantined"] == 5
    registry = (tricolor.folder / "registry.toml").read_text()
    block = registry[registry.index('[[points]]\nid = "steel.elec"') : registry.index('[[points]]\nid = "steel.register"')]
    (tricolor.folder / "registry.toml").write_text(registry + block.replace("steel.elec", "steel.new").replace("purchased", "consumed"))
    tricolor.run("import", "registry", str(tricolor.folder / "registry.toml"))
    time.sleep(2.5)  # the intake looks at the registry every two seconds
    tricolor.wait_for(lambda: json.loads(tricolor.run("spool", "status", "--json").stdout)["kept"] == 6, 10, "kept")
    assert json.loads(tricolor.run("spool", "replay", "--from", "1", "--only-quarantined", "--json").stdout) == {"to_replay": 5}
    total = tricolor.wait_settled(21)
    assert (total["received"], total["stored"], total["duplicate"], total["quarantined"]) == (21, 11, 5, 5)
    csv = tricolor.get("/v1/points/steel.elec/energy?from=2025-11-01&to=2025-11-02&step=total").json()["cells"]
    assert csv[0]["amount"] == pytest.approx(13.0)  # 9 + 4 × 1
    assert tricolor.run("spool", "replay", is_checked=False).returncode == 1
