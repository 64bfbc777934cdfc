"""The settle loop: what intake changed becomes cells, and the cells become day accounts, point by point and day by day that was touched."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

import numpy as np
import structlog
from numpy.typing import NDArray

from accounting.heat import calculated
from accounting.open_items import OpenItems
from accounting.restating import Restating
from accounting.virtual import Moved, VirtualBook, extent, hull, worked_out
from tricolor.analysis.account_parts import Parts, account_parts, wholes_of
from tricolor.analysis.accounts import day_accounts, days_of
from tricolor.analysis.offline import offline_accounts
from tricolor.analysis.settle import rows_of, settle, window
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.errors import TryAgain
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.factors import Carrier, FactorShelf
from tricolor.domain.intervals import CELL_US, DAY_US, EARLIEST_US, LATEST_US, SECOND_US, Interval, day, local_days, month_of
from tricolor.domain.registers import RETURN_WITHIN_US
from tricolor.ports import DirtySpans, EnergyStore, MeterFactsBook, ReadingStore, RegistryBook, SettleLedger
from tricolor.ports_accounts import OfflineBook

log = structlog.get_logger()
OFFLINE_SOURCE = "offline:"  # of work that an offline figure made: offline:<entity>/<month>
REGISTRY_SOURCE = "registry:"  # of work that a change of the registry made; the unit behind it may have lost the point
TAKE = 20_000  # records of the work list taken at once; the ledger bounds their size
GROUP_SLACK_US = 8 * DAY_US  # points whose spans differ by less are read together
ROWS_AT_ONCE = 1_000_000  # rough bound of the readings held in memory in one go: 41 MB, and three times that while they are sorted and settled


@dataclass(frozen=True, slots=True)
class Work:
    """One pass: the stretches that changed as (point, span), and the ids that are done with them. left_units: entities that a change of the
    registry may have taken a point from."""

    spans: tuple[tuple[int, Interval], ...]
    ids: tuple[int, ...]
    readings: int
    left_units: frozenset[str] = frozenset()
    renewed: frozenset[int] = frozenset()  # points that a change of the registry may have given another meaning
    months: frozenset[tuple[str, str]] = frozenset()  # (entity, month) of which an offline figure changed


def merge(records: Sequence[DirtySpans]) -> Work:
    """The union of the records; stretches of one point that lie near each other are joined."""
    if not records:
        return Work((), (), 0)
    points = np.concatenate([np.frombuffer(r.points, dtype="<i8") for r in records])
    starts = np.concatenate([np.frombuffer(r.starts, dtype="<i8") for r in records])
    ends = np.concatenate([np.frombuffer(r.ends, dtype="<i8") for r in records])
    order = np.lexsort((starts, points))
    spans: list[tuple[int, Interval]] = []
    for point, start, end in zip(points[order].tolist(), starts[order].tolist(), ends[order].tolist(), strict=True):
        if spans and spans[-1][0] == point and start <= spans[-1][1].end + GROUP_SLACK_US:
            spans[-1] = (point, Interval(spans[-1][1].start, max(end, spans[-1][1].end)))
        else:
            spans.append((point, Interval(start, end)))
    units = frozenset(r.source.removeprefix(REGISTRY_SOURCE) for r in records if r.source.startswith(REGISTRY_SOURCE))
    renewed = frozenset(key for r in records if r.source.startswith(REGISTRY_SOURCE) for key in np.frombuffer(r.points, dtype="<i8").tolist())
    return Work(tuple(spans), tuple(r.id for r in records), sum(r.readings for r in records), units, renewed, _months_of(records))


def _months_of(records: Sequence[DirtySpans]) -> frozenset[tuple[str, str]]:
    pairs = (r.source.removeprefix(OFFLINE_SOURCE).rpartition("/") for r in records if r.source.startswith(OFFLINE_SOURCE))
    return frozenset((entity, text) for entity, _, text in pairs)


class Settler:
    """run_once() settles the oldest work; the result is the same however often and in whatever order it runs.

    Days are accounted when a cell of theirs changed. A pass after a failure, and the first one, accounts every day it looked at: the one before
    may have stored cells and not come to the accounts.
    """

    def __init__(
        self, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedger, book: RegistryBook, factors: FactorShelf,
        carriers: Mapping[str, Carrier], facts: MeterFactsBook | None = None, items: OpenItems | None = None,
        offline: OfflineBook | None = None,
    ) -> None:  # fmt: skip
        self._readings, self._energy, self._ledger, self._book = readings, energy, ledger, book
        self._factors, self._carriers = factors, carriers
        self._registry: Registry | None = None
        self._parts, self._virtual = Parts({}, {}), VirtualBook({}, (), {})
        self._facts_book, self._facts, self._facts_version = facts, MeterFacts(), -1
        self._is_account_sure = False
        self._items, self._offline = items, offline
        self.on_touched: Callable[[Iterable[tuple[str, date]]], None] | None = None  # told of every (entity, day) before its work is done

    def run_once(self) -> int:
        """Settle what the work list holds now; how many changed readings that were."""
        work = merge(self._ledger.dirty(TAKE))
        if not work.ids:
            return 0
        is_sure, self._is_account_sure = self._is_account_sure, False
        registry, facts = self._registry_now(), self._facts_now()
        asked = [(key, span) for key, span in work.spans if key in registry.by_key]
        known = self._with_readings([(key, span) for key, span in asked if key not in self._virtual.formulas], facts)
        anew = self._anew(registry, [key for key, _ in asked if key in self._virtual.formulas], facts)
        known_and_anew = [*known, *anew.items()]
        touched = days_of([(registry.by_key[key].entity_id, span) for key, span in known_and_anew])
        left = {whole for unit in work.left_units & registry.entities.keys() for whole in (unit, *wholes_of(registry, unit))}
        touched |= days_of([(unit, span) for unit in left for _, span in known_and_anew])
        touched |= days_of([(entity, month_of(text)) for entity, text in work.months if entity in registry.entities])
        moved = Moved()
        for key, span in known:
            if key in work.renewed:
                moved.add(key, hull([span]) or span)
        for group in _groups(known, registry):
            touched |= self._settle(registry, facts, group, is_sure, moved)
        for cells, windows in calculated(registry, self._readings, known):
            touched |= self._store(registry, cells, windows, is_sure, moved)
        for cells, windows in worked_out(registry, self._virtual, self._energy, moved, anew):
            touched |= self._store(registry, cells, windows, is_sure, moved)
        self._account(registry, touched)
        if self.on_touched is not None:
            self.on_touched(touched)
        self._ledger.settled(work.ids)
        self._is_account_sure = True
        return work.readings

    def _with_readings(self, spans: Sequence[tuple[int, Interval]], facts: MeterFacts) -> list[tuple[int, Interval]]:
        """The spans; one that means a point's whole history (after a change of the registry) cut to the readings and substitutes that there are."""
        whole = sorted({key for key, span in spans if span.start <= EARLIEST_US})
        if not whole:
            return list(spans)
        start = self._readings.around(whole, Interval(EARLIEST_US, EARLIEST_US))
        first = dict(zip(start.point.tolist(), start.at.tolist(), strict=True))
        last = {key: at + 1 for key, at in self._readings.latest().items()}
        for key in facts.substitutes.keys() & set(whole):
            given = facts.substitutes[key]
            first[key] = min([first.get(key, LATEST_US), *(s.start for s in given)])
            last[key] = max([last.get(key, EARLIEST_US), *(s.end for s in given)])
        cut = []
        for key, span in spans:
            if key not in whole:
                cut.append((key, span))
            elif key in first and key in last:
                begin = max(span.start, first[key])
                cut.append((key, Interval(begin, max(begin, min(span.end, last[key])))))
        return cut

    def _anew(self, registry: Registry, keys: Sequence[int], facts: MeterFacts) -> dict[int, Interval]:
        """Virtual points whose formula is new or another, over all that they had and all that their inputs have."""
        if not keys:
            return {}
        leaves = {key: self._virtual.leaves(registry, key) for key in keys}
        whole = [(leaf, Interval(EARLIEST_US, LATEST_US)) for leaf in sorted(set().union(*leaves.values()))]
        given = dict(self._with_readings(whole, facts))
        held = extent(self._energy, sorted(keys))
        found = {}
        for key in keys:
            span = hull([*(given[leaf] for leaf in leaves[key] if leaf in given), *([held[key]] if key in held else [])])
            if span is not None:
                margin = _margin_us(registry, leaves[key]) // CELL_US * CELL_US if leaves[key] else 0
                found[key] = Interval(max(EARLIEST_US, span.start - margin), min(LATEST_US, span.end + margin))
        return found

    def _settle(self, registry: Registry, facts: MeterFacts, group: Mapping[int, Interval], is_sure: bool, moved: Moved) -> set[tuple[str, date]]:
        """Settle the points around their spans and store the cells that changed; the (entity, day) to account."""
        touched: set[tuple[str, date]] = set()
        left = dict(group)
        margin = _margin_us(registry, group)
        while left:  # at most until the margin holds all the time there is
            wide = Interval(
                max(EARLIEST_US, min(s.start for s in left.values()) - margin), min(LATEST_US, max(s.end for s in left.values()) + margin)
            )
            batch = self._readings.around(sorted(left), wide)
            windows: dict[int, Interval] = {}
            for key, span in left.items():
                mine = rows_of(batch, *np.searchsorted(batch.point, [key, key + 1]).tolist())
                found = window(registry.by_key[key], mine, facts, span, wide)
                if found is not None:
                    windows[key] = found
            cells = settle({key: registry.by_key[key] for key in windows}, batch, facts)
            touched |= self._store(registry, cells, windows, is_sure, moved)
            if self._items is not None:
                self._items.bring(registry.by_key, batch, facts, cells, windows)
            left = {key: span for key, span in left.items() if key not in windows}
            margin *= 4
        return touched

    def _store(
        self, registry: Registry, cells: EnergyCells, windows: Mapping[int, Interval], is_sure: bool, moved: Moved
    ) -> set[tuple[str, date]]:  # fmt: skip
        """Bring the stored cells of the windows to these; the (entity, day) of the cells that differ, or of all of them unless is_sure. What a
        formula has to look at again is added to `moved`."""
        if not windows:
            return set()
        keys = sorted(windows)
        held = self._energy.cells(keys, Interval(min(w.start for w in windows.values()), max(w.end for w in windows.values())))
        replaced: list[tuple[int, Interval]] = []
        parts: list[EnergyCells] = []
        touched: set[tuple[str, date]] = set()
        for key in keys:
            new, old = _within(cells, key, windows[key]), _within(held, key, windows[key])
            changed = differing(old, new)
            if len(changed):
                span = Interval(int(changed[0]), int(changed[-1]) + CELL_US)
                replaced.append((key, span))
                parts.append(_within(new, key, span))
                moved.add(key, span)
            if not is_sure:
                moved.add(key, windows[key])
            starts = changed if is_sure else np.union1d(new.start, old.start)
            touched |= {(registry.by_key[key].entity_id, on) for on in local_days(starts)}
        if replaced:
            self._energy.replace(replaced, EnergyCells.concat(parts))
        return touched

    def _account(self, registry: Registry, touched: set[tuple[str, date]]) -> None:
        """Account the days of the entities, and of those in whose accounts their points stand as well."""
        holders = self._parts.holders
        by_day = sorted({(holder, on) for entity, on in touched for holder in holders.get(entity, (entity,))}, key=lambda pair: (pair[1], pair[0]))
        months: dict[str, list[tuple[str, date]]] = {}
        for entity, on in by_day:
            months.setdefault(str(on)[:7], []).append((entity, on))
        figures = self._offline.current(sorted({entity for entity, _ in by_day})) if self._offline is not None and by_day else []
        for wanted in months.values():  # a month of cells at a time bounds the memory of a back-fill of years
            keys = sorted(p.key for p in self._parts.points({entity for entity, _ in wanted}))
            span = Interval(day(wanted[0][1]).start, day(wanted[-1][1]).end)
            cells = self._energy.cells(keys, span) if keys else EnergyCells.empty()
            rows = day_accounts(registry, wanted, cells, self._factors.now(), self._carriers, self._parts)
            rows += offline_accounts(wanted, figures, self._parts, self._factors.now(), self._carriers)
            self._ledger.put_accounts([(entity, str(on)) for entity, on in wanted], rows)

    def _registry_now(self) -> Registry:
        if self._registry is None or self._book.version() != self._registry.version:
            self._registry = self._book.load()
            self._parts, self._virtual = account_parts(self._registry), VirtualBook.of(self._registry)
        return self._registry

    def _facts_now(self) -> MeterFacts:
        if self._facts_book is not None and self._facts_book.version() != self._facts_version:
            self._facts_version, self._facts = self._facts_book.version(), self._facts_book.load()
        return self._facts


