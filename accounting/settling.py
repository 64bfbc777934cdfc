"""The settle loop: what intake changed becomes cells, and the cells become day accounts, point by point and day by day that was touched."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

import numpy as np
import structlog

from tricolor.analysis.accounts import day_accounts, days_of
from tricolor.analysis.settle import settle
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.errors import TryAgain
from tricolor.domain.factors import Carrier, FactorBook
from tricolor.domain.intervals import DAY_US, Interval, ceil_cell, day, floor_cell
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.registers import RETURN_WITHIN_US
from tricolor.ports import DirtySpans, EnergyStore, ReadingStore, RegistryBook, SettleLedger

log = structlog.get_logger()
TAKE = 500  # records of the work list taken at once
MARGIN_US = RETURN_WITHIN_US  # how far around a change a step may be read differently
GROUP_SLACK_US = 8 * DAY_US  # points whose spans differ by less are read together
ROWS_AT_ONCE = 3_000_000  # rough bound of the readings held in memory in one go


@dataclass(frozen=True, slots=True)
class Work:
    """One pass: points with the stretch that changed, and the ids that are done with it."""

    spans: Mapping[int, Interval]
    ids: tuple[int, ...]
    readings: int


def merge(records: Sequence[DirtySpans]) -> Work:
    """The union of the records: one stretch a point."""
    if not records:
        return Work({}, (), 0)
    points = np.concatenate([np.frombuffer(r.points, dtype="<i8") for r in records])
    starts = np.concatenate([np.frombuffer(r.starts, dtype="<i8") for r in records])
    ends = np.concatenate([np.frombuffer(r.ends, dtype="<i8") for r in records])
    order = np.argsort(points, kind="stable")
    points, starts, ends = points[order], starts[order], ends[order]
    begin = np.concatenate(([0], np.flatnonzero(points[1:] != points[:-1]) + 1))
    low, high = np.minimum.reduceat(starts, begin), np.maximum.reduceat(ends, begin)
    spans = {int(p): Interval(int(a), int(b)) for p, a, b in zip(points[begin], low, high, strict=True)}
    return Work(spans, tuple(r.id for r in records), sum(r.readings for r in records))


class Settler:
    """run_once() settles the oldest work; the result is the same however often and in whatever order it runs."""

    def __init__(
        self, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedger, book: RegistryBook, factors: FactorBook,
        carriers: Mapping[str, Carrier],
    ) -> None:  # fmt: skip
        self._readings, self._energy, self._ledger, self._book = readings, energy, ledger, book
        self._factors, self._carriers = factors, carriers
        self._registry: Registry | None = None

    def run_once(self) -> int:
        """Settle what the work list holds now; how many changed readings that were."""
        work = merge(self._ledger.dirty(TAKE))
        if not work.ids:
            return 0
        registry = self._registry_now()
        known = {key: span for key, span in work.spans.items() if key in registry.by_key}
        for group, span in _groups(known, registry):
            self._settle(registry, group, span)
        touched = days_of([(registry.by_key[key].entity_id, _widen(span)) for key, span in known.items()])
        self._account(registry, touched)
        self._ledger.settled(work.ids)
        return work.readings

    def _settle(self, registry: Registry, points: Sequence[int], span: Interval) -> None:
        """Settle the points over the span and its margins, and put the cells that are certain not to depend on anything outside."""
        wide = Interval(span.start - MARGIN_US, span.end + MARGIN_US)
        batch = self._readings.around(points, wide)
        cells = settle({key: registry.by_key[key] for key in points}, batch)
        replaced: list[tuple[int, Interval]] = []
        parts: list[EnergyCells] = []
        for key in points:
            inside = _certain(batch, key, wide)
            mine = slice(*np.searchsorted(cells.point, [key, key + 1]).tolist())
            start = cells.start[mine]
            rows = np.arange(mine.start, mine.stop)[(start >= inside.start) & (start < inside.end)]
            replaced.append((key, inside))
            parts.append(cells.take(rows))
        self._energy.replace(replaced, EnergyCells.concat(parts))

    def _account(self, registry: Registry, touched: set[tuple[str, date]]) -> None:
        by_day = sorted(touched, key=lambda pair: (str(pair[1]), pair[0]))
        entities = {entity for entity, _ in by_day}
        keys = [p.key for p in registry.points.values() if p.entity_id in entities]
        days = sorted({on for _, on in by_day}, key=str)
        if not days or not keys:
            return
        months: dict[str, list[date]] = {}
        for on in days:
            months.setdefault(str(on)[:7], []).append(on)
        for part in months.values():  # a month of cells at a time bounds the memory of a back-fill of years
            span = Interval(day(part[0]).start, day(part[-1]).end)
            wanted = [(entity, on) for entity, on in by_day if on in set(part)]
            rows = day_accounts(registry, wanted, self._energy.cells(keys, span), self._factors, self._carriers)
            self._ledger.put_accounts([(entity, str(on)) for entity, on in wanted], rows)

    def _registry_now(self) -> Registry:
        if self._registry is None or self._book.version() != self._registry.version:
            self._registry = self._book.load()
        return self._registry


def _widen(span: Interval) -> Interval:
    return Interval(span.start - MARGIN_US, span.end + MARGIN_US)


def _certain(batch: ReadingBatch, key: int, wide: Interval) -> Interval:
    """The stretch of one point whose cells this batch settles wholly: between the neighbours outside the margins, or open where there is none."""
    low, high = np.searchsorted(batch.point, [key, key + 1]).tolist()
    if low == high:
        return Interval(floor_cell(wide.start), ceil_cell(wide.end))
    first, last = int(batch.at[low]), int(batch.at[high - 1])
    start = ceil_cell(first) if first < wide.start else floor_cell(min(first, wide.start) - DAY_US)
    end = floor_cell(last) if last >= wide.end else ceil_cell(max(last, wide.end) + DAY_US)
    return Interval(start, max(start, end))


def _groups(spans: Mapping[int, Interval], registry: Registry) -> list[tuple[list[int], Interval]]:
    """Points to be read together: their spans nearly agree, and the readings expected stay under the bound."""
    groups: list[tuple[list[int], Interval]] = []
    members: list[int] = []
    whole: Interval | None = None
    rows = 0.0
    for key, span in sorted(spans.items(), key=lambda item: (item[1].start, item[1].end)):
        expected = (span.length_us + 2 * MARGIN_US) / 1e6 / registry.by_key[key].plate.interval_s
        union = span if whole is None else Interval(min(whole.start, span.start), max(whole.end, span.end))
        fits = whole is None or (union.length_us <= min(whole.length_us, span.length_us) + GROUP_SLACK_US and rows + expected <= ROWS_AT_ONCE)
        if not fits and whole is not None:
            groups.append((members, whole))
            members, union, rows = [], span, 0.0
        members.append(key)
        whole, rows = union, rows + expected
    if whole is not None:
        groups.append((members, whole))
    return [(sorted(keys), span) for keys, span in groups]


class SettleLoop:
    """The thread that settles; pauses between passes so that a back-fill is settled in large strokes."""

    def __init__(self, settler: Settler, pause_s: float, on_settled: Callable[[int], None] | None = None) -> None:
        self._settler, self._pause_s, self._on_settled = settler, pause_s, on_settled
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settle", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = self._pause_s
        while not self._stop.wait(pause):
            began = monotonic()
            try:
                settled = self._settler.run_once()
            except TryAgain as error:
                log.warning("settling waits", reason=str(error))
                pause = min(30.0, pause * 2)
                continue
            except Exception:  # the outer loop of a service
                log.exception("settling failed, trying again")
                pause = min(30.0, pause * 2)
                continue
            pause = max(self._pause_s, min(10.0, monotonic() - began))  # at most half of a core, however much there is to settle
            if settled and self._on_settled is not None:
                self._on_settled(settled)
