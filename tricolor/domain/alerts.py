"""Alerts: what they are, and what people do with them. What verdicts and time do to them stands in alert_machine.py. Pure; time is a parameter.

Two axes (DESIGN §8). Condition: pending, firing, recovering, resolved. Handling: unacked, acked; worsening asks anew, and so does time.
Grey (not known) neither opens nor closes anything: it marks an open alert stale and its level stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    NO_DATA = "NO_DATA"  # the data went away and no other alert says so: the data's owner is told, once


class Handling(StrEnum):
    UNACKED = "unacked"
    ACKED = "acked"


# the others are marks; they send no message
TOLD: frozenset[Why] = frozenset(
    {Why.OPENED, Why.WORSENED, Why.EASED, Why.RESOLVED, Why.UNACKED, Why.REPEATED, Why.ESCALATED, Why.FORWARDED, Why.CLOSED, Why.NO_DATA}
)
WHY_CN: dict[Why, str] = {
    Why.OPENED: "新预警", Why.WORSENED: "升级", Why.EASED: "缓解", Why.RESOLVED: "解除",
    Why.STALE: "数据中断", Why.FRESH: "数据恢复", Why.ACKED: "已知悉",
    Why.UNACKED: "知悉已过期", Why.REPEATED: "再次提醒", Why.ESCALATED: "逐级上报", Why.COMMENTED: "处理说明", Why.FORWARDED: "转交",
    Why.CLOSED: "关闭", Why.CORRECTED: "更正", Why.RECOVERING: "恢复观察", Why.RELAPSED: "再次越限", Why.NO_DATA: "数据缺失",
}  # fmt: skip
WHY_EN: dict[Why, str] = {
    Why.OPENED: "new alert", Why.WORSENED: "worse", Why.EASED: "eased", Why.RESOLVED: "resolved",
    Why.STALE: "data gone", Why.FRESH: "data back", Why.ACKED: "acknowledged",
    Why.UNACKED: "acknowledgement expired", Why.REPEATED: "reminder", Why.ESCALATED: "escalated", Why.COMMENTED: "comment",
    Why.FORWARDED: "forwarded", Why.CLOSED: "closed", Why.CORRECTED: "corrected", Why.RECOVERING: "recovering", Why.RELAPSED: "bad again",
    Why.NO_DATA: "no data",
}  # fmt: skip


class Condition(StrEnum):
    """Normal has no alert at all."""

    PENDING = "pending"  # bad, and not yet long enough: nobody is told
    FIRING = "firing"
    RECOVERING = "recovering"  # clear, and not yet long enough
    RESOLVED = "resolved"


OPEN = frozenset({Condition.FIRING, Condition.RECOVERING})  # what people see as open


@dataclass(frozen=True, slots=True)
class Run:
    """How long something has been seen without a break: since when [µs], on how many facts."""

    since: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class AlertState:
    """One alert at one moment; times [µs].

    level: the level last told (of a pending one: the light seen); green once resolved by a verdict. seen: the light seen last; at_least, at_most:
    since when it has been at least or at most so bad; clear: since when it has been green beyond the band; stamp: the fact that was counted last.
    grey_since: since when nothing is known. episode_at, steps_done: since when nobody answers, and the steps of the escalation done since; told_at:
    when people were last told of it; None: not known (an alert of an older release), then from the next tick on. bars: closed by a person while it
    was still bad: nothing opens again up to this light until it was green.
    """

    level: Light
    opened_at: int
    changed_at: int
    is_stale: bool = False
    handling: Handling = Handling.UNACKED
    acked_by: str = ""
    resolved_at: int | None = None
    condition: Condition = Condition.FIRING
    seen: Light = Light.GREEN
    at_least: Mapping[Light, Run] = field(default_factory=dict)
    at_most: Mapping[Light, Run] = field(default_factory=dict)
    clear: Run | None = None
    stamp: str = ""
    grey_since: int | None = None
    acked_at: int | None = None
    assignee: str = ""
    episode_at: int | None = None
    steps_done: int = 0
    told_at: int | None = None
    closed_reason: str = ""
    bars: Light | None = None

    @property
    def is_open(self) -> bool:
        """Whether people see it as open."""
        return self.condition in OPEN

    @property
    def is_watched(self) -> bool:
        """Whether verdicts still matter to it."""
        return self.condition is not Condition.RESOLVED or self.bars is not None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert: why, from what (None: there was no alert, or it was pending) to what. by, to, text: of a person's deed; light: of a
    correction."""

    why: Why
    before: AlertState | None
    after: AlertState
    by: str = ""
    to: str = ""
    text: str = ""
    light: Light | None = None

    @property
    def is_told(self) -> bool:
        """Whether people get a message of it."""
        return self.why in TOLD


