"""Offline figures in accounts and beside meters: a month's amount, spread evenly over its days, where no meter stands for the carrier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tricolor.analysis.account_parts import Parts
from tricolor.analysis.accounts import NO_RATES, account_unit, is_converted, times, valid_us
from tricolor.analysis.rates import RateTable
from tricolor.domain.accounts import DayAccount
from tricolor.domain.factors import Carrier, FactorBook
from tricolor.domain.intervals import DAY_US, SECOND_US, month_of
from tricolor.domain.offline import OfflineFigure
from tricolor.domain.units import conversion


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure and what meters say of the same entity, carrier, role and month. metered [unit of the figure]: None without a meter or without data;
    coverage 0..1 of the meters' time; difference: (figure - metered) / metered; used: "metered" | "offline", what the account is made from."""

    figure: OfflineFigure
    metered: float | None
    coverage: float | None
    difference: float | None
    used: str


def is_metered(parts: Parts, figure: OfflineFigure) -> bool:
    """Whether a point of the entity counts for this carrier and role in the month: then the account is the meter's, never both."""
    span = month_of(figure.month)
    mine = [p.point for p in parts.of.get(figure.entity, ()) if p.point.carrier == figure.carrier and p.role is figure.role]
    return bool(mine) and bool((valid_us(mine, np.array([span.start]), np.array([span.end])) > 0).any())


def offline_accounts(
    wanted: Iterable[tuple[str, date]], figures: Sequence[OfflineFigure], parts: Parts, factors: FactorBook, carriers: Mapping[str, Carrier]
) -> list[DayAccount]:
    """Day accounts of the wanted (entity, day) from figures in force; the total of a month is certain, its split over the days is an estimate."""
    by_month: dict[tuple[str, str], list[OfflineFigure]] = {}
    for figure in figures:
        if figure.amount is not None and not is_metered(parts, figure):
            by_month.setdefault((figure.entity, figure.month), []).append(figure)
    rates = RateTable(factors)
    rows: list[DayAccount] = []
    for entity, on in wanted if by_month else ():
        text = on.isoformat()
        for figure in by_month.get((entity, text[:7]), ()):
            unit = account_unit(figure.carrier, carriers, figure.unit)
            amount = (figure.added or 0.0) * conversion(figure.unit, unit) / round(month_of(figure.month).length_us / DAY_US)
            rate = rates.of(figure.carrier, unit, on, entity) if is_converted(figure.carrier, figure.role) else NO_RATES
            whole = DAY_US / SECOND_US
            rows.append(
                DayAccount(
                    entity, text, figure.carrier, figure.role, amount, unit, times(amount, rate.calorific), times(amount, rate.equivalent),
                    times(amount, rate.co2), whole, whole, 1.0, rate.ids,
                )
            )  # fmt: skip
    return rows


def side_by_side(figures: Sequence[OfflineFigure], accounts: Sequence[DayAccount], parts: Parts) -> list[Beside]:
    """Each figure beside the stored accounts of its month. accounts: of these entities over these months."""
    held: dict[tuple[str, str, str, str], list[DayAccount]] = {}
    for a in accounts:
        held.setdefault((a.entity, a.carrier, str(a.role), a.day[:7]), []).append(a)
    found = []
    for figure in figures:
        days = held.get(figure.identity, [])
        if not is_metered(parts, figure):
            found.append(Beside(figure, None, None, None, "offline"))
            continue
        covered, expected = sum(a.covered_s for a in days), sum(a.expected_s for a in days)
        metered = sum(a.amount * conversion(a.unit, figure.unit) for a in days) if covered else None
        difference = (figure.amount - metered) / metered if metered and figure.amount is not None else None
        found.append(Beside(figure, metered, min(1.0, covered / expected) if expected else 0.0, difference, "metered"))
    return found