def differing(old: EnergyCells, new: EnergyCells) -> NDArray[np.int64]:
    """Starts of the cells of one point that are not the same in both, sorted."""
    gone = np.setxor1d(old.start, new.start)
    _, a, b = np.intersect1d(old.start, new.start, assume_unique=True, return_indices=True)
    is_same = (old.amount[a] == new.amount[b]) | (np.isnan(old.amount[a]) & np.isnan(new.amount[b]))
    is_same &= (old.covered_us[a] == new.covered_us[b]) & (old.flag[a] == new.flag[b])
    return np.union1d(gone, old.start[a][~is_same])


def _within(cells: EnergyCells, key: int, span: Interval) -> EnergyCells:
    """The cells of one point that start inside the span. cells: sorted by (point, start)."""
    low, high = np.searchsorted(cells.point, [key, key + 1]).tolist()
    first, last = (np.searchsorted(cells.start[low:high], [span.start, span.end]) + low).tolist()
    return cells.take(np.arange(first, last))


def _margin_us(registry: Registry, keys: Iterable[int]) -> int:
    """How far around a change to read at first: enough for a calm stretch where nothing is odd, with some readings to spare."""
    return RETURN_WITHIN_US + 6 * CELL_US + 7 * SECOND_US * max(registry.by_key[key].plate.interval_s for key in keys)


