"""Factors for accounts: the published tables, what follows from them, and the book that a plan pack chooses."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tricolor.catalogue.factor_tables import (
    ELECTRICITY,
    UnavailableFactor,
    carriers,
    co2_table,
    coal_table,
    coal_table_2008,
    heating_values,
)
from tricolor.catalogue.grid_purposes import PLAN_ACCOUNTS
from tricolor.domain.factors import Factor, FactorBook, FactorKind

if TYPE_CHECKING:
    from tricolor.catalogue.plans.model import FactorChoice, Plan

__all__ = ["UnavailableFactor", "all_factors", "carriers", "derived_factors", "factor_book", "find_factor", "unavailable"]

NOT_FOR_ACCOUNTS = ("life-cycle",)


@cache
def all_factors() -> tuple[Factor, ...]:
    """Every row of the shipped tables that states a number, in the order of the tables."""
    return coal_table()[0] + co2_table()[0]


@cache
def unavailable() -> tuple[UnavailableFactor, ...]:
    """Every row of the shipped tables that states no number."""
    return coal_table()[1] + co2_table()[1]


@cache
def derived_factors() -> tuple[Factor, ...]:
    """Factors that follow from the tables: heating values over 29 307.6 kJ, unchanged rows of the 2008 edition, and for everything but
    electricity the equal value (等价值), which is the calorific value."""
    calorific = [f for f in (*coal_table()[0], *coal_table_2008(), *heating_values()) if f.kind is FactorKind.CALORIFIC]
    equal = [_as_equal_value(factor) for factor in calorific if factor.carrier != ELECTRICITY]
    return (*coal_table_2008(), *heating_values(), *equal)


def _as_equal_value(factor: Factor) -> Factor:
    note = "; ".join(text for text in ("equal value taken as the calorific value", factor.note) if text)
    return replace(factor, id=factor.id.removesuffix("calorific") + "equivalent", kind=FactorKind.EQUIVALENT, note=note)


def factor_book(plan: "Plan", purpose: str = PLAN_ACCOUNTS) -> FactorBook:
    """The factors that accounts under this plan use: the plan's own choices first, then the tables and what follows from them.

    Electricity has an equal value and a CO2 factor only by the plan's choice: a grid and its data year are never picked by accident. A choice
    that names another purpose serves a book made for that purpose only.
    """
    chosen = [chosen_factor(plan.id, choice) for choice in plan.factor_choices if choice.purpose == (purpose if _is_grid(choice) else PLAN_ACCOUNTS)]
    tables = [f for f in all_factors() if not (f.carrier == ELECTRICITY and f.kind is FactorKind.CO2)]
    return FactorBook.of([*chosen, *tables, *derived_factors()])


def _is_grid(choice: "FactorChoice") -> bool:
    return choice.carrier == ELECTRICITY and choice.kind is FactorKind.CO2


def find_factor(identity: str, books: Iterable[FactorBook] = ()) -> Factor | None:
    """The factor of an id that was frozen into an account: of the books given (they know a plan's validity), else of the tables."""
    shelves = [factor for book in books for factor in book.factors]
    return next((f for f in (*shelves, *all_factors(), *derived_factors()) if f.id == identity), None)


def chosen_factor(plan_id: str, choice: "FactorChoice") -> Factor:
    """The factor that a choice of a plan pack stands for; ValueError when it names none of the tables."""
    said = f"chosen by plan {plan_id} [{choice.status}]: {'; '.join(text for text in (choice.source, choice.note) if text)}"
    own_id = f"{plan_id}:{choice.carrier}:{choice.kind}:{choice.valid_from}" + ("" if choice.purpose == PLAN_ACCOUNTS else f":{choice.purpose}")
    if choice.value is not None:
        per = choice.unit.partition("/")[2]
        served = (choice.purpose,) if _is_grid(choice) else ()
        return Factor(
            own_id, choice.carrier, choice.kind, choice.value, choice.unit, per, choice.source, choice.status,
            choice.valid_from, choice.valid_to, low=choice.low, high=choice.high, note=said,
            purposes=served,
        )  # fmt: skip
    base = find_factor(choice.factor_id)
    if base is None:
        raise ValueError(f"factor {choice.factor_id!r} is not in the catalogue")
    return replace(
        base,
        id=base.id if base.carrier == choice.carrier else own_id,
        carrier=choice.carrier,
        valid_from=choice.valid_from,
        valid_to=choice.valid_to,
        note="; ".join(text for text in (base.note, said) if text),
    )
