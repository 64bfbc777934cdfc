"""Readings or energy as one Parquet file, out of the store that this process holds."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.deps import Deps, Ops
from api.problems import bad_parameter, documented
from api.security import Admin
from api.times import SPAN_HELP, span_of
from tricolor.domain.errors import Refused

router = APIRouter(tags=["运行 operations"], responses=documented(401, 403, 409, 422, 503))
CHUNK_BYTES = 1024 * 1024
PARQUET = "application/vnd.apache.parquet"


class What(StrEnum):
    READINGS = "readings"
    ENERGY = "energy"


@router.get(
    "/v1/export/{what}",
    summary="Every reading, or every 15-minute cell, of a span as Parquet",
    response_class=StreamingResponse,
    responses={200: {"content": {PARQUET: {}}, "headers": {"X-Rows": {"schema": {"type": "integer"}}}}},
)
def export(
    what: What,
    _caller: Admin,
    deps: Deps,
    ops: Ops,
    start: Annotated[str, Query(alias="from", max_length=64, description=SPAN_HELP)],
    end: Annotated[str, Query(alias="to", max_length=64, description=f"exclusive; {SPAN_HELP}")],
) -> StreamingResponse:
    """Written to a file beside the stores first, so it needs that much room on their disk; one at a time."""
    if ops.export is None:
        raise Refused("this API was composed without exports")
    span = span_of(start, end, deps.clock())
    if span.end <= span.start:
        raise bad_parameter("to", "终点须晚于起点", "to must lie after from")
    rows, file = ops.export(what.value, span)
    headers = {"Content-Disposition": f'attachment; filename="{what.value}.parquet"', "X-Rows": str(rows)}
    return StreamingResponse(_chunks(file), media_type=PARQUET, headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
