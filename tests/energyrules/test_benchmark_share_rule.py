"""Rule benchmark_share. Goal over 30 % at the end of five years, straight from nothing: 6 % in 2026, 12 % in 2027, 30 % in 2030."""

from dataclasses import replace

import pytest

from alerting.material import Material
from alerting.rules import benchmark, benchmark_share
from alerting.rules.benchmark_share import Maker, ShareFacts, judge, share_of
from tests.energyrules.conftest import DISTRICT, ENTITIES, MILL, NOTHING, at, months, thresholds
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.lights import Light
from tricolor.domain.submissions import CAPACITY_SHARE, Statistic

AT = thresholds(benchmark_share)


def stated(share: float, n: int = 5) -> ShareFacts:
    return ShareFacts("qinbei", 2025 + n, n, 5, share, str(2025 + n), "示例", ())


def test_the_light_goes_green_yellow_red_green_over_the_years() -> None:
    # 2026 asks 6 %: 7 % green; 2027 12 %: 11 % misses 8.3 %: yellow; 2028 18 %: 12 % red; 2030 30 %: 31 % green
    assert [judge(stated(s, n), AT).light for s, n in ((0.07, 1), (0.11, 2), (0.12, 3), (0.31, 5))] == [
        Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "light"), [(0.3001, Light.GREEN), (0.30, Light.YELLOW), (0.27, Light.YELLOW), (0.2699, Light.RED), (0.0, Light.RED)]
)
def test_over_thirty_percent_is_more_than_thirty_and_a_gap_of_exactly_a_tenth_is_yellow(share: float, light: Light) -> None:
    assert judge(stated(share), AT).light is light


def test_an_inclusive_goal_is_met_by_itself_and_a_goal_of_nothing_by_anything() -> None:
    assert judge(stated(0.30), replace(AT, is_inclusive=True)).light is Light.GREEN
    assert judge(stated(0.0), replace(AT, goal=0.0)).light is Light.GREEN


def test_output_weighs_within_a_product_and_standard_coal_between_products() -> None:
    paper = [Maker("a", "newsprint", True, 300.0, "t", 80.0), Maker("b", "newsprint", False, 700.0, "t", 220.0)]  # 30 % of 300 tce
    power = [Maker("c", "coal power", True, 9e6, "MWh", 700.0)]  # 100 % of 700 tce
    assert share_of(paper) == pytest.approx(0.30)
    assert share_of([*paper, *power]) == pytest.approx((0.30 * 300 + 1.0 * 700) / 1_000)
    assert share_of([replace(m, energy_tce=0.0) for m in (*paper, *power)]) == pytest.approx(0.65)  # no weight: equally
    assert share_of([replace(m, is_at=None) for m in paper]) is None


def test_grey_when_too_few_makers_are_known_and_it_says_how_many() -> None:
    known = Maker("a", "newsprint", True, 300.0, "t", 80.0)
    five = (known, known, known, known, replace(known, is_at=None))
    facts = ShareFacts("qinbei", 2030, 5, 5, None, "", "", five)
    assert judge(facts, AT).light is Light.GREEN  # exactly 80 % are known
    found = judge(replace(facts, makers=five[1:]), AT)
    assert found.light is Light.GREY and "4家企业中1家" in found.reason_zh and found.value is None


def test_the_makers_come_from_the_verdicts_on_their_product(material: Material) -> None:
    """A mill that makes a product of the catalogue: at the benchmark, 10 % above the baseline, and without output."""
    limit = benchmark.catalogue_limit("coke_top_charged")
    assert limit is not None and limit.unit == "kgce/t"
    mills = [replace(MILL, id=i, product="coke_top_charged") for i in ("a", "b", "c")]
    city = replace(DISTRICT, kind=EntityKind.CITY)
    registry = Registry(1, {e.id: e for e in (city, *mills)}, NOTHING, NOTHING, NOTHING, NOTHING)
    unit = {"a": limit.benchmark, "b": limit.baseline * 1.1}
    figures = {i: [Activity(i, ActivityKind.OUTPUT, f"2026-{n:02d}", 1_000.0, "t", product="coke_top_charged") for n in range(1, 11)] for i in unit}
    energy = {i: months(2026, [value] * 10) for i, value in unit.items()}  # kgce/t × 1000 t = tce
    of = replace(material, registry=registry, figures=figures, energy=energy)
    (facts,) = benchmark_share.facts_of(of, city)
    # a district is asked only where it submitted a share: of its one maker a share says nothing
    assert list(benchmark_share.facts_of(of, DISTRICT)) == []
    assert [(m.entity, m.is_at) for m in facts.makers] == [("a", True), ("b", False), ("c", None)]
    assert share_of(facts.makers) == pytest.approx(0.5) and judge(facts, AT).light is Light.GREY  # two of three are 67 %
    assert judge(facts, replace(AT, known_min=0.6)).light is Light.GREEN
    submitted = Statistic("qinbei", CAPACITY_SHARE, "2026", 5.0, "%", document="示例〔2026〕3号")
    stated = {"qinbei": [replace(submitted, period="2025", value=50.0), submitted]}
    (facts,) = benchmark_share.facts_of(at(of, "2027-01-10", statistics=stated), DISTRICT)
    found = judge(facts, AT)
    assert found.value == pytest.approx(5.0) and found.limit == pytest.approx(6.0) and found.light is Light.RED and "2026填报" in found.reason_zh


def test_an_area_without_makers_or_a_submitted_share_has_no_light(material: Material) -> None:
    assert list(benchmark_share.facts_of(material, DISTRICT)) == []
    assert list(benchmark_share.facts_of(material, ENTITIES["mill"])) == []
    mill = replace(MILL, product="coke_top_charged")
    silent = replace(material, registry=Registry(1, {"qinbei": DISTRICT, "mill": mill}, NOTHING, NOTHING, NOTHING, NOTHING))
    assert list(benchmark_share.facts_of(silent, DISTRICT)) == []  # nobody stated an output
    before = at(material, "2025-06-01", statistics={"qinbei": [Statistic("qinbei", CAPACITY_SHARE, "2025", 5.0, "%")]})
    assert list(benchmark_share.facts_of(before, DISTRICT)) == []
    city = Entity("city", EntityKind.CITY, "市", "")
    assert list(benchmark_share.facts_of(replace(material, registry=Registry(1, {"city": city}, NOTHING, NOTHING, NOTHING, NOTHING)), city)) == []
