"""Ports of judging: who changed since when, and monthly sums of the accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict


class Changes(Protocol):
    """A book that can say whom its changes concern."""

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose entries changed after the mark `since` (0: all that have any)."""
        ...


@dataclass(frozen=True, slots=True)
class MonthAccount:
    """Day accounts of one entity, month, carrier and role added up. tce and co2 sums are over the days that have them; *_unknown: days without;
    days: a bit (1 << day of month) per day with an account; factor_ids: of all its days, sorted; tce_instead: calorific value of the days that have
    no equal value; both_unknown: days that have neither."""

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
    tce_instead: float = 0.0
    both_unknown: int = 0


class MonthAccounts(Protocol):
    """Monthly sums, kept up in the transaction that writes the day accounts."""

    def changes(self, since: int, last_month: str = "9999-12") -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose accounts of a month up to last_month changed after the mark `since` (0: all that ever had any)."""
        ...

    def months(self, entities: Sequence[str] | None, first_month: str, last_month: str) -> list[MonthAccount]:
        """Of the entities (None: of all) with first_month <= month <= last_month, by entity and month."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """One verdict as it stands in the history. since [µs]: when its light began; judged_at, as_of [µs]: when it was said, and the moment its facts
    speak of; corrects: the verdict on the same closed period that it puts right; corrected: that one and those before it, the newest first."""

    id: int
    verdict: Verdict
    since: int
    judged_at: int
    as_of: int
    is_current: bool
    corrects: int | None = None
    corrected: tuple["Word", ...] = ()


@dataclass(frozen=True, slots=True)
class UnitLight:
    """The worst light of a unit's verdicts that count. since [µs]: of green when the last of them turned green, else when the first began."""

    light: Light
    since: int


@dataclass(frozen=True, slots=True)
class LightsWanted:
    """Which verdicts a page is of; "" or None: all. period "": those in force now, else the last word on the period. entities: None: of all."""

    period: str = ""
    light: Light | None = None
    rule: str = ""
    entities: frozenset[str] | None = None


class LightBook(Protocol):
    """Verdicts as people look them up."""

    def page(self, wanted: LightsWanted, limit: int, after: int | None) -> list[Word]:
        """The worst first, then by entity, rule and indicator; after: number of the last one of the page before."""
        ...

    def of_entity(self, entity: str) -> list[StandingVerdict]:
        """In force of one entity, by rule and indicator."""
        ...

    def of_entities(self, entities: Sequence[str]) -> list[StandingVerdict]:
        """In force of several entities, by entity, rule and indicator."""
        ...

    def units(self) -> Mapping[str, UnitLight]:
        """By entity; one without a verdict that counts is left out."""
        ...

    def counts(self) -> Mapping[Light, int]:
        """How many verdicts in force have a light."""
        ...


@dataclass(frozen=True, slots=True)
class Correction:
    """What is said today of a closed period. corrects: number of the word so far; as_of [µs]: the moment the facts speak of."""

    corrects: int
    verdict: Verdict
    as_of: int


class ClosedPeriods(Protocol):
    """Verdicts on periods that are over, for judging them again when what they rest on changed."""

    def marks(self) -> Mapping[str, int] | None:
        """By input, up to which mark closed periods were judged again; None: never yet."""
        ...

    def closed(self, entities: Sequence[str], rules: Sequence[str]) -> list[Word]:
        """The last word on every matter and period that is in force no more."""
        ...

    def correct(self, corrections: Sequence[Correction], marks: Mapping[str, int] | None, at: int) -> list[Correction]:
        """Beside the old words, which stay; those whose old word is no longer the last one are left out. marks: noted with them. What was written."""
        ...
