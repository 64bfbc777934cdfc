"""Energy that dual control does not count (扣减): feedstock, new renewables, nationally listed projects; entries by people, rules by date.

发改环资〔2022〕803号 (feedstock, from base and judged year), 发改运行〔2022〕1258号 (new renewables, from the total only), 发改环资〔2021〕1310号
(projects). Gross stays beside net: net = gross − Σ excluded. GDP is not adjusted. CO2 has no exclusions.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.intervals import month_of

MAX_MONTHS = 60
MAX_TCE = 1e9
MAX_DOCUMENT, MAX_REASON = 120, 400


class ExclusionKind(StrEnum):
    FEEDSTOCK = "feedstock"  # 原料用能
    NEW_RENEWABLE = "new_renewable"  # 新增可再生能源电力: a year's increase over the year before
    NATIONAL_PROJECT = "national_project"  # 国家重大项目
    NON_FOSSIL = "non_fossil"  # 非化石能源


class Purpose(StrEnum):
    """What an exclusion is taken from."""

    TOTAL = "total"  # 总量
    INTENSITY = "intensity"  # 强度


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """From when until when [months, inclusive; None: open] energy of a kind is excluded, and from what. is_accepted: whether entries are taken;
    a rule that nobody has confirmed is listed and takes none."""

    kind: ExclusionKind
    applies_to: frozenset[Purpose]
    first_month: str
    last_month: str | None
    is_accepted: bool
    source: str
    status: str
    note_zh: str = ""
    note_en: str = ""

    def holds_in(self, month: str) -> bool:
        return self.is_accepted and self.first_month <= month and (self.last_month is None or month <= self.last_month)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Energy of an entity that is left out over whole months (both inclusive), evenly by day. tce_equivalent, tce_calorific [tce]: the latter None
    where only the equal value was stated; amount [unit] of a carrier where the tce were worked out from one; is_metered: taken from the accounts."""

    entity: str
    kind: ExclusionKind
    first_month: str
    last_month: str
    tce_equivalent: float
    tce_calorific: float | None
    document: str
    reason: str
    carrier: str = ""
    amount: float | None = None
    unit: str = ""
    factor_ids: tuple[str, ...] = ()
    is_metered: bool = False

    @property
    def months(self) -> tuple[str, ...]:
        return months_between(self.first_month, self.last_month)


@dataclass(frozen=True, slots=True)
class ExclusionEntry:
    """An exclusion as it stands in the book; revoked_at [µs] None: in force. Times [µs]."""

    id: int
    fact: Exclusion
    person: str
    entered_at: int
    revoked_at: int | None = None
    revoked_by: str = ""
    revoked_reason: str = ""

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class Excluded:
    """Energy left out of one month [tce]; calorific None where an entry states only the equal value."""

    tce_equivalent: float = 0.0
    tce_calorific: float | None = 0.0

    def __add__(self, other: "Excluded") -> "Excluded":
        mine, its = self.tce_calorific, other.tce_calorific
        return Excluded(self.tce_equivalent + other.tce_equivalent, None if mine is None or its is None else mine + its)


Wrong = tuple[str, str, str]  # field, what is wrong in Chinese, in English


def months_between(first: str, last: str) -> tuple[str, ...]:
    """YYYY-MM from first to last, both inclusive; empty when last is before first."""
    a, b = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    return tuple(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(a, b + 1))


def rule_of(rules: Iterable[ExclusionRule], kind: ExclusionKind, month: str) -> ExclusionRule | None:
    """The rule by which energy of the kind is excluded in the month, or None."""
    return next((rule for rule in rules if rule.kind is kind and rule.holds_in(month)), None)


def excluded_by_month(
    entries: Iterable[ExclusionEntry], rules: Sequence[ExclusionRule], purpose: Purpose, kinds: Iterable[ExclusionKind] = tuple(ExclusionKind)
) -> dict[str, dict[str, Excluded]]:
    """Entity -> month -> what the entries in force leave out for the purpose. An entry's months share it by their days."""
    wanted = frozenset(kinds)
    found: dict[str, dict[str, Excluded]] = {}
    for entry in entries:
        if not entry.is_in_force or entry.fact.kind not in wanted:
            continue
        for month, part in _shares(entry.fact):
            rule = rule_of(rules, entry.fact.kind, month)
            if rule is not None and purpose in rule.applies_to:
                mine = found.setdefault(entry.fact.entity, {})
                mine[month] = mine.get(month, Excluded()) + part
    return found


def _shares(fact: Exclusion) -> list[tuple[str, Excluded]]:
    lengths = {month: month_of(month).length_us for month in fact.months}
    whole = sum(lengths.values())
    calorific = fact.tce_calorific
    return [
        (month, Excluded(fact.tce_equivalent * us / whole, None if calorific is None else calorific * us / whole)) for month, us in lengths.items()
    ]


def excluded_of(members: Iterable[str], by_entity: Mapping[str, Mapping[str, Excluded]]) -> dict[str, Excluded]:
    """Month -> what is left out of a whole: the sum over all inside its boundary."""
    found: dict[str, Excluded] = {}
    for member in members:
        for month, part in by_entity.get(member, {}).items():
            found[month] = found.get(month, Excluded()) + part
    return found


def wrong_with(fact: Exclusion, person: str, rules: Sequence[ExclusionRule]) -> list[Wrong]:
    """Everything that keeps an exclusion from being taken."""
    found: list[Wrong] = []
    for field, text, most, zh in (("document", fact.document, MAX_DOCUMENT, "文号"), ("reason", fact.reason, MAX_REASON, "理由")):
        if not text.strip():
            found.append((field, f"请写明{zh}", "is missing: an exclusion rests on a document and a reason"))
        elif len(text) > most:
            found.append((field, f"{zh}最多 {most} 字", f"is over {most} characters"))
    if not person.strip():
        found.append(("by", "请写明由谁登记", "say who enters it"))
    for field, value in (("tce", fact.tce_equivalent), ("tce_calorific", fact.tce_calorific)):
        if value is not None and not (math.isfinite(value) and 0 < value <= MAX_TCE):
            found.append((field, f"扣减量须大于 0，不超过 {MAX_TCE:g} tce", f"must be more than 0 and at most {MAX_TCE:g} tce"))
    return [*found, *_wrong_months(fact, rules)]


def _wrong_months(fact: Exclusion, rules: Sequence[ExclusionRule]) -> list[Wrong]:
    for field, text in (("first_month", fact.first_month), ("last_month", fact.last_month)):
        try:
            month_of(text)
        except ValueError:
            return [(field, "月份请写 YYYY-MM", "write the month YYYY-MM")]
    if fact.last_month < fact.first_month:
        return [("last_month", f"{fact.last_month} 早于起始月 {fact.first_month}", f"{fact.last_month} is before the first month {fact.first_month}")]
    if len(fact.months) > MAX_MONTHS:
        return [("last_month", f"一条最多 {MAX_MONTHS} 个月", f"at most {MAX_MONTHS} months an entry")]
    without = [month for month in fact.months if rule_of(rules, fact.kind, month) is None]
    if not without:
        return []
    spans = [f"{r.first_month}—{r.last_month or ''}" for r in rules if r.kind is fact.kind and r.is_accepted]
    allowed_zh = f"规则允许的月份：{'、'.join(spans)}" if spans else "现行规则不接受这一类扣减"
    allowed_en = f"the rules allow {', '.join(spans)}" if spans else "the rules in force take no exclusion of this kind"
    return [("first_month", f"{without[0]} 不能扣减，{allowed_zh}", f"{without[0]} cannot be excluded: {allowed_en}")]
