"""Ports of judging: who changed since when, and monthly sums of the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Changes(Protocol):
    """A book that can say whom its changes concern."""

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose entries changed after the mark `since` (0: all that have any)."""
        ...


@dataclass(frozen=True, slots=True)
class MonthAccount:
    """Day accounts of one entity, month, carrier and role added up. tce and co2 sums are over the days that have them; *_unknown: days without;
    days: a bit (1 << day of month) per day with an account; factor_ids: of all its days."""

    entity: str
    month: str
    carrier: str
    role: str
    amount: float
    unit: str
    tce_calorific: float
    calorific_unknown: int
    tce_equivalent: float
    equivalent_unknown: int
    co2_t: float
    co2_unknown: int
    covered_s: float
    expected_s: float
    estimated_amount: float
    days: int
    factor_ids: tuple[str, ...]


class MonthAccounts(Changes, Protocol):
    """Monthly sums, kept up in the transaction that writes the day accounts."""

    def months(self, entities: Sequence[str] | None, first_month: str, last_month: str) -> list[MonthAccount]:
        """Of the entities (None: of all) with first_month <= month <= last_month, by entity and month."""
        ...
