"""What may be submitted: the indicators of a plan and of those beside it, and the fixed names of statistics.csv."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from tricolor.catalogue.materials import flow_carriers
from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, Path
from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.entities import AREAS, Entity
from tricolor.domain.plausibility import Asked, Limits
from tricolor.domain.submissions import REPORTED_PREFIX, TARGET_PREFIX, PeriodKind

PERIODS: Mapping[str, tuple[PeriodKind, ...]] = {  # how often -> which periods may be reported
    "month": (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR),
    "quarter": (PeriodKind.QUARTER, PeriodKind.YEAR),
    "year": (PeriodKind.YEAR,),
}


@dataclass(frozen=True, slots=True)
class _Named:
    asked: Asked
    whom: tuple[str, ...]  # kinds of entities, key_user
    due: tuple[str, ...]  # of them, who must


def plans_of(plan: Plan) -> tuple[Plan, ...]:
    """The plan and those judged beside it."""
    return (plan, *plan.beside)


def indicators_of(plan: Plan, entity: str) -> Iterator[tuple[Plan, Indicator]]:
    """Every indicator of the entity with the plan it stands in; of two plans that use one id the first counts."""
    seen: set[str] = set()
    for each in plans_of(plan):
        for indicator in each.indicators:
            if indicator.entity == entity and indicator.id not in seen:
                seen.add(indicator.id)
                yield each, indicator


def limits_of(plan: Plan) -> Limits:
    """Of the plausibility checks: the plan's own, else those of rules/submissions.toml."""
    of = {name: float(value) for name, value in plan.thresholds_of("submissions").items()}
    return Limits(of["change_before"], of["change_year"], of["sum_difference"], of["baseline_difference"])


@cache
def _named() -> tuple[_Named, ...]:
    rows = shipped_rows("statistics.csv")
    return tuple(
        _Named(
            Asked(
                r["name"], r["name_cn"], r["name_en"], r["unit"], tuple(PeriodKind(k) for k in r["periods"].split()), _number(r["least"]),
                _number(r["most"]), is_ahead=r["ahead"] == "yes", is_flow=r["flow"] == "yes",
            ),
            tuple(r["whom"].split()),
            tuple(r["due"].split()),
        )
        for r in rows
    )  # fmt: skip


def _number(text: str) -> float | None:
    return float(text) if text else None


def asked_of(plan: Plan, entity: Entity) -> dict[str, Asked]:
    """Everything that may be submitted for the entity, by name, in the order of a form: the plan's indicators first."""
    found: dict[str, Asked] = {}
    for _, indicator in indicators_of(plan, entity.id):
        found[indicator.id] = asked_by(indicator)
        if indicator.target is None and indicator.direction is not Direction.TEXT and indicator.path is not Path.YEARLY:
            target = _target_of(indicator)
            found[target.name] = target
    kinds = {str(entity.kind), "key_user"} if entity.is_key_user else {str(entity.kind)}
    for each in _named():
        if not kinds.isdisjoint(each.whom):
            found.setdefault(each.asked.name, replace(each.asked, is_due=not kinds.isdisjoint(each.due), due_years=(plan.first_year, plan.last_year)))
    for each_plan in plans_of(plan):  # reports in words that no indicator stands for
        for duty in (d for d in each_plan.report_duties if d.binds(entity)):
            years = int(duty.first[:4]), each_plan.last_year
            said = Asked(duty.indicator, duty.name_cn, duty.name_en, "", PERIODS[duty.every], None, None, is_words=True, is_due=True, due_years=years)
            found.setdefault(duty.indicator, said)
    if entity.kind not in AREAS:
        for carrier in flow_carriers().values():
            name = REPORTED_PREFIX + carrier.code
            if not carrier.is_material:
                words = f"上报购入量：{carrier.name_cn}", f"reported purchase of {carrier.name_en}"
                found[name] = Asked(name, *words, carrier.unit, PERIODS["month"], 0.0, None, is_flow=True)
    return found


def asked_by(indicator: Indicator) -> Asked:
    """An indicator of the plan as something to submit. A level in % is a share and lies within 0 and 100; a change may be anything."""
    is_share = indicator.unit == "%" and indicator.kind is Kind.LEVEL and _within_share(indicator)
    is_signed = indicator.kind is Kind.CHANGE or (indicator.baseline or 0.0) < 0 or (indicator.target or 0.0) < 0
    return Asked(
        indicator.id, indicator.name_cn, indicator.name_en, indicator.unit, PERIODS[indicator.every], None if is_signed else 0.0,
        100.0 if is_share else None, is_words=indicator.direction is Direction.TEXT,
        baseline=indicator.baseline if indicator.kind is Kind.LEVEL else None, baseline_year=indicator.baseline_year,
        is_measured=bool(indicator.measure), is_due=not indicator.measure,
        due_years=(indicator.baseline_year + 1, indicator.target_year),
    )  # fmt: skip


def _within_share(indicator: Indicator) -> bool:
    return all(0 <= number <= 100 for number in (indicator.baseline, indicator.target) if number is not None)


def _target_of(indicator: Indicator) -> Asked:
    name = TARGET_PREFIX + indicator.id
    words = f"下达的目标：{indicator.name_cn}", f"target set for {indicator.name_en}"
    return Asked(name, *words, indicator.unit, PERIODS["year"], None, None, is_ahead=True, is_target=True)
