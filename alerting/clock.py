"""The wall clock, watched beside one that nobody sets."""

from collections.abc import Callable, Sequence

import structlog

from tricolor.domain.intervals import SECOND_US

JUMP_US = 30 * SECOND_US  # the wall clock went so much further, or less far, than the clock of the machine: it was set
log = structlog.get_logger("alerting")


class ClockWatch:
    """Moves what counts from a moment along when the wall clock was set. monotonic: seconds of a clock that nobody sets, None: the time given is
    never set; shifts: called with the jump and the time now [µs], safe to be called for one jump by several."""

    def __init__(self, monotonic: Callable[[], float] | None, shifts: Sequence[Callable[[int, int], object]]) -> None:
        self._monotonic, self._shifts = monotonic, tuple(shifts)
        self._clocks: tuple[int, float] | None = None

    def follow(self, now: int) -> None:
        """To be called before anything is judged at `now`; what fails (TryAgain) is seen again the next time."""
        if self._monotonic is None:
            return
        ran = self._monotonic()
        if self._clocks is not None:
            by_us = now - self._clocks[0] - round((ran - self._clocks[1]) * SECOND_US)
            if abs(by_us) > JUMP_US:
                log.warning("the clock was set", by_s=by_us / SECOND_US)
                for shift in self._shifts:
                    shift(by_us, now)
        self._clocks = (now, ran)