def acknowledge(state: AlertState, who: str, at: int) -> Step | None:
    """Somebody says "mine"; None when it was said already. ValueError for an alert that is not open."""
    _require_open(state, "acknowledge")
    if state.handling is Handling.ACKED:
        return None
    return Step(Why.ACKED, state, replace(state, handling=Handling.ACKED, acked_by=who, acked_at=at), by=who)


def comment(state: AlertState, who: str, text: str) -> Step:
    """What was found or done, in somebody's words; also after the end. ValueError without words."""
    if state.condition is Condition.PENDING:
        raise ValueError("the alert is still pending; there is nothing to comment on")
    return Step(Why.COMMENTED, state, state, by=who, text=_worded(text, "a comment"))


def forward(state: AlertState, who: str, to: str, text: str = "") -> Step | None:
    """Somebody hands it to somebody else, who is told; None when it is theirs already. ValueError for an alert that is not open.

    Handling stays as it is: who acknowledged it answers until the other does or the acknowledgement times out.
    """
    _require_open(state, "forward")
    name = _worded(to, "the person to forward to")
    return None if state.assignee == name else Step(Why.FORWARDED, state, replace(state, assignee=name), by=who, to=name, text=text.strip())


def close(state: AlertState, who: str, reason: str, at: int) -> Step:
    """A person ends it, with a reason. While it is not clear the matter stays barred: it opens again only after it was green once, or worse
    than the level closed. ValueError without a reason, or for an alert that is not open."""
    _require_open(state, "close")
    why = _worded(reason, "the reason of closing")
    bars = state.level if state.condition is Condition.FIRING else None
    after = replace(ended(state, at), level=state.level, closed_reason=why, bars=bars)
    return Step(Why.CLOSED, state, after, by=who, text=why)


def withdraw(state: AlertState, at: int) -> Step | None:
    """Ends the alert of a matter that is no longer judged at all (its entity or target was taken away); None where nobody had heard of it."""
    return Step(Why.RESOLVED, state, ended(state, at)) if state.is_open else None


def correct(state: AlertState, light: Light) -> Step:
    """Late data changed what was said of a past period: a word beside what stands, which stays. light: of the corrected word."""
    return Step(Why.CORRECTED, state, state, light=light)


def no_data(state: AlertState) -> Step:
    """The data of a stale alert is missing and no other alert says so."""
    return Step(Why.NO_DATA, state, state)


def ended(state: AlertState, at: int) -> AlertState:
    return replace(
        state, level=Light.GREEN, condition=Condition.RESOLVED, changed_at=at, resolved_at=at, is_stale=False, grey_since=None, at_least={},
        at_most={}, clear=None, stamp="",
    )  # fmt: skip


def is_barred(state: AlertState, light: Light) -> bool:
    """Whether a closed alert keeps a new one with this light from opening."""
    if state.bars is None or light is Light.GREEN:
        return False
    return SEVERITY[light] <= SEVERITY[state.bars]


def _require_open(state: AlertState, verb: str) -> None:
    if state.condition is Condition.PENDING:
        raise ValueError(f"the alert is still pending; there is nothing to {verb}")
    if not state.is_open:
        raise ValueError(f"the alert is resolved; there is nothing to {verb}")


def _worded(text: str, what: str) -> str:
    words = text.strip()
    if not words:
        raise ValueError(f"{what} is missing: write it down")
    return words
