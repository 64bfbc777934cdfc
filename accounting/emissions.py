"""Days of pollutants kept up: the (entity, day) that settling touched, and once all history that was there before."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from time import monotonic

from accounting.rounds import Rounds, rest_s
from tricolor.analysis.emissions import Outlet, outlets_of, pollutant_days, reading_span
from tricolor.catalogue.pollutants import emitted
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import EARLIEST_US, Interval, local_day
from tricolor.ports import ReadingStore, RegistryBook
from tricolor.ports_emissions import EmissionLedger, EmissionWork

TAKE = 5_000  # (entity, day) taken at once
PASS_S = 2.0  # a pass ends after about so long; the rest waits
BUSY_SHARE = 0.2  # of a core
PAUSE_S = 30.0  # between passes when nothing waits
BATCH_DAYS = 8  # of one entity read together


class EmissionKeeper:
    """Works out an entity's days and stores them; the result is the same in whatever order and however often."""

    def __init__(self, readings: ReadingStore, ledger: EmissionLedger, book: RegistryBook, clock: Callable[[], int]) -> None:
        self._readings, self._ledger, self._book, self._clock = readings, ledger, book, clock
        self._held: tuple[Registry, dict[str, list[Outlet]]] | None = None
        self._lock = threading.Lock()
        self._left: frozenset[str] = frozenset()
        self._is_begun = False

    def touch(self, pairs: Iterable[tuple[str, date]]) -> None:
        """Settling changed these. The day before is meant too: a period's reading lies at its end, the last one's on the next day."""
        rows = self._with_rows()
        today = local_day(self._clock())
        wanted = {(e, on - timedelta(days=back)) for e, on in pairs for back in (0, 1) if e in rows and on - timedelta(days=back) <= today}
        self._ledger.mark([(entity, str(on)) for entity, on in sorted(wanted)])

    def run_once(self, limit_s: float = PASS_S) -> int:
        """Work out what is marked until about limit_s; how many (entity, day) were done."""
        self._begin()
        outlets, began, done = self._outlets(), monotonic(), 0
        for part in _parts(self._ledger.work(TAKE)):
            if done and monotonic() - began > limit_s:
                break
            self._work_out(outlets.get(part[0].entity, []), part)
            done += len(part)
        return done

    def _work_out(self, outlets: Sequence[Outlet], part: Sequence[EmissionWork]) -> None:
        days = sorted(date.fromisoformat(w.day) for w in part)
        keys = sorted(set().union(*(o.keys for o in outlets)))
        rows = pollutant_days(outlets, days, self._readings.read(keys, reading_span(days[0], days[-1]))) if keys else []
        self._ledger.put(part, rows)

    def _begin(self) -> None:
        """Readings that came before emissions were worked out: mark every day of them, once."""
        if self._is_begun:
            return
        if not self._ledger.is_begun():
            last = self._readings.latest()
            for entity, outlets in self._outlets().items():
                keys = sorted(set().union(*(o.keys for o in outlets)))
                first = self._readings.around(keys, Interval(EARLIEST_US, EARLIEST_US)).at
                ends = [last[key] for key in keys if key in last]
                if len(first) and ends:
                    start, count = local_day(int(first.min())), (local_day(max(ends)) - local_day(int(first.min()))).days
                    self._ledger.mark([(entity, str(start + timedelta(days=n))) for n in range(-1, count + 1)])
        self._is_begun = True

    def _outlets(self) -> dict[str, list[Outlet]]:
        with self._lock:
            if self._held is None or self._held[0].version != self._book.version():
                registry = self._book.load()
                by_entity: dict[str, list[Outlet]] = {}
                for outlet in outlets_of(registry, registry.entities, emitted()):
                    by_entity.setdefault(outlet.entity, []).append(outlet)
                before = self._held[1] if self._held is not None else {}
                self._held = registry, by_entity
                self._left |= before.keys()
            return self._held[1]

    def _with_rows(self) -> frozenset[str]:
        """Units that have outlets, or had some since we started: their last point may just have gone."""
        return frozenset(self._outlets()) | self._left


def _parts(work: Sequence[EmissionWork]) -> list[list[EmissionWork]]:
    """Days of one entity that lie near each other, the newest first."""
    parts: dict[tuple[str, int], list[EmissionWork]] = {}
    for item in work:
        parts.setdefault((item.entity, date.fromisoformat(item.day).toordinal() // BATCH_DAYS), []).append(item)
    return sorted(parts.values(), key=lambda part: max(w.day for w in part), reverse=True)


class EmissionLoop(Rounds):
    """The thread that keeps the days up: every pause_s, with BUSY_SHARE of a core at most while there is a backlog."""

    def __init__(self, keeper: EmissionKeeper, pause_s: float = PAUSE_S) -> None:
        self._keeper, self._pause_s = keeper, pause_s
        super().__init__("emissions", self._one, min(1.0, pause_s))

    def _one(self) -> float:
        began = monotonic()
        self._keeper.run_once()
        took = monotonic() - began
        return max(rest_s(took, BUSY_SHARE), self._pause_s if took < PASS_S else 0.2)
