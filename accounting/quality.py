"""Data quality kept up: the (entity, day) that settling touched, and in the background the days that were never looked at."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import monotonic

from accounting.rounds import Rounds, rest_s
from tricolor.analysis.quality import point_days
from tricolor.analysis.quality_checks import checks_of
from tricolor.analysis.quality_flows import CellBook, Tree, links_of, tree_of
from tricolor.analysis.quality_stuck import stuck_days
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import EARLIEST_US, Interval, day, local_day
from tricolor.domain.meters import Point
from tricolor.ports import EnergyStore, ReadingStore, RegistryBook
from tricolor.ports_quality import QualityLedger, QualityWork

ROWS_AT_ONCE = 500_000  # rough bound of the readings and cells held in memory in one go
TAKE = 5_000  # (entity, day) taken at once
PASS_S = 2.0  # a pass ends after about so long; the rest waits
BUSY_SHARE = 0.2  # of a core, however much there is to do
BACK_DAYS = 800  # how far back days that nobody touched are looked for
AHEAD_DAYS = 31  # of them in one look


@dataclass(frozen=True, slots=True)
class Progress:
    """done: how many (entity, day) were looked at; is_cut: time ran out before the rest of what was taken."""

    done: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """One version of the registry, arranged for looking at an entity at a time."""

    registry: Registry
    tree: Tree
    links: Mapping[str, frozenset[str]]
    points: Mapping[str, Mapping[int, Point]]

    @staticmethod
    def of(registry: Registry) -> "_Known":
        points: dict[str, dict[int, Point]] = {}
        for point in registry.points.values():
            points.setdefault(point.entity_id, {})[point.key] = point
        return _Known(registry, tree_of(registry), links_of(registry), points)

    def due(self, on: date) -> dict[str, int]:
        """Points of each entity whose validity holds part of the day."""
        span = day(on)
        counts = {e: sum(_is_valid_in(p, span) for p in points.values()) for e, points in self.points.items()}
        return {entity: count for entity, count in counts.items() if count}


def _is_valid_in(point: Point, span: Interval) -> bool:
    return span.end > point.valid_from and (point.valid_to is None or span.start < point.valid_to)


class QualityKeeper:
    """Looks at an entity's days and stores their rows and checks; the result is the same in whatever order and however often."""

    def __init__(self, readings: ReadingStore, energy: EnergyStore, ledger: QualityLedger, book: RegistryBook, clock: Callable[[], int]) -> None:
        self._readings, self._energy, self._ledger, self._book, self._clock = readings, energy, ledger, book, clock
        self._held: _Known | None = None
        self._lock = threading.Lock()
        self._back: date | None = None  # the last day of the next stretch to look through
        self._earliest = date.max
        self._today: date | None = None

    def touch(self, pairs: Iterable[tuple[str, date]]) -> None:
        """Settling changed these; the units whose meters stand before or behind theirs are looked at as well. Days to come are left out."""
        links, today = self._known().links, local_day(self._clock())
        self._ledger.mark([(each, str(on)) for entity, on in pairs if on <= today for each in sorted(links.get(entity, frozenset()) | {entity})])

    def refresh(self, limit_s: float = PASS_S) -> Progress:
        """Today, where settling touched it."""
        today = str(local_day(self._clock()))
        return self._look_at_all(self._ledger.work(today, today, TAKE), limit_s)

    def catch_up(self, limit_s: float = PASS_S) -> Progress:
        """Earlier days that settling touched, then days without rows, the newest first."""
        yesterday = local_day(self._clock()) - timedelta(days=1)
        marked = self._look_at_all(self._ledger.work("", str(yesterday), TAKE), limit_s)
        if marked.is_cut:
            return marked
        unseen = self._look_at_all(self._unseen(), limit_s)
        return Progress(marked.done + unseen.done, unseen.is_cut)

    def _look_at_all(self, work: Sequence[QualityWork], limit_s: float) -> Progress:
        known, began, done = self._known(), monotonic(), 0
        for part in self._parts(known, work):
            if done and monotonic() - began > limit_s:
                return Progress(done, True)
            self._look_at(known, part)
            done += len(part)
        return Progress(done, False)

    def _known(self) -> _Known:
        with self._lock:
            if self._held is None or self._held.registry.version != self._book.version():
                before, self._held = self._held, _Known.of(self._book.load())
                self._back = None  # new points: look back again
                if before is not None:
                    self._ledger.mark(self._moved(before.registry, self._held))
            return self._held

    def _moved(self, before: Registry, after: _Known) -> list[tuple[str, str]]:
        """Where a meter got another parent, the balances of the last AHEAD_DAYS are made again."""
        meters = after.registry.meters
        ids = {m.id for m in meters.values() if m.id in before.meters and before.meters[m.id].parent_id != m.parent_id}
        ends = {i for m in ids for i in (m, meters[m].parent_id, before.meters[m].parent_id)} & meters.keys()
        today = local_day(self._clock())
        days = [str(today - timedelta(days=back)) for back in range(AHEAD_DAYS)]
        return [(entity, on) for entity in sorted({meters[i].entity_id for i in ends}) for on in days]

    def _unseen(self) -> list[QualityWork]:
        """A stretch of days in which points have no row; none once all were looked through. Every new day the search begins again at its top."""
        known, today = self._known(), local_day(self._clock())
        if self._back is None or self._today != today:
            self._earliest = max(today - timedelta(days=BACK_DAYS), self._first_day(known.registry, today))
            self._today = self._back = today
        while self._back >= self._earliest:  # at most BACK_DAYS / AHEAD_DAYS times
            first = max(self._earliest, self._back - timedelta(days=AHEAD_DAYS - 1))
            held = self._ledger.held(str(first), str(self._back))
            days = [self._back - timedelta(days=n) for n in range((self._back - first).days + 1)]
            found = [QualityWork(e, str(on)) for on in days for e, count in known.due(on).items() if held.get((e, str(on)), 0) < count]
            if found:
                return found[:TAKE]
            self._back = first - timedelta(days=1)
        return []

    def _first_day(self, registry: Registry, today: date) -> date:
        """The day of the oldest reading or dated validity."""
        keys = sorted(registry.by_key)
        oldest = self._readings.around(keys, Interval(EARLIEST_US, EARLIEST_US)).at.tolist() if keys else []
        dated = [p.valid_from for p in registry.by_key.values() if p.valid_from > EARLIEST_US]
        return min([today, *(local_day(at) for at in (*oldest, *dated))])

    def _parts(self, known: _Known, work: Sequence[QualityWork]) -> Iterator[list[QualityWork]]:
        """Days of one entity that lie near each other, the newest first, each part within the bound of rows."""
        parts: dict[tuple[str, int], list[QualityWork]] = {}
        for item in work:
            rate = sum(86_400 / p.plate.interval_s + 96 for p in known.points.get(item.entity, {}).values())
            room = max(1, min(AHEAD_DAYS, int(ROWS_AT_ONCE / max(1.0, rate))))
            parts.setdefault((item.entity, date.fromisoformat(item.day).toordinal() // room), []).append(item)
        yield from sorted(parts.values(), key=lambda part: max(w.day for w in part), reverse=True)

    def _look_at(self, known: _Known, part: Sequence[QualityWork]) -> None:
        """Make the rows and checks of one entity's days."""
        entity, wanted = part[0].entity, {w.day for w in part}
        points = known.points.get(entity, {})
        if not points:
            self._ledger.put(part, {}, [], [])
            return
        first, last = date.fromisoformat(min(wanted)), date.fromisoformat(max(wanted))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        span = Interval(day(first).start, day(last).end)
        near = known.links.get(entity, frozenset()) | {entity}
        cells = self._energy.cells(sorted(key for each in near for key in known.points.get(each, {})), span)
        book = CellBook(cells)
        stuck = stuck_days(known.registry, known.tree, points, days, book)
        rows = point_days(points, days, self._readings.read(sorted(points), span), cells, self._clock(), stuck)
        checks = checks_of(known.registry, known.tree, {entity}, days, book)
        owners, due = dict.fromkeys(points, entity), {(r.point, r.day) for r in rows}
        self._ledger.put(part, owners, [r for r in rows if r.day in wanted], [c for c in checks if c.day in wanted and (c.point, c.day) in due])


class QualityLoop(Rounds):
    """The thread that keeps quality up: today every pause_s, the rest in between, with BUSY_SHARE of a core at most."""

    def __init__(self, keeper: QualityKeeper, pause_s: float) -> None:
        self._keeper, self._pause_s = keeper, pause_s
        self._refresh_at, self._was_today = 0.0, False
        super().__init__("quality", self._one, min(1.0, pause_s))

    def _one(self) -> float:
        began = monotonic()
        self._was_today = began >= self._refresh_at and not self._was_today  # in turns, so that neither starves the other
        if self._was_today:
            found = self._keeper.refresh()
            if not found.is_cut:
                self._refresh_at = began + self._pause_s
        else:
            found = self._keeper.catch_up()
        return max(rest_s(monotonic() - began, BUSY_SHARE), 0.2 if found.done else min(5.0, self._pause_s))
