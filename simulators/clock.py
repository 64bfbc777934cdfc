"""The city's time: real time, or for a demonstration a stretch of the past played faster until it meets the present."""

import time
from collections.abc import Callable

from tricolor.domain.intervals import SECOND_US


def real_now() -> int:
    """µs since the epoch, whole seconds."""
    return int(time.time()) * SECOND_US


class Clock:
    """Starts `rewind_s` ago and runs `speed` times as fast as real time; never ahead of it (readings of the future are refused)."""

    def __init__(self, speed: float = 1.0, rewind_s: float = 0.0, real: Callable[[], int] = real_now) -> None:
        if speed < 1.0 or rewind_s < 0.0:
            raise ValueError("speed is at least 1 and rewind is not negative")
        self._real = real
        self._speed = speed
        self._real_start = real()
        self._start = self._real_start - int(rewind_s) * SECOND_US

    def now(self) -> int:
        """µs, whole seconds."""
        real = self._real()
        played = self._start + int((real - self._real_start) * self._speed)
        return min(real, played) // SECOND_US * SECOND_US

    def pause_s(self, heartbeat_s: float) -> float:
        """Real seconds until the next heartbeat [s of the city's time]; on the minute when time is real."""
        real = self._real()
        if self.now() < real - SECOND_US:
            return max(0.2, heartbeat_s / self._speed)
        beat = int(heartbeat_s * SECOND_US)
        return (beat - real % beat) / SECOND_US
