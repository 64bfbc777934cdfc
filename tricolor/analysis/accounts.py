"""Accounts from cells: an entity's energy by day, carrier and role, with standard coal, CO2 and coverage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.account_parts import Part, Parts, account_parts, counted, is_energy
from tricolor.analysis.rates import Owner, Rates, RateTable
from tricolor.domain.accounts import TOTAL_SIGN, DayAccount
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.factors import WORKING_MEDIA, Carrier, FactorBook
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import CELL_US, DAY_US, SECOND_US, SHANGHAI_OFFSET_US, Interval, Step, ceil_cell, floor_cell, local_day, step_edges
from tricolor.domain.meters import MATERIAL_ROLES, Point, Role
from tricolor.domain.units import conversion
from tricolor.ports import EnergyStore

__all__ = [
    "NO_RATES", "SeriesRow", "account_unit", "counted", "day_accounts", "days_of", "entity_series", "held_in", "is_converted", "is_energy", "times",
    "valid_us",
]  # fmt: skip

_EPOCH_DAY = date(1970, 1, 1)
NO_RATES = Rates(None, None, None, ())
_FOREVER = np.iinfo(np.int64).max
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One (step, carrier, role) of an entity. amount in `unit`; tce [t], co2 [t]; None where nothing is known or no factor applies; coverage 0..1."""

    start: int
    end: int
    carrier: str
    role: Role
    amount: float | None
    unit: str
    tce_calorific: float | None
    tce_equivalent: float | None
    co2_t: float | None
    coverage: float
    estimated: bool
    factor_ids: tuple[str, ...] = ()


def account_unit(carrier: str, carriers: Mapping[str, Carrier], fallback: str) -> str:
    return carriers[carrier].unit if carrier in carriers else fallback


def is_converted(carrier: str, role: Role) -> bool:
    """Whether the amount has a worth in coal and CO2: a working medium (耗能工质) only where it is bought or sold, GB/T 2589-2020 §4;
    a material flow never."""
    return role not in MATERIAL_ROLES and (carrier not in WORKING_MEDIA or role in TOTAL_SIGN)


