"""Ports of data quality: the rows by point and day, the checks between meters, and what is to be looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.intervals import Interval
from tricolor.domain.quality import Check, PointDay


@dataclass(frozen=True, slots=True)
class QualityWork:
    """One (entity, day) to look at again. turn: rises with every mark, 0 when it was never marked."""

    entity: str
    day: str
    turn: int = 0


class QualityLedger(Protocol):
    """What accounting writes."""

    def mark(self, pairs: Sequence[tuple[str, str]]) -> None:
        """These (entity, day) are to be looked at again."""
        ...

    def work(self, first_day: str, last_day: str, limit: int) -> list[QualityWork]:
        """Marked ones with first_day <= day <= last_day, the newest first."""
        ...

    def put(self, done: Sequence[QualityWork], owners: Mapping[int, str], rows: Sequence[PointDay], checks: Sequence[Check]) -> None:
        """Rows and checks of these (entity, day) become exactly these; a mark that was renewed meanwhile stays. owners: point -> entity."""
        ...

    def held(self, first_day: str, last_day: str) -> Mapping[tuple[str, str], int]:
        """How many points of an (entity, day) have a row."""
        ...


class QualityChanges(Protocol):
    """What judging follows."""

    def changes(self, since: int, first_day: str = "", last_day: str = "9999-12-31") -> tuple[int, frozenset[str]]:
        """The mark now, and the entities of which rows or checks of first_day <= day <= last_day became others after the mark `since` (0: all that
        ever had any). The running day changes with every reading: who judges whole days names yesterday as last_day."""
        ...


class QualityBook(Protocol):
    """What people read."""

    def days(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PointDay]:
        """Rows by point and day; first_day <= day <= last_day."""
        ...

    def point_days(self, point: int, first_day: str, last_day: str) -> list[PointDay]: ...
    def checks(self, entities: Sequence[str], first_day: str, last_day: str) -> list[Check]: ...
    def quarantined(self, span: Interval) -> Mapping[str, int]:
        """Readings in quarantine that arrived in the span, by the id of their point."""
        ...
