"""Bulletins (预警通报): drafted from the facts of a period, signed off, issued with a number and frozen; their facts and files."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Query, Request, Response

from api.bulletin_shapes import (
    BulletinDetail,
    BulletinFileShape,
    BulletinList,
    BulletinOrder,
    BulletinShape,
    BulletinStepOrder,
    BulletinStepShape,
    State,
    bulletin_values,
)
from api.deps import Bulletins, Deps
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import documented
from api.security import Admin, ReaderView, View
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinFile
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import iso
from tricolor.ports_bulletins import BulletinDesk, BulletinMove, BulletinsWanted

router = APIRouter(tags=["预警通报 bulletins"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]
Suffix = Annotated[str, Path(pattern="^(docx|pdf|xlsx)$", description="docx | pdf | xlsx")]


@router.get("/v1/bulletins", summary="Bulletins of the areas that the caller sees, newest first")
def bulletins(
    view: ReaderView, desk: Bulletins, state: State | None = None,
    period: Annotated[str, Query(max_length=16, description="2026-10, 2026-Q3")] = "", area: Annotated[str, Query(max_length=128)] = "",
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None,
) -> BulletinList:  # fmt: skip
    areas = frozenset({view.entity(area).id}) if area else view.ids if view.is_bound else None
    found = desk.shelf.page(BulletinsWanted(state or "", period, areas), limit + 1, value_of(cursor))
    shapes = [BulletinShape.model_validate(bulletin_values(b)) for b in found[:limit]]
    return BulletinList(bulletins=shapes, next=next_cursor([b.id for b in found], limit))


@router.post("/v1/bulletins", status_code=201, summary="Draft a bulletin from the facts at the end of a period", responses=documented(409))
def make(caller: Admin, view: ReaderView, desk: Bulletins, deps: Deps, order: Annotated[BulletinOrder, Body()]) -> BulletinDetail:
    """Refused (409) while one of the area and period stands that is not withdrawn; beside an issued one only its correction may be drafted."""
    view.entity(order.area)
    return _detail(desk, desk.make(order.area, order.period, order.by, deps.clock(), order.corrects, caller.key_id))


@router.get("/v1/bulletins/{bulletin_id}", summary="One bulletin with every step of its sign-off and its frozen files")
def bulletin(bulletin_id: Id, view: ReaderView, desk: Bulletins) -> BulletinDetail:
    return _detail(desk, seen(desk, view, bulletin_id))


@router.get("/v1/bulletins/{bulletin_id}/facts", summary="The facts that the bulletin is made from, byte for byte as its digest was taken")
def facts(bulletin_id: Id, request: Request, view: ReaderView, desk: Bulletins) -> Response:
    found = seen(desk, view, bulletin_id)
    return _bytes(request, found.facts.encode(), found.digest, "application/json")


@router.get("/v1/bulletins/{bulletin_id}/files/{suffix}", summary="The bulletin as .docx, .pdf or .xlsx; a draft is rendered with its mark")
def file(bulletin_id: Id, suffix: Suffix, request: Request, view: ReaderView, desk: Bulletins) -> Response:
    seen(desk, view, bulletin_id)
    return file_answer(request, desk.file(bulletin_id, suffix))


@router.post("/v1/bulletins/{bulletin_id}/steps", summary="Review, return, issue, withdraw, comment, refresh", responses=documented(409))
def step(
    bulletin_id: Id, caller: Admin, view: ReaderView, desk: Bulletins, deps: Deps, order: Annotated[BulletinStepOrder, Body()]
) -> BulletinDetail:  # fmt: skip
    """Refused (409) when somebody else changed it meanwhile, or where the step cannot follow. What is issued never changes again."""
    seen(desk, view, bulletin_id)
    action = BulletinAction(order.action)
    return _detail(desk, desk.step(BulletinMove(bulletin_id, order.revision, action, order.by, deps.clock(), order.text, key=caller.key_id)))


def seen(desk: BulletinDesk, view: View, bulletin_id: int) -> Bulletin:
    """404 for one of an area that is not the caller's to see, as for one that is not there."""
    found = desk.shelf.get(bulletin_id)
    if view.is_bound and found.area not in view:
        raise NotFound(f"没有通报 {bulletin_id} · there is no bulletin {bulletin_id}")  # in the words of the shelf, so that numbers cannot be probed
    return found


def file_answer(request: Request, held: BulletinFile) -> Response:
    """A download under its own name."""
    answer = _bytes(request, held.data, held.sha256, held.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename=\"bulletin.{held.suffix}\"; filename*=UTF-8''{quote(held.name, safe='')}"
    return answer


def _bytes(request: Request, data: bytes, digest: str, media_type: str) -> Response:
    headers = {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache"}
    if f'"{digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)


def _detail(desk: BulletinDesk, b: Bulletin) -> BulletinDetail:
    steps = [BulletinStepShape(at=iso(s.at), action=str(s.action), who=s.who, text=s.text, revision=s.revision) for s in b.steps]
    files = [
        BulletinFileShape(format=f.suffix, name=f.name, media_type=f.media_type, bytes=len(f.data), sha256=f.sha256) for f in desk.shelf.files(b.id)
    ]
    return BulletinDetail.model_validate({**bulletin_values(b), "title": desk.document(b.id).title, "steps": steps, "files": files})
