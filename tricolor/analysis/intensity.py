"""Energy intensity: monthly energy of an entity over its activity, and the year to date against the same months of the year before.

GB/T 2589-2020 §4 (bought minus sold), STANDARDS §7.1 (intensity at constant prices), 发改环资〔2022〕803号 (r = 1 − [(E−F)/GDP]ₜ ÷ [(E−F)/GDP]₀).
Missing is never zero: a month whose days, coverage, factors or activity are not all there says so instead of being small.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from tricolor.domain.accounts import MonthEnergy, factor_ids_of
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.exclusions import Excluded
from tricolor.domain.intervals import month_of
from tricolor.domain.units import convert

MONEY_UNIT = "1e4CNY"
MONEY_KINDS = (ActivityKind.GDP, ActivityKind.VALUE_ADDED)
STANDARD_COAL = ("折标系数", "standard-coal factor")
NOTHING_EXCLUDED: Mapping[str, Excluded] = MappingProxyType({})


class MonthActivity(NamedTuple):
    """GDP or value added of one month [1e4CNY]. price_year: base of the constant prices; summed_from: the entities it was added up from."""

    month: str
    value_cny_10k: float
    price_year: int | None
    summed_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A month that cannot be used, and why. coverage: where that is the reason."""

    month: str
    reason_zh: str
    reason_en: str
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class YearToDate:
    """A year's months against the same months of the year before.

    months: those compared, January first and without a hole; not_reported: months that are over and are not compared, with the reason; faults:
    compared months whose energy is not known well enough: then the comparison must not be believed. energy [tce, equal-value], gross; excluded
    [tce]: what dual control leaves out of it; activity [1e4CNY]. Intensity and reduction are those of the net, unless they say gross.
    """

    year: int
    months: tuple[str, ...]
    not_reported: tuple[Missing, ...]
    faults: tuple[Missing, ...]
    energy_now_tce: float | None
    energy_base_tce: float | None
    activity_now_cny_10k: float
    activity_base_cny_10k: float
    price_year_now: int | None
    price_year_base: int | None
    coverage: float | None
    factor_ids: tuple[str, ...] = field(default=())
    excluded_now_tce: float = 0.0
    excluded_base_tce: float = 0.0

    @property
    def is_whole_year(self) -> bool:
        return len(self.months) == 12

    @property
    def net_now_tce(self) -> float | None:
        return None if self.energy_now_tce is None else self.energy_now_tce - self.excluded_now_tce

    @property
    def net_base_tce(self) -> float | None:
        return None if self.energy_base_tce is None else self.energy_base_tce - self.excluded_base_tce

    @property
    def has_exclusions(self) -> bool:
        return self.excluded_now_tce > 0 or self.excluded_base_tce > 0

    @property
    def is_one_sided(self) -> bool:
        """Whether something is left out of one year and nothing of the other: right for a new project, a mistake for feedstock."""
        return (self.excluded_now_tce > 0) != (self.excluded_base_tce > 0)

    @property
    def intensity_now(self) -> float | None:
        """Net [tce/1e4CNY]; None where the energy is not known or the activity is not positive."""
        return _ratio(self.net_now_tce, self.activity_now_cny_10k)

    @property
    def intensity_base(self) -> float | None:
        return _ratio(self.net_base_tce, self.activity_base_cny_10k)

    @property
    def reduction(self) -> float | None:
        """r = 1 − e_now/e_base of the net, a share; negative when the intensity rose. None unless both are known and the base is positive."""
        return _reduction(self.intensity_now, self.intensity_base)

    @property
    def reduction_gross(self) -> float | None:
        """r as it would be without any exclusion."""
        return _reduction(_ratio(self.energy_now_tce, self.activity_now_cny_10k), _ratio(self.energy_base_tce, self.activity_base_cny_10k))


@dataclass(frozen=True, slots=True)
class IntensityMonth:
    """One month of an entity's intensity. energy [tce], gross; excluded_tce: left out of it; activity [1e4CNY]; intensity [tce/1e4CNY, equal-value]
    of the net; change: share against last year.

    None where it is not known; is_complete: the month is over and every day of it has accounts; coverage 0..1.
    """

    month: str
    energy_tce_equivalent: float | None
    energy_tce_calorific: float | None
    activity_cny_10k: float | None
    price_year: int | None
    intensity: float | None
    intensity_last_year: float | None
    change: float | None
    coverage: float | None
    is_complete: bool
    factor_ids: tuple[str, ...] = ()
    excluded_tce: float = 0.0
    intensity_gross: float | None = None


def activity_kind(kind: EntityKind) -> ActivityKind:
    """What an entity's energy is divided by: GDP for a city and a region, value added for a park, an enterprise, a network."""
    return ActivityKind.GDP if kind in (EntityKind.CITY, EntityKind.REGION) else ActivityKind.VALUE_ADDED


