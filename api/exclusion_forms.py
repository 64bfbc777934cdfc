"""Entering exclusions, for the API, the wallboard and the command line alike: what cannot be is told by its field before anything is written."""

import math
from dataclasses import dataclass
from datetime import date

from api.deps import Dependencies
from api.problems import Fault
from tricolor.analysis.proposals import Proposal, proposals
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.exclusions import Exclusion, ExclusionEntry, ExclusionKind, ExclusionRule, wrong_with
from tricolor.domain.factors import FactorBook, FactorKind
from tricolor.domain.intervals import local_day
from tricolor.domain.meters import Role
from tricolor.domain.units import conversion
from tricolor.ports_accounts import ExclusionBook

KGCE_PER_TCE = 1000.0
METERED = (Role.FEEDSTOCK, Role.RENEWABLE)


@dataclass(frozen=True, slots=True)
class Stated:
    """An exclusion as a person states it: tce [tce, equal value] and perhaps tce_calorific, or an amount [unit] of a carrier."""

    entity: str
    kind: str
    first_month: str
    last_month: str
    document: str
    reason: str
    tce: float | None = None
    tce_calorific: float | None = None
    carrier: str = ""
    amount: float | None = None
    unit: str = ""


class Faulty(Exception):
    """What was stated cannot be; nothing was changed."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{f.field}: {f.en}" for f in faults))
        self.faults = faults


def exclusion_book(deps: Dependencies) -> ExclusionBook:
    """Refused where whoever composed the services left it out."""
    if deps.exclusions is None:
        raise Refused("this API was composed without the exclusions")
    return deps.exclusions


def exclusion_of(stated: Stated, person: str, rules: tuple[ExclusionRule, ...], factors: FactorBook) -> Exclusion:
    """The exclusion that was stated, its tce worked out where a carrier's amount was; Faulty with every fault."""
    if stated.kind not in set(ExclusionKind):
        known = ", ".join(ExclusionKind)
        raise Faulty([Fault("kind", f"只能是 {known}", f"must be one of {known}")])
    tce, calorific, ids, faults = _coal(stated, factors)
    fact = Exclusion(
        stated.entity, ExclusionKind(stated.kind), stated.first_month, stated.last_month or stated.first_month, tce, calorific,
        stated.document.strip(), stated.reason.strip(), stated.carrier, stated.amount, stated.unit if stated.carrier else "", ids,
    )  # fmt: skip
    wrong = [Fault(field, zh, en) for field, zh, en in wrong_with(fact, person, rules)]
    if faults:
        wrong = [*faults, *(f for f in wrong if f.field not in ("tce", "tce_calorific"))]
    if wrong:
        raise Faulty(wrong)
    return fact


def _coal(stated: Stated, factors: FactorBook) -> tuple[float, float | None, tuple[str, ...], list[Fault]]:
    """[tce] equal value and calorific, the factors' ids, and what is wrong."""
    has_amount = bool(stated.carrier) or stated.amount is not None
    if has_amount == (stated.tce is not None):
        zh, en = "请填写标准煤量，或填写能源品种与实物量，二者取一", "state either tce, or a carrier with its amount and unit"
        return math.nan, None, (), [Fault("tce", zh, en)]
    if stated.tce is not None:
        return stated.tce, stated.tce_calorific, (), []
    if not stated.carrier or stated.amount is None or not stated.unit:
        return math.nan, None, (), [Fault("amount", "实物量须写明能源品种、数量和单位", "an amount needs its carrier, number and unit")]
    try:
        on = date.fromisoformat(f"{stated.first_month}-01")
    except ValueError:
        return math.nan, None, (), []  # the month is told by its own fault
    values, ids = [], []
    for kind in (FactorKind.EQUIVALENT, FactorKind.CALORIFIC):
        factor = factors.pick(stated.carrier, kind, on)
        if factor is None:
            zh, en = f"能源品种 {stated.carrier} 没有折标系数（{kind}）", f"there is no {kind} factor for {stated.carrier!r}: state tce instead"
            return math.nan, None, (), [Fault("carrier", zh, en)]
        try:
            values.append(stated.amount * conversion(stated.unit, factor.per) * factor.value / KGCE_PER_TCE)
        except ValueError:
            fault = Fault("unit", f"单位 {stated.unit} 不能换算为 {factor.per}", f"{stated.unit} cannot be converted to {factor.per}")
            return math.nan, None, (), [fault]
        ids.append(factor.id)
    return values[0], values[1], tuple(sorted(set(ids))), []


def proposed(deps: Dependencies, registry: Registry, members: list[str]) -> list[Proposal]:
    """What the meters of the members propose for this year and the one before."""
    owners = sorted({p.entity_id for p in registry.points.values() if p.role in METERED} & set(members))
    if not owners:
        return []
    now = deps.clock()
    accounts = deps.settle.accounts(owners, f"{local_day(now).year - 2}-01-01", local_day(now).isoformat())
    mine, first = set(owners), f"{local_day(now).year - 1}-01"
    entries = [e for e in exclusion_book(deps).entries() if e.fact.entity in mine]
    found = proposals(accounts, entries, deps.plan.exclusion_rules, now, deps.plan.rules.pace.coverage_min)
    return [p for p in found if p.fact.first_month >= first]


def adopt(
    deps: Dependencies, registry: Registry, members: list[str], person: str, kind: str = "", month: str = "", entity: str = ""
) -> list[ExclusionEntry]:
    """Make entries of what the meters propose: all, or those of a kind, first month, entity. NotFound when nothing fits."""
    if not person.strip():
        raise Faulty([Fault("by", "请写明由谁登记", "say who enters it")])
    found = proposed(deps, registry, members)
    wanted = [p for p in found if kind in ("", p.fact.kind) and month in ("", p.fact.first_month) and entity in ("", p.fact.entity)]
    if not wanted:
        raise NotFound("the meters propose no such exclusion, or it was entered already")
    return exclusion_book(deps).add([p.fact for p in wanted], person, sorted({n for p in wanted for n in p.replaces}))
