"""A bell between loops of one process: what was just committed is looked at within milliseconds, and at the next poll where nobody rings."""

import threading


class Bell:
    """One listener waits; anybody rings. A ring while nobody waits is not lost."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        self._event.set()

    def wait(self, timeout_s: float) -> bool:
        """Whether it rang before the time was over; the ring is then used up."""
        rang = self._event.wait(timeout_s)
        self._event.clear()
        return rang
