"""Open items: parked jumps as a work list for people, what a person may decide about one, and the record of it all.

A jump beyond the plate that stays (LEAP) and a drop that stays (OPEN) are parked: their energy is not in the amount until a person decides.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.cells import MAX_CELLS_PER_STEP
from tricolor.domain.decided import is_same_jump
from tricolor.domain.errors import Problems
from tricolor.domain.exchanges import Exchange
from tricolor.domain.intervals import CELL_US, DAY_US, EARLIEST_US, LATEST_US, iso
from tricolor.domain.steps import StepKind


class ItemState(StrEnum):
    """Where an item stands."""

    OPEN = "open"  # waits for a person
    SETTLED = "settled"  # a decision about it is in force
    GONE = "gone"  # later data or another plate explained it; it comes back when its step does


class DecisionKind(StrEnum):
    """What a person decided."""

    CONFIRM = "confirm"  # the jump was really used: it counts, spread over the step
    DISMISS = "dismiss"  # a misread: it counts nothing, and the time stays not known
    EXCHANGE = "exchange"  # the meter was exchanged in between
    SUBSTITUTE = "substitute"  # a person's amount stands for whole cells, whatever the meter gave


class ItemEventKind(StrEnum):
    """What happened to an item."""

    APPEARED = "appeared"
    GONE = "gone"
    RETURNED = "returned"
    CONFIRMED = "confirm"
    DISMISSED = "dismiss"
    EXCHANGED = "exchange"
    SUBSTITUTED = "substitute"
    UNDONE = "undo"


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked step. point: registry key; start, end [µs]; before, after: readings [meter's own unit] (before None: the point has no register);
    jump [meter's own unit], negative for a drop; amount [unit of the cells, multiplier included]: what counts if the jump is confirmed as it is."""

    point: int
    start: int
    end: int
    kind: StepKind
    before: float | None
    after: float
    jump: float
    amount: float

    def is_same(self, other: "Parked") -> bool:
        """Whether both are the same question to a person."""
        return (self.point, self.start, self.end) == (other.point, other.start, other.end) and is_same_jump(self.jump, other.jump)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision. item None: a substitute given for a span by itself; start, end [µs]; amount [unit of the cells] (confirm: None is the jump
    as it is); exchange: the one declared; in force while undone_at is None. Times [µs]."""

    id: int
    kind: DecisionKind
    point: int
    item: int | None
    start: int
    end: int
    amount: float | None
    exchange: Exchange | None
    person: str
    reason: str
    decided_at: int
    undone_at: int | None = None
    undone_by: str = ""
    undone_reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One line of the work list. gone_at [µs], gone_because (a step kind's lower-case name, "" when no step is there any more): of a vanished one;
    decision: the one in force, which may be a substitute that covers the whole step."""

    id: int
    parked: Parked
    state: ItemState
    first_seen: int
    gone_at: int | None
    gone_because: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """What happened to an item, when [µs], by whom ("" for settling itself) and why."""

    at: int
    what: ItemEventKind
    who: str
    reason: str
    decision: int | None


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """An item with every decision ever made about it and everything that happened to it, oldest first."""

    item: OpenItem
    decisions: tuple[Decision, ...]
    events: tuple[ItemEvent, ...]


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """state None: any; points None: of any point (registry keys)."""

    state: ItemState | None = None
    points: frozenset[int] | None = None


def check_author(who: str, reason: str) -> list[str]:
    """Faults of a decision's author and reason."""
    problems = [] if who.strip() else ["author: say who decides"]
    return problems if reason.strip() else [*problems, "reason: say why"]


def check_confirm(parked: Parked, amount: float | None) -> list[str]:
    """Faults of a confirmation; a drop tells no amount by itself."""
    if amount is None:
        return [] if parked.kind is StepKind.LEAP and parked.jump > 0 else ["amount: a drop does not tell what was used; state the amount"]
    return check_amount(amount)


def check_amount(amount: float) -> list[str]:
    return [] if math.isfinite(amount) and amount >= 0 else [f"amount is {amount}: it must be 0 or more"]


def check_span(start: int, end: int, now: int) -> list[str]:
    """Faults of a substitute's span: whole 15-minute cells that are over."""
    if not (EARLIEST_US <= start < LATEST_US and EARLIEST_US <= end < LATEST_US):
        return ["start, end: the time cannot be"]
    problems = [f"{name} {iso(at)} is not on a quarter of an hour" for name, at in (("start", start), ("end", end)) if at % CELL_US]
    if end <= start:
        problems.append("end must be later than start")
    elif end - start > MAX_CELLS_PER_STEP * CELL_US:
        problems.append(f"the span is longer than {MAX_CELLS_PER_STEP * CELL_US // DAY_US} days: give it in parts")
    if end > now:
        problems.append(f"end {iso(end)} is still to come: a substitute is for time that is over")
    return problems


def check_moment(parked: Parked, moment: int) -> list[str]:
    """Faults of the moment of an exchange that is to explain the item."""
    if parked.start <= moment <= parked.end:
        return []
    return [f"at: the exchange must lie between the two readings, {iso(parked.start)} and {iso(parked.end)}"]


def refuse_faults(problems: list[str]) -> None:
    """Problems when there are any."""
    if problems:
        raise Problems(problems)
