"""What meters say of each other: trees, powers, neighbours; stuck registers. Answers are worked by hand."""

import numpy as np
import pytest

from tests.quality.conftest import START, point_of, registry_of
from tricolor.analysis.quality_checks import checks_of
from tricolor.analysis.quality_flows import CellBook, links_of, tree_of
from tricolor.analysis.quality_stuck import stuck_days
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US, local_day
from tricolor.domain.meters import PointKind, Role
from tricolor.domain.quality import CheckKind, Fault, check_finding

LIMITS = quality_limits()
DAYS = [local_day(START)]


def cells_of(**amounts) -> EnergyCells:
    """p1=[...]: a day of cells from 00:00; NaN: not known."""
    parts = []
    for name, values in sorted(amounts.items()):
        amount = np.array(values, dtype=float)
        n, covered = len(amount), np.where(np.isnan(amount), 0, CELL_US).astype(np.int64)
        parts.append(EnergyCells(np.full(n, int(name[1:])), START + np.arange(n) * CELL_US, amount, covered, np.zeros(n, dtype=np.uint8)))
    return EnergyCells.concat(parts)


def check(points, cells, kind, parents=None):
    registry = registry_of(points, parents)
    found = checks_of(registry, tree_of(registry), set(registry.entities), DAYS, CellBook(cells))
    return next(c for c in found if c.kind is kind and c.point == points[0].key)


def stuck(points, cells, parents=None, key=1):
    registry = registry_of(points, parents)
    return stuck_days(registry, tree_of(registry), {key: registry.by_key[key]}, DAYS, CellBook(cells)).get((key, str(DAYS[0])))


FAMILY = [point_of(1, "main", resolution=0.01), point_of(2, "a", resolution=0.01), point_of(3, "b", resolution=0.01)]
TREE = {"a": "main", "b": "main"}


def test_children_that_sum_to_the_parent_fit():
    found = check(FAMILY, cells_of(p1=[10.0] * 96, p2=[6.0] * 96, p3=[3.8] * 96), CheckKind.BALANCE, TREE)
    assert (found.value, found.against, found.cells, found.others) == (pytest.approx(940.8), 960.0, 96, ("a", "b"))
    assert check_finding(found, LIMITS) is None  # 2 % are lost


def test_children_beyond_the_parent_and_children_that_lack_are_found():
    over = check_finding(check(FAMILY, cells_of(p1=[10.0] * 96, p2=[6.0] * 96, p3=[4.5] * 96), CheckKind.BALANCE, TREE), LIMITS)
    assert over.fault is Fault.BALANCE and over.value == pytest.approx(0.05)
    under = check_finding(check(FAMILY, cells_of(p1=[10.0] * 96, p2=[6.0] * 96, p3=[1.0] * 96), CheckKind.BALANCE, TREE), LIMITS)
    assert under.value == pytest.approx(-0.3)


def test_a_child_that_is_missing_makes_the_balance_unknown_and_never_a_loss():
    none = check(FAMILY, cells_of(p1=[10.0] * 96, p2=[6.0] * 96), CheckKind.BALANCE, TREE)
    assert (none.value, none.against, none.cells) == (None, None, 0)
    assert check_finding(none, LIMITS) is None
    half = cells_of(p1=[10.0] * 96, p2=[6.0] * 96, p3=[4.0] * 48 + [np.nan] * 48)
    found = check(FAMILY, half, CheckKind.BALANCE, TREE)
    assert (found.value, found.against, found.cells) == (480.0, 480.0, 48)


def test_units_are_converted_and_open_cells_are_left_out():
    family = [point_of(1, "main", unit="MWh"), FAMILY[1], FAMILY[2]]
    cells = cells_of(p1=[0.01] * 96, p2=[6.0] * 96, p3=[4.0] * 96)
    cells.flag[:10] = CellFlag.OPEN  # of p1
    found = check(family, cells, CheckKind.BALANCE, TREE)
    assert (found.value, found.against, found.unit, found.cells) == (pytest.approx(0.86), pytest.approx(0.86), "MWh", 86)


