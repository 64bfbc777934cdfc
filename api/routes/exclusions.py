"""Exclusions (扣减): what dual control does not count, entered with document and author, revoked with a reason, never removed."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.deps import Deps
from api.exclusion_forms import Faulty, Stated, adopt, exclusion_book, exclusion_of, proposed
from api.exclusion_shapes import (
    EntriesAnswer,
    EntryShape,
    ExclusionOrder,
    ExclusionRevocation,
    ExclusionsAnswer,
    MeteredOrder,
    entry_shape,
    net_shape,
    proposal_shape,
    rule_shape,
)
from api.meter_facts import author
from api.problems import bad_request, documented, not_found
from api.routes.intensity import months_asked
from api.security import Admin, ReaderView
from api.times import SPAN_HELP
from tricolor.analysis.monthly import monthly_energy
from tricolor.analysis.net import left_out, net_months, net_sum
from tricolor.domain.intervals import month_of

router = APIRouter(tags=["扣减 exclusions"], responses=documented(401, 403, 404, 422, 503))
From = Annotated[str | None, Query(alias="from", description=f"first month; {SPAN_HELP}; default January of the year before `to`")]
To = Annotated[str | None, Query(alias="to", description=f"exclusive; {SPAN_HELP}; default now")]


@router.get("/v1/entities/{entity_id}/exclusions", summary="Gross, excluded and net by month, the entries behind it, what meters propose, the rules")
def exclusions(entity_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None) -> ExclusionsAnswer:
    """[tce, equal value]. New renewables are taken from the total only, feedstock and listed projects from total and intensity."""
    view.entity(entity_id)
    months = months_asked(start, end, deps.clock(), years_back=1)
    members = [e.id for e in view.registry.members(entity_id)]
    accounts = deps.settle.accounts(members, f"{months[0]}-01", f"{months[-1]}-{month_of(months[-1]).length_us // 86_400_000_000:02d}")
    energy = monthly_energy(view.registry, accounts, [entity_id], deps.clock()).get(entity_id, {})
    entries, rules = exclusion_book(deps).entries(), deps.plan.exclusion_rules
    rows = net_months(energy, left_out(view.registry, entity_id, entries, rules), months)
    years = sorted({row.period[:4] for row in rows})
    inside = set(members)
    return ExclusionsAnswer(
        entity=entity_id, unit="tce",
        months=[net_shape(row) for row in rows],
        years=[net_shape(net_sum(year, [row for row in rows if row.period.startswith(year)])) for year in years],
        entries=[entry_shape(e) for e in reversed(entries) if e.fact.entity in inside],
        proposals=[proposal_shape(p) for p in proposed(deps, view.registry, members)],
        rules=[rule_shape(rule) for rule in rules],
    )  # fmt: skip


@router.post("/v1/exclusions", status_code=201, summary="Enter an exclusion; the same twice changes nothing", responses=documented(409))
def enter(caller: Admin, view: ReaderView, deps: Deps, order: Annotated[ExclusionOrder, Body()]) -> EntryShape:
    """Refused (409) when an entry in force leaves out some of the same months of the same entity by the same document: revoke that one first."""
    view.entity(order.entity)
    person = author(caller.key_id, order.by)
    stated = Stated(**order.model_dump(exclude={"by"}))
    try:
        fact = exclusion_of(stated, person, deps.plan.exclusion_rules, deps.factors.now())
    except Faulty as error:
        raise bad_request(error.faults) from None
    (kept,) = exclusion_book(deps).add([fact], person)
    return entry_shape(kept)


@router.post("/v1/exclusions/{exclusion_id}/revoke", summary="Take an exclusion back; the record stays. Twice changes nothing")
def revoke(
    exclusion_id: Annotated[int, Path(ge=1, le=2**62)], caller: Admin, deps: Deps, order: Annotated[ExclusionRevocation, Body()]
) -> EntryShape:
    book = exclusion_book(deps)
    if not any(e.id == exclusion_id for e in book.entries()):
        raise not_found(f"没有扣减 {exclusion_id}", f"there is no exclusion {exclusion_id}")
    return entry_shape(book.revoke(exclusion_id, author(caller.key_id, order.by), order.reason))


@router.post("/v1/entities/{entity_id}/exclusions/metered", status_code=201, summary="Make entries of what the entity's meters propose")
def adopt_metered(entity_id: str, caller: Admin, view: ReaderView, deps: Deps, order: Annotated[MeteredOrder, Body()]) -> EntriesAnswer:
    """Feedstock by month, new renewables as the year's increase; an entry of earlier metered amounts that differ is replaced."""
    view.entity(entity_id)
    members = [e.id for e in view.registry.members(entity_id)]
    made = adopt(deps, view.registry, members, author(caller.key_id, order.by), order.kind or "", order.month)
    return EntriesAnswer(entries=[entry_shape(entry) for entry in made])
