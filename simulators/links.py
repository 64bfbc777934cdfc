"""A gateway's connection to the broker while live: what is not sent is never kept, because the devices can say it again."""

from typing import Protocol

from simulators.dials import Devices
from simulators.messages import Gateway, encode, rows_between
from simulators.publish import Broker, Publisher, Will
from simulators.state import State
from tricolor.domain.intervals import HOUR_US, iso

MAX_MESSAGES_AHEAD = 200


class Stop(Protocol):
    """threading.Event, or a test's own."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


def status(word: str, at: int | None = None) -> bytes:
    """Body of the retained status message: online or offline. A last will carries no time: it is written before the event."""
    return (f'{{"status":"{word}"}}' if at is None else f'{{"status":"{word}","at":"{iso(at)}"}}').encode()


class Link:
    """One gateway, one connection. `step` sends all that has become due; `confirm` notes it as done once the broker has it."""

    def __init__(self, devices: Devices, gateway: Gateway, broker: Broker, state: State) -> None:
        self.gateway = gateway
        self._devices = devices
        self._sent = state.of(gateway.key)
        self._target: int | None = None
        self._is_announced = False
        self._publisher = Publisher(
            broker, f"sim-{gateway.entity}-{gateway.name}", MAX_MESSAGES_AHEAD, Will(gateway.topic("status"), status("offline"))
        )

    @property
    def readings(self) -> int:
        """Acknowledged so far."""
        return self._publisher.acknowledged

    def step(self, now: int) -> None:
        """Send (last confirmed, now]; does nothing while disconnected or while the last step is not confirmed. At most a week a step."""
        self._publisher.start()
        if not self._publisher.is_connected:
            self._is_announced = False
            return
        if not self.confirm(0.0):
            return
        if not self._is_announced:
            self._publisher.publish(self.gateway.topic("status"), status("online", now), retain=True)
            self._is_announced = True
        after = self._sent.until if self._sent.until is not None else now - HOUR_US
        until = min(now, after + 7 * 24 * HOUR_US)
        rows = rows_between(self._devices, self.gateway, after, until, is_live=until == now)
        for payload, count in encode(rows, self._sent.seq + 1):
            self._sent.seq += 1
            self._publisher.publish(self.gateway.topic("readings"), payload, count)
        self._target = until

    def confirm(self, timeout_s: float) -> bool:
        """Whether the broker has all of the last step."""
        if self._target is None:
            return True
        if self._publisher.unacknowledged and not (timeout_s and self._publisher.is_connected and self._publisher.drain(timeout_s)):
            return False
        self._sent.until, self._target = self._target, None
        return True

    def leave(self, now: int) -> None:
        """Tell that the gateway goes, and disconnect; close() follows."""
        if self._publisher.is_connected:
            self._publisher.publish(self.gateway.topic("status"), status("offline", now), retain=True)
            self._publisher.drain(2.0)
        self._publisher.leave()

    def close(self) -> None:
        self._publisher.close()
