"""Pages: a bound on every list and an opaque cursor to the next one."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from api.problems import bad_parameter

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many items a page holds at most")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before; leave out for the first page")]


def cursor_of(value: int) -> str:
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def value_of(cursor: str | None) -> int | None:
    """The number behind a cursor; a 422 problem when it is none of ours."""
    if not cursor:
        return None
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"))
    except (ValueError, binascii.Error) as error:
        raise bad_parameter("cursor", "游标无效,请用上一页返回的 next", "not a cursor of ours: use `next` of the page before") from error


def next_cursor(ids: Sequence[int], limit: int) -> str | None:
    """Cursor after a page that was asked for with limit + 1; None when it was the last one."""
    return cursor_of(ids[limit - 1]) if len(ids) > limit else None
