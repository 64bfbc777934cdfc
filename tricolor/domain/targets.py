"""Pace towards a reduction target: how much is required by a plan year, how far the cumulative reduction has come, what the rest must bring.

Reductions are fractions of the base year's intensity, positive when it falls: 0.125 is 12.5 %, -0.0151 is a rise of 1.51 %.
Progress and the remaining need follow the method note of the Qinghai statistics bureau: equal steps in the logarithm of the intensity.
"""

import math
from collections.abc import Iterable

YEARS = 5


def annual_rate(target: float, years: float = YEARS) -> float:
    """The equal yearly reduction that compounds to the target: 1 - (1 - R)^(1/years); 0.20 over 5 years is 0.043648."""
    return _power_of_rest(_target(target), 1 / _years(years))


def required_reduction(target: float, n: float, years: float = YEARS) -> float:
    """The cumulative reduction due by the end of plan year n (the first is 1; a fraction stands for a part of a year): 1 - (1 - R)^(n/years)."""
    if not 0 < n <= _years(years):
        raise ValueError(f"plan year {n} is not within the {years:g} years of the plan")
    return _power_of_rest(_target(target), n / years)


def cumulative_reduction(rates: Iterable[float]) -> float:
    """What yearly reductions come to: 1 - Π(1 - r); 0 for none. ValueError for a rate of 100 % or more, which leaves no energy at all."""
    return -math.expm1(math.fsum(math.log1p(-_reduction(rate, "yearly reduction")) for rate in rates))


def progress(reduction: float, target: float) -> float:
    """Share of the way to the target: ln(1 - A)/ln(1 - R); 1 when it is met, negative when the intensity rose."""
    return math.log1p(-_reduction(reduction, "cumulative reduction")) / math.log1p(-_target(target))


def remaining_annual_need(reduction: float, target: float, n: float, years: float = YEARS) -> float:
    """The yearly reduction that the years left after n must bring: 1 - ((1 - R)/(1 - A))^(1/(years - n)).

    Zero or less when the target is already met. ValueError when no year is left.
    """
    if not 0 <= n < _years(years):
        raise ValueError(f"after {n:g} of {years:g} years none is left to bring anything")
    rest = math.log1p(-_target(target)) - math.log1p(-_reduction(reduction, "cumulative reduction"))
    return -math.expm1(rest / (years - n))


def gap_share(reduction: float, required: float) -> float:
    """Share of the required reduction that is missing: (T - A)/T; zero or less when it is met, above 1 when the intensity rose."""
    if not 0 < required < 1:
        raise ValueError(f"required reduction {required} is not between 0 and 1: there is nothing to be behind of")
    return (required - _reduction(reduction, "cumulative reduction")) / required


def _power_of_rest(target: float, exponent: float) -> float:
    return -math.expm1(math.log1p(-target) * exponent)


def _target(target: float) -> float:
    if not 0 < target < 1:
        raise ValueError(f"target reduction {target} is not between 0 and 1 (a fraction: 0.125 for 12.5 %)")
    return target


def _reduction(value: float, name: str) -> float:
    if not (math.isfinite(value) and value < 1):
        raise ValueError(f"{name} {value} is not a finite number below 1 (100 %)")
    return value


def _years(years: float) -> float:
    if not (math.isfinite(years) and years > 0):
        raise ValueError(f"a plan of {years} years has no pace")
    return years
