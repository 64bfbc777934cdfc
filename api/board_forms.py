"""Small forms of the wallboard: read with a bound, the person's name kept for the next time, times of the wall clock."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from api.board_words import Words
from api.problems import MAX_FAULTS, Fault
from tricolor.domain.document_print import plain
from tricolor.domain.intervals import EARLIEST_US, LATEST_US, SHANGHAI, from_us, to_us

WHO: Final = "tricolor_who"  # cookie: the name last used to act
MAX_FORM_BYTES: Final = 4096
MAX_DECISION_BYTES: Final = 16_384  # a reason of 400 Chinese characters is 3,600 bytes of it
MAX_WHO: Final = 40
MAX_FIELDS: Final = 20


async def form_of(request: Request, limit: int = MAX_FORM_BYTES) -> dict[str, str]:
    """A small url-encoded form, fields that are empty too; 413 when it is over the limit [bytes]."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, "the form is too large")
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(413, "the form has too many fields") from None
    return {k: plain(v[-1]) for k, v in found.items()}  # no sign that nobody sees, turns the words of others or acts in a terminal


def name_in(form: dict[str, str]) -> str:
    return " ".join(form.get("who", "").split())[:MAX_WHO]


def known_name(request: Request) -> str:
    """The name that this browser last used."""
    try:
        return " ".join(plain(bytes.fromhex(request.cookies.get(WHO, "")).decode()).split())[:MAX_WHO]
    except ValueError:
        return ""


def remember(response: Response, who: str) -> None:
    if who:
        response.set_cookie(WHO, who.encode().hex(), max_age=365 * 86_400, httponly=True, samesite="strict", path="/")


def wall_time(text: str) -> int | None:
    """Instant [µs] of a datetime-local field, which is Asia/Shanghai; None when it is none that can be."""
    try:
        moment = datetime.fromisoformat(text.strip())
        at = to_us(moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI))
    except (ValueError, OverflowError):
        return None
    return at if EARLIEST_US <= at < LATEST_US else None


def wall_text(at: int, *, seconds: bool = False) -> str:
    """An instant [µs] as a datetime-local field takes it."""
    return from_us(at).strftime("%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%dT%H:%M")


def fault_lines(faults: Sequence[Fault], t: Words) -> tuple[str, ...]:
    """Faults in the reader's words, each behind its place; those of a workbook as a whole have none."""
    lines = tuple(t(f.zh, f.en) if f.field == "xlsx" else t(f"{f.field}：{f.zh}", f"{f.field}: {f.en}") for f in faults[:MAX_FAULTS])
    more = len(faults) - MAX_FAULTS
    return (*lines, t(f"另有 {more} 处", f"and {more} more")) if more > 0 else lines


def amount_in(text: str) -> float | None:
    """A number as people write it, with commas between the thousands; None when it is none."""
    try:
        value = float(text.strip().replace(",", "").replace("，", "").replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
