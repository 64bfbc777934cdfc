"""Months of history over MQTT faster than real time: all gateways side by side, window by window, so that time moves forward for everyone."""

from collections.abc import Callable, Mapping, Sequence

from simulators.dials import Devices
from simulators.links import Stop, status
from simulators.messages import Gateway, encode, rows_between
from simulators.publish import Broker, BrokerSilent, Publisher
from simulators.state import State
from tricolor.domain.intervals import DAY_US

WINDOW_US = 5 * DAY_US
CONNECTIONS = 2
UNACKNOWLEDGED = 500  # a connection; 2 000 readings a message, so this is also a bound in bytes
SAVE_EVERY = 8  # windows

Progress = Callable[[str, int, int], None]  # phase, done, total


class History:
    """Publishes the past of all gateways; what the broker confirmed is noted in the state, so that a later run goes on from there."""

    def __init__(
        self,
        devices: Devices,
        gateways: Sequence[Gateway],
        state: State,
        broker: Broker,
        stop: Stop,
        save: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._devices, self._gateways, self._state = devices, gateways, state
        self._stop, self._save, self._progress = stop, save, progress
        self._pool = [Publisher(broker, f"sim-history-{k}-{state.seed}", UNACKNOWLEDGED) for k in range(CONNECTIONS)]

    def publish(self, start: int, ends: Mapping[str, int]) -> int:
        """From each gateway's confirmed time (or `start`, inclusive) to its end [µs] by key; how many readings the broker confirmed.

        BrokerSilent when the broker stops acknowledging; what was confirmed by then is in the state.
        """
        begin = {g.key: self._begin(g, start) for g in self._gateways}
        first, last = min(begin.values(), default=start), max(ends.values(), default=start)
        windows = list(range(first, last, WINDOW_US))
        done = first
        try:
            for publisher in self._pool:
                publisher.open()
            self._progress("backfill", 0, len(windows))
            for number, at in enumerate(windows, start=1):
                if self._stop.is_set():
                    break
                done = min(last, at + WINDOW_US)
                for k, gateway in enumerate(self._gateways):
                    self._window(gateway, self._pool[k % CONNECTIONS], max(begin[gateway.key], at), min(done, ends[gateway.key]), ends[gateway.key])
                if number % SAVE_EVERY == 0:
                    self._confirm(done, ends)
                self._progress("backfill", number, len(windows))
            self._confirm(done, ends)
            return sum(p.acknowledged for p in self._pool)
        finally:
            for publisher in self._pool:
                publisher.close()

    def _begin(self, gateway: Gateway, start: int) -> int:
        until = self._state.of(gateway.key).until
        return start - 1 if until is None else until

    def _window(self, gateway: Gateway, publisher: Publisher, after: int, until: int, end: int) -> None:
        """Publish what the gateway says in (after, until]."""
        if until <= after:
            return
        sent = self._state.of(gateway.key)
        rows = rows_between(self._devices, gateway, after, until, is_live=until == end)
        for payload, count in encode(rows, sent.seq + 1):
            sent.seq += 1
            publisher.publish(gateway.topic("readings"), payload, count)
        if until == end:
            publisher.publish(gateway.topic("status"), status("offline", until), retain=True)

    def _confirm(self, until: int, ends: Mapping[str, int]) -> None:
        for publisher in self._pool:
            if not publisher.drain():
                raise BrokerSilent("the broker stopped acknowledging during the back-fill; run again to continue where it stopped")
        for gateway in self._gateways:
            sent, reached = self._state.of(gateway.key), min(until, ends[gateway.key])
            sent.until = reached if sent.until is None else max(sent.until, reached)
        self._save()
