"""The record of open items, brought to the steps as settling has just found them."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from tricolor.analysis.parked import bare_steps, kind_now, parked_of
from tricolor.analysis.settle import rows_of
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.intervals import Interval
from tricolor.domain.items import Parked
from tricolor.domain.meters import Point
from tricolor.domain.readings import ReadingBatch
from tricolor.ports_items import ItemRecord


def _now_us() -> int:
    return time.time_ns() // 1_000


class OpenItems:
    """bring() makes the items of the points inside their windows exactly those of the steps now; doing it twice changes nothing.

    It costs something only for points with something parked, or with a word of a person or an item where something was. This is the only writer of
    whether an item's step is there, so which points have one is read once.
    """

    def __init__(self, record: ItemRecord, now_us: Callable[[], int] = _now_us) -> None:
        self._record, self._now_us = record, now_us
        self._points: set[int] | None = None

    def bring(self, points: Mapping[int, Point], batch: ReadingBatch, facts: MeterFacts, cells: EnergyCells, windows: Mapping[int, Interval]) -> None:
        """batch: sorted by (point, at), all that the windows need; cells: settled from it."""
        if not windows:
            return
        if self._points is None:
            self._points = self._record.points()
        parked = set(np.unique(cells.point[(cells.flag & CellFlag.OPEN) != 0]).tolist()) if len(cells) else set()
        spoken = facts.confirmed.keys() | facts.substitutes.keys()
        keys = sorted(windows.keys() & (parked | spoken | self._points))
        if not keys:
            return
        held: dict[int, list[tuple[int, Parked, bool]]] = {}
        for row in self._record.held(keys, Interval(min(windows[k].start for k in keys), max(windows[k].end for k in keys))):
            held.setdefault(row[1].point, []).append(row)
        appeared: list[Parked] = []
        standing: list[tuple[int, Parked]] = []
        gone: list[tuple[int, str]] = []
        now_there = set(self._points)
        for key in keys:
            mine = rows_of(batch, *np.searchsorted(batch.point, [key, key + 1]).tolist())
            steps = bare_steps(points[key], mine, facts)
            window = windows[key]
            found = parked_of(points[key], mine, facts, steps, window)
            inside = [row for row in held.get(key, []) if row[1].start < window.end and row[1].end > window.start]
            known = {item: next((f for f in found if f.is_same(was)), None) for item, was, _ in inside}
            appeared += [f for f in found if f not in known.values()]
            standing += [(item, now) for item, was, is_there in inside if (now := known[item]) is not None and (now != was or not is_there)]
            gone += [(item, kind_now(steps, was.start, was.end)) for item, was, is_there in inside if is_there and known[item] is None]
            if found:
                now_there.add(key)
        if appeared or standing or gone:
            self._record.write(appeared, standing, gone, self._now_us())
        self._points = now_there
