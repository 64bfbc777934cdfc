"""Accounts: an entity's energy of one day by carrier and role, in physical unit, standard coal and CO2."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from tricolor.domain.meters import Role

# what counts towards an entity's consumption, with its sign (GB/T 2589-2020 §4: bought minus sold; inner use is not counted twice)
# what members of a whole passed to each other is taken out again
TOTAL_SIGN: dict[Role, int] = {Role.PURCHASED: 1, Role.SOLD: -1, Role.INNER_PURCHASED: -1, Role.INNER_SOLD: 1}


@dataclass(frozen=True, slots=True)
class DayAccount:
    """One (entity, day, carrier, role). tce values [tce], co2 [t]; None where no factor is known; coverage 0..1 of the day's point time."""

    entity: str
    day: str  # YYYY-MM-DD in Asia/Shanghai
    carrier: str
    role: Role
    amount: float
    unit: str
    tce_calorific: float | None
    tce_equivalent: float | None
    co2_t: float | None
    covered_s: float
    expected_s: float
    estimated_share: float
    factor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthEnergy:
    """Energy of an entity (its members together) in one month [tce], purchased minus sold; None where a carrier has no factor or nothing is known.

    coverage: share of the counted points' time that measurements cover, 0..1 (None: no counted point was valid); days_missing: days of the month
    without any account; is_complete: the month is over and no day is missing; unfactored: carriers without a factor.
    """

    month: str
    tce_equivalent: float | None
    tce_calorific: float | None
    covered_s: float
    expected_s: float
    days_missing: int
    is_complete: bool
    unfactored: tuple[str, ...] = ()
    factor_ids: tuple[str, ...] = ()

    @property
    def coverage(self) -> float | None:
        return min(1.0, self.covered_s / self.expected_s) if self.expected_s > 0 else None


def factor_ids_of(months: Iterable[MonthEnergy]) -> tuple[str, ...]:
    """Factors that stand behind any of the months, sorted."""
    different = {month.factor_ids for month in months}  # the same few tuples again and again
    return tuple(sorted(set(chain.from_iterable(different))))
