"""The few methods that forecasts are chosen from. Each sees only what was known at its origin.

All but the baseline work on daily means in logarithms (plain where a value is not above zero), so that a month's length and the level drop out, and
correct for the Spring Festival, whose share of a month moves by up to all of it from year to year (cf. Roberts and White, Seasonal adjustment of
Chinese economic statistics, RBA RDP 2015-13; Hyndman and Athanasopoulos, Forecasting: Principles and Practice, ch. 8-10).
"""

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.forecast_series import Series

Values = NDArray[np.float64]
RIDGE = (0.1, 0.01)  # of the festival's and of the driver's coefficient: about as strong as one third of a year's evidence
REFIT_EVERY = 12  # slots between two estimations of the smoothing and ARIMA parameters; in between they are kept
WINDOW_YEARS = 1  # over which the mean growth is taken
NAIVE, DRIFT, GROWTH, ETS, ARIMA, ELECTRICITY, MEAN = (
    "seasonal_naive", "seasonal_drift", "calendar_growth", "ets", "arima", "electricity", "mean",
)  # fmt: skip


@dataclass(slots=True)
class Sight:
    """What a method may use: the series whole, and up to where it looks. kept: parameters of earlier origins, by (method, origin)."""

    series: Series
    horizon: int
    kept: dict[tuple[str, int], object] = field(default_factory=dict)
    is_log: bool = False
    days: Values = field(default_factory=lambda: np.zeros(0))
    festival: Values = field(default_factory=lambda: np.zeros(0))
    daily: Values = field(default_factory=lambda: np.zeros(0))  # transformed daily means
    scale: float = 1.0

    @staticmethod
    def of(series: Series, horizon: int) -> "Sight":
        far = series.last + horizon
        days, festival = series.grid.days(series.first, far), series.grid.festival(series.first, far, series.festivals)
        is_log = bool(np.all(series.values > 0))
        daily = series.values / days[: len(series.values)]
        scale = float(np.mean(np.abs(daily[: series.grid.per_year]))) or 1.0  # of the first year: known at every origin
        return Sight(series, horizon, {}, is_log, days, festival, np.log(daily / scale) if is_log else daily / scale, scale)

    @property
    def season(self) -> int:
        return self.series.grid.per_year

    def back(self, daily: Values, origin: int) -> Values:
        """Values of the slots origin.. from transformed daily means."""
        plain = np.exp(np.clip(daily, -700, 700)) if self.is_log else daily
        return np.asarray(plain * self.scale * self.days[origin : origin + len(daily)], dtype=np.float64)

    def seasonal(self, origin: int, growth: Values) -> Values:
        """Transformed daily means of the slots origin..: those of a year before plus the growth; beyond a year upon the forecast itself."""
        held = list(self.daily[:origin])
        for step in growth:
            held.append(held[-self.season] + step)
        return np.array(held[origin:], dtype=np.float64)


Method = Callable[[Sight, int, int], Values | None]  # (sight, origin: how many values are known, horizon) -> values


def seasonal_naive(sight: Sight, origin: int, horizon: int) -> Values | None:
    held = list(sight.series.values[:origin])
    if origin < sight.season:
        return None
    for _ in range(horizon):
        held.append(held[-sight.season])
    return np.array(held[origin:], dtype=np.float64)


def seasonal_drift(sight: Sight, origin: int, horizon: int) -> Values | None:
    """The same slot of last year, moved by the mean growth of the last year against the one before (of what is there)."""
    grown = _growth(sight.daily[:origin], sight.season)
    if not len(grown):
        return None
    mean = float(np.mean(grown[-sight.season * WINDOW_YEARS :]))
    return sight.back(sight.seasonal(origin, np.full(horizon, mean)), origin)


