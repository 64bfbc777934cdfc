"""Factors that people set: what would move, setting and revoking them, which one is in force for whom; and the restatements that came of it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.deps import Deps, Known
from api.factor_changes import changes_of, factor_desk, restatements_of
from api.factor_shapes import (
    EarlierShape,
    FactorOrder,
    FactorProposal,
    InForceShape,
    PreviewShape,
    RestatementShape,
    RevokeOrder,
    SettingShape,
    earlier_shape,
    factor_shape,
    preview_shape,
    restatement_shape,
    setting_shape,
)
from api.meter_facts import author
from api.problems import bad_parameter, documented, not_found
from api.schemas import Shape
from api.security import Admin, ReaderView, View
from tricolor.analysis.rates import KINDS
from tricolor.catalogue.factors import carriers
from tricolor.domain.intervals import local_day

router = APIRouter(tags=["系数 factors"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the page before")]


class SettingsAnswer(Shape):
    settings: list[SettingShape]


class InForceAnswer(Shape):
    """Which factor serves whom on the day, and which wait behind it."""

    entity: str
    point: str
    carrier: str
    on: date
    kinds: list[InForceShape]


class RestatementsAnswer(Shape):
    """Newest first. next: pass it as `cursor` for older ones; null at the end."""

    restatements: list[RestatementShape]
    next: int | None


class RestatementAnswer(Shape):
    """One restatement and the accounts as they were believed before it. next: as above."""

    restatement: RestatementShape
    earlier: list[EarlierShape]
    next: int | None


@router.get("/v1/factors/settings", summary="Every factor that people ever set, with document, author and reason; revoked ones too")
def settings(deps: Deps, view: ReaderView, entity: str = "") -> SettingsAnswer:
    """entity: only that unit's, and what holds for everyone."""
    if entity:
        view.entity(entity)
    wanted = {"", entity} if entity else {"", *view.ids}
    return SettingsAnswer(settings=[setting_shape(s) for s in factor_desk(deps).settings() if s.what.entity in wanted])


@router.get("/v1/factors/in-force", summary="Which factor is in force for a unit or point on a day, and why: the whole order of preference")
def in_force(deps: Deps, view: ReaderView, carrier: str, entity: str = "", point: str = "", on: date | None = None) -> InForceAnswer:
    if carrier not in carriers():
        raise bad_parameter("carrier", f"没有能源品种 {carrier!r}", f"there is no carrier {carrier!r}; /v1/factors lists them")
    if point:
        entity = view.point(point).entity_id
    elif entity:
        view.entity(entity)
    book, day = deps.factors.now(), on or local_day(deps.clock())
    kinds = [InForceShape(kind=k.value, factors=[factor_shape(f) for f in book.chain(carrier, k, day, entity, point)]) for k in KINDS]
    return InForceAnswer(entity=entity, point=point, carrier=carrier, on=day, kinds=kinds)


@router.post("/v1/factors/preview", summary="What setting a factor would move: units, months, tce and tCO2 before and after; nothing is written")
def preview(deps: Deps, known: Known, caller: Admin, order: Annotated[FactorProposal, Body()]) -> PreviewShape:
    return preview_shape(changes_of(deps, known.get).preview(order.proposal()))


@router.post(
    "/v1/factors/settings", status_code=201, summary="Set a factor as previewed; accounts are restated in the background", responses=documented(409)
)
def set_factor(deps: Deps, known: Known, caller: Admin, order: Annotated[FactorOrder, Body()]) -> SettingShape:
    """Setting the same twice changes nothing."""
    return setting_shape(changes_of(deps, known.get).apply(order.proposal(), author(caller.key_id, order.by), order.reason, order.preview))


@router.post("/v1/factors/settings/{setting}/preview", summary="What taking a factor back would move; nothing is written", responses=documented(409))
def preview_revocation(setting: Id, deps: Deps, known: Known, caller: Admin) -> PreviewShape:
    return preview_shape(changes_of(deps, known.get).preview(setting))


@router.post("/v1/factors/settings/{setting}/revoke", summary="Take a factor back as previewed; the record stays", responses=documented(409))
def revoke(setting: Id, deps: Deps, known: Known, caller: Admin, order: Annotated[RevokeOrder, Body()]) -> SettingShape:
    return setting_shape(changes_of(deps, known.get).apply(setting, author(caller.key_id, order.by), order.reason, order.preview))


@router.get("/v1/restatements", summary="Accounts restated because factors changed, newest first, with what moved")
def restatements(deps: Deps, view: ReaderView, limit: Limit = 50, cursor: Cursor = None) -> RestatementsAnswer:
    """A bound key sees those that moved its own accounts."""
    return _page(deps, sorted(view.ids) if view.is_bound else (), limit, cursor)


@router.get("/v1/entities/{entity_id}/restatements", summary="Restatements that moved the accounts of a unit or of what lies inside it")
def restatements_of_unit(entity_id: str, deps: Deps, view: ReaderView, limit: Limit = 50, cursor: Cursor = None) -> RestatementsAnswer:
    return _page(deps, _inside(view, entity_id), limit, cursor)


@router.get("/v1/entities/{entity_id}/restatements/{restatement}", summary="One restatement, with the day accounts as they were believed before it")
def restatement_of_unit(
    entity_id: str, restatement: Id, deps: Deps, view: ReaderView, limit: Limit = 500, cursor: Cursor = None
) -> RestatementAnswer:
    inside, book = _inside(view, entity_id), restatements_of(deps)
    job = book.get(restatement)
    effects = book.effects([restatement], inside)[restatement]
    if not effects:
        raise not_found(f"重述 {restatement} 未动 {entity_id} 的核算", f"restatement {restatement} moved no account of {entity_id}")
    found = book.earlier(restatement, inside, limit + 1, cursor or 0)
    return RestatementAnswer(
        restatement=restatement_shape(job, effects), earlier=[earlier_shape(e.account, e.superseded_at) for e in found[:limit]],
        next=found[limit - 1].id if len(found) > limit else None,
    )  # fmt: skip


def _inside(view: View, entity_id: str) -> list[str]:
    return [e.id for e in view.registry.members(view.entity(entity_id).id) if e.id in view]


def _page(deps: Deps, entities: Sequence[str], limit: int, cursor: int | None) -> RestatementsAnswer:
    book = restatements_of(deps)
    jobs = book.page(entities, limit + 1, cursor)
    shown = jobs[:limit]
    effects = book.effects([job.id for job in shown], entities)
    return RestatementsAnswer(
        restatements=[restatement_shape(job, effects[job.id]) for job in shown], next=shown[-1].id if len(jobs) > limit else None
    )
