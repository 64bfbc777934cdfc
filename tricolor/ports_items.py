"""Ports of the open items: the list that people read, the desk where they decide, and the record that settling keeps."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tricolor.domain.exchanges import Declared, Exchange, MultiplierChange
from tricolor.domain.intervals import Interval
from tricolor.domain.items import Decision, ItemFilter, ItemHistory, ItemState, OpenItem, Parked


class OpenItemsBook(Protocol):
    """The work list."""

    def page(self, which: ItemFilter, limit: int, before_id: int | None = None) -> list[OpenItem]:
        """Newest first; before_id: only items with a smaller id."""
        ...

    def get(self, item: int) -> ItemHistory:
        """NotFound when there is none."""
        ...

    def counts(self, points: frozenset[int] | None = None) -> Mapping[ItemState, int]:
        """How many items there are in each state; all three are named."""
        ...

    def decisions(self, point: int) -> list[Decision]:
        """Every decision ever made about the point, newest first; substitutes given without an item among them."""
        ...

    def decision(self, decision: int) -> Decision:
        """NotFound when there is none."""
        ...


class ItemDesk(Protocol):
    """Where people decide. who, reason: must not be blank; at: now [µs]. Problems lists every fault of the input; NotFound: no such item;
    Refused: the item is gone, or something already holds and must be undone first. Each marks what it touches to be settled again."""

    def confirm(self, item: int, amount: float | None, who: str, reason: str, at: int) -> Decision:
        """The jump was really used. amount [unit of the cells]: None is the jump as it is; a drop needs one."""
        ...

    def dismiss(self, item: int, who: str, reason: str, at: int) -> Decision: ...

    def exchange(self, item: int, moment: int, final: float, start: float, who: str, reason: str, at: int) -> Decision:
        """The meter was exchanged at `moment` [µs], between the item's readings: it showed final, the new one start [meter's own unit]."""
        ...

    def substitute(self, point: int, start: int, end: int, amount: float, who: str, reason: str, at: int) -> Decision:
        """The amount [unit of the cells] stands for [start, end), whole cells, split evenly, whatever the meter gave."""
        ...

    def undo(self, decision: int, who: str, reason: str, at: int) -> Decision:
        """As if it had never been decided; the record stays. Refused when it is not in force."""
        ...


class ItemRecord(Protocol):
    """What settling keeps of parked steps."""

    def points(self) -> set[int]:
        """Points with an item whose step is there, as far as the record knows."""
        ...

    def held(self, points: Sequence[int], span: Interval) -> list[tuple[int, Parked, bool]]:
        """Items of the points that overlap the span, as (id, step, whether the step is there)."""
        ...

    def write(self, appeared: Sequence[Parked], standing: Sequence[tuple[int, Parked]], gone: Sequence[tuple[int, str]], at: int) -> None:
        """New items; items that are there (again) and may have another amount or kind; items whose step is no more, and the kind that explains it."""
        ...


class MeterFactsDesk(Protocol):
    """Where people declare meter exchanges and multiplier changes, and take them back; the record of both stays."""

    def declare(self, fact: Exchange | MultiplierChange, person: str, reason: str = "") -> int:
        """The id of the declaration. Problems when its numbers cannot be; Refused when another one holds for the same point and moment."""
        ...

    def revoke_exchange(self, declaration: int, person: str) -> None: ...
    def revoke_multiplier(self, declaration: int, person: str) -> None: ...
    def history(self, point: int) -> list[Declared]:
        """Everything ever declared of the point (registry key), exchanges first, by the time it was declared."""
        ...
