"""A small town whose bulletin is worked out by hand, and a writer that prints words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from alerting.bulletin_sources import Sources
from tests.alerting.conftest import Town, plan, point, thousand_a_month, town  # noqa: F401 - fixtures
from tricolor.domain.documents import Document
from tricolor.domain.intervals import Interval, parse_us
from tricolor.ports_bulletins import AlertLife
from tricolor.ports_judging import Word

MADE_AT = parse_us("2026-11-16T09:00:00+08:00")


@dataclass
class Past:
    """PeriodHistory that a test fills."""

    closed: list[Word] = field(default_factory=list)
    states: list[Word] = field(default_factory=list)
    lives: list[AlertLife] = field(default_factory=list)

    def last_words(self, periods: Collection[str], entities: Sequence[str]) -> list[Word]:
        return [w for w in self.closed if w.verdict.period in periods and w.verdict.entity in entities]

    def words_at(self, entities: Sequence[str], at: int) -> list[Word]:
        return [w for w in self.states if w.verdict.entity in entities and w.since <= at]

    def alerts(self, entities: Sequence[str], span: Interval) -> list[AlertLife]:
        return [life for life in self.lives if life.entity in entities]


class Words:
    """BulletinWriter whose file is what the document says."""

    def __init__(self, suffix: str = "txt") -> None:
        self.suffix, self.media_type, self.written = suffix, "text/plain", 0

    def write(self, document: Document) -> bytes:
        self.written += 1
        return repr(document).encode()


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
def mill_town(town: Town) -> Town:  # noqa: F811 - the fixture
    """Regions as in tests/alerting; the mill of the north takes 1 100 tce a month where it took 1 000 in 2025, and makes 1 500 t of carbide, was 1 200.
    The south has no target and no figures."""
    town.points = [point(3, "mill.elec", "mill")]
    thousand_a_month(town, "mill", tce_now=1_100.0)
    for number in range(1, 11):
        for year, output in ((2025, 1_200.0), (2026, 1_500.0)):
            town.make("mill", f"{year}-{number:02d}", output, "calcium_carbide")
    for number in range(1, 11):
        for year, money in ((2025, 1_000.0), (2026, 1_120.0)):
            for area in ("north", "town"):
                town.earn(area, f"{year}-{number:02d}", money)
    return town


@pytest.fixture
def sources(mill_town: Town, plan, past: Past) -> Sources:  # noqa: F811 - likewise
    return Sources(mill_town, plan, mill_town.books(), past, built="test")  # type: ignore[arg-type]
