"""One run of the city: history, figures, live."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simulators import state as states
from simulators.backend import Backend, BackendAway
from simulators.backfill import History, Progress
from simulators.bureau import Bureau
from simulators.calendar import ORIGIN_US
from simulators.clock import Clock
from simulators.dials import Devices
from simulators.faults import Fault
from simulators.lines import MqttLine, TcpLines, publish_hours
from simulators.links import Link, Stop
from simulators.messages import Gateway, due, gateways
from simulators.mishaps import declared, mishaps
from simulators.outlets import outlets
from simulators.publish import Broker
from simulators.script import City, PointRow
from tricolor.domain.intervals import SECOND_US, from_us, month

HEARTBEAT_S = 60.0
POLL_S = 1.0
API_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """How the city runs. months: of history, None for all; speed, rewind_s: play the last stretch faster; heartbeat_s: between live readings.

    hj212: host:port that takes emission stations, "" to send their packets over MQTT; station_keys: PW by MN.
    """

    months: int | None = None
    is_live: bool = True
    heartbeat_s: float = HEARTBEAT_S
    speed: float = 1.0
    rewind_s: float = 0.0
    username: str = ""
    password: str = ""
    faults: Mapping[str, Fault] = field(default_factory=dict)
    hj212: str = ""
    station_keys: Mapping[str, str] = field(default_factory=dict)


class Town:
    """A city with its devices, its place in time, and where it publishes."""

    def __init__(self, city: City, broker: Broker, data: Path, options: Options, stop: Stop, progress: Progress, clock: Clock | None = None) -> None:
        self._city, self._broker, self._data, self._options = city, broker, data, options
        self._stop, self._progress = stop, progress
        self._clock = clock or Clock(options.speed, options.rewind_s)
        self._devices = Devices(city)
        self._state = states.load(data, city.script.seed)
        self._state.started = self._state.started or self._clock.now()
        self._devices.reach(self._clock.now())
        self._gateways = gateways(self._devices, {**mishaps(self._devices, self._state.started), **options.faults})
        self._outlets = outlets(self._devices, options.station_keys)

    def run(self, backend: Backend | None) -> int:
        now = self._clock.now()
        try:
            sent_before = 0
            if backend is not None and backend.wait(API_TIMEOUT_S):
                sent_before = self._compare(backend)
                self._declare(backend)
            start = _first_instant(now, self._options.months)
            history = History(self._devices, self._gateways, self._state, self._broker, self._stop, self._save, self._progress)
            sent = history.publish(start, self._ends(now))
            if not self._stop.is_set():
                year = from_us(self._state.started).year
                publish_hours(self._broker, self._outlets, self._state, max(start, month(year, 1).start), now)
            if backend is not None:
                self._progress("settling", 0, 0)
            bureau = Bureau(self._devices, self._state, backend, sent_before + sent)
            if self._options.is_live:
                self._live(now, bureau)
            else:
                self._wait_for(bureau)
            return sent
        finally:
            self._save()
            if backend is not None:
                backend.close()

    def _compare(self, backend: Backend) -> int:
        """Step back where the service has less than the state file says; the readings it has received so far."""
        try:
            last, received = backend.last_readings(), backend.received()
        except BackendAway:
            return 0
        for gateway in self._gateways:
            sent = self._state.of(gateway.key)
            sent.until = resume(gateway, sent.until, last)
        for outlet in self._outlets:
            mine = [last.get(point) for point in outlet.hourly]
            if None in mine:
                self._state.of(outlet.key).until = None
        if not last:
            self._state.figures_to = ""  # an empty service has no figures either
        return received

    def _declare(self, backend: Backend) -> None:
        """Permits of the outlets, and exchanges of meters, before their readings come, as a careful energy manager does; a service that is
        away hears of them next time."""
        with suppress(BackendAway):
            for row in self._city.script.permits:
                backend.permit(row)
            for exchange in declared(self._devices, self._state.started):
                backend.declare(exchange)

    def _ends(self, now: int) -> dict[str, int]:
        """Where each gateway's history ends: now, and for the silent one before."""
        silence = self._city.script.silence
        quiet = now - silence.before_s * SECOND_US
        is_over = self._state.is_silence_over or not self._options.is_live
        return {g.key: quiet if g.entity == silence.entity and not is_over else now for g in self._gateways}

    def _live(self, started: int, bureau: Bureau) -> None:
        silence = self._city.script.silence
        returns = started + silence.returns_after_s * SECOND_US
        links = [Link(self._devices, gateway, self._broker, self._state) for gateway in self._gateways]
        stations = self._stations()
        self._progress("live", 0, 0)
        try:
            while not self._stop.is_set():
                now = self._clock.now()
                self._state.is_silence_over = self._state.is_silence_over or now >= returns
                speaking = [x for x in links if self._state.is_silence_over or x.gateway.entity != silence.entity]
                for link in speaking:
                    link.step(now)
                for line in stations:
                    line.step(now)
                for link in speaking:
                    link.confirm(0.2)
                self._save()
                self._progress("live", sum(x.readings for x in links), 0)
                self._idle(self._clock.pause_s(self._options.heartbeat_s), bureau)
        finally:
            # all leave before any is waited for: without a broker each wait takes up to a second
            for link in links:
                link.leave(self._clock.now())
            for link in links:
                link.close()
            for line in stations:
                line.close()

    def _stations(self) -> list[MqttLine | TcpLines]:
        """Each station's line: one to the listener where there is one that knows it, else over MQTT."""
        keys = dict(self._options.station_keys) if self._options.hj212 else {}
        by_wire = [outlet for outlet in self._outlets if outlet.row.mn in keys]
        found: list[MqttLine | TcpLines] = [MqttLine(o, self._broker, self._state) for o in self._outlets if o.row.mn not in keys]
        if by_wire:
            host, _, port = self._options.hj212.rpartition(":")
            found.append(TcpLines(by_wire, host.strip("[]"), int(port), keys, self._state, self._clock.now))
        return found

    def _idle(self, pause_s: float, bureau: Bureau) -> None:
        """Wait for the next heartbeat; meanwhile look whether figures are due."""
        until = time.monotonic() + pause_s
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            if bureau.visit(self._clock.now()):
                self._progress("figures", bureau.submitted, bureau.submitted)
                self._save()
            self._stop.wait(min(left, POLL_S))

    def _wait_for(self, bureau: Bureau) -> None:
        """Until the figures are in, or nothing is left to wait for."""
        while not self._stop.is_set() and not bureau.is_idle(self._clock.now()):
            if bureau.visit(self._clock.now()):
                self._progress("figures", bureau.submitted, bureau.submitted)
                return
            self._stop.wait(POLL_S)

    def _save(self) -> None:
        states.save(self._data, self._state)


def resume(gateway: Gateway, until: int | None, last: Mapping[str, int]) -> int | None:
    """Where to go on: the confirmed time, or earlier where the service lacks a reading of it; None for the beginning."""
    known = {point.id: last[point.id] for point in gateway.points if point.id in last}
    if len(known) < len([p for p in gateway.points if until is None or p.begins <= until]):
        return None
    if until is None:
        return min(known.values())
    behind = [known[p.id] for p in gateway.points if p.id in known and _owes(gateway, p, known[p.id], until)]
    return min([*behind, until])


def _owes(gateway: Gateway, point: PointRow, last: int, until: int) -> bool:
    """Whether the point would have said something in (last, until] that the service does not have."""
    at = due(point, last, until, is_live=False)
    fault = gateway.faults.get(point.id)
    if fault is not None and len(at):
        at, _ = fault(at, np.zeros(len(at)))
    return bool((at > last).any())


def _first_instant(now: int, months: int | None) -> int:
    if months is None:
        return ORIGIN_US
    at = from_us(now)
    count = at.year * 12 + at.month - 1 - (months - 1)
    return max(ORIGIN_US, month(count // 12, count % 12 + 1).start)
