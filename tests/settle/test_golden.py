"""The golden cases of tests/golden/registers: each answer is worked out in the comment beside it."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.settle.conftest import ALWAYS, START, make_batch, make_point
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.analysis.settle import settle, steps_of
from tricolor.domain.energy import flag_names
from tricolor.domain.exchanges import Exchange, MeterFacts, MultiplierChange
from tricolor.domain.intervals import CELL_US, MINUTE_US
from tricolor.domain.meters import PointKind
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.steps import StepKind

CASES = tomllib.loads((Path(__file__).parents[1] / "golden" / "registers" / "cases.toml").read_text())["case"]


def test_there_are_thirty_cases_and_no_name_twice():
    assert len({case["name"] for case in CASES}) == len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    kind = PointKind(case.get("kind", "register"))
    point = make_point(1, kind, case.get("unit", "kWh"), **case.get("plate", {}))
    at = START + np.array([minute for minute, _ in case["readings"]]) * MINUTE_US
    plain = make_batch(at, [value for _, value in case["readings"]])
    received = START + np.array(case["received"]) * MINUTE_US if "received" in case else at
    quality = np.array(case.get("quality", [0] * len(at)), dtype=np.uint8)
    store = MemoryStore()  # as intake does: one reading per instant, the later one of two stands
    store.put(ReadingBatch(plain.point, plain.at, plain.value, quality, plain.seq, received))
    batch = store.read([1], ALWAYS)
    facts = MeterFacts.of(
        [Exchange(1, START + minute * MINUTE_US, final, start) for minute, final, start in case.get("exchanges", [])],
        [MultiplierChange(1, START + minute * MINUTE_US, ratio) for minute, ratio in case.get("multipliers", [])],
    )
    cells = settle({1: point}, batch, facts)
    assert float(np.nansum(cells.amount)) == pytest.approx(case["total"], abs=1e-6)
    if "kinds" in case:
        assert [StepKind(k).name.lower() for k in steps_of({1: point}, batch, facts).kind] == case["kinds"]
    flags = {name for code in cells.flag.tolist() for name in flag_names(code)} - {"measured"}
    assert sorted(flags) == case.get("flags", [])
    if "cells" in case:
        shown = {int((start - START) // CELL_US): amount for start, amount in zip(cells.start, cells.amount, strict=True)}
        expected = {place: amount for place, amount in enumerate(case["cells"]) if amount != "-"}
        assert sorted(shown) == sorted(expected)
        for place, amount in expected.items():
            assert np.isnan(shown[place]) if amount == "?" else shown[place] == pytest.approx(amount)
    if "covered" in case:
        assert int(cells.covered_us.sum()) == case["covered"] * MINUTE_US
