"""History, live and replay over a real broker, heard by a plain subscriber."""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from simulators import state as states
from simulators.clock import Clock
from simulators.faults import fault_of
from simulators.messages import MAX_READINGS, due
from simulators.publish import Broker, BrokerSilent, Publisher
from simulators.script import City
from simulators.town import Options, Town
from tricolor.domain.intervals import DAY_US, HOUR_US, SECOND_US, iso, month, parse_us
from tricolor_cli.simulate import replay_command

pytestmark = pytest.mark.servers
NOW = parse_us("2025-02-20T20:07:31+08:00")
START = month(2025, 2).start


class Hand:
    """A clock that the test moves, read by Clock as real time."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def nothing(*_: object) -> None:
    pass


def town(city: City, broker: str, data: Path, now: Hand, stop: threading.Event | None = None, **options: Any) -> Town:
    chosen = Options(**{"months": 1, "is_live": False, **options})
    return Town(city, Broker.of(broker), data, chosen, stop or threading.Event(), nothing, Clock(real=now))


def expected(city: City, after: int, until: int) -> int:
    """Readings of history: each point's own grid, and one at the end where the grid has none."""
    return sum(len(due(city.points[name], after, until, True)) for names in city.gateways().values() for name in names)


def test_every_reading_of_a_month_arrives_once_and_in_step(city: City, broker: str, listener: Any, data: Path, devices: Any) -> None:
    sent = town(city, broker, data, Hand(NOW)).run(None)
    assert sent == expected(city, START - 1, NOW)
    listener.wait(lambda: len(listener.readings()) >= sent)
    readings = listener.readings()
    assert len(readings) == len({(point, at) for point, at, _ in readings}) == sent
    # what arrived is what the devices say
    mine = [(at, value) for point, at, value in readings if point == "qzg-paper.elec"]
    at = np.array([parse_us(a) for a, _ in mine], dtype=np.int64)
    assert (np.diff(at) > 0).all() and iso(int(at[0])) == "2025-02-01T00:00:00+08:00"
    assert devices.values("qzg-paper.elec", at).tolist() == [value for _, value in mine]
    # side by side: nobody is more than one window ahead of anybody while history comes in
    newest: dict[str, int] = {}
    for topic, body in listener.messages:
        if topic.endswith("/readings") and isinstance(body["at"], list):
            newest[topic] = parse_us(body["at"][-1])
            assert len(body["at"]) <= MAX_READINGS
            if len(newest) == len(city.gateways()):
                assert max(newest.values()) - min(newest.values()) <= 11 * DAY_US


def test_messages_of_a_gateway_are_numbered_without_a_gap(city: City, broker: str, listener: Any, data: Path) -> None:
    sent = town(city, broker, data, Hand(NOW)).run(None)
    listener.wait(lambda: len(listener.readings()) >= sent)
    numbers: dict[str, list[int]] = {}
    for topic, body in listener.messages:
        if topic.endswith("/readings"):
            numbers.setdefault(topic, []).append(body["seq"])
    assert len(numbers) == len(city.gateways())
    for topic, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), topic


def test_a_second_run_fills_the_gap_and_sends_nothing_twice(city: City, broker: str, listener: Any, data: Path) -> None:
    first = town(city, broker, data, Hand(NOW)).run(None)
    later = NOW + 30 * HOUR_US  # the machine was off for 30 hours
    second = town(city, broker, data, Hand(later)).run(None)
    assert second == expected(city, NOW, later)
    listener.wait(lambda: len(listener.readings()) >= first + second)
    assert max(Counter((p, at) for p, at, _ in listener.readings()).values()) == 1
    assert town(city, broker, data, Hand(later)).run(None) == 0


