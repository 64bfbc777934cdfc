"""Forecasts kept up: once a day, and when months that are over changed, for areas with targets, enterprises and heat networks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

from accounting.rounds import RETRY_S, Rounds, rest_s
from tricolor.analysis.forecast_entity import Known, digest_of, entity_forecasts
from tricolor.analysis.forecast_known import Books, KnownMonths
from tricolor.analysis.forecast_lights import LightOf
from tricolor.catalogue.holidays import spring_festivals
from tricolor.catalogue.plans import Plan
from tricolor.domain.errors import TryAgain
from tricolor.domain.forecasts import Forecast
from tricolor.domain.intervals import local_day, month_text
from tricolor.ports import RegistryBook
from tricolor.ports_forecasts import ForecastBook

PASS_S = 5.0  # a pass ends after about so long; the rest waits
BUSY_SHARE = 0.5  # of a core
AT_ONCE = 50  # entities whose forecasts are written together


@dataclass(frozen=True, slots=True)
class Progress:
    """done: entities that were forecast; is_cut: time ran out before the rest."""

    done: int
    is_cut: bool


class ForecastKeeper:
    """Makes the forecasts of every entity whose finished months, figures, exclusions or targets are not those of its last forecast; the result is the
    same however often."""

    def __init__(self, book: RegistryBook, books: Books, forecasts: ForecastBook, plan: Plan, light_of: LightOf, clock: Callable[[], int]) -> None:
        self._book, self._books, self._forecasts, self._plan = book, books, forecasts, plan
        self._light_of, self._clock = light_of, clock
        self._made: dict[str, str] = {}  # entity -> digest of what its forecasts were made of
        self._basis: tuple[object, ...] = ()
        self._waiting: Iterator[Known] = iter(())

    def run_once(self, limit_s: float = PASS_S) -> Progress:
        """Work on what changed for about limit_s."""
        now, began, done = self._clock(), monotonic(), 0
        basis = (self._books.basis(), self._book.version(), local_day(now))
        if basis != self._basis:
            self._waiting, self._basis = self._load(now), basis
        found: list[Forecast] = []
        for known in self._waiting:
            digest = digest_of(known, month_text(now))
            if self._made.get(known.entity) == digest:
                continue
            found += entity_forecasts(known, now, self._light_of)
            self._made[known.entity] = digest
            done += 1
            if done % AT_ONCE == 0:
                self._put(found)
                found = []
            if monotonic() - began > limit_s:
                self._put(found)
                return Progress(done, True)
        self._put(found)
        return Progress(done, False)

    def _load(self, now: int) -> Iterator[Known]:
        months = KnownMonths(self._book.load(), self._books, self._plan, spring_festivals(), now)
        return (months.of(entity) for entity in months.wanted())

    def _put(self, found: list[Forecast]) -> None:
        try:
            self._forecasts.put(found)
        except TryAgain:
            for forecast in found:  # not stored: made again
                self._made.pop(forecast.entity, None)
            self._basis = ()
            raise


class ForecastLoop(Rounds):
    """The thread that keeps forecasts up: looks every pause_s, with BUSY_SHARE of a core at most while there is a backlog."""

    def __init__(self, keeper: ForecastKeeper, pause_s: float) -> None:
        self._keeper, self._pause_s = keeper, pause_s
        super().__init__("forecast", self._one, min(5.0, pause_s), max(RETRY_S, pause_s))

    def _one(self) -> float:
        began = monotonic()
        found = self._keeper.run_once()
        return max(rest_s(monotonic() - began, BUSY_SHARE), 0.2 if found.is_cut else self._pause_s)
