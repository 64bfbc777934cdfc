"""Reading ISO 8601 times of messages, with a bounded cache: the readings of a message mostly share a few instants."""

from datetime import datetime

from tricolor.domain.errors import Unreadable
from tricolor.domain.intervals import to_us
from tricolor.domain.readings import Reject

_MAX_CACHED = 50_000


class Times:
    """Callable text -> µs UTC; raises Unreadable(bad_time | time_without_offset)."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __call__(self, text: object) -> int:
        if not isinstance(text, str):
            raise Unreadable(Reject.BAD_TIME, f"at is {text!r}; write it like 2026-11-20T08:00:00+08:00")
        at = self._known.get(text)
        if at is None:
            at = _parse(text)
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            self._known[text] = at
        return at


def _parse(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(Reject.BAD_TIME, f"at is {text[:60]!r}; write it like 2026-11-20T08:00:00+08:00") from None
    if moment.tzinfo is None:
        raise Unreadable(Reject.NAIVE_TIME, f"at {text[:60]!r} carries no UTC offset; write it like 2026-11-20T08:00:00+08:00")
    return to_us(moment)