def money_by_month(registry: Registry, figures: Iterable[Activity], kind: ActivityKind) -> dict[str, dict[str, MonthActivity]]:
    """Entity -> month -> GDP or value added. A city's own figure counts; where it has none, the sum of its regions when every region has one
    at the same prices."""
    found = own_money(figures, kind)
    city = registry.city()
    regions = [e.id for e in registry.entities.values() if e.kind is EntityKind.REGION]
    if city is not None and regions:
        own = found.get(city.id, {})
        shared = set.intersection(*(set(found.get(r, {})) for r in regions))
        summed: dict[str, MonthActivity] = {}
        for month in shared:
            parts = [found[r][month] for r in regions]
            if len({p.price_year for p in parts}) == 1:
                total = sum(p.value_cny_10k for p in parts)
                summed[month] = MonthActivity(month, total, parts[0].price_year, tuple(regions))
        found[city.id] = {**summed, **own}
    return found


def own_money(figures: Iterable[Activity], kind: ActivityKind) -> dict[str, dict[str, MonthActivity]]:
    """Entity -> month -> GDP or value added as it was stated."""
    found: dict[str, dict[str, MonthActivity]] = {}
    for figure in figures:
        if figure.kind is kind:
            value = figure.value if figure.unit == MONEY_UNIT else convert(figure.value, figure.unit, MONEY_UNIT)
            found.setdefault(figure.entity, {})[figure.month] = MonthActivity(figure.month, value, figure.price_year)
    return found


def output_by_month(figures: Iterable[Activity], entity_id: str, product: str) -> dict[str, Activity]:
    """Month -> output of an entity's product; a figure that names no product is taken as the one it makes."""
    fitting = [f for f in figures if f.entity == entity_id and f.kind is ActivityKind.OUTPUT and f.product in (product, "")]
    return {f.month: f for f in fitting if f.product == ""} | {f.month: f for f in fitting if f.product != ""}


def complete_months(year: int, now: int) -> list[str]:
    """Months of the year that are over at `now` [µs]."""
    return list(_complete_months(year, now))


@lru_cache(64)
def _complete_months(year: int, now: int) -> tuple[str, ...]:
    return tuple(text for text in (f"{year}-{m:02d}" for m in range(1, 13)) if month_of(text).end <= now)


@lru_cache(64)
def _complete_pairs(year: int, now: int) -> tuple[tuple[str, str], ...]:
    """The same with the month a year before."""
    return tuple((text, a_year_before(text)) for text in _complete_months(year, now))


@lru_cache(4_096)
def a_year_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def compare_years(
    energy: Mapping[str, MonthEnergy], activity: Mapping[str, MonthActivity], year: int, coverage_min: float, now: int,
    excluded: Mapping[str, Excluded] = NOTHING_EXCLUDED, factor: tuple[str, str] = STANDARD_COAL,
) -> YearToDate:  # fmt: skip
    """The year's months that are over and reported in both years, from January to the first one that is not, against the same months a year before.

    A month that has its activity but not its energy (a day missing, coverage under the floor, no factor) is a fault, not a shorter period:
    else a dead meter would choose the months by which its owner is judged. excluded: month -> what is left out of the intensity; factor: in
    words, what a carrier without one lacks.
    """
    months: list[str] = []
    not_reported: list[Missing] = []
    before: list[str] = []
    for text, base in _complete_pairs(year, now):
        if text not in activity or base not in activity:
            lacking = [m for m in (text, base) if m not in activity]
            not_reported.append(Missing(text, f"{'、'.join(lacking)}无经济数据", f"no activity figure for {', '.join(lacking)}"))
        elif not not_reported:
            months.append(text)
            before.append(base)
        else:
            not_reported.append(Missing(text, f"{not_reported[0].month}缺数据，之后不计", f"not compared: {not_reported[0].month} is missing"))
    both = [*months, *before]
    used = [energy.get(m) for m in both]
    covered = [None if e is None else e.coverage for e in used]
    faults = [
        fault for m, e, share in zip(both, used, covered, strict=True) if (fault := _fault(m, e, share, coverage_min, factor)) is not None
    ]  # fmt: skip
    made_now, made_base = [activity[m] for m in months], [activity[m] for m in before]
    return YearToDate(
        year=year,
        months=tuple(months),
        not_reported=tuple(not_reported),
        faults=tuple(faults),
        energy_now_tce=_sum(used[: len(months)]),
        energy_base_tce=_sum(used[len(months) :]),
        activity_now_cny_10k=sum([made.value_cny_10k for made in made_now]),
        activity_base_cny_10k=sum([made.value_cny_10k for made in made_base]),
        price_year_now=_shared_price_year(made_now),
        price_year_base=_shared_price_year(made_base),
        coverage=min([share or 0.0 for share in covered], default=None),
        factor_ids=factor_ids_of([e for e in used if e is not None]),
        excluded_now_tce=_left_out(excluded, months),
        excluded_base_tce=_left_out(excluded, before),
    )


