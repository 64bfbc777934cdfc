"""Rolling-origin backtest: what each method would have said at every past month, which one to trust now, and how far it was off.

Bands are conformal: quantiles of the chosen method's own past errors by horizon (cf. Stankeviciute et al. 2021, Conformal time-series forecasting),
so they suppose nothing about the shape of the errors. Nothing after an origin is used for it: neither values, nor parameters, nor the choice.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tricolor.analysis.forecast_methods import NAIVE, Sight, Values, forecasts_at
from tricolor.analysis.forecast_series import Series

BAND = 0.80
MIN_ORIGINS = 6  # tests before a method may be chosen
MAX_ORIGINS = 36  # that count: three years back
MIN_ERRORS = 5  # of a horizon, for a quantile of its own
SCORED = 6  # horizons that the score is taken over


@dataclass(frozen=True, slots=True)
class Rolled:
    """What every method said at every origin (how many values were known) for up to `horizon` slots."""

    series: Series
    sight: Sight
    horizon: int
    said: Mapping[int, Mapping[str, Values]]


@dataclass(frozen=True, slots=True)
class MethodScore:
    """One method over the tested origins. mae: in the series' unit; ratio: against seasonal naive on the same months; coverage: share of months that
    its band at the time held, None before there was a band; origins: how many tested it."""

    method: str
    mae: float
    ratio: float
    coverage: float | None
    origins: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The method chosen at an origin, and why: scores by method, the best first."""

    method: str
    scores: Mapping[str, float] = field(default_factory=dict)


def roll(series: Series, horizon: int, origins: int = 2 * MAX_ORIGINS) -> Rolled:
    """Every origin from one season on, and the newest; the last `origins` of them (twice MAX_ORIGINS, so that each tested one had its own band)."""
    sight = Sight.of(series, horizon)
    count = len(series.values)
    first = max(series.grid.per_year, count - origins)
    return Rolled(series, sight, horizon, {o: forecasts_at(sight, o, horizon) for o in range(first, count + 1)})


def choose(rolled: Rolled, origin: int) -> Choice:
    """The method whose errors were smallest against seasonal naive at the origins before, over horizons whose outcome was known by then."""
    scores = {name: ratio for name, (_, ratio, n) in _scored(rolled, origin).items() if n >= MIN_ORIGINS}
    usable = {n: s for n, s in scores.items() if n in rolled.said[origin]}
    if not usable:
        return Choice(NAIVE)
    return Choice(min(usable, key=lambda n: (usable[n], n != NAIVE)), dict(sorted(usable.items(), key=lambda item: item[1])))


def _scored(rolled: Rolled, origin: int) -> dict[str, tuple[float, float, int]]:
    """Method -> (mean absolute error, share of seasonal naive's on the same months, origins) of what was known at the origin."""
    sums: dict[str, list[float]] = {}
    for at, said in rolled.said.items():
        known = min(origin - at, SCORED, rolled.horizon)
        if at < origin - MAX_ORIGINS or known <= 0 or NAIVE not in said:
            continue
        actual = rolled.series.values[at : at + known]
        base = float(np.abs(said[NAIVE][:known] - actual).sum())
        for name, values in said.items():
            mine = sums.setdefault(name, [0.0, 0.0, 0.0, 0.0])
            mine[0] += float(np.abs(values[:known] - actual).sum())
            mine[1] += base
            mine[2] += known
            mine[3] += 1
    return {n: (e / m, _ratio(e, b), int(o)) for n, (e, b, m, o) in sums.items()}


def _ratio(error: float, base: float) -> float:
    if base > 0:
        return error / base
    return 1.0 if error == 0 else math.inf


def spread(rolled: Rolled, method: str, origin: int, steps: int) -> Values | None:
    """Half width of the band of each of the next `steps` slots, in logarithms (or plain daily means); None while too few errors are known."""
    widths = [quantile(_errors(rolled, method, origin, h)) for h in range(1, steps + 1)]
    return _filled(widths)


def sum_spread(rolled: Rolled, method: str, origin: int, steps: int) -> float | None:
    """Half width of the band of the sum of the next `steps` slots: in logarithms, or in the series' unit."""
    errors: list[float] = []
    for at, said in rolled.said.items():
        if origin - MAX_ORIGINS <= at <= origin - steps and method in said:
            actual, mean = float(rolled.series.values[at : at + steps].sum()), float(said[method][:steps].sum())
            errors.append(abs(math.log(actual / mean)) if rolled.sight.is_log else abs(actual - mean))
    return quantile(errors)


def _errors(rolled: Rolled, method: str, origin: int, h: int) -> list[float]:
    found = []
    for at, said in rolled.said.items():
        if origin - MAX_ORIGINS <= at <= origin - h and method in said:
            actual, value = float(rolled.series.values[at + h - 1]), float(said[method][h - 1])
            found.append(abs(math.log(actual / value)) if rolled.sight.is_log else abs(actual - value))
    return found


def quantile(errors: Sequence[float]) -> float | None:
    """The ⌈(n + 1) · 80 %⌉-th smallest error: holds at least 80 % of the next ones if they are like these."""
    if len(errors) < MIN_ERRORS:
        return None
    place = min(len(errors), math.ceil((len(errors) + 1) * BAND))
    return sorted(errors)[place - 1]


def _filled(widths: Sequence[float | None]) -> Values | None:
    """Horizons without enough errors take the last known one's, grown by the square root of time; never narrower further out."""
    if not widths or widths[0] is None:
        return None
    filled = [widths[0]]
    known = 1
    for h, width in enumerate(widths[1:], 2):
        known = h if width is not None else known
        base = widths[known - 1] or 0.0
        filled.append(max(filled[-1], base * math.sqrt(h / known)))
    return np.array(filled, dtype=np.float64)


def band(rolled: Rolled, mean: Values | float, width: Values | float) -> tuple[Values, Values]:
    """low, high around the mean; never below zero where nothing ever was."""
    centre = np.asarray(mean, dtype=np.float64)
    if rolled.sight.is_log:
        return centre * np.exp(-np.asarray(width)), centre * np.exp(np.asarray(width))
    low, high = centre - width, centre + width
    return (np.maximum(low, np.minimum(centre, 0.0)), high) if np.all(rolled.series.values >= 0) else (low, high)


def report(rolled: Rolled) -> list[MethodScore]:
    """Every method over the tested origins, the best first."""
    count = len(rolled.series.values)
    scored = _scored(rolled, count)
    found = [MethodScore(name, mae, ratio, _coverage(rolled, name), n) for name, (mae, ratio, n) in scored.items()]
    return sorted(found, key=lambda s: s.ratio)


def _coverage(rolled: Rolled, method: str) -> float | None:
    held = [inside for at in rolled.said if at >= len(rolled.series.values) - MAX_ORIGINS for inside in inside_band(rolled, method, at)]
    return sum(held) / len(held) if held else None


def inside_band(rolled: Rolled, method: str, at: int) -> list[bool]:
    """Of the next SCORED slots after the origin whose outcome is known: whether the band made there held it."""
    steps = min(SCORED, len(rolled.series.values) - at, rolled.horizon)
    if steps <= 0 or method not in rolled.said.get(at, {}) or (width := spread(rolled, method, at, steps)) is None:
        return []
    low, high = band(rolled, rolled.said[at][method][:steps], width)
    actual = rolled.series.values[at : at + steps]
    return [bool(x) for x in (actual >= low) & (actual <= high)]
