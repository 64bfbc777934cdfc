"""All forecasts of one entity: energy, CO2, activity, and its intensity against each target."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tricolor.analysis.forecast import Ask, outlook
from tricolor.analysis.forecast_intensity import Aim, Parts, intensity_outlook
from tricolor.analysis.forecast_lights import LightOf
from tricolor.analysis.forecast_series import NoSeries, Series, energy_known, series_of
from tricolor.analysis.indicators import MonthCo2
from tricolor.analysis.intensity import NOTHING_EXCLUDED, MonthActivity, compare_years
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.exclusions import Excluded
from tricolor.domain.forecasts import Forecast
from tricolor.domain.intervals import from_us

ENERGY, CO2, INTENSITY, CARBON_INTENSITY = "energy", "co2", "intensity", "carbon_intensity"
CARBON = "carbon:"  # before the level, as the rule pace has it


@dataclass(frozen=True, slots=True)
class TargetAim:
    """A target of the plan. indicator: basic, incentive, carbon:basic, carbon:incentive; reduction: a share."""

    indicator: str
    reduction: float

    @property
    def is_carbon(self) -> bool:
        return self.indicator.startswith(CARBON)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an entity. energy, co2, excluded: by month, with all inside it; activity: GDP or value added by month, quantity: which;
    electricity: bought minus sold by month [kWh]; targets: of a plan of the years first_year..last_year. Comparable: the same gives the same."""

    entity: str
    energy: Mapping[str, MonthEnergy]
    co2: Mapping[str, MonthCo2]
    excluded: Mapping[str, Excluded]
    activity: Mapping[str, MonthActivity]
    quantity: str
    electricity: Mapping[str, float]
    targets: tuple[TargetAim, ...]
    first_year: int
    last_year: int
    coverage_min: float = 0.0
    festivals: Mapping[int, date] = field(default_factory=dict)

    @property
    def as_co2(self) -> dict[str, MonthEnergy]:
        """The months with CO2 [t] in the place of energy."""
        none = MonthCo2(None)
        return {
            m: replace(e, tce_equivalent=self.co2.get(m, none).co2_t, unfactored=self.co2.get(m, none).unfactored) for m, e in self.energy.items()
        }


def entity_forecasts(known: Known, now: int, light_of: LightOf) -> list[Forecast]:
    """To the end of the calendar year of `now` [µs]."""
    year = from_us(now).year
    series = energy_series(known)
    found = [outlook(series, Ask(known.entity, ENERGY, "tce", year, now)).forecast]
    made = None
    if known.activity or known.targets:
        price_year = known.activity[max(known.activity)].price_year if known.activity else None
        made = outlook(activity_series(known), Ask(known.entity, known.quantity, "1e4CNY", year, now, price_year)).forecast
        found.append(made)
    for is_carbon in (False, True):
        targets = [t for t in known.targets if t.is_carbon is is_carbon]
        if not targets or made is None:
            continue
        total = _total(known, is_carbon, year, now, found)
        parts = Parts(_net(known, is_carbon), known.activity, total, made)
        name, unit = (CARBON_INTENSITY, "tCO2/1e4CNY") if is_carbon else (INTENSITY, "tce/1e4CNY")
        for target in targets:
            ask = Ask(known.entity, name, unit, year, now)
            found.append(intensity_outlook(ask, parts, _aim(known, target, year, now), light_of))
    return found


def energy_series(known: Known) -> Series | NoSeries:
    return _series(energy_known(known.energy, known.coverage_min), known)


def co2_series(known: Known) -> Series | NoSeries:
    return _series(energy_known(known.as_co2, known.coverage_min), known)


def activity_series(known: Known) -> Series | NoSeries:
    """Of GDP or value added, with electricity beside it; months at other prices than the newest are left out."""
    if not known.activity:
        return NoSeries("没有报送地区生产总值或增加值", "no GDP or value added was reported")
    newest = known.activity[max(known.activity)].price_year
    return series_of({m: a.value_cny_10k for m, a in known.activity.items() if a.price_year == newest}, known.festivals, _electricity(known))


def _series(values: Mapping[str, float] | NoSeries, known: Known) -> Series | NoSeries:
    return values if isinstance(values, NoSeries) else series_of(values, known.festivals)


def _electricity(known: Known) -> dict[str, float]:
    """Of the months that are over without a hole."""
    return {m: v for m, v in known.electricity.items() if m in known.energy and known.energy[m].is_complete}


def _net(known: Known, is_carbon: bool) -> dict[str, float]:
    """Month -> what dual control counts: energy without exclusions, or CO2, of complete months."""
    of = known.as_co2 if is_carbon else known.energy
    out = NOTHING_EXCLUDED if is_carbon else known.excluded
    return {
        m: e.tce_equivalent - (out[m].tce_equivalent if m in out else 0.0) for m, e in of.items() if e.is_complete and e.tce_equivalent is not None
    }  # fmt: skip


def _total(known: Known, is_carbon: bool, year: int, now: int, found: list[Forecast]) -> Forecast:
    """What the intensity is made of: CO2, or net energy (the gross's forecast where nothing is left out)."""
    if is_carbon:
        found.append(outlook(co2_series(known), Ask(known.entity, CO2, "t", year, now)).forecast)
        return found[-1]
    gross = energy_known(known.energy, known.coverage_min)
    if isinstance(gross, NoSeries) or not any(m in known.excluded for m in gross):
        return found[0]
    net = {m: v - (known.excluded[m].tce_equivalent if m in known.excluded else 0.0) for m, v in gross.items()}
    return outlook(series_of(net, known.festivals), Ask(known.entity, ENERGY, "tce", year, now)).forecast


def _aim(known: Known, target: TargetAim, year: int, now: int) -> Aim:
    amounts = known.as_co2 if target.is_carbon else known.energy
    out = NOTHING_EXCLUDED if target.is_carbon else known.excluded
    years: Sequence[int] = range(known.first_year, year)
    finished = tuple(compare_years(amounts, known.activity, y, known.coverage_min, now, out) for y in years)
    return Aim(target.indicator, target.reduction, known.first_year, known.last_year, finished)


def digest_of(known: Known, month: str) -> str:
    """Another one when a forecast made in the month could come out differently."""
    books: tuple[Mapping[str, object], ...] = (known.energy, known.co2, known.excluded, known.activity, known.electricity)
    parts = ([sorted(book.items(), key=lambda item: item[0]) for book in books], known.targets, known.first_year, known.last_year)
    return hashlib.sha256(repr((parts, known.coverage_min, month)).encode()).hexdigest()