def calendar_growth(sight: Sight, origin: int, horizon: int) -> Values | None:
    """Regression of the growth against last year on the move of the Spring Festival, with AR(1) errors around the last year's mean growth."""
    grown = _growth(sight.daily[:origin], sight.season)
    if len(grown) < max(2, sight.season // 4):
        return None
    moved = _growth(sight.festival, sight.season)
    fitted = _grow(grown, moved[: origin - sight.season, None], moved[origin - sight.season : origin - sight.season + horizon, None], sight.season)
    return sight.back(sight.seasonal(origin, fitted), origin)


def electricity(sight: Sight, origin: int, horizon: int) -> Values | None:
    """As calendar_growth, with the growth of electricity as a second regressor: known ahead as far as it is, then forecast like any other."""
    driver, season = sight.series.driver, sight.season
    if driver is None or not np.all(driver > 0):
        return None
    lead = len(driver) - len(sight.series.values)  # how far the driver runs ahead now, so it did then
    known = np.log(driver[: origin + lead] / sight.days[: origin + lead])
    grown, moved = _growth(sight.daily[:origin], season), _growth(sight.festival, season)
    other = _growth(known, season)
    if len(grown) < max(4, season // 2):
        return None
    if short := max(0, origin + horizon - len(known)):
        begin = len(known) - season
        other = np.append(other, _grow(other, moved[:begin, None], moved[begin : begin + short, None], season))
    both = np.column_stack([moved, np.pad(other, (0, max(0, len(moved) - len(other))))[: len(moved)]])
    begin = origin - season
    return sight.back(sight.seasonal(origin, _grow(grown, both[:begin], both[begin : begin + horizon], season)), origin)


def ets(sight: Sight, origin: int, horizon: int) -> Values | None:
    """Exponential smoothing with damped trend and seasons, upon the series without its Spring Festival effect (statsmodels)."""
    if origin < 2 * sight.season or not has_statsmodels():
        return None
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415 - an extra, and slow to import

    effect = _effect(sight, origin)
    cleaned = sight.daily[:origin] - effect * sight.festival[:origin]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(
            cleaned, trend="add", damped_trend=True, seasonal="add", seasonal_periods=sight.season, initialization_method="heuristic"
        )
        held = sight.kept.get((ETS, _anchor(sight, origin)))
        if not isinstance(held, dict):
            found = model.fit().params
            names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
            held = sight.kept[ETS, _anchor(sight, origin)] = {n: float(found[n]) for n in names}
        ahead = np.asarray(model.fit(**held, optimized=False).forecast(horizon))
    return _sane(sight, origin, sight.back(ahead + effect * sight.festival[origin : origin + horizon], origin))


def arima(sight: Sight, origin: int, horizon: int) -> Values | None:
    """Regression on the Spring Festival with seasonal ARIMA errors (0,1,1)(0,1,1), the airline model (statsmodels)."""
    if origin < 2 * sight.season + sight.season // 2 or not has_statsmodels():
        return None
    from statsmodels.tsa.statespace.sarimax import SARIMAX  # noqa: PLC0415 - as above

    known, moved = _twice_differenced(sight.daily[:origin], sight.season), _twice_differenced(sight.festival[: origin + horizon], sight.season)
    has_festival = bool(np.any(moved[: len(known)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = sight.kept.get((ARIMA, _anchor(sight, origin)))
        exog = moved[: len(known), None] if has_festival else None
        # differenced by hand: the state is a third as large, and estimation many times faster
        model = SARIMAX(known, exog=exog, order=(0, 0, 1), seasonal_order=(0, 0, 1, sight.season), enforce_invertibility=True)
        if not isinstance(held, np.ndarray):
            held = sight.kept[ARIMA, _anchor(sight, origin)] = np.asarray(model.fit(disp=0, maxiter=25, cov_type="none").params)
        if len(held) != len(model.param_names):
            return None
        steps = np.asarray(model.filter(held, cov_type="none").forecast(horizon, exog=moved[len(known) :, None] if has_festival else None))
    values = list(sight.daily[:origin])
    for step in steps:
        values.append(step + values[-1] + values[-sight.season] - values[-sight.season - 1])
    return _sane(sight, origin, sight.back(np.array(values[origin:]), origin))


METHODS: dict[str, Method] = {
    NAIVE: seasonal_naive, DRIFT: seasonal_drift, GROWTH: calendar_growth, ETS: ets, ARIMA: arima, ELECTRICITY: electricity,
}  # fmt: skip
NEEDS_STATSMODELS = (ETS, ARIMA)


def has_statsmodels() -> bool:
    """Whether the extra `forecast` is installed."""
    return importlib.util.find_spec("statsmodels") is not None


def forecasts_at(sight: Sight, origin: int, horizon: int) -> dict[str, Values]:
    """What each method says at the origin; those that cannot are left out. `mean`: the mean of all but the baseline (geometric in logarithms)."""
    found: dict[str, Values] = {}
    for name, method in METHODS.items():
        try:
            values = method(sight, origin, horizon)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            values = None  # a fit that fails is no candidate
        if values is not None and np.all(np.isfinite(values)):
            found[name] = values
    others = [v for n, v in found.items() if n != NAIVE]
    if len(others) > 1:
        found[MEAN] = np.exp(np.mean(np.log(others), axis=0)) if sight.is_log else np.mean(others, axis=0)
    return found


def _twice_differenced(values: Values, season: int) -> Values:
    return np.diff(_growth(values, season))


def _growth(values: Values, season: int) -> Values:
    return np.asarray(values[season:] - values[:-season], dtype=np.float64) if len(values) > season else np.zeros(0)


def _grow(grown: Values, regressors: Values, ahead: Values, season: int) -> Values:
    """Growth ahead: regression with AR(1) errors (Cochrane-Orcutt, two rounds), errors returning to their mean over the last year."""
    weights = np.diag(np.array(RIDGE[: regressors.shape[1]]))
    effect, rho = np.zeros(regressors.shape[1]), 0.0
    for _ in range(2):
        y, x = grown[1:] - rho * grown[:-1], regressors[1:] - rho * regressors[:-1]
        x = x - x.mean(axis=0)
        effect = np.linalg.solve(x.T @ x + weights, x.T @ (y - y.mean()))
        rest = grown - regressors @ effect
        about = rest - rest.mean()
        spread = float(about @ about)
        rho = float(np.clip(about[1:] @ about[:-1] / spread, 0.0, 0.95)) if spread > 1e-18 else 0.0
    mean = float(np.mean(rest[-season * WINDOW_YEARS :]))
    steps = np.arange(1, len(ahead) + 1)
    return np.asarray(mean + rho**steps * (rest[-1] - mean) + ahead @ effect, dtype=np.float64)


def _effect(sight: Sight, origin: int) -> float:
    """What the whole Spring Festival does to a slot's transformed daily mean."""
    grown, moved = _growth(sight.daily[:origin], sight.season), _growth(sight.festival[:origin], sight.season)
    x = moved - moved.mean()
    return float(x @ (grown - grown.mean()) / (x @ x + RIDGE[0]))


def _anchor(sight: Sight, origin: int) -> int:
    """Origins are visited in rising order, so that parameters kept for a stretch were found at its first origin."""
    return origin // REFIT_EVERY


def _sane(sight: Sight, origin: int, values: Values) -> Values | None:
    """None where a fit ran away: beyond three times anything seen."""
    seen = float(np.max(np.abs(sight.series.values[:origin])))
    return None if not np.all(np.isfinite(values)) or np.max(np.abs(values)) > 3 * seen else values
