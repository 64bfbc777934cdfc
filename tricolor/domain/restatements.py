"""Restatements: accounts worked out anew because a factor changed, and what that moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.accounts import DayAccount


class Cause(StrEnum):
    """What made a restatement necessary."""

    SETTING = "setting"  # a person set a factor
    REVOCATION = "revocation"  # a person took one back
    PLAN = "plan"  # the plan pack's or the tables' factors are others than at the last start


@dataclass(frozen=True, slots=True)
class Scope:
    """The day accounts that may move. Empty carriers or entities mean all; first_day, last_day: YYYY-MM-DD inclusive, "" unbounded."""

    carriers: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class Restatement:
    """One change of factors carried through the accounts; its id is the version. made_at, finished_at [µs]; cursor: what is done, "" at first."""

    id: int
    cause: Cause
    setting: int | None
    author: str
    reason: str
    scope: Scope
    made_at: int
    finished_at: int | None = None
    cursor: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """Standard coal [tce] and CO2 [t] of some accounts, added up over what is known."""

    tce_calorific: float = 0.0
    tce_equivalent: float = 0.0
    co2_t: float = 0.0

    def add(self, other: "Sums") -> "Sums":
        return Sums(self.tce_calorific + other.tce_calorific, self.tce_equivalent + other.tce_equivalent, self.co2_t + other.co2_t)


@dataclass(frozen=True, slots=True)
class Effect:
    """What moved of one unit in one month: rows (day, carrier, role) that changed, and their sums before and after, all roles together."""

    entity: str
    month: str
    rows: int
    before: Sums
    after: Sums


@dataclass(frozen=True, slots=True)
class Earlier:
    """A day account as it was believed before a restatement. id: its place in the record; superseded_at [µs]."""

    id: int
    restatement: int
    account: DayAccount
    superseded_at: int


def effects_of(changes: Iterable[tuple[DayAccount, DayAccount]]) -> list[Effect]:
    """By (entity, month), ordered."""
    found: dict[tuple[str, str], list[float]] = {}
    for before, after in changes:
        sums = found.setdefault((before.entity, before.day[:7]), [0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        sums[0] += 1
        sums[1] += before.tce_calorific or 0.0
        sums[2] += before.tce_equivalent or 0.0
        sums[3] += before.co2_t or 0.0
        sums[4] += after.tce_calorific or 0.0
        sums[5] += after.tce_equivalent or 0.0
        sums[6] += after.co2_t or 0.0
    return [Effect(*key, int(sums[0]), Sums(*sums[1:4]), Sums(*sums[4:])) for key, sums in sorted(found.items())]


def total_of(effects: Sequence[Effect]) -> tuple[int, Sums, Sums]:
    """Rows, before, after over all of them."""
    before, after = Sums(), Sums()
    for each in effects:
        before, after = before.add(each.before), after.add(each.after)
    return sum(each.rows for each in effects), before, after
