"""逐年提高: goals without a number, measured by the year before; six of Liuzhou's fifty-six."""

from pathlib import Path

from alerting.material import Material
from alerting.rules import indicator as rule
from tricolor.catalogue.indicators import asked_of
from tricolor.catalogue.plans import check_plan, load_plan
from tricolor.catalogue.plans.files import PACKS
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.submissions import TARGET_PREFIX, Statistic

LIUZHOU = load_plan("liuzhou-zero-waste-2023-2025")
CITY = Entity("liuzhou", EntityKind.CITY, "柳州市", "Liuzhou")
RATE = "lz-household-waste-recovery"  # 生活垃圾回收利用率, 逐年提高


def verdict(**values: float | None) -> Verdict:
    """Of the rate, with these values by year: y2024=31.0."""
    said = [Statistic(CITY.id, RATE, year.removeprefix("y"), value, "%") for year, value in values.items()]
    material = Material(Registry(1, {CITY.id: CITY}, {}, {}, {}, {}), LIUZHOU, parse_us("2026-02-01T00:00:00+08:00"), statistics={CITY.id: said})
    facts = next(f for f in rule.facts_of(material, CITY) if f.indicator.id == RATE)
    return rule.judge(facts, rule.Thresholds(0.10, 24, 0))


def test_the_light_goes_from_grey_over_green_yellow_and_red_to_green() -> None:
    nothing, first = verdict(), verdict(y2023=30.0)
    assert nothing.light is Light.GREY and first.light is Light.GREY
    assert "缺少上年同期的数值" in first.reason_zh and "submit it" in first.reason_en
    lights = [verdict(y2023=30.0, y2024=value).light for value in (31.0, 30.0, 27.0, 26.9, 30.1)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN]  # 27 misses exactly a tenth of 30


def test_the_reason_names_the_year_before() -> None:
    better, worse = verdict(y2023=30.0, y2024=31.0), verdict(y2023=30.0, y2024=28.0)
    assert better.reason_zh.endswith("31%，好于上年同期的30%（目标：逐年提高）")
    assert worse.reason_zh.endswith("28%，未好于上年同期的30%，相差2%（目标：逐年提高）") and worse.limit == 30.0
    assert "not better than 30% of the year before, off by 2%" in worse.reason_en


def test_a_year_left_out_is_not_skipped() -> None:
    assert verdict(y2022=20.0, y2024=31.0).light is Light.GREY  # 2023 is missing
    assert verdict(y2023=0.0, y2024=0.0).light is Light.YELLOW  # nothing after nothing: not better, and no share of nothing is missing
    assert verdict(y2020=30.0, y2021=29.0).light is Light.YELLOW  # the base year's own value counts


def test_nobody_is_asked_for_a_target_of_such_a_goal() -> None:
    asked = asked_of(LIUZHOU, CITY)
    assert RATE in asked and TARGET_PREFIX + RATE not in asked


def test_a_row_that_asks_both_a_number_and_a_yearly_rise_is_refused(tmp_path: Path) -> None:
    for file in (PACKS / LIUZHOU.id).iterdir():
        text = file.read_text(encoding="utf-8").replace(
            "up,yearly,level,2020,,-,2025,,逐年提高,yes,yes,year,,ur", "up,yearly,level,2020,,-,2025,40,逐年提高,yes,yes,year,,ur"
        )
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    (fault,) = check_plan(tmp_path)
    assert fault.startswith("indicators.csv row 28 column path: yearly asks of a level")
