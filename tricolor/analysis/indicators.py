"""Energy or CO2 of an entity per value added, GDP, output, floor area or head: by month, and the year to date against the same months a year before.

Money at constant prices (STANDARDS §7.1), refused where the price years differ. A product's unit energy takes calorific values (GB/T 2589-2020), all
else equal values. Only energy per GDP and value added is judged by dual control, so only there exclusions are taken off. Floor area and people are
stocks: they hold from their month on until another figure is stated, and a period takes their mean.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from tricolor.analysis.intensity import Missing, MonthActivity, a_year_before, complete_months
from tricolor.domain.accounts import TOTAL_SIGN, DayAccount, MonthEnergy
from tricolor.domain.activities import STOCK_KINDS, Activity, ActivityKind
from tricolor.domain.entities import Registry
from tricolor.domain.exclusions import Excluded
from tricolor.domain.units import UNITS, convert

MAX_HELD_MONTHS = 36  # how long a floor area or a head count goes unconfirmed


class Per(StrEnum):
    """What is divided by."""

    GDP = "gdp"
    VALUE_ADDED = "value_added"
    OUTPUT = "output"
    AREA = "area"
    HEAD = "head"


class Of(StrEnum):
    ENERGY = "energy"
    CO2 = "co2"


KIND_OF = {
    Per.GDP: ActivityKind.GDP, Per.VALUE_ADDED: ActivityKind.VALUE_ADDED, Per.OUTPUT: ActivityKind.OUTPUT,
    Per.AREA: ActivityKind.AREA, Per.HEAD: ActivityKind.HEADS,
}  # fmt: skip
MONEY = (Per.GDP, Per.VALUE_ADDED)


@dataclass(frozen=True, slots=True)
class MonthCo2:
    """CO2 of an entity and all inside it in one month [t], purchased minus sold; None where a carrier has no factor; unfactored: which."""

    co2_t: float | None
    unfactored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """What is divided, of one month [tce or tCO2]: gross, left out of it, and whether the month is over with every day known. gross: None: not known;
    why_not: the reason."""

    gross: float | None
    excluded: float
    is_complete: bool
    coverage: float | None
    why_not: Missing | None = None

    @property
    def net(self) -> float | None:
        return None if self.gross is None else self.gross - self.excluded


@dataclass(frozen=True, slots=True)
class Divisor:
    """What is divided by, of one month [unit]. stated_in: the month whose figure it is; price_year: of money."""

    value: float
    unit: str
    stated_in: str
    price_year: int | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One period's value [unit] and what it is made of. value: net, gross_value: without exclusions; None where not known, with the reason;
    change: share against the same months a year before."""

    months: tuple[str, ...]
    gross: float | None
    excluded: float
    divisor: float | None
    value: float | None
    gross_value: float | None
    last_year: float | None
    change: float | None
    coverage: float | None
    price_year: int | None
    why_not: Missing | None = None

    @property
    def net(self) -> float | None:
        return None if self.gross is None else self.gross - self.excluded


def unit_of(of: Of, per: Per, divisor_unit: str) -> str:
    """E.g. tce/1e4CNY, kgce/t, tCO2/1e4CNY, kgCO2/m2."""
    if per in MONEY:
        return f"{'tce' if of is Of.ENERGY else 'tCO2'}/1e4CNY"
    return f"{'kgce' if of is Of.ENERGY else 'kgCO2'}/{divisor_unit}"


def monthly_co2(registry: Registry, accounts: Iterable[DayAccount], whole: str) -> dict[str, MonthCo2]:
    """Month -> CO2 of the whole: its members together."""
    members = {e.id for e in registry.members(whole)}
    sums: dict[str, float] = {}
    unknown: dict[str, set[str]] = {}
    for a in accounts:
        if a.entity in members and a.role in TOTAL_SIGN:
            sums[a.day[:7]] = sums.get(a.day[:7], 0.0) + TOTAL_SIGN[a.role] * (a.co2_t or 0.0)
            unknown.setdefault(a.day[:7], set()).update({a.carrier} if a.co2_t is None else ())
    return {m: MonthCo2(None if unknown[m] else total, tuple(sorted(unknown[m]))) for m, total in sums.items()}


