"""Alerts: what a verdict does to the alert of its matter. Pure; time is a parameter.

Two axes (DESIGN §8). Condition: a yellow, orange or red light opens an alert, a worse one worsens it, a lesser one eases it, green resolves it.
Grey (not known) neither opens nor closes anything: it marks an open alert stale and its level stays. Handling: unacked, acked; worsening asks anew.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tricolor.domain.lights import SEVERITY, Light


class Why(StrEnum):
    """The named reason of every entry in an alert's timeline."""

    OPENED = "OPENED"
    WORSENED = "WORSENED"
    EASED = "EASED"
    RESOLVED = "RESOLVED"
    STALE = "STALE"  # the data went away; the level is kept
    FRESH = "FRESH"  # the data is back at the same level
    ACKED = "ACKED"
    UNACKED = "UNACKED"  # the acknowledgement timed out and it is still red
    REPEATED = "REPEATED"  # unacknowledged, told again
    ESCALATED = "ESCALATED"  # unacknowledged, told a step further up
    COMMENTED = "COMMENTED"
    FORWARDED = "FORWARDED"  # assigned to somebody else
    CLOSED = "CLOSED"  # ended by a person, with a reason
    CORRECTED = "CORRECTED"  # late data changed what a past verdict said
    RECOVERING = "RECOVERING"  # the clear condition holds, not yet long enough
    RELAPSED = "RELAPSED"  # recovering, and bad again before it was resolved


class Handling(StrEnum):
    UNACKED = "unacked"
    ACKED = "acked"


# the others are marks; they send no message
TOLD: frozenset[Why] = frozenset(
    {Why.OPENED, Why.WORSENED, Why.EASED, Why.RESOLVED, Why.UNACKED, Why.REPEATED, Why.ESCALATED, Why.FORWARDED, Why.CLOSED}
)
WHY_CN: dict[Why, str] = {
    Why.OPENED: "新预警", Why.WORSENED: "升级", Why.EASED: "缓解", Why.RESOLVED: "解除",
    Why.STALE: "数据中断", Why.FRESH: "数据恢复", Why.ACKED: "已知悉",
    Why.UNACKED: "知悉已过期", Why.REPEATED: "再次提醒", Why.ESCALATED: "逐级上报", Why.COMMENTED: "处理说明", Why.FORWARDED: "转交",
    Why.CLOSED: "关闭", Why.CORRECTED: "更正", Why.RECOVERING: "恢复观察", Why.RELAPSED: "再次越限",
}  # fmt: skip
WHY_EN: dict[Why, str] = {
    Why.OPENED: "new alert", Why.WORSENED: "worse", Why.EASED: "eased", Why.RESOLVED: "resolved",
    Why.STALE: "data gone", Why.FRESH: "data back", Why.ACKED: "acknowledged",
    Why.UNACKED: "acknowledgement expired", Why.REPEATED: "reminder", Why.ESCALATED: "escalated", Why.COMMENTED: "comment",
    Why.FORWARDED: "forwarded", Why.CLOSED: "closed", Why.CORRECTED: "corrected", Why.RECOVERING: "recovering", Why.RELAPSED: "bad again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertState:
    """One alert at one moment. level: yellow, orange or red while open, green once resolved; times [µs]."""

    level: Light
    opened_at: int
    changed_at: int
    is_stale: bool = False
    handling: Handling = Handling.UNACKED
    acked_by: str = ""
    resolved_at: int | None = None

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert: why, from what (None: there was no alert) to what."""

    why: Why
    before: AlertState | None
    after: AlertState

    @property
    def is_told(self) -> bool:
        """Whether people get a message of it."""
        return self.why in TOLD


def follow(state: AlertState | None, light: Light, at: int) -> Step | None:
    """What a verdict's light does to the open alert of its matter (None: there is none); None when there is nothing new.

    ValueError for a resolved alert: a later red or yellow opens a new one.
    """
    if state is None:
        if light in (Light.GREEN, Light.GREY):
            return None
        return Step(Why.OPENED, None, AlertState(light, opened_at=at, changed_at=at))
    if not state.is_open:
        raise ValueError("a resolved alert is closed for good")
    if light is Light.GREY:
        return None if state.is_stale else Step(Why.STALE, state, replace(state, is_stale=True))
    known = replace(state, is_stale=False)
    if light is Light.GREEN:
        return Step(Why.RESOLVED, state, replace(known, level=Light.GREEN, changed_at=at, resolved_at=at))
    if SEVERITY[light] > SEVERITY[state.level]:
        return Step(Why.WORSENED, state, replace(known, level=light, changed_at=at, handling=Handling.UNACKED, acked_by=""))
    if SEVERITY[light] < SEVERITY[state.level]:
        return Step(Why.EASED, state, replace(known, level=light, changed_at=at))
    return Step(Why.FRESH, state, known) if state.is_stale else None


def withdraw(state: AlertState, at: int) -> Step:
    """Closes the alert of a matter that is no longer judged at all (its entity or target was taken away)."""
    return Step(Why.RESOLVED, state, replace(state, level=Light.GREEN, is_stale=False, changed_at=at, resolved_at=at))


def acknowledge(state: AlertState, who: str) -> Step | None:
    """Somebody says "mine"; None when it was said already. ValueError for a resolved alert."""
    if not state.is_open:
        raise ValueError("the alert is resolved; there is nothing to acknowledge")
    if state.handling is Handling.ACKED:
        return None
    return Step(Why.ACKED, state, replace(state, handling=Handling.ACKED, acked_by=who))
