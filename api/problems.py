"""Everything that goes wrong, said as RFC 9457 problem+json: Chinese first, English beside, and how to mend it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tricolor.domain.access import KeyKind, NoKey, UnknownKey, WrongKind
from tricolor.domain.errors import NotFound, Problems, Refused, TryAgain

log = structlog.get_logger("api")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
MAX_FAULTS = 1000
_SECRET_PATH: Final = re.compile(r"^(/a|/v1/receipts)/.+", re.DOTALL)  # whoever knows such a path may act by it

KIND_CN = {KeyKind.ADMIN: "管理 admin", KeyKind.READ: "读取 read", KeyKind.PUSH: "上报 push"}


class Problem(Exception):
    """An answer other than the one asked for. title, detail and mend hold "中文 / English"; extra: further members."""

    def __init__(self, status: int, code: str, title: str, detail: str, mend: str, headers: Mapping[str, str] | None = None, **extra: object) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.mend = mend
        self.headers = dict(headers or {})
        self.extra = extra

    def body(self, instance: str) -> dict[str, object]:
        return {
            "type": f"urn:tricolor:problem:{self.code}", "title": self.title, "status": self.status,
            "detail": self.detail, "instance": instance, "mend": self.mend, **self.extra,
        }  # fmt: skip

    def response(self, instance: str) -> JSONResponse:
        return JSONResponse(self.body(instance), self.status, headers=self.headers, media_type=MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent. index: place in the list sent, None for the whole; field: the member at fault."""

    field: str
    zh: str
    en: str
    index: int | None = None

    def body(self) -> dict[str, object]:
        place = {} if self.index is None else {"index": self.index}
        return {**place, "field": self.field, "detail": f"{self.zh} / {self.en}"}


def unauthorized(error: NoKey | UnknownKey) -> Problem:
    # RFC 6750 §3.1: no error code when no key was sent
    if isinstance(error, NoKey):
        return Problem(
            401, "key-missing", "需要密钥 / A key is needed", f"请求没有带可用的密钥 / {error}",
            "请在请求头写 Authorization: Bearer tc_…,密钥由管理员用 tricolor key create 生成 / "
            "Send the header Authorization: Bearer tc_…; an administrator makes keys with `tricolor key create`",
            {"WWW-Authenticate": 'Bearer realm="tricolor"'},
        )  # fmt: skip
    return Problem(
        401, "key-unknown", "密钥无效 / The key is not valid", f"密钥不存在或已吊销 / {error}",
        "请向管理员索取新的密钥(tricolor key create) / Ask an administrator for a new key (`tricolor key create`)",
        {"WWW-Authenticate": 'Bearer realm="tricolor", error="invalid_token"'},
    )  # fmt: skip


def wrong_kind(error: WrongKind) -> Problem:
    wanted = "或".join(KIND_CN[kind] for kind in error.wanted)
    return Problem(
        403, "key-kind", "密钥种类不对 / The key is of the wrong kind", f"本密钥是{KIND_CN[error.kind]},这里需要{wanted} / {error}",
        f"请换用{wanted}密钥 / Use a key of kind {' or '.join(error.wanted)}",
        {"WWW-Authenticate": 'Bearer realm="tricolor", error="insufficient_scope"'},
    )  # fmt: skip


def not_found(zh: str, en: str) -> Problem:
    return Problem(
        404, "not-found", "没有找到 / Not found", f"{zh} / {en}",
        "请检查编号;绑定单位的密钥只能看到本单位 / Check the id; a key bound to an entity sees only that entity",
    )  # fmt: skip


def bad_parameter(name: str, zh: str, en: str) -> Problem:
    """422 naming one query parameter."""
    return bad_request([Fault(name, zh, en)])


def bad_request(faults: Sequence[Fault], title: str = "参数或内容有误 / Parameters or content are not valid") -> Problem:
    """422 with every fault listed (at most MAX_FAULTS of them)."""
    first = faults[0]
    place = "" if first.index is None else f"[{first.index}] "
    others = f"(另有 {len(faults) - 1} 处 / and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Problem(
        422, "invalid", title, f"{place}{first.field}: {first.zh} / {first.en}{others}",
        "请按 errors 逐条改正后重发,本次没有写入任何内容 / Mend each of `errors` and send again; nothing was changed",
        errors=[fault.body() for fault in faults[:MAX_FAULTS]], faults=len(faults),
    )  # fmt: skip


def too_large(limit_bytes: int) -> Problem:
    return Problem(
        413, "too-large", "请求体过大 / The request body is too large", f"请求体超过 {limit_bytes} 字节 / The body is over {limit_bytes} bytes",
        "请分批发送,或用 gzip 压缩 / Send it in parts, or compress it with gzip",
    )  # fmt: skip


def busy(detail: str) -> Problem:
    return Problem(
        503, "try-again", "暂时不可用 / Not available for the moment", f"后端暂时无法应答 / {detail}",
        f"请在 {RETRY_AFTER_S} 秒后重试 / Try again in {RETRY_AFTER_S} seconds",
        {"Retry-After": str(RETRY_AFTER_S)},
    )  # fmt: skip


