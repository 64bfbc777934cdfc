"""Declared facts about a meter's life: exchanges (last value of the old one, first value of the new one) and changes of the multiplier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.decided import Confirmed, Substitute
from tricolor.domain.energy import CellFlag
from tricolor.domain.registers import Edge
from tricolor.domain.steps import StepKind, Steps


@dataclass(frozen=True, slots=True, order=True)
class Exchange:
    """At `at` [µs] the meter behind the point (registry key) that showed `final` gave way to one that showed `start` [meter's own unit]."""

    point: int
    at: int
    final: float
    start: float


@dataclass(frozen=True, slots=True, order=True)
class MultiplierChange:
    """From valid_from [µs] on, readings of the point count `multiplier` times (CT/PT ratio); before the first change the plate's holds."""

    point: int
    valid_from: int
    multiplier: float


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What people declared about meters and decided about amounts, in force now, by point and in order of time."""

    exchanges: Mapping[int, Sequence[Exchange]] = field(default_factory=dict)
    multipliers: Mapping[int, Sequence[MultiplierChange]] = field(default_factory=dict)
    confirmed: Mapping[int, Sequence[Confirmed]] = field(default_factory=dict)
    substitutes: Mapping[int, Sequence[Substitute]] = field(default_factory=dict)

    @staticmethod
    def of(
        exchanges: Sequence[Exchange] = (), multipliers: Sequence[MultiplierChange] = (), confirmed: Sequence[Confirmed] = (),
        substitutes: Sequence[Substitute] = (),
    ) -> "MeterFacts":  # fmt: skip
        return MeterFacts(_by_point(exchanges), _by_point(multipliers), _by_point(confirmed), _by_point(substitutes))


Fact = TypeVar("Fact", Exchange, MultiplierChange, Confirmed, Substitute)


def _by_point(facts: Sequence[Fact]) -> Mapping[int, Sequence[Fact]]:
    found: dict[int, list[Fact]] = {}
    for fact in sorted(facts):
        found.setdefault(fact.point, []).append(fact)
    return found


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration with who made it and why; times [µs]; revoked_at None while it is in force."""

    id: int
    fact: Exchange | MultiplierChange
    person: str
    reason: str
    declared_at: int
    revoked_at: int | None
    revoked_by: str


class EdgedRows(NamedTuple):
    """Readings with declared values between them. edge (Edge); source: row of the reading that each row was, or whose plate it has."""

    point: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    edge: NDArray[np.uint8]
    source: NDArray[np.int64]


def with_edges(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], exchanges: Mapping[int, Sequence[Exchange]]
) -> EdgedRows | None:
    """The readings with a FINAL and a START row at every exchange that lies between two readings of its point; None when there is none.

    A reading stamped with the very instant of the exchange is the old meter's when it is nearer to the final value, else the new one's.
    """
    places: list[int] = []
    inserted: list[tuple[int, int, float, Edge]] = []
    dropped: list[int] = []
    firsts: list[int] = []
    for key in sorted(exchanges):
        begin, end = np.searchsorted(point, [key, key + 1]).tolist()
        for exchange in exchanges[key]:
            row = begin + int(np.searchsorted(at[begin:end], exchange.at))
            if not begin < row < end:
                continue
            final = exchange.final
            places.append(row)
            if at[row] != exchange.at:
                inserted += [(key, exchange.at, final, Edge.FINAL), (key, exchange.at, exchange.start, Edge.START)]
                places.append(row)
            elif abs(value[row] - final) < abs(value[row] - exchange.start):
                inserted += [(key, exchange.at, final, Edge.FINAL), (key, exchange.at, exchange.start, Edge.START)]
                places.append(row)
                dropped.append(row)
            else:  # what the new meter showed beyond its first value belongs to the same instant
                inserted.append((key, exchange.at, final + max(0.0, float(value[row]) - exchange.start), Edge.FINAL))
                firsts.append(row)
    if not places:
        return None
    source, edge = np.arange(len(at)), np.zeros(len(at), dtype=np.uint8)
    edge[firsts] = Edge.START
    keep = np.ones(len(at) + len(places), dtype=bool)
    rows = EdgedRows(
        np.insert(point, places, [key for key, _, _, _ in inserted]), np.insert(at, places, [when for _, when, _, _ in inserted]),
        np.insert(value, places, [shown for _, _, shown, _ in inserted]), np.insert(edge, places, [code for _, _, _, code in inserted]),
        np.insert(source, places, [place - 1 for place in places]),
    )  # fmt: skip
    if dropped:
        keep[np.isin(rows.source, dropped) & (rows.edge == Edge.NONE)] = False
        rows = EdgedRows(rows.point[keep], rows.at[keep], rows.value[keep], rows.edge[keep], rows.source[keep])
    return rows


def name_exchanges(steps: Steps, exchanges: Mapping[int, Sequence[Exchange]]) -> Steps:
    """The steps that end at a final value or begin at a first one, named EXCHANGED where nothing else was odd about them."""
    kind = steps.kind.copy()
    for key, mine in exchanges.items():
        rows = slice(*np.searchsorted(steps.point, [key, key + 1]).tolist())
        times = [e.at for e in mine]
        is_edge = np.isin(steps.start[rows], times) | np.isin(steps.end[rows], times)
        kind[rows][is_edge & (kind[rows] <= StepKind.STILL)] = StepKind.EXCHANGED
    return Steps(steps.point, steps.start, steps.end, steps.amount, steps.flag, kind)


def multiply(steps: Steps, base: Mapping[int, float], changes: Mapping[int, Sequence[MultiplierChange]]) -> Steps:
    """Steps in the meter's own unit, times the multiplier in force; base: before a point's first change. Steps of other points stay as they are.

    A step across a change is cut there; how much of it came before is estimated by time.
    """
    for key, mine in changes.items():
        rows = slice(*np.searchsorted(steps.point, [key, key + 1]).tolist())
        part = steps.take(rows)
        for change in mine:
            part = _cut(part, change.valid_from)
        times = np.array([c.valid_from for c in mine])
        factor = np.array([base[key], *(c.multiplier for c in mine)])[np.searchsorted(times, part.start, side="right")]
        scaled = Steps(part.point, part.start, part.end, part.amount * factor, part.flag, part.kind)
        steps = Steps.concat([steps.take(slice(0, rows.start)), scaled, steps.take(slice(rows.stop, len(steps)))])
    return steps


def _cut(steps: Steps, at: int) -> Steps:
    """One point's steps (sorted by start), the one across the instant in two."""
    across = np.flatnonzero((steps.start < at) & (steps.end > at))
    if not len(across):
        return steps
    row = int(across[0])
    share = (at - int(steps.start[row])) / int(steps.end[row] - steps.start[row])
    repeat = np.ones(len(steps), dtype=np.int64)
    repeat[row] = 2
    doubled = steps.take(np.repeat(np.arange(len(steps)), repeat))
    doubled.end[row], doubled.start[row + 1] = at, at
    doubled.amount[row] *= share
    doubled.amount[row + 1] *= 1 - share
    if steps.amount[row] and not steps.flag[row] & CellFlag.OPEN:
        doubled.flag[row : row + 2] |= np.uint8(CellFlag.ESTIMATED)
    return doubled
