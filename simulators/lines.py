"""How emission stations send: their past over MQTT, many packets a message; live over TCP where they are let in, else over MQTT."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice

from simulators.hj212 import Station, qn_of
from simulators.outlets import Outlet, Said
from simulators.publish import Broker, BrokerSilent, Publisher
from simulators.state import State
from tricolor.domain.intervals import SHANGHAI, local_day, local_midnight

PACKETS_A_MESSAGE = 60
AGAIN_S = 3.0


def publish_hours(broker: Broker, outlets: Sequence[Outlet], state: State, start: int, until: int) -> None:
    """The whole hours that the stations have not said yet, from `start` [µs] on, at the first time with the minutes of today.

    BrokerSilent as for all history.
    """
    publisher = Publisher(broker, f"sim-hours-{state.seed}", 200)
    try:
        publisher.open()
        for outlet in outlets:
            sent = state.of(outlet.key)
            if sent.until is None:
                said = chain(outlet.hours(start, until), outlet.minutes(max(start, local_midnight(local_day(until))) - 1, until))
            else:
                said = chain(outlet.hours(sent.until, until))
            while some := list(islice(said, PACKETS_A_MESSAGE)):
                publisher.publish(outlet.topic, b"".join(each.raw for each in some))
            if not publisher.drain():
                raise BrokerSilent("the broker stopped acknowledging the stations' history; run again to continue where it stopped")
            sent.until = until
    finally:
        publisher.close()


class MqttLine:
    """A station whose data logger publishes its packets."""

    def __init__(self, outlet: Outlet, broker: Broker, state: State) -> None:
        self._outlet, self._sent = outlet, state.of(outlet.key)
        self._publisher = Publisher(broker, f"sim-{outlet.row.mn}", 200)

    def step(self, now: int) -> None:
        self._publisher.start()
        if self._publisher.is_connected and not self._publisher.unacknowledged:
            for said in due(self._outlet, self._sent.until, now):
                self._publisher.publish(self._outlet.topic, said.raw)
            self._sent.until = now

    def close(self) -> None:
        self._publisher.close()


class TcpLines:
    """Stations that hold a TCP connection each, in a thread of their own; what is not answered by 9014 is said again."""

    def __init__(self, outlets: Sequence[Outlet], host: str, port: int, keys: dict[str, str], state: State, clock: Callable[[], int]) -> None:
        self._outlets, self._at, self._keys, self._clock = outlets, (host, port), keys, clock
        self._sent = {outlet.key: state.of(outlet.key) for outlet in outlets}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), name="stations", daemon=True)

    def step(self, now: int) -> None:
        """They keep their own time once they run."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    async def _all(self) -> None:
        await asyncio.gather(*(self._one(outlet) for outlet in self._outlets))

    async def _one(self, outlet: Outlet) -> None:
        while not self._stop.is_set():
            station = Station(*self._at, outlet.row.mn.upper(), self._keys[outlet.row.mn])
            with suppress(OSError):
                await station.open()
                try:
                    await station.ask_time(qn_of(datetime.now(SHANGHAI)))
                    await self._talk(outlet, station)
                finally:
                    await station.close()
            await self._pause(AGAIN_S)

    async def _talk(self, outlet: Outlet, station: Station) -> None:
        """Until the connection is lost, an answer stays away, or the city stops."""
        sent = self._sent[outlet.key]
        while not self._stop.is_set():
            now = self._clock()
            for said in due(outlet, sent.until, now):
                if not await station.send(said.qn, said.raw):
                    return
                sent.until = said.until
            await self._pause(60.0 - (self._clock() // 1_000_000) % 60)

    async def _pause(self, seconds: float) -> None:
        waited = 0.0
        while waited < seconds and not self._stop.is_set():
            await asyncio.sleep(min(0.25, seconds - waited))
            waited += 0.25


def due(outlet: Outlet, after: int | None, now: int) -> list[Said]:
    """What a station has to say now: the hours that have ended since, and how it stands."""
    return [*(outlet.hours(after, now) if after is not None else ()), outlet.now(now)]
