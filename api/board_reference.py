"""View-models of what the judging rests on: the plan's targets and the factors, each with its document and status."""

from collections.abc import Iterable

from api.board_plan_parts import plan_parts
from api.board_views_data import FactorLine, FactorsPage, PackLine, PlanPage, TargetLine
from api.board_words import FACTOR_KINDS, INDICATORS, PLAN_INDICATORS, STATUSES, Words, exact
from api.plan_shapes import Lights, light_of
from tricolor.catalogue.factors import all_factors
from tricolor.catalogue.grid_purposes import purposes
from tricolor.catalogue.materials import flow_carriers
from tricolor.catalogue.plans.model import CARBON_INTENSITY, Plan
from tricolor.catalogue.priority import LEVELS, formula_of, level_of
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Factor, FactorBook

ILLUSTRATIVE = "illustrative"
PREFIX = {CARBON_INTENSITY: "carbon:"}  # of the indicator of a pace verdict


def carrier_name(code: str, t: Words) -> str:
    known = flow_carriers().get(code)
    return t(known.name_cn, known.name_en) if known else code


def plan_page(plan: Plan, registry: Registry, t: Words, lights: Lights, packs: Iterable[Plan]) -> PlanPage:
    """The plan that lights follow, what it and those beside it ask, and the packs there are. lights: verdicts that the reader may see."""
    lines = tuple(
        TargetLine(
            area=t(x.name_cn, x.name_en),
            area_id=x.entity if x.entity in registry.entities else "",
            indicator=t.pair(PLAN_INDICATORS, x.indicator),
            level=t.pair(INDICATORS, x.level.value),
            value=x.reduction * 100,
            unit="%",
            span=f"{x.base_year} → {x.target_year}",
            document=x.source,
            place=x.place,
            status=t.pair(STATUSES, x.status),
            is_illustrative=x.status == ILLUSTRATIVE,
            light=light_of(lights, "pace", x.entity, PREFIX.get(x.indicator, "") + x.level),
        )
        for x in plan.targets
    )
    document = plan.document
    dated = f"，{document.date.isoformat()}" if document.date else ""
    return PlanPage(
        name=t(plan.name_cn, plan.name_en),
        status=t.pair(STATUSES, plan.status),
        document=f"{document.number} {document.title}（{document.issuer}{dated}）",
        years=t(
            f"{plan.first_year}—{plan.last_year} 年，基年 {plan.base_year} 年", f"{plan.first_year}-{plan.last_year}, base year {plan.base_year}"
        ),
        is_illustrative=plan.status == ILLUSTRATIVE,
        targets=lines,
        departments=tuple((d.id, t(d.name_cn, d.name_en)) for d in plan.departments),
        parts=plan_parts(plan, registry, t, lights),
        packs=tuple(_pack_line(pack, plan, t) for pack in packs),
    )


def _pack_line(pack: Plan, active: Plan, t: Words) -> PackLine:
    beside = {plan.id for plan in active.beside}
    role = t("评判依据", "judged by") if pack.id == active.id else t("并列", "beside") if pack.id in beside else ""
    years, counts = f"{pack.first_year}-{pack.last_year}", (len(pack.targets), len(pack.indicators), len(pack.projects), len(pack.tasks))
    return PackLine(pack.id, t(pack.name_cn, pack.name_en), pack.document.number, years, t.pair(STATUSES, pack.status), role, *counts)


def purpose_names(factor: Factor, t: Words) -> str:
    """What a grid factor may serve, in words; "" for every other factor."""
    return t("、", ", ").join(t(*purposes()[code]) for code in factor.purposes)


def grid_lines(t: Words) -> tuple[tuple[str, str, Factor], ...]:
    """Every grid factor of the tables behind the words for what it may serve and how sure it is, newest data year first."""
    grid = sorted((f for f in all_factors() if f.purposes), key=lambda f: -(f.year or 0))
    return tuple((purpose_names(f, t), t.pair(STATUSES, f.status), f) for f in grid)


def factors_page(book: FactorBook, t: Words, visible: frozenset[str]) -> FactorsPage:
    """Every factor that accounts can use, in the order in which they are picked; of the units' own those that the reader may see."""
    return FactorsPage(
        tuple(
            FactorLine(
                id=f.id,
                carrier=carrier_name(f.carrier, t),
                kind=t.pair(FACTOR_KINDS, f.kind.value),
                value=f.value,
                unit=f.unit,
                bounds=f"[{exact(f.low, 6)}, {exact(f.high, 6)}]" if f.low is not None and f.high is not None else "",
                valid=f"{f.valid_from.isoformat()} → {f.valid_to.isoformat() if f.valid_to else ''}".strip(),
                source=f.source,
                status=t.pair(STATUSES, f.status),
                note=f.note,
                why=t(*LEVELS[level_of(f)]),
                whom=f.point or f.entity,
                formula=formula_of(f),
                purposes=purpose_names(f, t),
            )
            for f in book.factors
            if not f.entity or f.entity in visible
        )
    )
