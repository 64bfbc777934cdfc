"""What one unit of a carrier is worth on a day, by the factors in force for whom it is metered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tricolor.domain.factors import Factor, FactorBook, FactorKind
from tricolor.domain.units import conversion

Owner = tuple[str, str]  # (entity, point) whose factors serve, as FactorBook.owner says
KINDS = (FactorKind.CALORIFIC, FactorKind.EQUIVALENT, FactorKind.CO2)


@dataclass(frozen=True, slots=True)
class Rates:
    """tce and tCO2 per unit of a carrier, None without a factor; the ids of the factors in the order of KINDS."""

    calorific: float | None
    equivalent: float | None
    co2: float | None
    ids: tuple[str, ...]


@dataclass(slots=True)
class RateTable:
    """Rates of one book, each worked out once. Carriers' amounts come in the unit given."""

    book: FactorBook
    _held: dict[tuple[str, str, date, Owner], Rates] = field(default_factory=dict)

    def of(self, carrier: str, unit: str, on: date, entity: str = "", point: str = "") -> Rates:
        """UnitMismatch when the carrier's factor is per something that the unit does not measure."""
        return self._of(carrier, unit, on, self.book.owner(carrier, entity, point))

    def owner(self, carrier: str, entity: str, point: str) -> Owner:
        return self.book.owner(carrier, entity, point)

    def whole(self, carrier: str, unit: str, on: date, amounts: Mapping[Owner, float]) -> Rates:
        """The rate of a total, by the amount [unit] metered under each owner's factors: each by its own, over all of it."""
        if len(amounts) == 1:
            return self._of(carrier, unit, on, next(iter(amounts)))
        parts = [(self._of(carrier, unit, on, owner), amount) for owner, amount in amounts.items()]
        ids = tuple(dict.fromkeys(i for rates, _ in parts for i in rates.ids))
        return Rates(
            _weighted([(r.calorific, a) for r, a in parts]), _weighted([(r.equivalent, a) for r, a in parts]),
            _weighted([(r.co2, a) for r, a in parts]), ids,
        )  # fmt: skip

    def _of(self, carrier: str, unit: str, on: date, owner: Owner) -> Rates:
        key = carrier, unit, on, owner
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = _rates(self.book, carrier, unit, on, *owner)
        return found


def _weighted(parts: Sequence[tuple[float | None, float]]) -> float | None:
    """None where one part with an amount has no factor; the plain mean where there is no amount to weigh by."""
    known = [(rate, amount) for rate, amount in parts if rate is not None]
    if any(rate is None and amount for rate, amount in parts) or not known:
        return None
    total = sum(amount for _, amount in known)
    if not total:
        return sum(rate for rate, _ in known) / len(known)
    return sum(rate * amount for rate, amount in known) / total


def _rates(book: FactorBook, carrier: str, unit: str, on: date, entity: str, point: str) -> Rates:
    picked = [book.pick(carrier, kind, on, entity, point) for kind in KINDS]
    calorific, equivalent, co2 = (_per_unit(factor, unit) for factor in picked)
    return Rates(calorific, equivalent, co2, tuple(factor.id for factor in picked if factor is not None))


def _per_unit(factor: Factor | None, unit: str) -> float | None:
    """tce or tCO2 per one `unit` of the carrier."""
    return None if factor is None else factor.value * conversion(unit, factor.per) / 1000.0
