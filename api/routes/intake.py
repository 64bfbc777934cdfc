"""What came in: counts per source, and the quarantine with the bytes it keeps."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api import intake_shapes, schemas
from api.broker_shapes import broker_shapes, loss_shapes
from api.deps import Dependencies, Deps
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import documented, not_found
from api.security import AnyoneView, View
from tricolor.domain.readings import Reject

router = APIRouter(tags=["接入 intake"], responses=documented(401, 403, 503))


def sees_source(view: View, deps: Dependencies) -> "SourceFilter":
    """Which sources a caller may see: a bound key those of its entities, by MQTT topic or by the keys bound to them."""
    keys = {key.id: key.enterprise for key in deps.keys.list()} if view.is_bound else {}
    return SourceFilter(view, keys)


class SourceFilter:
    def __init__(self, view: View, keys: dict[str, str]) -> None:
        self._view = view
        self._keys = keys

    def __call__(self, source: str) -> bool:
        if not self._view.is_bound:
            return True
        transport, _, rest = source.partition(":")
        owner = self._keys.get(rest, "") if transport == "http" else rest.partition("/")[0]
        return bool(owner) and owner in self._view


@router.get("/v1/ingest/ledger", summary="Counts per source and in total: received = stored + duplicate + quarantined")
def ledger(view: AnyoneView, deps: Deps) -> intake_shapes.LedgerShape:
    """All that was sent is settled when unwritten and unsettled are 0 and received has reached what was sent."""
    sees = sees_source(view, deps)
    now = deps.clock()
    sources = [intake_shapes.source_shape(figures, now) for figures in deps.figures.sources() if sees(figures.counts.source)]
    names = tuple(intake_shapes.Counts.model_fields)
    total = {name: sum(source[name] for source in sources) for name in names}
    workers = [] if view.is_bound else [intake_shapes.worker_shape(lag, now) for lag in deps.figures.workers()]
    brokers = [] if view.is_bound else broker_shapes(deps)
    losses = loss_shapes(deps, are_names_shown=not view.is_bound)
    found = {"sources": sources, "total": total, "workers": workers, "brokers": brokers, "session_losses": losses}
    return intake_shapes.LedgerShape.model_validate(found)


@router.get("/v1/quarantine", summary="Messages and readings that could not be used, newest first", responses=documented(422))
def quarantine(
    view: AnyoneView,
    deps: Deps,
    reason: Annotated[Reject | None, Query(description="only this reason")] = None,
    source: Annotated[str, Query(max_length=256, description="only this source, as the ledger names it")] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> schemas.QuarantineList:
    sources = [source] if source else []
    if view.is_bound:
        sees = sees_source(view, deps)
        sources = [name for name in (f.counts.source for f in deps.figures.sources()) if sees(name) and source in ("", name)]
        if not sources:
            return schemas.QuarantineList(quarantine=[], next=None)
    found = deps.quarantine.page(reason or "", sources, limit + 1, value_of(cursor))
    shapes = [schemas.quarantine_shape(item) for item in found[:limit]]
    return schemas.QuarantineList.model_validate({"quarantine": shapes, "next": next_cursor([i.id for i in found], limit)})


@router.get(
    "/v1/quarantine/{item_id}/raw",
    summary="The message as it came, byte for byte",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **documented(404, 422)},
)
def raw(item_id: Annotated[int, Path(ge=1, le=2**62)], view: AnyoneView, deps: Deps) -> Response:
    item, payload = deps.quarantine.raw(item_id)
    if not sees_source(view, deps)(item.source):
        raise not_found("没有这个编号", f"there is no quarantine entry {item_id}")
    # sent as bytes, whatever the sender called them: a page of somebody else's must not run here
    kind = item.content_type if re.fullmatch(r"[\w.+/-]+", item.content_type) else "unknown"
    headers = {"Content-Disposition": f'attachment; filename="quarantine-{item.id}.bin"', "X-Original-Content-Type": kind}
    return Response(payload, media_type="application/octet-stream", headers=headers)