def intensity_series(
    energy: Mapping[str, MonthEnergy], activity: Mapping[str, MonthActivity], months: Sequence[str],
    excluded: Mapping[str, Excluded] = NOTHING_EXCLUDED,
) -> list[IntensityMonth]:  # fmt: skip
    """The months (YYYY-MM) asked for. energy: of the entity, from `monthly_energy`; activity: of the entity, from `money_by_month`; both reaching
    back one year further for the change. The intensity of a month that is not complete, or at other prices than last year, has no change."""
    return [_intensity_month(energy, activity, text, excluded) for text in months]


def _intensity_month(
    energy: Mapping[str, MonthEnergy], activity: Mapping[str, MonthActivity], text: str, excluded: Mapping[str, Excluded]
) -> IntensityMonth:
    now, base = energy.get(text), energy.get(a_year_before(text))
    made, made_base = activity.get(text), activity.get(a_year_before(text))
    out = _left_out(excluded, [text])
    intensity = _month_intensity(now, made, out)
    intensity_base = _month_intensity(base, made_base, _left_out(excluded, [a_year_before(text)]))
    change = None
    at_same_prices = made is not None and made_base is not None and made.price_year == made_base.price_year
    if intensity is not None and intensity_base is not None and intensity_base > 0 and at_same_prices:
        change = intensity / intensity_base - 1.0
    return IntensityMonth(
        month=text,
        energy_tce_equivalent=None if now is None else now.tce_equivalent,
        energy_tce_calorific=None if now is None else now.tce_calorific,
        activity_cny_10k=None if made is None else made.value_cny_10k,
        price_year=None if made is None else made.price_year,
        intensity=intensity,
        intensity_last_year=intensity_base,
        change=change,
        coverage=None if now is None else now.coverage,
        is_complete=now is not None and now.is_complete,
        factor_ids=() if now is None else now.factor_ids,
        excluded_tce=out,
        intensity_gross=_month_intensity(now, made, 0.0),
    )


def _month_intensity(energy: MonthEnergy | None, activity: MonthActivity | None, excluded_tce: float) -> float | None:
    if energy is None or activity is None or not energy.is_complete or energy.tce_equivalent is None:
        return None
    return _ratio(energy.tce_equivalent - excluded_tce, activity.value_cny_10k)


def _left_out(excluded: Mapping[str, Excluded], months: Sequence[str]) -> float:
    return sum([excluded[month].tce_equivalent for month in months if month in excluded]) if excluded else 0


def _fault(text: str, energy: MonthEnergy | None, coverage: float | None, coverage_min: float, factor: tuple[str, str]) -> Missing | None:
    if energy is None or coverage is None:
        return Missing(text, f"{text}无能耗数据", f"no energy data for {text}", 0.0)
    if coverage < coverage_min - 1e-9:
        known = f"{math.floor(coverage * 1000 + 1e-9) / 10:.1f}"  # rounded down: what is below 95 % never reads as 95.0
        zh = f"{text}覆盖率{known}%，低于{coverage_min * 100:g}%"
        return Missing(text, zh, f"coverage of {text} is {known} %, below {coverage_min * 100:g} %", coverage)
    if not energy.is_complete:
        return Missing(
            text, f"{text}缺{energy.days_missing}天能耗数据", f"{energy.days_missing} day(s) of {text} without energy data", energy.coverage
        )
    if energy.tce_equivalent is None:
        carriers = ", ".join(energy.unfactored)
        return Missing(text, f"{text}能源品种{carriers}无{factor[0]}", f"no {factor[1]} for {carriers} in {text}", energy.coverage)
    return None


def _sum(months: Sequence[MonthEnergy | None]) -> float | None:
    values = [e.tce_equivalent for e in months if e is not None and e.tce_equivalent is not None]
    return sum(values) if months and len(values) == len(months) else None


def _shared_price_year(months: Sequence[MonthActivity]) -> int | None:
    """The price year that all the months state; None when one states none or they differ."""
    years = {month.price_year for month in months}
    return years.pop() if len(years) == 1 else None


def _ratio(energy_tce: float | None, activity_cny_10k: float) -> float | None:
    return None if energy_tce is None or activity_cny_10k <= 0 else energy_tce / activity_cny_10k


def _reduction(now: float | None, base: float | None) -> float | None:
    return None if now is None or base is None or base <= 0 else 1.0 - now / base


def days_for(months: Sequence[str]) -> tuple[str, str]:
    """First and last day (YYYY-MM-DD) of the accounts that `intensity_series` of these months needs: one year further back."""
    first, last = a_year_before(min(months)), max(months)
    year, number = int(last[:4]), int(last[5:])
    following = date(year + number // 12, number % 12 + 1, 1)
    return f"{first}-01", date.fromordinal(following.toordinal() - 1).isoformat()
