"""Exclusions in numbers: what is left out of which month, of the total and of the intensity, and the laws that hold for any entries."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.analysis.intensity import MonthActivity, compare_years
from tricolor.analysis.net import LeftOut, net_months, net_sum
from tricolor.catalogue.exclusions import shipped_rules
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.exclusions import (
    Excluded,
    Exclusion,
    ExclusionEntry,
    ExclusionKind,
    Purpose,
    excluded_by_month,
    excluded_of,
    wrong_with,
)
from tricolor.domain.intervals import parse_us

NOW = parse_us("2026-11-20T08:00:00+08:00")
MONTHS = [f"2026-{m:02d}" for m in range(1, 11)]
BEFORE = [f"2025-{m:02d}" for m in range(1, 11)]
REAL_KINDS = (ExclusionKind.FEEDSTOCK, ExclusionKind.NEW_RENEWABLE, ExclusionKind.NATIONAL_PROJECT)


def energy(tce: dict[str, float]) -> dict[str, MonthEnergy]:
    return {m: MonthEnergy(m, v, v, 1.0, 1.0, 0, True) for m, v in tce.items()}


def money(months: list[str], cny_10k: float = 1000.0) -> dict[str, MonthActivity]:
    return {m: MonthActivity(m, cny_10k, 2020) for m in months}


def test_feedstock_is_taken_from_total_and_intensity_new_renewables_from_the_total_only(rules, entry):
    entries = [entry(1), entry(2, kind=ExclusionKind.NEW_RENEWABLE, tce_equivalent=40.0, tce_calorific=40.0)]
    total, intensity = (excluded_by_month(entries, rules, p)["mill"]["2026-01"] for p in (Purpose.TOTAL, Purpose.INTENSITY))
    assert total == Excluded(140.0, 140.0)
    assert intensity == Excluded(100.0, 100.0)


def test_an_entry_of_several_months_is_shared_by_their_days(rules, entry):
    found = excluded_by_month([entry(last_month="2026-03", tce_equivalent=90.0, tce_calorific=None)], rules, Purpose.TOTAL)["mill"]
    # 31 + 28 + 31 = 90 days: one tce a day
    assert [(m, e.tce_equivalent) for m, e in sorted(found.items())] == [("2026-01", 31.0), ("2026-02", 28.0), ("2026-03", 31.0)]
    assert found["2026-01"].tce_calorific is None  # only the equal value was stated: the calorific one is not known, not zero


def test_a_revoked_entry_leaves_nothing_out(rules, entry):
    assert excluded_by_month([entry(revoked_at=5)], rules, Purpose.TOTAL) == {}


def test_a_whole_leaves_out_what_its_members_leave_out(rules, entry):
    by_entity = excluded_by_month([entry(1), entry(2, entity="kiln", tce_equivalent=7.0), entry(3, entity="elsewhere")], rules, Purpose.TOTAL)
    assert excluded_of(["area", "mill", "kiln"], by_entity)["2026-01"].tce_equivalent == 107.0


def test_the_reduction_takes_feedstock_from_base_and_judged_year():
    # E 1000 -> 990, F 200 -> 230 tce over the same GDP of 1000: net 800 -> 760, r = 1 − 0.76/0.80 = 5 %; gross r = 1 − 0.99/1.00 = 1 %
    tce = dict.fromkeys(BEFORE, 1000.0) | dict.fromkeys(MONTHS, 990.0)
    out = {m: Excluded(200.0, None) for m in BEFORE} | {m: Excluded(230.0, None) for m in MONTHS}
    ytd = compare_years(energy(tce), money(MONTHS + BEFORE), 2026, 0.95, NOW, out)
    assert ytd.reduction == pytest.approx(0.05) and ytd.reduction_gross == pytest.approx(0.01)
    assert (ytd.excluded_now_tce, ytd.excluded_base_tce) == (2300.0, 2000.0) and not ytd.is_one_sided
    assert ytd.net_now_tce == pytest.approx(7600.0) and ytd.intensity_now == pytest.approx(0.76)
    one_sided = compare_years(energy(tce), money(MONTHS + BEFORE), 2026, 0.95, NOW, {"2026-03": Excluded(1.0, None)})
    assert one_sided.is_one_sided


def test_gross_excluded_and_net_stand_side_by_side_and_what_is_not_known_stays_so():
    out = LeftOut({"2026-01": Excluded(30.0, None)}, {"2026-01": Excluded(20.0, None)})
    january, february = net_months(energy({"2026-01": 500.0}), out, ["2026-01", "2026-02"])
    assert (january.gross, january.net_total, january.net_intensity) == (500.0, 470.0, 480.0)
    assert february.gross is None and february.net_total is None
    both = net_sum("2026", [january, february])
    assert both.gross is None and both.net_total is None and both.excluded_total == 30.0 and not both.is_complete


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_month": "2019-12", "last_month": "2019-12"}, "first_month"),  # before the 14th five-year plan's base year
        ({"kind": ExclusionKind.NEW_RENEWABLE, "first_month": "2020-06", "last_month": "2021-06"}, "first_month"),  # 2020 is the base
        ({"kind": ExclusionKind.NON_FOSSIL}, "first_month"),  # listed, but nobody has confirmed it
        ({"last_month": "2025-12"}, "last_month"),
        ({"last_month": "2032-01"}, "last_month"),
        ({"first_month": "2026-13"}, "first_month"),
        ({"tce_equivalent": 0.0}, "tce"),
        ({"tce_equivalent": math.nan}, "tce"),
        ({"tce_calorific": -1.0}, "tce_calorific"),
        ({"document": " "}, "document"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_excluded_is_told_by_its_field(rules, fact, changes, field):
    assert [wrong[0] for wrong in wrong_with(fact(**changes), "li", rules)] == [field]


def test_a_sound_exclusion_has_nothing_wrong_and_one_by_nobody_has(rules, fact):
    assert wrong_with(fact(), "li", rules) == []
    assert [wrong[0] for wrong in wrong_with(fact(), " ", rules)] == ["by"]


@st.composite
def entries_of(draw: st.DrawFn) -> list[ExclusionEntry]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        first, length = draw(st.integers(0, 9)), draw(st.integers(0, 5))
        kind = draw(st.sampled_from(REAL_KINDS))
        tce = draw(st.floats(0.01, 1e6))
        fact = Exclusion("mill", kind, MONTHS[first], MONTHS[min(9, first + length)], tce, tce, "文", "因")
        found.append(ExclusionEntry(number, fact, "li", 0, draw(st.sampled_from([None, 7]))))
    return found


@given(entries_of())
def test_net_is_gross_minus_everything_excluded(entries):
    left = [excluded_by_month(entries, shipped_rules(), p).get("mill", {}) for p in (Purpose.TOTAL, Purpose.INTENSITY)]
    whole = net_sum("2026", net_months(energy(dict.fromkeys(MONTHS, 1e6)), LeftOut(*left), MONTHS))
    in_force = [e.fact for e in entries if e.is_in_force]
    total = sum(f.tce_equivalent for f in in_force)
    intensity = sum(f.tce_equivalent for f in in_force if f.kind is not ExclusionKind.NEW_RENEWABLE)
    assert whole.net_total == pytest.approx(whole.gross - total, rel=1e-9, abs=1e-3)
    assert whole.net_intensity == pytest.approx(whole.gross - intensity, rel=1e-9, abs=1e-3)


@given(entries_of(), entries_of())
def test_entering_and_revoking_is_as_if_never_entered(before, more):
    revoked = [ExclusionEntry(100 + e.id, e.fact, e.person, 0, 9) for e in more]
    for purpose in Purpose:
        assert excluded_by_month([*before, *revoked], shipped_rules(), purpose) == excluded_by_month(before, shipped_rules(), purpose)


@given(st.floats(0.0, 0.95), st.floats(100.0, 5_000.0), st.floats(100.0, 5_000.0))
def test_the_same_share_left_out_of_both_years_changes_no_reduction(share, tce_base, tce_now):
    tce = dict.fromkeys(BEFORE, tce_base) | dict.fromkeys(MONTHS, tce_now)
    out = {m: Excluded(share * v, None) for m, v in tce.items()}
    ytd = compare_years(energy(tce), money(MONTHS + BEFORE), 2026, 0.95, NOW, out)
    assert ytd.reduction == pytest.approx(ytd.reduction_gross, abs=1e-9)
