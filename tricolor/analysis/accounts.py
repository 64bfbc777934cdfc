"""Accounts from cells: an entity's energy by day, carrier and role, with standard coal, CO2 and coverage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tricolor.domain.accounts import DayAccount
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier, Factor, FactorBook, FactorKind
from tricolor.domain.gauges import amount_unit, is_integrated
from tricolor.domain.intervals import (
    CELL_US,
    DAY_US,
    SECOND_US,
    SHANGHAI_OFFSET_US,
    Interval,
    Step,
    ceil_cell,
    day,
    floor_cell,
    local_day,
    step_edges,
)
from tricolor.domain.meters import Point, PointKind, Role
from tricolor.domain.units import conversion
from tricolor.ports import EnergyStore

_EPOCH_DAY = date(1970, 1, 1)


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


@dataclass(frozen=True, slots=True)
class _Rates:
    """What one unit of a carrier is worth on a day: tce and tCO2 per unit, None without a factor."""

    calorific: float | None
    equivalent: float | None
    co2: float | None
    ids: tuple[str, ...]


def is_energy(point: Point) -> bool:
    """Whether the point's cells may belong into accounts; `counted` says of several which do."""
    return bool(point.carrier) and point.role is not Role.NONE and (point.plate.kind is not PointKind.GAUGE or is_integrated(point))


def counted(points: Iterable[Point]) -> list[Point]:
    """Those that accounts add up: a gauge's integral only where its meter has no register or delta of the same carrier, never both."""
    asked = [p for p in points if is_energy(p)]
    metered = {(p.meter_id, p.carrier) for p in asked if p.plate.kind is not PointKind.GAUGE}
    return [p for p in asked if p.plate.kind is not PointKind.GAUGE or (p.meter_id, p.carrier) not in metered]


def account_unit(carrier: str, carriers: Mapping[str, Carrier], fallback: str) -> str:
    return carriers[carrier].unit if carrier in carriers else fallback


def day_accounts(
    registry: Registry, wanted: Iterable[tuple[str, date]], cells: EnergyCells, factors: FactorBook, carriers: Mapping[str, Carrier]
) -> list[DayAccount]:
    """Accounts of the wanted (entity, day) from the cells of all those entities' points on all those days. Days without any cell get coverage 0."""
    sums = _sums_by_day(cells)
    rows: list[DayAccount] = []
    rates: dict[tuple[str, str, date], _Rates] = {}
    by_entity: dict[str, list[Point]] = {}
    for point in counted(registry.points.values()):
        by_entity.setdefault(point.entity_id, []).append(point)
    for entity_id, on in wanted:
        groups: dict[tuple[str, Role], list[Point]] = {}
        for point in by_entity.get(entity_id, ()):
            if _valid_seconds(point, on) > 0:
                groups.setdefault((point.carrier, point.role), []).append(point)
        number = (on - _EPOCH_DAY).days
        for (carrier, role), points in groups.items():
            unit = account_unit(carrier, carriers, amount_unit(points[0]))
            found = [(p, sums.get((p.key, number))) for p in points]
            known = [(conversion(amount_unit(p), unit), s) for p, s in found if s is not None]
            amount = sum(scale * s[0] for scale, s in known)
            key = (carrier, unit, on)
            if key not in rates:
                rates[key] = _rates(factors, carrier, unit, on)
            rate = rates[key]
            estimated = sum(scale * s[2] for scale, s in known)
            rows.append(
                DayAccount(
                    entity_id, on.isoformat(), carrier, role, amount, unit, _times(amount, rate.calorific), _times(amount, rate.equivalent),
                    _times(amount, rate.co2), sum(s[1] for _, s in known) / SECOND_US, sum(_valid_seconds(p, on) for p in points),
                    estimated / amount if amount > 0 else 0.0, rate.ids,
                )
            )  # fmt: skip
    return rows


