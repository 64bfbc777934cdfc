"""Energy budgets (用能预算) of enterprises and areas: set by year, every revision kept."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.budget_shapes import BudgetsAnswer, BudgetsOrder, budget_of, budget_shape
from api.deps import Dependencies, Deps
from api.meter_facts import author
from api.problems import documented
from api.security import Admin, ReaderView
from tricolor.domain.budgets import FIRST_YEAR, LAST_YEAR
from tricolor.domain.errors import Refused
from tricolor.ports_submissions import BudgetBook

router = APIRouter(tags=["用能预算 budgets"], responses=documented(401, 403, 404, 422, 503))
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]


def budget_book(deps: Dependencies) -> BudgetBook:
    """Refused where whoever composed the services left it out."""
    if deps.budgets is None:
        raise Refused("this API was composed without the budgets")
    return deps.budgets


@router.get("/v1/budgets", summary="The budgets in force")
def budgets(view: ReaderView, deps: Deps, entity: Annotated[str, Query(max_length=128)] = "", year: Year = None) -> BudgetsAnswer:
    """[tce, equal value], by entity and year."""
    wanted = [view.entity(entity).id] if entity else [e.id for e in view.entities()]
    found = [b for b in budget_book(deps).current(wanted) if year is None or b.year == year]
    return BudgetsAnswer(unit="tce", budgets=[budget_shape(b) for b in found])


@router.put("/v1/budgets", summary="Set budgets, all or none; the same twice changes nothing, 0 tce takes one back", responses=documented(413))
def put(caller: Admin, view: ReaderView, deps: Deps, order: Annotated[BudgetsOrder, Body()]) -> BudgetsAnswer:
    """A budget that differs from the one in force is a new revision; the earlier ones stay in the history."""
    kept = budget_book(deps).set([budget_of(each) for each in order.budgets], author(caller.key_id, order.by))
    return BudgetsAnswer(unit="tce", budgets=[budget_shape(b) for b in kept])


@router.get("/v1/budgets/{entity_id}/{year}/history", summary="Every revision of a budget, the oldest first; those that took it back too")
def history(entity_id: str, year: Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)], view: ReaderView, deps: Deps) -> BudgetsAnswer:
    view.entity(entity_id)
    return BudgetsAnswer(unit="tce", budgets=[budget_shape(b) for b in budget_book(deps).history(entity_id, year)])
