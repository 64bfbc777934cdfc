"""Ports of the emissions: days of pollutants as accounting keeps them, and permits that people enter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.emissions import Permit, PermitEntry, PollutantDay


@dataclass(frozen=True, slots=True)
class EmissionWork:
    """One (entity, day) to work out again. turn: rises with every mark."""

    entity: str
    day: str
    turn: int


class EmissionLedger(Protocol):
    """What accounting writes."""

    def mark(self, pairs: Sequence[tuple[str, str]]) -> None:
        """These (entity, day) are to be worked out again."""
        ...

    def work(self, limit: int) -> list[EmissionWork]:
        """Marked ones, the newest first."""
        ...

    def put(self, done: Sequence[EmissionWork], rows: Sequence[PollutantDay]) -> None:
        """The rows of these (entity, day) become exactly these; a mark that was renewed meanwhile stays."""
        ...

    def is_begun(self) -> bool:
        """Whether any day was ever worked out or is marked."""
        ...


class EmissionBook(Protocol):
    """What people and rules read."""

    def version(self) -> int:
        """Rises with every change of a stored day."""
        ...

    def days(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        """first_day <= day <= last_day, without their hours."""
        ...

    def months(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        """The days of each calendar month added up, under the first of them that has a row; for spans of a month and longer."""
        ...

    def hours(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        """As days, with their hours."""
        ...


class PermitBook(Protocol):
    """Permits: entries by people, never removed, only revoked."""

    def version(self) -> int: ...
    def entries(self, entities: Sequence[str]) -> list[PermitEntry]:
        """Every entry ever made, revoked ones too, by number."""
        ...

    def add(self, permit: Permit, by: str, at: int) -> PermitEntry:
        """The same one twice changes nothing. Problems; NotFound without the entity; Refused when one in force speaks of the same days otherwise."""
        ...

    def revoke(self, entry: int, by: str, at: int) -> PermitEntry:
        """Twice changes nothing; NotFound."""
        ...
