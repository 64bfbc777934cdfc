"""One run of the city: history, figures, live."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulators import state as states
from simulators.backend import Backend, BackendAway
from simulators.backfill import History, Progress
from simulators.bureau import Bureau
from simulators.calendar import ORIGIN_US
from simulators.clock import Clock
from simulators.dials import Devices
from simulators.faults import Fault
from simulators.links import Link, Stop
from simulators.messages import Gateway, due, gateways
from simulators.publish import Broker
from simulators.script import City
from tricolor.domain.intervals import SECOND_US, from_us, month

HEARTBEAT_S = 60.0
POLL_S = 1.0
API_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """How the city runs. months: of history, None for all; speed, rewind_s: play the last stretch faster; heartbeat_s: between live readings."""

    months: int | None = None
    is_live: bool = True
    heartbeat_s: float = HEARTBEAT_S
    speed: float = 1.0
    rewind_s: float = 0.0
    username: str = ""
    password: str = ""
    faults: Mapping[str, Fault] = field(default_factory=dict)


class Town:
    """A city with its devices, its place in time, and where it publishes."""

    def __init__(self, city: City, broker: Broker, data: Path, options: Options, stop: Stop, progress: Progress, clock: Clock | None = None) -> None:
        self._city, self._broker, self._data, self._options = city, broker, data, options
        self._stop, self._progress = stop, progress
        self._clock = clock or Clock(options.speed, options.rewind_s)
        self._devices = Devices(city)
        self._gateways = gateways(self._devices, options.faults)
        self._state = states.load(data, city.script.seed)

    def run(self, backend: Backend | None) -> int:
        now = self._clock.now()
        try:
            sent_before = 0
            if backend is not None and backend.wait(API_TIMEOUT_S):
                sent_before = self._compare(backend)
            start = _first_instant(now, self._options.months)
            history = History(self._devices, self._gateways, self._state, self._broker, self._stop, self._save, self._progress)
            sent = history.publish(start, self._ends(now))
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
        if not last:
            self._state.figures_to = ""  # an empty service has no figures either
        return received

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
        self._progress("live", 0, 0)
        try:
            while not self._stop.is_set():
                now = self._clock.now()
                self._state.is_silence_over = self._state.is_silence_over or now >= returns
                speaking = [x for x in links if self._state.is_silence_over or x.gateway.entity != silence.entity]
                for link in speaking:
                    link.step(now)
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
    known = [last.get(point.id) for point in gateway.points]
    if None in known:
        return None
    oldest = min(at for at in known if at is not None)
    if until is None:
        return oldest
    for point in gateway.points:
        if len(due(point, last[point.id], until, is_live=False)):
            return min(oldest, until)
    return until


def _first_instant(now: int, months: int | None) -> int:
    if months is None:
        return ORIGIN_US
    at = from_us(now)
    count = at.year * 12 + at.month - 1 - (months - 1)
    return max(ORIGIN_US, month(count // 12, count % 12 + 1).start)
