"""POST /v1/readings: the push contract over HTTP. The answer comes after the fsynced commit; what cannot be used is named reading by reading."""

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import time_ns

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from ingest_service.commit import Committer
from tricolor.domain.access import Caller, NoKey, UnknownKey, WrongKind
from tricolor.domain.errors import Unreadable
from tricolor.domain.readings import Decoded, Frame, Reject, Rejection
from tricolor.ports import Codec

MAX_TOLD = 100  # rejections listed in an answer
COMMIT_WAIT_S = 10.0
DRAIN_BYTES = 64 * 1024 * 1024
_TYPES = {"application/json": "application/json", "": "application/json", "text/csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """max_body_bytes as sent; max_inflated_bytes after gzip."""

    max_body_bytes: int
    max_inflated_bytes: int


class _Waiting:
    """One request that waits for its frame to be safe."""

    def __init__(self) -> None:
        self._safe = threading.Event()

    def safe(self, tokens: Sequence[object]) -> None:
        self._safe.set()

    def wait(self, timeout_s: float) -> bool:
        return self._safe.wait(timeout_s)


def readings_router(
    authenticate: Callable[[str | None], Caller], codecs: Mapping[str, Codec], committer: Committer, limits: HttpLimits,
    preview: Callable[[Frame, Decoded], tuple[Rejection, ...]],
) -> APIRouter:  # fmt: skip
    """The router. preview: the rejections that the registry and the clock give beside the codec's own, for the answer."""
    router = APIRouter()

    @router.post("/v1/readings", tags=["readings"], summary="推送读数 / Push readings", status_code=200)
    async def push(request: Request) -> JSONResponse:
        """Push readings as JSON (three shapes) or CSV, gzip allowed. 200 means: safe on disk. See docs/protocol.md."""
        try:
            caller = await run_in_threadpool(authenticate, request.headers.get("authorization"))
        except (NoKey, UnknownKey) as error:
            return _problem(401, "key", "需要有效的 push 密钥 / A valid push key is needed", str(error), {"WWW-Authenticate": "Bearer"})
        except WrongKind as error:
            return _problem(403, "key-kind", "密钥种类不对 / The key is of the wrong kind", str(error))
        content_type = _TYPES.get(request.headers.get("content-type", "").split(";")[0].strip().lower())
        if content_type is None:
            return _problem(415, "media-type", "内容类型不支持 / Media type not supported", "send application/json or text/csv")
        body = await _body(request, limits.max_body_bytes)
        if body is None:
            detail = f"the body is over {limits.max_body_bytes} bytes; send it in parts or gzip it"
            return _problem(413, "too-large", "请求体过大 / The body is too large", detail)
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            return _problem(415, "encoding", "压缩方式不支持 / Encoding not supported", f"content-encoding {encoding!r}: send gzip or none")
        if encoding == "gzip":
            try:
                body = await run_in_threadpool(_inflate, body, limits.max_inflated_bytes)
            except Unreadable as error:
                status = 413 if error.reason == Reject.TOO_LARGE else 400
                return _problem(status, error.reason, "gzip 无法解开 / The gzip body cannot be used", error.detail)
        frame = Frame("", body, time_ns() // 1000, f"http:{caller.key_id}", content_type=content_type, enterprise=caller.enterprise)
        return await run_in_threadpool(_take, frame, codecs[content_type], committer, preview)

    return router


def _take(frame: Frame, codec: Codec, committer: Committer, preview: Callable[[Frame, Decoded], tuple[Rejection, ...]]) -> JSONResponse:
    """Look at the frame for the answer, make it safe, answer. An unreadable body is kept too: it lands in quarantine."""
    try:
        decoded = codec.decode(frame)
        rejections = (*decoded.rejections, *preview(frame, decoded))
        received, unreadable = decoded.received, None
    except Unreadable as error:
        rejections, received, unreadable = (Rejection(-1, Reject(error.reason), error.detail),), 1, error
    waiting = _Waiting()
    if not committer.has_room():
        return _problem(503, "busy", "暂时无法接收 / Cannot take readings now", committer.trouble or "too much is waiting", {"Retry-After": "5"})
    committer.submit(frame, waiting, None)
    if not waiting.wait(COMMIT_WAIT_S):
        return _problem(503, "not-safe", "数据尚未落盘 / Not safe yet", f"{committer.trouble}; send it again", {"Retry-After": "5"})
    answer = {
        "received": received, "accepted": received - len(rejections), "rejected_total": len(rejections),
        "rejected": [{"index": r.index, "point": r.point, "reason": str(r.reason), "detail": r.detail} for r in rejections[:MAX_TOLD]],
    }  # fmt: skip
    if unreadable is not None:
        return _problem(400, unreadable.reason, "无法读取，已存入隔离区 / Unreadable, kept in quarantine", unreadable.detail, extra=answer)
    return JSONResponse(answer)


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, or None when it is longer than the limit. What exceeds it is read and thrown away, within a bound: a client that is still sending
    would see a broken connection instead of the answer."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > limit + DRAIN_BYTES:
            break
    return b"".join(parts) if size <= limit else None


def _inflate(body: bytes, limit: int) -> bytes:
    """Bounded gunzip of one or more members; Unreadable(not_gzip | too_large)."""
    out: list[bytes] = []
    size, rest = 0, body
    while rest:
        inflater = zlib.decompressobj(wbits=31)
        try:
            part = inflater.decompress(rest, limit - size + 1)
        except zlib.error as error:
            raise Unreadable(Reject.NOT_GZIP, f"the body is not gzip: {error}") from None
        size += len(part)
        if size > limit:
            raise Unreadable(Reject.TOO_LARGE, f"the body inflates to more than {limit} bytes")
        if not inflater.eof:
            raise Unreadable(Reject.NOT_GZIP, "the gzip body is cut short")
        out.append(part)
        rest = inflater.unused_data
    return b"".join(out)


_MEND = {
    "key": "请在请求头写 Authorization: Bearer tc_push_…，密钥用 tricolor key create --kind push 生成 / Send a key of `tricolor key create`",
    "key-kind": "请换用 push 或 admin 密钥 / Use a key of kind push or admin",
    "too-large": "请分批发送，或用 gzip 压缩 / Send it in parts, or compress it with gzip",
    "busy": "请稍后重发，未确认的数据不会丢失 / Send it again later; nothing that was confirmed is lost",
    "not-safe": "请稍后重发，重复发送没有影响 / Send it again later; sending twice changes nothing",
}


def _problem(
    status: int, code: str, title: str, detail: str, headers: dict[str, str] | None = None, extra: Mapping[str, object] | None = None
) -> JSONResponse:
    mend = _MEND.get(code, "请对照 docs/protocol.md 修改后重发 / Mend it by docs/protocol.md and send it again")
    body = {
        "type": f"urn:tricolor:problem:{code}", "title": title, "status": status, "detail": detail, "instance": "/v1/readings", "mend": mend,
        **(extra or {}),
    }  # fmt: skip
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")
