"""A dead meter makes nobody look better: one month that is not known well enough is enough to know nothing of a product."""

from dataclasses import replace

import pytest

from alerting.material import Material
from alerting.rules import benchmark, budget
from tests.energyrules.conftest import ENTITIES, MILL, NOTHING, at, month, months, thresholds
from tricolor.catalogue.plans import load_plan
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Registry
from tricolor.domain.lights import Light
from tricolor.domain.submissions import Budget

COKE = replace(MILL, product="coke_top_charged")


def light(**may: object) -> Light:
    """Ten months at 120 kgce/t (above the benchmark of 110, within the baseline of 135), but for May."""
    energy = months(2026, [120.0] * 10) | {"2026-05": month("2026-05", **may)}  # type: ignore[arg-type]
    made = [Activity("mill", ActivityKind.OUTPUT, f"2026-{n:02d}", 1_000.0, "t", product=COKE.product) for n in range(1, 11)]
    registry = Registry(1, ENTITIES | {"mill": COKE}, NOTHING, NOTHING, NOTHING, NOTHING)
    of = Material(registry, load_plan("illustrative-2026-2030"), 0, energy={"mill": energy}, figures={"mill": made})
    (facts,) = benchmark.facts_of(at(of, "2026-11-01"), COKE)
    return benchmark.judge(facts, thresholds(benchmark)).light


@pytest.mark.parametrize(
    ("tce", "covered", "days_missing", "expected"),
    [
        (120.0, 1.0, 0, Light.YELLOW),
        (10.0, 0.6, 0, Light.GREY),  # 96 % of the ten months, and 109 kgce/t: it would be green
        (10.0, 0.99, 11, Light.GREY),
        (114.0, 0.95, 0, Light.YELLOW),  # exactly the floor
        (114.0, 0.9499, 0, Light.GREY),
    ],
)
def test_a_month_with_a_dead_meter_does_not_lower_the_unit_energy(tce: float, covered: float, days_missing: int, expected: Light) -> None:
    assert light(tce=tce, covered=covered, days_missing=days_missing) is expected


def test_a_month_with_a_dead_meter_lowers_no_projection_of_a_budget() -> None:
    """Ten months of 105 tce of a budget of 1,200: 1,260 at this rate, yellow. In May and June four in ten meters were dead and 50 were seen."""
    of = Material(Registry(1, ENTITIES, NOTHING, NOTHING, NOTHING, NOTHING), load_plan("illustrative-2026-2030"), 0)
    held = {"mill": [Budget("mill", 2026, 1_200.0, (1 / 12,) * 12)]}
    dead = {m: month(m, 50.0, covered=0.6) for m in ("2026-05", "2026-06")}
    verdicts = []
    for seen in ({}, dead):
        there = at(of, "2026-11-01", budgets=held, energy={"mill": months(2026, [105.0] * 10) | seen})
        (facts,) = budget.facts_of(there, MILL)
        verdicts.append(budget.judge(facts, thresholds(budget)))
    whole, half = verdicts
    assert (whole.light, half.light) == (Light.YELLOW, Light.YELLOW)  # 940 in ten months would be 1,128: green
    assert half.evidence["projected_tce"] == pytest.approx(1_260.0) and half.limit == pytest.approx(100 * 8 / 12)
    assert half.evidence["months_left_out"] == ["2026-05", "2026-06"] and "2026-05、2026-06未计" in half.reason_zh
    assert half.evidence["used_tce"] == pytest.approx(840.0)
    energy = months(2026, [150.0] * 8 + [0.0] * 2) | {"2026-09": month("2026-09", 9.0, covered=0.5)}
    spent = at(of, "2026-11-01", budgets=held, energy={"mill": energy})
    (facts,) = budget.facts_of(spent, MILL)
    assert budget.judge(facts, thresholds(budget)).light is Light.RED  # 1,209 are known to be used, whatever else was
