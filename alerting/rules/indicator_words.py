"""Reasons of the rule indicator, in both languages."""

from typing import TYPE_CHECKING

from tricolor.catalogue.plans.register import Path
from tricolor.domain.lights import Light
from tricolor.domain.ways import Way

if TYPE_CHECKING:
    from alerting.rules.indicator import IndicatorFacts


def figure(value: float, unit: str) -> str:
    """E.g. 97.5%, 1,250 t."""
    shown = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return shown + unit if unit == "%" else f"{shown} {unit}".rstrip()


def grey_reason(facts: "IndicatorFacts", why: tuple[str, str]) -> tuple[str, str]:
    return f"{facts.indicator.name_cn}{why[0]}", f"{facts.indicator.name_en}: {why[1]}"


def words_reason(facts: "IndicatorFacts", light: Light) -> tuple[str, str]:
    indicator = facts.indicator
    goal = indicator.target_text or indicator.name_cn
    zh, en = f"{indicator.name_cn}（目标：{goal}）{facts.period}填报为“{facts.text}”", f"{indicator.name_en}: {facts.text!r} in {facts.period}"
    if light is Light.GREEN:
        return f"{zh}，已达到", f"{en}; reached"
    if light is Light.YELLOW:
        return f"{zh}，尚未达到，目标年{indicator.target_year}年未到", f"{en}; not reached yet, due in {indicator.target_year}"
    return f"{zh}，目标年{indicator.target_year}年已到而未达到", f"{en}; not reached though {indicator.target_year} is its year"


def judged_reason(facts: "IndicatorFacts", way: Way, light: Light, yellow_gap: float) -> tuple[str, str]:
    """Value, what is required by then, and why the light is what it is."""
    indicator, value = facts.indicator, facts.value or 0.0
    unit, required = indicator.unit, way.required(facts.elapsed)
    source_zh, source_en = ("（计量）", " (metered)") if facts.flows else ("", "")
    zh = f"{facts.period} {indicator.name_cn}{source_zh}{figure(value, unit)}"
    en = f"{indicator.name_en} in {facts.period}{source_en}: {figure(value, unit)}"
    goal = figure(way.target, unit)
    if indicator.path is Path.YEARLY:
        return _yearly(zh, en, facts, way, light)
    is_above = facts.elapsed > way.years
    span_zh, span_en = f"{indicator.target_year}年目标{goal}", f"target of {indicator.target_year}: {goal}"
    if not way.is_due(facts.elapsed):
        return _not_due(zh, en, way, light, (span_zh, span_en), unit)
    asked = figure(required, unit)
    by_zh, by_en = ("目标要求", "the target") if required == way.target or is_above else ("按进度要求", "what is required by then")
    if light is Light.GREEN:
        return f"{zh}，达到{by_zh}{asked}（{span_zh}）", f"{en}; meets {by_en}, {asked} ({span_en})"
    missing, gap = figure(abs(way.missing(value, facts.elapsed)), unit), way.gap(value, facts.elapsed)
    if gap == 0:
        return f"{zh}，恰为{goal}，而目标要求超过该值", f"{en}; exactly {goal}, which the target asks to pass"
    side_zh, side_en = ("以内", "within") if light is Light.YELLOW else ("以上", "beyond")
    if gap == float("inf"):
        return f"{zh}，未达到{by_zh}{asked}，相差{missing}（{span_zh}）", f"{en}; misses {by_en}, {asked}, by {missing} ({span_en})"
    return (
        f"{zh}，未达到{by_zh}{asked}，相差{missing}，为应完成变化的{gap * 100:.1f}%（{yellow_gap * 100:g}%{side_zh}；{span_zh}）",
        f"{en}; misses {by_en}, {asked}, by {missing}: {gap * 100:.1f}% of the required change ({side_en} {yellow_gap * 100:g}%; {span_en})",
    )


def _yearly(zh: str, en: str, facts: "IndicatorFacts", way: Way, light: Light) -> tuple[str, str]:
    unit, asked = facts.indicator.unit, facts.indicator.target_text
    last = figure(way.target, unit)
    if light is Light.GREEN:
        return f"{zh}，好于上年同期的{last}（目标：{asked}）", f"{en}; better than {last} of the year before, as every year has to be"
    missing = figure(abs(way.missing(facts.value or 0.0, facts.elapsed)), unit)
    return f"{zh}，未好于上年同期的{last}，相差{missing}（目标：{asked}）", f"{en}; not better than {last} of the year before, off by {missing}"


def _not_due(zh: str, en: str, way: Way, light: Light, span: tuple[str, str], unit: str) -> tuple[str, str]:
    span_zh, span_en = span
    if way.start is None:
        if light is Light.GREEN:
            return f"{zh}，已达到目标，未到期（{span_zh}）", f"{en}; the target is met before it is due ({span_en})"
        return f"{zh}，尚未达到，目标年未到（{span_zh}，规划未给基数）", f"{en}; not reached yet, its year has not come ({span_en}; no baseline)"
    start = figure(way.start, unit)
    if light is Light.GREEN:
        return f"{zh}，不差于基数{start}，未到期（{span_zh}）", f"{en}; not worse than the baseline of {start}, not due yet ({span_en})"
    return f"{zh}，差于基数{start}，虽未到期应予关注（{span_zh}）", f"{en}; worse than the baseline of {start} though not due yet ({span_en})"