def energy_amounts(
    energy: Mapping[str, MonthEnergy], per: Per, excluded: Mapping[str, Excluded], coverage_min: float
) -> dict[str, Amount]:  # fmt: skip
    """Month -> energy to divide [tce]. excluded: what is left out of the intensity, taken off where dual control judges."""
    found = {}
    for month, e in energy.items():
        out = excluded.get(month, Excluded()) if per in MONEY else Excluded()
        gross = e.tce_calorific if per is Per.OUTPUT else e.tce_equivalent
        found[month] = Amount(gross, out.tce_equivalent, e.is_complete, e.coverage, _energy_fault(month, e, gross, e.unfactored, coverage_min))
    return found


def co2_amounts(energy: Mapping[str, MonthEnergy], co2: Mapping[str, MonthCo2], coverage_min: float) -> dict[str, Amount]:
    """Month -> CO2 to divide [t]; nothing is left out of CO2."""
    found = {}
    for month, e in energy.items():
        c = co2.get(month, MonthCo2(None))
        found[month] = Amount(c.co2_t, 0.0, e.is_complete, e.coverage, _energy_fault(month, e, c.co2_t, c.unfactored, coverage_min))
    return found


def money_divisors(activity: Mapping[str, MonthActivity]) -> dict[str, Divisor]:
    """Month -> GDP or value added [1e4CNY], from `money_by_month` of the entity."""
    return {m: Divisor(a.value_cny_10k, "1e4CNY", m, a.price_year) for m, a in activity.items()}


def divisors(figures: Iterable[Activity], entity: str, per: Per, product: str, months: Sequence[str]) -> dict[str, Divisor]:
    """Month -> output of a product, floor area or people of the entity in one unit, that of the newest figure; figures of another dimension are left
    out. months: those asked for, which a stock's figure may have to be held up to."""
    mine = sorted(
        (f for f in figures if f.entity == entity and f.kind is KIND_OF[per] and (per is not Per.OUTPUT or f.product in (product, ""))),
        key=lambda f: (f.month, f.product != ""),
    )
    if not mine:
        return {}
    unit = mine[-1].unit
    stated = {
        f.month: Divisor(convert(f.value, f.unit, unit), unit, f.month) for f in mine if UNITS.get(f.unit, ("",))[0] == UNITS[unit][0]
    }  # fmt: skip
    if KIND_OF[per] not in STOCK_KINDS:
        return stated
    held = {month: max((s for s in stated if s <= month), default=None) for month in months}
    return {m: stated[s] for m, s in held.items() if s is not None and _months_apart(s, m) <= MAX_HELD_MONTHS}


def by_month(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], months: Sequence[str], per: Per) -> list[Indicator]:
    """Each of the months by itself, with its change against the same month a year before."""
    return [_indicator(amounts, by, (month,), per) for month in months]


def over_months(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], months: Sequence[str], per: Per) -> Indicator:
    """The months together, with their change against the same months a year before; every month and its divisor has to be known."""
    return _indicator(amounts, by, tuple(months), per)


def year_to_date(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], year: int, per: Per, now: int) -> tuple[Indicator, tuple[Missing, ...]]:
    """The year's months that are over and whose divisor is known in both years, from January to the first one that is not; and those left out.

    A month that has its divisor but not its energy keeps the whole from being known, rather than shortening it.
    """
    over = complete_months(year, now)
    used = tuple(takewhile(lambda m: m in by and a_year_before(m) in by, over))
    lacking = tuple(_no_divisor(m, by) for m in over[len(used) :])
    return _indicator(amounts, by, used, per), lacking


def _no_divisor(month: str, by: Mapping[str, Divisor]) -> Missing:
    without = [m for m in (month, a_year_before(month)) if m not in by]
    if without:
        return Missing(month, f"{'、'.join(without)}无活动水平数据", f"no activity figure for {', '.join(without)}")
    return Missing(month, "之前的月份缺数据，不计", "not compared: an earlier month is missing")


