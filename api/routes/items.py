"""Open items: parked jumps and drops as a work list, and what a person decides about each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Path, Query

from api import item_forms as forms
from api.deps import Deps
from api.item_evidence import evidence
from api.item_shapes import (
    ConfirmOrder,
    DecisionOrder,
    ExchangeOfItem,
    ItemDetail,
    ItemList,
    ItemShape,
    SubstituteOrder,
    UndoOrder,
    detail_shape,
    item_shape,
)
from api.meter_facts import author
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import bad_request, documented
from api.routes.facts import exact_moment
from api.security import Admin, ReaderView, View
from api.times import instant
from tricolor.domain.exchanges import Exchange
from tricolor.domain.items import Decision, ItemFilter, ItemHistory, ItemState
from tricolor.domain.meters import Point

router = APIRouter(tags=["待核实 open items"], responses=documented(401, 403, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/v1/items", summary="Parked jumps and drops whose energy is not counted until a person decides; newest first", responses=documented(404))
def items(
    view: ReaderView,
    deps: Deps,
    state: Annotated[
        Literal["open", "settled", "gone", "all"], Query(description="open: waits for a person; gone: later data explained it")
    ] = "open",
    entity: Annotated[str, Query(max_length=128, description="with everything inside its boundary")] = "",
    point: Annotated[str, Query(max_length=128)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ItemList:
    keys = points_asked(view, entity, point)
    before = value_of(cursor)
    if keys is not None and not keys:
        return ItemList(items=[], next=None)
    which = ItemFilter(None if state == "all" else ItemState(state), keys)
    found = forms.book_of(deps).page(which, limit + 1, before)
    shapes = [item_shape(i, view.registry.by_key[i.parked.point]) for i in found[:limit] if i.parked.point in view.registry.by_key]
    return ItemList(items=shapes, next=next_cursor([i.id for i in found], limit))


def points_asked(view: View, entity: str, point: str) -> frozenset[int] | None:
    """Registry keys of the points asked for, as far as the reader may see them; None: all there are."""
    if point:
        asked = view.point(point)
        return frozenset([asked.key]) if not entity or asked.entity_id in _inside(view, entity) else frozenset()
    if entity:
        inside = _inside(view, entity)
        return frozenset(p.key for p in view.points() if p.entity_id in inside)
    return frozenset(p.key for p in view.points()) if view.is_bound else None


def _inside(view: View, entity: str) -> set[str]:
    return {e.id for e in view.registry.members(view.entity(entity).id)}


@router.get("/v1/items/{item_id}", summary="One item with the readings around it, the rule, decisions and history", responses=documented(404))
def item(item_id: Id, view: ReaderView, deps: Deps) -> ItemDetail:
    """The evidence is read anew from the stores; the steps are those counted now."""
    history, point = forms.seen(deps, view, item_id)
    return detail_shape(history, point, evidence(deps, view.registry, point, history.item))


@dataclass(frozen=True, slots=True)
class Desk:
    """One item as an administrator decides about it."""

    view: View
    deps: Deps
    key_id: str
    history: ItemHistory
    point: Point

    def decide(self, order: DecisionOrder, act: Callable[[forms.Author], Decision]) -> ItemShape:
        """The item as it stands afterwards; a 422 problem with every fault."""
        try:
            act(forms.Author(author(self.key_id, order.by), order.reason, self.deps.clock()))
        except forms.Faulty as error:
            raise bad_request(error.faults) from error
        history, point = forms.seen(self.deps, self.view, self.history.item.id)
        return item_shape(history.item, point)


def _desk(item_id: Id, caller: Admin, view: ReaderView, deps: Deps) -> Desk:
    history, point = forms.seen(deps, view, item_id)
    return Desk(view, deps, caller.key_id, history, point)


AtDesk = Annotated[Desk, Depends(_desk)]
DECIDED = documented(404, 409)


@router.post("/v1/items/{item_id}/confirm", summary="The jump was really used: it counts, spread over its time", responses=DECIDED)
def confirm(desk: AtDesk, order: Annotated[ConfirmOrder, Body()]) -> ItemShape:
    return desk.decide(order, lambda by: forms.confirm(desk.deps, desk.history, order.amount, by))


@router.post("/v1/items/{item_id}/dismiss", summary="A misread: nothing counts, and that time stays not known", responses=DECIDED)
def dismiss(desk: AtDesk, order: Annotated[DecisionOrder, Body()]) -> ItemShape:
    return desk.decide(order, lambda by: forms.dismiss(desk.deps, desk.history, by))


@router.post("/v1/items/{item_id}/exchange", summary="The meter was exchanged between the two readings", responses=DECIDED)
def exchange(desk: AtDesk, order: Annotated[ExchangeOfItem, Body()]) -> ItemShape:
    fact = Exchange(desk.point.key, exact_moment(order.at, "at"), order.final, order.start)
    return desk.decide(order, lambda by: forms.exchange(desk.deps, desk.history, desk.point, fact, by))


@router.post("/v1/items/{item_id}/substitute", summary="An amount of yours stands for whole 15-minute cells", responses=DECIDED)
def substitute(desk: AtDesk, order: Annotated[SubstituteOrder, Body()]) -> ItemShape:
    """Without start and end: the cells that hold the item."""
    first, last = forms.whole_cells(desk.history.item.parked)
    span = (instant(order.start, "start") if order.start else first, instant(order.end, "end") if order.end else last)
    return desk.decide(order, lambda by: forms.substitute(desk.deps, desk.point, span, order.amount, by))


@router.post("/v1/items/{item_id}/undo", summary="As if it had never been decided; the record stays", responses=DECIDED)
def undo(desk: AtDesk, order: Annotated[UndoOrder, Body()]) -> ItemShape:
    """Without decision: the one in force."""
    return desk.decide(order, lambda by: forms.undo(desk.deps, desk.history, order.decision, by))