def test_what_is_sold_is_taken_off():
    sold = point_of(4, "main")
    sold = type(sold)(**{name: getattr(sold, name) for name in sold.__slots__} | {"role": Role.SOLD})
    found = check([*FAMILY, sold], cells_of(p1=[12.0] * 96, p4=[2.0] * 96, p2=[6.0] * 96, p3=[4.0] * 96), CheckKind.BALANCE, TREE)
    assert found.against == 960.0


def test_a_register_with_a_wrong_multiplier_disagrees_with_its_power():
    points = [point_of(1, "m", resolution=0.01), point_of(2, "m", kind=PointKind.GAUGE, unit="kW")]
    assert check_finding(check(points, cells_of(p1=[5.0] * 96, p2=[5.1] * 96), CheckKind.POWER), LIMITS) is None  # 2 %
    found = check_finding(check(points, cells_of(p1=[5.0] * 96, p2=[6.25] * 96), CheckKind.POWER), LIMITS)
    assert found.fault is Fault.POWER and found.value == pytest.approx(-0.2)


def test_one_at_rest_among_three_that_run_is_unlike_its_neighbours():
    points = [point_of(n) for n in (1, 2, 3)]
    found = check_finding(check(points, cells_of(p1=[0.0] * 96, p2=[5.0] * 96, p3=[4.0] * 96), CheckKind.NEIGHBOURS), LIMITS)
    assert found.fault is Fault.NEIGHBOURS
    assert check_finding(check(points, cells_of(p1=[0.0] * 96, p2=[0.0] * 96, p3=[0.0] * 96), CheckKind.NEIGHBOURS), LIMITS) is None
    assert check_finding(check(points, cells_of(p2=[5.0] * 96, p3=[4.0] * 96), CheckKind.NEIGHBOURS), LIMITS) is None  # missing is not zero


FROZEN = [5.0] * 40 + [0.0] * 16 + [5.0] * 40  # still from 10:00 to 14:00


def test_a_register_frozen_while_the_power_of_its_meter_flows_is_stuck():
    points = [point_of(1, "m", resolution=0.01), point_of(2, "m", kind=PointKind.GAUGE, unit="kW")]
    assert stuck(points, cells_of(p1=FROZEN, p2=[5.0] * 96)) == (16, "power")
    assert stuck(points, cells_of(p1=FROZEN, p2=FROZEN)) is None


def test_a_parent_frozen_while_its_children_move_is_stuck():
    assert stuck(FAMILY, cells_of(p1=FROZEN, p2=[3.0] * 96, p3=[2.0] * 96), TREE) == (16, "children")


def test_a_child_frozen_while_the_rest_of_its_parent_flows_is_stuck_and_mere_losses_are_not():
    assert stuck(FAMILY, cells_of(p1=[10.0] * 96, p2=FROZEN, p3=[5.0] * 96), TREE, key=2) == (16, "parent")  # half of the parent is left over
    resting = [5.5 if a else 0.5 for a in FROZEN]  # the parent falls with it, a tenth stays as losses
    assert stuck(FAMILY, cells_of(p1=[5.0 + r for r in resting], p2=FROZEN, p3=[5.0] * 96), TREE, key=2) is None


def test_neighbours_are_believed_only_when_all_moved_and_for_six_hours():
    points = [point_of(n, resolution=0.01) for n in (1, 2, 3)]
    long = [5.0] * 40 + [0.0] * 30 + [5.0] * 26
    assert stuck(points, cells_of(p1=long, p2=[5.0] * 96, p3=[4.0] * 96)) == (30, "neighbours")
    assert stuck(points, cells_of(p1=FROZEN, p2=[5.0] * 96, p3=[4.0] * 96)) is None  # four hours
    assert stuck(points, cells_of(p1=long, p2=[5.0] * 96, p3=long)) is None  # one of them rested too


def test_units_are_linked_with_those_before_behind_and_beside_them():
    points = [point_of(1, "main", "park"), point_of(2, "a", "mill"), point_of(3, "b", "kiln"), point_of(4, "c", "alone")]
    assert links_of(registry_of(points, TREE)) == {
        "park": frozenset({"mill", "kiln"}), "mill": frozenset({"park", "kiln"}), "kiln": frozenset({"park", "mill"})
    }  # fmt: skip
