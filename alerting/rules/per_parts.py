"""What the rules per_area and per_head share: energy of a public building over the last twelve whole months per m² or head, against its limit and
last year. Equal value; limits by kind of building, told by its industry code (GB/T 4754-2017)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alerting.material import Material
from alerting.rules.words import percent, unknown
from tricolor.analysis.indicators import KIND_OF, Indicator, Per, divisors, energy_amounts, over_months
from tricolor.analysis.intensity import a_year_before
from tricolor.domain.accounts import factor_ids_of
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.periods import last_months

TOLERANCE = 1e-9
BUILDINGS: Mapping[str, str] = {  # first two digits of GB/T 4754-2017 -> kind
    **dict.fromkeys(("91", "92", "93", "94", "95", "96", "72"), "office"), "83": "school", "84": "hospital", "61": "hotel",
    "51": "shop", "52": "shop",
}  # fmt: skip
KIND_WORDS = {
    "office": ("机关办公", "office"), "school": ("教育", "school"), "hospital": ("医疗", "hospital"), "hotel": ("宾馆", "hotel"),
    "shop": ("商场", "shop"), "other": ("其他公共建筑", "public building"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits by kind of building [kgce per m² or head and year]; reduction: share by which it has to fall in reduction_years; coverage_min: 0..1."""

    limit_office: float
    limit_school: float
    limit_hospital: float
    limit_hotel: float
    limit_shop: float
    limit_other: float
    reduction: float
    reduction_years: int
    coverage_min: float

    def limit(self, kind: str) -> float:
        return {
            "office": self.limit_office, "school": self.limit_school, "hospital": self.limit_hospital, "hotel": self.limit_hotel,
            "shop": self.limit_shop,
        }.get(kind, self.limit_other)  # fmt: skip

    @property
    def yearly_fall(self) -> float:
        """The equal yearly fall that compounds to the reduction, a share."""
        return -math.expm1(math.log1p(-self.reduction) / self.reduction_years)


@dataclass(frozen=True, slots=True)
class PerFacts:
    """A building's indicator over twelve months that are over; kind: of the building."""

    entity: str
    kind: str
    unit: str
    indicator: Indicator
    factor_ids: tuple[str, ...] = ()


def building_kind(industry_code: str) -> str:
    return BUILDINGS.get("".join(c for c in industry_code if c.isdigit())[:2], "other")


def per_facts(of: Material, entity: Entity, per: Per, floor: float) -> Iterator[PerFacts]:
    """Of a public building with any figure of the kind; nothing for every other unit."""
    if entity.kind is not EntityKind.BUILDING:
        return
    figures = [f for f in of.figures.get(entity.id, ()) if f.kind is KIND_OF[per]]
    if not figures:
        return
    months, energy = last_months(of.now), of.energy.get(entity.id, {})
    by = divisors(figures, entity.id, per, "", (*(a_year_before(m) for m in months), *months))
    found = over_months(energy_amounts(energy, per, {}, floor), by, months, per)
    ids = factor_ids_of(energy[m] for m in months if m in energy)
    yield PerFacts(entity.id, building_kind(entity.industry_code), f"kgce/{figures[-1].unit}", found, ids)


def judge_per(rule: str, what: tuple[str, str], facts: PerFacts, at: Thresholds) -> Verdict:
    """value: of the twelve months; limit: of the building's kind, both in kgce per m² or head.

    Red above the limit; yellow at or under it when it did not fall by the yearly rate against the twelve months before; else green. Where those are
    not known the limit alone counts, and the reason says so. Grey when a month, a factor or the figure divided by is missing.
    """
    i, limit = facts.indicator, at.limit(facts.kind)
    period, needed = f"{i.months[0]}..{i.months[-1]}", at.yearly_fall
    fall = None if i.value is None or i.last_year is None or i.last_year <= 0 else 1 - i.value / i.last_year
    evidence: dict[str, object] = {
        "months": list(i.months), "energy_now_tce": i.gross, "divisor": i.divisor, "value_last_year": i.last_year, "fall": fall,
        "fall_needed": needed, "building": facts.kind, "factor_ids": list(facts.factor_ids),
    }  # fmt: skip
    if i.value is None:
        why = ("没有可比较的月份", "there is no month to compare") if i.why_not is None else (i.why_not.reason_zh, i.why_not.reason_en)
        return unknown(facts.entity, rule, "", period, facts.unit, why, limit, i.coverage, evidence)
    is_over = i.value > limit + TOLERANCE * limit
    is_slow = fall is not None and fall < needed - TOLERANCE
    light = Light.RED if is_over else Light.YELLOW if is_slow else Light.GREEN
    kind_zh, kind_en = KIND_WORDS[facts.kind]
    side_zh, side_en = ("超过", "above") if is_over else ("未超过", "within")
    moved_zh, moved_en = "，上年同期无数据，仅按限值判定", "; last year is not known, only the limit counts"
    if fall is not None:
        way_zh, way_en = ("下降", "down") if fall >= 0 else ("上升", "up")
        due_zh, due_en = ("未达到", "short of") if is_slow else ("达到", "meets")
        moved_zh = f"，比上年{way_zh}{percent(abs(fall))}，{due_zh}每年下降{percent(needed)}的要求"
        moved_en = f"; {way_en} {percent(abs(fall))} on last year, {due_en} the {percent(needed)} needed a year"
    zh = f"{i.months[0]}至{i.months[-1]}{what[0]}{i.value:.4g} {facts.unit}，{side_zh}{kind_zh}限值{limit:g}{moved_zh}"
    en = f"{what[1]} {i.value:.4g} {facts.unit} in {period}, {side_en} the limit of {limit:g} ({kind_en}){moved_en}"
    return Verdict(facts.entity, rule, "", period, light, i.value, limit, facts.unit, zh, en, i.coverage, evidence)
