"""From the year's energy and activity to the year's intensity, the chance of each light, and what the months left must bring.

Both totals are taken as log-normal with the 80 % band as their middle, and their errors as independent: where energy and activity rise together the
intensity is surer than said here. r = 1 - e/e_last year, A = 1 - Π(1 - r): STANDARDS §1.1.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist

from tricolor.domain.forecasts import Forecast
from tricolor.domain.lights import Light

Z80 = NormalDist().inv_cdf(0.9)  # half of the 80 % band, in standard deviations
DRAWS = 999  # evenly spaced quantiles: the same every time
LightOf = Callable[[float, float], Light]  # (reduction, required), shares; the pace rule's own, with the plan's thresholds


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal: median and standard deviation of the logarithm."""

    median: float
    sigma: float

    def quantile(self, share: float) -> float:
        return self.median * math.exp(self.sigma * NormalDist().inv_cdf(share)) if self.sigma > 0 else self.median


@dataclass(frozen=True, slots=True)
class Goal:
    """What is judged at the year's end. before: reductions of the plan's finished years; last_year: intensity of the year before [tce/1e4CNY];
    required: T by this year's end; plan_required: the whole target; years_left: of the plan after this one."""

    indicator: str
    before: tuple[float, ...]
    last_year: float
    required: float
    plan_required: float
    years_left: int


@dataclass(frozen=True, slots=True)
class Left:
    """Of the year's months that are not over. energy, activity: known so far; activity_left: expected of the rest [1e4CNY]; intensity_last_year: of
    the same months a year before [tce/1e4CNY]."""

    energy: float
    activity: float
    activity_left: float
    intensity_last_year: float


def spread_of(total: Forecast) -> Spread | None:
    """Of a year's total; None where it is not known or not above zero."""
    if total.year_mean is None or total.year_low is None or total.year_high is None or min(total.year_low, total.year_mean) <= 0:
        return None
    return Spread(total.year_mean, (math.log(total.year_high) - math.log(total.year_low)) / (2 * Z80))


def intensity_spread(energy: Spread, activity: Spread) -> Spread:
    """Energy over activity [tce/1e4CNY]."""
    return Spread(energy.median / activity.median, math.hypot(energy.sigma, activity.sigma))


def chances(intensity: Spread, goal: Goal, light_of: LightOf) -> dict[str, float]:
    """Light -> probability that the year ends in it; they add up to 1."""
    kept = math.prod(1 - r for r in goal.before)
    return _share(light_of(1 - kept * e / goal.last_year, goal.required) for e in _draws(intensity))


def plan_chances(intensity: Spread, goal: Goal, light_of: LightOf) -> dict[str, float]:
    """The same for the plan's end: the years left go on with the mean yearly change so far, erring from year to year as the years did (as this year's
    own band where fewer than three years are known)."""
    kept = math.prod(1 - r for r in goal.before)
    this_year = math.log(intensity.median / goal.last_year)
    steps = [math.log1p(-r) for r in goal.before] + [this_year]
    mean = math.fsum(steps) / len(steps)
    yearly = intensity.sigma
    if len(steps) > 2:
        yearly = max(yearly, math.sqrt(math.fsum((s - mean) ** 2 for s in steps) / (len(steps) - 1)))
    of_mean = goal.years_left * yearly / math.sqrt(len(steps))  # the mean itself is known from few years
    sigma = math.sqrt(intensity.sigma**2 + goal.years_left * yearly**2 + of_mean**2)
    end = Spread(kept * math.exp(this_year + goal.years_left * mean), sigma)
    return _share(light_of(1 - rest, goal.plan_required) for rest in _draws(end))


def needed(left: Left, goal: Goal) -> float | None:
    """Share by which the intensity of each month left must lie below the same months of last year for the requirement to be met; below 0: it may
    rise; 1 or more: it cannot be met any more. None where no month is left or last year's are not known."""
    if left.activity_left <= 0 or left.intensity_last_year <= 0:
        return None
    allowed = (1 - goal.required) / math.prod(1 - r for r in goal.before) * goal.last_year
    energy_left = allowed * (left.activity + left.activity_left) - left.energy
    return 1 - energy_left / left.activity_left / left.intensity_last_year


def _draws(of: Spread) -> list[float]:
    return [of.quantile((i + 0.5) / DRAWS) for i in range(DRAWS)]


def _share(lights: Iterable[Light]) -> dict[str, float]:
    found = list(lights)
    return {str(light): found.count(light) / len(found) for light in Light if light in found}
