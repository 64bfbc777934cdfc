"""Register of cleaner-production audits (清洁生产审核): who was listed, and how far the audit is."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.deps import Deps
from api.meter_facts import author
from api.problems import bad_request, documented, not_found
from api.project_forms import cp_audit_book, faults_of
from api.project_shapes import AuditAnswer, AuditOrder, AuditsAnswer, AuditShape, audit_shape
from api.routes.projects import verdicts_of
from api.security import Admin, AnyoneView, ReaderView
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.lights import Verdict
from tricolor.domain.projects import AuditState, CpAudit

router = APIRouter(tags=["清洁生产审核 cp-audits"], responses=documented(401, 403, 404, 422, 503))
RULE = "audit"


@router.get("/v1/cp-audits", summary="The register of cleaner-production audits with their lights")
def cp_audits(
    view: AnyoneView, deps: Deps,
    entity: Annotated[str, Query(max_length=128, description="only of this entity and what lies inside it")] = "",
    state: AuditState | None = None,
) -> AuditsAnswer:  # fmt: skip
    """A key bound to an entity sees its own."""
    if entity:
        view.entity(entity)
    inside = {e.id for e in view.registry.members(entity)} & view.ids if entity else view.ids
    lights = verdicts_of(deps, RULE)
    found = [a for a in cp_audit_book(deps).current(None) if a.entity in inside and state in (None, a.state)]
    return AuditsAnswer(audits=[_shape(a, lights) for a in found])


@router.get("/v1/cp-audits/{audit_id:path}", summary="One audit and every revision of it")
def cp_audit(audit_id: str, view: AnyoneView, deps: Deps) -> AuditAnswer:
    try:
        history = cp_audit_book(deps).history(audit_id)
    except NotFound:
        history = []
    if not history or history[-1].entity not in view:
        raise not_found(f"没有清洁生产审核 {audit_id!r}", f"there is no cleaner-production audit {audit_id!r}")
    return AuditAnswer(audit=_shape(history[-1], verdicts_of(deps, RULE)), history=[audit_shape(a) for a in history])


@router.put(
    "/v1/cp-audits/{audit_id:path}", responses=documented(409, 413),
    summary="Enter an audit, or a new revision of it, as a whole; the same twice changes nothing",
)  # fmt: skip
def put_cp_audit(audit_id: str, caller: Admin, view: ReaderView, deps: Deps, order: Annotated[AuditOrder, Body()]) -> AuditShape:
    """Refused (409) where the step goes back, off the list or onto it again without a reason, or the audit is of another unit."""
    view.entity(order.entity)
    wanted = CpAudit(id=audit_id, **order.model_dump(exclude={"by", "reason"}))
    try:
        kept = cp_audit_book(deps).put(wanted, author(caller.key_id, order.by), order.reason)
    except Problems as error:
        raise bad_request(faults_of(error.problems)) from None
    return _shape(kept, verdicts_of(deps, RULE))


def _shape(a: CpAudit, lights: dict[str, Verdict]) -> AuditShape:
    found = lights.get(a.id)
    return audit_shape(a, found.light if found is not None else None)
