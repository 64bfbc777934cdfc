"""Virtual points: their cells follow their formula, from whatever order of changes, and stand in accounts like any other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.accounts.conftest import START, point
from tricolor.adapters.registry_files.model import RawFile, RawRow, RawTable, RegistryFaults
from tricolor.adapters.registry_files.validate import validate
from tricolor.analysis.explain import explain_virtual
from tricolor.analysis.virtual import virtual_cells
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.entities import Registry
from tricolor.domain.formulas import parse
from tricolor.domain.intervals import CELL_US, Interval
from tricolor.domain.meters import Role


def test_a_virtual_point_is_worked_out_per_cell_and_counted_in_the_account(rig):
    rig.register(
        point("main", "m", "mill", Role.NONE), point("east", "s", "mill", Role.NONE), point("west", "v", "mill", formula="main - east"),
        point("twice", "v2", "mill", Role.CONSUMED, formula="2 * west"),
    )  # fmt: skip
    rig.put("main", [10, 20, 30])
    rig.put("east", [1, 2, 3])
    rig.settle()
    assert rig.cells("west") == {0: 9, 1: 18, 2: 27}
    assert rig.cells("twice") == {0: 18, 1: 36, 2: 54}
    assert rig.by_role("mill") == {"purchased": 54, "consumed": 108}


def test_a_missing_input_leaves_the_cell_out_and_the_weakest_coverage_is_the_coverage(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("b", "s", "mill", Role.NONE), point("v", "v", "mill", formula="a + b"))
    rig.put("a", [10, 20, 30])
    rig.put("b", [1, 2])
    rig.settle()
    assert rig.cells("v") == {0: 11, 1: 22}
    (account,) = [a for a in rig.accounts("mill") if a.covered_s]
    assert account.covered_s == 1800
    assert account.expected_s == 86_400


def test_late_data_moves_only_what_reads_it(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("b", "s", "mill", Role.NONE), point("v", "v", "mill", formula="a + b"))
    rig.put("a", [10, 20, 30])
    rig.put("b", [1, 2, 3])
    rig.settle()
    rig.put("b", [7], start=START + CELL_US)
    rig.settle()
    assert rig.cells("v") == {0: 11, 1: 27, 2: 33}
    assert rig.by_role("mill") == {"purchased": 71}


def test_a_formula_that_comes_or_changes_later_has_the_whole_history(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("b", "s", "mill", Role.NONE))
    rig.put("a", [10, 20])
    rig.put("b", [1, 2, 3])
    rig.settle()
    rig.register(point("v", "v", "mill", formula="a"), point("w", "w", "mill", Role.CONSUMED, formula="v * 2"))
    rig.settle()
    assert (rig.cells("v"), rig.cells("w")) == ({0: 10, 1: 20}, {0: 20, 1: 40})
    rig.register(point("v", "v", "mill", formula="b"))
    rig.settle()
    assert (rig.cells("v"), rig.cells("w")) == ({0: 1, 1: 2, 2: 3}, {0: 2, 1: 4, 2: 6})
    assert rig.by_role("mill") == {"purchased": 6, "consumed": 12}
    rig.register(point("v", "v", "mill", formula="a"))
    rig.settle()
    assert rig.cells("v") == {0: 10, 1: 20}


def test_a_pass_that_died_after_the_inputs_is_made_good_by_the_next_process(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("v", "v", "mill", formula="a * 2"))
    rig.settle()  # the formula's own work is done; what follows comes from the reading alone
    rig.settler = rig.new_settler()
    rig.put("a", [10])
    held, failing = rig.ledger.put_accounts, RuntimeError("killed")

    def die(*_: object) -> None:
        raise failing

    rig.ledger.put_accounts = die
    with pytest.raises(RuntimeError):
        rig.settler.run_once()
    rig.store.replace([(rig.key("v"), _all())], rig.store.cells([], _all()))  # as if it had died before the virtual point's cells
    rig.ledger.put_accounts = held
    rig.settler = rig.new_settler()
    rig.settle()
    assert rig.cells("v") == {0: 20}
    assert rig.by_role("mill") == {"purchased": 20}


def _all() -> Interval:
    return Interval(START, START + 10 * CELL_US)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_incremental_is_the_same_as_from_scratch(make_rig, data):
    points = [
        point("a", "m", "mill", Role.NONE), point("b", "s", "mill", Role.NONE), point("v", "v", "mill", formula="max(a - b, 0)"),
        point("w", "w", "mill", Role.CONSUMED, formula="v + 2 * a"),
    ]  # fmt: skip
    count = data.draw(st.integers(2, 6))
    amounts = {name: data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count)) for name in "ab"}
    steps = data.draw(st.permutations([(name, i) for name in "ab" for i in range(count)]))
    left_out = data.draw(st.sampled_from(steps))
    one, other = make_rig(), make_rig()
    one.register(*points)
    other.register(*points)
    for name, i in steps:
        if (name, i) != left_out:
            one.put(name, [amounts[name][i]], start=START + i * CELL_US)
            if data.draw(st.booleans()):
                one.settle()
            other.put(name, [amounts[name][i]], start=START + i * CELL_US)
    one.settle()
    other.settle()
    assert {n: one.cells(n) for n in "vw"} == {n: other.cells(n) for n in "vw"}
    known = [i for i in range(count) if ("a", i) != left_out and ("b", i) != left_out]
    assert one.cells("v") == {i: max(amounts["a"][i] - amounts["b"][i], 0) for i in known}
    assert [(a.day, a.role, a.amount) for a in one.accounts("mill")] == [(a.day, a.role, a.amount) for a in other.accounts("mill")]


def _file(*rows: dict[str, object]) -> RawFile:
    tables = {
        "entities": RawTable("entities", (RawRow(1, {"id": "city", "kind": "city", "name_cn": "市"}),)),
        "meters": RawTable("meters", (RawRow(1, {"id": "m", "entity": "city", "name_cn": "表"}),)),
        "points": RawTable("points", tuple(RawRow(i, {"meter": "m", "role": "consumed", "carrier": "electricity", "unit": "kWh", **row})
                                            for i, row in enumerate(rows, 1))),
    }  # fmt: skip
    return RawFile(tables)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"id": "v", "kind": "virtual"}], "points!第1行 formula: 虚拟测点必填公式"),
        ([{"id": "v", "kind": "virtual", "formula": "mian + 1"}, {"id": "main", "kind": "delta"}], "did you mean main"),
        ([{"id": "v", "kind": "virtual", "formula": "main-v2"}, {"id": "main", "kind": "delta"}], "a minus needs a space on both sides"),
        ([{"id": "v", "kind": "virtual", "formula": "w"}, {"id": "w", "kind": "virtual", "formula": "2 * v"}], "v -> w -> v"),
        ([{"id": "v", "kind": "virtual", "formula": "main * main"}, {"id": "main", "kind": "delta"}], "the formula gives energy^2"),
        ([{"id": "main", "kind": "delta", "formula": "main"}], "only a virtual point has a formula"),
        ([{"id": "v", "kind": "virtual", "formula": "main("}, {"id": "main", "kind": "delta"}], "points!第1行 formula"),
        ([{"id": "v", "kind": "virtual", "formula": "t"}, {"id": "t", "kind": "gauge", "unit": "degC", "role": "none", "carrier": ""}], "is a state"),
    ],
)  # fmt: skip
def test_an_import_names_what_is_wrong_with_a_formula(rows, words):
    with pytest.raises(RegistryFaults) as refused:
        validate(_file(*rows), carriers())
    assert words in str(refused.value)


def test_a_good_formula_is_imported_whatever_the_order_of_the_rows():
    file = validate(
        _file({"id": "v", "kind": "virtual", "formula": "2 × main − w"}, {"id": "main", "kind": "delta"}, {"id": "w", "kind": "delta"}), carriers()
    )
    assert file.points[0].formula == "2 * main - w"


def test_readings_sent_in_the_name_of_a_virtual_point_change_nothing(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("v", "v", "mill", formula="a"))
    rig.put("a", [10])
    rig.put("v", [99, 99])
    rig.settle()
    assert rig.cells("v") == {0: 10}
    assert np.isclose(rig.by_role("mill")["purchased"], 10)


def test_an_explanation_names_the_formula_and_what_its_points_gave(rig):
    rig.register(point("a", "m", "mill", Role.NONE), point("b", "s", "mill", Role.NONE), point("v", "v", "mill", formula="a - b"))
    rig.put("a", [10, 20])
    rig.put("b", [4])
    rig.settle()
    registry = rig.book.load()
    first, second = (explain_virtual(registry, registry.points["v"], START + i * CELL_US + 1, rig.store) for i in (0, 1))
    assert (first.formula, first.amount, first.coverage) == ("a - b", 6, 1)
    assert [(i.point, i.amount) for i in first.inputs] == [("a", 10), ("b", 4)]
    assert (second.amount, [(i.point, i.amount) for i in second.inputs]) == (None, [("a", 20), ("b", None)])


def test_a_cell_is_covered_as_its_weakest_input_and_bears_the_flags_of_all():
    points = [replace(point(name, name, "mill", formula="b + a" if name == "v" else ""), key=key) for key, name in enumerate("abv", 1)]
    registry = Registry(1, {}, {}, {p.id: p for p in points}, {}, {}, {p.key: p for p in points})
    flags = np.array([CellFlag.DIP, CellFlag.ESTIMATED], dtype=np.uint8)
    inputs = EnergyCells(np.array([1, 2]), np.array([START, START]), np.array([5.0, 7.0]), np.array([CELL_US, CELL_US // 3]), flags)
    found = virtual_cells(registry, {3: parse("b + a")}, inputs, {3: Interval(START, START + CELL_US)})
    assert (found.amount.tolist(), found.covered_us.tolist(), found.flag.tolist()) == ([12], [CELL_US // 3], [CellFlag.DIP | CellFlag.ESTIMATED])