_BY_STATUS: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", "请求无法读取 / The request cannot be read", "请检查请求格式 / Check how the request is written"),
    404: ("not-found", "没有找到 / Not found", "请检查地址;接口清单见 /openapi.json / Check the address; /openapi.json lists them all"),
    405: ("method", "方法不对 / The method is not allowed here", "允许的方法见响应头 Allow / The header Allow lists the methods"),
    413: ("too-large", "请求体过大 / The request body is too large", "请分批发送 / Send it in parts"),
    415: ("media-type", "内容类型不对 / The media type is not supported", "请改用 application/json / Send application/json"),
}


def _of_http(error: HTTPException) -> Problem:
    code, title, mend = _BY_STATUS.get(
        error.status_code, (f"http-{error.status_code}", "请求未能完成 / The request was not fulfilled", "见 detail / See detail")
    )
    return Problem(error.status_code, code, title, f"{title.split(' / ')[0]} / {error.detail}", mend, error.headers)


def _of_validation(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "not JSON")
        return Problem(
            400, "not-json", "不是 JSON / Not JSON",
            f"请求体第 {first['loc'][-1]} 个字符处不是 JSON / The body is not JSON at character {first['loc'][-1]}: {reason}",
            "请按 RFC 8259 书写,类型 application/json / Write it as RFC 8259 says, with the type application/json",
        )  # fmt: skip
    return bad_request([_fault(item) for item in error.errors()])


def _fault(item: Mapping[str, Any]) -> Fault:
    place = [part for part in item["loc"] if part not in {"query", "path", "body", "header"}]
    name = ".".join(str(part) for part in place) or str(item["loc"][0])
    ctx = item.get("ctx", {})
    zh = {
        "missing": "缺少", "enum": f"只能是 {ctx.get('expected', '')}", "literal_error": f"只能是 {ctx.get('expected', '')}",
        "int_parsing": "应为整数", "greater_than_equal": f"不得小于 {ctx.get('ge')}", "less_than_equal": f"不得大于 {ctx.get('le')}",
        "string_too_long": f"最多 {ctx.get('max_length')} 个字符", "string_pattern_mismatch": "书写格式不对",
    }.get(str(item["type"]), "不合规定")  # fmt: skip
    return Fault(name, zh, str(item["msg"]))


def shown_path(path: str) -> str:
    """A path as a log may have it: of a link and of the address of receipts not what is the credential."""
    return _SECRET_PATH.sub(r"\1/…", path)


def install(app: FastAPI) -> None:
    """Every error of the app becomes a problem; nothing of a traceback leaves the house."""

    def answer(problem: Problem, request: Request) -> Response:
        return problem.response(request.url.path)

    @app.exception_handler(Problem)
    def _problem(request: Request, error: Problem) -> Response:
        return answer(error, request)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        return answer(_of_http(error), request)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(_of_validation(error), request)

    @app.exception_handler(NoKey)
    @app.exception_handler(UnknownKey)
    def _unauthorized(request: Request, error: NoKey | UnknownKey) -> Response:
        return answer(unauthorized(error), request)

    @app.exception_handler(WrongKind)
    def _kind(request: Request, error: WrongKind) -> Response:
        return answer(wrong_kind(error), request)

    @app.exception_handler(TryAgain)
    def _busy(request: Request, error: TryAgain) -> Response:
        log.warning("backend not available", path=shown_path(request.url.path), reason=str(error))
        return answer(busy("a store or the ledger is down or busy"), request)

    @app.exception_handler(NotFound)
    def _missing(request: Request, error: NotFound) -> Response:
        return answer(not_found("没有这个编号", str(error)), request)

    @app.exception_handler(Refused)
    def _refused(request: Request, error: Refused) -> Response:
        mend = "请刷新后再看现状 / Read it again to see how it stands"
        return answer(Problem(409, "conflict", "现状不允许 / Not possible as things stand", f"不能执行 / {error}", mend), request)

    @app.exception_handler(Problems)
    def _problems(request: Request, error: Problems) -> Response:
        return answer(bad_request([Fault("", "不合规定", text) for text in error.problems]), request)

    @app.exception_handler(Exception)
    def _broken(request: Request, error: Exception) -> Response:
        log.error("request failed", path=shown_path(request.url.path), error=repr(error))
        problem = Problem(
            500, "internal", "服务内部出错 / Something broke inside",
            "请求未完成,错误已记入日志 / The request was not fulfilled; the error is in the log",
            "请稍后再试,仍出错请把时间和地址告诉管理员 / Try again later; if it stays, tell an administrator the time and the address",
        )  # fmt: skip
        return answer(problem, request)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route for OpenAPI."""
    words = {
        401: "no key, or a key not in force",
        403: "key of the wrong kind",
        404: "no such thing, or not this key's to see",
        409: "not possible as things stand",
        413: "body too large",
        422: "parameters or content not valid, every fault listed",
        503: "a store or the ledger is down or busy",
    }
    return {status: {"description": words[status], "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}} for status in statuses}


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "mend"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:tricolor:problem:invalid"]},
        "title": {"type": "string", "description": "中文 / English"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "中文 / English"},
        "instance": {"type": "string", "description": "path asked for"},
        "mend": {"type": "string", "description": "what to do about it, 中文 / English"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["field", "detail"]}},
        "faults": {"type": "integer", "description": "how many faults there are"},
    },
}
