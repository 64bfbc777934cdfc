"""Nowcast of growth that is published late (value added, GDP) from growth that is known at once (electricity), both against the same period of last
year, one value a period (January and February as one)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tricolor.analysis.forecast_backtest import BAND, MIN_ERRORS
from tricolor.analysis.forecast_methods import Values

ADAPT = 0.05  # step of the adaption, as in the paper
RECENT = 36  # errors that count
MIN_PERIODS = 11  # a year of periods to learn the relation from


@dataclass(frozen=True, slots=True)
class Nowcast:
    """growth of the period not reported yet, a share, with its 80 % band (None while too few errors are known); slope: growth per growth of the
    indicator; periods: learnt from."""

    growth: float
    low: float | None
    high: float | None
    slope: float
    periods: int


def nowcast(reported: Sequence[float], indicator: Sequence[float]) -> Nowcast | None:
    """The period after the reported ones. indicator: of the same periods and the one asked for. Regression of growth on the indicator's growth with
    AR(1) errors. None while fewer than MIN_PERIODS are known.

    ValueError where the indicator does not hold exactly one period more.
    """
    if len(indicator) != len(reported) + 1:
        raise ValueError(f"{len(reported)} periods are reported, the indicator must hold {len(reported) + 1}, not {len(indicator)}")
    if len(reported) < MIN_PERIODS:
        return None
    y, x = np.asarray(reported, dtype=np.float64), np.asarray(indicator, dtype=np.float64)
    growth, slope = _next(y, x)
    errors = [abs(_next(y[:n], x[: n + 1])[0] - float(y[n])) / _reach(x[: n + 1]) for n in range(MIN_PERIODS, len(y))]
    held = _adapted(errors)
    width = None if held is None else held * _reach(x)
    return Nowcast(growth, None if width is None else growth - width, None if width is None else growth + width, slope, len(y))


def _next(y: Values, x: Values) -> tuple[float, float]:
    """(growth of the period after y, slope): least squares, then once more with the errors' own persistence taken out (Cochrane-Orcutt)."""
    slope, level = _line(y, x[: len(y)])
    rest = y - level - slope * x[: len(y)]
    spread = float(rest @ rest)
    rho = float(np.clip(rest[1:] @ rest[:-1] / spread, 0.0, 0.95)) if spread > 1e-18 else 0.0
    slope, level = _line(y[1:] - rho * y[:-1], x[1 : len(y)] - rho * x[: len(y) - 1])
    level /= 1 - rho
    last = float(y[-1]) - level - slope * float(x[len(y) - 1])
    return level + slope * float(x[-1]) + rho * last, slope


def _adapted(errors: Sequence[float]) -> float | None:
    """Half width whose level follows how often the bands before held (adaptive conformal inference, Gibbs and Candès 2021): growth that was calm for
    years gives no narrow band once it is not."""
    miss, width = 1 - BAND, None
    for n in range(MIN_ERRORS, len(errors) + 1):
        recent = sorted(errors[max(0, n - RECENT) : n])
        width = recent[min(len(recent), max(1, math.ceil((len(recent) + 1) * (1 - miss)))) - 1]
        if n < len(errors):
            miss += ADAPT * ((1 - BAND) - (errors[n] > width))
    return width


def _reach(x: Values) -> float:
    """How much wider an error is where the last value lies outside what was seen: the textbook factor of a predicted value of a regression."""
    known, last = x[:-1], float(x[-1])
    spread = float(((known - known.mean()) ** 2).sum())
    return float(np.sqrt(1 + 1 / len(known) + (last - known.mean()) ** 2 / spread)) if spread > 1e-18 else 1.0


def _line(y: Values, x: Values) -> tuple[float, float]:
    about = x - x.mean()
    spread = float(about @ about)
    slope = float(about @ (y - y.mean())) / spread if spread > 1e-18 else 0.0
    return slope, float(y.mean() - slope * x.mean())
