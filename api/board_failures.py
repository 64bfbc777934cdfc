"""What goes wrong on the wallboard, as pages: what is missing and the one thing to do next."""

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.board_access import EnterFirst, NotOurs, ReadOnly
from api.board_desk import Desk
from tricolor.domain.errors import NotFound, Refused, TryAgain

log = structlog.get_logger("api.board")

NOT_HERE = (
    ("没有这个页面", "There is no such page"),
    (
        "地址可能写错了，或所指的单位、测点、告警、待核实事项已不在登记中。",
        "The address may be wrong, or the unit, point, alert or open item is no longer there.",
    ),
)


def route_class(desk: Desk) -> type[APIRoute]:
    class PageRoute(APIRoute):
        """A route whose failures are pages."""

        def get_route_handler(self) -> Callable[[Request], Any]:
            handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handler(request)
                except EnterFirst:
                    if request.url.path == "/board/live.json":
                        return JSONResponse({"detail": "sign in first"}, 401)
                    return await run_in_threadpool(desk.enter, request)
                except HTTPException:
                    raise  # the app knows how to say it
                except Exception as error:
                    failure = failure_of(error)
                    if failure is None:
                        log.exception("page failed", path=request.url.path)
                        failure = BROKEN
                    return await run_in_threadpool(desk.problem, request, *failure)

            return answer

    return PageRoute


Failure = tuple[int, tuple[str, str], tuple[str, str]]
BROKEN: Failure = (
    500,
    ("页面出错了", "This page broke"),
    (
        "错误已记入日志。请稍后再试；若一直如此，请把时间和地址告诉管理员。",
        "The error is in the log. Try again later; if it stays, tell an administrator the time and the address.",
    ),
)


def failure_of(error: Exception) -> Failure | None:
    """What a failure is called to people; None when it is not expected."""
    if isinstance(error, (NotFound, RequestValidationError)):
        return 404, *NOT_HERE
    if isinstance(error, TryAgain):
        return (
            503,
            ("数据暂时取不到", "The data cannot be read for the moment"),
            ("存储或账本正忙或离线。请几秒后重试。", "A store or the ledger is busy or down. Try again in a few seconds."),
        )
    if isinstance(error, Refused):
        return (
            409,
            ("现状不允许", "Not possible as things stand"),
            ("可能已经恢复，或别人已处置。请回到总览查看现状。", "It may be resolved or decided by now. Go back and look."),
        )
    if isinstance(error, NotOurs):
        return (
            403,
            ("请求被拒绝", "Refused"),
            (
                "请求不是从本看板的页面发出的。请在看板页面上操作。",
                "This did not come from one of the board's own pages. Use the buttons on the board.",
            ),
        )
    if isinstance(error, ReadOnly):
        return (
            403,
            ("此密钥只能查看", "This key may only look"),
            ("处置告警、待核实事项和申报换表需要管理密钥。请用管理密钥重新登录。", "Acting on anything needs an admin key. Sign in again with one."),
        )
    return None
