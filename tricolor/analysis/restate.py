"""Accounts restated by other factors: what of them moves, worked out from their amounts, or from the cells where points have factors of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from tricolor.analysis.account_parts import account_parts, wholes_of
from tricolor.analysis.accounts import NO_RATES, day_accounts, is_converted
from tricolor.analysis.rates import Rates, RateTable
from tricolor.domain.accounts import DayAccount
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier, FactorBook
from tricolor.domain.intervals import Interval, day
from tricolor.domain.meters import INNER_ROLES
from tricolor.domain.own_factors import Setting
from tricolor.domain.restatements import Effect, Restatement, Scope, effects_of
from tricolor.ports import EnergyStore
from tricolor.ports_accounts import AccountRows

ENTITIES_AT_ONCE = 100  # of one month: bounds the memory and the length of a transaction

Change = tuple[DayAccount, DayAccount]
Recount = Callable[[Sequence[tuple[str, date]], FactorBook], Sequence[DayAccount]]


def scope_of(setting: Setting) -> Scope:
    """The accounts that setting it, or taking it back, may move."""
    what = setting.what
    last = "" if what.valid_to is None else date.fromordinal(what.valid_to.toordinal() - 1).isoformat()
    return Scope((what.carrier,), (what.entity,) if what.entity else (), what.valid_from.isoformat(), last)


def widened(scope: Scope, registry: Registry) -> Scope:
    """The scope of units with the wholes they lie in: what members pass to each other stands in the whole's accounts, by the members' factors."""
    wholes = [whole for entity in scope.entities if entity in registry.entities for whole in wholes_of(registry, entity)]
    return replace(scope, entities=tuple(dict.fromkeys((*scope.entities, *wholes))))


def split_units(settings: Iterable[Setting]) -> frozenset[tuple[str, str]]:
    """(entity, carrier) of which a point ever had a factor of its own: the sum of the day has no single rate there."""
    return frozenset((s.what.entity, s.what.carrier) for s in settings if s.what.point)


def parts_of(rows: AccountRows, scope: Scope, cursor: str = "") -> Iterator[tuple[str, Scope]]:
    """The scope cut into months of at most ENTITIES_AT_ONCE units, after the cursor; with each the cursor that stands behind it."""
    done = tuple(cursor.split("/", 1)) if cursor else ()
    left = replace(scope, first_day=max(scope.first_day, f"{done[0]}-01")) if done else scope
    pairs = [pair for pair in rows.months(left) if not done or pair > done]
    for text, same_month in groupby(pairs, key=lambda pair: pair[0]):
        entities = [entity for _, entity in same_month]
        first, last = max(f"{text}-01", scope.first_day), min(f"{text}-31", scope.last_day or "9")
        for begin in range(0, len(entities), ENTITIES_AT_ONCE):
            chunk = tuple(entities[begin : begin + ENTITIES_AT_ONCE])
            yield f"{text}/{chunk[-1]}", Scope(scope.carriers, chunk, first, last)


@dataclass(slots=True)
class Restater:
    """Says what the accounts would be by a book. recount: day accounts of (entity, day) from their cells; split: as split_units says."""

    book: FactorBook
    split: frozenset[tuple[str, str]]
    recount: Recount
    _rates: RateTable = field(init=False)
    _own: frozenset[str] = field(init=False)  # carriers with a factor that is not everyone's: what members pass on may have several rates
    _days: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rates = RateTable(self.book)
        self._own = frozenset(f.carrier for f in self.book.factors if f.entity)

    def changes(self, accounts: Sequence[DayAccount]) -> list[Change]:
        """(before, after) of the accounts that are not what the book makes of them."""
        counted = self._counted([a for a in accounts if (a.entity, a.carrier) in self.split or (a.role in INNER_ROLES and a.carrier in self._own)])
        found = []
        for a in accounts:
            again = counted.get((a.entity, a.day, a.carrier, a.role))
            if again is not None and (again.amount or not a.amount):
                rates = _rate_of(again)
            elif not is_converted(a.carrier, a.role):
                rates = NO_RATES
            else:
                rates = self._rates.of(a.carrier, a.unit, self._day(a.day), a.entity)
            after = restated(a, rates)
            if after is not None:
                found.append((a, after))
        return found

    def _counted(self, accounts: Sequence[DayAccount]) -> Mapping[tuple[str, str, str, str], DayAccount]:
        """What the cells of each account's points come to."""
        wanted = sorted({(a.entity, self._day(a.day)) for a in accounts}, key=str)
        again = self.recount(wanted, self.book) if wanted else ()
        return {(a.entity, a.day, a.carrier, a.role): a for a in again}

    def _day(self, text: str) -> date:
        found = self._days.get(text)
        if found is None:
            found = self._days[text] = date.fromisoformat(text)
        return found


def _rate_of(a: DayAccount) -> Rates:
    """Of an account without any amount: 0 where there is a factor."""
    calorific, equivalent, co2 = (None if v is None else v / a.amount if a.amount else 0.0 for v in (a.tce_calorific, a.tce_equivalent, a.co2_t))
    return Rates(calorific, equivalent, co2, a.factor_ids)


def restated(a: DayAccount, rates: Rates) -> DayAccount | None:
    """The account by other rates; None when it stays what it is."""
    calorific = None if rates.calorific is None else a.amount * rates.calorific
    equivalent = None if rates.equivalent is None else a.amount * rates.equivalent
    co2 = None if rates.co2 is None else a.amount * rates.co2
    is_same = a.factor_ids == rates.ids and _same(a.tce_calorific, calorific) and _same(a.tce_equivalent, equivalent) and _same(a.co2_t, co2)
    if is_same:
        return None
    return DayAccount(
        a.entity, a.day, a.carrier, a.role, a.amount, a.unit, calorific, equivalent, co2, a.covered_s, a.expected_s, a.estimated_share, rates.ids
    )


def _same(one: float | None, other: float | None) -> bool:
    """Equal but for the rounding of a sum over points."""
    if one is None or other is None:
        return one is other
    return one == other or abs(one - other) <= 1e-12 * max(abs(one), abs(other))


def preview(rows: AccountRows, scope: Scope, restater: Restater) -> list[Effect]:
    """What would move, by unit and month; nothing is written."""
    effects = (effect for _, part in parts_of(rows, scope) for effect in effects_of(restater.changes(rows.rows(part))))
    return sorted(effects, key=lambda each: (each.entity, each.month))


def recount_from(registry: Callable[[], Registry], energy: EnergyStore, carriers: Mapping[str, Carrier]) -> Recount:
    """Day accounts from stored cells."""

    def recount(wanted: Sequence[tuple[str, date]], book: FactorBook) -> Sequence[DayAccount]:
        known = registry()
        entities = {entity for entity, _ in wanted}
        parts = account_parts(known)
        keys = sorted(p.key for p in parts.points(entities))
        days = [on for _, on in wanted]
        if not keys:
            return ()
        cells = energy.cells(keys, Interval(day(min(days)).start, day(max(days)).end))
        return day_accounts(known, wanted, cells, book, carriers, parts)

    return recount


def progress_of(job: Restatement) -> str:
    """Where a restatement stands, for people: the month it is at, "" before it began."""
    return job.cursor.split("/", 1)[0]
