"""View-models of what the judging rests on: the plan's targets and the factors, each with its document and status."""

from api.board_views_data import FactorLine, FactorsPage, PlanPage, TargetLine
from api.board_words import FACTOR_KINDS, INDICATORS, PLAN_INDICATORS, STATUSES, Words, exact
from tricolor.catalogue.factors import all_factors, carriers
from tricolor.catalogue.grid_purposes import purposes
from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.priority import LEVELS, formula_of, level_of
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Factor, FactorBook

ILLUSTRATIVE = "illustrative"


def carrier_name(code: str, t: Words) -> str:
    known = carriers().get(code)
    return t(known.name_cn, known.name_en) if known else code


def plan_page(plan: Plan, registry: Registry, t: Words) -> PlanPage:
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
        )
        for x in plan.targets
    )
    document = plan.document
    return PlanPage(
        name=t(plan.name_cn, plan.name_en),
        status=t.pair(STATUSES, plan.status),
        document=f"{document.number} {document.title}（{document.issuer}，{document.date.isoformat()}）",
        years=t(
            f"{plan.first_year}—{plan.last_year} 年，基年 {plan.base_year} 年", f"{plan.first_year}-{plan.last_year}, base year {plan.base_year}"
        ),
        is_illustrative=plan.status == ILLUSTRATIVE,
        targets=lines,
        departments=tuple((d.id, t(d.name_cn, d.name_en)) for d in plan.departments),
    )


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
