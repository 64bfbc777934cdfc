"""Offline figures: in the account where no meter stands, beside the meter where one does, never both."""

import calendar
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting.settling import Settler
from tests.accounts.conftest import FACTORS, Rig, point
from tricolor.adapters.ledger.offline import OfflineBookSql
from tricolor.analysis.account_parts import account_parts
from tricolor.analysis.offline import side_by_side
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role
from tricolor.domain.offline import OfflineFigure, read_figures

NOW = parse_us("2026-05-10T00:00:00+08:00")
COAL = OfflineFigure("mill", "raw_coal", Role.PURCHASED, "2026-03", 31.0, "t", document="INV-1", author="ann")


@pytest.fixture
def with_book(rig: Rig) -> Rig:
    rig.offline = OfflineBookSql(rig.engine, lambda: NOW)
    rig.settler = Settler(rig.store, rig.store, rig.ledger, rig.book, FACTORS, carriers(), offline=rig.offline)
    rig.register(point("mill.e", "m", "mill"))
    return rig


def test_an_invoice_of_a_carrier_without_a_meter_is_spread_over_its_month(with_book):
    with_book.offline.submit([COAL])
    with_book.settle()
    rows = [a for a in with_book.accounts("mill") if a.carrier == "raw_coal"]
    assert len(rows) == 31
    assert {a.amount for a in rows} == {1.0}
    assert {a.estimated_share for a in rows} == {1.0}
    assert with_book.total_tce("mill") == pytest.approx(31 * 0.7)
    assert with_book.total_tce("park") == pytest.approx(31 * 0.7)


def test_where_a_meter_stands_the_account_is_the_meters_and_the_invoice_stands_beside_it(with_book):
    with_book.put("mill.e", [400, 600])
    with_book.offline.submit([replace(COAL, carrier="electricity", unit="MWh", amount=1.05)])
    with_book.settle()
    assert with_book.by_role("mill") == {"purchased": 1000}
    (beside,) = side_by_side(with_book.offline.current(["mill"]), with_book.accounts("mill"), account_parts(with_book.book.load()))
    assert (beside.used, beside.metered) == ("metered", pytest.approx(1.0))
    assert beside.difference == pytest.approx(0.05)  # (1.05 - 1.00) / 1.00


def test_a_meter_that_comes_takes_the_place_of_the_invoice_from_its_month_on(with_book):
    with_book.offline.submit([COAL, replace(COAL, month="2026-04", amount=60.0)])
    with_book.settle()
    april = parse_us("2026-04-01T00:00:00+08:00")
    with_book.register(replace(point("scale", "s", "mill", carrier="raw_coal", unit="t"), valid_from=april))
    with_book.put("scale", [7], start=april)
    with_book.settle()
    assert with_book.by_role("mill", "raw_coal") == {"purchased": 31 + 7}


def test_a_new_revision_replaces_the_one_before_and_both_are_kept(with_book):
    with_book.offline.submit([COAL])
    (second,) = with_book.offline.submit([replace(COAL, amount=62.0, author="bob")])
    (same,) = with_book.offline.submit([replace(COAL, amount=62.0, author="eve")])
    with_book.settle()
    assert (second.revision, same.revision, same.author) == (2, 2, "bob")
    assert with_book.by_role("mill", "raw_coal") == {"purchased": 62}
    assert [(f.revision, f.amount, f.author) for f in with_book.offline.history("mill")] == [(2, 62.0, "bob"), (1, 31.0, "ann")]


def test_a_figure_taken_back_leaves_the_account(with_book):
    with_book.offline.submit([COAL])
    with_book.settle()
    with_book.offline.submit([replace(COAL, amount=None)])
    with_book.settle()
    assert with_book.by_role("mill", "raw_coal") == {}
    with pytest.raises(NotFound):
        with_book.offline.submit([replace(COAL, month="2026-01", amount=None)])


def test_a_statistic_of_an_area_adds_only_what_its_members_have_not_metered(with_book):
    with_book.put("mill.e", [600])
    with_book.offline.submit(
        [OfflineFigure("north", "electricity", Role.PURCHASED, "2026-03", 1000.0, "kWh", of_which_metered=600.0, document="统计月报")]
    )
    with_book.settle()
    assert with_book.by_role("north") == {"purchased": 1000}
    assert with_book.by_role("city") == {"purchased": 1000}
    assert with_book.by_role("park") == {"purchased": 600}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 12), st.floats(0.1, 1e6))
def test_the_days_of_a_month_add_up_to_the_invoice(month, amount):
    from datetime import date

    from tricolor.analysis.account_parts import Parts
    from tricolor.analysis.offline import offline_accounts

    days = calendar.monthrange(2025, month)[1]
    figure = replace(COAL, month=f"2025-{month:02d}", amount=amount)
    rows = offline_accounts([("mill", date(2025, month, d + 1)) for d in range(days)], [figure], Parts({}, {}), FACTORS, carriers())
    assert sum(a.amount for a in rows) == pytest.approx(amount)
    assert sum(a.tce_calorific for a in rows) == pytest.approx(amount * 0.7)


@pytest.mark.parametrize(
    ("change", "column", "word"),
    [
        ({"carrier": "cole"}, "carrier", "not known"), ({"month": "2026-13"}, "month", "must be written"), ({"month": "2026-05"}, "month", "not over"),
        ({"amount": "3 t"}, "amount", "not a number"), ({"amount": -1}, "amount", "between"), ({"unit": "kWh"}, "unit", "counted in one of"),
        ({"role": "inner_sold"}, "role", "must be one of"), ({"of_which_metered": 9999}, "of_which_metered", "more than the whole"),
        ({"document": ""}, "document", "required"), ({"surprise": 1}, "surprise", "no such member"), ({"amount": True}, "amount", "must be a number"),
    ],
)  # fmt: skip
def test_every_fault_is_told_and_nothing_is_read(change, column, word):
    row = {"carrier": "raw_coal", "month": "2026-03", "amount": "1,031.5", "unit": "t", "document": "INV-1"}
    (good,), none = read_figures([row], "mill", carriers(), "ann", NOW)
    assert (good.amount, good.role, none) == (1031.5, Role.PURCHASED, [])
    figures, faults = read_figures([row | change], "mill", carriers(), "ann", NOW)
    assert figures == []
    assert [(f.column, word in f.en) for f in faults] == [(column, True)]


def test_the_same_figure_twice_in_one_sheet_is_a_fault():
    row = {"carrier": "原煤", "month": "2026年3月", "amount": 1, "unit": "t", "document": "x"}
    _, faults = read_figures([row, row], "mill", carriers(), "ann", NOW)
    assert [(f.row, f.column) for f in faults] == [(1, "month")]


def test_an_unknown_entity_is_refused(with_book):
    with pytest.raises(Problems):
        with_book.offline.submit([replace(COAL, entity="nobody")])
