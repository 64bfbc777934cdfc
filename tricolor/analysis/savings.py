"""What a project saves: the energy of a unit after commissioning, against the part of its baseline that falls on the same months."""

from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass

from tricolor.domain.accounts import MonthEnergy

TOLERANCE = 1e-9  # a coverage of exactly the floor is enough


@dataclass(frozen=True, slots=True)
class Saving:
    """Over whole months after commissioning, the newest ones. energy_tce: of these months, equal value; baseline_tce: what the baseline has for the
    same months, by days; saved_tce: the difference; year_share: the months' part of a year; lacking: months in between that are not known."""

    months: tuple[str, ...]
    lacking: tuple[str, ...]
    energy_tce: float
    baseline_tce: float
    year_share: float
    coverage: float | None

    @property
    def saved_tce(self) -> float:
        return self.baseline_tce - self.energy_tce

    @property
    def saved_tce_a(self) -> float | None:
        """Brought up to a year [tce/a]; None without a month."""
        return self.saved_tce / self.year_share if self.year_share > 0 else None


def saving_after(
    energy: Mapping[str, MonthEnergy], commissioned: str, month_now: str, baseline_tce: float, coverage_min: float, months_max: int
) -> Saving:  # fmt: skip
    """Of the months after the one of commissioning (itself only partly run) and before the current one; at most the newest `months_max` [months]."""
    wanted = _between(commissioned[:7], month_now)[-months_max:]
    known = [energy[m] for m in wanted if m in energy and _is_known(energy[m], coverage_min)]
    months = tuple(e.month for e in known)
    share = sum(_year_share(m) for m in months)
    used = sum(e.tce_equivalent or 0.0 for e in known)
    coverage = min((e.coverage for e in known if e.coverage is not None), default=None)
    return Saving(months, tuple(m for m in wanted if m not in months), used, baseline_tce * share, share, coverage)


def _is_known(e: MonthEnergy, coverage_min: float) -> bool:
    return e.is_complete and e.tce_equivalent is not None and e.coverage is not None and e.coverage >= coverage_min - TOLERANCE


def _between(first: str, last: str) -> list[str]:
    """Months after `first` and before `last`."""
    a, b = (int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (first, last))
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(a + 1, b)]


def _year_share(month: str) -> float:
    year = int(month[:4])
    return monthrange(year, int(month[5:7]))[1] / (366 if isleap(year) else 365)
