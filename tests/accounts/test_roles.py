"""What counts in whose account, each answer worked by hand: 1 kWh is 0.1 kgce, 1 t of coal 700 kgce, 1 t of water 0.2 kgce."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.accounts.conftest import DAY_ONE, FACTORS, START, point
from tricolor.analysis.account_series import account_series
from tricolor.analysis.accounts import entity_series
from tricolor.analysis.monthly import monthly_energy
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.intervals import CELL_US, Interval, Step
from tricolor.domain.meters import Role


def test_the_total_is_bought_minus_sold_and_the_rest_is_listed_apart(rig):
    roles = {Role.PURCHASED: 1000.0, Role.SOLD: 200.0, Role.PRODUCED: 50.0, Role.CONSUMED: 30.0, Role.FEEDSTOCK: 20.0, Role.RENEWABLE: 10.0}
    rig.register(*(point(f"p.{role}", f"m.{role}", "mill", role) for role in roles))
    for role, amount in roles.items():
        rig.put(f"p.{role}", [amount])
    rig.settle()
    assert rig.by_role("mill") == {str(role): amount for role, amount in roles.items()}
    assert rig.total_tce("mill") == pytest.approx((1000 - 200) * 0.1 / 1000)  # 800 kWh


def test_feedstock_and_what_is_bought_of_one_carrier_stand_side_by_side(rig):
    rig.register(point("coal", "scale", "mill", carrier="raw_coal", unit="t"), point("coal.feed", "scale2", "mill", Role.FEEDSTOCK, "raw_coal", "t"))
    rig.put("coal", [10])
    rig.put("coal.feed", [4])
    rig.settle()
    rows = {a.role: a for a in rig.accounts("mill")}
    assert (rows[Role.PURCHASED].tce_calorific, rows[Role.FEEDSTOCK].tce_calorific) == (pytest.approx(7.0), pytest.approx(2.8))
    assert rig.total_tce("mill") == pytest.approx(7.0)


def test_a_working_medium_counts_when_it_is_bought_and_not_when_it_is_made_and_used(rig):
    rig.register(
        point("water", "m1", "mill", carrier="fresh_water", unit="t"),
        point("air.made", "m2", "mill", Role.PRODUCED, "compressed_air", "m3"), point("air.used", "m3", "mill", Role.CONSUMED, "compressed_air", "m3"),
    )  # fmt: skip
    rig.put("water", [50])
    rig.put("air.made", [1000])
    rig.put("air.used", [1000])
    rig.settle()
    rows = {(a.carrier, a.role): a for a in rig.accounts("mill")}
    assert rows["fresh_water", Role.PURCHASED].tce_calorific == pytest.approx(50 * 0.2 / 1000)
    assert rows["compressed_air", Role.PRODUCED].tce_calorific is None
    assert rows["compressed_air", Role.CONSUMED].factor_ids == ()
    assert rows["compressed_air", Role.CONSUMED].amount == 1000
    assert rig.total_tce("mill") == pytest.approx(0.01)


def test_a_sub_meter_behind_a_main_meter_is_listed_as_consumed_and_adds_nothing(rig):
    rig.register(point("main", "main", "mill"), point("shop", "shop", "mill"), point("saw", "saw", "mill"), parents={"shop": "main", "saw": "shop"})
    for name, amount in (("main", 100.0), ("shop", 60.0), ("saw", 25.0)):
        rig.put(name, [amount])
    rig.settle()
    assert rig.by_role("mill") == {"purchased": 100, "consumed": 60}  # the saw is part of the shop


def test_what_a_sub_meter_sells_is_still_sold(rig):
    rig.register(point("main", "main", "mill"), point("out", "shop", "mill", Role.SOLD), parents={"shop": "main"})
    rig.put("main", [100])
    rig.put("out", [30])
    rig.settle()
    assert rig.by_role("mill") == {"purchased": 100, "sold": 30}


def test_a_sub_meter_counts_on_days_on_which_the_main_meter_was_not_yet_there(rig):
    second = 1772380800000000  # 2026-03-02T00:00+08:00
    rig.register(
        replace(point("main", "main", "mill"), valid_from=second), point("shop", "shop", "mill"),
        parents={"shop": "main"},
    )  # fmt: skip
    rig.put("shop", [1.0] * 192)
    rig.put("main", [5.0] * 96, start=second)
    rig.settle()
    rows = {(a.day, a.role): a.amount for a in rig.accounts("mill") if a.covered_s}
    assert rows == {
        (DAY_ONE, Role.PURCHASED): 96, ("2026-03-02", Role.PURCHASED): 480, ("2026-03-02", Role.CONSUMED): 96,
    }  # fmt: skip


def test_what_a_park_passes_on_to_its_enterprises_counts_once_in_the_park_and_fully_in_each(rig):
    rig.register(point("main", "main", "park"), point("mill.e", "mill.m", "mill"), parents={"mill.m": "main"})
    rig.put("main", [1000])
    rig.put("mill.e", [300])
    rig.settle()
    assert rig.total_tce("mill") == pytest.approx(0.03)
    for whole in ("park", "north", "city"):
        assert rig.total_tce(whole) == pytest.approx(0.1), whole  # the park's own 1,000 kWh, whatever the mill took of it
    assert rig.by_role("park") == {"purchased": 1300, "inner_purchased": 300}


def test_a_sale_inside_the_park_is_no_sale_of_the_park_and_its_loss_stays_inside(rig):
    rig.register(point("in", "in", "mill"), point("out", "out", "mill", Role.SOLD), point("works.e", "works.m", "works"), parents={"works.m": "out"})
    rig.put("in", [500])
    rig.put("out", [100])
    rig.put("works.e", [98])
    rig.settle()
    assert rig.total_tce("mill") == pytest.approx(0.04)
    assert rig.total_tce("works") == pytest.approx(0.0098)
    assert rig.total_tce("park") == pytest.approx(0.05)  # 500 kWh came through the fence, 2 were lost on the way inside
    assert rig.by_role("park") == {"purchased": 598, "sold": 100, "inner_purchased": 98, "inner_sold": 100}


def test_a_sale_to_a_member_of_another_park_is_inside_the_region_only(rig):
    rig.register(point("in", "in", "mill"), point("out", "out", "mill", Role.SOLD), point("farm.e", "farm.m", "farm"), parents={"farm.m": "out"})
    rig.put("in", [500])
    rig.put("out", [100])
    rig.put("farm.e", [100])
    rig.settle()
    assert rig.total_tce("park") == pytest.approx(0.04)  # 100 kWh left the park
    assert rig.total_tce("north") == pytest.approx(0.05)
    assert "inner_sold" not in rig.by_role("park")
    assert "inner_sold" in rig.by_role("north")


def test_a_sale_and_a_purchase_without_a_meter_tree_cancel_in_the_whole(rig):
    rig.register(point("in", "in", "mill"), point("out", "out", "mill", Role.SOLD), point("works.e", "works.m", "works"))
    rig.put("in", [500])
    rig.put("out", [100])
    rig.put("works.e", [100])
    rig.settle()
    assert rig.total_tce("park") == pytest.approx(0.05)


def test_a_building_and_an_enterprise_are_added_once_in_each_whole(rig):
    rig.register(point("hall.e", "hall.m", "hall"), point("mill.e", "mill.m", "mill"))
    rig.put("hall.e", [10])
    rig.put("mill.e", [100])
    rig.settle()
    assert [rig.total_tce(w) for w in ("park", "north", "city")] == [pytest.approx(v) for v in (0.01, 0.011, 0.011)]


def test_a_parent_that_is_given_later_moves_the_accounts_of_the_wholes_as_well(rig):
    rig.register(point("main", "main", "park"), point("mill.e", "mill.m", "mill"))
    rig.put("main", [1000])
    rig.put("mill.e", [300])
    rig.settle()
    assert rig.total_tce("park") == pytest.approx(0.13)
    rig.register(point("mill.e", "mill.m", "mill"), parents={"mill.m": "main"})
    rig.settle()
    assert rig.total_tce("park") == pytest.approx(0.1)
    rig.register(point("mill.e", "mill.m", "mill"))
    rig.settle()
    assert rig.total_tce("park") == pytest.approx(0.13)
    assert rig.by_role("park") == {"purchased": 1300}


def test_sub_meters_and_inner_purchases_add_nothing_to_the_time_that_is_expected_or_covered(rig):
    rig.register(
        point("main", "main", "park"), point("mill.e", "mill.m", "mill"), point("shop", "shop", "mill"), parents={"mill.m": "main", "shop": "mill.m"}
    )
    for name in ("main", "mill.e", "shop"):
        rig.put(name, [1.0] * (31 * 48 if name == "mill.e" else 31 * 96))
    rig.settle()
    now = START + 31 * 96 * CELL_US
    found = monthly_energy(rig.book.load(), rig.whole("park"), ["park", "mill"], now)
    # half of the mill's month is known; of the park's, its main meter's whole month and half of the mill's
    assert {whole: months["2026-03"].coverage for whole, months in found.items()} == {"park": 0.75, "mill": 0.5}
    assert found["mill"]["2026-03"].expected_s == 31 * 86_400
    assert found["park"]["2026-03"].tce_calorific == pytest.approx(31 * 96 * 0.1 / 1000)
    days = [a for a in rig.accounts("mill") if a.role is Role.PURCHASED and a.day.startswith("2026-03")]
    assert sum(a.tce_calorific for a in days) == pytest.approx(found["mill"]["2026-03"].tce_calorific)


def test_the_series_from_cells_says_the_same_as_the_accounts(rig):
    rig.register(point("in", "in", "mill"), point("out", "out", "mill", Role.SOLD), point("works.e", "works.m", "works"), parents={"works.m": "out"})
    for name, amount in (("in", 5.0), ("out", 1.0), ("works.e", 0.98)):
        rig.put(name, [amount] * 192)
    rig.settle()
    registry, span = rig.book.load(), Interval(START, START + 192 * CELL_US)
    by_cells = entity_series(registry, "park", span, Step.DAY, rig.store, FACTORS, carriers())
    by_days = account_series(registry, "park", rig.whole("park"), span, Step.DAY, START + 400 * 96 * CELL_US, carriers())
    month = account_series(registry, "park", rig.whole("park"), span, Step.MONTH, START + 400 * 96 * CELL_US, carriers())
    said = [[(r.start, r.role, round(r.amount, 6), round(r.tce_calorific, 9), r.coverage) for r in rows] for rows in (by_cells, by_days)]
    assert said[0] == said[1]
    for row in month:
        days = [r for r in by_days if r.role is row.role]
        assert row.amount == pytest.approx(sum(r.amount for r in days))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 50), min_size=1, max_size=3), st.integers(100, 200))
def test_no_sub_meter_and_no_transfer_inside_changes_a_total(make_rig, below, main):
    """Sub-meters of the mill, and the works behind the mill's sale, whatever they measure."""
    bare, full = make_rig(), make_rig()
    bare.register(point("main", "main", "mill"))
    subs = [point(f"sub{i}", f"sub{i}", "mill") for i in range(len(below))]
    sale = [point("out", "out", "mill", Role.SOLD), point("works.e", "works.m", "works")]
    parents = {f"sub{i}": "main" if i == 0 else f"sub{i - 1}" for i in range(len(below))} | {"out": "main", "works.m": "out"}
    full.register(point("main", "main", "mill"), *subs, *sale, parents=parents)
    for rig in (bare, full):
        rig.put("main", [main])
    for i, amount in enumerate(below):
        full.put(f"sub{i}", [amount])
    full.put("out", [below[0]])
    full.put("works.e", [below[-1]])
    bare.settle()
    full.settle()
    assert full.total_tce("mill") == pytest.approx(bare.total_tce("mill") - below[0] * 0.1 / 1000)
    for whole in ("park", "north", "city"):
        assert full.total_tce(whole) == pytest.approx(bare.total_tce(whole))
