"""What meters propose: feedstock by month, new renewables as a year's increase; proposed once, again only when the amounts have moved."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tricolor.analysis.proposals import proposals
from tricolor.domain.accounts import DayAccount
from tricolor.domain.exclusions import ExclusionEntry, ExclusionKind
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role

NOW = parse_us("2026-03-10T08:00:00+08:00")


def metered(month: str, a_day: float, role: Role, carrier: str = "raw_coal", **changes: object) -> list[DayAccount]:
    """Days of a month with the same amount [t] each, at 0.7 tce a tonne."""
    first = date.fromisoformat(f"{month}-01")
    days = [d.isoformat() for d in (first + timedelta(days=n) for n in range(31)) if d.isoformat()[:7] == month]
    row = DayAccount("mill", "", carrier, role, a_day, "t", 0.7 * a_day, None, 1.0, 86_400.0, 86_400.0, 0.0, ("coal",))
    return [replace(row, day=d, **changes) for d in days]  # type: ignore[arg-type]


def found(accounts, entries=(), *, rules):
    return proposals(accounts, entries, rules, NOW, 0.95)


def test_metered_feedstock_is_proposed_by_whole_months_that_are_over(rules):
    rows = [*metered("2026-02", 10.0, Role.FEEDSTOCK), *metered("2026-03", 10.0, Role.FEEDSTOCK), *metered("2026-02", 99.0, Role.PURCHASED)]
    (proposal,) = found(rows, rules=rules)
    fact = proposal.fact
    # 28 days × 10 t × 0.7 = 196 tce
    assert (fact.kind, fact.first_month, fact.last_month, fact.amount, fact.unit) == (ExclusionKind.FEEDSTOCK, "2026-02", "2026-02", 280.0, "t")
    assert fact.tce_equivalent == pytest.approx(196.0) and fact.tce_calorific == pytest.approx(196.0)
    assert fact.is_metered and fact.factor_ids == ("coal",) and fact.document == "发改环资〔2022〕803号" and proposal.replaces == ()


def test_new_renewables_are_the_increase_over_the_same_months_of_the_year_before(rules):
    power = {"carrier": "electricity", "unit": "kWh", "tce_calorific": 0.1, "tce_equivalent": 0.3}
    months = (("2025-01", 1.0), ("2025-02", 1.0), ("2026-01", 3.0), ("2026-02", 0.5))
    rows = [
        replace(r, tce_calorific=0.1 * r.amount, tce_equivalent=0.3 * r.amount) for m, v in months for r in metered(m, v, Role.RENEWABLE, **power)
    ]
    (proposal,) = found(rows, rules=rules)
    # kWh: 31 × 3 + 28 × 0.5 − 31 − 28 = 48; equal value 14.4, calorific 4.8: January's rise counts against February's fall
    assert (proposal.fact.first_month, proposal.fact.last_month, proposal.fact.kind) == ("2026-01", "2026-02", ExclusionKind.NEW_RENEWABLE)
    assert (proposal.fact.amount, proposal.fact.tce_equivalent, proposal.fact.tce_calorific) == pytest.approx((48.0, 14.4, 4.8))


def test_less_renewables_than_before_propose_nothing(rules):
    rows = [r for m, v in (("2025-01", 3.0), ("2026-01", 2.0)) for r in metered(m, v, Role.RENEWABLE)]
    assert found(rows, rules=rules) == []


@pytest.mark.parametrize("broken", ["a day is missing", "coverage is low", "no factor"])
def test_a_month_that_is_not_known_well_is_not_proposed(rules, broken):
    rows = metered("2026-02", 10.0, Role.FEEDSTOCK)
    if broken == "a day is missing":
        rows = rows[1:]
    elif broken == "coverage is low":
        rows = [replace(r, covered_s=80_000.0) for r in rows]
    else:
        rows = [replace(r, tce_calorific=None) for r in rows]
    assert found(rows, rules=rules) == []


def test_what_is_entered_is_not_proposed_again_until_its_amount_moves(rules):
    (proposal,) = found(metered("2026-02", 10.0, Role.FEEDSTOCK), rules=rules)
    held = ExclusionEntry(7, proposal.fact, "li", 0)
    assert found(metered("2026-02", 10.0, Role.FEEDSTOCK), [held], rules=rules) == []
    (moved,) = found(metered("2026-02", 11.0, Role.FEEDSTOCK), [held], rules=rules)
    assert moved.replaces == (7,) and moved.fact.amount == pytest.approx(308.0)
    (again,) = found(metered("2026-02", 10.0, Role.FEEDSTOCK), [replace(held, revoked_at=9)], rules=rules)
    assert again.replaces == ()
