"""Formulas of virtual points: what they give, what they refuse, and that no order of terms or points changes anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.formulas import BadFormula, check, evaluate, order, parse


def worked(text: str, unit: str = "kWh", **points: tuple[list[float], str]) -> list[float]:
    formula = parse(text)
    units = {name: of for name, (_, of) in points.items()}
    check(formula, units, unit)
    return evaluate(formula, {name: np.array(amounts) for name, (amounts, _) in points.items()}, units, unit).tolist()


def test_times_binds_before_plus_and_minus_goes_from_the_left():
    assert worked("a - b - 2 * c / 4", a=([10], "kWh"), b=([3], "kWh"), c=([6], "kWh")) == [4]  # 10 - 3 - 12/4
    assert worked("a - (b - -c)", a=([10], "kWh"), b=([3], "kWh"), c=([6], "kWh")) == [1]  # 10 - 9


def test_every_point_is_converted_into_the_unit_of_the_result():
    assert worked("a + b", unit="MWh", a=([500], "kWh"), b=([2], "MWh")) == [2.5]


def test_a_number_with_a_unit_turns_gas_into_energy():
    # 10 m3 × 38.9 MJ/m3 = 389 MJ; 3.6 MJ are 1 kWh
    assert worked("gas * 38.9 [MJ/m3]", gas=([10], "m3")) == [pytest.approx(389 / 3.6)]


def test_a_bare_zero_goes_with_every_unit():
    assert worked("max(a - b, 0)", a=([1, 5], "kWh"), b=([3, 3], "kWh")) == [0, 2]


def test_what_is_missing_in_one_input_is_missing_in_the_result_even_where_min_would_not_look():
    assert np.isnan(worked("min(a, b)", a=([1], "kWh"), b=([float("nan")], "kWh"))[0])


def test_a_division_by_nothing_is_not_known():
    assert np.isnan(worked("a * (b / c)", a=([1], "kWh"), b=([1], "kWh"), c=([0], "kWh"))[0])


def test_ids_may_hold_hyphens_and_dots_so_a_minus_needs_spaces():
    assert parse("qz-mill-01.elec - qz-mill-01.sold").names == ("qz-mill-01.elec", "qz-mill-01.sold")
    assert parse("a-b").names == ("a-b",)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a +", "ends too early"), ("(a", "closing bracket"), ("a b", "operator is missing"), ("", "empty"), ("1 + 2", "no point"),
        ("__import__('os')", "cannot be used"), ("a.__class__()", "operator is missing"), ("abs(a, a)", "number of arguments"), ("a * 2 [foo]", "not known"),
        ("a + 2", "cannot be added"), ("a * a", "energy^2"), ("a + gas", "cannot be added"), ("a" + " + a" * 600, "longer than"),
        ("+".join("a" * 200), "more than 300 parts"), ("(" * 60 + "a" + ")" * 60, "brackets inside"),
    ],
)  # fmt: skip
def test_a_bad_formula_says_what_is_wrong(text, word):
    with pytest.raises(BadFormula) as refused:
        check(parse(text), {"a": "kWh", "gas": "m3"}, "kWh")
    assert word in refused.value.en


def test_a_circle_is_named():
    with pytest.raises(BadFormula) as refused:
        order({"c": ["a"], "a": ["b", "x"], "b": ["c"], "d": ["a"]})
    assert "a -> b -> c -> a" in str(refused.value)


@given(st.data())
def test_whatever_the_order_in_which_formulas_are_given_each_comes_after_those_it_reads(data):
    names = [f"v{i}" for i in range(data.draw(st.integers(1, 8)))]
    needs = {name: data.draw(st.lists(st.sampled_from([*names[:i], "x"]), max_size=3)) for i, name in enumerate(names)}
    shuffled = data.draw(st.permutations(names))
    found = order({name: needs[name] for name in shuffled})
    assert sorted(found) == sorted(names)
    assert all(found.index(read) < found.index(name) for name in names for read in needs[name] if read in needs)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6), st.randoms())
def test_the_order_of_terms_changes_nothing(values, random):
    points = {f"p{i}": ([value], "kWh") for i, value in enumerate(values)}
    names = list(points)
    random.shuffle(names)
    assert worked(" + ".join(names), **points)[0] == pytest.approx(sum(values), rel=1e-9, abs=1e-6)


@given(st.text(alphabet="ab .-+*/(),[]019eE", max_size=40))
def test_no_text_does_worse_than_be_refused(text):
    try:
        formula = parse(text)
        check(formula, dict.fromkeys(formula.names, "kWh"), "kWh")
    except BadFormula:
        return
    evaluate(formula, {name: np.ones(2) for name in formula.names}, dict.fromkeys(formula.names, "kWh"), "kWh")