@dataclass(frozen=True, slots=True)
class _Table:
    """What cells say of points (rows) on days (columns): amount, covered [µs], estimated amount, valid [s]."""

    keys: NDArray[np.int64]
    amount: Floats
    covered: Floats
    estimated: Floats
    valid: Floats

    def rows(self, points: Iterable[Point]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = np.searchsorted(self.keys, np.array([p.key for p in points], dtype=np.int64))
        return found


def day_accounts(
    registry: Registry, wanted: Iterable[tuple[str, date]], cells: EnergyCells, factors: FactorBook, carriers: Mapping[str, Carrier],
    parts: Parts | None = None,
) -> list[DayAccount]:  # fmt: skip
    """Accounts of the wanted (entity, day) from the cells of all their points (`Parts.points`) on those days. Days without any cell get coverage 0.

    cells: sorted by (point, start); parts: of this registry, where the caller keeps them.
    """
    pairs = list(wanted)
    parts = account_parts(registry) if parts is None else parts
    holders = [h for h in dict.fromkeys(entity for entity, _ in pairs) if parts.of.get(h)]
    if not holders:
        return []
    groups: dict[tuple[str, str, Role], list[Part]] = {}
    for part in parts.inside(holders):
        groups.setdefault((part.holder, part.point.carrier, part.role), []).append(part)
    days = sorted({on for _, on in pairs})
    table = _table([p for part in parts.inside(holders) for p in (part.point, *part.within, *part.without)], days, cells)
    is_wanted = np.zeros((len(holders), len(days)), dtype=bool)
    place, column = {h: i for i, h in enumerate(holders)}, {on: i for i, on in enumerate(days)}
    for entity, on in pairs:
        if entity in place:
            is_wanted[place[entity], column[on]] = True
    made = _Maker(table, days, [on.isoformat() for on in days], RateTable(factors), carriers)
    return [row for group, mine in groups.items() for row in made.rows(group, mine, is_wanted[place[group[0]]])]


@dataclass(frozen=True, slots=True)
class _Maker:
    table: _Table
    days: Sequence[date]
    names: Sequence[str]
    rates: RateTable
    carriers: Mapping[str, Carrier]
    held: dict[tuple[str, str, Owner], list[Rates]] = field(default_factory=dict)

    def rows(self, group: tuple[str, str, Role], parts: Sequence[Part], is_wanted: NDArray[np.bool_]) -> Iterator[DayAccount]:
        """Accounts of one (holder, carrier, role) on the wanted days on which a part holds."""
        holder, carrier, role = group
        unit = account_unit(carrier, self.carriers, amount_unit(parts[0].point))
        rows = self.table.rows(part.point for part in parts)
        scale = np.array([conversion(amount_unit(part.point), unit) for part in parts])[:, None]
        valid = self.table.valid[rows] * _holding(self.table, parts)
        is_held = valid > 0
        amounts = np.where(is_held, scale * self.table.amount[rows], 0.0)
        amount, expected = amounts.sum(axis=0), valid.sum(axis=0)
        covered = np.where(is_held, self.table.covered[rows], 0.0).sum(axis=0) / SECOND_US
        estimated = np.where(is_held, scale * self.table.estimated[rows], 0.0).sum(axis=0)
        share = np.divide(estimated, amount, out=np.zeros_like(amount), where=amount > 0)
        there = np.flatnonzero(is_wanted & (expected > 0))
        owners = [self.rates.owner(carrier, part.point.entity_id, part.point.id) for part in parts]
        columns = (amount, covered, expected, share)
        found = self._rates(carrier, role, unit, there.tolist(), owners, amounts)
        for i, rate, total, cover, expect, part_estimated in zip(there.tolist(), found, *(c[there].tolist() for c in columns), strict=True):
            yield DayAccount(
                holder, self.names[i], carrier, role, total, unit, times(total, rate.calorific), times(total, rate.equivalent),
                times(total, rate.co2), cover, expect, part_estimated, rate.ids,
            )  # fmt: skip

    def _rates(self, carrier: str, role: Role, unit: str, columns: Sequence[int], owners: Sequence[Owner], amounts: Floats) -> list[Rates]:
        """Of the days in these columns."""
        if not is_converted(carrier, role):
            return [NO_RATES] * len(columns)
        alone = set(owners)
        if len(alone) > 1:
            return [self.rates.whole(carrier, unit, self.days[i], _by_owner(owners, amounts[:, i].tolist())) for i in columns]
        key = (carrier, unit, alone.pop())
        if key not in self.held:
            self.held[key] = [self.rates.whole(carrier, unit, on, {key[2]: 0.0}) for on in self.days]
        of_days = self.held[key]
        return [of_days[i] for i in columns]


def _by_owner(owners: Sequence[Owner], amounts: Sequence[float]) -> dict[Owner, float]:
    found: dict[Owner, float] = {}
    for owner, amount in zip(owners, amounts, strict=True):
        found[owner] = found.get(owner, 0.0) + amount
    return found


def _table(points: Iterable[Point], days: Sequence[date], cells: EnergyCells) -> _Table:
    """cells: sorted by (point, start)."""
    by_key = {p.key: p for p in points}
    keys = np.array(sorted(by_key), dtype=np.int64)
    numbers = np.array([(on - _EPOCH_DAY).days for on in days], dtype=np.int64)
    amount, covered, estimated = (np.zeros((len(keys), len(days))) for _ in range(3))
    if len(cells):
        key, on, sums = _sums_by_day(cells)
        row, column = np.searchsorted(keys, key), np.searchsorted(numbers, on)
        row_at, column_at = np.minimum(row, len(keys) - 1), np.minimum(column, len(numbers) - 1)
        mine = (keys[row_at] == key) & (numbers[column_at] == on)
        for column_of, found in zip((amount, covered, estimated), sums, strict=True):
            column_of[row_at[mine], column_at[mine]] = found[mine]
    starts = numbers * DAY_US - SHANGHAI_OFFSET_US
    ordered = [by_key[key] for key in keys.tolist()]
    return _Table(keys, amount, covered, estimated, valid_us(ordered, starts, starts + DAY_US) / SECOND_US)


def valid_us(points: Sequence[Point], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How much [µs] of each span (columns) each point (rows) is valid; validity begins with a whole cell."""
    begin = np.array([p.valid_from for p in points], dtype=np.int64)[:, None]
    begin = -(-begin // CELL_US) * CELL_US
    end = np.array([_FOREVER if p.valid_to is None else p.valid_to for p in points], dtype=np.int64)[:, None]
    found: NDArray[np.int64] = np.maximum(np.minimum(end, ends) - np.maximum(begin, starts), 0)
    return found


def _holding(table: _Table, parts: Sequence[Part]) -> NDArray[np.bool_]:
    """On which days (columns) each part (row) holds, as far as other points decide it."""
    found = np.ones((len(parts), table.valid.shape[1]), dtype=bool)
    for i, part in enumerate(parts):
        if part.within:
            found[i] &= (table.valid[table.rows(part.within)] > 0).any(axis=0)
        if part.without:
            found[i] &= ~(table.valid[table.rows(part.without)] > 0).any(axis=0)
    return found


def entity_series(
    registry: Registry, entity_id: str, span: Interval, step: Step, energy: EnergyStore, factors: FactorBook,
    carriers: Mapping[str, Carrier] | None = None,
) -> list[SeriesRow]:  # fmt: skip
    """Steps that tile the span (widened to whole cells), per carrier and role, over the points of the entity and of all inside its boundary.

    From cells: for steps shorter than a day (`account_series` says the others). Parts that change with a meter's validity do so by the day.
    """
    parts = account_parts(registry).inside(e.id for e in registry.members(entity_id))
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    edges = step_edges(wide, step)
    if not parts or len(edges) < 2:
        return []
    cells = energy.cells(sorted({part.point.key for part in parts}), wide)
    place = np.searchsorted(edges, cells.start, side="right") - 1
    groups: dict[tuple[str, Role], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.point.carrier, part.role), []).append(part)
    rows: list[SeriesRow] = []
    rates = RateTable(factors)
    for (carrier, role), mine in sorted(groups.items()):
        rows += _steps_of(carrier, role, mine, edges, cells, place, rates, carriers or {})
    rows.sort(key=lambda r: r.start)
    return rows


def _steps_of(
    carrier: str, role: Role, parts: Sequence[Part], edges: NDArray[np.int64], cells: EnergyCells, place: NDArray[np.int64], rates: RateTable,
    carriers: Mapping[str, Carrier],
) -> Iterator[SeriesRow]:  # fmt: skip
    unit = account_unit(carrier, carriers, amount_unit(parts[0].point))
    count, lengths = len(edges) - 1, np.diff(edges)
    amount, covered, estimated, expected = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    by_owner: dict[Owner, Floats] = {}
    for part in parts:
        held = held_in(part, edges)
        mine = slice(*np.searchsorted(cells.point, [part.point.key, part.point.key + 1]))
        known = np.nan_to_num(cells.amount[mine], nan=0.0) * conversion(amount_unit(part.point), unit)
        own = np.bincount(place[mine], weights=known, minlength=count) * held
        amount += own
        owner = rates.owner(carrier, part.point.entity_id, part.point.id)
        by_owner[owner] = by_owner[owner] + own if owner in by_owner else own
        covered += np.bincount(place[mine], weights=cells.covered_us[mine].astype(np.float64), minlength=count) * held
        estimated += np.bincount(place[mine], weights=(cells.flag[mine] & CellFlag.ESTIMATED > 0).astype(np.float64), minlength=count) * held
        expected += lengths * held
    for i in range(count):
        owners = {owner: float(own[i]) for owner, own in by_owner.items()}
        rate = rates.whole(carrier, unit, local_day(int(edges[i])), owners) if is_converted(carrier, role) else NO_RATES
        value = float(amount[i]) if covered[i] > 0 else None
        yield SeriesRow(
            int(edges[i]), int(edges[i + 1]), carrier, role, value, unit, times(value, rate.calorific), times(value, rate.equivalent),
            times(value, rate.co2), min(1.0, float(covered[i] / expected[i])) if expected[i] > 0 else 0.0, bool(estimated[i] > 0), rate.ids,
        )  # fmt: skip


def held_in(part: Part, edges: NDArray[np.int64]) -> Floats:
    """1.0 for steps in which the part holds, by the validity of the others on the step's first day."""
    held = np.ones(len(edges) - 1)
    if part.within or part.without:
        first = (edges[:-1] + SHANGHAI_OFFSET_US) // DAY_US * DAY_US - SHANGHAI_OFFSET_US
        for others, is_wanted in ((part.within, True), (part.without, False)):
            if others:
                held *= (valid_us(others, first, first + DAY_US) > 0).any(axis=0) == is_wanted
    return held


def days_of(spans: Sequence[tuple[str, Interval]]) -> set[tuple[str, date]]:
    """Every (entity, Asia/Shanghai day) that the spans touch."""
    touched: set[tuple[str, date]] = set()
    for entity_id, span in spans:
        on, last = local_day(span.start), local_day(max(span.start, span.end - 1))
        while on <= last:
            touched.add((entity_id, on))
            on += timedelta(days=1)
    return touched


def _sums_by_day(cells: EnergyCells) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[Floats, Floats, Floats]]:
    """Point, days since 1970 in Asia/Shanghai, and (amount, covered µs, estimated amount). cells: sorted by (point, start), at least one."""
    on = (cells.start + SHANGHAI_OFFSET_US) // DAY_US
    begins = np.append(0, np.flatnonzero((cells.point[1:] != cells.point[:-1]) | (on[1:] != on[:-1])) + 1)
    is_unknown = np.isnan(cells.amount)
    known = np.where(is_unknown, 0.0, cells.amount) if is_unknown.any() else cells.amount
    amount, covered = np.add.reduceat(known, begins), np.add.reduceat(cells.covered_us, begins).astype(np.float64)
    is_estimated = cells.flag & np.uint8(CellFlag.ESTIMATED) != 0
    estimated = np.add.reduceat(np.where(is_estimated, known, 0.0), begins) if is_estimated.any() else np.zeros_like(amount)
    return cells.point[begins], on[begins], (amount, covered, estimated)


def times(amount: float | None, rate: float | None) -> float | None:
    return None if amount is None or rate is None else amount * rate
