"""Where SMS providers post their receipts. No key: the path itself is the secret, so that neither it nor an error that holds it is ever logged."""

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.deps import Deps
from api.problems import Problem, busy, not_found, too_large
from api.receipt_desk import BODY_MAX_BYTES
from tricolor.domain.errors import TryAgain, Unreadable

router = APIRouter(tags=["短信回执 receipts"], include_in_schema=False)
log = structlog.get_logger("api")


@router.post("/v1/receipts/{channel}/{secret}", summary="Receipts of a provider; the address to enter in its console")
async def post_receipts(channel: str, secret: str, request: Request, deps: Deps) -> Response:
    """Answers what the provider demands. 404 for a wrong path; 400 for a body that is none of the provider's; 503 when the ledger is down: they
    post again. The same receipt twice changes nothing."""
    place = f"/v1/receipts/{channel}"  # the path of a problem is logged and shown
    called = deps.receipt_desk.channel(channel, secret) if deps.receipt_desk is not None else None
    if called is None or deps.receipt_desk is None:
        return not_found("没有这个地址", "there is no such address").response(place)
    body = await _body(request)
    if body is None:
        return too_large(BODY_MAX_BYTES).response(place)
    try:
        receipts = called.receipts(request.headers.items(), body)
        changed = await run_in_threadpool(deps.receipt_desk.book.put, receipts)
    except Unreadable as error:
        return _unreadable(error).response(place)
    except TryAgain as error:
        log.warning("receipts not stored", channel=channel, reason=str(error))
        return busy("the ledger is busy").response(place)
    except Exception as error:  # the app's own handler would log the path
        log.error("receipts failed", channel=channel, error=repr(error)[:300])  # no traceback: it may show our variables
        return busy("an error of ours").response(place)
    log.info("receipts", channel=channel, came=len(receipts), changed=changed)
    return JSONResponse(dict(called.answer))


async def _body(request: Request) -> bytes | None:
    """None when it is over the bound; the rest is not read."""
    parts, came = [], 0
    async for part in request.stream():
        came += len(part)
        if came > BODY_MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _unreadable(error: Unreadable) -> Problem:
    return Problem(
        400, "no-receipts", "不是回执 / No receipts", f"请求体不是该服务商的回执 / {error.detail}",
        "请核对控制台里填写的回执地址与服务商 / Check which provider's console this address was entered in",
    )  # fmt: skip