def entity_series(
    registry: Registry, entity_id: str, span: Interval, step: Step, energy: EnergyStore, factors: FactorBook,
    carriers: Mapping[str, Carrier] | None = None,
) -> list[SeriesRow]:  # fmt: skip
    """Steps that tile the span (widened to whole cells), per carrier and role, over the points of the entity and of all inside its boundary."""
    members = {e.id for e in registry.members(entity_id)}
    points = counted(p for p in registry.points.values() if p.entity_id in members)
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    edges = step_edges(wide, step)
    if not points or len(edges) < 2:
        return []
    cells = energy.cells([p.key for p in points], wide)
    place = np.searchsorted(edges, cells.start, side="right") - 1
    count, lengths = len(edges) - 1, np.diff(edges)
    groups: dict[tuple[str, Role], list[Point]] = {}
    for point in points:
        groups.setdefault((point.carrier, point.role), []).append(point)
    rows: list[SeriesRow] = []
    for (carrier, role), members_of in sorted(groups.items()):
        unit = account_unit(carrier, carriers or {}, amount_unit(members_of[0]))
        amount, covered, estimated = np.zeros(count), np.zeros(count), np.zeros(count)
        for point in members_of:
            mine = slice(*np.searchsorted(cells.point, [point.key, point.key + 1]))
            known = np.nan_to_num(cells.amount[mine], nan=0.0) * conversion(amount_unit(point), unit)
            amount += np.bincount(place[mine], weights=known, minlength=count)
            covered += np.bincount(place[mine], weights=cells.covered_us[mine].astype(np.float64), minlength=count)
            estimated += np.bincount(place[mine], weights=(cells.flag[mine] & CellFlag.ESTIMATED > 0).astype(np.float64), minlength=count)
        for i in range(count):
            rate = _rates(factors, carrier, unit, local_day(int(edges[i])))
            value = float(amount[i]) if covered[i] > 0 else None
            rows.append(
                SeriesRow(
                    int(edges[i]), int(edges[i + 1]), carrier, role, value, unit, _times(value, rate.calorific), _times(value, rate.equivalent),
                    _times(value, rate.co2), min(1.0, float(covered[i] / (lengths[i] * len(members_of)))), bool(estimated[i] > 0), rate.ids,
                )
            )  # fmt: skip
    rows.sort(key=lambda r: r.start)
    return rows


def days_of(spans: Sequence[tuple[str, Interval]]) -> set[tuple[str, date]]:
    """Every (entity, Asia/Shanghai day) that the spans touch."""
    touched: set[tuple[str, date]] = set()
    for entity_id, span in spans:
        on, last = local_day(span.start), local_day(max(span.start, span.end - 1))
        while on <= last:
            touched.add((entity_id, on))
            on += timedelta(days=1)
    return touched


def _sums_by_day(cells: EnergyCells) -> dict[tuple[int, int], tuple[float, float, float]]:
    """(point, days since 1970 in Asia/Shanghai) -> (amount, covered µs, estimated amount)."""
    known = np.nan_to_num(cells.amount, nan=0.0)
    frame = pd.DataFrame(
        {
            "point": cells.point,
            "day": (cells.start + SHANGHAI_OFFSET_US) // DAY_US,
            "amount": known,
            "covered": cells.covered_us,
            "estimated": np.where(cells.flag & CellFlag.ESTIMATED, known, 0.0),
        }
    )
    sums = frame.groupby(["point", "day"], sort=False).sum()
    index = sums.index.to_list()
    columns = zip(sums["amount"].to_list(), sums["covered"].to_list(), sums["estimated"].to_list(), strict=True)
    return dict(zip(index, columns, strict=True))


def _valid_seconds(point: Point, on: date) -> float:
    whole = day(on)
    start = max(whole.start, ceil_cell(point.valid_from) if point.valid_from % CELL_US else point.valid_from)
    end = whole.end if point.valid_to is None else min(whole.end, point.valid_to)
    return max(0, end - start) / SECOND_US


def _rates(factors: FactorBook, carrier: str, unit: str, on: date) -> _Rates:
    picked = [factors.pick(carrier, kind, on) for kind in (FactorKind.CALORIFIC, FactorKind.EQUIVALENT, FactorKind.CO2)]
    calorific, equivalent, co2 = (_per_unit(factor, unit) for factor in picked)
    return _Rates(calorific, equivalent, co2, tuple(factor.id for factor in picked if factor is not None))


def _per_unit(factor: Factor | None, unit: str) -> float | None:
    """tce or tCO2 per one `unit` of the carrier."""
    return None if factor is None else factor.value * conversion(unit, factor.per) / 1000.0


def _times(amount: float | None, rate: float | None) -> float | None:
    return None if amount is None or rate is None else amount * rate