def test_a_stopped_history_goes_on_where_it_stopped(city: City, broker: str, listener: Any, data: Path) -> None:
    stop = threading.Event()

    def stop_soon(phase: str, done: int, total: int) -> None:
        if phase == "backfill" and done == 2:
            stop.set()

    chosen = Options(months=1, is_live=False)
    first = Town(city, Broker.of(broker), data, chosen, stop, stop_soon, Clock(real=Hand(NOW))).run(None)
    second = town(city, broker, data, Hand(NOW)).run(None)
    assert 0 < first < first + second == expected(city, START - 1, NOW)


def live(city: City, broker: str, data: Path, hand: Hand, beats: list[Callable[[], bool]], **options: Any) -> None:
    """Run live; the town's waits work through the beats, each until it says that it is done; after the last it stops."""
    stop = threading.Event()
    left = list(beats)
    deadline = time.monotonic() + 30

    class Beat(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            time.sleep(min(timeout or 0.0, 0.02))
            assert time.monotonic() < deadline, f"{len(left)} beats are left"
            if left[0]():
                left.pop(0)
            if not left:
                stop.set()
            return stop.is_set()

        def is_set(self) -> bool:
            return stop.is_set()

    clock = Clock(real=hand)
    clock.pause_s = lambda _heartbeat: 0.02  # type: ignore[method-assign]
    Town(city, Broker.of(broker), data, Options(months=1, is_live=True, **options), Beat(), nothing, clock).run(None)


def test_live_moves_registers_and_a_silent_gateway_comes_back_with_all_it_kept(city: City, broker: str, listener: Any, data: Path) -> None:
    hand = Hand(NOW)
    silent = city.script.silence
    mine = {p for p in city.points if city.entity_of(p) == silent.entity}
    odd = {row.point for row in city.script.mishaps if row.kind in ("clock", "dead")}
    others = {p for p, row in city.points.items() if row.kind == "register" and row.begins <= NOW} - mine - odd
    heard_before: list[set[str]] = []

    def newest(points: set[str]) -> set[str]:
        """Newest time of each of the points."""
        return set({point: at for point, at, _ in listener.readings() if point in points}.values())

    def forward(seconds: int) -> bool:
        hand.at += seconds * SECOND_US
        return True

    def all_speak(points: set[str]) -> bool:
        return newest(points) == {iso(hand.at)}

    def note() -> bool:
        heard_before.append(newest(mine))
        return True

    minute, ten = lambda: forward(60), lambda: forward(silent.returns_after_s)
    live(city, broker, data, hand, [minute, lambda: all_speak(others), note, ten, lambda: all_speak(others | mine)])
    assert heard_before == [{iso(NOW - silent.before_s * SECOND_US)}]  # silent since two hours before the start, while all others speak
    assert max(Counter((p, at) for p, at, _ in listener.readings()).values()) == 1
    # nothing of the silence is lost: every quarter of it arrived after the return
    elec = {at for point, at, _ in listener.readings() if point == f"{silent.entity}.elec"}
    assert {iso(at) for at in due(city.points[f"{silent.entity}.elec"], START - 1, hand.at, False).tolist()} <= elec
    listener.wait(lambda: set(listener.statuses().values()) == {"offline"})  # all said goodbye
    assert states.load(data, city.script.seed).is_silence_over


def test_live_goes_on_after_the_broker_was_away(city: City, mosquitto: Callable[[int], Any], free_port: int, data: Path) -> None:
    address, hand = f"127.0.0.1:{free_port}", Hand(NOW)
    child = mosquitto(free_port)

    def is_confirmed() -> bool:
        state = states.load(data, city.script.seed)
        return all(state.of(f"{e}/{g}").until == hand.at for e, g in city.gateways() if e != city.script.silence.entity)

    def kill() -> bool:
        child.kill()
        child.wait(10)
        hand.at += 180 * SECOND_US  # three minutes go by without a broker
        return True

    def revive() -> bool:
        assert not is_confirmed()  # nothing counts as sent that no broker has
        mosquitto(free_port)
        return True

    live(city, address, data, hand, [is_confirmed, kill, revive, is_confirmed])


def test_the_city_stops_within_seconds_when_the_broker_went_first(city: City, mosquitto: Callable[[int], Any], free_port: int, data: Path) -> None:
    hand, child = Hand(NOW), mosquitto(free_port)
    stopped: list[float] = []

    def kill() -> bool:
        child.kill()
        child.wait(10)
        return True

    def notice() -> bool:  # some seconds, so that every connection is waiting to reconnect
        stopped.append(time.monotonic())
        return stopped[-1] - stopped[0] > 3

    live(city, f"127.0.0.1:{free_port}", data, hand, [lambda: True, kill, notice])
    assert time.monotonic() - stopped[-1] < 5  # not a second for each of two dozen gateways


def test_an_injected_fault_reaches_the_wire(city: City, broker: str, listener: Any, data: Path) -> None:
    point, fault = fault_of("dip:qzg-paper.elec", city.script.seed)
    sent = town(city, broker, data, Hand(NOW), faults={point: fault}).run(None)
    listener.wait(lambda: len(listener.readings()) >= sent)
    zeros = Counter(p for p, _, value in listener.readings() if value == 0.0 and p.endswith(".elec"))
    assert zeros["qzg-paper.elec"] > 5 and set(zeros) == {"qzg-paper.elec"}


def test_a_broker_that_is_not_there_is_told_in_time() -> None:
    publisher = Publisher(Broker("127.0.0.1", 9), "nobody")
    with pytest.raises(BrokerSilent, match=r"no MQTT broker answers at 127\.0\.0\.1:9 within 1 s"):
        publisher.open(timeout_s=1)


def test_the_bound_on_unacknowledged_messages_is_kept(broker: str) -> None:
    publisher = Publisher(Broker.of(broker), "bounded", max_unacknowledged=5)
    publisher.open()
    most = 0
    for number in range(300):
        publisher.publish("tricolor/v1/bounded/gw/test", b"{}", 1)
        most = max(most, len(publisher._pending))
        assert publisher.published == number + 1
    assert publisher.drain() and publisher.acknowledged == 300
    assert most <= 5
    publisher.close()


@pytest.fixture
def replay(broker: str, tmp_path: Path) -> Callable[..., Any]:
    app = Typer()
    app.command()(replay_command)
    rows = ["date,Usage_kWh", *(f"{1 + k // 96}/1/2018 {k // 4 % 24}:{k % 4 * 15:02d},{k}.5" for k in range(1, 96 * 3))]
    file = tmp_path / "works.csv.gz"
    file.write_bytes(gzip.compress("\n".join(rows).encode()))

    def run(*more: str) -> Any:
        where = ["--mqtt", broker, "--enterprise", "works", "--gateway", "gw1", "--point", "works.elec"]
        return CliRunner().invoke(app, [str(file), "--profile", "steel", *where, *more])

    return run


@pytest.mark.parametrize("more", [(), ("--batch", "1"), ("--shuffle", "7"), ("--speed", "1e6"), ("--batch", "100000")])
def test_replay_publishes_every_interval(replay: Callable[..., Any], listener: Any, more: tuple[str, ...]) -> None:
    result = replay("--json", *more)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["published"] == summary["acknowledged"] == summary["intervals"] == 287
    # the rows of 2/1 0:00 and 3/1 0:00 are the ends of those days
    assert (summary["first"], summary["last"]) == ("2018-01-01T00:15:00+08:00", "2018-01-04T00:00:00+08:00")
    listener.wait(lambda: len(listener.readings()) >= 287)
    heard = {at: value for _, at, value in listener.readings()}
    assert len(heard) == 287 and sum(heard.values()) == sum(k + 0.5 for k in range(1, 288))


def test_replay_says_what_is_wrong_with_its_input(replay: Callable[..., Any]) -> None:
    assert replay("--profile", "aluminium").exit_code == 2
    assert "known: delta, steel" in replay("--profile", "aluminium").output
    assert replay("--speed", "fast").exit_code == 2
    assert replay("--speed", "-1").exit_code == 2
    assert replay("--mqtt", "nowhere").exit_code == 2
