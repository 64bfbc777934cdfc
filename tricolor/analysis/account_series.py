"""The series of a day and longer: stored day accounts added up, so that days make months and months years."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.account_parts import Part, Parts, account_parts
from tricolor.analysis.accounts import SeriesRow, account_unit, held_in, valid_us
from tricolor.domain.accounts import DayAccount
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import DAY_US, SECOND_US, SHANGHAI_OFFSET_US, Interval, Step, ceil_cell, step_edges
from tricolor.domain.meters import Role

Floats = NDArray[np.float64]
_EPOCH_DAY = date(1970, 1, 1)
LONG_STEPS = (Step.DAY, Step.MONTH, Step.QUARTER_YEAR, Step.YEAR, Step.TOTAL)


def is_from_accounts(span: Interval, step: Step, now: int) -> bool:
    """Whether the steps are whole days, which accounts tell; today is one up to now [µs]. Others come from cells."""
    starts, ends = ((at + SHANGHAI_OFFSET_US) % DAY_US == 0 for at in (span.start, span.end))
    return step in LONG_STEPS and starts and (ends or span.end >= now)


def account_series(
    registry: Registry, entity_id: str, accounts: Sequence[DayAccount], span: Interval, step: Step, now: int, carriers: Mapping[str, Carrier],
    parts: Parts | None = None,
) -> list[SeriesRow]:  # fmt: skip
    """Steps of a day and longer, from stored day accounts, so that days add up to months in whatever way they are asked for.

    accounts: of the entity and all inside its boundary, over whole days; the span is widened to whole days, but not beyond now [µs]. What was
    accounted is shown by the role and the factors that the accounts carry.
    """
    members = [e.id for e in registry.members(entity_id)]
    held = (account_parts(registry) if parts is None else parts).inside(members)
    wide = whole_days(span, now)
    edges = step_edges(wide, step)
    if len(edges) < 2 or not (held or accounts):
        return []
    groups: dict[tuple[str, Role], list[DayAccount]] = {}
    for part in held:
        groups.setdefault((part.point.carrier, part.role), [])
    for a in accounts:
        groups.setdefault((a.carrier, a.role), []).append(a)
    rows: list[SeriesRow] = []
    for (carrier, role), mine in sorted(groups.items()):
        points = [part for part in held if part.point.carrier == carrier and part.role is role]
        unit = mine[0].unit if mine else account_unit(carrier, carriers, amount_unit(points[0].point))
        rows += _steps_of_days(carrier, role, unit, mine, edges, _expected(points, edges))
    rows.sort(key=lambda r: r.start)
    return rows


def whole_days(span: Interval, now: int) -> Interval:
    """The span widened to whole Asia/Shanghai days; today ends with the cell of now."""
    start = (span.start + SHANGHAI_OFFSET_US) // DAY_US * DAY_US - SHANGHAI_OFFSET_US
    end = -(-(span.end + SHANGHAI_OFFSET_US) // DAY_US) * DAY_US - SHANGHAI_OFFSET_US
    last = max(ceil_cell(span.end), min(end, ceil_cell(now)))
    return Interval(start, max(start, last))


def _expected(parts: Sequence[Part], edges: NDArray[np.int64]) -> Floats:
    """Seconds that the parts' points should cover in each step."""
    if not parts:
        return np.zeros(len(edges) - 1)
    held = np.stack([held_in(part, edges) for part in parts])
    found: Floats = (valid_us([part.point for part in parts], edges[:-1], edges[1:]) * held).sum(axis=0) / SECOND_US
    return found


def _steps_of_days(
    carrier: str, role: Role, unit: str, accounts: Sequence[DayAccount], edges: NDArray[np.int64], expected: Floats
) -> Iterator[SeriesRow]:  # fmt: skip
    starts = np.array([(date.fromisoformat(a.day) - _EPOCH_DAY).days for a in accounts], dtype=np.int64) * DAY_US - SHANGHAI_OFFSET_US
    place = np.searchsorted(edges, starts, side="right") - 1
    inside: list[list[DayAccount]] = [[] for _ in range(len(edges) - 1)]
    for a, i in zip(accounts, place.tolist(), strict=True):
        if 0 <= i < len(inside):
            inside[i].append(a)
    for i, mine in enumerate(inside):
        known = [a for a in mine if a.covered_s > 0]
        covered = sum(a.covered_s for a in mine)
        whole = max(float(expected[i]), covered)
        yield SeriesRow(
            int(edges[i]), int(edges[i + 1]), carrier, role, sum(a.amount for a in known) if known else None, unit,
            _whole([a.tce_calorific for a in known]), _whole([a.tce_equivalent for a in known]), _whole([a.co2_t for a in known]),
            min(1.0, covered / whole) if whole > 0 else 0.0, any(a.estimated_share > 0 for a in known),
            tuple(dict.fromkeys(i for a in known for i in a.factor_ids)),
        )  # fmt: skip


def _whole(values: Sequence[float | None]) -> float | None:
    """None where a part is not known."""
    known = [v for v in values if v is not None]
    return sum(known) if known and len(known) == len(values) else None
