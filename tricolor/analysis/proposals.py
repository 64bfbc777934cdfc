"""Exclusions that the meters propose: feedstock by month, new renewables as a year's increase over the same months of the year before.

A meter of role feedstock or renewable stands inside the boundary: what it measures was bought and counts in the gross (GB/T 2589-2020 §4), so it can
be left out. Renewables of the base year 2020 are nobody's increase (发改运行〔2022〕1258号).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tricolor.domain.accounts import DayAccount
from tricolor.domain.exclusions import Exclusion, ExclusionEntry, ExclusionKind, ExclusionRule, rule_of
from tricolor.domain.intervals import DAY_US, month_of
from tricolor.domain.meters import Role

SAME = 1e-9
REASON = "按计量表计 from metered amounts"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An exclusion as the meters say it. replaces: metered entries in force that say otherwise about these months; coverage: of the metered time."""

    fact: Exclusion
    replaces: tuple[int, ...]
    coverage: float


@dataclass(frozen=True, slots=True)
class _Metered:
    """One (entity, carrier, month): amount [unit], tce; None where there is no factor."""

    amount: float
    unit: str
    equivalent: float | None
    calorific: float | None
    covered_s: float
    expected_s: float
    days: int
    factor_ids: frozenset[str]

    def __add__(self, other: "_Metered") -> "_Metered":
        return _Metered(
            self.amount + other.amount, self.unit, _both(self.equivalent, other.equivalent), _both(self.calorific, other.calorific),
            self.covered_s + other.covered_s, self.expected_s + other.expected_s, self.days + other.days, self.factor_ids | other.factor_ids,
        )  # fmt: skip


Key = tuple[str, str, str]  # entity, carrier, month


def proposals(
    accounts: Iterable[DayAccount], entries: Sequence[ExclusionEntry], rules: Sequence[ExclusionRule], now: int, coverage_min: float
) -> list[Proposal]:
    """What the meters propose and no entry says yet, of whole months that are over at `now` [µs] and covered well enough; by entity and month."""
    rows = list(accounts)
    facts = [
        *_feedstock(_metered(rows, Role.FEEDSTOCK), rules, now, coverage_min),
        *_renewable(_metered(rows, Role.RENEWABLE), rules, now, coverage_min),
    ]
    held = [e for e in entries if e.is_in_force and e.fact.is_metered]
    found = [_against(fact, coverage, held) for fact, coverage in facts]
    return sorted((p for p in found if p is not None), key=lambda p: (p.fact.entity, p.fact.kind, p.fact.first_month, p.fact.carrier))


def _metered(accounts: Iterable[DayAccount], role: Role) -> dict[Key, _Metered]:
    found: dict[Key, _Metered] = {}
    for a in accounts:
        if a.role is role:
            # only electricity has an equal value of its own
            equivalent = a.tce_equivalent if a.tce_equivalent is not None or a.carrier == "electricity" else a.tce_calorific
            row = _Metered(a.amount, a.unit, equivalent, a.tce_calorific, a.covered_s, a.expected_s, 1, frozenset(a.factor_ids))
            key = (a.entity, a.carrier, a.day[:7])
            found[key] = found[key] + row if key in found else row
    return found


def _is_known(month: str, row: _Metered | None, now: int, coverage_min: float) -> bool:
    if row is None or row.equivalent is None or row.expected_s <= 0:
        return False
    span = month_of(month)
    return span.end <= now and row.days >= round(span.length_us / DAY_US) and row.covered_s / row.expected_s >= coverage_min - SAME


def _feedstock(
    metered: Mapping[Key, _Metered], rules: Sequence[ExclusionRule], now: int, coverage_min: float
) -> Iterable[tuple[Exclusion, float]]:  # fmt: skip
    for (entity, carrier, month), row in metered.items():
        rule = rule_of(rules, ExclusionKind.FEEDSTOCK, month)
        if rule is not None and _is_known(month, row, now, coverage_min) and (row.equivalent or 0.0) > 0:
            yield _fact(entity, ExclusionKind.FEEDSTOCK, month, month, carrier, row, rule.source), row.covered_s / row.expected_s


def _renewable(
    metered: Mapping[Key, _Metered], rules: Sequence[ExclusionRule], now: int, coverage_min: float
) -> Iterable[tuple[Exclusion, float]]:  # fmt: skip
    for entity, carrier, year in sorted({(entity, carrier, month[:4]) for entity, carrier, month in metered}):
        known: list[tuple[str, _Metered, _Metered]] = []
        for number in range(1, 13):
            month, earlier = f"{year}-{number:02d}", f"{int(year) - 1}-{number:02d}"
            row, base = metered.get((entity, carrier, month)), metered.get((entity, carrier, earlier))
            if row is None or base is None or not (_is_known(month, row, now, coverage_min) and _is_known(earlier, base, now, coverage_min)):
                break
            known.append((month, row, base))
        if not known or (rule := rule_of(rules, ExclusionKind.NEW_RENEWABLE, known[0][0])) is None:
            continue
        row, base = known[0][1], known[0][2]
        for _, more, earlier_more in known[1:]:
            row, base = row + more, base + earlier_more
        risen = replace(
            row, amount=row.amount - base.amount, equivalent=(row.equivalent or 0.0) - (base.equivalent or 0.0),
            calorific=None if row.calorific is None or base.calorific is None else row.calorific - base.calorific,
        )  # fmt: skip
        if (risen.equivalent or 0.0) > 0 and (risen.calorific is None or risen.calorific > 0):
            fact = _fact(entity, ExclusionKind.NEW_RENEWABLE, known[0][0], known[-1][0], carrier, risen, rule.source)
            yield fact, min(r.covered_s / r.expected_s for r in (row, base))


def _fact(entity: str, kind: ExclusionKind, first: str, last: str, carrier: str, row: _Metered, source: str) -> Exclusion:
    return Exclusion(
        entity, kind, first, last, row.equivalent or 0.0, row.calorific, source, REASON, carrier, row.amount, row.unit,
        tuple(sorted(row.factor_ids)), is_metered=True,
    )  # fmt: skip


def _against(fact: Exclusion, coverage: float, held: Sequence[ExclusionEntry]) -> Proposal | None:
    """None where an entry says the same already."""
    mine = [
        e for e in held
        if (e.fact.entity, e.fact.kind, e.fact.carrier) == (fact.entity, fact.kind, fact.carrier)
        and e.fact.first_month <= fact.last_month and e.fact.last_month >= fact.first_month
    ]  # fmt: skip
    if len(mine) == 1 and _is_same(mine[0].fact, fact):
        return None
    return Proposal(fact, tuple(e.id for e in mine), coverage)


def _is_same(one: Exclusion, other: Exclusion) -> bool:
    spans = (one.first_month, one.last_month) == (other.first_month, other.last_month)
    return spans and abs(one.tce_equivalent - other.tce_equivalent) <= 1e-6 * max(1.0, other.tce_equivalent)


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
