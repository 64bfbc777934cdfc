"""Checks on what people report: faults refuse it, warnings ask whether it is meant. Every limit comes in, none stands here."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tricolor.domain.activities import ACTIVITY_UNITS, Activity
from tricolor.domain.periods import Period, period_of
from tricolor.domain.submissions import PeriodKind, Statistic, is_reached
from tricolor.domain.units import convert, dimension

MAX_VALUE = 1e15
MAX_TEXT = 200
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Asked:
    """What a name means. periods: which may be reported, the shortest first; least, most: of its value (None: none).

    is_ahead: set before its period is over; is_flow: amounts of the months add up to the year's; is_words: answered by 达到 or 未达到; is_target:
    of an indicator of the plan, set by another level; is_due: missing when its period is over and nothing is reported; is_measured: worked out
    from meters, submitted only where they are lacking."""

    name: str
    name_cn: str
    name_en: str
    unit: str
    periods: tuple[PeriodKind, ...]
    least: float | None
    most: float | None
    is_ahead: bool = False
    is_flow: bool = False
    is_words: bool = False
    is_target: bool = False
    is_due: bool = False
    is_measured: bool = False
    baseline: float | None = None
    baseline_year: int = 0
    due_years: tuple[int, int] = (0, 9999)  # first and last, of what is due

    @property
    def every(self) -> PeriodKind:
        return self.periods[0]


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares above which a warning is given: change against the period before, and against the same one of the year before; difference of a year from
    the sum of its parts; difference from the plan's baseline."""

    change_before: float
    change_year: float
    sum_difference: float
    baseline_difference: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd with a value (by its place in the list) and member. is_fault: it cannot be taken; else it may be confirmed with a note."""

    index: int
    field: str
    zh: str
    en: str
    is_fault: bool


Identity = tuple[str, str, str]  # entity, indicator, period


def identity_of(value: Statistic) -> Identity:
    return value.entity, value.indicator, value.period


def findings(
    values: Sequence[Statistic], asked: Mapping[str, Mapping[str, Asked]], held: Mapping[Identity, Statistic], limits: Limits, now: int
) -> list[Finding]:
    """Everything wrong or odd with the values, in their order. asked: entity -> name -> what it means; held: the values in force; now [µs]."""
    found: list[Finding] = []
    after, places = dict(held), dict[Identity, int]()
    for index, value in enumerate(values):
        if (first := places.setdefault(identity_of(value), index)) != index:
            found.append(Finding(index, "period", f"与第 {first + 1} 条重复，请只报一次", f"is the same as item {first + 1}: give it once", True))
        after[identity_of(value)] = value
    for index, value in enumerate(values):
        meaning = asked.get(value.entity, {}).get(value.indicator)
        if meaning is None:
            zh = f"没有名为“{value.indicator[:60]}”的指标可由 {value.entity} 填报，请用模板或 GET /v1/statistics/asked 中的名称"
            en = f"{value.entity} reports nothing named {value.indicator[:60]!r}: take a name of the template or of GET /v1/statistics/asked"
            found.append(Finding(index, "indicator", zh, en, True))
            continue
        faults = [Finding(index, field, zh, en, True) for field, zh, en in _faults(value, meaning, now)]
        found += faults
        if not faults and value.value is not None and value != held.get(identity_of(value)):
            found += [Finding(index, "value", zh, en, False) for zh, en in _warnings(value, value.value, meaning, after, limits)]
    return found


def _faults(value: Statistic, meaning: Asked, now: int) -> Iterator[tuple[str, str, str]]:
    yield from _period_faults(value, meaning, now)
    if value.unit != meaning.unit and not (meaning.is_words and not value.unit):
        zh = f"单位“{value.unit[:20]}”不对，{meaning.name_cn}的单位是 {meaning.unit}，请换算后再报"
        yield "unit", zh, f"unit {value.unit[:20]!r} is wrong: {meaning.name_en} is given in {meaning.unit}; convert it first"
    for field in ("text", "document", "note"):
        said = getattr(value, field)
        if len(said) > MAX_TEXT or any(ord(c) < 32 for c in said):
            yield field, f"须为 {MAX_TEXT} 字以内的一行文字", f"must be one line of at most {MAX_TEXT} characters"
    if meaning.is_words:
        if value.value is not None or (value.text and is_reached(value.text) is None):
            yield (
                "text",
                "该指标以文字表述，请在 text 写 达到 或 未达到（后可加说明）",
                "is a goal in words: write 达到 or 未达到 in text",
            )
        return
    if value.value is None:
        if value.text:
            yield "value", f"该指标须填数值（{meaning.unit}）", f"must be a number [{meaning.unit}]"
        return
    yield from _value_faults(value.value, meaning)


def _value_faults(number: float, meaning: Asked) -> Iterator[tuple[str, str, str]]:
    if not math.isfinite(number) or abs(number) > MAX_VALUE:
        yield "value", "应为有限数且不超过 1e15", "must be finite and at most 1e15"
        return
    if meaning.least is not None and number < meaning.least:
        least = f"{meaning.least:g}"
        yield (
            "value",
            f"{number:g} 小于 {least}，{meaning.name_cn}不能低于 {least}",
            f"{number:g} is below {least}, which {meaning.name_en} cannot be",
        )
    if meaning.most is not None and number > meaning.most:
        most = f"{meaning.most:g}"
        yield (
            "value", f"{number:g} 大于 {most}，{meaning.name_cn}不能超过 {most}（是否把单位看错了？）",
            f"{number:g} is above {most}, which {meaning.name_en} cannot be (is it in another unit?)",
        )  # fmt: skip


def _period_faults(value: Statistic, meaning: Asked, now: int) -> Iterator[tuple[str, str, str]]:
    try:
        period = period_of(value.period)
    except ValueError as error:
        zh, _, en = str(error).partition(" · ")
        yield "period", zh, en
        return
    if period.kind not in meaning.periods:
        known = "、".join({"month": "月", "quarter": "季", "year": "年"}[k] for k in meaning.periods)
        en = f"{meaning.name_en} is reported by {', '.join(meaning.periods)}, not for {value.period}"
        yield "period", f"{meaning.name_cn}按{known}填报，不能报 {value.period}", en
    if not meaning.is_ahead and not period.is_over(now):
        yield "period", f"{value.period} 尚未结束，请在期末之后填报", f"{value.period} is not over: report it after its end"


def _warnings(value: Statistic, number: float, meaning: Asked, after: Mapping[Identity, Statistic], limits: Limits) -> Iterator[tuple[str, str]]:
    period = period_of(value.period)
    if not meaning.is_target:
        yield from _changes(value, number, period, after, limits)
    if meaning.is_flow:
        yield from _sums(value, period, after, limits)
    if meaning.baseline is not None and period.kind is PeriodKind.YEAR and period.year == meaning.baseline_year:
        share = _difference(number, meaning.baseline)
        if share > limits.baseline_difference + ROUNDING:
            yield (
                f"{period} 是基年，规划基数为 {meaning.baseline:g}，所报 {number:g} 与之不符",
                f"{period} is the base year: the plan's baseline is {meaning.baseline:g}, not {number:g}",
            )


def _changes(value: Statistic, number: float, period: Period, after: Mapping[Identity, Statistic], limits: Limits) -> Iterator[tuple[str, str]]:
    against = {period.shifted(-1): ("上期", "the period before", limits.change_before)} if period.kind is not PeriodKind.YEAR else {}
    against[period.year_before()] = ("上年同期", "the same period last year", limits.change_year)
    for earlier, (zh, en, limit) in against.items():
        held = after.get((value.entity, value.indicator, str(earlier)))
        if held is None or held.value is None:
            continue
        share = _difference(number, held.value)
        if share > limit + ROUNDING:
            shown = "由零变为非零" if math.isinf(share) else f"变化 {share * 100:.0f}%，超过 {limit * 100:g}%"
            shown_en = "was zero" if math.isinf(share) else f"changed by {share * 100:.0f}%, more than {limit * 100:g}%"
            yield f"与{zh} {earlier} 的 {held.value:g} 相比{shown}，请核对", f"against {en} ({earlier}: {held.value:g}) it {shown_en}: check it"


def _sums(value: Statistic, period: Period, after: Mapping[Identity, Statistic], limits: Limits) -> Iterator[tuple[str, str]]:
    """A year, or a part of it, against the sum of the parts where all of them are reported."""
    year = Period(PeriodKind.YEAR, period.year)
    whole = after.get((value.entity, value.indicator, str(year)))
    if whole is None or whole.value is None:
        return
    for kind, zh, en in ((PeriodKind.MONTH, "各月之和", "the sum of its months"), (PeriodKind.QUARTER, "各季之和", "the sum of its quarters")):
        if period.kind not in (kind, PeriodKind.YEAR):
            continue
        parts = [after.get((value.entity, value.indicator, str(part))) for part in year.parts(kind)]
        known = [part.value for part in parts if part is not None and part.value is not None]
        if len(known) < len(parts):
            continue
        total = math.fsum(known)
        if _difference(whole.value, total) > limits.sum_difference + ROUNDING:
            yield f"{year} 年的 {whole.value:g} 与{zh} {total:g} 不符", f"the year {year} ({whole.value:g}) is not {en} ({total:g})"


def activity_warnings(figures: Sequence[Activity], held: Sequence[Activity], limits: Limits) -> list[Finding]:
    """What is odd with activity figures: changes against the month before and the same month last year, at the same prices. held: those in force."""
    after = {identity_of(s): s for s in map(_as_statistic, (*held, *figures))}
    known = {identity_of(s): s.value for s in map(_as_statistic, held)}
    found = []
    for index, figure in enumerate(figures):
        value = _as_statistic(figure)
        if value.value is not None and value.value != known.get(identity_of(value)):
            found += [Finding(index, "value", *words, False) for words in _changes(value, value.value, period_of(figure.month), after, limits)]
    return found


def _as_statistic(figure: Activity) -> Statistic:
    """In the first of the units of its kind, so that 1e8CNY compares with 1e4CNY; other prices are another series."""
    unit = ACTIVITY_UNITS[figure.kind][0]
    is_same = dimension(unit) == dimension(figure.unit)
    value, unit = (convert(figure.value, figure.unit, unit), unit) if is_same else (figure.value, figure.unit)
    return Statistic(figure.entity, f"{figure.kind}:{figure.product}:{figure.price_year or ''}:{unit}", figure.month, value, unit)


def _difference(number: float, other: float) -> float:
    """Share of `other`; infinite against zero."""
    if number == other:
        return 0.0
    return abs(number - other) / abs(other) if other else math.inf