def _groups(spans: Sequence[tuple[int, Interval]], registry: Registry) -> list[dict[int, Interval]]:
    """Points to be read together: their spans nearly agree, and the readings expected stay under the bound."""
    groups: list[dict[int, Interval]] = []
    members: dict[int, Interval] = {}
    whole: Interval | None = None
    rows = 0.0
    for key, span in sorted(spans, key=lambda item: (item[1].start, item[1].end)):
        expected = (span.length_us + 2 * _margin_us(registry, (key,))) / 1e6 / registry.by_key[key].plate.interval_s
        union = span if whole is None else Interval(min(whole.start, span.start), max(whole.end, span.end))
        is_near = whole is None or union.length_us <= min(whole.length_us, span.length_us) + GROUP_SLACK_US
        if members and (not is_near or key in members or rows + expected > ROWS_AT_ONCE):
            groups.append(members)
            members, union, rows = {}, span, 0.0
        members[key] = span
        whole, rows = union, rows + expected
    if members:
        groups.append(members)
    return groups


class SettleLoop:
    """The thread that settles; pauses between passes so that a back-fill is settled in large strokes."""

    def __init__(self, settler: Settler, pause_s: float, on_settled: Callable[[int], None] | None = None, restating: Restating | None = None) -> None:
        self._settler, self._pause_s, self._on_settled, self._restating = settler, pause_s, on_settled, restating
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
                if self._restating is not None:
                    self._restating.run_once()  # in the same thread: accounts have one writer
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