def _indicator(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], months: tuple[str, ...], per: Per) -> Indicator:
    before = tuple(a_year_before(m) for m in months)
    now, base = _Period.of(amounts, by, months, per), _Period.of(amounts, by, before, per)
    value, gross_value, last = now.ratio(now.net), now.ratio(now.gross), base.ratio(base.net)
    is_comparable = value is not None and last is not None and last > 0 and now.price_year == base.price_year
    why_not = now.why_not
    if why_not is None and value is not None and last is not None and now.price_year != base.price_year:
        zh = f"两年价格基期不同（{now.price_year or '未注明'}与{base.price_year or '未注明'}），不能同比"
        why_not = Missing(months[-1], zh, f"the two years stand at different prices ({now.price_year} and {base.price_year}): no change")
    return Indicator(
        months, now.gross, now.excluded, now.divisor, value, gross_value, last,
        value / last - 1.0 if is_comparable and value is not None and last is not None else None, now.coverage, now.price_year, why_not,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Period:
    gross: float | None
    excluded: float
    divisor: float | None
    scale: float
    coverage: float | None
    price_year: int | None
    why_not: Missing | None

    @property
    def net(self) -> float | None:
        return None if self.gross is None else self.gross - self.excluded

    def ratio(self, amount: float | None) -> float | None:
        if self.why_not is not None or amount is None or self.divisor is None or self.divisor <= 0:
            return None
        return self.scale * amount / self.divisor

    @staticmethod
    def of(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], months: tuple[str, ...], per: Per) -> "_Period":
        found = [amounts.get(m) for m in months]
        values = [a.gross for a in found if a is not None and a.gross is not None]
        shares = [by[m] for m in months if m in by]
        total = sum(d.value for d in shares)
        years = {d.price_year for d in shares}
        divisor = None if not months or len(shares) < len(months) else total / (len(months) if KIND_OF[per] in STOCK_KINDS else 1)
        return _Period(
            gross=sum(values) if months and len(values) == len(months) else None,
            excluded=sum(a.excluded for a in found if a is not None),
            divisor=divisor,
            scale=1.0 if per in MONEY else 1000.0,
            coverage=min((0.0 if a is None or a.coverage is None else a.coverage for a in found), default=None),
            price_year=years.pop() if len(years) == 1 else None,
            why_not=_why_not(amounts, by, months, per),
        )


def _why_not(amounts: Mapping[str, Amount], by: Mapping[str, Divisor], months: tuple[str, ...], per: Per) -> Missing | None:
    """The first reason why the months have no value."""
    if not months:
        return Missing("", "没有可比较的月份", "there is no month to compare")
    for month in months:
        if month not in amounts:
            return Missing(month, f"{month}无能耗数据", f"no energy data for {month}", 0.0)
        if (fault := amounts[month].why_not) is not None:
            return fault
        if month not in by:
            return Missing(month, f"{month}无活动水平数据", f"no activity figure for {month}")
        if by[month].value <= 0:
            return Missing(month, f"{month}活动水平不大于零", f"the activity figure of {month} is not above zero")
    years = {by[m].price_year for m in months}
    if per in MONEY and (len(years) > 1 or None in years):
        return Missing(months[-1], "未注明或混用了不变价基期", "the figures state no price year, or several: constant prices are needed")
    return None


def _energy_fault(month: str, e: MonthEnergy, value: float | None, unfactored: Sequence[str], coverage_min: float) -> Missing | None:
    if e.coverage is None:
        return Missing(month, f"{month}无能耗数据", f"no energy data for {month}", 0.0)
    if e.coverage < coverage_min - 1e-9:
        share, floor = f"{math.floor(e.coverage * 1000 + 1e-9) / 10:.1f}%", f"{coverage_min * 100:g}%"
        return Missing(month, f"{month}覆盖率{share}，低于{floor}", f"coverage of {month} is {share}, below {floor}", e.coverage)
    if not e.is_complete:
        return Missing(month, f"{month}未结束或缺{e.days_missing}天能耗数据", f"{month} is not over, or lacks {e.days_missing} day(s)", e.coverage)
    if value is None:
        carriers = "、".join(unfactored)
        return Missing(month, f"{month}能源品种{carriers}无系数", f"no factor for {', '.join(unfactored)} in {month}", e.coverage)
    return None


def _months_apart(first: str, later: str) -> int:
    return (int(later[:4]) - int(first[:4])) * 12 + int(later[5:]) - int(first[5:])
